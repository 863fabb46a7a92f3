//! The digest of a text's normal form: its lower-cased words joined by one space.
//!
//! Invariant: two texts have one digest exactly if they have the same words in the same order (SHA-256 collisions
//! apart). The normal form exists only here and in blocks; no output holds it.

use sha2::{Digest as _, Sha256};

use super::hash::load;
use crate::document::Digest;

/// Bytes gathered before they are hashed.
const BLOCK: usize = 16 << 10;

/// Digest of a text without words.
pub fn empty() -> Digest {
    Sha256::new().finalize().into()
}

/// Joins words and hashes them.
pub(super) struct NormalForm {
    hasher: Sha256,
    block: Vec<u8>,
    filled: usize,
    first: bool,
}

impl NormalForm {
    pub(super) fn new() -> Self {
        Self { hasher: Sha256::new(), block: vec![0; BLOCK + 64], filled: 0, first: true }
    }

    /// Adds the word `buffer[start..start + len]`; at least eight bytes must be there from any place inside.
    #[inline]
    pub(super) fn push(&mut self, buffer: &[u8], start: usize, len: usize) {
        if self.filled + len > BLOCK {
            self.flush();
            if len > BLOCK {
                return self.push_long(&buffer[start..start + len]);
            }
        }
        if !self.first {
            self.block[self.filled] = b' ';
            self.filled += 1;
        }
        self.first = false;
        // Whole pieces: what is copied too much is written over by the next word.
        for offset in (0..len).step_by(8) {
            let to = self.filled + offset;
            self.block[to..to + 8].copy_from_slice(&load(buffer, start + offset).to_le_bytes());
        }
        self.filled += len;
    }

    #[cold]
    fn push_long(&mut self, word: &[u8]) {
        if !self.first {
            self.hasher.update(b" ");
        }
        self.first = false;
        self.hasher.update(word);
    }

    fn flush(&mut self) {
        self.hasher.update(&self.block[..self.filled]);
        self.filled = 0;
    }

    /// The digest of all words so far; starts anew.
    pub(super) fn finish(&mut self) -> Digest {
        self.flush();
        self.first = true;
        self.hasher.finalize_reset().into()
    }
}
