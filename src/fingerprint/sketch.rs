//! A sketch: the smallest shingle hashes of a text.
//!
//! Invariant: ascending and distinct; holds the [`SMALLEST`] smallest hashes of all (bottom-k, Broder 1997; for
//! copies) *and* every hash below [`SAMPLED_BELOW`] (one in eight, chosen alike in every text; for excerpts). So one
//! sorted prefix of the set serves both. A set that is smaller stands in its sketch whole.

use super::spread::Sorter;

/// How many of the smallest hashes a sketch holds at least.
pub const SMALLEST: usize = 48;

/// All hashes below this are in the sketch.
pub const SAMPLED_BELOW: u64 = u64::MAX / 8;

/// Makes sketches; keeps its buffers from text to text.
#[derive(Default)]
pub(super) struct Sketcher {
    least: Vec<u64>,
    sorter: Sorter,
}

impl Sketcher {
    /// The sketch of a set of distinct `hashes` in any order.
    pub(super) fn sketch(&mut self, hashes: &[u64]) -> Vec<u64> {
        self.sketch_by(hashes, |hashes, bound, least| {
            let mut below = 0;
            for &hash in hashes {
                least[below] = hash;
                below += usize::from(hash < bound);
            }
            below
        })
    }

    /// The same with a given way to write the hashes below a bound, and anything behind them, to a place that is eight
    /// longer; gives their number.
    #[inline(always)]
    pub(super) fn sketch_by(
        &mut self,
        hashes: &[u64],
        filter: impl Fn(&[u64], u64, &mut [u64]) -> usize,
    ) -> Vec<u64> {
        // A bound under which 80 hashes are expected holds 48 but once in some thousand texts: a short list to sort.
        let mut bound = u64::MAX;
        if hashes.len() > SMALLEST {
            bound = (u64::MAX / hashes.len() as u64).saturating_mul(80).max(SAMPLED_BELOW);
        }
        if self.least.len() < hashes.len() + 8 {
            self.least.resize(hashes.len() + 8, 0);
        }
        let below = filter(hashes, bound, &mut self.least);
        let mut least = &self.least[..below];
        if below < SMALLEST.min(hashes.len()) {
            (least, bound) = (hashes, u64::MAX);
        }
        let sorted = self.sorter.sort(least, bound);
        let sampled = sorted.partition_point(|h| *h < SAMPLED_BELOW);
        sorted[..sampled.max(SMALLEST).min(least.len())].to_vec()
    }
}

/// The sketch of a set of distinct `hashes` in any order.
#[cfg(test)]
pub(super) fn sketch(hashes: &[u64]) -> Vec<u64> {
    let mut sorted = hashes.to_vec();
    sorted.sort_unstable();
    let sampled = sorted.partition_point(|h| *h < SAMPLED_BELOW);
    sorted.truncate(sampled.max(SMALLEST));
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn a_sketch_is_the_smallest_hashes_and_all_sampled_ones(
            set in proptest::collection::btree_set(any::<u64>(), 0..900), small in proptest::collection::btree_set(0..SAMPLED_BELOW, 0..90)
        ) {
            let set: BTreeSet<u64> = set.union(&small).copied().collect();
            let hashes: Vec<u64> = set.iter().rev().copied().collect();
            let want: Vec<u64> =
                set.iter().copied().enumerate().filter(|(i, h)| *i < SMALLEST || *h < SAMPLED_BELOW).map(|p| p.1).collect();
            prop_assert_eq!(&sketch(&hashes), &want);
            prop_assert_eq!(Sketcher::default().sketch(&hashes), want);
        }
    }
}
