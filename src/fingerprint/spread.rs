//! Sorts numbers that are spread evenly, as hashes are.
//!
//! Invariant: what comes out is what went in, ascending.
//!
//! There are several times as many slots as numbers, and each number's own slot follows from its size alone, so nearly
//! all find their slot free and stand in order at once. Where it is taken, the neighbours move up.

/// More numbers are sorted in the usual way.
const MOST: usize = 4096;
/// Below this number of numbers the usual way is as fast.
const FEW: usize = 12;

/// Sorts; keeps its buffers.
#[derive(Default)]
pub(super) struct Sorter {
    slots: Vec<u64>,
    /// A bit a slot: is it taken?
    taken: Vec<u64>,
    sorted: Vec<u64>,
}

impl Sorter {
    /// `numbers`, which are distinct and at most `bound`, ascending.
    #[inline(always)]
    pub(super) fn sort(&mut self, numbers: &[u64], bound: u64) -> &[u64] {
        if numbers.len() > MOST || numbers.len() < FEW {
            self.sorted.clear();
            self.sorted.extend_from_slice(numbers);
            self.sorted.sort_unstable();
            return &self.sorted;
        }
        let own = (8 * numbers.len()).next_power_of_two();
        // Behind the last own slot there is room for all that move up.
        let all = (own + numbers.len()).next_multiple_of(64) + 64;
        if self.slots.len() < all {
            self.slots.resize(all, 0);
        }
        self.taken.clear();
        self.taken.resize(all / 64, 0);
        let (slots, taken) = (&mut self.slots[..all], self.taken.as_mut_slice());
        // The product of the upper half of a number and this is below `own << 32`.
        let scale = ((own as u64) << 32) / ((bound >> 32) + 1);
        for &number in numbers {
            let slot = (((number >> 32) * scale) >> 32) as usize;
            let (word, bit) = (&mut taken[slot / 64], 1 << (slot % 64));
            if *word & bit != 0 {
                insert(slots, taken, slot, number);
                continue;
            }
            *word |= bit;
            slots[slot] = number;
        }
        if self.sorted.len() < numbers.len() + 8 {
            self.sorted.resize(numbers.len() + 8, 0);
        }
        let mut filled = 0;
        for (&bits, slots) in taken.iter().zip(slots.as_chunks::<64>().0) {
            let (mut left, mut at) = (bits, filled);
            while left != 0 {
                // Eight at a time without a look at what is left: a branch a number would often be mispredicted.
                let Some(eight) = self.sorted.get_mut(at..).and_then(|rest| rest.first_chunk_mut::<8>())
                else {
                    break;
                };
                for to in eight {
                    *to = slots[left.trailing_zeros() as usize % 64];
                    left &= left.wrapping_sub(1);
                }
                at += 8;
            }
            filled += bits.count_ones() as usize;
        }
        &self.sorted[..filled]
    }
}

/// Puts `number`, whose own slot is taken, in its place; what is greater moves up to the next free slot.
#[inline(never)]
fn insert(slots: &mut [u64], taken: &mut [u64], mut slot: usize, mut number: u64) {
    while taken[slot / 64] >> (slot % 64) & 1 == 1 {
        if slots[slot] > number {
            std::mem::swap(&mut slots[slot], &mut number);
        }
        slot += 1;
    }
    slots[slot] = number;
    taken[slot / 64] |= 1 << (slot % 64);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_come_out_ascending(
            set in proptest::collection::btree_set(any::<u64>(), 0..700),
            close in proptest::collection::btree_set((u64::MAX - 999)..=u64::MAX, 0..200),
            shift in 0u32..64
        ) {
            let mut sorter = Sorter::default();
            let all: std::collections::BTreeSet<u64> = set.union(&close).map(|n| n >> shift).collect();
            let want: Vec<u64> = all.into_iter().collect();
            for bound in [u64::MAX, want.last().copied().unwrap_or(0)] {
                let descending: Vec<u64> = want.iter().rev().copied().collect();
                prop_assert_eq!(sorter.sort(&want, bound), &want);
                prop_assert_eq!(sorter.sort(&descending, bound), &want);
            }
        }
    }
}
