//! From clean text to a digest, a simhash and a sketch, in one pass.

use crate::document::Digest;

/// What grouping knows of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fingerprint {
    /// SHA-256 of the normal form.
    pub digest: Digest,
    /// 64-bit simhash of the shingle set; 0 for a text without words.
    pub simhash: u64,
    /// Number of distinct shingles.
    pub shingles: u32,
    /// Number of words.
    pub words: u32,
    /// Words in lines that end like sentences.
    pub sentence_words: u32,
    /// The smallest shingle hashes, ascending, distinct: at least the `sketch::SMALLEST` smallest of all, and every
    /// one below `sketch::SAMPLED_BELOW`.
    pub sketch: Vec<u64>,
}
