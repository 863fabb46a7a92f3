//! Words of a text: runs of `\w`, lower-cased; in scripts without spaces every character is a word.
//!
//! Invariant: the words are those of the text read as UTF-8 with every broken byte as a separator, and they do not
//! depend on how the text is cut into blocks inside (but that a text without an ASCII separator in a gigabyte is cut
//! there).
//!
//! Three steps over blocks that fit the first-level cache: [`lower`](super::lower::lower) the text, find the
//! [`Places`] of the words, hash them.

use super::chars::{self, Table};
use super::digest::NormalForm;
use super::ends_sentence;
use super::lower::{self, PAD};
use super::simd::Wide;
use super::words::{self, Places};

/// Bytes of text taken at a time.
const BLOCK: usize = 8 << 10;
/// No block is longer.
const GREATEST: usize = 1 << 30;
const SPACE: u8 = b' ';

/// Finds words; keeps its buffers from text to text.
pub(super) struct Tokens {
    table: &'static Table,
    pub(super) wide: Option<Wide>,
    low: Vec<u8>,
    places: Places,
    /// Where lines end, in the block of text and in `low`.
    lines: Vec<(u32, u32)>,
}

impl Tokens {
    /// With vector instructions where there are some.
    pub(super) fn new() -> Self {
        Self { wide: Wide::detect(), ..Self::portable() }
    }

    /// With plain instructions only: the same words.
    pub(super) fn portable() -> Self {
        Self {
            table: chars::table(),
            wide: None,
            low: Vec::new(),
            places: Places::default(),
            lines: Vec::new(),
        }
    }

    /// Adds the hash of each word of `text` to `hashes`, in order, and the words to `normal`. Returns how many words
    /// stand in lines that end like sentences.
    pub(super) fn read(&mut self, text: &[u8], hashes: &mut Vec<u64>, normal: &mut NormalForm) -> usize {
        let (mut at, mut line, mut line_words, mut sentence_words) = (0, 0, hashes.len(), 0);
        while at < text.len() {
            let stop = stop(text, at);
            let (end, lines) = self.lower(text, at, stop, normal);
            match self.wide {
                Some(wide) => wide.find(&mut self.places, normal.written(), end),
                None => self.places.find(&self.low, end),
            }
            for &(line_end, place) in &self.lines[..lines] {
                let words = hashes.len() + self.places.words_to(place as usize);
                let line_end = at + line_end as usize;
                if ends_sentence(&text[line..line_end]) {
                    sentence_words += words - line_words;
                }
                (line, line_words) = (line_end + 1, words);
            }
            let words = self.places.words();
            match self.wide {
                Some(wide) => {
                    wide.hash_words(normal.written(), words, hashes);
                    normal.keep(if words.is_empty() { 0 } else { end + 1 });
                }
                None => {
                    words::hash_words(&self.low, words, hashes);
                    if normal.wanted() {
                        let bytes = words::join(&self.low, words, normal.room(self.low.len()));
                        normal.keep(bytes);
                    }
                }
            }
            at = stop;
        }
        if ends_sentence(&text[line..]) {
            sentence_words += hashes.len() - line_words;
        }
        sentence_words
    }

    /// Lowers `text[at..stop]`; returns the place behind the last word and the number of lines that end.
    fn lower(&mut self, text: &[u8], at: usize, stop: usize, normal: &mut NormalForm) -> (usize, usize) {
        let room = 2 * (stop - at) + 2 * PAD;
        if self.lines.len() < room {
            self.lines.resize(room, (0, 0));
        }
        let text = &text[..text.len().min(stop + PAD)];
        let (text, stop) = (&text[at..], stop - at);
        if let Some(wide) = self.wide {
            return wide.lower(self.table, text, stop, normal.room(room), &mut self.lines);
        }
        if self.low.len() < room {
            self.low.resize(room, SPACE);
        }
        let (low, mut start, mut out, mut lines) = (self.low.as_mut_slice(), 0, 0, 0);
        for end in memchr::memchr_iter(b'\n', &text[..stop]) {
            out = lower::lower(self.table, text, start, end, low, out);
            self.lines[lines] = (end as u32, out as u32);
            lines += 1;
            low[out] = SPACE;
            (start, out) = (end + 1, out + 1);
        }
        out = lower::lower(self.table, text, start, stop, low, out);
        low[out] = SPACE;
        (out, lines)
    }
}

