//! How the bits are cut into blocks.
//!
//! Invariant: the blocks are disjoint and their radii sum to `radius − blocks + 1`, so that of two values within
//! `radius` bits at least one block is within its own radius. This holds for any order of the bits and for blocks that
//! leave bits out; both only change how much work is done.

use super::within;

/// Values looked at to learn how evenly each bit is spread.
const SAMPLE: usize = 4096;
/// Blocks at most, and turned keys looked up for one value at most.
const MOST_BLOCKS: u32 = 24;
const MOST_MASKS: u64 = 1 << 16;
/// Costs, in tenths of nanoseconds: to sort a value into a bucket, to look at a pair of buckets, to compare two values.
const SORT: u64 = 150;
const LOOK: u64 = 20;
const COMPARE: u64 = 8;

/// `bits` bits of a value from `shift` on, in which neighbours agree but for `radius` bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) shift: u32,
    pub(super) bits: u32,
    pub(super) radius: u32,
}

impl Block {
    pub(super) fn key(self, value: u64) -> usize {
        // A block has at most 26 bits.
        (value >> self.shift) as usize & ((1 << self.bits) - 1)
    }

    /// All keys within the radius of key 0, itself first.
    pub(super) fn masks(self) -> Vec<usize> {
        let mut masks = vec![0];
        let mut last = 0..1;
        for _ in 0..self.radius.min(self.bits) {
            for i in last.clone() {
                let mask: usize = masks[i];
                let above = usize::BITS - mask.leading_zeros();
                masks.extend((above..self.bits).map(|bit| mask | 1 << bit));
            }
            last = last.end..masks.len();
        }
        masks
    }
}

/// An order of the bits, and blocks over values whose bits are in that order.
pub(super) struct Plan {
    pub(super) order: [u8; 64],
    pub(super) blocks: Vec<Block>,
    /// Expected work, in tenths of nanoseconds.
    pub(super) cost: u64,
}

impl Plan {
    /// The plan of the least expected work. Bits that are the same in most values tell little: they are shared out
    /// evenly among the blocks, or left out.
    pub(super) fn new(values: &[u64], radius: u32) -> Self {
        let told = told(values);
        let mut bits: Vec<u8> = (0..64).collect();
        bits.sort_by_key(|bit| std::cmp::Reverse(told[usize::from(*bit)]));
        let count = values.len() as u64;
        // About as many buckets as values: more would be empty, and have to be held.
        let most_bits = (64 - count.leading_zeros()).min(26);
        let blocks = (1..=MOST_BLOCKS.min(radius.saturating_add(1)))
            .flat_map(|m| (0..=most_bits.min(64 / m + 1)).rev().map(move |cap| cut(radius, m, cap)))
            .map(|blocks| (cost(&blocks, &share(&bits, &blocks), &told, count), blocks))
            .min_by_key(|(cost, _)| *cost);
        let (cost, blocks) = blocks.unwrap_or_default();
        let mut order = [0; 64];
        for (place, bit) in share(&bits, &blocks).concat().into_iter().enumerate() {
            order[place] = bit;
        }
        Self { order, blocks, cost }
    }

    /// Brings the bits of values into the order.
    pub(super) fn turner(&self) -> Turner {
        let mut table = vec![[0; 256]; 8];
        for (place, bit) in self.order.iter().enumerate() {
            let (byte, bit) = (usize::from(bit / 8), bit % 8);
            for (value, turned) in table[byte].iter_mut().enumerate() {
                *turned |= (value as u64 >> bit & 1) << place;
            }
        }
        Turner(table)
    }
}

/// A permutation of 64 bits, by bytes.
pub(super) struct Turner(Vec<[u64; 256]>);

impl Turner {
    pub(super) fn turn(&self, value: u64) -> u64 {
        let bytes = value.to_le_bytes();
        self.0.iter().zip(bytes).fold(0, |turned, (table, byte)| turned | table[usize::from(byte)])
    }
}

/// What each bit tells apart, in 1/1024 bits: about −log₂ of the probability that two values agree in it.
fn told(values: &[u64]) -> [u64; 64] {
    let step = values.len().div_ceil(SAMPLE).max(1);
    let count = values.iter().step_by(step).count().max(1) as u64;
    std::array::from_fn(|bit| {
        let ones = values.iter().step_by(step).map(|v| v >> bit & 1).sum::<u64>();
        4 * 1024 * ones * (count - ones) / (count * count)
    })
}

