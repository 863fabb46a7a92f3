//! The set of a text's shingles.
//!
//! Invariant: what comes out is distinct. A filter in the first-level cache is several times faster than sorting; very
//! long texts are sorted, which needs no memory beyond the hashes.
//!
//! Each hash has one bit in a table of some fifty times as many bits. Who finds his bit clear is new, and that are nearly
//! all, so the branch is cheap. The others are doubtful: duplicates, or hashes that share a bit. They are compared with
//! the few new ones that a second, small filter leaves.

/// Above this number of shingles a table would not stay in cache.
const TABLE_UP_TO: usize = 1 << 15;
/// A bit table of a word a hash is best as long as it stays in the first-level cache.
const SPARSE_UP_TO: usize = 1 << 10;

/// Words of the second filter where few are doubtful: they fit a register.
pub(super) const FEW: usize = 8;

/// Removes duplicates; keeps its tables from text to text.
#[derive(Default)]
pub(super) struct Distinct {
    bits: Vec<u64>,
    doubtful: Vec<u64>,
    filter: Vec<u64>,
    alike: Vec<u64>,
    set: Vec<u64>,
}

impl Distinct {
    /// Leaves one of each hash, in no particular order. Hashes are not 0.
    pub(super) fn retain(&mut self, hashes: &mut Vec<u64>) {
        self.retain_by(hashes, |hashes, filter: &[u64; FEW], alike| pass(hashes, filter, alike));
    }

    /// The same with a given [`pass`] for a small filter.
    #[inline(always)]
    pub(super) fn retain_by(
        &mut self,
        hashes: &mut Vec<u64>,
        pass_few: impl Fn(&[u64], &[u64; FEW], &mut [u64]) -> usize,
    ) {
        if hashes.len() > TABLE_UP_TO {
            hashes.sort_unstable();
            hashes.dedup();
            return;
        }
        let words = if hashes.len() > SPARSE_UP_TO { hashes.len() / 2 } else { hashes.len() };
        clear(&mut self.bits, words);
        self.doubtful.clear();
        let mask = self.bits.len() - 1;
        let (bits, mut new) = (self.bits.as_mut_slice(), 0);
        for at in 0..hashes.len() {
            let hash = hashes[at];
            let word = &mut bits[(hash >> 6) as usize & mask];
            if *word >> (hash & 63) & 1 == 1 {
                self.doubtful.push(hash);
                continue;
            }
            *word |= 1 << (hash & 63);
            hashes[new] = hash;
            new += 1;
        }
        hashes.truncate(new);
        if self.doubtful.is_empty() {
            return;
        }
        clear(&mut self.filter, (self.doubtful.len() / 4).max(FEW));
        for hash in &self.doubtful {
            let (word, bit) = place(*hash, self.filter.len());
            self.filter[word] |= 1 << bit;
        }
        if self.alike.len() < new + 8 {
            self.alike.resize(new + 8, 0);
        }
        let alike = match self.filter.as_slice().try_into() {
            Ok(filter) => pass_few(hashes, filter, &mut self.alike),
            Err(_) => pass(hashes, &self.filter, &mut self.alike),
        };
        self.settle(alike, hashes);
    }

    /// Adds one of each of the doubtful that is not among the `alike` of the hashes.
    #[inline(never)]
    fn settle(&mut self, alike: usize, hashes: &mut Vec<u64>) {
        clear(&mut self.set, 4 * (alike + self.doubtful.len()));
        let mask = self.set.len() - 1;
        for (at, &hash) in self.alike[..alike].iter().chain(&self.doubtful).enumerate() {
            let mut place = (hash >> 32) as usize & mask;
            while self.set[place] != 0 && self.set[place] != hash {
                place = (place + 1) & mask;
            }
            if self.set[place] == 0 {
                self.set[place] = hash;
                if at >= alike {
                    hashes.push(hash);
                }
            }
        }
    }
}

/// The word and the bit of a hash in the second filter, which has a power of two of words.
#[inline(always)]
fn place(hash: u64, words: usize) -> (usize, u32) {
    ((hash >> 32) as usize & (words - 1), (hash >> 58) as u32)
}

/// Writes the hashes that a filter lets pass, and anything behind them, to a place that is longer; gives their number.
#[inline(always)]
fn pass(hashes: &[u64], filter: &[u64], to: &mut [u64]) -> usize {
    let mut passed = 0;
    for &hash in hashes {
        let (word, bit) = place(hash, filter.len());
        to[passed] = hash;
        passed += (filter[word] >> bit & 1) as usize;
    }
    passed
}

/// Makes `table` all zeros, with a power of two of at least `size` places.
fn clear(table: &mut Vec<u64>, size: usize) {
    table.clear();
    table.resize(size.next_power_of_two(), 0);
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
