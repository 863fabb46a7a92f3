//! What a feature weighs in each of the three sets, and how long each document's vector is.
//!
//! A feature is as telling as it is rare *among so many words*, not among so many documents: what stands in every tenth
//! headline stands in most articles. So documents count by their length, 250 words (120 in the lead) for one document,
//! and a feature weighs ln((D + 101) / (df + 100 p + ½)) − ln(size): D is the sum of sizes of the language, and a hundred
//! imagined documents hold a stop word with p = ½ and anything else with p = 0.004, so that five documents know stop
//! words too. A feature of one document cannot match; it only lengthens the vector, and the less so the larger the
//! language. Weights are integers (2⁻¹⁶), so sums are the same in any order.

use rayon::prelude::*;

use super::corpus::{Corpus, SETS};
use super::features::LEAD;
use crate::math;

/// Words that make a document, in the full text.
pub(super) const USUAL: u32 = 250;
/// Words between which the length of a document counts.
const LENGTHS: (u32, u32) = (8, 400);
const PRIOR_DOCUMENTS: f64 = 100.0;
const P_STOP: f64 = 0.5;
const P_OTHER: f64 = 0.004;
/// Sum of sizes up to which a single feature weighs in full, and the least share of that.
const SINGLE_FULL: f64 = 60.0;
const SINGLE_LEAST: f64 = 0.3;
/// One, in the fixed point of weights.
const UNIT: f64 = 65_536.0;

/// Weights and lengths.
#[derive(Debug)]
pub(super) struct Weights {
    /// Id → weight in each set for a document of size one, in 2⁻¹⁶.
    of: Vec<[i32; SETS]>,
    /// Rank → what is taken off each weight for the size of the document.
    off: Vec<[i32; SETS]>,
    /// Rank → length of the vector in each set, squared; at least 1.
    norms: Vec<[u64; SETS]>,
}

/// Words of a document as far as they count.
pub(super) fn counted(length: u32) -> u32 {
    length.clamp(LENGTHS.0, LENGTHS.1)
}

/// Words of a document that count in each set, and words for a size of one.
fn sizes(length: u32) -> [(u32, u32); SETS] {
    let lead = (counted(length).min(LEAD as u32), LEAD as u32);
    [(counted(length), USUAL), lead, lead]
}

impl Weights {
    /// Weighs the features of `corpus`.
    pub(super) fn new(corpus: &Corpus) -> Self {
        let mut words = vec![[0_u64; SETS]; corpus.speakers.len()];
        for (length, language) in corpus.lengths.iter().zip(&corpus.languages) {
            for (sum, (counted, _)) in words[usize::from(*language)].iter_mut().zip(sizes(*length)) {
                *sum += u64::from(counted);
            }
        }
        // Per language and set.
        let documents: Vec<[f64; SETS]> = words
            .into_iter()
            .map(|sums| std::array::from_fn(|set| sums[set] as f64 / f64::from(sizes(0)[set].1)))
            .collect();
        let weight = |df: u32, stop: bool, documents: f64| {
            let p = if stop { P_STOP } else { P_OTHER };
            math::ln((documents + PRIOR_DOCUMENTS + 1.0) / (f64::from(df) + PRIOR_DOCUMENTS * p + 0.5))
        };
        let of: Vec<[i32; SETS]> = (0..corpus.df.len())
            .into_par_iter()
            .map(|id| {
                let documents = documents[usize::from(corpus.language[id])];
                std::array::from_fn(|set| {
                    (weight(corpus.df[id][set], corpus.stop[id], documents[set]) * UNIT).round() as i32
                })
            })
            .collect();
        let off: Vec<[i32; SETS]> = corpus
            .lengths
            .par_iter()
            .map(|&n| {
                sizes(n)
                    .map(|(words, one)| (math::ln(f64::from(words) / f64::from(one)) * UNIT).round() as i32)
            })
            .collect();
        // Per language and set: weight of a feature of one document, and the share of it that counts.
        let singles: Vec<[(i32, f64); SETS]> = documents
            .iter()
            .map(|d| {
                d.map(|documents| {
                    let share = (SINGLE_FULL / documents.max(1.0)).clamp(SINGLE_LEAST, 1.0);
                    ((weight(1, false, documents) * UNIT).round() as i32, share)
                })
            })
            .collect();
        let norms = (0..corpus.len())
            .into_par_iter()
            .map(|rank| {
                let single = singles[usize::from(corpus.languages[rank])];
                let alone =
                    |set: usize, weight: i32| square(f64::from(left(weight, off[rank][set])) * single[set].1);
                let mut norm: [u64; SETS] = std::array::from_fn(|set| {
                    u64::from(corpus.singles[rank][set]) * alone(set, single[set].0)
                });
                for entry in corpus.entries(rank) {
                    let (weights, df) = (&of[entry.id()], &corpus.df[entry.id()]);
                    for (set, sum) in norm.iter_mut().enumerate().filter(|(set, _)| entry.is_in(*set)) {
                        *sum += if df[set] < 2 {
                            alone(set, weights[set])
                        } else {
                            u64::from(left(weights[set], off[rank][set])).pow(2)
                        };
                    }
                }
                norm.map(|n| n.max(1))
            })
            .collect();
        Self { of, off, norms }
    }

    /// What the feature weighs in a full text of usual length, in 2⁻¹⁶.
    pub(super) fn usual(&self, id: usize) -> u64 {
        u64::from(left(self.of[id][0], 0))
    }

    /// What the feature weighs in the lead of the document at `rank`, in 2⁻¹⁶.
    pub(super) fn in_lead(&self, id: usize, rank: usize) -> u64 {
        u64::from(left(self.of[id][1], self.off[rank][1]))
    }

    /// A dot product with the lead of the document at `rank`, over the length of that lead's vector; in 2⁻¹⁶.
    pub(super) fn over_lead(&self, dot: u64, rank: usize) -> u64 {
        (dot as f64 / self.length(rank, 1)).round() as u64
    }

    /// What the feature weighs in both documents, multiplied; in 2⁻³².
    pub(super) fn product(&self, id: usize, set: usize, a: usize, b: usize) -> u64 {
        let weight = self.of[id][set];
        u64::from(left(weight, self.off[a][set])) * u64::from(left(weight, self.off[b][set]))
    }

    /// Length of the vector of the document at `rank`, in 2⁻¹⁶.
    pub(super) fn length(&self, rank: usize, set: usize) -> f64 {
        (self.norms[rank][set] as f64).sqrt()
    }
}

/// A weight without what is taken off, never below 0.
fn left(weight: i32, off: i32) -> u32 {
    weight.saturating_sub(off).max(0).unsigned_abs()
}

/// The square of a weight, rounded to whole units first.
fn square(weight: f64) -> u64 {
    (weight.round() as u64).pow(2)
}
