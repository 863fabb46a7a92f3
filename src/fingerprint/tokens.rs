//! Words of a text: runs of `\w`, lower-cased; in scripts without spaces every character is a word.
//!
//! Invariant: the words are those of the text read as UTF-8 with every broken byte as a separator, and they do not
//! depend on how the text is cut into blocks inside.
//!
//! Two steps over blocks that fit the first-level cache. *Lowering* copies the text with each separator as one space:
//! eight ASCII bytes at a time by arithmetic inside a 64-bit word, other characters by [`chars::table`]. *Walking*
//! then finds the ends of words eight bytes at a time.

use super::chars::{self, Class, Table};
use super::hash::load;

/// Bytes of text lowered at a time.
const BLOCK: usize = 16 << 10;
/// Room behind the lowered bytes, so that eight bytes can be read and written at any of their places.
const PAD: usize = 32;
const SPACE: u8 = b' ';
const HIGH: u64 = 0x8080_8080_8080_8080;
const ONES: u64 = 0x0101_0101_0101_0101;

/// Finds words; keeps its buffer from text to text.
pub(super) struct Tokens {
    table: &'static Table,
    low: Vec<u8>,
}

impl Tokens {
    pub(super) fn new() -> Self {
        Self { table: chars::table(), low: Vec::new() }
    }

    /// Calls `word(buffer, start, len)` for each word of `text`, in order. At least eight bytes of the buffer may be
    /// read from any place inside the word; those after the word mean nothing.
    #[inline]
    pub(super) fn each(&mut self, text: &[u8], mut word: impl FnMut(&[u8], usize, usize)) {
        let (mut at, mut held) = (0, 0);
        while at < text.len() {
            // A word longer than a block is scanned again with its next part: growing parts keep that linear.
            let stop = text.len().min(at + BLOCK.max(held));
            // A character grows at most from 3 bytes to 5 (a space on either side), or from 2 to 3.
            let room = held + 2 * (stop - at) + PAD;
            if self.low.len() < room {
                self.low.resize(room, SPACE);
            }
            let end;
            (at, end) = lower(self.table, text, at, stop, &mut self.low, held);
            if let Some(pad) = self.low.get_mut(end..end + 8) {
                pad.fill(SPACE);
            }
            let whole = at >= text.len();
            let mut start = 0;
            loop {
                while start < end && self.low[start] == SPACE {
                    start += 1;
                }
                if start >= end {
                    break;
                }
                let after = word_end(&self.low, start);
                if after >= end && !whole {
                    break;
                }
                word(&self.low, start, after - start);
                start = after;
            }
            held = end - start;
            self.low.copy_within(start..end, 0);
        }
    }
}

