//! The bytes of a source once more, after the run that read them: as they lie in its file or its archive, and unpacked.
//!
//! An archive is unpacked to a temporary folder, once for all its members: they lie in it in any order. Nothing else is
//! held or written.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rustc_hash::FxHashMap;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::document::hex;
use crate::read::archive::Kind;
use crate::read::compressed;
use crate::read::members::each_member;
use crate::read::source::{Packing, Source};
use crate::read::walk::plain;
use crate::run::ledger::Line;
use crate::run::ledger::packs::Packs;
use crate::run::options::Input;
use crate::write::names::path_of;

/// Where a source lies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// Its file, or that of its archive.
    pub(super) path: &'a Path,
    /// Of a member: what its archive is, and its name inside.
    pub(super) member: Option<(Kind, &'a str)>,
}

impl<'a> Place<'a> {
    /// Where a source of a run lies.
    pub(super) fn of(source: &'a Source) -> Self {
        let member = source.member.as_ref().map(|member| (member.kind, member.name.as_str()));
        Self { path: &source.path, member }
    }
}

/// Opens sources; holds the last archive unpacked.
#[derive(Debug, Default)]
pub(super) struct Opener {
    archive: Option<Archive>,
}

#[derive(Debug)]
struct Archive {
    path: PathBuf,
    folder: TempDir,
    /// Number of the file that holds a member, by name.
    members: FxHashMap<String, usize>,
}

impl Opener {
    /// What the file or the archive holds, not unpacked any further.
    ///
    /// # Errors
    /// Whatever the system says; [`io::ErrorKind::NotFound`] also for a member that the archive does not hold.
    pub(super) fn raw(&mut self, place: &Place<'_>) -> io::Result<File> {
        let Some((kind, name)) = place.member else { return File::open(place.path) };
        if self.archive.as_ref().is_none_or(|archive| archive.path != place.path) {
            self.archive = None;
            self.archive = Some(Archive::unpack(place.path, kind)?);
        }
        let archive = self.archive.as_ref().ok_or(io::ErrorKind::NotFound)?;
        let number = archive.members.get(name).ok_or_else(|| {
            io::Error::new(io::ErrorKind::NotFound, "its archive does not hold it any more")
        })?;
        File::open(archive.folder.path().join(number.to_string()))
    }
}

impl Archive {
    fn unpack(path: &Path, kind: Kind) -> io::Result<Self> {
        let (folder, mut members) = (TempDir::new()?, FxHashMap::default());
        each_member(File::open(path)?, kind, &mut |entry, content| {
            let number = members.len();
            let mut file = File::create(folder.path().join(number.to_string()))?;
            members.insert(entry.name, number);
            io::copy(content, &mut file).map(|_| ())
        })?;
        Ok(Self { path: path.to_path_buf(), folder, members })
    }
}

/// What the raw bytes of a source hold, as a stream; it ends with an error where they are damaged.
///
/// # Errors
/// As [`compressed::open`].
pub(super) fn unpacked<'a>(raw: impl Read + 'a, packing: Packing) -> io::Result<Box<dyn Read + 'a>> {
    match packing {
        Packing::Plain => Ok(Box::new(raw)),
        Packing::Compressed | Packing::Member => compressed::open(raw),
    }
}

/// A source that was read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReadAll {
    /// SHA-256 of the raw bytes.
    pub(super) raw_sha256: String,
    /// SHA-256 and number of the unpacked ones.
    pub(super) sha256: String,
    pub(super) bytes: u64,
    /// Why not all of it could be unpacked.
    pub(super) broken: Option<String>,
}

