//! Where the bytes of a source are at hand: in its file, in the full ledger, or in the shards; and whether they are what
//! was read.

use std::io::Read;
use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;
use sha2::{Digest as _, Sha256};

use super::inputs::Walk;
use crate::document::hex;
use crate::read::source::Packing;
use crate::read::walk::plain;
use crate::run::ledger::Line;
use crate::run::origin::{Place, read_all, unpacked};
use crate::write::durable::hash_file;
use crate::write::manifest::FileHash;

/// Where the bytes of a source come from.
pub(super) enum Bytes {
    /// From its file.
    File(PathBuf),
    /// From the full ledger.
    Packs,
    /// From what the shards carry, which is all of it.
    Shards,
    /// Not at hand. What the shards carry of it may be.
    Nowhere,
}

impl Walk<'_> {
    /// Where the bytes of a source are at hand, and how many they are once unpacked, if they were counted.
    pub(super) fn bytes(&mut self, line: &Line, known: &FxHashMap<&str, &FileHash>) -> (Bytes, Option<u64>) {
        let held = line.unpacked.as_ref().is_some_and(|unpacked| {
            let mut stream = self.packs.stream(unpacked);
            let cause = match read_all(&mut stream, Packing::Plain, &mut |_| true) {
                Err(e) => e.to_string(),
                Ok(read) if read.sha256 != unpacked.sha256 => "the full ledger does not hold it".into(),
                Ok(_) => return true,
            };
            self.findings.fail(&line.key, cause);
            false
        });
        let otherwise = |walk: &mut Self, cause: &str| {
            if held {
                let bytes = line.unpacked.as_ref().map(|unpacked| unpacked.bytes);
                return (Bytes::Packs, bytes);
            }
            walk.findings.skip(&line.key, cause);
            (Bytes::Nowhere, None)
        };
        if line.fleeting && !held {
            return match self.carried(line) {
                Some(bytes) => (Bytes::Shards, Some(bytes)),
                None => otherwise(self, "standard input, which is gone: --ledger full would have held it"),
            };
        }
        let Some(path) = self.finder.path(line) else {
            return otherwise(self, "inputs not found: say where they are with --source");
        };
        if let Some((archive, ..)) = &line.member
            && !self.archive_is_whole(&path, archive, known)
        {
            return otherwise(self, "inputs in archives that are not what was read");
        }
        let place = Place { path: &path, member: line.member_inside() };
        let read = self.opener.raw(&place).and_then(|raw| read_all(raw, line.packing, &mut |_| true));
        match read {
            Err(e) => otherwise(self, &format!("inputs cannot be read: {}", plain(&e))),
            Ok(read) => {
                if line.sha256.as_ref().is_some_and(|sha256| *sha256 != read.raw_sha256) {
                    self.findings.fail(&line.key, "this input is not what was read: its SHA-256 differs");
                } else if line.unpacked.as_ref().is_some_and(|unpacked| unpacked.sha256 != read.sha256) {
                    self.findings.fail(&line.key, "the full ledger does not hold what this input holds");
                }
                (Bytes::File(path), Some(read.bytes))
            }
        }
    }

    /// Bytes that the shards carry of a source, if that is all of it, as it was read.
    fn carried(&mut self, line: &Line) -> Option<u64> {
        let (mut hash, mut length, mut bytes) = (Sha256::new(), 0, Vec::new());
        for part in line.parts()? {
            let shard = self.shards.get(part.shard).ok().flatten().filter(|shard| shard.carries())?;
            shard.carried(0..shard.span(), &mut bytes).ok()?;
            hash.update(&bytes);
            length += shard.span();
        }
        (line.sha256.as_ref() == Some(&hex(&hash.finalize()))).then_some(length)
    }

    fn archive_is_whole(&mut self, path: &Path, key: &str, known: &FxHashMap<&str, &FileHash>) -> bool {
        if let Some(whole) = self.archives.get(path) {
            return *whole;
        }
        let sha256 = known.get(key).map(|file| file.sha256.as_str());
        let whole = hash_file(path).is_ok_and(|(_, there)| Some(there.as_str()) == sha256);
        if !whole {
            self.findings.fail(key, "this archive is not what was read: its SHA-256 differs");
        }
        self.archives.insert(path.to_path_buf(), whole);
        whole
    }

    /// The unpacked bytes of a source, or none.
    pub(super) fn open(&mut self, line: &Line, bytes: &Bytes) -> Option<Box<dyn Read>> {
        match bytes {
            Bytes::File(path) => {
                let raw = self.opener.raw(&Place { path, member: line.member_inside() }).ok()?;
                unpacked(raw, line.packing).ok()
            }
            Bytes::Packs => Some(Box::new(self.packs.stream(line.unpacked.as_ref()?))),
            Bytes::Shards | Bytes::Nowhere => None,
        }
    }
}
