//! What later stages note down for the next run: functions of contents alone, which are longer to make than to read.
//!
//! Invariant: notes are believed only where this build wrote them into this store, and their checksum holds. They can be
//! deleted at any time, and are then made again.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::store::{Name, Store};
use crate::error::{Error, Result};
use crate::temporary;

/// What marks a file as notes.
const MAGIC: &[u8; 8] = b"tamis no";
const HEAD: usize = MAGIC.len() + 8;

/// What notes are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// Pairs of documents that were compared.
    Comparisons,
    /// Texts that were compared word by word.
    Differences,
    /// What the search for events makes of documents of a shard, from this row on.
    Events(Name, u32),
}

impl Store {
    /// Where notes are kept.
    pub fn notes_at(&self, about: About) -> PathBuf {
        match about {
            About::Comparisons => self.folder().join("comparisons"),
            About::Differences => self.folder().join("differences"),
            About::Events(shard, row) => {
                Self::place(self.folder(), shard).with_file_name(format!("{shard}-{row}.events"))
            }
        }
    }

    /// The checksum belongs to store and build: another one believes nothing of it.
    fn seal(&self, notes: &[u8]) -> u64 {
        let build = env!("TAMIS_BUILD").bytes().fold(self.seed(), |seed, byte| {
            (seed ^ u64::from(byte)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31)
        });
        xxh3_64_with_seed(notes, build)
    }

    /// Notes, if they are there and whole.
    pub fn notes(&self, about: About) -> Option<Vec<u8>> {
        let mut bytes = fs::read(self.notes_at(about)).ok()?;
        let stated = bytes.get(..HEAD)?.strip_prefix(MAGIC)?;
        (stated == self.seal(&bytes[HEAD..]).to_le_bytes()).then(|| bytes.split_off(HEAD))
    }

    /// Keeps notes; nothing is kept by a store that is only looked into. They are not synced: what a power cut tears
    /// fails its checksum.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn note(&self, about: About, notes: &[u8]) -> Result<()> {
        if self.is_looked_into() {
            return Ok(());
        }
        let path = self.notes_at(about);
        let write = || -> io::Result<()> {
            let folder = path.parent().unwrap_or(self.folder());
            fs::create_dir_all(folder)?;
            let mut temporary = temporary::file_in(folder)?;
            temporary.write_all(MAGIC)?;
            temporary.write_all(&self.seal(notes).to_le_bytes())?;
            temporary.write_all(notes)?;
            temporary.persist(&path)?;
            Ok(())
        };
        write().map_err(Error::io(&path, "cannot write (nothing was published)"))
    }
}
