//! Sorts values into buckets by the bits of a block.
//!
//! Invariant: bucket k is `starts[k]..starts[k + 1]` and holds every value whose key is k, with its number, in the order
//! in which they came.
//!
//! Two passes, so that neither writes to more places than the cache holds: 256 coarse buckets, then each of these, two
//! at a time, into its own part.

use rayon::prelude::*;

use super::plan::Block;

/// Bits of the key that the first pass looks at.
const COARSE: u32 = 8;

/// Values in buckets.
#[derive(Default)]
pub(super) struct Buckets {
    pub(super) values: Vec<u64>,
    pub(super) ids: Vec<u32>,
    pub(super) starts: Vec<u32>,
}

/// A coarse bucket, and what it has to fill.
struct Part<'a> {
    values: &'a mut [u64],
    ids: &'a mut [u32],
    starts: &'a mut [u32],
    begin: u32,
}

impl Buckets {
    /// Fills the buckets anew.
    pub(super) fn fill(&mut self, values: &[u64], ids: &[u32], block: Block) {
        self.fill_by(values.len(), |i| (values[i], ids[i]), block);
    }

    /// Fills the buckets with `count` values and their numbers.
    pub(super) fn fill_by(&mut self, count: usize, item: impl Fn(usize) -> (u64, u32), block: Block) {
        let coarse = block.bits.min(COARSE);
        let fine = block.bits - coarse;
        let mut ends = vec![0u32; 1 << coarse];
        for i in 0..count {
            ends[block.key(item(i).0) >> fine] += 1;
        }
        let mut begin = 0;
        for end in &mut ends {
            begin += std::mem::replace(end, begin);
        }
        self.values.resize(count, 0);
        self.ids.resize(count, 0);
        for i in 0..count {
            let (value, id) = item(i);
            let place = &mut ends[block.key(value) >> fine];
            self.values[*place as usize] = value;
            self.ids[*place as usize] = id;
            *place += 1;
        }
        self.starts.clear();
        self.starts.resize((1 << block.bits) + 1, count as u32);
        let fill = |part: Part<'_>| part.fill(block, fine);
        self.parts(&ends, 1 << fine).into_par_iter().for_each(fill);
    }

    /// Cuts everything at the `ends` of the coarse buckets, each of which has `keys` keys.
    fn parts(&mut self, ends: &[u32], keys: usize) -> Vec<Part<'_>> {
        let (mut values, mut ids) = (self.values.as_mut_slice(), self.ids.as_mut_slice());
        let mut begin = 0;
        let part = |(end, starts)| {
            let count: u32 = end - begin;
            let (head, tail) = std::mem::take(&mut values).split_at_mut(count as usize);
            let (head_ids, tail_ids) = std::mem::take(&mut ids).split_at_mut(count as usize);
            (values, ids) = (tail, tail_ids);
            let part = Part { values: head, ids: head_ids, starts, begin };
            begin = end;
            part
        };
        ends.iter().copied().zip(self.starts.chunks_mut(keys)).map(part).collect()
    }

    /// The places of the values with this key.
    pub(super) fn of(&self, key: usize) -> std::ops::Range<usize> {
        self.starts[key] as usize..self.starts[key + 1] as usize
    }
}

impl Part<'_> {
    fn fill(self, block: Block, fine: u32) {
        let low = (1usize << fine) - 1;
        let mut places = vec![0u32; low + 1];
        for value in self.values.iter() {
            places[block.key(*value) & low] += 1;
        }
        let mut begin = 0;
        for (place, start) in places.iter_mut().zip(self.starts) {
            *start = self.begin + begin;
            begin += std::mem::replace(place, begin);
        }
        if fine == 0 {
            return;
        }
        let (values, ids) = (self.values.to_vec(), self.ids.to_vec());
        for (value, id) in values.iter().zip(&ids) {
            let place = &mut places[block.key(*value) & low];
            self.values[*place as usize] = *value;
            self.ids[*place as usize] = *id;
            *place += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_stands_in_its_bucket_in_order() {
        let values: Vec<u64> = (0..5000u64).map(|i| (i * i).wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
        let ids: Vec<u32> = (0..5000).collect();
        let mut buckets = Buckets::default();
        for (shift, bits) in [(0, 0), (60, 4), (3, 8), (20, 15)] {
            let block = Block { shift, bits, radius: 0 };
            buckets.fill(&values, &ids, block);
            assert_eq!(buckets.starts.len(), (1 << bits) + 1);
            let mut seen = 0;
            for key in 0..1 << bits {
                let places = buckets.of(key);
                seen += places.len();
                assert!(buckets.ids[places.clone()].is_sorted());
                for place in places {
                    assert_eq!(block.key(buckets.values[place]), key);
                    assert_eq!(buckets.values[place], values[buckets.ids[place] as usize]);
                }
            }
            assert_eq!(seen, values.len());
        }
        buckets.fill(&[], &[], Block { shift: 0, bits: 9, radius: 0 });
        assert!((0..512).all(|key| buckets.of(key).is_empty()));
    }
}
