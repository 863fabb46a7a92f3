//! Simhashes within a few bits of each other.
//!
//! Two ways to the same pairs, for a radius k. [`HammingIndex`] takes values one by one and is asked for the neighbours
//! of one value, with bounds on what it does. [`pairs_within`] and [`each_pair_within`] take all values at once and give
//! every pair; for a million values that is some tens of times faster than asking for each.
//!
//! Both rest on one fact: cut the 64 bits into m blocks with radii that sum to k − m + 1, and two values within k bits
//! are within the radius of at least one block (Norouzi, Punjani and Fleet 2012; with all radii 0, Manku, Jain and Das
//! Sarma 2007).

mod alone;
mod index;
mod join;
mod partition;
mod plan;

pub(super) use alone::with_neighbours;
pub use index::{FOUND, HammingIndex, STEPS};
pub use join::{Neighbours, Pair, Twins, each_pair_within, pairs_within};

/// Number of values within `radius` of one of `bits` bits.
fn within(bits: u32, radius: u32) -> u64 {
    let (mut sum, mut term) = (1u64, 1u64);
    for i in 0..radius.min(bits) {
        term = term.saturating_mul(u64::from(bits - i)) / u64::from(i + 1);
        sum = sum.saturating_add(term);
    }
    sum
}
