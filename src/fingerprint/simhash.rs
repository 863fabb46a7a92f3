//! 64-bit simhash (Charikar 2002; Manku, Jain and Das Sarma 2007) of a set of hashes.
//!
//! Invariant: bit i is set exactly if more hashes have it set than clear, as the `simhash` crate defines it; the empty
//! set gives 0.
//!
//! Counting is bit-sliced: plane k holds bit k of 64 counters, and carry-save adders put eight hashes at a time into
//! the planes (positional population count; Muła, Kurz and Lemire 2018). A counter a bit would take 64 additions a
//! hash, this takes about six operations.

/// Bits of a counter.
pub(super) const PLANES: usize = 40;

/// Sum and carry of three one-bit numbers, 64 times.
#[inline]
fn add(a: u64, b: u64, c: u64) -> (u64, u64) {
    let both = a ^ b;
    (both ^ c, a & b | both & c)
}

/// Simhash of `hashes`, each counted as often as it occurs (shingles are a set: remove duplicates before).
pub fn simhash(hashes: &[u64]) -> u64 {
    let mut planes = [0u64; PLANES];
    count(&mut planes, hashes);
    above(&planes, hashes.len() as u64 / 2)
}

/// Adds the bits of `hashes` to counters, which have room for them.
pub(super) fn count(planes: &mut [u64], hashes: &[u64]) {
    let (eights, rest) = hashes.as_chunks::<8>();
    for h in eights {
        let [mut ones, mut twos, mut fours] = [planes[0], planes[1], planes[2]];
        let (a, b, c, d);
        (ones, a) = add(ones, h[0], h[1]);
        (ones, b) = add(ones, h[2], h[3]);
        (ones, c) = add(ones, h[4], h[5]);
        (ones, d) = add(ones, h[6], h[7]);
        let (e, f, carry);
        (twos, e) = add(twos, a, b);
        (twos, f) = add(twos, c, d);
        (fours, carry) = add(fours, e, f);
        [planes[0], planes[1], planes[2]] = [ones, twos, fours];
        ripple(&mut planes[3..], carry);
    }
    for &h in rest {
        ripple(planes, h);
    }
}

#[inline]
pub(super) fn ripple(planes: &mut [u64], mut carry: u64) {
    for plane in planes {
        if carry == 0 {
            break;
        }
        (*plane, carry) = (*plane ^ carry, *plane & carry);
    }
}

/// The counters that are greater than `bound`, as bits.
pub(super) fn above(planes: &[u64; PLANES], bound: u64) -> u64 {
    let (mut greater, mut equal) = (0, u64::MAX);
    for (k, plane) in planes.iter().enumerate().rev() {
        let want = if bound >> k & 1 == 1 { u64::MAX } else { 0 };
        greater |= equal & plane & !want;
        equal &= !(plane ^ want);
    }
    greater
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::hash::{Hash, Hasher};

    /// The feature hash of the crate: SipHash with zero keys over `Hash for &str`.
    fn feature(word: &str) -> u64 {
        let mut hasher = siphasher::sip::SipHasher::default();
        word.hash(&mut hasher);
        hasher.finish()
    }

    proptest! {
        #[test]
        fn with_the_hasher_of_the_simhash_crate_every_bit_agrees(
            words in proptest::collection::vec("\\PC{0,9}", 0..300)
        ) {
            let hashes: Vec<u64> = words.iter().map(|w| feature(w)).collect();
            let want = ::simhash::simhash_stream(words.iter().map(String::as_str));
            prop_assert_eq!(simhash(&hashes), want);
        }

        #[test]
        fn equal_numbers_of_ones_and_zeros_leave_the_bit_clear(hashes in proptest::collection::vec(any::<u64>(), 0..99)) {
            let both: Vec<u64> = hashes.iter().flat_map(|h| [*h, !*h]).collect();
            prop_assert_eq!(simhash(&both), 0);
        }
    }

    #[test]
    fn nothing_has_simhash_zero() {
        assert_eq!(simhash(&[]), 0);
        assert_eq!(simhash(&[7]), 7);
    }
}
