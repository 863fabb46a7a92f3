//! Short documents that stand inside longer ones.
//!
//! Invariant: an excerpt has at least [`LEAST_WORDS`] words and fewer shingles than its host, and at least four fifths
//! of its shingles stand in the host, counted over whole sets. Nothing is removed for it.
//!
//! Candidates share hashes below [`SAMPLED_BELOW`]: a sample of one in eight shingles that is the same in every text, so
//! the sample of an excerpt lies in that of its host, however long that is. For the shortest documents, of six sampled
//! hashes on average, about one excerpt in a hundred at the bar has none in common with its host and is not found.
//!
//! First come the documents that may be excerpts at all: enough of their sampled hashes stand in other documents. Only
//! their hashes are indexed, with all documents that hold them; in most corpora that is hardly any.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;

use super::compare::{Judge, Ratio, intersection, likely};
use super::copies::stop;
use super::least::least_drawn;
use super::postings::Postings;
use super::subset::Subset;
use super::tally::Tally;
use super::{Corpus, DEFAULT_MEMORY};
use crate::fingerprint::sketch::SAMPLED_BELOW;
use crate::run::{Phase, Progress};
use crate::Result;

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
/// Places in a table for each hash, and for each shingle of an excerpt; of each of two tables at most, a document.
const ROOM: usize = 4;
const WANTED: usize = 4;
const TABLE: usize = 40;
/// Tasks whose hashes are held at a time.
const TASKS: usize = 16;

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
    let takes_part = Subset::of(corpus.len(), kept, |d| corpus.words(d) >= LEAST_WORDS);
    let shorts = may_be_excerpts(corpus, &takes_part)?;
    let index = index(corpus, &takes_part, &shorts)?;
    let judge = Judge::new(corpus, true, DEFAULT_MEMORY);
    let documents: Vec<u32> = shorts.iter().map(|document| document as u32).collect();
    progress.advance((kept.len() - documents.len()) as u64, (kept.len() - documents.len()) as u64);
    let mut all = Vec::new();
    for block in documents.chunks(BLOCK) {
        stop(progress)?;
        let host = |found: &mut Found, document: &u32| host(&judge, &index, *document, found);
        let found: Vec<Option<Excerpt>> =
            block.par_iter().map_init(Found::default, host).collect::<Result<_>>()?;
        all.extend(found.into_iter().flatten());
        progress.advance(block.len() as u64, block.len() as u64);
    }
    Ok(all)
}

fn sampled(sketch: &[u64]) -> &[u64] {
    &sketch[..sketch.partition_point(|hash| *hash < SAMPLED_BELOW)]
}

/// Those of the documents that have enough sampled hashes in common with others to stand in one of them.
fn may_be_excerpts(corpus: &dyn Corpus, documents: &Subset) -> Result<Subset> {
    let shingles: u64 = documents.iter().map(|d| u64::from(corpus.shingle_count(d))).sum();
    let (places, room) = (shingles as usize / 8 * ROOM, documents.count() * TABLE);
    let parts = places.div_ceil(room.max(1)).max(1) as u64;
    let mut tallies = [0, 1].map(|_| Tally::new(places.min(room)));
    // Common hashes; in the end, whether there are enough.
    let counts: Vec<AtomicU32> = (0..documents.count()).map(|_| AtomicU32::new(0)).collect();
    for part in 0..parts {
        tallies.iter_mut().enumerate().for_each(|(round, tally)| tally.begin(round));
        let [one, two] = &tallies;
        let in_part = |hash: &&u64| (u64::from(**hash as u32) * parts) >> 32 == part;
        documents.each_sketch(corpus, |_, sketch| {
            sampled(sketch).iter().filter(in_part).for_each(|hash| one.add(*hash));
        })?;
        // Most that only met in a place do not meet again by another function.
        documents.each_sketch(corpus, |_, sketch| {
            let again = sampled(sketch).iter().filter(in_part).filter(|hash| one.is_again(**hash));
            again.for_each(|hash| two.add(*hash));
        })?;
        documents.each_sketch(corpus, |document, sketch| {
            let hashes = sampled(sketch);
            let count = &counts[documents.slot(document)];
            let again = |hash: &&u64| one.is_again(**hash) && two.is_again(**hash);
            let more = hashes.iter().filter(in_part).filter(again).count() as u32;
            let shared = u64::from(count.load(Ordering::Relaxed) + more);
            let is_enough = || {
                let size = u64::from(corpus.shingle_count(document));
                let inside = (size * BAR.part).div_ceil(BAR.whole);
                shared > 0 && shared >= least_drawn(size, inside, hashes.len() as u64)
            };
            let last = part + 1 == parts;
            count.store(if last { is_enough().into() } else { shared as u32 }, Ordering::Relaxed);
        })?;
    }
    let enough = |d: usize| documents.contains(d) && counts[documents.slot(d)].load(Ordering::Relaxed) > 0;
    Ok(Subset::new(corpus.len(), enough))
}

/// All `documents` by those of their sampled hashes that stand in one of `shorts`, as far as a table tells.
fn index(corpus: &dyn Corpus, documents: &Subset, shorts: &Subset) -> Result<Postings> {
    let shingles: u64 = shorts.iter().map(|d| u64::from(corpus.shingle_count(d))).sum();
    let wanted = Tally::new((shingles as usize * WANTED).min(documents.count() * TABLE).max(TABLE));
    shorts.each_sketch(corpus, |_, sketch| sampled(sketch).iter().for_each(|hash| wanted.add(*hash)))?;
    let mut index = Postings::new();
    if shorts.count() == 0 {
        return Ok(index);
    }
    // Read by all threads, inserted in order.
    let tasks: Vec<Range<usize>> = documents.tasks().collect();
    for tasks in tasks.chunks(TASKS) {
        let read = |range: &Range<usize>| {
            let mut found = Vec::new();
            let is_wanted = |hash: &&u64| wanted.is_there(**hash);
            documents.sketches(corpus, range.clone(), |document, sketch| {
                found.extend(sampled(sketch).iter().filter(is_wanted).map(|hash| (*hash, document as u32)));
            })?;
            Ok(found)
        };
        for (hash, document) in tasks.par_iter().map(read).collect::<Result<Vec<_>>>()?.into_iter().flatten() {
            index.insert(hash, document);
        }
    }
    Ok(index)
}

/// Buffers of a thread.
#[derive(Default)]
struct Found {
    sketch: Vec<u64>,
    documents: Vec<u32>,
}

/// The best host of one document.
fn host(judge: &Judge, index: &Postings, short: u32, buffers: &mut Found) -> Result<Option<Excerpt>> {
    let Found { sketch, documents: found } = buffers;
    found.clear();
    judge.corpus.sketch(short as usize, sketch)?;
    let hashes = sampled(sketch);
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