/// Where the word that begins at `start` ends; a space stands behind it.
#[inline]
fn word_end(low: &[u8], start: usize) -> usize {
    let mut at = start;
    loop {
        let other = load(low, at) ^ (ONES * SPACE as u64);
        // High bit set in each byte that is no space; no carry leaves a byte.
        let words = (((other & !HIGH) + !HIGH) | other) & HIGH;
        let spaces = words ^ HIGH;
        if spaces != 0 {
            return at + (spaces.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
}

/// Lowers `text[at..stop]` (and to the end of the character at `stop`) to `low[out..]`; returns the places behind what
/// was read and written.
#[inline]
fn lower(
    table: &Table,
    text: &[u8],
    mut at: usize,
    stop: usize,
    low: &mut [u8],
    mut out: usize,
) -> (usize, usize) {
    while at < stop {
        let (bytes, here) = match text.get(at..at + 8) {
            Some(slice) => (load(slice, 0), 8),
            None => {
                let mut rest = [SPACE; 8];
                let left = text.len() - at;
                rest[..left].copy_from_slice(&text[at..]);
                (u64::from_le_bytes(rest), left)
            }
        };
        low[out..out + 8].copy_from_slice(&lower_ascii(bytes & !HIGH).to_le_bytes());
        if bytes & HIGH == 0 {
            at += here;
            out += here;
            continue;
        }
        let ascii = ((bytes & HIGH).trailing_zeros() / 8) as usize;
        at += ascii;
        out += ascii;
        while at < text.len() && text[at] >= 0x80 && at < stop {
            (at, out) = lower_other(table, text, at, low, out);
        }
    }
    (at, out)
}

/// Lower-cases eight ASCII bytes, spaces in the place of separators.
#[inline]
fn lower_ascii(x: u64) -> u64 {
    // High bit set in each byte that is at least `first`: bytes are below 128, so no sum leaves its byte.
    let from = |x: u64, first: u8| x + ONES * u64::from(128 - first);
    let between = |x: u64, first: u8, last: u8| from(x, first) & !from(x, last + 1) & HIGH;
    let x = x | between(x, b'A', b'Z') >> 2;
    let word = between(x, b'a', b'z') | between(x, b'0', b'9') | between(x, b'_', b'_');
    let mask = (word >> 7) * 0xff;
    x & mask | (ONES * SPACE as u64) & !mask
}

/// Lowers the character at `at`, which is not ASCII, or passes over one broken byte.
#[inline]
fn lower_other(table: &Table, text: &[u8], at: usize, low: &mut [u8], out: usize) -> (usize, usize) {
    let tail =
        |i: usize| text.get(at + i).map(|b| u32::from(*b)).filter(|b| b & 0xc0 == 0x80).map(|b| b & 0x3f);
    let first = u32::from(text[at]);
    let (code, len) = match (first, tail(1)) {
        (0xc2..=0xdf, Some(b)) => ((first & 0x1f) << 6 | b, 2),
        (0xe0..=0xef, Some(b)) => match tail(2) {
            Some(c) => ((first & 0xf) << 12 | b << 6 | c, 3),
            None => (0, 1),
        },
        (0xf0..=0xf4, Some(b)) => match (tail(2), tail(3)) {
            (Some(c), Some(d)) => ((first & 7) << 18 | b << 12 | c << 6 | d, 4),
            _ => (0, 1),
        },
        _ => (0, 1),
    };
    // Overlong forms: what fits fewer bytes is broken.
    let code = if len > 2 && code < [0x800, 0x1_0000][len - 3] { 0 } else { code };
    let Some(entry) = table.get(code as usize) else { return lower_rare(text, at, code, low, out) };
    if code == 0 || code & 0xf800 == 0xd800 {
        low[out] = SPACE;
        return (at + 1, out + 1);
    }
    if entry.is_single() {
        let spaced = u64::from(entry.bytes()) << 8 | 0x20 | 0x20 << (8 * entry.len() + 8);
        low[out..out + 8].copy_from_slice(&spaced.to_le_bytes());
        return (at + len, out + entry.len() + 2);
    }
    low[out..out + 4].copy_from_slice(&entry.bytes().to_le_bytes());
    (at + len, out + entry.len())
}

/// The same for four-byte forms.
#[cold]
fn lower_rare(text: &[u8], at: usize, code: u32, low: &mut [u8], mut out: usize) -> (usize, usize) {
    let Some(c) = char::from_u32(code) else {
        low[out] = SPACE;
        return (at + 1, out + 1);
    };
    debug_assert_eq!(text.get(at..at + 4).map(std::str::from_utf8).map(|r| r.is_ok()), Some(true));
    let class = chars::class(c);
    if class != Class::Word {
        low[out] = SPACE;
        out += 1;
    }
    if class != Class::Separator {
        out += chars::lower(c).encode_utf8(&mut low[out..]).len();
    }
    if class == Class::Single {
        low[out] = SPACE;
        out += 1;
    }
    (at + 4, out)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

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

    fn words(text: &[u8]) -> Vec<String> {
        let mut all = Vec::new();
        Tokens::new().each(text, |low, start, len| {
            assert!(low.len() >= start + len + 8);
            all.push(String::from_utf8(low[start..start + len].to_vec()).unwrap());
        });
        all
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
            prop_assert_eq!(words(&text), slow_words(&text));
        }

        #[test]
        fn any_bytes_can_be_read(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(words(&text), slow_words(&text));
        }
    }

    #[test]
    fn a_broken_byte_separates() {
        assert_eq!(words(b"caf\xc3 noir\xe2\x80x"), ["caf", "noir", "x"]);
        assert_eq!(words(b"a\xc0\x80b\xed\xa0\x80c\xf0\x80\x80\x80d\xf5e"), ["a", "b", "c", "d", "e"]);
    }

    #[test]
    fn blocks_do_not_show() {
        for size in [BLOCK - 9, BLOCK - 1, BLOCK, BLOCK + 1, 5 * BLOCK + 3] {
            let long = "é".repeat(size / 2) + "x " + &"語a".repeat(size / 4) + " Fin";
            assert_eq!(words(long.as_bytes()), slow_words(long.as_bytes()));
        }
    }
}
