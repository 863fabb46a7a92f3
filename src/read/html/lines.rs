//! The text of markup as plain lines: a block element begins and ends a line, nothing else does.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::bound::is_block;
use super::tokens::{Token, tokens};

/// Elements that stand within a line.
const INLINE: [&str; 41] = [
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font",
    "i", "img", "ins", "kbd", "label", "mark", "nobr", "q", "rb", "rp", "rt", "ruby", "s", "samp", "small",
    "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr", "output", "picture",
];
/// Elements that say something about the page wherever they stand, or show no text.
const SILENT: [&str; 9] = ["meta", "link", "input", "param", "source", "track", "area", "base", "noindex"];
/// Elements that hold text, and no blocks of their own in most pages.
const PHRASING: [&str; 11] = ["p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "dt", "dd", "figcaption"];

/// White space of the markup, which is folded; a no-break space is none and stays. Line and paragraph separators would
/// break lines for some readers and not for others.
const SPACES: [char; 9] = [' ', '\t', '\n', '\r', '\x0c', '\0', '\u{85}', '\u{2028}', '\u{2029}'];
/// Says where a word may be broken.
const SOFT_HYPHEN: char = '\u{ad}';

/// All text of `html` that a reader sees, one block element a line, white space folded, no empty lines.
pub(super) fn lines(html: &str) -> String {
    let mut out = Lines::default();
    for token in tokens(html) {
        match token {
            Token::Text(text) => out.text(&html_escape::decode_html_entities(text)),
            Token::Open(tag) => out.open(&tag.name),
            Token::Close(name) => out.close(&name),
            Token::Hidden(..) => {}
        }
    }
    out.text
}

/// Whether the element `name` stands within a line.
pub(super) fn is_inline(name: &str) -> bool {
    INLINE.contains(&name) || SILENT.contains(&name)
}

/// Whether `name` is an element of no standard: custom, of an agency's or a word processor's markup. In a paragraph browsers show
/// it as text; elsewhere it mostly holds blocks.
pub(super) fn is_stranger(name: &str) -> bool {
    name.contains(['-', ':']) || (!is_inline(name) && !is_block(name))
}

/// Whether the element `name` holds text, and a stranger in it is part of a line.
pub(super) fn is_phrasing(name: &str) -> bool {
    PHRASING.contains(&name)
}

/// `text` without soft hyphens, each character with its accents as one (NFC).
fn composed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || (!text.contains(SOFT_HYPHEN) && is_nfc_quick(text.chars()) == IsNormalized::Yes) {
        return text.into();
    }
    text.chars().filter(|c| *c != SOFT_HYPHEN).nfc().collect::<String>().into()
}

/// Lines while they are made.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// Lines so far, the last without its end.
    pub(super) text: String,
    /// Whether the last block that was opened holds text.
    is_phrase: bool,
    /// What stands before the next word.
    gap: Gap,
}

#[derive(Debug, Default, PartialEq, Eq, PartialOrd, Ord, Clone, Copy)]
enum Gap {
    #[default]
    None,
    Space,
    Line,
}

impl Lines {
    /// Adds `text`, entities decoded.
    pub(super) fn text(&mut self, text: &str) {
        for part in composed(text).split_inclusive(SPACES) {
            let word = part.trim_end_matches(SPACES);
            if !word.is_empty() {
                match self.gap {
                    _ if self.text.is_empty() => {}
                    Gap::None => {}
                    Gap::Space => self.text.push(' '),
                    Gap::Line => self.text.push('\n'),
                }
                self.text.push_str(word);
                self.gap = Gap::None;
            }
            if word.len() < part.len() && self.gap < Gap::Space {
                self.gap = Gap::Space;
            }
        }
    }

    /// Notes that an element `name` begins.
    pub(super) fn open(&mut self, name: &str) {
        self.part(name);
        if !self.is_within(name) {
            self.is_phrase = is_phrasing(name);
        }
    }

    /// Notes that an element `name` ends.
    pub(super) fn close(&mut self, name: &str) {
        self.part(name);
        self.is_phrase &= is_inline(name) || is_stranger(name);
    }

    /// Notes that a line ends here.
    pub(super) fn end_line(&mut self) {
        (self.gap, self.is_phrase) = (Gap::Line, false);
    }

    /// Whether the element `name` stands within the line.
    fn is_within(&self, name: &str) -> bool {
        is_inline(name) || (self.is_phrase && is_stranger(name))
    }

    fn part(&mut self, name: &str) {
        match name {
            "td" | "th" => self.gap = self.gap.max(Gap::Space),
            _ if self.is_within(name) => {}
            _ => self.gap = Gap::Line,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_a_line_and_an_inline_element_none() {
        let html =
            "<h1>A\n title</h1><p>One <b>bo</b>ld&nbsp;word &amp; more,<br>second</p> <ul><li>x<li>y</ul>";
        assert_eq!(lines(html), "A title\nOne bold\u{a0}word & more,\nsecond\nx\ny");
    }

    #[test]
    fn a_row_of_a_table_is_a_line() {
        assert_eq!(lines("<table><tr><td>a</td><td>b</td></tr><tr><td>c</table>"), "a b\nc");
    }

    #[test]
    fn an_element_of_no_standard_is_part_of_a_paragraph() {
        let html = "<p>The <st1:place>old bridge</st1:place> is <noindex>open</noindex> <meta name=x>again</p><x-box>one</x-box>two";
        assert_eq!(lines(html), "The old bridge is open again\none\ntwo");
    }

    #[test]
    fn characters_are_composed_and_nothing_hidden_stands_in_words() {
        assert_eq!(lines("<p>Brü\u{ad}cke cafe\u{301} a\u{2028}b\u{85}c"), "Brücke café a b c");
    }

    #[test]
    fn what_no_reader_sees_is_left_out() {
        assert_eq!(lines("<title>t</title><!-- c --><style>s</style>a<script>b</script>\0c"), "a c");
    }
}