/// Reads raw bytes to their end and hands what they hold to `each`, until it says that it wants no more.
///
/// # Errors
/// If the raw bytes cannot be read, or nobody wants them.
pub(super) fn read_all(
    raw: impl Read,
    packing: Packing,
    each: &mut dyn FnMut(&[u8]) -> bool,
) -> io::Result<ReadAll> {
    let shared = Rc::new(RefCell::new(Hashed { raw, hash: Sha256::new(), failed: false }));
    let (mut hash, mut bytes, mut broken) = (Sha256::new(), 0, None);
    let mut buffer = vec![0; 1 << 18];
    {
        let opened = unpacked(Shared(Rc::clone(&shared)), packing);
        let mut stream = match opened {
            Ok(stream) => Some(stream),
            Err(e) => {
                broken = Some(plain(&e));
                None
            }
        };
        while let Some(open) = &mut stream {
            match open.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => {
                    hash.update(&buffer[..n]);
                    bytes += n as u64;
                    if !each(&buffer[..n]) {
                        return Err(io::ErrorKind::BrokenPipe.into());
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if shared.borrow().failed => return Err(e),
                Err(e) => {
                    broken = Some(plain(&e));
                    break;
                }
            }
        }
    }
    // What stands behind the end of compressed data belongs to the file.
    io::copy(&mut Shared(Rc::clone(&shared)), &mut io::sink())?;
    let raw_sha256 = hex(&shared.borrow().hash.clone().finalize());
    Ok(ReadAll { raw_sha256, sha256: hex(&hash.finalize()), bytes, broken })
}

/// Raw bytes that are hashed as they are read.
struct Hashed<R> {
    raw: R,
    hash: Sha256,
    failed: bool,
}

struct Shared<R>(Rc<RefCell<Hashed<R>>>);

impl<R: Read> Read for Shared<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut inner = self.0.borrow_mut();
        let read = inner.raw.read(into);
        match &read {
            Ok(n) => inner.hash.update(&into[..*n]),
            Err(e) => inner.failed = e.kind() != io::ErrorKind::Interrupted,
        }
        read
    }
}

/// Finds the files of a former run's sources.
#[derive(Debug, Clone, Copy)]
pub(super) struct Finder<'a> {
    /// Where inputs lie now, as the command line says.
    pub(super) given: &'a [Input],
}

impl Finder<'_> {
    /// The file of a source, or that of its archive: where the command line says, else where the run found it.
    pub(super) fn path(&self, line: &Line) -> Option<PathBuf> {
        let key = line.member.as_ref().map_or(&line.key, |(archive, ..)| archive);
        let there = || line.path.clone().filter(|path| !line.fleeting && path.is_file());
        self.under(key).or_else(there)
    }

    /// The file with this key, where the command line says.
    pub(super) fn under(&self, key: &str) -> Option<PathBuf> {
        self.given.iter().find_map(|input| file_in(input, key))
    }
}

/// The file with this key in an input. With several inputs keys begin with the name of theirs, with one they may.
fn file_in(input: &Input, key: &str) -> Option<PathBuf> {
    let last = || std::fs::canonicalize(&input.path).ok()?.file_name()?.to_str().map(str::to_owned);
    let name = input.name.clone().or_else(last);
    let inside = name.as_deref().and_then(|name| key.strip_prefix(name)?.strip_prefix('/'));
    let bare = input.name.is_none().then_some(key);
    let below = [inside, bare].into_iter().flatten();
    let named = |rest: &str| [input.path.join(rest), input.path.join(path_of(rest))];
    let itself = (name.as_deref() == Some(key)).then(|| input.path.clone());
    below.flat_map(named).chain(itself).find(|path| path.is_file())
}

/// Some bytes of an unpacked source, once for each place where it is at hand; fewer if it is shorter.
pub(super) fn part_of(
    line: &Line,
    (offset, length): (u64, u64),
    finder: &Finder<'_>,
    opener: &mut Opener,
    packs: &Packs,
) -> Vec<Vec<u8>> {
    let cut = |stream: &mut dyn Read| -> Option<Vec<u8>> {
        io::copy(&mut stream.take(offset), &mut io::sink()).ok()?;
        let mut bytes = Vec::new();
        stream.take(length).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    };
    let mut found = Vec::new();
    if let Some(path) = finder.path(line) {
        let raw = opener.raw(&Place { path: &path, member: line.member_inside() });
        let stream = raw.and_then(|raw| unpacked(raw, line.packing));
        found.extend(stream.ok().and_then(|mut stream| cut(&mut stream)));
    }
    if let Some(held) = &line.unpacked {
        found.extend(cut(&mut packs.stream(held)));
    }
    found
}
