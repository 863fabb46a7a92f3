//! Layout: white space at line ends, empty lines at both ends of a document, and runs of empty lines that a cut made
//! longer. Never the terminator of a line that stays, never indent.

use super::lines::{Line, Lines, trimmed_len};
use super::ruleset::{EDGE_BLANK, LONGER_BLANK, TRAILING_SPACE};
use crate::document::Cut;

/// What other rules left of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    /// Something to read.
    Text,
    /// It was empty before.
    Blank,
    /// A cut took it whole, terminator included.
    Nothing,
    /// Cuts inside it left only white space.
    Emptied,
}

/// Cuts for layout, beside those that made `left` (one entry a line). Sorted; they never overlap one another. A run of
/// empty lines is one cut.
pub(super) fn cuts(text: &[u8], lines: &Lines, left: &[Left]) -> Vec<Cut> {
    let mut cuts: Vec<Cut> = Vec::new();
    let first = left.iter().position(|l| *l == Left::Text).unwrap_or(lines.len());
    let last = left.iter().rposition(|l| *l == Left::Text).unwrap_or(0);
    let mut i = 0;
    while i < lines.len() {
        if left[i] == Left::Text {
            trailing_space(text, &lines.at(i), &mut cuts);
            i += 1;
            continue;
        }
        let until = (i..lines.len()).find(|j| left[*j] == Left::Text).unwrap_or(lines.len());
        let gap = i..until;
        i = until;
        let edge = gap.start < first || gap.start > last;
        let keep = if edge { None } else { run_that_stays(&left[gap.clone()], gap.start) };
        let rule = if edge { EDGE_BLANK } else { LONGER_BLANK };
        for j in gap {
            let line = lines.at(j);
            match left[j] {
                Left::Blank if keep.as_ref().is_some_and(|k| k.contains(&j)) => {
                    trailing_space(text, &line, &mut cuts);
                }
                Left::Blank | Left::Emptied => match cuts.last_mut() {
                    Some(last) if last.end == line.start && last.rule == rule => last.end = line.next,
                    _ => cuts.push(Cut { start: line.start, end: line.next, rule }),
                },
                Left::Text | Left::Nothing => {}
            }
        }
    }
    cuts
}

/// Adds the white space at the end of `line`, if there is any.
fn trailing_space(text: &[u8], line: &Line, cuts: &mut Vec<Cut>) {
    let start = line.start + trimmed_len(&text[line.content()]);
    if start < line.end {
        cuts.push(Cut { start, end: line.end, rule: TRAILING_SPACE });
    }
}

/// Of the runs of blank lines in a gap, the one that stays: all of them if no cut stands between, else the longest
/// (the first of equals), so that no run is longer than one that was there before.
fn run_that_stays(gap: &[Left], offset: usize) -> Option<std::ops::Range<usize>> {
    let mut best: Option<std::ops::Range<usize>> = None;
    let mut at = 0;
    for run in gap.chunk_by(|a, b| (*a == Left::Blank) == (*b == Left::Blank)) {
        let range = offset + at..offset + at + run.len();
        at += run.len();
        if run[0] == Left::Blank && best.as_ref().is_none_or(|b| b.len() < range.len()) {
            best = Some(range);
        }
    }
    best
}
