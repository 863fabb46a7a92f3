//! One pass of the rules over a text, in a fixed order: kept lines, blocks, spans, lines, structure, neighbours, layout.
//!
//! The cuts of a pass are sorted, disjoint, inside the text and on whole units.

use std::borrow::Cow;

use rustc_hash::FxHashSet;

use super::layout::{self, Left};
use super::lines::{self, Line};
use super::memo::{LineId, Memo};
use super::rule::{Action, Rule, Unit, ZONE_LINES, Zone};
use super::ruleset::{Active, RuleSet, Scope};
use super::structure;
use super::units;
use crate::document::Cut;

/// Matches that one span rule may cut from one line in one pass: an expression whose every search runs to the end of
/// a long line would otherwise take time quadratic in its length. The next pass takes the rest.
const SPANS_IN_LINE: usize = 64;

/// A named group that a rule read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Captured {
    pub(super) at: usize,
    pub(super) name: String,
    pub(super) value: String,
}

/// What a pass found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) cuts: Vec<Cut>,
    pub(super) captures: Vec<Captured>,
}

/// What was decided of a line so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Stays,
    /// A keep rule wants it.
    Protected,
    /// The rule at this position cuts it whole.
    Goes(usize),
}

/// Runs every rule that is in force over `text` once.
pub(super) fn run(
    set: &RuleSet,
    memo: &mut Memo,
    active: &Active,
    scope: &Scope<'_>,
    text: &[u8],
    with_layout: bool,
) -> Found {
    let mut pass = Pass::new(set, memo, active, text);
    pass.protect();
    pass.blocks();
    pass.spans_and_lines();
    pass.title_echoes(scope.title);
    pass.pull_quotes();
    pass.neighbours();
    pass.finish(with_layout)
}

struct Pass<'a> {
    set: &'a RuleSet,
    memo: &'a mut Memo,
    active: &'a Active,
    text: &'a [u8],
    lines: Vec<Line>,
    /// Each line in the memo; blank lines stand for nothing.
    ids: Vec<LineId>,
    /// Number of a line among those that are not blank.
    ordinal: Vec<usize>,
    filled: usize,
    fate: Vec<Fate>,
    /// Cuts inside lines, with the position of their rule: sorted, disjoint, each inside one line.
    spans: Vec<(Cut, usize)>,
    captures: Vec<Captured>,
}

impl<'a> Pass<'a> {
    fn new(set: &'a RuleSet, memo: &'a mut Memo, active: &'a Active, text: &'a [u8]) -> Self {
        let lines = lines::split(text);
        let mut filled = 0;
        let mut ordinal = Vec::with_capacity(lines.len());
        let mut ids = Vec::with_capacity(lines.len());
        for line in &lines {
            ordinal.push(filled);
            filled += usize::from(!line.blank);
            ids.push(if line.blank { LineId::MAX } else { memo.id(set, &text[line.content()]) });
        }
        Self {
            set,
            memo,
            active,
            text,
            ids,
            ordinal,
            filled,
            fate: vec![Fate::Stays; lines.len()],
            spans: Vec::new(),
            captures: Vec::new(),
            lines,
        }
    }

