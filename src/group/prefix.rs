//! Candidates that are certain to hold every pair at the threshold: a prefix filter (Chaudhuri, Ganti and Kaushik 2006;
//! Bayardo, Ma and Srikant 2007).
//!
//! Invariant: two sets with Jaccard similarity ≥ T have a shingle in common among the first n − ⌈T·n⌉ + 1 of each, in
//! any order of all shingles, as long as it is one order. Rare shingles first makes the lists short.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::Corpus;
use crate::Result;
use crate::run::options::Threshold;

/// Counters for document frequencies: 64 MB whatever the corpus.
const COUNTERS: usize = 1 << 24;
/// Documents counted at a time.
const BATCH: usize = 1 << 10;

/// One order of all shingles, rare ones first. Shingles that share a counter look more frequent than they are, which
/// makes lists longer and loses nothing.
pub(super) struct Rarity {
    counts: Vec<u32>,
    threshold: Threshold,
}

impl Rarity {
    /// Counts the shingles of `documents`.
    ///
    /// # Errors
    /// Where a text cannot be read.
    pub(super) fn count(corpus: &dyn Corpus, documents: &[u32], threshold: Threshold) -> Result<Self> {
        let mut counts = vec![0u32; COUNTERS];
        for batch in documents.chunks(BATCH) {
            let read = |document: &u32| {
                let mut set = Vec::new();
                corpus.shingles(*document as usize, &mut set).map(|()| set)
            };
            for set in batch.par_iter().map(read).collect::<Result<Vec<_>>>()? {
                for hash in set {
                    let count = &mut counts[counter(hash)];
                    *count = count.saturating_add(1);
                }
            }
        }
        Ok(Self { counts, threshold })
    }

    /// The shingles by which a document is found.
    fn prefix(&self, set: &[u64]) -> Vec<u64> {
        let n = set.len() as u64;
        let least = (n * u64::from(self.threshold.0)).div_ceil(1_000_000);
        let length = (n + 1).saturating_sub(least).min(n) as usize;
        let mut keyed: Vec<(u32, u64)> = set.iter().map(|h| (self.counts[counter(*h)], *h)).collect();
        if length < keyed.len() {
            keyed.select_nth_unstable(length);
        }
        keyed.into_iter().take(length).map(|(_, hash)| hash).collect()
    }
}

fn counter(hash: u64) -> usize {
    hash as usize % COUNTERS
}

/// Documents by the shingles of their prefixes.
pub(super) struct PrefixIndex<'a> {
    rarity: &'a Rarity,
    /// The last entry of each shingle.
    last: FxHashMap<u64, u32>,
    /// Document and the entry before, of the same shingle.
    entries: Vec<(u32, u32)>,
}

const NONE: u32 = u32::MAX;

impl<'a> PrefixIndex<'a> {
    pub(super) fn new(rarity: &'a Rarity) -> Self {
        Self { rarity, last: FxHashMap::default(), entries: Vec::new() }
    }

    /// Bytes that it takes.
    pub(super) fn bytes(&self) -> usize {
        self.last.capacity() * 2 * size_of::<u64>() + self.entries.capacity() * size_of::<(u32, u32)>()
    }

    pub(super) fn clear(&mut self) {
        self.last.clear();
        self.entries.clear();
    }

    pub(super) fn insert(&mut self, document: u32, set: &[u64]) {
        for hash in self.rarity.prefix(set) {
            let entry = self.entries.len() as u32;
            let before = self.last.insert(hash, entry).unwrap_or(NONE);
            self.entries.push((document, before));
        }
    }

    /// Appends all documents that share a shingle of the prefix to `found`, some more than once.
    pub(super) fn probe(&self, set: &[u64], found: &mut Vec<u32>) {
        for hash in self.rarity.prefix(set) {
            let mut entry = self.last.get(&hash).copied().unwrap_or(NONE);
            while entry != NONE {
                let (document, before) = self.entries[entry as usize];
                found.push(document);
                entry = before;
            }
        }
    }
}
