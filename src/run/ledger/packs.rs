//! What a full ledger holds beside its lines: the bytes of all sources as they are once unpacked.
//!
//! They stand one after the other, in the order of the keys, cut into packs of at most 8 MiB. A pack is one frame of
//! Zstandard under `.tamis/ledger/`, named by the SHA-256 of its own bytes: so a changed byte shows without unpacking,
//! equal packs are written once, and the same input gives the same packs. Packs are synced before the lines that name
//! them are written; those that no line names are deleted after the run is published.

use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::document::hex;
use crate::error::{Error, Result};
use crate::read::source::{Source, changed};
use crate::run::origin::{Opener, Place, read_all};
use crate::run::progress::Progress;
use crate::temporary;
use crate::write::durable::{CANNOT_WRITE, hash_file, sync_folder};
use crate::write::publish::PRIVATE;

/// Folder of the packs, beside the lines of the ledger.
const FOLDER: &str = "ledger";
/// Bytes of a pack, unpacked.
const PACK: usize = 8 << 20;
/// A source of so many bytes begins a pack of its own, so that a change before it does not move it.
const LARGE: u64 = 1 << 20;
/// Packs that are compressed at a time.
const AT_A_TIME: usize = 4;
/// Packs compress well enough at the usual level, at the speed of reading.
const LEVEL: i32 = 3;

/// What a source holds once it is unpacked, and where its bytes stand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::run) struct Unpacked {
    pub(in crate::run) bytes: u64,
    pub(in crate::run) sha256: String,
    /// Name of the pack, first byte in it, number of bytes.
    pub(in crate::run) packs: Vec<(String, u64, u64)>,
}

/// The folder of the packs of an output.
pub(in crate::run) fn folder(out: &Path) -> PathBuf {
    out.join(PRIVATE).join(FOLDER)
}

fn place(folder: &Path, name: &str) -> PathBuf {
    let (start, _) = name.split_at_checked(2).unwrap_or((name, ""));
    folder.join(start).join(format!("{name}.zst"))
}

/// Writes the packs of a run: reads every source with a hash once more, in their order.
///
/// # Errors
/// [`Error::Lost`] for a source that is no longer what was read; an interruption; packs that cannot be written.
pub(in crate::run) fn write(
    out: &Path,
    sources: &[Source],
    hashes: &[Option<String>],
    progress: &dyn Progress,
) -> Result<Vec<Option<Unpacked>>> {
    let mut writer = Writer { folder: folder(out), buffer: Vec::new(), full: Vec::new(), names: Vec::new() };
    let mut opener = Opener::default();
    let mut found: Vec<Option<(Unpacked, Vec<Span>)>> = Vec::new();
    for (source, hash) in sources.iter().zip(hashes) {
        if let Some(signal) = progress.stop() {
            return Err(Error::Interrupted(signal));
        }
        let Some(hash) = hash else {
            found.push(None);
            continue;
        };
        let lost = |cause: String| Error::Lost { path: source.path.clone(), cause };
        if source.bytes >= LARGE {
            writer.end_pack()?;
        }
        let (mut spans, mut failed) = (Vec::new(), None);
        let read = opener.raw(&Place::of(source)).and_then(|raw| {
            read_all(raw, source.packing, &mut |bytes| match writer.append(bytes, &mut spans) {
                Ok(()) => true,
                Err(e) => {
                    failed = Some(e);
                    false
                }
            })
        });
        if let Some(failed) = failed {
            return Err(failed);
        }
        let read = read.map_err(|e| lost(crate::read::source::cause(&e)))?;
        if read.raw_sha256 != *hash {
            return Err(lost(changed().to_string()));
        }
        found.push(Some((Unpacked { bytes: read.bytes, sha256: read.sha256, packs: Vec::new() }, spans)));
    }
    writer.end_pack()?;
    writer.put()?;
    let named = |(pack, start, length): Span| {
        let name = writer.names.get(pack).cloned().unwrap_or_default();
        (name, start, length)
    };
    let unpacked = found.into_iter().map(|found| {
        let (unpacked, spans) = found?;
        Some(Unpacked { packs: spans.into_iter().map(named).collect(), ..unpacked })
    });
    let unpacked = unpacked.collect();
    if writer.folder.exists() {
        sync_folder(&writer.folder)?;
    }
    Ok(unpacked)
}

/// Number of a pack, first byte in it, number of bytes.
type Span = (usize, u64, u64);

struct Writer {
    folder: PathBuf,
    buffer: Vec<u8>,
    /// Packs that are full and not written yet.
    full: Vec<Vec<u8>>,
    /// Names of those that are.
    names: Vec<String>,
}

impl Writer {
    fn append(&mut self, mut bytes: &[u8], spans: &mut Vec<Span>) -> Result<()> {
        while !bytes.is_empty() {
            if self.buffer.len() == PACK {
                self.end_pack()?;
            }
            let (head, rest) = bytes.split_at(bytes.len().min(PACK - self.buffer.len()));
            let (pack, start) = (self.names.len() + self.full.len(), self.buffer.len() as u64);
            match spans.last_mut() {
                Some(last) if last.0 == pack => last.2 += head.len() as u64,
                _ => spans.push((pack, start, head.len() as u64)),
            }
            self.buffer.extend_from_slice(head);
            bytes = rest;
        }
        Ok(())
    }

    fn end_pack(&mut self) -> Result<()> {
        if !self.buffer.is_empty() {
            self.full.push(std::mem::take(&mut self.buffer));
        }
        if self.full.len() >= AT_A_TIME { self.put() } else { Ok(()) }
    }

    /// Compresses and writes the packs that are full.
    fn put(&mut self) -> Result<()> {
        let folder = &self.folder;
        let names: Result<Vec<String>> =
            std::mem::take(&mut self.full).par_iter().map(|pack| put(folder, pack)).collect();
        self.names.extend(names?);
        Ok(())
    }
}

