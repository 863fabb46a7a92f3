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

/// Splits `text` into lines; an empty text has none.
pub(super) fn split(text: &[u8]) -> Vec<Line> {
    let mut lines = Vec::with_capacity(16);
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
        return line.split(u8::is_ascii_whitespace).filter(|w| !w.is_empty()).count();
    }
    String::from_utf8_lossy(line).split_whitespace().count()
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
            for line in &lines {
                prop_assert_eq!(line.start, at);
                prop_assert!(line.start <= line.end && line.end <= line.next);
                prop_assert_eq!(line.blank, text[line.content()].trim().is_empty());
                at = line.next;
            }
            prop_assert_eq!(at, text.len());
        }

        #[test]
        fn trimming_agrees_with_the_standard_library(text in "[a \t\u{a0}\u{2003}\u{202f}\u{3000}é]{0,20}") {
            prop_assert_eq!(trimmed_len(text.as_bytes()), text.trim_end().len());
        }
    }
}
