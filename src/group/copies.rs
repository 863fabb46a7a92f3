//! The kept set.
//!
//! Invariant: documents are taken in the order given. A document is kept unless it is a copy of one already kept: same
//! normal form, or Jaccard similarity of the shingle sets at or above the threshold. A removed document names the most
//! similar kept document, earliest in the order among equals, with the similarity as computed. So nothing is removed on
//! a chain of resemblances, nor on a hash alone. References come first and are kept, also where they are near copies of
//! each other: a document is then compared with all of them. With [`Candidates::Exact`] no two kept documents are copies; with
//! [`Candidates::Fast`] that depends on finding the candidates.
//!
//! Documents that have too little in common with all others together are kept at once (`common`). The others are taken
//! in blocks of fixed size. Each block is probed in parallel against an index of the documents kept
//! before it; what is no copy of these is settled one by one inside the block. So a million near-identical documents
//! are a million probes against one. At the end each removed document is compared with what was kept later.
//!
//! The index is made in *generations* of so many kept documents, and each document is compared with one generation after
//! the other. Where no more of them may be held, all documents are compared with those that are there, removed ones and
//! those to come alike, and these are let go. So the order of the comparisons, and what comes of them, is the same
//! whether one generation is held at a time or all of them are.

use std::cell::RefCell;
use std::sync::Arc;

use rayon::prelude::*;

use super::common::Common;
use super::compare::{Guess, Judge, Ratio};
use super::finder::{Finder, Known};
use super::identical::first_twins;
use super::subset::Subset;
pub use super::verdicts::Verdict;
use super::verdicts::{Match, Matches};
use super::{Corpus, Memory};
use crate::run::options::{Candidates, Threshold};
use crate::run::{Phase, Progress};
use crate::{Error, Result};

/// Documents that may be copies, taken at a time. Fixed: the result does not depend on it, but what candidates are found may.
const BLOCK: usize = 512;
/// Shorter documents, in words, are removed only where identical: a short text is all formula.
pub const LEAST_WORDS: u32 = 20;
/// Candidates that are looked at to guess whether a text will be needed.
const GLANCES: usize = 8;

/// How copies are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyOptions {
    /// Jaccard similarity from which a document is a copy.
    pub similarity: Threshold,
    /// Simhash radius of candidates, in bits, 0..=16.
    pub distance: u32,
    /// How candidates are found.
    pub candidates: Candidates,
    /// How many documents at the beginning of the order are kept whatever they are like: what was kept before.
    pub references: usize,
    /// What may be held; one generation of the index in any case.
    pub memory: Memory,
    /// Kept documents of a generation, at least. What is found may depend on it: fixed but for tests.
    pub generation: usize,
}

/// Kept documents of a generation: some 100 MB of the index.
pub const GENERATION: usize = 1 << 19;

/// Which of the documents of `order` (indices, each at most once, preferred ones first) are kept. The verdicts are
/// indexed like the corpus. Runs on the current rayon pool.
///
/// # Errors
/// Where a text cannot be read again, or where `progress` asks to stop.
pub fn kept_set(
    corpus: &dyn Corpus,
    order: &[u32],
    options: &CopyOptions,
    progress: &dyn Progress,
) -> Result<Vec<Verdict>> {
    progress.begin(Phase::Copies, Some(order.len() as u64));
    let mut rank = vec![u32::MAX; corpus.len()];
    for (place, document) in order.iter().enumerate() {
        rank[*document as usize] = place as u32;
    }
    let first = first_twins(corpus, order, &rank)?;
    let matches = near_matches(corpus, order, rank, first, options, progress)?;
    Ok(matches.verdicts())
}

