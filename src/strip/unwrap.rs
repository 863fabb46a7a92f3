//! Physical lines to logical lines: paragraphs that were hard-wrapped are joined, so that a line is a paragraph, a
//! heading or an item everywhere.
//!
//! Logical lines are runs of whole physical lines, in order; blank lines belong to none.

use std::borrow::Cow;

use crate::strip::lines::Line;

/// A run of physical lines that is one line of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::strip) struct Logical {
    /// The first physical line.
    pub(in crate::strip) first: usize,
    /// The one after the last.
    pub(in crate::strip) end: usize,
    /// Whether a blank line stands before it, or nothing.
    pub(in crate::strip) blank_before: bool,
}

/// What joining looks at in a physical line.
#[derive(Debug, Clone, Copy)]
struct Shape {
    /// Characters, without white space at the end.
    chars: usize,
    indent: usize,
    /// Characters of the first word.
    first_word: usize,
    /// Where the text after a bullet begins.
    after_bullet: Option<usize>,
    has_four_words: bool,
}

/// Signs that begin an item of a list.
const BULLETS: &str = "*•+o·▪◦●■►▶‣";
/// Widths at which text is wrapped by hand or by a text browser.
const WIDTHS: std::ops::RangeInclusive<usize> = 40..=130;
/// One line of so many may be longer than the width of the page.
const FEW_LONGER: usize = 40;
/// Pairs of lines that must look wrapped.
const LEAST_PAIRS: usize = 5;

fn shape(line: &str) -> Shape {
    let line = line.trim_end();
    let body = line.trim_start();
    let indent = line.chars().count() - body.chars().count();
    let mut chars = body.chars();
    let mut after_bullet = None;
    if chars.next().is_some_and(|c| BULLETS.contains(c)) {
        let gap = chars.take_while(|c| c.is_whitespace()).count();
        after_bullet = (gap > 0).then_some(indent + 1 + gap);
    }
    let mut words = body.split_whitespace();
    let first_word = words.next().map_or(0, |word| word.chars().count());
    Shape {
        chars: line.chars().count(),
        indent,
        first_word,
        after_bullet,
        has_four_words: words.nth(2).is_some(),
    }
}

fn decoded<'t>(text: &'t [u8], line: &Line) -> Cow<'t, str> {
    String::from_utf8_lossy(&text[line.content()])
}

/// The logical lines of a text.
///
/// A line goes on in the next one if the first word of that one would not have fitted there within the width of the page
/// (its longest line of four words, but for one in [`FEW_LONGER`] that may be longer). Text counts as wrapped if that holds for at least half of the pairs whose upper line
/// is nearly full; then lines that go on at the same indent, or at that of the text after a bullet, are joined.
pub(in crate::strip) fn unwrap(text: &[u8], lines: &[Line]) -> Vec<Logical> {
    let shapes: Vec<Option<Shape>> =
        lines.iter().map(|line| (!line.blank).then(|| shape(&decoded(text, line)))).collect();
    let mut lengths: Vec<usize> =
        shapes.iter().flatten().filter(|s| s.has_four_words).map(|s| s.chars).collect();
    lengths.sort_unstable_by(|a, b| b.cmp(a));
    let width = lengths.get(lengths.len() / FEW_LONGER).copied().unwrap_or(0);
    let goes_on = |above: &Shape, below: &Shape| above.chars + 1 + below.first_word > width;
    let (mut pairs, mut continued) = (0, 0);
    if WIDTHS.contains(&width) {
        for pair in shapes.windows(2) {
            if let [Some(above), Some(below)] = pair
                && above.chars * 10 >= width * 7
                && below.after_bullet.is_none()
            {
                pairs += 1;
                continued += usize::from(goes_on(above, below));
            }
        }
    }
    let wrapped = pairs >= LEAST_PAIRS && 2 * continued >= pairs;
    let mut logical: Vec<Logical> = Vec::with_capacity(lines.len() / 2 + 1);
    let mut blank_before = true;
    let mut before: Option<Shape> = None;
    let mut hanging = None;
    for (i, shape) in shapes.iter().enumerate() {
        let Some(shape) = shape else {
            (blank_before, before) = (true, None);
            continue;
        };
        match (logical.last_mut(), before) {
            (Some(last), Some(above))
                if wrapped
                    && shape.after_bullet.is_none()
                    && goes_on(&above, shape)
                    && (shape.indent == above.indent || Some(shape.indent) == hanging) =>
            {
                last.end = i + 1;
            }
            _ => {
                logical.push(Logical { first: i, end: i + 1, blank_before });
                blank_before = false;
                hanging = shape.after_bullet;
            }
        }
        before = Some(*shape);
    }
    logical
}

