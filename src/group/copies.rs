//! The kept set.
//!
//! Invariant: documents are taken in the order given. A document is kept unless it is a copy of one already kept: same
//! normal form, or Jaccard similarity of the shingle sets at or above the threshold. A removed document names the most
//! similar kept document, earliest in the order among equals, with the similarity as computed. So nothing is removed on
//! a chain of resemblances, nor on a hash alone. With [`Candidates::Exact`] no two kept documents are copies; with
//! [`Candidates::Fast`] that depends on finding the candidates.
//!
//! Documents are taken in blocks of fixed size. Each block is probed in parallel against an index of the documents kept
//! before it; what is no copy of these is settled one by one inside the block. So a million near-identical documents
//! are a million probes against one. At the end each removed document is compared with what was kept later.

use std::cell::RefCell;
use std::sync::Arc;

use rayon::prelude::*;

use super::Corpus;
use super::common::Common;
use super::compare::{Guess, Judge, Ratio, Sets, jaccard};
use super::finder::{Finder, Known};
use super::identical::first_twins;
use super::prefix::Rarity;
use crate::run::options::{Candidates, Threshold};
use crate::run::{Phase, Progress};
use crate::{Error, Result};

/// Documents taken at a time. Fixed: the result does not depend on it, but what candidates are found may.
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
}

/// What became of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verdict {
    /// No copy of a document kept before it, or not asked about.
    #[default]
    Kept,
    /// Same normal form as the kept document `of`.
    Identical {
        /// Index of the kept document.
        of: u32,
    },
    /// Similar to the kept document `of`: they share `shared` of `union` shingles.
    Near {
        /// Index of the most similar kept document.
        of: u32,
        /// Shingles in both.
        shared: u32,
        /// Shingles in either.
        union: u32,
    },
}

/// A kept document and the similarity to it.
#[derive(Clone, Copy)]
struct Match {
    of: u32,
    similarity: Ratio,
}

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
    let first = first_twins(corpus, order);
    let takes_part = |d: u32| corpus.words(d as usize) >= LEAST_WORDS && corpus.shingle_count(d as usize) > 0;
    let documents: Vec<u32> =
        order.iter().copied().filter(|d| first[*d as usize] == *d && takes_part(*d)).collect();
    progress.advance((order.len() - documents.len()) as u64, (order.len() - documents.len()) as u64);

    let known = match options.candidates {
        Candidates::Exact => Known::Exact(Rarity::count(corpus, &documents, options.similarity)?),
        Candidates::Fast => Known::Fast(Common::find(corpus, &documents, options.distance)),
    };
    let mut rank = vec![u32::MAX; corpus.len()];
    for (place, document) in documents.iter().enumerate() {
        rank[*document as usize] = place as u32;
    }
    let bar = Ratio { part: u64::from(options.similarity.0), whole: 1_000_000 };
    let estimates = options.candidates == Candidates::Fast;
    let judge = Judge { corpus, sets: Sets::new(corpus), estimates };
    let finder = |expected| Finder::new(corpus, &known, options.distance, expected);
    let mut run = Run { judge, rank, bar, kept: finder(documents.len()) };
    let (mut inside, mut ahead) = (finder(BLOCK), finder(BLOCK));

    let mut verdicts = vec![Verdict::Kept; corpus.len()];
    for block in documents.chunks(BLOCK) {
        stop(progress)?;
        let mut found = run.probe(block)?;
        run.read_ahead(block, &found, &mut ahead)?;
        run.settle(block, &mut found, &mut inside)?;
        for (document, best) in block.iter().zip(found) {
            verdicts[*document as usize] = best.map_or(Verdict::Kept, Match::verdict);
        }
        progress.advance(block.len() as u64, block.len() as u64);
    }
    run.compare_with_later(&documents, &mut verdicts, progress)?;

    for document in order {
        let twin = first[*document as usize];
        if twin != *document {
            // What is identical to a removed document is as near to the kept one as that.
            verdicts[*document as usize] = match verdicts[twin as usize] {
                Verdict::Kept => Verdict::Identical { of: twin },
                near => near,
            };
        }
    }
    Ok(verdicts)
}

fn stop(progress: &dyn Progress) -> Result<()> {
    progress.stop().map_or(Ok(()), |signal| Err(Error::Interrupted(signal)))
}

impl Match {
    fn verdict(self) -> Verdict {
        let count = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        let (shared, union) = (count(self.similarity.part), count(self.similarity.whole));
        Verdict::Near { of: self.of, shared, union }
    }

    fn of(verdict: Verdict) -> Option<Self> {
        let Verdict::Near { of, shared, union } = verdict else { return None };
        Some(Self { of, similarity: Ratio { part: shared.into(), whole: union.into() } })
    }
}

struct Run<'a> {
    judge: Judge<'a>,
    /// Place of each document in the order; the greatest number for those that do not take part.
    rank: Vec<u32>,
    bar: Ratio,
    /// Documents kept in former blocks.
    kept: Finder<'a>,
}

/// A document's own shingle set, read when it is first needed.
struct Own<'s> {
    document: u32,
    judge: &'s Judge<'s>,
    set: RefCell<Option<Arc<Vec<u64>>>>,
    /// Whether it is worth keeping for later.
    cached: bool,
}