/// The copies among documents that are no twins of former ones. `rank`: the place of each document in `order`;
/// `first`: its first twin.
fn near_matches(
    corpus: &dyn Corpus,
    order: &[u32],
    rank: Vec<u32>,
    first: Vec<u32>,
    options: &CopyOptions,
    progress: &dyn Progress,
) -> Result<Matches> {
    stop(progress)?;
    let bar = Ratio { part: u64::from(options.similarity.0), whole: 1_000_000 };
    let takes_part = Subset::new(corpus.len(), |d| {
        rank[d] != u32::MAX
            && first[d] == d as u32
            && corpus.words(d) >= LEAST_WORDS
            && corpus.shingle_count(d) > 0
    });
    let known = match options.candidates {
        Candidates::Exact => Known::exact(corpus, takes_part, options.similarity)?,
        Candidates::Fast => Known::Fast(Common::find(corpus, takes_part, options.distance, bar)?),
    };
    let may_be_copy = known.documents();
    let documents: Vec<u32> = order.iter().copied().filter(|d| may_be_copy.contains(*d as usize)).collect();
    let settled = order.iter().filter(|d| !may_be_copy.contains(**d as usize));
    let (copies, others) =
        settled.fold((0, 0), |(copies, n), d| (copies + u64::from(first[*d as usize] != *d), n + 1));
    progress.advance(others, others);
    progress.found(copies, others);

    let matches = Matches::new(first, may_be_copy.clone());
    let judge = Judge::new(corpus, options.candidates == Candidates::Fast, bar, options.memory.caches);
    let finder = |expected| Finder::new(corpus, &known, options.distance, expected);
    let generation =
        || Generation { finder: finder(documents.len().min(options.generation)), count: 0, last: 0 };
    let references = options.references as u32;
    let mut run = Run { judge, rank, references, bar, kept: vec![generation()], matches };
    let (mut inside, mut ahead) = (finder(BLOCK), finder(BLOCK));
    let mut done = 0;
    while done < documents.len() {
        for block in documents[done..].chunks(BLOCK) {
            stop(progress)?;
            done += block.len();
            let mut block = run.probe(block)?;
            run.read_ahead(&block, &mut ahead)?;
            run.settle(&mut block, &mut inside)?;
            let mut removed = 0;
            for probed in &block {
                if let Some(best) = probed.best {
                    run.matches.set(probed.document, best);
                    removed += 1;
                }
            }
            progress.advance(block.len() as u64, block.len() as u64);
            progress.found(removed, block.len() as u64);
            let open = run.open();
            let (room, size) = (options.memory.index, open.finder.bytes());
            // Where what is found is certain it does not matter how large a generation is.
            let is_full = open.finder.needs_shingles() && size > room;
            if is_full || open.count >= options.generation {
                let all: usize = run.kept.iter().map(|kept| kept.finder.bytes()).sum();
                if all + size > room {
                    break;
                }
                run.kept.push(generation());
            }
        }
        run.compare_with_later(&documents[..done], progress)?;
        if done < documents.len() {
            run.compare_with_former(&documents[done..], progress)?;
            run.kept.clear();
            run.kept.push(generation());
        }
    }
    Ok(run.matches)
}

/// Gives up where `progress` asks for it.
pub(super) fn stop(progress: &dyn Progress) -> Result<()> {
    progress.stop().map_or(Ok(()), |signal| Err(Error::Interrupted(signal)))
}

/// A document of a block.
struct Probed {
    document: u32,
    sketch: Arc<Vec<u64>>,
    best: Option<Match>,
}

struct Run<'a> {
    judge: Judge<'a>,
    /// Place of each document in the order; the greatest number for those that do not take part.
    rank: Vec<u32>,
    /// Documents before this place are kept.
    references: u32,
    bar: Ratio,
    /// Documents kept in former blocks, those that are held: a finder a generation, the last one open.
    kept: Vec<Generation<'a>>,
    matches: Matches,
}

/// Consecutive kept documents.
struct Generation<'a> {
    finder: Finder<'a>,
    /// How many, and the place of the last of them.
    count: usize,
    last: u32,
}

/// A document's own sketch, and its shingle set, read when it is first needed.
struct Own<'s> {
    document: u32,
    sketch: &'s [u64],
    judge: &'s Judge<'s>,
    set: RefCell<Option<Arc<Vec<u64>>>>,
    /// Whether the set is worth keeping for later.
    cached: bool,
}

impl<'s> Own<'s> {
    fn new(document: u32, sketch: &'s [u64], judge: &'s Judge<'s>, cached: bool) -> Self {
        Self { document, sketch, judge, set: RefCell::new(None), cached }
    }

