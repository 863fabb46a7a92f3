//! How alike two documents are, in view of their lengths and dates.
//!
//! S = max(√(cos_full · cos_lead), cos_full²) · (250 / √(nᵢ nⱼ))^0.15, times 0.4 for dates more than four days apart and
//! 1.1 for dates at most a day apart. Texts that agree throughout need no common lead: a page may begin with what is not
//! the article. Short texts match by less and long ones by chance, hence the length. A score is symmetric and an integer
//! (2⁻²⁰); pairs that score next to nothing are not kept.

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::Search;
use super::candidates::{Index, Sums};
use super::corpus::{Corpus, go_on};
use super::cosine::Marked;
use super::weights::{USUAL, Weights, counted};
use crate::Result;
use crate::dates::days_apart;
use crate::math;
use crate::run::Progress;

/// One, in the fixed point of scores.
pub(super) const ONE: u32 = 1 << 20;

const LENGTH_EXPONENT: f64 = 0.15;
/// Score from which dates are looked at.
const DATE_FROM: f64 = 0.05;
const FAR_DAYS: u32 = 4;
const FAR: f64 = 0.4;
const NEAR_DAYS: u32 = 1;
const NEAR: f64 = 1.1;
/// Score under which a pair counts as 0.
const LEAST: f64 = 0.01;
/// Documents scored between two looks at the progress.
const BATCH: usize = 8192;
/// Documents that share a table of marks.
const SHARE: usize = 256;

/// A scored pair of documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pair {
    /// The lower rank.
    pub(super) a: u32,
    /// The higher rank.
    pub(super) b: u32,
    /// S in 2⁻²⁰; may exceed one.
    pub(super) score: u32,
    /// Cosine of what happened, in 2⁻²⁰.
    pub(super) what: u32,
}

/// `value` in the fixed point of scores.
pub(super) fn fixed(value: f64) -> u32 {
    (value * f64::from(ONE)).round().max(0.0) as u32
}

/// The pairs that `search` finds, scored; ascending, each once.
///
/// # Errors
/// [`crate::Error::Interrupted`].
pub(super) fn pairs(
    corpus: &Corpus,
    weights: &Weights,
    search: Search,
    progress: &dyn Progress,
) -> Result<Vec<Pair>> {
    let chosen = match search {
        Search::Fast => Some(chosen(corpus, weights, progress)?),
        Search::Exact => None,
    };
    // What the document at `rank` is compared with: the higher ranks that chose it or that it chose, or all of them.
    let partners = |rank: u32| match &chosen {
        Some(pairs) => {
            let from = pairs.partition_point(|p| p.0 < rank);
            pairs[from..].iter().take_while(|p| p.0 == rank).map(|p| p.1).collect::<Vec<u32>>()
        }
        None => {
            let language = corpus.languages[rank as usize];
            let same = |r: &u32| corpus.languages[*r as usize] == language;
            (rank + 1..corpus.len() as u32).filter(same).collect()
        }
    };
    let factors: Vec<f64> = corpus
        .lengths
        .par_iter()
        .map(|&n| math::pow(f64::from(USUAL) / f64::from(counted(n)), LENGTH_EXPONENT / 2.0))
        .collect();
    let ranks: Vec<u32> = (0..corpus.len() as u32).collect();
    let mut pairs: Vec<Pair> = Vec::new();
    for batch in ranks.chunks(BATCH) {
        go_on(progress)?;
        let scored: Vec<Vec<Pair>> = batch
            .par_chunks(SHARE)
            .map(|share| {
                let mut marked = Marked::new(corpus, weights);
                let mut scored = Vec::new();
                for &rank in share {
                    let partners = partners(rank);
                    if !partners.is_empty() {
                        marked.mark(rank as usize);
                    }
                    scored.extend(partners.iter().filter_map(|&b| score(corpus, &marked, &factors, rank, b)));
                }
                scored
            })
            .collect();
        pairs.extend(scored.into_iter().flatten());
    }
    Ok(pairs)
}

/// The pairs that the documents choose: lower rank, higher rank; ascending, each once.
fn chosen(corpus: &Corpus, weights: &Weights, progress: &dyn Progress) -> Result<Vec<(u32, u32)>> {
    let index = Index::new(corpus, weights);
    // One for each thread at work.
    let free: Mutex<Vec<Sums>> = Mutex::default();
    let ranks: Vec<u32> = (0..corpus.len() as u32).collect();
    let mut pairs: Vec<(u32, u32)> = Vec::new();
    for batch in ranks.chunks(BATCH) {
        go_on(progress)?;
        let found: Vec<Vec<u32>> = batch
            .par_chunks(SHARE)
            .flat_map_iter(|share| {
                let free = || free.lock().unwrap_or_else(PoisonError::into_inner);
                let mut sums = free().pop().unwrap_or_else(|| index.sums());
                let found: Vec<Vec<u32>> =
                    share.iter().map(|&rank| index.partners(rank as usize, &mut sums)).collect();
                free().push(sums);
                found
            })
            .collect();
        for (&rank, partners) in batch.iter().zip(found) {
            pairs.extend(partners.into_iter().map(|other| (rank.min(other), rank.max(other))));
        }
    }
    pairs.par_sort_unstable();
    pairs.dedup();
    Ok(pairs)
}

/// The scored pair of the marked document at `x` and the one at the higher rank `y`.
fn score(corpus: &Corpus, marked: &Marked<'_>, factors: &[f64], x: u32, y: u32) -> Option<Pair> {
    let (a, b) = (x as usize, y as usize);
    let [full, lead, what] = marked.cosines(b);
    let mut value = (full * lead).sqrt().max(full * full) * (factors[a] * factors[b]);
    if value > DATE_FROM {
        value *= match days_apart(&corpus.dates[a], &corpus.dates[b]) {
            Some(days) if days > FAR_DAYS => FAR,
            Some(days) if days <= NEAR_DAYS => NEAR,
            _ => 1.0,
        };
    }
    (value >= LEAST).then(|| Pair { a: x, b: y, score: fixed(value), what: fixed(what) })
}
