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
//! their hashes are indexed, with all documents that hold them; in most corpora that is hardly any. Where it is much,
//! the hosts of some documents are sought at a time, so that the index stays small.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;

use super::compare::{Judge, Ratio, likely};
use super::copies::stop;
use super::least::least_drawn;
use super::postings::Postings;
use super::subset::Subset;
use super::tally::Tally;
use super::{Corpus, Memory};
use crate::Result;
use crate::fingerprint::sketch::SAMPLED_BELOW;
use crate::run::{Phase, Progress};

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
/// Places in a table for each hash; of each of two tables at most, a document.
const ROOM: usize = 4;
const TABLE: usize = 40;
/// Entries of the index from which fewer documents are sought at a time, at most, and bytes of one. What is found does
/// not depend on it.
const ENTRIES: usize = 12 << 20;
const ENTRY: usize = 13;
/// Places that a table may have however few the documents are (16 MiB): each part costs several walks over all sketches.
const FREE: usize = 64 << 20;
/// Tasks whose hashes are held at a time, at most, and bytes of those of one, with room to grow.
const TASKS: usize = 16;
const TASK_BYTES: usize = 20 << 20;

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
pub fn excerpts(
    corpus: &dyn Corpus,
    kept: &[u32],
    memory: Memory,
    progress: &dyn Progress,
) -> Result<Vec<Excerpt>> {
    // A quarter of the room is for hashes on their way into the index.
    let entries = (memory.index / 4 * 3 / ENTRY).min(ENTRIES);
    let tasks = (memory.index / 4 / TASK_BYTES).clamp(1, TASKS);
    progress.begin(Phase::Excerpts, Some(kept.len() as u64));
    stop(progress)?;
    let takes_part = Subset::of(corpus.len(), kept, |d| corpus.words(d) >= LEAST_WORDS);
    let mut shared = Shared::new(corpus, &takes_part);
    let shorts = shared.may_be_excerpts()?;
    let documents: Vec<u32> = shorts.iter().map(|document| document as u32).collect();
    progress.advance((kept.len() - documents.len()) as u64, (kept.len() - documents.len()) as u64);
    let judge = Judge::new(corpus, true, BAR, memory.caches);
    let mut all = Vec::new();
    let (mut left, mut at_a_time) = (documents.as_slice(), documents.len());
    while !left.is_empty() {
        stop(progress)?;
        let (some, others) = left.split_at(at_a_time.min(left.len()));
        let Some(index) = shared.index(some, (entries, tasks))? else {
            at_a_time = some.len() / 2;
            continue;
        };
        for block in some.chunks(BLOCK) {
            stop(progress)?;
            let host = |found: &mut Found, document: &u32| host(&judge, &index, *document, found);
            let found: Vec<Option<Excerpt>> =
                block.par_iter().map_init(Found::default, host).collect::<Result<_>>()?;
            all.extend(found.into_iter().flatten());
            progress.advance(block.len() as u64, block.len() as u64);
        }
        left = others;
    }
    Ok(all)
}

fn sampled(sketch: &[u64]) -> &[u64] {
    &sketch[..sketch.partition_point(|hash| *hash < SAMPLED_BELOW)]
}

/// What the sampled hashes of documents have in common.
struct Shared<'a> {
    corpus: &'a dyn Corpus,
    documents: &'a Subset,
    /// First of hashes that several documents hold, a part of them at a time; then of hashes that are wanted. Most that only met in a place of the first do not meet again in the second.
    tallies: [Tally; 2],
    parts: u64,
    part: u64,
}

impl<'a> Shared<'a> {
    fn new(corpus: &'a dyn Corpus, documents: &'a Subset) -> Self {
        let shingles: u64 = documents.iter().map(|d| u64::from(corpus.shingle_count(d))).sum();
        let (places, room) = (shingles as usize / 8 * ROOM, (documents.count() * TABLE).max(FREE));
        let parts = places.div_ceil(room.max(1)).max(1) as u64;
        let tallies = [0, 1].map(|_| Tally::new(places.min(room)));
        Self { corpus, documents, tallies, parts, part: 0 }
    }

