//! Which hashes come more than once, without holding them.
//!
//! Invariant: a hash that was added twice is told; what is told is a function of the set of what was added, not of the
//! order or the threads. Hashes that share a place are told too.

use std::sync::atomic::{AtomicU64, Ordering};

/// Odd multipliers, one for each round (the golden ratio, and digits of pi).
const FUNCTIONS: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xa409_3822_299f_31d1];
/// Places in a word: two bits each, "taken" and "taken again".
const PLACES: usize = 32;

/// A table of places, one to each hash.
pub(super) struct Tally {
    words: Vec<AtomicU64>,
    function: u64,
}

impl Tally {
    /// A table of `places`, a quarter of a byte each.
    pub(super) fn new(places: usize) -> Self {
        let words = places.div_ceil(PLACES).max(1);
        Self { words: (0..words).map(|_| AtomicU64::new(0)).collect(), function: FUNCTIONS[0] }
    }

    /// Empties the table and gives each hash another place than in the other round (0 or 1).
    pub(super) fn begin(&mut self, round: usize) {
        self.words.iter_mut().for_each(|word| *word.get_mut() = 0);
        self.function = FUNCTIONS[round % FUNCTIONS.len()];
    }

    pub(super) fn add(&self, hash: u64) {
        let (word, taken) = self.place(hash);
        let before = word.load(Ordering::Relaxed);
        if before & taken << 1 == 0
            && (before & taken != 0 || word.fetch_or(taken, Ordering::Relaxed) & taken != 0)
        {
            word.fetch_or(taken << 1, Ordering::Relaxed);
        }
    }

    /// Whether the hash may have been added twice.
    pub(super) fn is_again(&self, hash: u64) -> bool {
        let (word, taken) = self.place(hash);
        word.load(Ordering::Relaxed) & taken << 1 != 0
    }

    /// Whether the hash may have been added.
    pub(super) fn is_there(&self, hash: u64) -> bool {
        let (word, taken) = self.place(hash);
        word.load(Ordering::Relaxed) & taken != 0
    }

    fn place(&self, hash: u64) -> (&AtomicU64, u64) {
        // Small hashes have no high bits of their own: the halves are exchanged.
        let spread = hash.rotate_left(32).wrapping_mul(self.function);
        let place = ((u128::from(spread) * (self.words.len() * PLACES) as u128) >> 64) as usize;
        (&self.words[place / PLACES], 1 << (2 * (place % PLACES)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rayon::prelude::*;

    #[test]
    fn what_comes_twice_is_told_and_the_order_does_not_show() {
        let hash = |i: u64| (i % 6000).wrapping_mul(0x1234_5678_9abc_def1);
        let mut told = Vec::new();
        for round in 0..2 {
            let (mut forth, mut back) = (Tally::new(16_000), Tally::new(16_000));
            forth.begin(round);
            back.begin(round);
            (0..9000u64).into_par_iter().for_each(|i| forth.add(hash(i)));
            (0..9000u64).rev().for_each(|i| back.add(hash(i)));
            assert!((0..3000).all(|i| forth.is_again(hash(i))));
            assert!((0..6000).all(|i| forth.is_there(hash(i))));
            assert!((0..6000).all(|i| forth.is_again(hash(i)) == back.is_again(hash(i))));
            let alone = (3000..6000).filter(|i| forth.is_again(hash(*i)));
            told.push(alone.collect::<Vec<_>>());
            assert!(told[round].len() < 1500, "{}", told[round].len());
        }
        assert_ne!(told[0], told[1]);
    }
}
