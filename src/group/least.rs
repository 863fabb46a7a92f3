//! How many of a document's sampled hashes another one must hold for the two to be a copy or an excerpt.
//!
//! Invariant: a pair at the bar shows fewer with a probability of at most [`LOST`]. So a document that has fewer hashes
//! in common with *all* others together needs no comparison with any.

use super::compare::Ratio;
use crate::fingerprint::sketch::SMALLEST;

/// The probability that a pair at the bar is lost.
const LOST: f64 = 1.0 / (1 << 24) as f64;
/// Sets above this size are taken for very large.
const SMALL: u64 = 240;
/// Sizes of unions that are looked at, at both ends.
const NEAR: u64 = 6;

/// Of `drawn` hashes out of `whole`, of which `part` have a mark: the number with a mark that is reached but with a
/// probability of at most [`LOST`]. (A hypergeometric distribution: sums of ratios from its peak on, so that the result
/// is the same on every machine.)
pub(super) fn least_drawn(whole: u64, part: u64, drawn: u64) -> u64 {
    let drawn = drawn.min(whole);
    let (lowest, highest) = ((drawn + part).saturating_sub(whole), drawn.min(part));
    let peak =
        ((drawn + 1) as u128 * (part + 1) as u128 / (whole as u128 + 2)).clamp(lowest.into(), highest.into());
    let peak = peak as u64;
    let rest = whole - part;
    // Relative probability of j + 1 beside j.
    let up = |j: u64| {
        let left = (part - j) as f64 * (drawn - j) as f64;
        left / ((j + 1) as f64 * (rest + j + 1 - drawn) as f64)
    };
    let mut below = Vec::new();
    let mut weight = 1.0;
    for j in (lowest..peak).rev() {
        weight /= up(j);
        below.push(weight);
    }
    let mut total: f64 = 1.0 + below.iter().sum::<f64>();
    weight = 1.0;
    for j in peak..highest {
        weight *= up(j);
        total += weight;
    }
    let mut lost = 0.0;
    for (n, weight) in below.iter().rev().enumerate() {
        lost += weight;
        if lost > LOST * total {
            return lowest + n as u64;
        }
    }
    peak
}

/// How many of one document's hashes it takes to find one that the other holds.
pub(super) fn enough_of_one(bar: Ratio) -> usize {
    let missed = 1.0 - bar.part as f64 / bar.whole as f64;
    let lost = std::iter::successors(Some(1.0), |lost| Some(lost * missed));
    lost.take(SMALLEST).take_while(|lost| *lost > LOST).count()
}

/// Of the `drawn` smallest hashes of a document, how many must stand among those of another one, of any size, for the
/// two to be similar.
pub(super) struct Least {
    by_size: Vec<u64>,
    large: u64,
}

impl Least {
    /// For pairs with a Jaccard similarity of `bar` or more.
    pub(super) fn new(bar: Ratio, drawn: u64) -> Self {
        // What both hold of the smallest of the union stands among the smallest of each. The union is at least as
        // large as the document, and no larger than the document may be similar to.
        let of = |size: u64| {
            let largest = (size * bar.whole / bar.part.max(1)).max(size);
            // Least is asked of the smallest union where it is drawn whole, else of the largest; some beside, since
            // shares are rounded to whole hashes.
            let unions = (size..=largest).filter(|union| *union < size + NEAR || union + NEAR > largest);
            let union = |union: u64| least_drawn(union, (union * bar.part).div_ceil(bar.whole), drawn);
            unions.map(union).min().unwrap_or(0)
        };
        // Similarities below one in eight would make the list long, and ask for nothing.
        let asks = bar.part * 8 >= bar.whole;
        let by_size: Vec<u64> = (0..=SMALL).map(|size| if asks { of(size) } else { 0 }).collect();
        let huge = 1 << 40;
        let part = (u128::from(bar.part) * huge / u128::from(bar.whole)) as u64;
        let large = if asks { least_drawn(huge as u64, part, drawn) } else { 0 };
        Self { by_size, large }
    }

    /// Whether nothing is asked of any document.
    pub(super) fn is_nothing(&self) -> bool {
        self.large == 0
    }

    /// For a document of `size` shingles.
    pub(super) fn of(&self, size: u32) -> u64 {
        self.by_size.get(size as usize).copied().unwrap_or(self.large)
    }
}

/// What is asked of a pair after several numbers of hashes.
pub(super) struct Steps([(usize, Least); 4]);

impl Steps {
    /// For pairs with a Jaccard similarity of `bar` or more.
    pub(super) fn new(bar: Ratio) -> Self {
        Self([48, 32, 24, 16].map(|drawn| (drawn, Least::new(bar, drawn as u64))))
    }

    /// Whether a pair at the bar may show at most `shared` among the `seen` smallest hashes of its union. `size`: that
    /// of one of the two.
    pub(super) fn allow(&self, shared: usize, seen: usize, size: u32) -> bool {
        let step = self.0.iter().find(|(drawn, _)| *drawn <= seen);
        step.is_none_or(|(_, least)| shared as u64 >= least.of(size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(n: u64, k: u64) -> f64 {
        (0..k).fold(1.0, |c, i| c * (n - i) as f64 / (i + 1) as f64)
    }

    #[test]
    fn what_is_asked_is_missed_hardly_ever_and_one_more_would_be_missed_more_often() {
        for (whole, part, drawn) in
            [(100, 70, 48), (108, 76, 16), (30, 20, 48), (5000, 3500, 48), (9, 0, 4), (9, 9, 4)]
        {
            let least = least_drawn(whole, part, drawn);
            let drawn = drawn.min(whole);
            let fewer = |most: u64| -> f64 {
                let exactly = |j| {
                    let (rest, others) = (whole - part, drawn - j);
                    if j > part || others > rest { 0.0 } else { choose(part, j) * choose(rest, others) }
                };
                (0..most).map(exactly).sum::<f64>() / choose(whole, drawn)
            };
            assert!(fewer(least) <= LOST * 1.001, "{whole} {part} {drawn}: {least}");
            let peak = (drawn + 1) * (part + 1) / (whole + 2);
            assert!(least >= peak || fewer(least + 1) > LOST * 0.999, "{whole} {part} {drawn}: {least}");
        }
    }

    #[test]
    fn the_more_similar_the_fewer_hashes_find_a_copy() {
        let enough = |part| enough_of_one(Ratio { part, whole: 10 });
        assert_eq!([0, 5, 7, 9, 10].map(enough), [SMALLEST, 24, 14, 8, 1]);
    }

    #[test]
    fn small_sets_that_stand_in_their_sketches_whole_are_held_to_all_they_must_share() {
        let least = Least::new(Ratio { part: 7, whole: 10 }, 48);
        assert_eq!((least.of(0), least.of(10), least.of(40)), (0, 7, 28));
        assert!(least.of(76) >= 19 && least.of(10_000) >= 12, "{} {}", least.of(76), least.of(10_000));
        assert!(Least::new(Ratio { part: 1, whole: 100 }, 48).is_nothing());
    }
}