/// Writes one pack, unless it is there; returns its name.
fn put(folder: &Path, pack: &[u8]) -> Result<String> {
    let bytes = zstd::bulk::compress(pack, LEVEL).map_err(Error::io(folder, CANNOT_WRITE))?;
    let name = hex(&Sha256::digest(&bytes));
    let path = place(folder, &name);
    if hash_file(&path).is_ok_and(|(_, sha256)| sha256 == name) {
        return Ok(name);
    }
    let write = || -> io::Result<()> {
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent)?;
        let mut temporary = temporary::file_in(parent)?;
        temporary.write_all(&bytes)?;
        temporary.as_file().sync_all()?;
        temporary.persist(&path)?;
        Ok(())
    };
    write().map_err(Error::io(&path, CANNOT_WRITE))?;
    path.parent().map_or(Ok(()), sync_folder)?;
    Ok(name)
}

/// Deletes all packs that no line names. What cannot be deleted stays.
pub(in crate::run) fn sweep(out: &Path, unpacked: &[Option<Unpacked>]) {
    let packs = unpacked.iter().flatten().flat_map(|unpacked| &unpacked.packs);
    let used: BTreeSet<&str> = packs.map(|(name, ..)| name.as_str()).collect();
    let folder = folder(out);
    let inside = |folder: &Path| -> Vec<PathBuf> {
        fs::read_dir(folder).map_or(Vec::new(), |all| all.filter_map(|e| Some(e.ok()?.path())).collect())
    };
    for group in inside(&folder) {
        for path in inside(&group) {
            let name = path.file_stem().and_then(|name| name.to_str());
            if !name.is_some_and(|name| used.contains(name)) {
                let _ = fs::remove_file(path);
            }
        }
        // Only an empty folder goes.
        let _ = fs::remove_dir(group);
    }
    let _ = fs::remove_dir(folder);
}

/// Reads packs, and holds the last one: the next source often stands in it too.
#[derive(Debug, Clone)]
pub(in crate::run) struct Packs {
    folder: PathBuf,
    last: Rc<RefCell<Option<Pack>>>,
}

/// A pack with its name.
#[derive(Debug, Clone)]
struct Pack {
    name: String,
    bytes: Rc<Vec<u8>>,
}

impl Packs {
    /// The packs of an output.
    pub(in crate::run) fn of(out: &Path) -> Self {
        Self { folder: folder(out), last: Rc::default() }
    }

    /// A pack, checked against its name.
    ///
    /// # Errors
    /// Whatever the system says; [`io::ErrorKind::InvalidData`] if it is damaged or missing.
    fn get(&self, name: &str) -> io::Result<Rc<Vec<u8>>> {
        if let Some(last) = self.last.borrow().as_ref().filter(|last| last.name == name) {
            return Ok(Rc::clone(&last.bytes));
        }
        let bad = |what: &str| {
            let cause = format!("part {name} of the full ledger is {what}");
            io::Error::new(io::ErrorKind::InvalidData, cause)
        };
        let packed = fs::read(place(&self.folder, name)).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => bad("missing"),
            _ => e,
        })?;
        if hex(&Sha256::digest(&packed)) != name {
            return Err(bad("damaged"));
        }
        let bytes = Rc::new(zstd::bulk::decompress(&packed, PACK)?);
        *self.last.borrow_mut() = Some(Pack { name: name.to_owned(), bytes: Rc::clone(&bytes) });
        Ok(bytes)
    }

    /// The bytes of a source, from the first to the last.
    pub(in crate::run) fn stream(&self, unpacked: &Unpacked) -> impl Read + use<> {
        Stream { packs: self.clone(), left: unpacked.packs.clone().into(), at: 0 }
    }
}

struct Stream {
    packs: Packs,
    left: VecDeque<(String, u64, u64)>,
    /// Bytes of the first of them that were read.
    at: u64,
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some((name, start, length)) = self.left.front() else { return Ok(0) };
            if self.at == *length {
                self.left.pop_front();
                self.at = 0;
                continue;
            }
            let pack = self.packs.get(name)?;
            let range = (start + self.at) as usize..(start + length) as usize;
            let bytes = pack.get(range).ok_or(io::ErrorKind::InvalidData)?;
            let n = bytes.len().min(into.len());
            into[..n].copy_from_slice(&bytes[..n]);
            self.at += n as u64;
            return Ok(n);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_pack_is_larger_than_a_pack_and_the_spans_are_what_was_appended() {
        let mut writer =
            Writer { folder: PathBuf::new(), buffer: Vec::new(), full: Vec::new(), names: Vec::new() };
        let bytes: Vec<u8> = (0..2 * PACK + 9).map(|n| (n % 251) as u8).collect();
        let (first, second) = bytes.split_at(PACK / 2 + 1);
        let mut spans = [Vec::new(), Vec::new()];
        for piece in first.chunks(PACK / 3) {
            writer.append(piece, &mut spans[0]).unwrap();
        }
        writer.append(second, &mut spans[1]).unwrap();
        let mut packs = std::mem::take(&mut writer.full);
        packs.push(std::mem::take(&mut writer.buffer));
        assert_eq!(packs.iter().map(Vec::len).collect::<Vec<_>>(), [PACK, PACK, 9]);
        let read = |spans: &[Span]| -> Vec<u8> {
            let part =
                |&(pack, start, length): &Span| &packs[pack][start as usize..(start + length) as usize];
            spans.iter().flat_map(part).copied().collect()
        };
        assert_eq!(spans[0].len(), 1, "pieces that touch are one span");
        assert!(read(&spans[0]) == first && read(&spans[1]) == second);
    }
}
