//! What a feature weighs in each of the three sets, and how long each document's vector is.
//!
//! The weight is ln((N + 101) / (df + 100 p + ½)): the N documents of the language and 100 imagined ones that hold a stop word with
//! p = ½ and anything else with p = 0.004, so that five documents know stop words too. A feature of one document cannot
//! match; it only lengthens the vector, and the less so the larger the language. Weights are integers (2⁻¹⁶), so sums are
//! the same in any order.

use rayon::prelude::*;

use super::corpus::{Corpus, SETS};
use crate::math;

const PRIOR_DOCUMENTS: f64 = 100.0;
const P_STOP: f64 = 0.5;
const P_OTHER: f64 = 0.004;
/// Documents up to which a single feature weighs in full, and the least share of that.
const SINGLE_FULL: f64 = 60.0;
const SINGLE_LEAST: f64 = 0.3;
/// One, in the fixed point of weights.
const UNIT: f64 = 65_536.0;

/// Weights and lengths.
#[derive(Debug)]
pub(super) struct Weights {
    /// Id → weight in each set, in 2⁻¹⁶.
    pub(super) of: Vec<[u32; SETS]>,
    /// Rank → length of the vector in each set, squared; at least 1.
    norms: Vec<[u64; SETS]>,
}

impl Weights {
    /// Weighs the features of `corpus`.
    pub(super) fn new(corpus: &Corpus) -> Self {
        let weight = |df: u32, stop: bool, language: u8| {
            let documents = corpus.documents_in(language);
            let single = (SINGLE_FULL / documents.max(1.0)).clamp(SINGLE_LEAST, 1.0);
            let p = if stop { P_STOP } else { P_OTHER };
            let idf =
                math::ln((documents + PRIOR_DOCUMENTS + 1.0) / (f64::from(df) + PRIOR_DOCUMENTS * p + 0.5));
            (idf * if df < 2 { single } else { 1.0 } * UNIT).round().max(0.0) as u32
        };
        let of: Vec<[u32; SETS]> = (0..corpus.df.len())
            .into_par_iter()
            .map(|id| corpus.df[id].map(|n| weight(n, corpus.stop[id], corpus.language[id])))
            .collect();
        let alone: Vec<u64> =
            (0..=u8::MAX).map(|language| u64::from(weight(1, false, language)).pow(2)).collect();
        let norms = (0..corpus.len())
            .into_par_iter()
            .map(|rank| {
                let alone = alone[usize::from(corpus.languages[rank])];
                let mut norm = corpus.singles[rank].map(|n| u64::from(n) * alone);
                for entry in corpus.entries(rank) {
                    for (set, sum) in norm.iter_mut().enumerate().filter(|(set, _)| entry.is_in(*set)) {
                        *sum += u64::from(of[entry.id()][set]).pow(2);
                    }
                }
                norm.map(|n| n.max(1))
            })
            .collect();
        Self { of, norms }
    }

    /// The cosines of two documents in each set, in 0..=1 (rounding apart).
    pub(super) fn cosines(&self, corpus: &Corpus, a: usize, b: usize) -> [f64; SETS] {
        let mut dot = [0_u64; SETS];
        let (mut left, mut right) = (corpus.entries(a).peekable(), corpus.entries(b).peekable());
        while let (Some(x), Some(y)) = (left.peek(), right.peek()) {
            match x.id().cmp(&y.id()) {
                std::cmp::Ordering::Less => left.next(),
                std::cmp::Ordering::Greater => right.next(),
                std::cmp::Ordering::Equal => {
                    for (set, sum) in dot.iter_mut().enumerate() {
                        if x.is_in(set) && y.is_in(set) {
                            *sum += u64::from(self.of[x.id()][set]).pow(2);
                        }
                    }
                    left.next();
                    right.next()
                }
            };
        }
        std::array::from_fn(|set| {
            dot[set] as f64 / ((self.norms[a][set] as f64).sqrt() * (self.norms[b][set] as f64).sqrt())
        })
    }
}
