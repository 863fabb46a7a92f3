//! Values within a few bits of a given one.
//!
//! Invariant: a probe gives every value within the radius, each once, as long as neither bound on its work
//! ([`STEPS`], [`FOUND`]) is met; what it gives is a function of the values and their order of insertion.
//!
//! The 64 bits are cut into m blocks with radii that sum to `distance − m + 1`: within `distance`, at least one block
//! is within its own radius (Norouzi, Punjani and Fleet 2012). So a probe looks up each block with up to that many bits
//! turned, and compares whole values. m is chosen for the least expected work; for a million values within 3 bits it
//! is 3 blocks and 25 look-ups.

use simhash::hamming_distance;

use super::within;

/// Look-ups and comparisons a probe makes at most. Met only far beyond the usual radius, or by very many like values.
pub const STEPS: usize = 4096;
/// Values a probe finds at most: a million texts made to have one simhash stay linear.
pub const FOUND: usize = 16;

const NONE: u32 = u32::MAX;
/// Bits of the places of a table: at first, and at most.
const LEAST_BITS: u32 = 8;
const MOST_BITS: u32 = 26;

/// One block of bits: `value >> shift & mask`.
struct Block {
    shift: u32,
    bits: u32,
    radius: u32,
    /// First entry by block value (spread where the table has fewer places than the block values).
    heads: Vec<u32>,
    /// The next entry with the same place, by entry.
    next: Vec<u32>,
}

/// The index. Entries are numbered by the caller.
pub struct HammingIndex {
    distance: u32,
    blocks: Vec<Block>,
    entries: Vec<(u64, u32)>,
}

impl HammingIndex {
    /// For values within `distance` bits (brought to at most 16), made for about `expected` values.
    pub fn new(distance: u32, expected: usize) -> Self {
        let distance = distance.min(16);
        let table_bits = (expected.max(256) as u64).next_power_of_two().trailing_zeros().min(MOST_BITS);
        let cost = |m: u32| -> u64 {
            let blocks = plan(distance, m);
            blocks
                .map(|(_, bits, radius)| {
                    within(bits, radius).saturating_mul(1 + (expected as u64 >> bits.min(table_bits)) * 2)
                })
                .fold(0, u64::saturating_add)
        };
        let m = (1..=distance + 1).min_by_key(|m| cost(*m)).unwrap_or(1);
        let blocks = plan(distance, m).map(|(shift, bits, radius)| Block {
            shift,
            bits,
            radius,
            heads: vec![NONE; 1 << bits.min(LEAST_BITS)],
            next: Vec::new(),
        });
        Self { distance, blocks: blocks.collect(), entries: Vec::new() }
    }

    /// Forgets all values.
    pub fn clear(&mut self) {
        for (value, _) in self.entries.drain(..) {
            for block in &mut self.blocks {
                let place = block.place(block.key(value));
                block.heads[place] = NONE;
            }
        }
        for block in &mut self.blocks {
            block.next.clear();
        }
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        let blocks = self.blocks.iter().map(|block| block.heads.capacity() + block.next.capacity());
        blocks.sum::<usize>() * size_of::<u32>() + self.entries.capacity() * size_of::<(u64, u32)>()
    }

    /// Adds `value` under the number `id`.
    pub fn insert(&mut self, value: u64, id: u32) {
        let entry = self.entries.len() as u32;
        for block in &mut self.blocks {
            if block.next.len() >= block.heads.len() && block.heads.len() >> block.bits.min(MOST_BITS) == 0 {
                block.grow(&self.entries);
            }
            let place = block.place(block.key(value));
            block.next.push(std::mem::replace(&mut block.heads[place], entry));
        }
        self.entries.push((value, id));
    }

    /// Appends the ids of the values within the radius of `value` to `found`, each once.
    pub fn probe(&self, value: u64, found: &mut Vec<u32>) {
        let mut left = Left { steps: STEPS, found: FOUND };
        for (n, block) in self.blocks.iter().enumerate() {
            let key = block.key(value);
            self.turn(n, value, key, 0, block.radius, &mut left, found);
        }
    }

