//! The text of markup as plain lines: a block element begins and ends a line, nothing else does.

use super::tokens::{Token, tokens};

/// Elements that stand within a line.
const INLINE: [&str; 41] = [
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font",
    "i", "img", "ins", "kbd", "label", "mark", "nobr", "q", "rb", "rp", "rt", "ruby", "s", "samp", "small",
    "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr", "output", "picture",
];

/// White space of the markup, which is folded; a no-break space is none and stays.
const SPACES: [char; 6] = [' ', '\t', '\n', '\r', '\x0c', '\0'];

/// All text of `html` that a reader sees, one block element a line, white space folded, no empty lines.
pub(super) fn lines(html: &str) -> String {
    let mut out = Lines::default();
    for token in tokens(html) {
        match token {
            Token::Text(text) => out.text(&html_escape::decode_html_entities(text)),
            Token::Open(tag) => out.tag(&tag.name),
            Token::Close(name) => out.tag(&name),
            Token::Hidden(..) => {}
        }
    }
    out.text
}

/// Whether the element `name` stands within a line.
pub(super) fn is_inline(name: &str) -> bool {
    INLINE.contains(&name)
}

/// Lines while they are made.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// Lines so far, the last without its end.
    pub(super) text: String,
    /// What stands before the next word.
    gap: Gap,
}

#[derive(Debug, Default, PartialEq, PartialOrd, Clone, Copy)]
enum Gap {
    #[default]
    None,
    Space,
    Line,
}

impl Lines {
    /// Adds `text`, entities decoded.
    pub(super) fn text(&mut self, text: &str) {
        for part in text.split_inclusive(SPACES) {
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

    /// Notes that an element `name` begins or ends.
    pub(super) fn tag(&mut self, name: &str) {
        match name {
            "td" | "th" if self.gap < Gap::Space => self.gap = Gap::Space,
            "td" | "th" => {}
            _ if is_inline(name) => {}
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
    fn what_no_reader_sees_is_left_out() {
        assert_eq!(lines("<title>t</title><!-- c --><style>s</style>a<script>b</script>\0c"), "a c");
    }
}
