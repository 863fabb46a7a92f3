//! Lines of a text: `\n` and `\r\n` end them. Ranges tile the text: every byte is in exactly one line.

use std::ops::Range;

/// One line, by byte offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) start: usize,
    /// End of the content, where the terminator begins.
    pub(super) end: usize,
    /// Start of the next line.
    pub(super) next: usize,
    /// Nothing but white space.
    pub(super) blank: bool,
}

impl Line {
    pub(super) fn content(&self) -> Range<usize> {
        self.start..self.end
    }
}

/// Bytes of a rather short line: room is made for as many.
const LINE: usize = 64;

/// The lines of a text of less than 4 GiB, by number; five bytes each, since there may be as many as bytes.
#[derive(Debug, Default)]
pub(super) struct Lines {
    starts: Vec<u32>,
    kinds: Vec<Kind>,
    /// Length of the text.
    end: u32,
}

/// How a line ends (the two lower bits: bytes of its terminator), and whether it is blank.
#[derive(Debug, Clone, Copy)]
struct Kind(u8);

impl Kind {
    const BLANK: u8 = 4;
}

impl Lines {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    /// Where line `i` begins; the length of the text for the one after the last.
    pub(super) fn start(&self, i: usize) -> usize {
        self.starts.get(i).map_or(self.end, |start| *start) as usize
    }

    /// Whether line `i` holds nothing but white space.
    pub(super) fn is_blank(&self, i: usize) -> bool {
        self.kinds[i].0 & Kind::BLANK != 0
    }

    /// Line `i`.
    pub(super) fn at(&self, i: usize) -> Line {
        let (start, next) = (self.start(i), self.start(i + 1));
        let terminator = usize::from(self.kinds[i].0 & (Kind::BLANK - 1));
        Line { start, end: next - terminator, next, blank: self.is_blank(i) }
    }

    /// Numbers of those that are not blank.
    pub(super) fn filled(&self) -> impl DoubleEndedIterator<Item = usize> + '_ {
        (0..self.len()).filter(|i| !self.is_blank(*i))
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = Line> + '_ {
        (0..self.len()).map(|i| self.at(i))
    }

    fn push(&mut self, line: Line) {
        self.starts.push(line.start as u32);
        let blank = if line.blank { Kind::BLANK } else { 0 };
        self.kinds.push(Kind((line.next - line.end) as u8 | blank));
    }
}

/// Splits `text`, which is shorter than 4 GiB, into lines; an empty text has none.
pub(super) fn split(text: &[u8]) -> Lines {
    let room = 16 + text.len() / LINE;
    let mut lines =
        Lines { starts: Vec::with_capacity(room), kinds: Vec::with_capacity(room), end: text.len() as u32 };
    let mut start = 0;
    for newline in memchr::memchr_iter(b'\n', text) {
        let end = if newline > start && text[newline - 1] == b'\r' { newline - 1 } else { newline };
        lines.push(Line { start, end, next: newline + 1, blank: is_blank(&text[start..end]) });
        start = newline + 1;
    }
    if start < text.len() {
        lines.push(Line { start, end: text.len(), next: text.len(), blank: is_blank(&text[start..]) });
    }
    lines
}

/// Whether `bytes` hold nothing but white space.
pub(super) fn is_blank(bytes: &[u8]) -> bool {
    match bytes.iter().find(|b| !b.is_ascii_whitespace()) {
        None => true,
        Some(b) if b.is_ascii() => false,
        Some(_) => std::str::from_utf8(bytes).is_ok_and(|s| s.trim().is_empty()),
    }
}

/// Length of `line` without white space at its end. Characters that break lines are not counted as white space.
pub(super) fn trimmed_len(line: &[u8]) -> usize {
    let mut end = line.len();
    loop {
        let width = match line[..end] {
            [.., b' ' | b'\t'] => 1,
            [.., 0xC2, 0xA0] => 2,
            // U+1680, U+2000 to U+200A, U+202F, U+205F, U+3000
            [.., 0xE1, 0x9A, 0x80] | [.., 0xE2, 0x80, 0x80..=0x8A | 0xAF] => 3,
            [.., 0xE2, 0x81, 0x9F] | [.., 0xE3, 0x80, 0x80] => 3,
            _ => return end,
        };
        end -= width;
    }
}

