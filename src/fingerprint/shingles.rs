//! The set of a text's shingles.
//!
//! Invariant: what comes out is distinct. A table of twice the size, in cache for texts of usual length, is several
//! times faster than sorting; very long texts are sorted, which needs no memory beyond the hashes.

/// Above this number of shingles a table would not stay in cache.
const TABLE_UP_TO: usize = 1 << 15;

/// Removes duplicates; keeps its table from text to text.
#[derive(Default)]
pub(super) struct Distinct {
    table: Vec<u64>,
}

impl Distinct {
    /// Leaves one of each hash, in no particular order. Hashes are not 0.
    pub(super) fn retain(&mut self, hashes: &mut Vec<u64>) {
        if hashes.len() > TABLE_UP_TO {
            hashes.sort_unstable();
            hashes.dedup();
            return;
        }
        let bits = (2 * hashes.len().max(4)).next_power_of_two().trailing_zeros();
        self.table.clear();
        self.table.resize(1 << bits, 0);
        let (table, mask) = (self.table.as_mut_slice(), (1usize << bits) - 1);
        let mut kept = 0;
        for i in 0..hashes.len() {
            let hash = hashes[i];
            let mut place = hash as usize & mask;
            while table[place] != 0 && table[place] != hash {
                place = (place + 1) & mask;
            }
            let new = table[place] == 0;
            table[place] = hash;
            hashes[kept] = hash;
            kept += usize::from(new);
        }
        hashes.truncate(kept);
    }
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
