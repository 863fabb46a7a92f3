//! From what was decided of lines and spans to cuts.

use super::{Fate, Found, Pass};
use crate::document::Cut;
use crate::strip::layout::{self, Left};
use crate::strip::lines::{self, Line};
use crate::strip::ruleset::{MAIN_CONTENT, RuleSet};
use crate::strip::units;

impl Pass<'_> {
    /// The cuts of this pass.
    pub(super) fn finish(mut self, with_layout: bool) -> Found {
        self.spans.sort_unstable_by_key(|(cut, _)| *cut);
        let mut cuts: Vec<Cut> = Vec::with_capacity(self.spans.len() + 8);
        let mut left = Vec::with_capacity(self.lines.len());
        let mut span = 0;
        for (i, line) in self.lines.iter().enumerate() {
            let from = span;
            while self.spans.get(span).is_some_and(|(cut, _)| cut.start < line.next) {
                span += 1;
            }
            let inside = &self.spans[from..span];
            let taken_by = match self.fate[i] {
                Fate::Goes(position) => Some(RuleSet::number(position.into())),
                Fate::NotArticle => Some(MAIN_CONTENT),
                Fate::Stays | Fate::Protected => None,
            };
            left.push(match taken_by {
                Some(rule) => {
                    let mut at = line.start;
                    for (cut, _) in inside {
                        push(&mut cuts, at, cut.start, rule);
                        cuts.push(*cut);
                        at = cut.end;
                    }
                    push(&mut cuts, at, line.next, rule);
                    Left::Nothing
                }
                _ if line.blank => Left::Blank,
                _ => {
                    cuts.extend(inside.iter().map(|(cut, _)| *cut));
                    let emptied = !inside.is_empty() && lines::is_blank(&without(self.text, &line, inside));
                    if emptied { Left::Emptied } else { Left::Text }
                }
            });
        }
        if with_layout {
            // Layout may name bytes that a span already took.
            self.fate = Vec::new();
            let layout = layout::cuts(self.text, &self.lines, &left);
            if cuts.is_empty() {
                cuts = layout;
            } else if !layout.is_empty() {
                let taken = cuts.clone();
                for cut in layout {
                    subtract(cut, &taken, &mut cuts);
                }
                cuts.sort_unstable();
            }
        }
        units::keep_characters_apart(self.text, &mut cuts);
        Found {
            cuts,
            captures: self.captures,
            lines: self.lines,
            ids: self.ids,
            has_like_quotations: self.has_like_quotations,
        }
    }
}

fn push(cuts: &mut Vec<Cut>, start: usize, end: usize, rule: u32) {
    if start < end {
        cuts.push(Cut { start, end, rule });
    }
}

/// Adds what `taken` (sorted, disjoint) leaves of `cut`.
fn subtract(cut: Cut, taken: &[Cut], into: &mut Vec<Cut>) {
    let mut at = cut.start;
    let first = taken.partition_point(|t| t.end <= cut.start);
    for t in taken[first..].iter().take_while(|t| t.start < cut.end) {
        push(into, at, t.start, cut.rule);
        at = t.end;
    }
    push(into, at, cut.end, cut.rule);
}

/// The content of `line` without `spans` (sorted, disjoint, inside it).
pub(super) fn without(text: &[u8], line: &Line, spans: &[(Cut, usize)]) -> Vec<u8> {
    let mut rest = Vec::with_capacity(line.end - line.start);
    let mut at = line.start;
    for (cut, _) in spans {
        rest.extend_from_slice(&text[at..cut.start]);
        at = cut.end;
    }
    rest.extend_from_slice(&text[at..line.end]);
    rest
}
