//! The set of a text's shingles.
//!
//! Invariant: what comes out is distinct. A table of several times the size, in cache for texts of usual length, is
//! several times faster than sorting; very long texts are sorted, which needs no memory beyond the hashes.
//!
//! Each hash has one place in the table, which the first to come takes. Who takes a place is new; who finds his own
//! hash there is not; the others (few, the table being large) go through a set of the usual kind. So the loop over all
//! hashes has no branch that depends on them.

/// Above this number of shingles a table would not stay in cache.
const TABLE_UP_TO: usize = 1 << 15;
/// Places a hash, at least.
const SPARSE: usize = 4;

/// Removes duplicates; keeps its tables from text to text.
#[derive(Default)]
pub(super) struct Distinct {
    table: Vec<u64>,
    others: Vec<u64>,
}

impl Distinct {
    /// Leaves one of each hash, in no particular order. Hashes are not 0.
    pub(super) fn retain(&mut self, hashes: &mut Vec<u64>) {
        if hashes.len() > TABLE_UP_TO {
            hashes.sort_unstable();
            hashes.dedup();
            return;
        }
        let shift = cleared(&mut self.table, SPARSE * hashes.len());
        if self.others.len() < hashes.len() {
            self.others.resize(hashes.len(), 0);
        }
        let (table, others) = (self.table.as_mut_slice(), &mut self.others[..hashes.len()]);
        let (mut kept, mut other) = (0, 0);
        for i in 0..hashes.len() {
            let hash = hashes[i];
            let place = &mut table[(hash >> shift) as usize];
            let first = *place;
            *place = if first == 0 { hash } else { first };
            hashes[kept] = hash;
            kept += usize::from(first == 0);
            others[other] = hash;
            other += usize::from((first != 0) & (first != hash));
        }
        hashes.truncate(kept);
        let shift = cleared(&mut self.table, 2 * other);
        let mask = self.table.len() - 1;
        for &hash in &self.others[..other] {
            let mut place = (hash >> shift) as usize;
            while self.table[place] != 0 && self.table[place] != hash {
                place = (place + 1) & mask;
            }
            if self.table[place] == 0 {
                self.table[place] = hash;
                hashes.push(hash);
            }
        }
    }
}

/// Makes `table` empty, with a power of two of at least `size` places; the shift that brings a hash to its place.
fn cleared(table: &mut Vec<u64>, size: usize) -> u32 {
    let size = size.next_power_of_two().max(16);
    table.clear();
    table.resize(size, 0);
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