/// `m` blocks of at most `cap` bits.
fn cut(radius: u32, m: u32, cap: u32) -> Vec<Block> {
    let spare = radius + 1 - m;
    let part = |total: u32, i: u32| total / m + u32::from(i < total % m);
    let mut shift = 0;
    let block = |i| {
        let bits = part(64, i).min(cap);
        shift += bits;
        Block { shift: shift - bits, bits, radius: part(spare, i) }
    };
    (0..m).map(block).collect()
}

/// Deals `bits`, those that tell most first, out to the blocks; the last list holds what is left.
fn share(bits: &[u8], blocks: &[Block]) -> Vec<Vec<u8>> {
    let mut shares = vec![Vec::new(); blocks.len() + 1];
    let mut bits = bits.iter().copied();
    let rounds = blocks.iter().map(|b| b.bits).max().unwrap_or(0);
    for round in 0..rounds {
        for (block, share) in blocks.iter().zip(&mut shares).filter(|(block, _)| block.bits > round) {
            debug_assert!(share.len() < block.bits as usize);
            share.extend(bits.next());
        }
    }
    shares[blocks.len()].extend(bits);
    shares
}

/// Expected work with these blocks for `count` values.
fn cost(blocks: &[Block], shares: &[Vec<u8>], told: &[u64; 64], count: u64) -> u64 {
    let one = |(block, bits): (&Block, &Vec<u8>)| {
        let masks = within(block.bits, block.radius);
        if masks > MOST_MASKS {
            return u64::MAX;
        }
        let told: u64 = bits.iter().map(|bit| told[usize::from(*bit)]).sum();
        // Values in a bucket where another one is, in 1/1024; between powers of two a straight line does.
        let expected = ((count << 10) >> (told / 1024)) * (2048 - told % 1024) / 2048;
        let compared = ((count * expected) >> 10).saturating_mul(masks) / 2;
        let looked = count.min(1 << block.bits).saturating_mul(masks) / 2;
        (count * SORT)
            .saturating_add((1 << block.bits) * LOOK)
            .saturating_add(looked.saturating_mul(LOOK))
            .saturating_add(compared.saturating_mul(COMPARE))
    };
    blocks.iter().zip(shares).map(one).fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_values_within_the_radius_agree_in_a_block() {
        for radius in 0..64 {
            for count in [0usize, 2, 20_000] {
                let values = [0, u64::MAX].repeat(count / 2);
                let plan = Plan::new(&values, radius);
                let (m, sum) = (plan.blocks.len() as u32, plan.blocks.iter().map(|b| b.radius).sum::<u32>());
                assert_eq!(sum + m, radius + 1);
                assert!(plan.blocks.windows(2).all(|w| w[0].shift + w[0].bits == w[1].shift));
                assert!(plan.blocks.iter().all(|b| b.shift + b.bits <= 64 && b.bits <= 26));
                let mut order = plan.order;
                order.sort_unstable();
                assert!(order.iter().enumerate().all(|(i, bit)| i == usize::from(*bit)));
            }
        }
    }

    #[test]
    fn masks_are_all_keys_within_the_radius_once() {
        for (bits, radius) in [(0, 0), (0, 2), (5, 0), (5, 2), (9, 3), (4, 9)] {
            let block = Block { shift: 3, bits, radius };
            let mut masks = block.masks();
            assert_eq!(masks[0], 0);
            assert_eq!(masks.len() as u64, within(bits, radius));
            masks.sort_unstable();
            masks.dedup();
            assert_eq!(masks.len() as u64, within(bits, radius));
            assert!(masks.iter().all(|m| m.count_ones() <= radius && *m < 1 << bits));
        }
    }

    #[test]
    fn turning_keeps_distances_and_bits_that_tell_nothing_are_left_out() {
        let values: Vec<u64> =
            (0..1000u64).map(|i| (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20) & 0xfff_ffff_f000).collect();
        let plan = Plan::new(&values, 1);
        let turner = plan.turner();
        for pair in values.windows(2) {
            assert_eq!(
                (turner.turn(pair[0]) ^ turner.turn(pair[1])).count_ones(),
                (pair[0] ^ pair[1]).count_ones()
            );
        }
        let used = plan.blocks.iter().map(|b| b.bits).sum::<u32>() as usize;
        assert!(plan.order[..used.min(20)].iter().all(|bit| (12..44).contains(bit)), "{:?}", plan.order);
    }
}
