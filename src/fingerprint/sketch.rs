//! A sketch: the smallest shingle hashes of a text.
//!
//! Invariant: ascending and distinct; holds the [`SMALLEST`] smallest hashes of all (bottom-k, Broder 1997; for
//! copies) *and* every hash below [`SAMPLED_BELOW`] (one in eight, chosen alike in every text; for excerpts). So one
//! sorted prefix of the set serves both. A set that is smaller stands in its sketch whole.

/// How many of the smallest hashes a sketch holds at least.
pub const SMALLEST: usize = 48;

/// All hashes below this are in the sketch.
pub const SAMPLED_BELOW: u64 = u64::MAX / 8;

/// The sketch of a set of distinct `hashes` in any order.
pub fn sketch(hashes: &[u64]) -> Vec<u64> {
    let mut least = Vec::new();
    if hashes.len() > SMALLEST {
        // A bound under which 80 hashes are expected holds 48 but once in some thousand texts: a short list to sort.
        let bound = (u64::MAX / hashes.len() as u64).saturating_mul(80).max(SAMPLED_BELOW);
        least.extend(hashes.iter().copied().filter(|h| *h < bound));
    }
    if least.len() < SMALLEST {
        least.clear();
        least.extend_from_slice(hashes);
    }
    least.sort_unstable();
    let sampled = least.partition_point(|h| *h < SAMPLED_BELOW);
    least.truncate(sampled.max(SMALLEST));
    least.shrink_to_fit();
    least
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
            prop_assert_eq!(sketch(&hashes), want);
        }
    }
}
