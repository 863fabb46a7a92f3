//! The documents that one resembles most, whatever the bar.
//!
//! Invariant: every similarity given is computed over both whole shingle sets, and ties go to the lower index. Sketches
//! only choose who is compared: those with the highest estimates, and among documents of which they say nothing, those
//! whose simhashes are nearest. So the first one given is the most similar of all, but for estimates that are too close
//! to call.

use std::cmp::Reverse;
use std::ops::Range;

use rayon::prelude::*;

use super::Corpus;
use super::compare::{jaccard, reach, smallest_of_union};
use crate::Result;

/// Documents whose sketches are looked at in one go.
const BATCH: usize = 4096;
/// An estimate of one.
const ONE: u64 = 1 << 20;

/// A document, and what it has in common with another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Near {
    /// Its index.
    pub of: usize,
    /// Shingles that both have.
    pub shared: u64,
    /// Shingles that either has; not 0.
    pub union: u64,
}

/// How likely a document is to be the nearest: its estimated similarity, the distance of simhashes, its index.
type Chance = (Reverse<u64>, u32, usize);

/// Of the documents that `among` takes, up to `most` that `document` (not among them) resembles, the most similar one
/// first. One sketch a document is read, and `most` texts. Runs on the current rayon pool.
///
/// # Errors
/// Where a sketch or a text cannot be read.
pub fn nearest(
    corpus: &dyn Corpus,
    document: usize,
    among: &(dyn Fn(usize) -> bool + Sync),
    most: usize,
) -> Result<Vec<Near>> {
    let mut own = Vec::new();
    corpus.sketch(document, &mut own)?;
    let batches: Vec<Range<usize>> =
        (0..corpus.len()).step_by(BATCH).map(|start| start..corpus.len().min(start + BATCH)).collect();
    let likeliest = |batch: &Range<usize>| -> Result<Vec<Chance>> {
        let mut chances = Vec::new();
        corpus.scan_sketches(batch.clone(), &mut |other, sketch| {
            if other != document && corpus.shingle_count(other) > 0 && among(other) {
                let distance = (corpus.simhash(document) ^ corpus.simhash(other)).count_ones();
                chances.push((Reverse(estimate(corpus, (document, &own), (other, sketch))), distance, other));
            }
        })?;
        chances.sort_unstable();
        chances.truncate(most);
        Ok(chances)
    };
    let chances: Vec<Vec<Chance>> = batches.par_iter().map(likeliest).collect::<Result<_>>()?;
    let mut chances = chances.concat();
    chances.sort_unstable();
    chances.truncate(most);
    let mut set = Vec::new();
    corpus.shingles(document, &mut set)?;
    let mut found: Vec<Near> = chances
        .par_iter()
        .map(|(_, _, other)| {
            let mut others = Vec::new();
            corpus.shingles(*other, &mut others)?;
            let ratio = jaccard(&set, &others);
            Ok(Near { of: *other, shared: ratio.part, union: ratio.whole.max(1) })
        })
        .collect::<Result<_>>()?;
    found.retain(|near| near.shared > 0);
    let products = |a: &Near, b: &Near| {
        (u128::from(b.shared) * u128::from(a.union)).cmp(&(u128::from(a.shared) * u128::from(b.union)))
    };
    found.sort_by(|a, b| products(a, b).then(a.of.cmp(&b.of)));
    Ok(found)
}

/// The similarity that the sketches of two documents tell, in units of 1 / [`ONE`].
fn estimate(corpus: &dyn Corpus, a: (usize, &[u64]), b: (usize, &[u64])) -> u64 {
    let (shared, seen) = smallest_of_union(a.1, b.1, reach(corpus, a, b));
    shared as u64 * ONE / seen.max(1) as u64
}
