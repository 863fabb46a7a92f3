//! How strict to be with a pair: by how many documents around it have partners, and by whether the pair shares the
//! action or only the actors.
//!
//! Where most documents around have a partner, the cut is low and the gate open. Where few have one, a pair whose actors
//! are also those of further articles must share the action as well, or its score shrinks. *Around* is local: the
//! documents that resemble either one of the pair, those of like length above all, so a sparse collection keeps its
//! strictness beside a dense one, and articles keep theirs among headlines. The cut differs from pair to pair, so scores are scaled to one common cut; they stay in 0..=[`ONE`].

use super::score::{ONE, Pair, fixed};
use crate::math;

/// The common cut, in 2⁻²⁰: average similarity from which clusters merge.
pub(super) const CUT: u32 = 199_229;
/// Cut where no document has a partner, and where most have; [`CUT`] is the first.
const CUT_SPARSE: f64 = 0.19;
const CUT_DENSE: f64 = 0.15;
/// Score from which a document counts as having a partner.
const PARTNER: f64 = 0.18;
/// Score from which a document is around another.
const AROUND: f64 = 0.03;
/// A document of the same length, in fixed point, and the least length.
const LIKE: u64 = 1 << 16;
const SHORTEST: u32 = 8;
/// Imagined documents without partner around each.
const DENSITY_PRIOR: f64 = 6.0;
/// Share of documents with a partner from which it is as dense as can be.
const DENSE: f64 = 0.65;
/// Score from which the gate is asked.
const GATE_FROM: f64 = 0.08;
/// Score from which a document belongs to the crowd, and how many make a full one.
const CROWD: f64 = 0.12;
const CROWD_FULL: f64 = 3.0;
/// Cosine of what happened that opens the gate.
const WHAT_REFERENCE: f64 = 0.2;
const WHAT_LEAST: f64 = 0.001;
const GATE_EXPONENT: f64 = 0.9;

/// A gated pair: the lower rank, the higher rank, S' in 2⁻²⁰, at most [`ONE`].
pub(super) type Gated = (u32, u32, u32);

/// The gated and scaled scores of `pairs` (ascending, each once) among documents of `lengths` words; in the same order.
pub(super) fn gate(pairs: &[Pair], lengths: &[u32]) -> Vec<Gated> {
    let density = densities(pairs, lengths);
    let crowd = Crowd::new(pairs, lengths.len());
    let gated = |pair: &Pair| {
        let dense = (density[pair.a as usize] + density[pair.b as usize]) / (2.0 * DENSE);
        let dense = dense.min(1.0);
        let open = dense * dense * dense;
        let mut score = f64::from(pair.score) / f64::from(ONE);
        if score >= GATE_FROM {
            let what = (f64::from(pair.what) / f64::from(ONE)).max(WHAT_LEAST) / WHAT_REFERENCE;
            let others = crowd.others(pair) as f64;
            let exponent = GATE_EXPONENT * (1.0 - open) * (others / CROWD_FULL).min(1.0);
            if what < 1.0 && exponent > 0.0 {
                score *= math::pow(what, exponent);
            }
        }
        let cut = CUT_SPARSE - (CUT_SPARSE - CUT_DENSE) * open;
        (pair.a, pair.b, fixed(score * CUT_SPARSE / cut).min(ONE))
    };
    pairs.iter().map(gated).collect()
}

