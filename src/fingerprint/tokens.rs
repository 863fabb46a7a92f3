//! Words of a text: runs of `\w`, lower-cased; in scripts without spaces every character is a word.
//!
//! Invariant: the words are those of the text read as UTF-8 with every broken byte as a separator, and they do not
//! depend on how the text is cut into blocks inside.
//!
//! Two steps over blocks that fit the first-level cache. *Lowering* copies the text with each separator as one space:
//! eight ASCII bytes at a time by arithmetic inside a 64-bit word, other characters by [`chars::table`]. *Walking*
//! then finds the ends of words eight bytes at a time.

use super::chars::{self, Class, Table};
use super::hash::{self, load};

/// Bytes of text lowered at a time.
const BLOCK: usize = 16 << 10;
/// Room behind the lowered bytes, so that eight bytes can be read and written at any of their places.
const PAD: usize = 32;
const SPACE: u8 = b' ';
const HIGH: u64 = 0x8080_8080_8080_8080;
const ONES: u64 = 0x0101_0101_0101_0101;

/// Finds words; keeps its buffers from text to text.
pub(super) struct Tokens {
    table: &'static Table,
    low: Vec<u8>,
    /// Words seen, each with a space behind it: `joined[..filled]`.
    joined: Vec<u8>,
    filled: usize,
}

impl Tokens {
    pub(super) fn new() -> Self {
        Self { table: chars::table(), low: Vec::new(), joined: Vec::new(), filled: 0 }
    }

    /// Calls `word(hash)` for each word of `text`, in order, and `joined` with the words themselves, each with a space
    /// behind it, now and then; what was not yet handed over is in [`Self::take_joined`].
    #[inline]
    pub(super) fn each(&mut self, text: &[u8], mut word: impl FnMut(u64), mut joined: impl FnMut(&[u8])) {
        let (mut at, mut held) = (0, 0);
        while at < text.len() {
            // A word longer than a block is scanned again with its next part: growing parts keep that linear.
            let stop = text.len().min(at + BLOCK.max(held));
            // A character grows at most from 3 bytes to 5 (a space on either side), or from 2 to 3.
            let room = held + 2 * (stop - at) + PAD;
            if self.low.len() < room {
                self.low.resize(room, SPACE);
            }
            if self.joined.len() < self.filled + room {
                self.joined.resize(self.filled + room, SPACE);
            }
            let end;
            (at, end) = lower(self.table, text, at, stop, &mut self.low, held);
            // Spaces end the last word; the word behind them ends the search for a next one.
            if let Some(pad) = self.low.get_mut(end..end + 16) {
                pad.copy_from_slice(b"        xxxxxxxx");
            }
            held = self.walk(end, at >= text.len(), &mut word);
            if self.filled >= BLOCK {
                joined(self.take_joined());
            }
        }
    }

    /// Words of `low[..end]`; the last one only if it is `whole`, else it is brought to the front. Returns its length.
    #[inline]
    fn walk(&mut self, end: usize, whole: bool, word: &mut impl FnMut(u64)) -> usize {
        let (low, joined) = (self.low.as_slice(), self.joined.as_mut_slice());
        let mut filled = self.filled;
        let mut at = 0;
        let start = loop {
            // One step over what separates: a loop over single spaces would be mispredicted at every comma.
            loop {
                let words = words(load(low, at));
                if words != 0 {
                    at += (words.trailing_zeros() / 8) as usize;
                    break;
                }
                at += 8;
            }
            let start = at;
            if start >= end {
                break end;
            }
            let (mut hash, mut out) = (hash::SEED, filled);
            loop {
                let piece = load(low, at);
                let spaces = words(piece) ^ HIGH;
                joined[out..out + 8].copy_from_slice(&piece.to_le_bytes());
                if spaces != 0 {
                    let bits = spaces.trailing_zeros() & 0x38;
                    hash = hash::fold(hash, piece & !(u64::MAX << bits));
                    at += (bits / 8) as usize;
                    out += (bits / 8) as usize;
                    break;
                }
                hash = hash::fold(hash, piece);
                at += 8;
                out += 8;
            }
            if at >= end && !whole {
                break start;
            }
            joined[out] = SPACE;
            filled = out + 1;
            word(hash);
        };
        self.filled = filled;
        self.low.copy_within(start..end, 0);
        end - start
    }

    /// The words since the last time, each with a space behind it.
    pub(super) fn take_joined(&mut self) -> &[u8] {
        let filled = std::mem::take(&mut self.filled);
        &self.joined[..filled]
    }
}

/// High bit set in each byte that is no space.
#[inline]
fn words(piece: u64) -> u64 {
    let other = piece ^ (ONES * SPACE as u64);
    // The sum is of seven bits a byte: no carry leaves one.
    (((other & !HIGH) + !HIGH) | other) & HIGH
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

    fn all(text: &[u8]) -> Vec<String> {
        let (mut tokens, mut all, mut hashes) = (Tokens::new(), Vec::new(), Vec::new());
        tokens.each(text, |hash| hashes.push(hash), |joined| all.extend_from_slice(joined));
        all.extend_from_slice(tokens.take_joined());
        let words: Vec<String> =
            all.split(|b| *b == b' ').map(|w| String::from_utf8(w.to_vec()).unwrap()).collect();
        let words: Vec<String> = words.into_iter().filter(|w| !w.is_empty()).collect();
        assert_eq!(hashes, words.iter().map(|w| hash::tests::slow_word(w)).collect::<Vec<_>>());
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
