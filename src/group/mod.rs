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
mod postings;
mod prefix;
#[cfg(test)]
mod tests;

use crate::Result;
use crate::document::Digest;
pub use copies::{CopyOptions, Verdict, kept_set};
pub use excerpts::{Excerpt, excerpts};

/// The documents, as grouping sees them: fingerprints at hand, texts to be read again. Indices are dense, in key order.
pub trait Corpus: Sync {
    /// Number of documents.
    fn len(&self) -> usize;
    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Digest of the normal form of document `index`.
    fn digest(&self, index: usize) -> Digest;
    /// 64-bit simhash of the shingle set.
    fn simhash(&self, index: usize) -> u64;
    /// The smallest shingle hashes, ascending, distinct (see [`crate::fingerprint::sketch`]).
    fn sketch(&self, index: usize) -> &[u64];
    /// Number of distinct shingles.
    fn shingle_count(&self, index: usize) -> u32;
    /// Number of words.
    fn words(&self, index: usize) -> u32;
    /// Reads the text again: its shingle hashes to `into` (the former content is dropped), ascending, distinct. Called
    /// from several threads, for most documents never, for a copy a few times.
    ///
    /// # Errors
    /// Where the text cannot be read any more.
    fn shingles(&self, index: usize, into: &mut Vec<u64>) -> Result<()>;
}
