//! The digest of a text's normal form: its lower-cased words joined by one space.
//!
//! Invariant: two texts have one digest exactly if they have the same words in the same order (SHA-256 collisions
//! apart). The normal form exists only here and in blocks; no output holds it.

use sha2::{Digest as _, Sha256};

use crate::document::Digest;

/// Digest of a text without words.
pub fn empty() -> Digest {
    Sha256::new().finalize().into()
}

/// Hashes words that come with a space behind each: the last space is held back.
#[derive(Default)]
pub(super) struct NormalForm {
    hasher: Sha256,
    open: bool,
}

impl NormalForm {
    /// Adds some words, each with a space behind it.
    pub(super) fn push(&mut self, words: &[u8]) {
        if let Some((_, without_last)) = words.split_last() {
            if self.open {
                self.hasher.update(b" ");
            }
            self.hasher.update(without_last);
            self.open = true;
        }
    }

    /// The digest of all words so far; starts anew.
    pub(super) fn finish(&mut self) -> Digest {
        self.open = false;
        self.hasher.finalize_reset().into()
    }
}
