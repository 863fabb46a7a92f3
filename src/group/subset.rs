//! Some of the documents, as bits.
//!
//! Invariant: the slots of the members are 0, 1, … in the order of their indices, so that what is known only of members
//! needs no room for the others.

use std::ops::Range;

use rayon::prelude::*;

use super::Corpus;
use crate::Result;

/// Documents in one task, a multiple of 64.
pub(super) const TASK: usize = 1 << 13;
/// Of so many documents in a row at least one must be asked for, or each is read by itself.
const SPARSE: usize = 16;

/// A set of documents.
#[derive(Clone)]
pub(super) struct Subset {
    words: Vec<u64>,
    /// Members before each word.
    before: Vec<u32>,
    len: usize,
}

impl Subset {
    /// The documents below `len` of which `is_in` holds.
    pub(super) fn new(len: usize, is_in: impl Fn(usize) -> bool + Sync) -> Self {
        let word = |n: usize| {
            (64 * n..len.min(64 * n + 64)).fold(0, |word, d| word | u64::from(is_in(d)) << (d % 64))
        };
        Self::from_words(len, (0..len.div_ceil(64)).into_par_iter().map(word).collect())
    }

    /// Those of a list (of indices below `len`) of which `is_in` holds.
    pub(super) fn of(len: usize, list: &[u32], is_in: impl Fn(usize) -> bool) -> Self {
        let mut words = vec![0; len.div_ceil(64)];
        for document in list.iter().map(|document| *document as usize).filter(|d| is_in(*d)) {
            words[document / 64] |= 1 << (document % 64);
        }
        Self::from_words(len, words)
    }

    fn from_words(len: usize, words: Vec<u64>) -> Self {
        let mut count = 0;
        let count = |word: &u64| {
            count += word.count_ones();
            count - word.count_ones()
        };
        Self { before: words.iter().map(count).collect(), words, len }
    }

    /// Number of members.
    pub(super) fn count(&self) -> usize {
        self.slot(self.words.len() * 64)
    }

    pub(super) fn contains(&self, document: usize) -> bool {
        self.words[document / 64] >> (document % 64) & 1 == 1
    }

    /// The number of members before `document`: of a member, its slot.
    pub(super) fn slot(&self, document: usize) -> usize {
        let (word, bit) = (document / 64, document % 64);
        let Some(bits) = self.words.get(word) else {
            let last = self.words.last().map_or(0, |last| last.count_ones());
            return (self.before.last().copied().unwrap_or(0) + last) as usize;
        };
        (self.before[word] + (bits & !(u64::MAX << bit)).count_ones()) as usize
    }

    /// The members, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> {
        self.inside(0..self.len)
    }

    fn inside(&self, range: Range<usize>) -> impl Iterator<Item = usize> {
        let words = range.start / 64..range.end.div_ceil(64);
        let bits = words.flat_map(|n| {
            let mut left = self.words[n];
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros() as usize;
                (left != 0).then(|| {
                    left &= left - 1;
                    64 * n + bit
                })
            })
        });
        bits.skip_while(move |d| *d < range.start).take_while(move |d| *d < range.end)
    }

    /// Ranges of documents, for tasks: as many whatever the number of threads.
    pub(super) fn tasks(&self) -> impl IndexedParallelIterator<Item = Range<usize>> {
        let len = self.len;
        (0..len.div_ceil(TASK)).into_par_iter().map(move |n| n * TASK..len.min(n * TASK + TASK))
    }

    /// Hands each member and its sketch to `each`, in no order, on the current rayon pool.
    ///
    /// # Errors
    /// Where a sketch cannot be read.
    pub(super) fn each_sketch(&self, corpus: &dyn Corpus, each: impl Fn(usize, &[u64]) + Sync) -> Result<()> {
        self.tasks().try_for_each(|range| self.sketches(corpus, range, &each))
    }

    /// Hands each member in a range and its sketch to `each`, in order. Reads large pieces, or single sketches where
    /// there are few members.
    ///
    /// # Errors
    /// Where a sketch cannot be read.
    pub(super) fn sketches(
        &self,
        corpus: &dyn Corpus,
        range: Range<usize>,
        mut each: impl FnMut(usize, &[u64]),
    ) -> Result<()> {
        let members = self.slot(range.end) - self.slot(range.start);
        if members * SPARSE < range.len() {
            let mut sketch = Vec::new();
            for document in self.inside(range) {
                corpus.sketch(document, &mut sketch)?;
                each(document, &sketch);
            }
            return Ok(());
        }
        corpus.scan_sketches(range, &mut |document, sketch| {
            if self.contains(document) {
                each(document, sketch);
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn members_are_numbered_in_order(bits in proptest::collection::vec(any::<bool>(), 0..300), at in any::<[prop::sample::Index; 2]>()) {
            let subset = Subset::new(bits.len(), |d| bits[d]);
            let members: Vec<usize> = (0..bits.len()).filter(|d| bits[*d]).collect();
            let listed: Vec<u32> = members.iter().rev().map(|d| *d as u32).collect();
            prop_assert!(Subset::of(bits.len() + 9, &listed, |_| true).iter().eq(members.iter().copied()));
            prop_assert_eq!(subset.count(), members.len());
            prop_assert!(subset.iter().eq(members.iter().copied()));
            prop_assert!((0..bits.len()).all(|d| subset.contains(d) == bits[d]));
            for d in 0..=bits.len() {
                prop_assert_eq!(subset.slot(d), members.iter().filter(|m| **m < d).count());
            }
            let [mut a, mut b] = at.map(|at| at.index(bits.len() + 1));
            (a, b) = (a.min(b), a.max(b));
            let inside: Vec<usize> = members.into_iter().filter(|m| (a..b).contains(m)).collect();
            prop_assert!(subset.inside(a..b).eq(inside));
        }
    }
}
