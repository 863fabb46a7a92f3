//! The members of an archive as sources.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::archive::{self, Kind, Refused, each_tar, each_zip};
use super::compressed::{self, Limits};
use super::format::{Format, Holds, by_name};
use super::source::{Member, Packing, Source, Stamp};
use super::walk::{key_of, plain};
use crate::error::{Error, Result};
use crate::write::record::Reject;

/// An archive that was found.
pub(super) struct Archive<'a> {
    pub(super) path: &'a Path,
    /// Its path relative to the input.
    pub(super) relative: &'a Path,
    pub(super) kind: Kind,
    pub(super) stamp: Stamp,
}

/// What an archive holds.
#[derive(Debug, Default)]
pub(super) struct Listed {
    pub(super) sources: Vec<Source>,
    pub(super) rejects: Vec<Reject>,
    /// Members whose names begin with a dot, or stand in such folders.
    pub(super) hidden: u64,
}

/// Lists an archive: reads it to its end, but not what its members hold. `tick` is called for every member.
///
/// # Errors
/// Those of `tick`.
pub(super) fn list(
    archive: &Archive<'_>,
    format: Option<Format>,
    tick: &mut dyn FnMut() -> Result<()>,
) -> Result<Listed> {
    let key = key_of(archive.relative);
    let mut listed = Listed::default();
    let mut stopped: Option<Error> = None;
    let mut each = |entry: archive::Entry, _: &mut dyn Read| -> io::Result<()> {
        if let Err(stop) = tick() {
            stopped = Some(stop);
            return Err(io::ErrorKind::Interrupted.into());
        }
        listed.add(archive, &key, entry, format);
        Ok(())
    };
    let read = File::open(archive.path).and_then(|file| each_member(file, archive.kind, &mut each));
    if let Some(stop) = stopped {
        return Err(stop);
    }
    match read {
        Ok(refused) => listed.rejects.extend(refused.into_iter().map(|refused| reject(&key, refused))),
        Err(e) => {
            let cause = format!("cannot read the archive: {}", plain(&e));
            listed.rejects.push(Reject { file: key, record: None, bytes: None, cause });
        }
    }
    Ok(listed)
}

/// Hands each file in an archive to `each`, in the order of the archive.
///
/// # Errors
/// Those of `each`, and a compressed stream that cannot be opened.
pub(crate) fn each_member(file: File, kind: Kind, each: archive::Each<'_>) -> io::Result<Vec<Refused>> {
    match kind {
        Kind::Zip => each_zip(file, Limits::default(), each),
        Kind::Tar => each_tar(compressed::open(file)?, Limits::default(), each),
    }
}

fn reject(key: &str, refused: Refused) -> Reject {
    let file = refused.member.map_or_else(|| key.to_owned(), |member| format!("{key}/{member}"));
    Reject { file, record: None, bytes: None, cause: refused.cause }
}

impl Listed {
    fn add(&mut self, archive: &Archive<'_>, key: &str, entry: archive::Entry, format: Option<Format>) {
        if entry.name.split('/').any(|part| part.starts_with('.') || part == "__MACOSX") {
            self.hidden += 1;
            return;
        }
        let relative: PathBuf = archive.relative.join(&entry.name);
        let (format, packing) = match by_name(&relative, format) {
            Ok(Holds::Documents(format, packing)) => (format, packing),
            Ok(Holds::Files(_)) => {
                return self.refuse(key, &entry.name, "an archive inside an archive: not unpacked".into());
            }
            Err(cause) => return self.refuse(key, &entry.name, cause),
        };
        self.sources.push(Source {
            key: format!("{key}/{}", entry.name),
            mirror: format.mirror(&relative, packing),
            path: archive.path.to_path_buf(),
            format,
            packing: Packing::Member,
            member: Some(Member { archive: key.to_owned(), kind: archive.kind, name: entry.name }),
            bytes: entry.size,
            stamp: archive.stamp,
            reference: false,
            fleeting: false,
        });
    }

    fn refuse(&mut self, key: &str, name: &str, cause: String) {
        self.rejects.push(Reject { file: format!("{key}/{name}"), record: None, bytes: None, cause });
    }
}