/// Whether it is worth looking for wrapped paragraphs: most texts have a paragraph a line, and too many long ones for any
/// width at which text is wrapped. [`unwrap`] would leave each line of them alone.
pub(in crate::strip) fn may_be_wrapped(text: &[u8], lines: &[Line]) -> bool {
    let filled = lines.iter().filter(|line| !line.blank).count();
    if filled <= LEAST_PAIRS {
        return false;
    }
    let too_long = |line: &&Line| {
        // A character takes a byte at least.
        !line.blank && line.end - line.start > *WIDTHS.end() && {
            let shape = shape(&decoded(text, line));
            shape.has_four_words && shape.chars > *WIDTHS.end()
        }
    };
    lines.iter().filter(too_long).take(filled / FEW_LONGER + 1).count() <= filled / FEW_LONGER
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strip::lines;
    use proptest::prelude::*;

    fn joined(text: &str) -> Vec<(usize, usize)> {
        unwrap(text.as_bytes(), &lines::split(text.as_bytes())).iter().map(|l| (l.first, l.end)).collect()
    }

    #[test]
    fn hard_wrapped_paragraphs_are_one_line_and_lists_stay_lists() {
        let text = "The ferry that has linked the two islands since\n\
                    the war will stop in the spring because nobody\n\
                    wants to pay for the repair of its old engines\n\
                    which the owners bought from a scrapyard before\n\
                    anyone living there today was even thought of.\n\
                    \n\
                    * Home\n* News from the islands and from the coasts\n  around them all\n\
                    The mayor said that a bridge would be much more\n\
                    useful than a ferry that stands still in winter.\n";
        assert_eq!(joined(text), [(0, 5), (6, 7), (7, 9), (9, 11)]);
    }

    #[test]
    fn paragraphs_that_were_not_wrapped_stay_apart() {
        let text = "One short line of text.\nAnother short line of text.\nA third one.\n";
        assert_eq!(joined(text), [(0, 1), (1, 2), (2, 3)]);
    }

    proptest! {
        #[test]
        fn where_no_paragraph_may_be_wrapped_none_is(
            words in proptest::collection::vec((1usize..60, proptest::sample::select(vec![" ", "\n", "\n\n", "é "])), 0..120)
        ) {
            let text: String = words.iter().map(|(length, end)| format!("{}{end}", "à".repeat(*length))).collect();
            let lines = lines::split(text.as_bytes());
            let logical = unwrap(text.as_bytes(), &lines);
            prop_assert!(may_be_wrapped(text.as_bytes(), &lines) || logical.iter().all(|l| l.end == l.first + 1));
        }

        #[test]
        fn every_line_with_text_is_in_one_logical_line(text in "[ab* \n]{0,300}") {
            let lines = lines::split(text.as_bytes());
            let mut held = Vec::new();
            for logical in unwrap(text.as_bytes(), &lines) {
                prop_assert!(logical.first < logical.end);
                held.extend(logical.first..logical.end);
            }
            let filled: Vec<usize> = (0..lines.len()).filter(|l| !lines[*l].blank).collect();
            prop_assert_eq!(held, filled);
        }
    }
}