/// The end of the block of `text` that starts at `at`: behind an ASCII separator, or the end of the text.
fn stop(text: &[u8], at: usize) -> usize {
    let separates = |b: &u8| b.is_ascii() && !b.is_ascii_alphanumeric() && *b != b'_';
    let Some(block) = text.get(at..at + BLOCK) else { return text.len() };
    if let Some(last) = block.iter().rposition(separates) {
        return at + last + 1;
    }
    let rest = &text[at + BLOCK..text.len().min(at + GREATEST)];
    let mut stop = rest.iter().position(separates).map_or(rest.len(), |next| next + 1) + at + BLOCK;
    // A character has at most three bytes behind its first.
    while stop < text.len() && stop > at + GREATEST - 4 && text[stop] & 0xc0 == 0x80 {
        stop -= 1;
    }
    stop
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::fingerprint::chars::Class;
    use crate::fingerprint::hash;
    use proptest::prelude::*;
    use sha2::{Digest as _, Sha256};

    /// The slow twin: `String` and `char` methods only.
    pub(in crate::fingerprint) fn slow_words(text: &[u8]) -> Vec<String> {
        let mut words = vec![String::new()];
        for c in String::from_utf8_lossy(text).chars() {
            match chars::class(c) {
                Class::Separator => words.push(String::new()),
                Class::Word => words.last_mut().unwrap().extend(c.to_lowercase().next()),
                Class::Single => words.extend([c.to_string(), String::new()]),
            }
        }
        words.retain(|w| !w.is_empty());
        words
    }

    fn all(text: &[u8]) -> Vec<String> {
        let (mut hashes, mut normal) = (Vec::new(), NormalForm::new(None));
        normal.begin(true);
        let sentence_words = Tokens::portable().read(text, &mut hashes, &mut normal);
        let words = slow_words(text);
        assert_eq!(hashes, words.iter().map(|w| hash::tests::slow_word(w)).collect::<Vec<_>>());
        normal.end();
        let digest = normal.last();
        assert_eq!(digest, <[u8; 32]>::from(Sha256::digest(words.join(" "))));
        // The same with vector instructions, at another place in memory.
        let (moved, mut wide) = ([b"xyz", text].concat(), Vec::new());
        normal.begin(true);
        let wide_words = Tokens::new().read(&moved[3..], &mut wide, &mut normal);
        normal.end();
        assert_eq!((wide, normal.last(), wide_words), (hashes, digest, sentence_words));
        words
    }

    /// Pieces of text of every kind that the tokeniser treats in its own way.
    pub(in crate::fingerprint) fn any_text() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            4 => "[a-zA-Z0-9_]{1,12}".prop_map(String::into_bytes),
            3 => "[ ,.;\n’'-]{1,3}".prop_map(String::into_bytes),
            2 => "[à-žÀ-ŽЀ-яΑ-ωİẞKȺ]{1,9}".prop_map(String::into_bytes),
            1 => "[東京都あアไທကខ𠀀𐐀😀\u{301}\u{200d}]{1,5}".prop_map(String::into_bytes),
            1 => "\\PC{0,8}".prop_map(String::into_bytes),
            1 => proptest::collection::vec(any::<u8>(), 0..6),
        ];
        proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn words_equal_those_of_the_slow_twin(text in any_text()) {
            prop_assert_eq!(all(&text), slow_words(&text));
        }

        #[test]
        fn any_bytes_can_be_read(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(all(&text), slow_words(&text));
        }
    }

    #[test]
    fn every_character_below_65536_is_read_alike_between_letters_and_alone() {
        for c in ('\0'..='\u{ffff}').collect::<Vec<_>>().chunks(64) {
            let mut text = String::new();
            for c in c {
                text += &format!("{c} a{c} {c}b x{c}{c}y");
            }
            all(text.as_bytes());
            all(c.iter().collect::<String>().as_bytes());
        }
    }

    #[test]
    fn every_length_and_offset_is_read_alike() {
        let text = "Le Sommet s’ouvre à Helsinki — «ПУТИН ёж» 東京 ΣΊΣΥΦΟΣ, İẞ\u{200d}x K\u{300}!\nthe_end 9"
            .repeat(4);
        for start in 0..70 {
            for len in 0..200 {
                all(&text.as_bytes()[start..start + len]);
            }
        }
    }

    #[test]
    fn a_broken_byte_separates() {
        assert_eq!(all(b"caf\xc3 noir\xe2\x80x"), ["caf", "noir", "x"]);
        assert_eq!(all(b"a\xc0\x80b\xed\xa0\x80c\xf0\x80\x80\x80d\xf5e"), ["a", "b", "c", "d", "e"]);
    }

    #[test]
    fn blocks_do_not_show() {
        for size in [BLOCK - 9, BLOCK - 1, BLOCK, BLOCK + 1, 5 * BLOCK + 3] {
            let long = "é".repeat(size / 2) + "x " + &"語a".repeat(size / 4) + " Fin";
            assert_eq!(all(long.as_bytes()), slow_words(long.as_bytes()));
        }
    }
}
