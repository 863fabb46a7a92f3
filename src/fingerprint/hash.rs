//! The hash behind simhash and sketch.
//!
//! Invariant: the hash of a word is a function of its lower-cased UTF-8 bytes alone, the same on every machine; the
//! manifest names it ([`HASHER`]). Any change of a constant or a step here needs a new name.
//!
//! A word is read as pieces of sixteen bytes, the last one (1 to 16 bytes) filled up with zeros, which no word holds.
//! Each piece is folded in by one 64 × 64 → 128 bit product of its two little-endian halves, whose halves are XORed,
//! as wyhash and foldhash do; so most words take one multiplication and no branch. This hash does not resist someone
//! who constructs collisions; a collision can only make the documents of the one who made it look alike.

/// Name of the hash, recorded in the manifest.
pub const HASHER: &str = "tamis-fold-2";

/// Bytes that [`word`] may read from the start of a piece.
pub(super) const PIECE: usize = 16;
// Digits of pi, as in foldhash and others: nothing up the sleeve. Both hold control bytes, so no half of a word equals
// one and makes a factor 0.
pub(super) const LOW: u64 = 0x243f_6a88_85a3_08d3;
pub(super) const HIGH: u64 = 0xa409_3822_299f_31d1;
/// Base of the rolling sum over a window. Odd, so that a change of one word always changes the sum; 3 modulo 8, so that
/// powers stay far apart and exchanged words change it too.
pub(super) const BASE: u64 = 0x082e_fa98_ec4e_6c8b;

/// Which bits of a piece belong to a word that has so many bytes left.
const MASKS: [[u64; 2]; PIECE + 1] = {
    let mut masks = [[0; 2]; PIECE + 1];
    let mut bytes = 1;
    while bytes <= PIECE {
        masks[bytes] = if bytes < 8 {
            [u64::MAX >> (64 - 8 * bytes), 0]
        } else {
            [u64::MAX, if bytes > 8 { u64::MAX >> (128 - 8 * bytes) } else { 0 }]
        };
        bytes += 1;
    }
    masks
};

/// `hash` with one more piece; `left` bytes of the word are left.
#[inline(always)]
fn fold(hash: u64, piece: &[u8; PIECE], left: usize) -> u64 {
    let whole = u128::from_le_bytes(*piece);
    let mask = MASKS[left.min(PIECE)];
    let (low, high) = (whole as u64 & mask[0], (whole >> 64) as u64 & mask[1]);
    let product = u128::from(hash ^ low ^ LOW) * u128::from(high ^ HIGH);
    product as u64 ^ (product >> 64) as u64
}

/// The hash of the word `text[start..end]`, behind which [`PIECE`] more bytes of any kind stand; 0 where they do not.
#[inline(always)]
pub(super) fn word(text: &[u8], start: usize, end: usize) -> u64 {
    let Some(piece) = text.get(start..start + PIECE).and_then(|piece| piece.first_chunk()) else { return 0 };
    let left = end.wrapping_sub(start);
    let hash = fold(0, piece, left);
    if left > PIECE { long_word(hash, text, start + PIECE, end) } else { hash }
}

/// The same from the second piece on.
#[inline(never)]
fn long_word(mut hash: u64, text: &[u8], mut start: usize, end: usize) -> u64 {
    while start < end {
        let Some(piece) = text.get(start..).and_then(|rest| rest.first_chunk()) else { return 0 };
        hash = fold(hash, piece, end - start);
        start += PIECE;
    }
    hash
}

/// Factors of [`spread`].
pub(super) const SPREAD: [u64; 2] = [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53];

/// Spreads every bit over all others (the finaliser of MurmurHash3); never 0, which tables use for "empty".
#[inline]
fn spread(mut x: u64) -> u64 {
    x = (x ^ x >> 33).wrapping_mul(SPREAD[0]);
    x = (x ^ x >> 33).wrapping_mul(SPREAD[1]);
    (x ^ x >> 33).max(1)
}

/// Replaces the hashes of words by the hashes of their windows of `size` words, in order. A text with some words but
/// fewer than a window holds has one window; `size` is brought into 1..=16.
pub(super) fn windows(hashes: &mut Vec<u64>, size: usize) {
    let size = size.clamp(1, 16).min(hashes.len());
    let last = size.saturating_sub(1);
    let start = |sum: u64, word: &u64| sum.wrapping_mul(BASE).wrapping_add(*word);
    // The first window but its last word, with a word before that never was.
    let (mut sum, mut oldest) = (hashes.iter().take(last).fold(0, start), 0);
    // What the word that left the window would weigh.
    let left = BASE.wrapping_pow(last as u32 + 1);
    for at in 0..hashes.len() - last {
        // One product waits for the window before, the other does not.
        let change = hashes[at + last].wrapping_sub(left.wrapping_mul(oldest));
        sum = start(sum, &change);
        oldest = hashes[at];
        hashes[at] = spread(sum);
    }
    hashes.truncate(hashes.len() - last);
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The slow twin of [`word`]: byte by byte into numbers of 128 bits.
    pub(in crate::fingerprint) fn slow_word(word: &str) -> u64 {
        word.as_bytes().chunks(16).fold(0, |hash, piece| {
            let number = piece.iter().rev().fold(0u128, |n, byte| n << 8 | u128::from(*byte));
            let product = (number as u64 ^ hash ^ LOW) as u128 * ((number >> 64) as u64 ^ HIGH) as u128;
            product as u64 ^ (product >> 64) as u64
        })
    }

    /// The slow twin of [`windows`]: each window anew.
    pub(in crate::fingerprint) fn slow_window(words: &[String]) -> u64 {
        spread(words.iter().fold(0u64, |sum, w| sum.wrapping_mul(BASE).wrapping_add(slow_word(w))))
    }

    #[test]
    fn the_hash_does_not_change_with_versions() {
        assert_eq!(slow_word("corpus"), 4_719_749_029_364_442_882);
        assert_eq!(slow_word("ουσιαστικά"), 12214546808881245657);
        assert_eq!(slow_word("internationalisation-de-tout"), 2068874782708215426);
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
