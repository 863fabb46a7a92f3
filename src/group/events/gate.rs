//! How strict to be: the cut for this corpus, and the gate for the same people in another happening.
//!
//! Where most documents have a partner, the cut is low and the gate open. Where few have one, a pair whose actors are
//! also those of further articles must share the action as well, or its score shrinks. A gated score is never higher
//! than the score, and never above one.

use super::math;
use super::score::{ONE, Pair, fixed};

/// Score from which a document counts as having a partner.
const PARTNER: f64 = 0.18;
/// Imagined documents without partner.
const DENSITY_PRIOR: f64 = 20.0;
/// Share of documents with a partner from which a corpus is as dense as can be.
const DENSE: f64 = 0.8;
const CUT_SPARSE: f64 = 0.19;
const CUT_DENSE: f64 = 0.16;
/// Score from which the gate is asked.
const GATE_FROM: f64 = 0.08;
/// Score from which a document belongs to the crowd, and how many make a full one.
const CROWD: f64 = 0.12;
const CROWD_FULL: f64 = 3.0;
const WHAT_REFERENCE: f64 = 0.2;
const WHAT_LEAST: f64 = 0.001;
const GATE_EXPONENT: f64 = 0.75;

/// A gated pair: the lower rank, the higher rank, S' in 2⁻²⁰, at most [`ONE`].
pub(super) type Gated = (u32, u32, u32);

/// The gated scores of `pairs` (ascending) among `documents` documents, ascending, and the cut, in 2⁻²⁰.
pub(super) fn gate(pairs: &[Pair], documents: usize) -> (Vec<Gated>, u32) {
    let dense = density(pairs, documents);
    let crowd = Crowd::new(pairs, documents);
    let gated = pairs
        .iter()
        .map(|pair| {
            let mut score = f64::from(pair.score.min(ONE * 4)) / f64::from(ONE);
            if score >= GATE_FROM {
                let what = (f64::from(pair.what) / f64::from(ONE)).max(WHAT_LEAST) / WHAT_REFERENCE;
                let others = crowd.others(pair) as f64;
                let exponent = GATE_EXPONENT * (1.0 - dense) * (others / CROWD_FULL).min(1.0);
                if what < 1.0 && exponent > 0.0 {
                    score *= math::pow(what, exponent);
                }
            }
            (pair.a, pair.b, fixed(score).min(ONE))
        })
        .collect();
    (gated, fixed(CUT_SPARSE - (CUT_SPARSE - CUT_DENSE) * dense))
}

/// How dense the corpus is, in 0..=1.
fn density(pairs: &[Pair], documents: usize) -> f64 {
    let mut partnered = vec![false; documents];
    for pair in pairs.iter().filter(|p| p.score > fixed(PARTNER)) {
        partnered[pair.a as usize] = true;
        partnered[pair.b as usize] = true;
    }
    let count = partnered.into_iter().filter(|p| *p).count();
    (count as f64 / (documents as f64 + DENSITY_PRIOR) / DENSE).min(1.0)
}

/// Per document, the others that resemble it, ascending.
struct Crowd {
    starts: Vec<usize>,
    near: Vec<u32>,
}

impl Crowd {
    fn new(pairs: &[Pair], documents: usize) -> Self {
        let close = || pairs.iter().filter(|p| p.score > fixed(CROWD));
        let mut starts = vec![0; documents + 1];
        for pair in close() {
            starts[pair.a as usize + 1] += 1;
            starts[pair.b as usize + 1] += 1;
        }
        for at in 0..documents {
            starts[at + 1] += starts[at];
        }
        let mut next = starts.clone();
        let mut near = vec![0; starts[documents]];
        for pair in close() {
            for (one, other) in [(pair.a, pair.b), (pair.b, pair.a)] {
                near[next[one as usize]] = other;
                next[one as usize] += 1;
            }
        }
        for at in 0..documents {
            near[starts[at]..starts[at + 1]].sort_unstable();
        }
        Self { starts, near }
    }

    fn of(&self, rank: u32) -> &[u32] {
        &self.near[self.starts[rank as usize]..self.starts[rank as usize + 1]]
    }

    /// Documents that resemble either one of the pair, the pair apart.
    fn others(&self, pair: &Pair) -> usize {
        let (left, right) = (self.of(pair.a), self.of(pair.b));
        let both = left.iter().filter(|x| right.binary_search(x).is_ok()).count();
        let each_other = usize::from(left.binary_search(&pair.b).is_ok());
        left.len() + right.len() - both - 2 * each_other
    }
}
