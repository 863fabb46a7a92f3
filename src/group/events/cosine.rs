//! Cosines of one document with many others.
//!
//! The features of the one are marked in a table over all features, so each other document is read once, feature by
//! feature, and nothing is searched. Sums are of integers: the cosine of a pair is the same whichever of them is marked.

use super::corpus::{Corpus, SETS};
use super::weights::Weights;

/// One document, marked.
pub(super) struct Marked<'a> {
    corpus: &'a Corpus,
    weights: &'a Weights,
    /// Its rank; before the first, none that is.
    rank: usize,
    /// Per feature: a bit for each set in which the document has it.
    sets: Vec<u8>,
}

impl<'a> Marked<'a> {
    /// No document yet.
    pub(super) fn new(corpus: &'a Corpus, weights: &'a Weights) -> Self {
        Self { corpus, weights, rank: corpus.len(), sets: vec![0; corpus.df.len()] }
    }

    /// Marks the document at `rank` instead of the one before.
    pub(super) fn mark(&mut self, rank: usize) {
        for entry in self.corpus.entries(self.rank) {
            self.sets[entry.id()] = 0;
        }
        for entry in self.corpus.entries(rank) {
            self.sets[entry.id()] = entry.sets();
        }
        self.rank = rank;
    }

    /// Its cosines with the document at `other` in each set, in 0..=1 (rounding apart).
    pub(super) fn cosines(&self, other: usize) -> [f64; SETS] {
        let mut dot = [0_u64; SETS];
        for entry in self.corpus.entries(other) {
            let both = self.sets[entry.id()] & entry.sets();
            if both != 0 {
                for (set, sum) in dot.iter_mut().enumerate().filter(|(set, _)| both >> set & 1 == 1) {
                    *sum += self.weights.product(entry.id(), set, self.rank, other);
                }
            }
        }
        std::array::from_fn(|set| {
            dot[set] as f64 / (self.weights.length(self.rank, set) * self.weights.length(other, set))
        })
    }
}