    fn content(&self, line: usize) -> &'a [u8] {
        &self.text[self.lines[line].content()]
    }

    fn in_zone(&self, line: usize, zone: Zone) -> bool {
        match zone {
            Zone::Any => true,
            Zone::Head => self.ordinal[line] < ZONE_LINES,
            Zone::Tail => self.ordinal[line] + ZONE_LINES >= self.filled,
        }
    }

    /// The first rule in force, of a kind that `wanted` takes, that has its say on `line`; `rest` is the line, or what
    /// spans left of it.
    fn first_match(
        &mut self,
        line: usize,
        id: LineId,
        rest: &[u8],
        mut wanted: impl FnMut(&mut Self, usize, &'a Rule) -> bool,
    ) -> Option<(usize, &'a Rule)> {
        let set = self.set;
        for index in 0..self.memo.tries(id) {
            let position = self.memo.rule(id, index);
            let rule = &set.rules[position];
            if self.active.has(position)
                && self.in_zone(line, rule.zone)
                && rule.max_words.is_none_or(|most| self.memo.words(id, rest) <= most)
                && wanted(self, position, rule)
                && self.memo.verdict(id, index, rule, rest)
            {
                return Some((position, rule));
            }
        }
        None
    }

    fn is_open(&self, line: usize) -> bool {
        self.fate[line] == Fate::Stays && !self.lines[line].blank
    }

    fn protect(&mut self) {
        if !self.set.has_keep_rules {
            return;
        }
        for line in 0..self.lines.len() {
            let keeps = |_: &mut Self, _, rule: &Rule| rule.action == Action::Keep;
            if self.is_open(line)
                && self.first_match(line, self.ids[line], self.content(line), keeps).is_some()
            {
                self.fate[line] = Fate::Protected;
            }
        }
    }

    fn blocks(&mut self) {
        if !self.set.has_blocks {
            return;
        }
        let mut line = 0;
        while line < self.lines.len() {
            let mut last = line;
            let ends = |pass: &mut Self, _, rule: &'a Rule| {
                let Unit::Block { to, max_lines, .. } = &rule.unit else { return false };
                let until = pass.lines.len().min(line + max_lines);
                let Some(end) = (line..until).find(|l| to.is_match(pass.content(*l))) else { return false };
                last = end;
                pass.fate[line..=end].iter().all(|f| *f == Fate::Stays)
            };
            if self.is_open(line)
                && let Some((position, _)) = self.first_match(line, self.ids[line], self.content(line), ends)
            {
                self.fate[line..=last].fill(Fate::Goes(position));
            }
            line = last + 1;
        }
    }

    fn spans_and_lines(&mut self) {
        for line in 0..self.lines.len() {
            if !self.is_open(line) {
                continue;
            }
            let before = self.spans.len();
            self.spans_of(line);
            let mut id = self.ids[line];
            let mut rest: Cow<'_, [u8]> = Cow::Borrowed(self.content(line));
            if self.spans.len() > before {
                self.spans[before..].sort_unstable_by_key(|(cut, _)| *cut);
                rest = Cow::Owned(without(self.text, &self.lines[line], &self.spans[before..]));
                if lines::is_blank(&rest) {
                    continue;
                }
                id = self.memo.id(self.set, &rest);
            }
            let cuts = |_: &mut Self, _, rule: &Rule| {
                matches!(rule.unit, Unit::Line(_)) && rule.action == Action::Cut && rule.beside.is_empty()
            };
            if let Some((position, rule)) = self.first_match(line, id, &rest, cuts) {
                self.capture(rule, &rest, 0, self.lines[line].start);
                self.fate[line] = Fate::Goes(position);
            }
        }
    }

    /// Finds the spans of one line; a rule of lower priority never cuts into one of higher priority.
    fn spans_of(&mut self, line: usize) {
        let from = self.spans.len();
        let (offset, content, id) = (self.lines[line].start, self.content(line), self.ids[line]);
        let set = self.set;
        for index in 0..self.memo.tries(id) {
            let position = self.memo.rule(id, index);
            let rule = &set.rules[position];
            let Unit::Span(regex) = &rule.unit else { continue };
            let applies = self.active.has(position)
                && rule.beside.is_empty()
                && self.in_zone(line, rule.zone)
                && rule.max_words.is_none_or(|most| self.memo.words(id, content) <= most)
                && self.memo.verdict(id, index, rule, content);
            if !applies {
                continue;
            }
            for found in regex.find_iter(content).filter(|m| !m.is_empty()).take(SPANS_IN_LINE) {
                let cut = Cut {
                    start: offset + found.start(),
                    end: offset + found.end(),
                    rule: RuleSet::number(position),
                };
                if self.spans[from..]
                    .iter()
                    .all(|(other, _)| cut.end <= other.start || other.end <= cut.start)
                {
                    self.spans.push((cut, position));
                    self.capture(rule, content, found.start(), offset);
                }
            }
        }
    }

    /// Reads the named groups of the match that begins at or after `from` in `text`, which stands at `offset`.
    fn capture(&mut self, rule: &Rule, text: &[u8], from: usize, offset: usize) {
        let (Unit::Span(regex) | Unit::Line(regex) | Unit::TitleEcho(regex)) = &rule.unit else { return };
        if rule.capture.is_empty() {
            return;
        }
        let Some(groups) = regex.captures_at(text, from) else { return };
        for name in &rule.capture {
            if let Some(group) = groups.name(name) {
                let value = String::from_utf8_lossy(group.as_bytes()).trim().to_owned();
                if !value.is_empty() {
                    self.captures.push(Captured { at: offset + group.start(), name: name.clone(), value });
                }
            }
        }
    }

    /// The first line that still has something to read.
    fn first_left(&self) -> Option<usize> {
        (0..self.lines.len()).find(|l| !self.lines[*l].blank && !matches!(self.fate[*l], Fate::Goes(_)))
    }

    fn title_echoes(&mut self, title: Option<&str>) {
        if !self
            .set
            .rules
            .iter()
            .enumerate()
            .any(|(i, r)| matches!(r.unit, Unit::TitleEcho(_)) && self.active.has(i))
        {
            return;
        }
        let Some(first) = self.first_left() else { return };
        let title = title.map_or(self.content(first), str::as_bytes);
        if lines::count_words(title) < 3 {
            return;
        }
        for line in first..self.lines.len() {
            let Some(rest) = structure::after_title(self.content(line), title) else { continue };
            if !self.is_open(line) {
                continue;
            }
            let echoes = |_: &mut Self, _, rule: &Rule| matches!(&rule.unit, Unit::TitleEcho(regex) if regex.is_match(rest));
            if let Some((position, rule)) = self.first_match(line, self.ids[line], self.content(line), echoes)
            {
                self.capture(rule, rest, 0, self.lines[line].start);
                self.fate[line] = Fate::Goes(position);
            }
        }
    }

    fn pull_quotes(&mut self) {
        let rules = self.set.rules.iter().enumerate().filter(|(i, _)| self.active.has(*i));
        let least = rules.filter_map(|(_, r)| match r.unit {
            Unit::PullQuote { min_words } => Some(min_words),
            _ => None,
        });
        let Some(least) = least.min() else { return };
        let mut quotations = FxHashSet::default();
        for line in 0..self.lines.len() {
            if !self.lines[line].blank && !matches!(self.fate[line], Fate::Goes(_)) {
                structure::quotations(self.content(line), least, &mut quotations);
            }
        }
        let Some(longest) = quotations.iter().map(String::len).max() else { return };
        // The line that comes first is the title, even where someone said it.
        let Some(first) = self.first_left() else { return };
        for line in first + 1..self.lines.len() {
            let (id, content) = (self.ids[line], self.content(line));
            // Folding a letter can double its bytes, no more.
            if !self.is_open(line) || content.len() > 4 * longest {
                continue;
            }
            let quotes = |pass: &mut Self, _, rule: &Rule| match rule.unit {
                Unit::PullQuote { min_words } => {
                    pass.memo.words(id, content) >= min_words
                        && quotations.contains(&structure::folded(content))
                }
                _ => false,
            };
            if let Some((position, _)) = self.first_match(line, id, content, quotes) {
                self.fate[line] = Fate::Goes(position);
            }
        }
    }

    /// Rules with `beside`: they look at what the rules before them cut, never at one another's cuts, and never take the
    /// line that now comes first, since that is the title.
    fn neighbours(&mut self) {
        if self.spans.is_empty() && !self.fate.iter().any(|f| matches!(f, Fate::Goes(_))) {
            return;
        }
        let Some(first) = self.first_left() else { return };
        let mut found: Vec<(usize, usize)> = Vec::new();
        for line in first + 1..self.lines.len() {
            if !self.is_open(line) {
                continue;
            }
            let set = self.set;
            let stands_beside = |pass: &mut Self, position: usize, rule: &Rule| {
                if rule.beside.is_empty() || !matches!(rule.unit, Unit::Line(_)) {
                    return false;
                }
                let above = (0..line).rev().find(|l| !pass.lines[*l].blank);
                let below = (line + 1..pass.lines.len()).find(|l| !pass.lines[*l].blank);
                [above, below].into_iter().flatten().any(|l| pass.was_cut_by(l, &set.beside[position]))
            };
            if let Some((position, rule)) =
                self.first_match(line, self.ids[line], self.content(line), stands_beside)
            {
                self.capture(rule, self.content(line), 0, self.lines[line].start);
                found.push((line, position));
            }
        }
        for (line, position) in found {
            self.fate[line] = Fate::Goes(position);
        }
    }

    /// Whether one of `rules` cut `line` or something in it.
    fn was_cut_by(&self, line: usize, rules: &[usize]) -> bool {
        match self.fate[line] {
            Fate::Goes(position) => rules.contains(&position),
            _ => {
                let range = self.lines[line].content();
                self.spans
                    .iter()
                    .any(|(cut, position)| range.contains(&cut.start) && rules.contains(position))
            }
        }
    }

    fn finish(mut self, with_layout: bool) -> Found {
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
            left.push(match self.fate[i] {
                Fate::Goes(position) => {
                    let mut at = line.start;
                    for (cut, _) in inside {
                        push(&mut cuts, at, cut.start, RuleSet::number(position));
                        cuts.push(*cut);
                        at = cut.end;
                    }
                    push(&mut cuts, at, line.next, RuleSet::number(position));
                    Left::Nothing
                }
                _ if line.blank => Left::Blank,
                _ => {
                    cuts.extend(inside.iter().map(|(cut, _)| *cut));
                    let emptied = !inside.is_empty() && lines::is_blank(&without(self.text, line, inside));
                    if emptied { Left::Emptied } else { Left::Text }
                }
            });
        }
        if with_layout {
            // Layout may name bytes that a span already took.
            let taken = cuts.clone();
            for cut in layout::cuts(self.text, &self.lines, &left) {
                subtract(cut, &taken, &mut cuts);
            }
            cuts.sort_unstable();
        }
        units::keep_characters_apart(self.text, &mut cuts);
        Found { cuts, captures: self.captures }
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
fn without(text: &[u8], line: &Line, spans: &[(Cut, usize)]) -> Vec<u8> {
    let mut rest = Vec::with_capacity(line.end - line.start);
    let mut at = line.start;
    for (cut, _) in spans {
        rest.extend_from_slice(&text[at..cut.start]);
        at = cut.end;
    }
    rest.extend_from_slice(&text[at..line.end]);
    rest
}