/// Number of words, where white space separates words.
pub(super) fn count_words(line: &[u8]) -> usize {
    if line.is_ascii() {
        let after = |(a, b): (&u8, &u8)| u8::from(a.is_ascii_whitespace() & !b.is_ascii_whitespace());
        let followers = line.get(1..).unwrap_or_default();
        // Sums of single bytes over short pieces: many bytes are compared at once.
        let starts =
            line.chunks(255).zip(followers.chunks(255)).map(|(a, b)| a.iter().zip(b).map(after).sum::<u8>());
        return starts.map(usize::from).sum::<usize>()
            + usize::from(line.first().is_some_and(|b| !b.is_ascii_whitespace()));
    }
    let (mut words, mut inside, mut at) = (0, false, 0);
    while let Some(byte) = line.get(at) {
        let space = match byte {
            b' ' | 0x09..=0x0D => 1,
            0xC2 | 0xE1..=0xE3 => space_width(&line[at..]),
            _ => 0,
        };
        words += usize::from(!inside && space == 0);
        inside = space == 0;
        at += space.max(1);
    }
    words
}

/// Whether `line` has more words than `most`; cheaper than counting them where the answer is plain.
pub(super) fn has_more_words_than(line: &[u8], most: usize) -> bool {
    // A word and what separates it from the next take two bytes at least.
    line.len() > 2 * most && count_words(line) > most
}

/// Bytes of the white space beyond ASCII with which `bytes` begin; 0 if there is none.
fn space_width(bytes: &[u8]) -> usize {
    match bytes {
        [0xC2, 0x85 | 0xA0, ..] => 2,
        // U+1680, U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F, U+3000
        [0xE1, 0x9A, 0x80, ..] | [0xE2, 0x80, 0x80..=0x8A | 0xA8 | 0xA9 | 0xAF, ..] => 3,
        [0xE2, 0x81, 0x9F, ..] | [0xE3, 0x80, 0x80, ..] => 3,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn white_space_at_the_end_includes_no_break_spaces_but_no_line_breaks() {
        assert_eq!(trimmed_len("mot \u{a0}\u{202f}\t".as_bytes()), 3);
        assert_eq!(trimmed_len("mot\r".as_bytes()), 4);
        assert_eq!(trimmed_len("\u{3000}".as_bytes()), 0);
        assert_eq!(trimmed_len(b"\xA0"), 1, "a broken byte is no space");
    }

    proptest! {
        #[test]
        fn lines_tile_the_text(text in "[a \r\n\u{a0}]{0,40}") {
            let lines = split(text.as_bytes());
            let mut at = 0;
            for line in lines.iter() {
                prop_assert_eq!(line.start, at);
                prop_assert!(line.start <= line.end && line.end <= line.next);
                prop_assert_eq!(line.blank, text[line.content()].trim().is_empty());
                at = line.next;
            }
            prop_assert_eq!(at, text.len());
        }

        #[test]
        fn words_are_those_of_the_standard_library(
            pieces in proptest::collection::vec(
                proptest::sample::select(vec![
                    &b"a"[..], b" ", b"\t", b"\x0b", b"\x0c", b"\r", b"\x1c", b"\xC2\x85", b"\xC2\xA0", b"\xC2",
                    b"\xE1\x9A\x80", b"\xE2\x80\x83", b"\xE2\x80", b"\xE2\x80\xA9", b"\xE2\x80\xAF", b"\xE2\x81\x9F",
                    b"\xE3\x80\x80", b"\xE3\x80\x81", b"\xE2\x80\x8B", b"\xC3\xA9", b"\xF0", b"\x80",
                ]),
                0..12,
            ),
            most in 0_usize..6,
        ) {
            let line = pieces.concat();
            let words = if line.is_ascii() {
                line.split(u8::is_ascii_whitespace).filter(|w| !w.is_empty()).count()
            } else {
                String::from_utf8_lossy(&line).split_whitespace().count()
            };
            prop_assert_eq!(count_words(&line), words);
            prop_assert_eq!(has_more_words_than(&line, most), words > most);
        }

        #[test]
        fn every_white_space_separates_words(c in proptest::char::any()) {
            let line = format!("é{c}é");
            prop_assert_eq!(count_words(line.as_bytes()), line.split_whitespace().count());
        }

        #[test]
        fn trimming_agrees_with_the_standard_library(text in "[a \t\u{a0}\u{2003}\u{202f}\u{3000}é]{0,20}") {
            prop_assert_eq!(trimmed_len(text.as_bytes()), text.trim_end().len());
        }
    }
}
