//! From clean text to a digest, a simhash and a sketch, in one pass.
//!
//! Invariant: a fingerprint is a function of the text's words and line ends and of the shingle size; nothing of what
//! came before in a reused [`Fingerprinter`] shows.
//!
//! Words (`tokens`) are hashed once (`hash`); a window rolls over the word hashes, and the hashes of the windows,
//! as a set (`shingles`), give the [`simhash`] and the [`sketch`]. The words themselves go to the [`digest`].
//!
//! There are two tiers, chosen at run time: `simd` for x86-64 with AVX-512 and VBMI2, and the portable code for all other
//! machines, ARM with NEON among them. The portable code built for AVX2 and BMI2 was only 3 to 11 % faster than for any
//! x86-64, so there is no tier between.

mod chars;
pub mod digest;
mod hash;
mod lower;
mod sentence;
mod shingles;
#[cfg(target_arch = "x86_64")]
mod simd;
#[cfg(not(target_arch = "x86_64"))]
#[path = "no_simd.rs"]
mod simd;
pub mod simhash;
pub mod sketch;
mod spread;
mod tokens;
mod words;

use crate::document::Digest;
pub use hash::HASHER;
pub use sentence::ends_sentence;

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

/// Makes fingerprints; keeps its buffers from text to text. One a thread.
///
/// ```
/// let mut fingerprinter = tamis::fingerprint::Fingerprinter::new(3);
/// let one = fingerprinter.fingerprint("Le Sommet s’ouvre à Helsinki.".as_bytes());
/// let two = fingerprinter.fingerprint("le sommet s'ouvre, à HELSINKI".as_bytes());
/// assert_eq!((one.words, one.shingles, one.sentence_words), (6, 4, 6));
/// assert_eq!((one.digest, one.simhash), (two.digest, two.simhash));
/// ```
pub struct Fingerprinter {
    tokens: tokens::Tokens,
    shingle: usize,
    normal: digest::NormalForm,
    distinct: shingles::Distinct,
    sketcher: sketch::Sketcher,
    hashes: Vec<u64>,
}

impl Fingerprinter {
    /// With windows of `shingle` words, brought into 1..=16.
    pub fn new(shingle: usize) -> Self {
        let normal = digest::NormalForm::new(simd::Chains::detect());
        Self { tokens: tokens::Tokens::new(), normal, ..Self::portable(shingle) }
    }

    /// Without vector instructions: the same fingerprints, for comparison.
    pub fn portable(shingle: usize) -> Self {
        Self {
            tokens: tokens::Tokens::portable(),
            shingle: shingle.clamp(1, 16),
            normal: digest::NormalForm::new(None),
            distinct: shingles::Distinct::default(),
            sketcher: sketch::Sketcher::default(),
            hashes: Vec::new(),
        }
    }

    /// The fingerprint of `text`, which is usually UTF-8; bytes that are not separate words. Counts stop at the
    /// greatest `u32`.
    pub fn fingerprint(&mut self, text: &[u8]) -> Fingerprint {
        let mut print = self.digest_later(text);
        print.digest = self.normal.last();
        print
    }

    /// The same but for the digest, which stays all zeros until [`digests`](Self::digests) gives it: several digests
    /// together take half the time. At most some hundred KiB wait.
    ///
    /// ```
    /// let mut fingerprinter = tamis::fingerprint::Fingerprinter::new(3);
    /// let mut prints = ["one", "two"].map(|text| fingerprinter.digest_later(text.as_bytes()));
    /// for (print, digest) in prints.iter_mut().zip(fingerprinter.digests()) {
    ///     print.digest = digest;
    /// }
    /// assert_eq!(prints[1], fingerprinter.fingerprint(b"two"));
    /// ```
    pub fn digest_later(&mut self, text: &[u8]) -> Fingerprint {
        let print = self.read(text, true);
        self.normal.end();
        print
    }

    /// The digests of the texts given to [`digest_later`](Self::digest_later) since the last call, in order.
    pub fn digests(&mut self) -> Vec<Digest> {
        self.normal.all()
    }

    /// The fingerprint but for the digest, which stays all zeros.
    pub fn without_digest(&mut self, text: &[u8]) -> Fingerprint {
        self.read(text, false)
    }

    fn read(&mut self, text: &[u8], digest: bool) -> Fingerprint {
        self.normal.begin(digest);
        self.hashes.clear();
        let sentence_words = self.tokens.read(text, &mut self.hashes, &mut self.normal);
        let words = self.hashes.len();
        set(self.tokens.wide, self.shingle, &mut self.distinct, &mut self.hashes);
        let (simhash, sketch) = match self.tokens.wide {
            Some(wide) => (wide.simhash(&self.hashes), wide.sketch(&mut self.sketcher, &self.hashes)),
            None => (simhash::simhash(&self.hashes), self.sketcher.sketch(&self.hashes)),
        };
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Fingerprint {
            digest: Digest::default(),
            simhash,
            shingles: count(self.hashes.len()),
            words: count(words),
            sentence_words: count(sentence_words),
            sketch,
        }
    }

