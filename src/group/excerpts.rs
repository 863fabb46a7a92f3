//! Short documents that stand inside longer ones.
//!
//! Invariant: an excerpt has at least [`LEAST_WORDS`] words and fewer shingles than its host, and at least four fifths
//! of its shingles stand in the host, counted over whole sets. Nothing is removed for it.
//!
//! Candidates share hashes below [`SAMPLED_BELOW`]: a sample of one in eight shingles that is the same in every text, so
//! the sample of an excerpt lies in that of its host, however long that is. For the shortest documents, of six sampled
//! hashes on average, about one excerpt in a hundred at the bar has none in common with its host and is not found.

use rayon::prelude::*;

use super::Corpus;
use super::compare::{Judge, Ratio, Sets, intersection, likely};
use super::postings::Postings;
use crate::fingerprint::sketch::SAMPLED_BELOW;
use crate::run::{Phase, Progress};
use crate::{Error, Result};

/// Words of an excerpt, at least.
pub const LEAST_WORDS: u32 = 50;
/// The share of an excerpt that stands in its host, at least.
const BAR: Ratio = Ratio { part: 4, whole: 5 };
/// Sampled hashes of a document that are looked up. It stands under all of its own: a book's excerpt may be anywhere.
const LOOKED_UP: usize = 24;
/// Where fewer sampled hashes than this are not hot, hot ones are looked up too: the text of an agency inside very many
/// longer ones is an excerpt of the first of these.
const ENOUGH: usize = 8;
/// Hosts that are compared with one document at most, the likeliest first.
const COMPARED: usize = 32;
/// Documents between two looks at the progress.
const BLOCK: usize = 4096;

/// A document most of which stands inside a longer one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Excerpt {
    /// Index of the shorter document.
    pub short: u32,
    /// Index of the longer one that holds most of it; the lowest among equals.
    pub long: u32,
    /// Shingles of the shorter one that stand in the longer one.
    pub shared: u32,
    /// Shingles of the shorter one.
    pub of: u32,
}

/// Excerpts among the `kept` documents, sorted by the shorter document. Runs on the current rayon pool.
///
/// # Errors
/// Where a text cannot be read again, or where `progress` asks to stop.
pub fn excerpts(corpus: &dyn Corpus, kept: &[u32], progress: &dyn Progress) -> Result<Vec<Excerpt>> {
    progress.begin(Phase::Excerpts, Some(kept.len() as u64));
    let mut kept: Vec<u32> =
        kept.iter().copied().filter(|d| corpus.words(*d as usize) >= LEAST_WORDS).collect();
    kept.sort_unstable();
    let mut index = Postings::new();
    for document in &kept {
        for hash in sampled(corpus, *document) {
            index.insert(*hash, *document);
        }
    }
    let judge = Judge { corpus, sets: Sets::new(corpus), estimates: true };
    let mut all = Vec::new();
    for block in kept.chunks(BLOCK) {
        if let Some(signal) = progress.stop() {
            return Err(Error::Interrupted(signal));
        }
        let host = |found: &mut Vec<u32>, document: &u32| host(&judge, &index, *document, found);
        let found: Vec<Option<Excerpt>> = block.par_iter().map_init(Vec::new, host).collect::<Result<_>>()?;
        all.extend(found.into_iter().flatten());
        progress.advance(block.len() as u64, block.len() as u64);
    }
    Ok(all)
}

fn sampled(corpus: &dyn Corpus, document: u32) -> &[u64] {
    let sketch = corpus.sketch(document as usize);
    &sketch[..sketch.partition_point(|hash| *hash < SAMPLED_BELOW)]
}

/// The best host of one document.
fn host(judge: &Judge, index: &Postings, short: u32, found: &mut Vec<u32>) -> Result<Option<Excerpt>> {
    found.clear();
    let hashes = sampled(judge.corpus, short);
    let (cool, hot): (Vec<u64>, Vec<u64>) = hashes.iter().partition(|hash| !index.is_hot(**hash));
    let more = if cool.len() < ENOUGH { hot.as_slice() } else { &[] };
    let looked_up = cool.iter().chain(more).take(LOOKED_UP);
    let count = looked_up.clone().count() as u64;
    looked_up.for_each(|hash| index.documents(*hash, found));
    found.sort_unstable();
    let size = |document: u32| judge.corpus.shingle_count(document as usize);
    let of = size(short);
    let mut candidates: Vec<(usize, u32)> = found
        .chunk_by(|a, b| a == b)
        .map(|same| (same.len(), same[0]))
        .filter(|(shared, long)| size(*long) > of && likely(*shared as u64, count, BAR))
        .collect();
    if candidates.is_empty() {
        return Ok(None);
    }
    candidates.sort_unstable_by_key(|(shared, long)| (std::cmp::Reverse(*shared), *long));
    candidates.truncate(COMPARED);
    let own = judge.sets.get(short)?;
    let mut best: Option<Excerpt> = None;
    for (_, long) in candidates {
        let shared = intersection(&own, &judge.sets.get(long)?) as u32;
        let whole = u64::from(of);
        let enough = (Ratio { part: u64::from(shared), whole }).at_least(BAR);
        let better = best.is_none_or(|b| shared > b.shared || shared == b.shared && long < b.long);
        if enough && better {
            best = Some(Excerpt { short, long, shared, of });
        }
    }
    Ok(best)
}