/// Per document, the share of the documents around it that have a partner; a document counts by the ratio of lengths.
fn densities(pairs: &[Pair], lengths: &[u32]) -> Vec<f64> {
    let mut partnered = vec![false; lengths.len()];
    for pair in pairs.iter().filter(|p| p.score > fixed(PARTNER)) {
        partnered[pair.a as usize] = true;
        partnered[pair.b as usize] = true;
    }
    // In units of 1 / LIKE.
    let mut around = vec![(0_u64, 0_u64); lengths.len()];
    for pair in pairs.iter().filter(|p| p.score >= fixed(AROUND)) {
        let (a, b) = (pair.a as usize, pair.b as usize);
        let (x, y) = (u64::from(lengths[a].max(SHORTEST)), u64::from(lengths[b].max(SHORTEST)));
        let like = x.min(y) * LIKE / x.max(y);
        for (one, other) in [(a, b), (b, a)] {
            around[one].0 += if partnered[other] { like } else { 0 };
            around[one].1 += like;
        }
    }
    let prior = DENSITY_PRIOR * LIKE as f64;
    around.into_iter().map(|(with, all)| with as f64 / (all as f64 + prior)).collect()
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
        let (few, many) = if left.len() <= right.len() { (left, right) } else { (right, left) };
        let both = few.iter().filter(|x| many.binary_search(x).is_ok()).count();
        let each_other = usize::from(left.binary_search(&pair.b).is_ok());
        left.len() + right.len() - both - 2 * each_other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(pairs: &[Pair], documents: usize) -> Vec<Gated> {
        super::gate(pairs, &vec![250; documents])
    }

    fn pair(a: u32, b: u32, score: f64, what: f64) -> Pair {
        Pair { a, b, score: fixed(score), what: fixed(what) }
    }

    #[test]
    fn the_common_cut_is_the_sparse_one() {
        assert_eq!(CUT, fixed(CUT_SPARSE));
    }

    #[test]
    fn two_documents_alone_pass_the_gate_whatever_they_share() {
        let gated = gate(&[pair(0, 1, 0.25, 0.0)], 2);
        assert!(gated[0].2 >= fixed(0.25), "{gated:?}");
    }

    #[test]
    fn amid_a_crowd_the_same_actors_need_a_common_action() {
        // Documents 1, 2, 3 resemble 0 a little; 0 and 1 resemble each other most.
        let crowd = |what| {
            [pair(0, 1, 0.25, what), pair(0, 2, 0.13, 0.0), pair(0, 3, 0.13, 0.0), pair(1, 4, 0.13, 0.0)]
        };
        assert!(gate(&crowd(0.02), 5)[0].2 < CUT);
        assert!(gate(&crowd(0.2), 5)[0].2 >= fixed(0.25));
    }

    #[test]
    fn strictness_is_local() {
        // A crowd with few partners, beside fifty pairs of partners that it has nothing to do with.
        let mut pairs =
            vec![pair(0, 1, 0.25, 0.02), pair(0, 2, 0.13, 0.0), pair(0, 3, 0.13, 0.0), pair(1, 4, 0.13, 0.0)];
        let alone = gate(&pairs, 5)[0];
        pairs.extend((0..50).map(|i| pair(5 + 2 * i, 6 + 2 * i, 0.6, 0.5)));
        assert_eq!(gate(&pairs, 105)[0], alone);
    }

    #[test]
    fn articles_keep_their_strictness_among_headlines() {
        // The same crowd; each of it resembles ten headlines a little, and those have partners.
        let mut pairs =
            vec![pair(0, 1, 0.25, 0.02), pair(0, 2, 0.13, 0.0), pair(0, 3, 0.13, 0.0), pair(1, 4, 0.13, 0.0)];
        for article in 0..5 {
            pairs.extend((5..25).map(|headline| pair(article, headline, 0.05, 0.0)));
        }
        pairs.extend((0..10).map(|i| pair(5 + 2 * i, 6 + 2 * i, 0.6, 0.5)));
        let among = |words| {
            let lengths: Vec<u32> = (0..25).map(|i| if i < 5 { 400 } else { words }).collect();
            super::gate(&pairs, &lengths)[0].2
        };
        assert!(among(20) < CUT, "{}", among(20));
        assert!(among(400) >= CUT, "{}", among(400));
    }

    #[test]
    fn others_are_counted_once_and_the_pair_not_at_all() {
        let pairs = [pair(0, 1, 0.2, 0.0), pair(0, 2, 0.2, 0.0), pair(1, 2, 0.2, 0.0), pair(1, 3, 0.2, 0.0)];
        assert_eq!(Crowd::new(&pairs, 4).others(&pairs[0]), 2);
    }
}
