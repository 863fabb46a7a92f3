//! The set of a text's shingles.
//!
//! Invariant: what comes out is distinct. A table of many times the size, in cache for texts of usual length, is
//! several times faster than sorting; very long texts are sorted, which needs no memory beyond the hashes.
//!
//! Each hash has one place in the table, which the first to come takes. Nearly all find their place free, so the branch
//! is cheap; those who find another hash there go through a set of the usual kind.

/// Above this number of shingles a table would not stay in cache.
const TABLE_UP_TO: usize = 1 << 15;

/// Removes duplicates; keeps its tables from text to text.
#[derive(Default)]
pub(super) struct Distinct {
    /// For each place, one more than where its hash stands; 0 for none.
    table: Vec<u16>,
    others: Vec<u64>,
    set: Vec<u64>,
}

impl Distinct {
    /// Leaves one of each hash, in no particular order. Hashes are not 0.
    #[inline(always)]
    pub(super) fn retain(&mut self, hashes: &mut Vec<u64>) {
        if hashes.len() > TABLE_UP_TO {
            hashes.sort_unstable();
            hashes.dedup();
            return;
        }
        // The more places, the fewer meet, as long as the first-level cache holds them.
        let places = if hashes.len() > 1024 { 4 } else { 16 };
        clear(&mut self.table, hashes.len() * places);
        self.others.clear();
        let mask = self.table.len() - 1;
        let table = self.table.as_mut_slice();
        let mut kept = 0;
        for at in 0..hashes.len() {
            let hash = hashes[at];
            let place = &mut table[hash as usize & mask];
            if *place != 0 {
                if hashes[usize::from(*place - 1)] != hash {
                    self.others.push(hash);
                }
                continue;
            }
            hashes[kept] = hash;
            kept += 1;
            *place = kept as u16;
        }
        hashes.truncate(kept);
        if !self.others.is_empty() {
            self.add_others(hashes);
        }
    }

    /// Adds one of each of the others.
    #[inline(never)]
    fn add_others(&mut self, hashes: &mut Vec<u64>) {
        let shift = clear(&mut self.set, 4 * self.others.len());
        let mask = self.set.len() - 1;
        for &hash in &self.others {
            let mut place = (hash >> shift) as usize;
            while self.set[place] != 0 && self.set[place] != hash {
                place = (place + 1) & mask;
            }
            if self.set[place] == 0 {
                self.set[place] = hash;
                hashes.push(hash);
            }
        }
    }
}

/// Makes `table` empty, with a power of two of at least `size` places; the shift that brings a hash to its place.
fn clear<T: Default + Clone>(table: &mut Vec<T>, size: usize) -> u32 {
    let size = size.next_power_of_two().max(16);
    table.clear();
    table.resize(size, T::default());
    u64::BITS - size.trailing_zeros()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn one_of_each_hash_stays() {
        let mut distinct = Distinct::default();
        for (size, range) in [(0u64, 1), (1, 1), (9, 4), (1000, 300), (40_000, 30_000), (500, 500)] {
            let mut hashes: Vec<u64> = (0..size).map(|i| 1 + i * i % range).collect();
            let want: BTreeSet<u64> = hashes.iter().copied().collect();
            distinct.retain(&mut hashes);
            assert_eq!(hashes.len(), want.len());
            assert_eq!(hashes.into_iter().collect::<BTreeSet<_>>(), want);
        }
    }
}
