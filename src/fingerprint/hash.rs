//! The hash behind simhash and sketch.
//!
//! Invariant: the hash of a word is a function of its lower-cased UTF-8 bytes alone, the same on every machine; the
//! manifest names it ([`HASHER`]). Any change of a constant or a step here needs a new name.
//!
//! A word is read as little-endian 64-bit pieces, the last one (0 to 7 bytes) filled up with zeros, which no word
//! holds; each piece is folded in by a 64 × 64 → 128 bit product whose halves are XORed, as wyhash and foldhash do. This
//! hash does not resist someone who constructs collisions; a collision can only make the documents of the one who made
//! it look alike.

/// Name of the hash, recorded in the manifest.
pub const HASHER: &str = "tamis-fold-1";

// Digits of pi, as in foldhash and others: nothing up the sleeve.
/// Hash of no piece at all.
pub(super) const SEED: u64 = 0x243f_6a88_85a3_08d3;
const PIECE: u64 = 0xa409_3822_299f_31d1;
/// Base of the rolling sum over a window. Odd, so that a change of one word always changes the sum; 3 modulo 8, so that
/// powers stay far apart and exchanged words change it too.
const BASE: u64 = 0x082e_fa98_ec4e_6c8b;

/// Eight bytes from `at`, first byte lowest.
#[inline]
pub(super) fn load(bytes: &[u8], at: usize) -> u64 {
    match bytes.get(at..at + 8).and_then(|b| b.first_chunk()) {
        Some(piece) => u64::from_le_bytes(*piece),
        None => 0,
    }
}

/// The hash of a word with one more piece; the first goes to [`SEED`].
#[inline]
pub(super) fn fold(hash: u64, piece: u64) -> u64 {
    let product = u128::from(hash ^ piece) * u128::from(PIECE);
    product as u64 ^ (product >> 64) as u64
}

/// Spreads every bit over all others (the finaliser of MurmurHash3); never 0, which tables use for "empty".
#[inline]
fn spread(mut x: u64) -> u64 {
    x = (x ^ x >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    x = (x ^ x >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    (x ^ x >> 33).max(1)
}

/// Rolls over word hashes and gives the hash of each window of `size` words.
pub(super) struct Window {
    last: [u64; 16],
    size: usize,
    seen: usize,
    sum: u64,
    /// `BASE` to the power of `size`: what the word that leaves the window weighs.
    leaving: u64,
}

impl Window {
    /// `size` is brought into 1..=16.
    pub(super) fn new(size: usize) -> Self {
        let size = size.clamp(1, 16);
        Self { last: [0; 16], size, seen: 0, sum: 0, leaving: BASE.wrapping_pow(size as u32) }
    }

    /// Forgets all words.
    pub(super) fn clear(&mut self) {
        (self.seen, self.sum) = (0, 0);
        self.last = [0; 16];
    }

    /// Adds a word; the hash of the window that ends with it, once there are enough words.
    #[inline]
    pub(super) fn push(&mut self, word: u64) -> Option<u64> {
        // Places before the first word hold 0 and take nothing out of the sum.
        let oldest = self.last[self.seen.wrapping_sub(self.size) & 15];
        let oldest = if self.seen < self.size { 0 } else { oldest };
        self.last[self.seen & 15] = word;
        self.sum =
            self.sum.wrapping_mul(BASE).wrapping_add(word).wrapping_sub(oldest.wrapping_mul(self.leaving));
        self.seen += 1;
        (self.seen >= self.size).then(|| spread(self.sum))
    }

    /// The one shingle of a text with some words but fewer than a window holds.
    pub(super) fn short(&self) -> Option<u64> {
        (1..self.size).contains(&self.seen).then(|| spread(self.sum))
    }

    /// Number of words since the last `clear`.
    pub(super) fn words(&self) -> usize {
        self.seen
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The slow twin of the walk over words in `tokens`.
    pub(in crate::fingerprint) fn slow_word(word: &str) -> u64 {
        let mut bytes = word.as_bytes().to_vec();
        bytes.resize(bytes.len() / 8 * 8 + 8, 0);
        bytes.chunks(8).fold(SEED, |hash, piece| fold(hash, u64::from_le_bytes(piece.try_into().unwrap())))
    }

    /// The slow twin of [`Window`]: each window anew.
    pub(in crate::fingerprint) fn slow_window(words: &[String]) -> u64 {
        spread(words.iter().fold(0u64, |sum, w| sum.wrapping_mul(BASE).wrapping_add(slow_word(w))))
    }

    #[test]
    fn the_hash_does_not_change_with_versions() {
        assert_eq!(slow_word("corpus"), 4_719_749_029_364_442_882);
        assert_eq!(slow_window(&["le", "tamis", "garde"].map(String::from)), 6795537579857861607);
    }

    #[test]
    fn every_bit_is_set_half_of_the_time_and_words_do_not_collide() {
        let mut ones = [0u32; 64];
        let mut all = std::collections::HashSet::new();
        for n in 0..20_000u32 {
            let hash = spread(slow_word(&format!("{n}")));
            all.insert(hash);
            for (bit, count) in ones.iter_mut().enumerate() {
                *count += (hash >> bit & 1) as u32;
            }
        }
        assert_eq!(all.len(), 20_000);
        // Standard deviation 71.
        assert!(ones.iter().all(|c| (9_600..10_400).contains(c)), "{ones:?}");
    }

    #[test]
    fn the_order_of_words_counts() {
        let words = ["a", "b", "c", "d", "e", "f", "g", "h"].map(String::from);
        let hash = slow_window(&words);
        for i in 0..8 {
            for j in i + 1..8 {
                let mut other = words.clone();
                other.swap(i, j);
                assert_ne!(slow_window(&other), hash);
            }
        }
    }
}