    /// Counts the hashes of one part.
    fn begin(&mut self, part: u64) -> Result<()> {
        self.part = part;
        self.tallies.iter_mut().enumerate().for_each(|(round, tally)| tally.begin(round));
        let [one, two] = &self.tallies;
        let in_part = |hash: &&u64| self.is_in_part(**hash);
        self.documents.each_sketch(self.corpus, |_, sketch| {
            sampled(sketch).iter().filter(in_part).for_each(|hash| one.add(*hash));
        })?;
        self.documents.each_sketch(self.corpus, |_, sketch| {
            let again = sampled(sketch).iter().filter(in_part).filter(|hash| one.is_again(**hash));
            again.for_each(|hash| two.add(*hash));
        })
    }

    fn is_in_part(&self, hash: u64) -> bool {
        (u64::from(hash as u32) * self.parts) >> 32 == self.part
    }

    /// Whether a hash is of this part and may stand in several documents.
    fn holds(&self, hash: u64) -> bool {
        self.is_in_part(hash) && self.tallies.iter().all(|tally| tally.is_again(hash))
    }

    /// Those of the documents that have enough sampled hashes in common with others to stand in one of them.
    fn may_be_excerpts(&mut self) -> Result<Subset> {
        // Common hashes; in the end, whether there are enough.
        let counts: Vec<AtomicU32> = (0..self.documents.count()).map(|_| AtomicU32::new(0)).collect();
        for part in 0..self.parts {
            self.begin(part)?;
            self.documents.each_sketch(self.corpus, |document, sketch| {
                let hashes = sampled(sketch);
                let count = &counts[self.documents.slot(document)];
                let more = hashes.iter().filter(|hash| self.holds(**hash)).count() as u32;
                let shared = u64::from(count.load(Ordering::Relaxed) + more);
                let is_enough = || {
                    let size = u64::from(self.corpus.shingle_count(document));
                    let inside = (size * BAR.part).div_ceil(BAR.whole);
                    shared > 0 && shared >= least_drawn(size, inside, hashes.len() as u64)
                };
                let last = part + 1 == self.parts;
                count.store(if last { is_enough().into() } else { shared as u32 }, Ordering::Relaxed);
            })?;
        }
        let documents = self.documents;
        let enough =
            |d: usize| documents.contains(d) && counts[documents.slot(d)].load(Ordering::Relaxed) > 0;
        Ok(Subset::new(self.corpus.len(), enough))
    }

    /// All documents by those of their sampled hashes that stand in one of `shorts`, as far as two tables tell; nothing
    /// if there are more than `most` entries, and several `shorts`.
    fn index(&mut self, shorts: &[u32], (most, at_a_time): (usize, usize)) -> Result<Option<Postings>> {
        let (corpus, documents) = (self.corpus, self.documents);
        self.tallies.iter_mut().enumerate().for_each(|(round, tally)| tally.begin(round));
        let wanted = &self.tallies;
        Subset::of(corpus.len(), shorts, |_| true).each_sketch(corpus, |_, sketch| {
            sampled(sketch).iter().for_each(|hash| wanted.iter().for_each(|tally| tally.add(*hash)));
        })?;
        let is_wanted = |hash: &&u64| wanted.iter().all(|tally| tally.is_there(**hash));
        let mut index = Postings::new();
        // Read by all threads, inserted in order.
        let tasks: Vec<Range<usize>> = documents.tasks().collect();
        for tasks in tasks.chunks(at_a_time) {
            let read = |range: &Range<usize>| {
                let mut found = Vec::new();
                documents.sketches(corpus, range.clone(), |document, sketch| {
                    let hashes = sampled(sketch).iter().filter(is_wanted);
                    found.extend(hashes.map(|hash| (*hash, document as u32)));
                })?;
                Ok(found)
            };
            let read = tasks.par_iter().map(read).collect::<Result<Vec<_>>>()?;
            for (hash, document) in read.into_iter().flatten() {
                index.insert(hash, document, 0);
            }
            if index.entries() > most && shorts.len() > 1 {
                return Ok(None);
            }
        }
        Ok(Some(index))
    }
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
    let mut best: Option<Excerpt> = None;
    for (_, long) in candidates {
        let shared = judge.shared(short, long, || judge.sets.get(short))?;
        let whole = u64::from(of);
        let enough = (Ratio { part: u64::from(shared), whole }).at_least(BAR);
        let better = best.is_none_or(|b| shared > b.shared || shared == b.shared && long < b.long);
        if enough && better {
            best = Some(Excerpt { short, long, shared, of });
        }
    }
    Ok(best)
}
