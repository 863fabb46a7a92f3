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
/// A table of eight places a hash is best as long as it stays in the first-level cache.
const SPARSE_UP_TO: usize = 1 << 10;

/// A number for every `u16`, so that no index needs a check.
type Numbered = [u64; 1 << 16];

/// Removes duplicates; keeps its tables from text to text.
pub(super) struct Distinct {
    /// For each place, the number of its hash in `kept`; 0 for none.
    table: Vec<u16>,
    /// 0, which no hash is, and the hashes that took a place.
    kept: Box<Numbered>,
    others: Box<Numbered>,
    set: Vec<u64>,
}

impl Default for Distinct {
    fn default() -> Self {
        // Memory from the system is already zero, and untouched until it is used.
        let numbered =
            || vec![0; 1 << 16].into_boxed_slice().try_into().unwrap_or_else(|_| Box::new([0; 1 << 16]));
        Self { table: Vec::new(), kept: numbered(), others: numbered(), set: Vec::new() }
    }
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
        clear(&mut self.table, hashes.len() * if hashes.len() > SPARSE_UP_TO { 4 } else { 8 });
        let (table, kept, others) = (self.table.as_mut_slice(), &mut *self.kept, &mut *self.others);
        if table.is_empty() {
            return;
        }
        let mask = table.len() - 1;
        let (mut new, mut other) = (1u16, 0u16);
        for &hash in hashes.iter() {
            let place = &mut table[hash as usize & mask];
            let at = *place;
            let here = kept[usize::from(at)];
            kept[usize::from(new)] = hash;
            others[usize::from(other)] = hash;
            *place = if at == 0 { new } else { at };
            new += u16::from(at == 0);
            other += u16::from((at != 0) & (here != hash));
        }
        let (new, other) = (usize::from(new), usize::from(other));
        hashes.clear();
        hashes.extend_from_slice(&self.kept[1..new]);
        let shift = clear(&mut self.set, 2 * other);
        let mask = self.set.len() - 1;
        for &hash in &self.others[..other] {
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