impl<'s> Own<'s> {
    fn new(document: u32, judge: &'s Judge<'s>, cached: bool) -> Self {
        Self { document, judge, set: RefCell::new(None), cached }
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
}

impl AsRef<[u64]> for Shared {
    fn as_ref(&self) -> &[u64] {
        &self.0
    }
}

/// A shared set as a slice.
struct Shared(Arc<Vec<u64>>);

impl Run<'_> {
    /// The most similar of the documents kept in former blocks, for each document of a block.
    fn probe(&self, block: &[u32]) -> Result<Vec<Option<Match>>> {
        let probe = |found: &mut Vec<u32>, document: &u32| {
            let own = Own::new(*document, &self.judge, false);
            self.kept.probe(*document, None, || own.get().map(Shared), found)?;
            self.best(&own, found, None)
        };
        block.par_iter().map_init(Vec::new, probe).collect()
    }

    /// Reads, in parallel, the texts that settling will probably compare: it is done one by one and should not wait.
    fn read_ahead(&self, block: &[u32], found: &[Option<Match>], ahead: &mut Finder) -> Result<()> {
        if self.kept.needs_shingles() || rayon::current_num_threads() < 2 {
            return Ok(());
        }
        let nothing = || Ok::<[u64; 0], Error>([]);
        let pending: Vec<u32> = block.iter().zip(found).filter(|p| p.1.is_none()).map(|p| *p.0).collect();
        ahead.clear();
        for document in &pending {
            ahead.insert(*document, Some(&self.kept), nothing)?;
        }
        let read = |found: &mut Vec<u32>, document: &u32| {
            ahead.probe(*document, Some(&self.kept), nothing, found)?;
            let likely = |other: &&u32| {
                **other != *document
                    && matches!(self.judge.guess(*document, **other, self.bar), Guess::Perhaps { .. })
            };
            if found.iter().take(GLANCES).find(likely).is_some() {
                self.judge.sets.get(*document)?;
            }
            Ok(())
        };
        pending.par_iter().map_init(Vec::new, read).collect()
    }

    /// Decides, in order, about the documents of a block that have no match yet.
    fn settle(&mut self, block: &[u32], found: &mut [Option<Match>], inside: &mut Finder) -> Result<()> {
        inside.clear();
        let mut candidates = Vec::new();
        let mut kept = Vec::new();
        for (document, best) in block.iter().zip(found).filter(|p| p.1.is_none()) {
            let own = Own::new(*document, &self.judge, true);
            inside.probe(*document, Some(&self.kept), || own.get().map(Shared), &mut candidates)?;
            *best = self.best(&own, &mut candidates, None)?;
            if best.is_none() {
                inside.insert(*document, Some(&self.kept), || own.get().map(Shared))?;
                kept.push(*document);
            }
        }
        for document in kept {
            let own = Own::new(document, &self.judge, true);
            self.kept.insert(document, None, || own.get().map(Shared))?;
        }
        Ok(())
    }

    /// Replaces matches by better ones among the documents kept in the same block or later.
    fn compare_with_later(
        &self,
        documents: &[u32],
        verdicts: &mut [Verdict],
        progress: &dyn Progress,
    ) -> Result<()> {
        for (n, block) in documents.chunks(BLOCK).enumerate() {
            stop(progress)?;
            let begin = (n * BLOCK) as u32;
            let better = |found: &mut Vec<u32>, document: &u32| {
                let verdict = verdicts[*document as usize];
                let Some(known) = Match::of(verdict) else { return Ok(verdict) };
                let own = Own::new(*document, &self.judge, false);
                self.kept.probe(*document, None, || own.get().map(Shared), found)?;
                found.retain(|other| self.rank[*other as usize] >= begin && *other != known.of);
                let best = self.best(&own, found, Some(known))?;
                Ok(best.map_or(verdict, Match::verdict))
            };
            let better: Vec<Verdict> = block.par_iter().map_init(Vec::new, better).collect::<Result<_>>()?;
            for (document, verdict) in block.iter().zip(better) {
                verdicts[*document as usize] = verdict;
            }
        }
        Ok(())
    }

    /// The best of `known` and the `candidates` that reach the bar.
    fn best(&self, own: &Own, candidates: &mut [u32], known: Option<Match>) -> Result<Option<Match>> {
        let mut best = known;
        let bar = |best: &Option<Match>| best.map_or(self.bar, |b| b.similarity);
        let mut guesses = Vec::new();
        for other in candidates {
            match self.judge.guess(own.document, *other, bar(&best)) {
                Guess::No => {}
                Guess::Exactly(similarity) => self.replace(&mut best, Match { of: *other, similarity }),
                Guess::Perhaps { shared, seen } => guesses.push((*other, shared, seen)),
            }
        }
        // The likeliest first: most of the others then need not be read. Documents in order among equals.
        guesses.sort_by(|a, b| {
            (b.1 * a.2).cmp(&(a.1 * b.2)).then_with(|| self.place(a.0).cmp(&self.place(b.0)))
        });
        for (other, ..) in guesses {
            if matches!(self.judge.guess(own.document, other, bar(&best)), Guess::No) {
                continue;
            }
            let similarity = jaccard(&own.get()?, &self.judge.sets.get(other)?);
            if similarity.at_least(self.bar) {
                self.replace(&mut best, Match { of: other, similarity });
            }
        }
        Ok(best)
    }

    fn place(&self, document: u32) -> u32 {
        self.rank[document as usize]
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