    fn get(&self) -> Result<Arc<Vec<u64>>> {
        if let Some(set) = &*self.set.borrow() {
            return Ok(set.clone());
        }
        let set = if self.cached {
            self.judge.sets.get(self.document)?
        } else {
            let mut set = Vec::new();
            self.judge.corpus.shingles(self.document as usize, &mut set)?;
            Arc::new(set)
        };
        *self.set.borrow_mut() = Some(set.clone());
        Ok(set)
    }

    fn shared(&self) -> Result<Shared> {
        self.get().map(Shared)
    }
}

impl AsRef<[u64]> for Shared {
    fn as_ref(&self) -> &[u64] {
        &self.0
    }
}

/// A shared set as a slice.
struct Shared(Arc<Vec<u64>>);

impl<'a> Run<'a> {
    /// The most similar of the documents kept in former blocks, for each document of a block.
    fn probe(&self, block: &[u32]) -> Result<Vec<Probed>> {
        let probe = |found: &mut Vec<u32>, document: &u32| {
            let sketch = Arc::new(self.judge.sketch(*document)?);
            let own = Own::new(*document, &sketch, &self.judge, false);
            let best = if self.is_reference(*document) {
                None
            } else {
                self.best_kept(&own, self.matches.get(*document), found)?
            };
            if best.is_none() {
                self.judge.sketches.put(*document, sketch.clone());
            }
            Ok(Probed { document: *document, best, sketch })
        };
        block.par_iter().map_init(Vec::new, probe).collect()
    }

