//! Which pairs of documents are worth a comparison: at most 40 partners chosen by each document, never all pairs.
//!
//! Documents that share rare features of their leads meet in an inverted index. A feature that stands in more than 64
//! leads makes no pair, so a document is counted against at most 64 others a feature, however large the corpus. Ties go
//! to the lower rank, so the choice is the same for any order of the input.

use rustc_hash::FxHashMap;

use super::corpus::Corpus;
use crate::math;

/// Leads in which a feature may stand and still make pairs.
const MAX_LEAD_DF: u32 = 64;
/// Partners that a document chooses.
const PARTNERS: usize = 40;

/// Inverted index over the rarer features of the leads.
pub(super) struct Index<'a> {
    corpus: &'a Corpus,
    /// Per feature: where its documents begin in `postings`; one more at the end.
    starts: Vec<usize>,
    postings: Vec<u32>,
    /// Per feature: what sharing it counts.
    scores: Vec<u32>,
}

impl<'a> Index<'a> {
    /// Indexes the leads of `corpus`.
    pub(super) fn new(corpus: &'a Corpus) -> Self {
        let mut starts = vec![0; corpus.df.len() + 1];
        let mut scores = vec![0; corpus.df.len()];
        for (id, &[full, lead, _]) in corpus.df.iter().enumerate() {
            let makes_pairs = (2..=MAX_LEAD_DF).contains(&lead);
            starts[id + 1] = starts[id] + if makes_pairs { lead as usize } else { 0 };
            if makes_pairs {
                let documents = corpus.documents_in(corpus.language[id]);
                let idf = math::ln((documents + 1.0) / (f64::from(full) + 0.5));
                scores[id] = (idf * idf * 65_536.0).round() as u32;
            }
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
        Self { corpus, starts, postings, scores }
    }

    /// The partners that the document at `rank` chooses, best first.
    pub(super) fn partners(&self, rank: usize) -> Vec<u32> {
        let mut shared: FxHashMap<u32, u64> = FxHashMap::default();
        for entry in self.corpus.entries(rank).filter(|e| e.is_in(1)) {
            let id = entry.id();
            for &other in &self.postings[self.starts[id]..self.starts[id + 1]] {
                *shared.entry(other).or_default() += u64::from(self.scores[id]);
            }
        }
        shared.remove(&(rank as u32));
        let mut ranked: Vec<(std::cmp::Reverse<u64>, u32)> =
            shared.into_iter().map(|(other, score)| (std::cmp::Reverse(score), other)).collect();
        if ranked.len() > PARTNERS {
            ranked.select_nth_unstable(PARTNERS - 1);
            ranked.truncate(PARTNERS);
        }
        ranked.sort_unstable();
        ranked.into_iter().map(|(_, other)| other).collect()
    }
}