    /// Looks `key` up, then every key with up to `radius` of the bits from `from` on turned.
    #[allow(clippy::too_many_arguments)]
    fn turn(
        &self,
        n: usize,
        value: u64,
        key: u64,
        from: u32,
        radius: u32,
        left: &mut Left,
        found: &mut Vec<u32>,
    ) {
        let (before, block) = (&self.blocks[..n], &self.blocks[n]);
        let mut entry = block.heads[block.place(key)];
        if !left.step() {
            return;
        }
        while entry != NONE {
            let (other, id) = self.entries[entry as usize];
            // Each value comes once: under its own key (others may share the place), with the first block that is
            // within its radius.
            if block.key(other) == key
                && hamming_distance(value, other) <= self.distance
                && !before.iter().any(|b| hamming_distance(b.key(value), b.key(other)) <= b.radius)
            {
                found.push(id);
                left.found = left.found.saturating_sub(1);
            }
            if !left.step() {
                return;
            }
            entry = block.next[entry as usize];
        }
        if radius > 0 {
            for bit in from..block.bits {
                self.turn(n, value, key ^ 1 << bit, bit + 1, radius - 1, left, found);
            }
        }
    }
}

/// What a probe may still do.
struct Left {
    steps: usize,
    found: usize,
}

impl Left {
    fn step(&mut self) -> bool {
        self.steps = self.steps.saturating_sub(1);
        self.steps > 0 && self.found > 0
    }
}

impl Block {
    /// Twice as many places. Values of one place keep their order.
    fn grow(&mut self, entries: &[(u64, u32)]) {
        let size = 2 * self.heads.len();
        self.heads.clear();
        self.heads.resize(size, NONE);
        for (entry, (value, _)) in entries.iter().enumerate() {
            let place = self.place(self.key(*value));
            self.next[entry] = std::mem::replace(&mut self.heads[place], entry as u32);
        }
    }

    fn key(&self, value: u64) -> u64 {
        value >> self.shift & (u64::MAX >> (64 - self.bits))
    }

    fn place(&self, key: u64) -> usize {
        let bits = self.heads.len().trailing_zeros();
        if bits == self.bits {
            key as usize
        } else {
            (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - bits)) as usize
        }
    }
}

/// `m` blocks as (shift, bits, radius).
fn plan(distance: u32, m: u32) -> impl Iterator<Item = (u32, u32, u32)> {
    let spare = distance + 1 - m;
    let share = move |total: u32, i: u32| total / m + u32::from(i < total % m);
    let mut shift = 0;
    (0..m).map(move |i| {
        let bits = share(64, i);
        shift += bits;
        (shift - bits, bits, share(spare, i))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_probe_finds_what_comparing_with_all_finds(
            bases in proptest::collection::vec(any::<u64>(), 1..8),
            turns in proptest::collection::vec(proptest::collection::vec(0u32..64, 0..9), 1..50),
            distance in 0u32..8, expected in prop_oneof![Just(1usize), Just(300), Just(1_000_000)],
        ) {
            let values: Vec<u64> = turns
                .iter()
                .enumerate()
                .map(|(i, bits)| bits.iter().fold(bases[i % bases.len()], |v, b| v ^ 1 << b))
                .collect();
            let mut index = HammingIndex::new(distance, expected);
            for round in 0..2 {
                index.clear();
                for (id, value) in values.iter().enumerate().skip(round) {
                    index.insert(*value, id as u32);
                }
                for value in &values {
                    let mut found = vec![];
                    index.probe(*value, &mut found);
                    found.sort_unstable();
                    let near = |id: &u32| hamming_distance(values[*id as usize], *value) <= distance;
                    let want: Vec<u32> = (round as u32..values.len() as u32).filter(near).collect();
                    if want.len() < FOUND {
                        prop_assert_eq!(found, want);
                    }
                }
            }
        }
    }

    #[test]
    fn keys_that_share_a_place_give_a_value_once() {
        let base = 64_808_551_579_761_700u64;
        let mut index = HammingIndex::new(3, 1);
        index.insert(base ^ 1 << 24, 0);
        index.insert(base ^ 1 << 14 ^ 1 << 10, 1);
        let mut found = vec![];
        index.probe(base ^ 1 << 24, &mut found);
        found.sort_unstable();
        assert_eq!(found, [0, 1]);
    }

    #[test]
    fn very_many_equal_values_make_bounded_work() {
        let mut index = HammingIndex::new(3, 100_000);
        for id in 0..100_000 {
            index.insert(7, id);
        }
        let mut found = vec![];
        index.probe(6, &mut found);
        assert_eq!(found.len(), FOUND);
    }

    #[test]
    fn a_wide_radius_is_bounded_too() {
        let mut index = HammingIndex::new(16, 10_000);
        for id in 0..10_000u32 {
            index.insert(u64::from(id).wrapping_mul(0x9e37_79b9_7f4a_7c15), id);
        }
        let mut found = vec![];
        index.probe(0, &mut found);
        assert!(found.contains(&0));
    }
}
