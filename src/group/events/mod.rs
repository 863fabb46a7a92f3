//! Coverage of the same event: which documents report one happening, without a model and without labels.
//!
//! *Same bytes for the same documents*: events do not depend on the order of the input (but through the indices they
//! name), on threads, or on the machine. Every sum is of integers, every tie is broken by digest and then by index, and
//! logarithms are made of operations that IEEE 754 fixes. *Bounded work*: a document is compared with at most 64 that it
//! chooses and those that choose it, never with all; texts are read and let go.
//!
//! The way of a document, one file a step: prose paragraphs (`text`), features (`features`), language
//! (`language`), numbers (`corpus`),
//! weights (`weights`), cosines (`cosine`), partners (`candidates`), score (`score`), cut and gate (`gate`), average-link
//! (`linkage`), evidence (`evidence`).

mod candidates;
mod corpus;
mod cosine;
mod evidence;
mod features;
mod gate;
mod language;
mod linkage;
mod nearest;
mod notes;
mod score;
mod stop_words;
mod text;
mod weights;
pub(crate) mod words;

#[cfg(test)]
mod tests;

pub use nearest::{Miss, nearest};

use std::ops::Range;

use rayon::prelude::*;

use crate::Result;
use crate::dates::Date;
use crate::document::{Decimal4, Digest};
use crate::run::Progress;

/// The kept documents, as event grouping sees them. Indices are dense, in key order.
pub trait Articles: Sync {
    /// Number of documents.
    fn len(&self) -> usize;
    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Digest of document `index`; ties anywhere are broken by it, then by the index.
    fn digest(&self, index: usize) -> Digest;
    /// Date from metadata or captured chrome.
    fn date(&self, index: usize) -> Option<Date>;
    /// Title from metadata.
    fn title(&self, index: usize) -> Option<String>;
    /// Reads the clean text (bytes that are not UTF-8 replaced). Called from several threads, a few times a document.
    fn text(&self, index: usize) -> Result<String>;
    /// Consecutive documents whose notes are kept together; in order, all of them.
    fn parts(&self) -> Vec<Range<usize>> {
        (!self.is_empty()).then(|| 0..self.len()).into_iter().collect()
    }
    /// What was noted of the documents of a part, each with its notes: for those of which there are any.
    fn recall(&self, _part: &Range<usize>) -> Vec<(usize, Vec<u8>)> {
        Vec::new()
    }
    /// Takes notes of each document of a part.
    ///
    /// # Errors
    /// Where they cannot be written.
    fn note(&self, _part: &Range<usize>, _notes: &mut dyn Iterator<Item = Vec<u8>>) -> Result<()> {
        Ok(())
    }
}

/// Which pairs of documents are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Search {
    /// Those that share rare features of their leads: at most 64 chosen by each document.
    #[default]
    Fast,
    /// All pairs of one language: time and memory grow with the square of the documents.
    Exact,
}

/// Documents that report one event, with the evidence for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Document index and average similarity to the other members; ascending by index; at least two.
    pub members: Vec<(usize, Decimal4)>,
    /// Words shared by members, as they stand in the text, the most telling first; at most 20.
    pub terms: Vec<String>,
    /// Pairs of sentences that share most: (index, sentence, other index, sentence); at most 12.
    pub sentences: Vec<(usize, String, usize, String)>,
    /// Dates that at least two members name.
    pub dates: Vec<Date>,
}

/// The events among `articles`, ascending by first member; a document is in at most one.
///
/// Copies should be gone before: they are similar for another reason, and repeated text counts as chrome from three
/// documents on. Text is read once a document, if nothing was noted of it, once more if it holds a paragraph of another
/// one, and once more for the evidence of an event. Runs on the rayon pool that it is called in. `progress` advances by one unit and one document
/// for each document read the first time.
///
/// # Errors
/// What [`Articles::text`] gives; [`crate::Error::Interrupted`] if `progress` asks to stop.
pub fn find(articles: &dyn Articles, search: Search, progress: &dyn Progress) -> Result<Vec<Event>> {
    let corpus = corpus::read(articles, progress)?;
    let weights = weights::Weights::new(&corpus);
    let (gated, clusters) = link(&corpus, &weights, search, progress)?;
    let sums = inner_sums(&gated, &clusters, corpus.len());
    drop(gated);
    let found: Vec<Result<Event>> = clusters
        .par_iter()
        .map(|cluster| {
            corpus::go_on(progress)?;
            event(articles, &corpus, &weights, cluster, &sums)
        })
        .collect();
    let mut events = found.into_iter().collect::<Result<Vec<Event>>>()?;
    events.sort_unstable_by_key(|event| event.members.first().map(|m| m.0));
    Ok(events)
}

/// The gated scores, and the clusters that they make.
fn link(
    corpus: &corpus::Corpus,
    weights: &weights::Weights,
    search: Search,
    progress: &dyn Progress,
) -> Result<(Vec<gate::Gated>, Vec<Vec<u32>>)> {
    let pairs = score::pairs(corpus, weights, search, progress)?;
    let gated = gate::gate(&pairs, &corpus.lengths);
    drop(pairs);
    corpus::go_on(progress)?;
    let clusters = linkage::average_link(&gated, corpus.len(), gate::CUT);
    Ok((gated, clusters))
}

/// Per rank, the sum of gated scores to the other members of its cluster.
fn inner_sums(gated: &[gate::Gated], clusters: &[Vec<u32>], documents: usize) -> Vec<u64> {
    let mut cluster_of = vec![u32::MAX; documents];
    for (number, cluster) in clusters.iter().enumerate() {
        cluster.iter().for_each(|&rank| cluster_of[rank as usize] = number as u32);
    }
    let mut sums = vec![0; documents];
    for &(a, b, score) in gated {
        let (a, b) = (a as usize, b as usize);
        if cluster_of[a] != u32::MAX && cluster_of[a] == cluster_of[b] {
            sums[a] += u64::from(score);
            sums[b] += u64::from(score);
        }
    }
    sums
}

fn event(
    articles: &dyn Articles,
    corpus: &corpus::Corpus,
    weights: &weights::Weights,
    cluster: &[u32],
    sums: &[u64],
) -> Result<Event> {
    let mut ranks: Vec<usize> = cluster.iter().map(|&rank| rank as usize).collect();
    ranks.sort_unstable_by_key(|&rank| (std::cmp::Reverse(sums[rank]), rank));
    let evidence = evidence::find(articles, corpus, weights, &ranks)?;
    let dates = evidence::shared_dates(corpus, &ranks);
    let others = (ranks.len() as u64 - 1) * u64::from(score::ONE);
    let mut members: Vec<(usize, Decimal4)> =
        ranks.iter().map(|&rank| (corpus.order[rank], Decimal4::ratio(sums[rank], others))).collect();
    members.sort_unstable();
    let sentences =
        evidence.sentences.into_iter().map(|(a, b)| (corpus.order[a.0], a.1, corpus.order[b.0], b.1));
    Ok(Event { members, terms: evidence.terms, sentences: sentences.collect(), dates })
}
