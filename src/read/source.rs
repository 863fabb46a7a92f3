//! One input file: its key, how to open it, and whether it changed.

use std::fs::{File, Metadata};
use std::io;
use std::path::PathBuf;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::archive::Kind;
use super::format::Format;

/// How the bytes of a source lie in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Packing {
    /// As they are.
    Plain,
    /// Compressed: they can only be read from the beginning.
    Compressed,
    /// The file is an archive, and this is one of its members; it may be compressed once more.
    Member,
}

/// A file to read, or a member of an archive.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Source {
    /// First part of the document keys: the path relative to the input, `/` between its parts; bytes that are no UTF-8
    /// are written `\xHH`.
    pub key: String,
    /// Where its clean twin goes, relative to `data/`.
    pub mirror: PathBuf,
    /// Where it is; of a member where its archive is.
    pub path: PathBuf,
    /// What it holds.
    pub format: Format,
    /// How.
    pub packing: Packing,
    /// Key of its archive and name inside, if it is a member.
    pub member: Option<Member>,
    /// Size in bytes when it was found.
    pub bytes: u64,
    /// Size and time of the file when it was found.
    pub stamp: Stamp,
    /// Whether its documents count as kept before, and are not written.
    pub reference: bool,
    /// Whether the file vanishes with the run: what is known of it must not refer to it.
    pub fleeting: bool,
}

/// A member of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Key of the archive.
    pub archive: String,
    /// What the archive is.
    pub kind: Kind,
    /// Its name inside, as the archive's listing gives it.
    pub name: String,
}

impl Source {
    /// Whether its bytes stand in a file as they are, also after the run.
    pub fn is_plain(&self) -> bool {
        self.packing == Packing::Plain && !self.fleeting
    }

    /// Opens it; fails if it is no longer what was found.
    ///
    /// # Errors
    /// Whatever the system says, and [`io::ErrorKind::InvalidData`] with `changed` if size or time differ.
    pub fn open(&self) -> io::Result<File> {
        let file = File::open(&self.path)?;
        self.check(&file)?;
        Ok(file)
    }

    /// Fails if the open `file` is no longer what was found.
    ///
    /// # Errors
    /// As [`Source::open`].
    pub fn check(&self, file: &File) -> io::Result<()> {
        if Stamp::of(&file.metadata()?) == self.stamp { Ok(()) } else { Err(changed()) }
    }
}

/// The error for a file that changed while it was read.
pub fn changed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "changed while it was read")
}

/// Why a file could not be read, in words for a reject.
pub fn cause(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => changed().to_string(),
        _ => format!("cannot read: {}", super::walk::plain(error)),
    }
}

/// What tells that a file changed. Never published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Size in bytes.
    pub bytes: u64,
    /// When its bytes were changed, and when anything about it was, in nanoseconds since 1970.
    modified: Option<i64>,
    changed: Option<i64>,
}

impl Stamp {
    /// Stamp of an open file.
    pub fn of(meta: &Metadata) -> Self {
        let since = |time: SystemTime| match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => after.as_nanos() as i64,
            Err(before) => -(before.duration().as_nanos() as i64),
        };
        Self { bytes: meta.len(), modified: meta.modified().ok().map(since), changed: changed_at(meta) }
    }

    /// Whether its times come from a clock that ticks slowly.
    pub fn is_coarse(&self) -> bool {
        let is_coarse = |time: Option<i64>| time.is_none_or(|time| time % 1_000_000 == 0);
        is_coarse(self.modified) || is_coarse(self.changed)
    }

    /// Whether the file was last changed before `time`.
    pub fn is_before(&self, time: SystemTime) -> bool {
        let Ok(since) = time.duration_since(SystemTime::UNIX_EPOCH) else { return false };
        let before = |t: Option<i64>| t.is_some_and(|t| t < since.as_nanos() as i64);
        before(self.modified) && (self.changed.is_none() || before(self.changed))
    }
}

/// When anything about a file was changed: no program sets this back.
#[cfg(unix)]
fn changed_at(meta: &Metadata) -> Option<i64> {
    use std::os::unix::fs::MetadataExt;
    Some(meta.ctime() * 1_000_000_000 + meta.ctime_nsec())
}

#[cfg(not(unix))]
fn changed_at(_: &Metadata) -> Option<i64> {
    None
}

/// Reads `buffer.len()` bytes at `offset`, without moving a cursor.
///
/// # Errors
/// Whatever the system says; [`io::ErrorKind::UnexpectedEof`] if the file is shorter.
#[cfg(unix)]
pub fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
}

/// Reads `buffer.len()` bytes at `offset`.
///
/// # Errors
/// Whatever the system says; [`io::ErrorKind::UnexpectedEof`] if the file is shorter.
#[cfg(windows)]
pub fn read_exact_at(file: &File, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
    use std::os::windows::fs::FileExt;
    while !buffer.is_empty() {
        match file.seek_read(buffer, offset)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => {
                buffer = &mut buffer[n..];
                offset += n as u64;
            }
        }
    }
    Ok(())
}
