//! Finds documents that may be copies of a given one, among those inserted.
//!
//! Invariant: what a probe finds is a function of what was inserted in which order.

use super::common::Common;
use super::hamming::HammingIndex;
use super::postings::Postings;
use super::subset::Subset;
use super::{Corpus, prefix};
use crate::Result;
use crate::run::options::Threshold;

/// Places of a sketch, but for hot hashes, that are looked at for hashes under which the document stands. Those that
/// others hold too may be hot later, and do not count.
const LOOKED_AT: usize = 32;
/// Documents that may hold a hash that few hold.
const FEW: usize = 16;

/// A hash that two documents hold, and its places in both sketches.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Hit {
    other: u32,
    own: u8,
    at: u8,
}

/// How many hashes the two may share up to the last hit. A hot one may be shared too; what is neither hot nor hit is not.
fn shared(hits: &[Hit], hot: u64) -> usize {
    let last = hits.last().map_or(0, |last| last.own);
    hits.len() + (hot & ((1 << last) - 1)).count_ones() as usize
}

/// How many of the smallest hashes of the union there are up to the last hit.
fn seen(hits: &[Hit], hot: u64) -> usize {
    let both = hits.last().map_or(0, |last| usize::from(last.own) + usize::from(last.at) + 2);
    both.saturating_sub(shared(hits, hot))
}

/// An index over documents.
pub(super) enum Finder<'a> {
    Fast { corpus: &'a dyn Corpus, common: &'a Common, hamming: Box<HammingIndex>, sketches: Postings },
    Exact(prefix::PrefixIndex<'a>),
}

/// What finders need to know of all documents.
pub(super) enum Known {
    Fast(Common),
    Exact(prefix::Rarity, Subset),
}

impl Known {
    /// For certainty: counts the shingles of `documents`.
    ///
    /// # Errors
    /// Where a text cannot be read.
    pub(super) fn exact(corpus: &dyn Corpus, documents: Subset, similarity: Threshold) -> Result<Self> {
        let all: Vec<u32> = documents.iter().map(|document| document as u32).collect();
        Ok(Self::Exact(prefix::Rarity::count(corpus, &all, similarity)?, documents))
    }

    /// Documents that may be copies.
    pub(super) fn documents(&self) -> &Subset {
        match self {
            Self::Fast(common) => common.documents(),
            Self::Exact(_, documents) => documents,
        }
    }
}

impl<'a> Finder<'a> {
    /// For up to `expected` documents. `distance`: simhash radius.
    pub(super) fn new(corpus: &'a dyn Corpus, known: &'a Known, distance: u32, expected: usize) -> Self {
        match known {
            Known::Exact(rarity, _) => Self::Exact(prefix::PrefixIndex::new(rarity)),
            Known::Fast(common) => Self::Fast {
                corpus,
                common,
                hamming: Box::new(HammingIndex::new(distance, expected)),
                sketches: Postings::new(),
            },
        }
    }

    /// Whether a document's shingles are needed to insert and to probe.
    pub(super) fn needs_shingles(&self) -> bool {
        matches!(self, Self::Exact(_))
    }

    /// Bytes that it takes.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Fast { hamming, sketches, .. } => hamming.bytes() + sketches.bytes(),
            Self::Exact(index) => index.bytes(),
        }
    }

    pub(super) fn clear(&mut self) {
        match self {
            Self::Fast { hamming, sketches, .. } => {
                hamming.clear();
                sketches.clear();
            }
            Self::Exact(index) => index.clear(),
        }
    }

    /// Whether `hash` is hot here.
    fn is_hot(&self, hash: u64) -> bool {
        matches!(self, Self::Fast { sketches, .. } if sketches.is_hot(hash))
    }

    /// Adds `document`, one of those that may be copies. `sketch`: its smallest hashes; `shingles`: its set, asked for only where it is needed. What is hot in the `outer` index is so
    /// here too.
    ///
    /// # Errors
    /// Those of `shingles`.
    pub(super) fn insert<S: AsRef<[u64]>>(
        &mut self,
        document: u32,
        sketch: &[u64],
        outer: Option<&Finder>,
        shingles: impl FnOnce() -> Result<S>,
    ) -> Result<()> {
        match self {
            Self::Fast { corpus, common, hamming, sketches } => {
                if common.simhash(document) {
                    hamming.insert(corpus.simhash(document as usize), document);
                }
                let (mut hot, mut indexed) = (0, 0);
                for place in common.hashes(document) {
                    if place - hot >= LOOKED_AT || indexed >= common.indexed() {
                        break;
                    }
                    let above = outer.is_some_and(|outer| outer.is_hot(sketch[place]));
                    match if above { None } else { sketches.insert(sketch[place], document, place) } {
                        None => hot += 1,
                        Some(others) => indexed += usize::from(others < FEW),
                    }
                }
            }
            Self::Exact(index) => index.insert(document, shingles()?.as_ref()),
        }
        Ok(())
    }

    /// Documents that may be copies of `document`, to `found` (former content dropped): ascending, distinct. What is hot
    /// in the `outer` index is so here too.
    ///
    /// # Errors
    /// Those of `shingles`.
    pub(super) fn probe<S: AsRef<[u64]>>(
        &self,
        document: u32,
        sketch: &[u64],
        outer: Option<&Finder>,
        shingles: impl FnOnce() -> Result<S>,
        found: &mut Vec<u32>,
    ) -> Result<()> {
        found.clear();
        match self {
            Self::Fast { corpus, common, hamming, sketches } => {
                if common.simhash(document) {
                    hamming.probe(corpus.simhash(document as usize), found);
                }
                let (mut hits, mut hot) = (Vec::new(), 0u64);
                for place in common.hashes(document) {
                    let hash = sketch[place];
                    if sketches.is_hot(hash) || outer.is_some_and(|outer| outer.is_hot(hash)) {
                        hot |= 1 << place;
                    } else {
                        sketches
                            .each(hash, |other, at| hits.push(Hit { other, own: place as u8, at: at as u8 }));
                    }
                }
                hits.sort_unstable();
                let size = corpus.shingle_count(document as usize);
                let may_be = |hits: &&[Hit]| common.steps().allow(shared(hits, hot), seen(hits, hot), size);
                found.extend(
                    hits.chunk_by(|a, b| a.other == b.other).filter(may_be).map(|hits| hits[0].other),
                );
            }
            Self::Exact(index) => index.probe(shingles()?.as_ref(), found),
        }
        found.sort_unstable();
        found.dedup();
        Ok(())
    }
}
