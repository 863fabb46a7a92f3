//! Physical lines to logical lines: paragraphs that were hard-wrapped are joined, so that a line is a paragraph, a
//! heading or an item everywhere.
//!
//! Logical lines are runs of whole physical lines, in order; blank lines belong to none.

use crate::strip::lines::{Line, Lines};

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

/// The shape of each line; `None` for those that are blank.
fn shapes<'t>(text: &'t [u8], lines: &'t Lines) -> impl Iterator<Item = Option<Shape>> + 't {
    lines.iter().map(|line| (!line.blank).then(|| shape(&String::from_utf8_lossy(&text[line.content()]))))
}

/// Whether a line goes on in the next one: the first word of that one would not have fitted there.
fn goes_on(above: &Shape, below: &Shape, width: usize) -> bool {
    above.chars + 1 + below.first_word > width
}

/// The width at which a text is wrapped, if it is.
///
/// That is its longest line of four words, but for one in [`FEW_LONGER`] that may be longer. Text counts as wrapped if
/// at least half of the pairs whose upper line is nearly full go on.
///
/// Shapes are made again for each look at them: a text may hold more lines than there is room for shapes.
pub(in crate::strip) fn width(text: &[u8], lines: &Lines) -> Option<usize> {
    let with_words = shapes(text, lines).flatten().filter(|shape| shape.has_four_words);
    let mut lengths: Vec<u32> = with_words.map(|shape| shape.chars as u32).collect();
    lengths.sort_unstable_by(|a, b| b.cmp(a));
    let width = *lengths.get(lengths.len() / FEW_LONGER)? as usize;
    if !WIDTHS.contains(&width) {
        return None;
    }
    let (mut pairs, mut continued) = (0, 0);
    let mut before: Option<Shape> = None;
    for shape in shapes(text, lines) {
        if let (Some(above), Some(below)) = (before, shape)
            && above.chars * 10 >= width * 7
            && below.after_bullet.is_none()
        {
            pairs += 1;
            continued += usize::from(goes_on(&above, &below, width));
        }
        before = shape;
    }
    (pairs >= LEAST_PAIRS && 2 * continued >= pairs).then_some(width)
}

/// The logical lines of a text that is wrapped at [`width`], if at all, in order: lines that go on at the same indent, or
/// at that of the text after a bullet, are joined.
pub(in crate::strip) fn each(
    text: &[u8],
    lines: &Lines,
    width: Option<usize>,
    mut found: impl FnMut(Logical),
) {
    let Some(width) = width else {
        let mut blank_before = true;
        for i in 0..lines.len() {
            if !lines.is_blank(i) {
                found(Logical { first: i, end: i + 1, blank_before });
            }
            blank_before = lines.is_blank(i);
        }
        return;
    };
    let mut blank_before = true;
    let mut last: Option<Logical> = None;
    let mut before: Option<Shape> = None;
    let mut hanging = None;
    for (i, shape) in shapes(text, lines).enumerate() {
        let Some(shape) = shape else {
            (blank_before, before) = (true, None);
            continue;
        };
        match (&mut last, before) {
            (Some(last), Some(above))
                if shape.after_bullet.is_none()
                    && goes_on(&above, &shape, width)
                    && (shape.indent == above.indent || Some(shape.indent) == hanging) =>
            {
                last.end = i + 1;
            }
            _ => {
                let whole = last.replace(Logical { first: i, end: i + 1, blank_before });
                whole.into_iter().for_each(&mut found);
                blank_before = false;
                hanging = shape.after_bullet;
            }
        }
        before = Some(shape);
    }
    last.into_iter().for_each(found);
}

/// The logical lines of a text.
pub(in crate::strip) fn unwrap(text: &[u8], lines: &Lines) -> Vec<Logical> {
    let mut logical = Vec::with_capacity(lines.len() / 2 + 1);
    each(text, lines, width(text, lines), |line| logical.push(line));
    logical
}

/// Whether it is worth looking for wrapped paragraphs: most texts have a paragraph a line, and too many long ones for any
/// width at which text is wrapped. [`width`] would find none.
pub(in crate::strip) fn may_be_wrapped(text: &[u8], lines: &Lines) -> bool {
    let filled = lines.iter().filter(|line| !line.blank).count();
    if filled <= LEAST_PAIRS {
        return false;
    }
    let too_long = |line: &Line| {
        // A character takes a byte at least.
        !line.blank && line.end - line.start > *WIDTHS.end() && {
            let shape = shape(&String::from_utf8_lossy(&text[line.content()]));
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
            let filled: Vec<usize> = lines.filled().collect();
            prop_assert_eq!(held, filled);
        }
    }
}