    /// The shingle hashes of `text` to `into` (its former content is dropped): ascending, distinct.
    pub fn shingles(&mut self, text: &[u8], into: &mut Vec<u64>) {
        into.clear();
        self.normal.begin(false);
        self.tokens.read(text, into, &mut self.normal);
        set(self.tokens.wide, self.shingle, &mut self.distinct, into);
        into.sort_unstable();
    }
}

/// Makes the set of shingle hashes, in any order, of the hashes of words.
fn set(wide: Option<simd::Wide>, shingle: usize, distinct: &mut shingles::Distinct, hashes: &mut Vec<u64>) {
    match wide {
        Some(wide) => {
            wide.windows(hashes, shingle);
            wide.retain(distinct, hashes);
        }
        None => {
            hash::windows(hashes, shingle);
            distinct.retain(hashes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sha2::{Digest as _, Sha256};
    use std::collections::BTreeSet;

    /// The slow twin, from words as `String`s.
    fn slow(text: &[u8], shingle: usize) -> (Fingerprint, Vec<u64>) {
        let words = tokens::tests::slow_words(text);
        let set: BTreeSet<u64> = if words.len() < shingle && !words.is_empty() {
            [hash::tests::slow_window(&words)].into()
        } else {
            words.windows(shingle).map(hash::tests::slow_window).collect()
        };
        let all: Vec<u64> = set.into_iter().collect();
        let bit = |i: usize| 2 * all.iter().filter(|h| **h >> i & 1 == 1).count() > all.len();
        let lines = text.split(|b| *b == b'\n').filter(|l| ends_sentence(l));
        let fingerprint = Fingerprint {
            digest: Sha256::digest(words.join(" ")).into(),
            simhash: (0..64).map(|i| u64::from(bit(i)) << i).sum(),
            shingles: all.len() as u32,
            words: words.len() as u32,
            sentence_words: lines.map(|l| tokens::tests::slow_words(l).len() as u32).sum(),
            sketch: sketch::sketch(&all),
        };
        (fingerprint, all)
    }

    proptest! {
        #[test]
        fn a_fingerprint_equals_that_of_the_slow_twin(
            texts in proptest::collection::vec(tokens::tests::any_text(), 1..4), shingle in 1usize..=16
        ) {
            for mut fingerprinter in [Fingerprinter::portable(shingle), Fingerprinter::new(shingle)] {
                let mut shingles = vec![7];
                for text in &texts {
                    let (mut want, all) = slow(text, shingle);
                    prop_assert_eq!(&fingerprinter.fingerprint(text), &want);
                    want.digest = Digest::default();
                    prop_assert_eq!(fingerprinter.without_digest(text), want);
                    fingerprinter.shingles(text, &mut shingles);
                    prop_assert_eq!(&shingles, &all);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn digests_given_later_are_those_given_at_once_in_order(
            texts in proptest::collection::vec((tokens::tests::any_text(), 0..4), 0..12)
        ) {
            for mut fingerprinter in [Fingerprinter::portable(3), Fingerprinter::new(3)] {
                let mut later = Vec::new();
                for (text, between) in &texts {
                    match between {
                        0 => drop(fingerprinter.without_digest(text)),
                        1 => drop(fingerprinter.fingerprint(text)),
                        2 => fingerprinter.shingles(text, &mut Vec::new()),
                        _ => {}
                    }
                    later.push(fingerprinter.digest_later(text));
                }
                let digests = fingerprinter.digests();
                prop_assert_eq!(digests.len(), texts.len());
                for (print, digest) in later.iter_mut().zip(digests) {
                    print.digest = digest;
                }
                let at_once: Vec<_> = texts.iter().map(|(text, _)| fingerprinter.fingerprint(text)).collect();
                prop_assert_eq!(later, at_once);
                prop_assert!(fingerprinter.digests().is_empty());
            }
        }
    }

    #[test]
    fn a_text_without_words_has_simhash_zero_and_the_empty_digest() {
        for text in ["", " \n", "…—!", "\u{feff}"] {
            let print = Fingerprinter::new(5).fingerprint(text.as_bytes());
            assert_eq!(print, Fingerprint { digest: digest::empty(), ..Fingerprint::default() });
        }
    }

    #[test]
    fn a_text_shorter_than_a_window_has_one_shingle() {
        let mut fingerprinter = Fingerprinter::new(5);
        assert_eq!(fingerprinter.fingerprint(b"one two").shingles, 1);
        assert_ne!(fingerprinter.fingerprint(b"one two").simhash, fingerprinter.fingerprint(b"one").simhash);
    }

    #[test]
    fn a_long_text_equals_its_slow_twin() {
        let mut text = String::new();
        for n in 0..60_000u32 {
            text += &format!("{} Été{}{}", n * n % 9001, n % 7, if n % 11 == 0 { ".\n" } else { " " });
        }
        text += &"x".repeat(40_000);
        text += &"東京の、都あ12 ".repeat(500);
        for len in [400, 9_000, 120_000, text.len()] {
            let text = &text.as_bytes()[..len];
            let want = slow(text, 4).0;
            assert_eq!(Fingerprinter::new(4).fingerprint(text), want);
            assert_eq!(Fingerprinter::portable(4).fingerprint(text), want);
        }
    }
}