    /// The generation that grows.
    fn open(&self) -> &Generation<'a> {
        &self.kept[self.kept.len() - 1]
    }

    /// The best of a match and the kept documents that are held, one generation after the other.
    fn best_kept(&self, own: &Own, known: Option<Match>, found: &mut Vec<u32>) -> Result<Option<Match>> {
        let mut best = known;
        for kept in &self.kept {
            kept.finder.probe(own.document, own.sketch, None, || own.shared(), found)?;
            best = self.best(own, found, best)?;
        }
        Ok(best)
    }

    /// Reads, in parallel, the texts that settling will probably compare: it is done one by one and should not wait.
    fn read_ahead(&self, block: &[Probed], ahead: &mut Finder) -> Result<()> {
        let kept = &self.open().finder;
        if kept.needs_shingles() || rayon::current_num_threads() < 2 {
            return Ok(());
        }
        let nothing = || Ok::<[u64; 0], Error>([]);
        let pending: Vec<&Probed> = block.iter().filter(|probed| probed.best.is_none()).collect();
        ahead.clear();
        for probed in &pending {
            ahead.insert(probed.document, &probed.sketch, Some(kept), nothing)?;
        }
        let read = |found: &mut Vec<u32>, probed: &&Probed| {
            let Probed { document, sketch, .. } = *probed;
            ahead.probe(*document, sketch, Some(kept), nothing, found)?;
            for other in found.iter().take(GLANCES).filter(|other| *other != document) {
                let guess = self.judge.guess(*document, sketch, *other, self.bar)?;
                let is_open = matches!(guess, Guess::Perhaps { .. });
                if is_open && self.judge.known(*document, *other)?.is_none() {
                    return self.judge.sets.get(*document).map(drop);
                }
            }
            Ok(())
        };
        pending.par_iter().map_init(Vec::new, read).collect()
    }

    /// Decides, in order, about the documents of a block that have no match yet.
    fn settle(&mut self, block: &mut [Probed], inside: &mut Finder) -> Result<()> {
        inside.clear();
        let mut candidates = Vec::new();
        let mut kept = Vec::new();
        for probed in block.iter_mut().filter(|probed| probed.best.is_none()) {
            let Probed { document, sketch, best } = probed;
            let own = Own::new(*document, sketch, &self.judge, true);
            if !self.is_reference(*document) {
                let open = Some(&self.open().finder);
                inside.probe(*document, sketch, open, || own.shared(), &mut candidates)?;
                *best = self.best(&own, &mut candidates, None)?;
            }
            if best.is_none() {
                inside.insert(*document, sketch, Some(&self.open().finder), || own.shared())?;
                kept.push((*document, sketch.clone()));
            }
        }
        for (document, sketch) in kept {
            let own = Own::new(document, &sketch, &self.judge, true);
            let place = self.place(document);
            let Some(open) = self.kept.last_mut() else { continue };
            open.finder.insert(document, &sketch, None, || own.shared())?;
            (open.count, open.last) = (open.count + 1, place);
        }
        Ok(())
    }

    /// Replaces matches by better ones among the documents kept in the same block or later.
    fn compare_with_later(&mut self, documents: &[u32], progress: &dyn Progress) -> Result<()> {
        for block in documents.chunks(BLOCK) {
            stop(progress)?;
            let begin = self.place(block[0]);
            let later = |kept: &&Generation| kept.count > 0 && kept.last >= begin;
            if !self.kept.iter().any(|kept| later(&kept)) {
                break;
            }
            let better = |found: &mut Vec<u32>, document: &u32| {
                let Some(known) = self.matches.get(*document) else { return Ok(None) };
                let sketch = self.judge.sketch(*document)?;
                let own = Own::new(*document, &sketch, &self.judge, false);
                let mut best = known;
                for kept in self.kept.iter().filter(later) {
                    kept.finder.probe(*document, &sketch, None, || own.shared(), found)?;
                    found.retain(|other| self.place(*other) >= begin && *other != best.of);
                    best = self.best(&own, found, Some(best))?.unwrap_or(best);
                }
                Ok(Some(best))
            };
            let better: Vec<Option<Match>> =
                block.par_iter().map_init(Vec::new, better).collect::<Result<_>>()?;
            self.set(block, better);
        }
        Ok(())
    }

    /// Compares documents that are not settled yet with what is held, before it is let go.
    fn compare_with_former(&mut self, documents: &[u32], progress: &dyn Progress) -> Result<()> {
        for block in documents.chunks(BLOCK) {
            stop(progress)?;
            let best = |found: &mut Vec<u32>, document: &u32| {
                if self.is_reference(*document) {
                    return Ok(None);
                }
                let sketch = self.judge.sketch(*document)?;
                let own = Own::new(*document, &sketch, &self.judge, false);
                self.best_kept(&own, self.matches.get(*document), found)
            };
            let best: Vec<Option<Match>> =
                block.par_iter().map_init(Vec::new, best).collect::<Result<_>>()?;
            self.set(block, best);
        }
        Ok(())
    }

    fn set(&mut self, documents: &[u32], matches: Vec<Option<Match>>) {
        for (document, found) in documents.iter().zip(matches) {
            if let Some(found) = found {
                self.matches.set(*document, found);
            }
        }
    }

    /// The best of `known` and the `candidates` that reach the bar.
    fn best(&self, own: &Own, candidates: &mut [u32], known: Option<Match>) -> Result<Option<Match>> {
        let mut best = known;
        let bar = |best: &Option<Match>| best.map_or(self.bar, |b| b.similarity);
        let mut guesses = Vec::new();
        for other in candidates {
            match self.judge.guess(own.document, own.sketch, *other, bar(&best))? {
                Guess::No => {}
                Guess::Exactly(similarity) => self.replace(&mut best, Match { of: *other, similarity }),
                Guess::Perhaps { shared, seen } => guesses.push((*other, shared, seen)),
            }
        }
        // The likeliest first: most of the others then need not be read. Documents in order among equals.
        guesses.sort_by(|a, b| {
            (b.1 * a.2).cmp(&(a.1 * b.2)).then_with(|| self.place(a.0).cmp(&self.place(b.0)))
        });
        for (other, shared, seen) in guesses {
            if !self.judge.still(own.document, other, shared, seen, bar(&best)) {
                continue;
            }
            let shared = self.judge.shared(own.document, other, || own.get())?;
            let similarity = self.judge.similarity(own.document, other, shared);
            if similarity.at_least(self.bar) {
                self.replace(&mut best, Match { of: other, similarity });
            }
        }
        Ok(best)
    }

    fn place(&self, document: u32) -> u32 {
        self.rank[document as usize]
    }

    fn is_reference(&self, document: u32) -> bool {
        self.place(document) < self.references
    }

    fn replace(&self, best: &mut Option<Match>, new: Match) {
        let better = best.is_none_or(|old| {
            let equal = old.similarity.at_least(new.similarity);
            new.similarity.at_least(old.similarity) && (!equal || self.place(new.of) < self.place(old.of))
        });
        if better {
            *best = Some(new);
        }
    }
}
