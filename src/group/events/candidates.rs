//! Which pairs of documents are worth a comparison: at most 64 partners chosen by each document, never all pairs.
//!
//! Documents that share features of their leads meet in an inverted index, and a document chooses those with the highest
//! cosine of leads, as far as the index knows it. A feature that stands in more than 128 leads makes no pair, so a
//! document is counted against at most 128 others a feature, however large the corpus. Ties go to the lower rank, so the
//! choice is the same for any order of the input.

use super::corpus::Corpus;
use super::weights::Weights;

/// Leads in which a feature may stand and still make pairs.
const MAX_LEAD_DF: u32 = 128;
/// Partners that a document chooses.
const PARTNERS: usize = 64;

/// Inverted index over the rarer features of the leads.
pub(super) struct Index<'a> {
    corpus: &'a Corpus,
    weights: &'a Weights,
    /// Per feature: where its documents begin in `postings`; one more at the end.
    starts: Vec<usize>,
    postings: Vec<u32>,
}

/// What one document shares with each other one: eight bytes a document.
pub(super) struct Sums {
    of: Vec<u64>,
    /// Those that share something.
    others: Vec<u32>,
}

impl<'a> Index<'a> {
    /// Indexes the leads of `corpus`.
    pub(super) fn new(corpus: &'a Corpus, weights: &'a Weights) -> Self {
        let mut starts = vec![0; corpus.df.len() + 1];
        for (id, &[_, lead, _]) in corpus.df.iter().enumerate() {
            let makes_pairs = (2..=MAX_LEAD_DF).contains(&lead);
            starts[id + 1] = starts[id] + if makes_pairs { lead as usize } else { 0 };
        }
        let mut postings = vec![0; starts.last().copied().unwrap_or(0)];
        let mut next = starts.clone();
        for rank in 0..corpus.len() {
            for entry in corpus.entries(rank).filter(|e| e.is_in(1)) {
                let id = entry.id();
                if starts[id] < starts[id + 1] {
                    postings[next[id]] = rank as u32;
                    next[id] += 1;
                }
            }
        }
        Self { corpus, weights, starts, postings }
    }

    /// Sums over all documents, none so far.
    pub(super) fn sums(&self) -> Sums {
        Sums { of: vec![0; self.corpus.len()], others: Vec::new() }
    }

    /// The partners that the document at `rank` chooses, best first. `sums` are as they were afterwards.
    pub(super) fn partners(&self, rank: usize, sums: &mut Sums) -> Vec<u32> {
        let Sums { of, others } = sums;
        for entry in self.corpus.entries(rank).filter(|e| e.is_in(1)) {
            let id = entry.id();
            let weight = self.weights.in_lead(id, rank);
            for &other in &self.postings[self.starts[id]..self.starts[id + 1]] {
                let sum = &mut of[other as usize];
                if *sum == 0 {
                    others.push(other);
                }
                *sum += weight * self.weights.in_lead(id, other as usize);
            }
        }
        // One that shares nothing but features without weight stands there more than once.
        others.sort_unstable();
        others.dedup();
        let ranked = others.drain(..).map(|other| (other, std::mem::take(&mut of[other as usize])));
        let mut ranked: Vec<(std::cmp::Reverse<u64>, u32)> = ranked
            .filter(|(other, _)| *other != rank as u32)
            .map(|(other, dot)| (std::cmp::Reverse(self.weights.over_lead(dot, other as usize)), other))
            .collect();
        if ranked.len() > PARTNERS {
            ranked.select_nth_unstable(PARTNERS - 1);
            ranked.truncate(PARTNERS);
        }
        ranked.sort_unstable();
        ranked.into_iter().map(|(_, other)| other).collect()
    }
}
