//! Comparisons of former runs: how many shingles two documents share.
//!
//! Invariant: a number is believed only for two texts with the normal forms that it was counted for, in shingles of the
//! same length. So what comes out does not depend on what is known here. Only what a run asked for is kept for the next
//! one: as many numbers as it made comparisons, and at most [`MOST`].

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;

use crate::document::Digest;
use crate::error::Result;
use crate::shard::bytes::{In, Out};
use crate::shard::{About, Store};

/// Comparisons that are held: some 24 MB.
const MOST: usize = 1 << 20;
/// Bytes that one takes while it is held.
const HELD: u64 = 24;
const PARTS: usize = 16;
/// Bytes of an entry of the file.
const WIDTH: usize = 16;
/// In an entry that is held: this run asked for it.
const ASKED: u32 = 1 << 31;

/// By the lower half of a key: a quarter of its other half, and the number with [`ASKED`].
type Part = FxHashMap<u64, (u32, u32)>;

/// What is known of pairs of documents.
pub(super) struct Comparisons<'a> {
    store: &'a Store,
    shingle: usize,
    parts: [Mutex<Part>; PARTS],
    held: AtomicUsize,
    most: usize,
    /// Whether another number came in.
    grew: AtomicBool,
    /// How many a former run left.
    former: usize,
}

impl<'a> Comparisons<'a> {
    /// Those of a former run, in shingles of so many words; for a run that may use so much memory.
    pub(super) fn open(store: &'a Store, shingle: usize, memory: Option<u64>) -> Self {
        let most = memory.map_or(MOST, |memory| MOST.min((memory / 64 / HELD) as usize));
        let mut all = Self {
            store,
            shingle,
            parts: Default::default(),
            held: AtomicUsize::new(0),
            most,
            grew: AtomicBool::new(false),
            former: 0,
        };
        let notes = store.notes(About::Comparisons).unwrap_or_default();
        for entry in notes.chunks_exact(WIDTH).take(most) {
            let mut from = In(entry);
            if let (Ok(key), Ok(check), Ok(shared)) = (from.u64(), from.u32(), from.u32()) {
                all.part(key).insert(key, (check, shared & !ASKED));
                all.former += 1;
            }
        }
        all.held = AtomicUsize::new(all.former);
        all
    }

    fn part(&self, key: u64) -> MutexGuard<'_, Part> {
        self.parts[key as usize % PARTS].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key of a pair: nobody who does not know the store's seed can make two pairs with one key.
    fn key(&self, a: &Digest, b: &Digest) -> (u64, u32) {
        let mut naming = self.store.naming();
        naming.part(&self.shingle.to_le_bytes()).part(a.min(b)).part(a.max(b));
        let number = naming.name().number();
        (number as u64, (number >> 64) as u32)
    }

    /// How many shingles the texts with these normal forms share, if that is known.
    pub(super) fn get(&self, a: &Digest, b: &Digest) -> Option<u32> {
        let (key, check) = self.key(a, b);
        let mut part = self.part(key);
        let (there, shared) = part.get_mut(&key)?;
        (*there == check).then(|| {
            *shared |= ASKED;
            *shared & !ASKED
        })
    }

    /// Notes how many they share.
    pub(super) fn put(&self, a: &Digest, b: &Digest, shared: u32) {
        if self.held.load(Ordering::Relaxed) >= self.most || shared & ASKED != 0 {
            return;
        }
        let (key, check) = self.key(a, b);
        if self.part(key).insert(key, (check, shared | ASKED)).is_none() {
            self.held.fetch_add(1, Ordering::Relaxed);
        }
        self.grew.store(true, Ordering::Relaxed);
    }

    /// Leaves what this run asked for to the next one.
    ///
    /// # Errors
    /// [`crate::Error::Io`].
    pub(super) fn keep(self) -> Result<()> {
        let mut out = Out::default();
        for part in self.parts {
            let part = part.into_inner().unwrap_or_else(PoisonError::into_inner);
            for (key, (check, shared)) in part.into_iter().filter(|(_, (_, shared))| shared & ASKED != 0) {
                out.u64(key).u32(check).u32(shared & !ASKED);
            }
        }
        if self.grew.into_inner() || out.0.len() != self.former * WIDTH {
            self.store.note(About::Comparisons, &out.0)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(n: u8) -> Digest {
        [n; 32]
    }

    #[test]
    fn what_was_asked_for_is_known_to_the_next_run_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let first = Comparisons::open(&store, 5, None);
        assert_eq!(first.get(&digest(1), &digest(2)), None);
        first.put(&digest(1), &digest(2), 7);
        first.put(&digest(1), &digest(3), 8);
        first.keep().unwrap();
        let second = Comparisons::open(&store, 5, None);
        assert_eq!(second.get(&digest(2), &digest(1)), Some(7));
        second.keep().unwrap();
        let third = Comparisons::open(&store, 5, None);
        assert_eq!(third.get(&digest(1), &digest(2)), Some(7));
        assert_eq!(third.get(&digest(1), &digest(3)), None);
        assert_eq!(Comparisons::open(&store, 4, None).get(&digest(1), &digest(2)), None);
    }

    #[test]
    fn what_is_damaged_or_of_another_store_is_not_believed() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (store, stranger) = (Store::open(folder.path()).unwrap(), Store::open(other.path()).unwrap());
        let first = Comparisons::open(&store, 5, None);
        first.put(&digest(1), &digest(2), 7);
        first.keep().unwrap();
        let file = folder.path().join("comparisons");
        let mut bytes = std::fs::read(&file).unwrap();
        std::fs::write(other.path().join("comparisons"), &bytes).unwrap();
        assert_eq!(Comparisons::open(&stranger, 5, None).former, 0);
        assert_eq!(Comparisons::open(&store, 5, None).former, 1);
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&file, &bytes).unwrap();
        assert_eq!(Comparisons::open(&store, 5, None).former, 0);
    }

    #[test]
    fn no_more_is_held_than_the_memory_allows() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let few = Comparisons::open(&store, 5, Some(64 * HELD * 3));
        (1..9).for_each(|n| few.put(&digest(0), &digest(n), 1));
        few.keep().unwrap();
        assert_eq!(Comparisons::open(&store, 5, None).former, 3);
    }
}
