//! Finds documents that may be copies of a given one, among those inserted.
//!
//! Invariant: what a probe finds is a function of what was inserted in which order.

use super::common::Common;
use super::hamming::HammingIndex;
use super::postings::Postings;
use super::{Corpus, prefix};
use crate::Result;

/// Sketch hashes, not hot, that a probe looks at (and looks up, where they are common at all). A pair at a similarity of one half shares two thirds of them: that
/// it shares none has a probability of 10⁻⁷.
const PROBED: usize = 16;
/// Sketch hashes, not hot when they come, under which a document stands: twice as many, since the other document may
/// be twice as long (its smallest hashes are then spread thinner) and hashes become hot later.
const INDEXED: usize = 32;

/// An index over documents.
pub(super) enum Finder<'a> {
    Fast { corpus: &'a dyn Corpus, common: &'a Common, hamming: Box<HammingIndex>, sketches: Postings },
    Exact(prefix::PrefixIndex<'a>),
}

/// What finders need to know of all documents.
pub(super) enum Known {
    Fast(Common),
    Exact(prefix::Rarity),
}

impl<'a> Finder<'a> {
    /// For about `expected` documents. `distance`: simhash radius.
    pub(super) fn new(corpus: &'a dyn Corpus, known: &'a Known, distance: u32, expected: usize) -> Self {
        match known {
            Known::Exact(rarity) => Self::Exact(prefix::PrefixIndex::new(rarity)),
            Known::Fast(common) => Self::Fast {
                corpus,
                common,
                hamming: Box::new(HammingIndex::new(distance, expected.min(common.with_near_simhash()))),
                sketches: Postings::new(),
            },
        }
    }

    /// Whether a document's shingles are needed to insert and to probe.
    pub(super) fn needs_shingles(&self) -> bool {
        matches!(self, Self::Exact(_))
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

    /// Adds `document`. `shingles`: its set, asked for only where it is needed. What is hot in the `outer` index is so
    /// here too.
    ///
    /// # Errors
    /// Those of `shingles`.
    pub(super) fn insert<S: AsRef<[u64]>>(
        &mut self,
        document: u32,
        outer: Option<&Finder>,
        shingles: impl FnOnce() -> Result<S>,
    ) -> Result<()> {
        match self {
            Self::Fast { corpus, common, hamming, sketches } => {
                if common.simhash(document) {
                    hamming.insert(corpus.simhash(document as usize), document);
                }
                let sketch = corpus.sketch(document as usize);
                let mut hot = 0;
                for place in common.hashes(document) {
                    if place - hot >= INDEXED {
                        break;
                    }
                    let above = outer.is_some_and(|outer| outer.is_hot(sketch[place]));
                    hot += usize::from(above || !sketches.insert(sketch[place], document));
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
                let sketch = corpus.sketch(document as usize);
                let mut hot = 0;
                for place in common.hashes(document) {
                    if place - hot >= PROBED {
                        break;
                    }
                    let hash = sketch[place];
                    if sketches.is_hot(hash) || outer.is_some_and(|outer| outer.is_hot(hash)) {
                        hot += 1;
                    } else {
                        sketches.documents(hash, found);
                    }
                }
            }
            Self::Exact(index) => index.probe(shingles()?.as_ref(), found),
        }
        found.sort_unstable();
        found.dedup();
        Ok(())
    }
}
