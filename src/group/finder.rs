//! Finds documents that may be copies of a given one, among those inserted.
//!
//! Invariant: what a probe finds is a function of what was inserted in which order.

use super::hamming::HammingIndex;
use super::postings::Postings;
use super::{Corpus, prefix};
use crate::Result;
use crate::fingerprint::sketch::SMALLEST;
use crate::run::options::Candidates;

/// Sketch hashes, not hot, that a probe looks up. A pair at a similarity of one half shares two thirds of them: that
/// it shares none has a probability of 10⁻⁷.
const PROBED: usize = 16;
/// Sketch hashes, not hot when they come, under which a document stands: twice as many, since the other document may
/// be twice as long (its smallest hashes are then spread thinner) and hashes become hot later.
const INDEXED: usize = 32;

/// An index over documents.
pub(super) enum Finder<'a> {
    Fast { corpus: &'a dyn Corpus, hamming: Box<HammingIndex>, sketches: Postings },
    Exact(prefix::PrefixIndex<'a>),
}

impl<'a> Finder<'a> {
    /// For about `expected` documents.
    pub(super) fn new(
        corpus: &'a dyn Corpus,
        candidates: Candidates,
        distance: u32,
        order: Option<&'a prefix::Rarity>,
        expected: usize,
    ) -> Self {
        match (candidates, order) {
            (Candidates::Exact, Some(order)) => Self::Exact(prefix::PrefixIndex::new(order)),
            _ => Self::Fast {
                corpus,
                hamming: Box::new(HammingIndex::new(distance, expected)),
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

    /// Adds `document`. `shingles`: its set, asked for only where it is needed.
    ///
    /// # Errors
    /// Those of `shingles`.
    pub(super) fn insert<S: AsRef<[u64]>>(
        &mut self,
        document: u32,
        shingles: impl FnOnce() -> Result<S>,
    ) -> Result<()> {
        match self {
            Self::Fast { corpus, hamming, sketches } => {
                hamming.insert(corpus.simhash(document as usize), document);
                let sketch = corpus.sketch(document as usize).iter().take(SMALLEST);
                let mut left = INDEXED;
                for hash in sketch {
                    left -= usize::from(sketches.insert(*hash, document));
                    if left == 0 {
                        break;
                    }
                }
            }
            Self::Exact(index) => index.insert(document, shingles()?.as_ref()),
        }
        Ok(())
    }

    /// Documents that may be copies of `document`, to `found` (former content dropped): ascending, distinct.
    ///
    /// # Errors
    /// Those of `shingles`.
    pub(super) fn probe<S: AsRef<[u64]>>(
        &self,
        document: u32,
        shingles: impl FnOnce() -> Result<S>,
        found: &mut Vec<u32>,
    ) -> Result<()> {
        found.clear();
        match self {
            Self::Fast { corpus, hamming, sketches } => {
                hamming.probe(corpus.simhash(document as usize), found);
                let mut left = PROBED;
                for hash in corpus.sketch(document as usize).iter().take(SMALLEST) {
                    if sketches.is_hot(*hash) {
                        continue;
                    }
                    sketches.documents(*hash, found);
                    left -= 1;
                    if left == 0 {
                        break;
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
