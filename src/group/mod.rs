//! Which documents are copies, excerpts, or coverage of the same event.
//!
//! Invariant: what comes out is a function of the documents and their order alone, for any number of threads; every
//! similarity is computed over whole shingle sets and compared in integers.
//!
//! [`copies`] decides which documents are kept, [`mod@excerpts`] which of these stand inside others. Both first find
//! *candidates* and then compare them exactly. Candidates come from [`hamming`] (simhashes within a few bits),
//! `postings` (shared sketch hashes) or, to be certain, `prefix` (rare shingles). What no other document holds (`common`
//! tells) is neither indexed nor looked up: in most corpora that is nearly everything.

mod common;
mod compare;
pub mod copies;
pub mod events;
pub mod excerpts;
mod finder;
pub mod hamming;
mod identical;
mod least;
mod nearest;
mod postings;
mod prefix;
mod subset;
mod tally;
#[cfg(test)]
mod tests;
mod verdicts;

use std::ops::Range;

use crate::Result;
use crate::document::Digest;
pub use copies::{CopyOptions, GENERATION, Verdict, kept_set};
pub use excerpts::{Excerpt, excerpts};
pub use nearest::{Near, nearest};

/// Bytes that a search may hold beside a little for each document. What is found does not depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// Texts and sketches that are compared again and again.
    pub caches: usize,
    /// What documents are found by. A part of it is held whatever this says.
    pub index: usize,
}

impl Default for Memory {
    /// As much as makes a search fast.
    fn default() -> Self {
        Self { caches: 64 << 20, index: usize::MAX }
    }
}

/// The documents, as grouping sees them: numbers at hand, digests and sketches on disk, texts to be read again. Indices
/// are dense, in key order. All of it is called from several threads.
pub trait Corpus: Sync {
    /// Number of documents.
    fn len(&self) -> usize;
    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// 64-bit simhash of the shingle set of document `index`. At hand.
    fn simhash(&self, index: usize) -> u64;
    /// Number of distinct shingles. At hand.
    fn shingle_count(&self, index: usize) -> u32;
    /// Number of words. At hand.
    fn words(&self, index: usize) -> u32;
    /// Reads the digest of the normal form.
    ///
    /// # Errors
    /// Where it cannot be read any more.
    fn digest(&self, index: usize) -> Result<Digest>;
    /// Reads the smallest shingle hashes to `into` (the former content is dropped), ascending, distinct (see
    /// [`crate::fingerprint::sketch`]). About a microsecond.
    ///
    /// # Errors
    /// Where they cannot be read any more.
    fn sketch(&self, index: usize, into: &mut Vec<u64>) -> Result<()>;
    /// Hands the digest of each of `documents` to `each`, with its index, in order. Reads large pieces.
    ///
    /// # Errors
    /// Where they cannot be read any more.
    fn scan_digests(&self, documents: Range<usize>, each: &mut dyn FnMut(usize, &Digest)) -> Result<()>;
    /// Hands the sketch of each of `documents` to `each`, with its index, in order. Reads large pieces.
    ///
    /// # Errors
    /// Where they cannot be read any more.
    fn scan_sketches(&self, documents: Range<usize>, each: &mut dyn FnMut(usize, &[u64])) -> Result<()>;
    /// Reads the text again: its shingle hashes to `into` (the former content is dropped), ascending, distinct. For
    /// most documents never called, for a copy a few times.
    ///
    /// # Errors
    /// Where the text cannot be read any more.
    fn shingles(&self, index: usize, into: &mut Vec<u64>) -> Result<()>;
    /// How many shingles two documents share, where that was counted before: then neither text is read.
    ///
    /// # Errors
    /// Where what it goes by cannot be read any more.
    fn known_shared(&self, _a: usize, _b: usize) -> Result<Option<u32>> {
        Ok(None)
    }
    /// Hears how many shingles two documents share.
    ///
    /// # Errors
    /// As [`Corpus::known_shared`].
    fn note_shared(&self, _a: usize, _b: usize, _shared: u32) -> Result<()> {
        Ok(())
    }
}
