//! One pass of the rules over a text, in a fixed order: kept lines, blocks, wrapped paragraphs, spans, lines, structure,
//! neighbours, layout.
//!
//! The cuts of a pass are sorted, disjoint, inside the text and on whole units.

mod around;
mod blocks;
mod finish;
mod known;

use std::borrow::Cow;
use std::ops::Range;

use super::lines::{self, Line, Lines};
use super::memo::{LineId, Memo};
use super::rule::{Action, Rule, Unit, ZONE_LINES, Zone};
use super::ruleset::{Active, RuleSet, Scope};
use super::unwrap;
use crate::document::Cut;
use finish::without;
use known::Known;

/// Matches that one span rule may cut from one line in one pass: an expression whose every search runs to the end of
/// a long line would otherwise take time quadratic in its length. The next pass takes the rest.
const SPANS_IN_LINE: usize = 64;

/// Lines of the longest paragraph that is put together to be looked at as one line.
const WRAPPED_LINES: usize = 16;

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
    lines: Lines,
    ids: Vec<Option<LineId>>,
    has_like_quotations: bool,
}

/// What was decided of a line so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Stays,
    /// A keep rule wants it.
    Protected,
    /// The rule at this position cuts it whole. (There are at most ten thousand rules, and there may be very many lines.)
    Goes(u16),
    /// It is outside the article.
    NotArticle,
}

impl Fate {
    fn by(rule: usize) -> Self {
        Self::Goes(rule as u16)
    }
}

/// What a pass cuts beside what the rules of files name.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Extra<'a> {
    /// Whether it cuts layout.
    pub(super) layout: bool,
    /// Runs of bytes outside the article, sorted: lines that lie in them go, but for those that a rule keeps.
    pub(super) not_article: &'a [Range<usize>],
}

/// Runs every rule that is in force over `text` once. `before` is what the pass before found, if `text` is what that pass
/// left: what it knows of a line that stayed as it was is not asked again.
pub(super) fn run(
    set: &RuleSet,
    memo: &mut Memo,
    active: &Active,
    scope: &Scope<'_>,
    text: &[u8],
    extra: Extra<'_>,
    before: Option<Found>,
) -> Found {
    let mut pass = Pass::new(set, memo, active, text, before);
    pass.protect();
    pass.leave_article(extra.not_article);
    pass.blocks();
    pass.wrapped_paragraphs();
    pass.spans_and_lines();
    pass.title_echoes(scope.title);
    pass.pull_quotes();
    pass.neighbours();
    pass.finish(extra.layout)
}

struct Pass<'a> {
    set: &'a RuleSet,
    memo: &'a mut Memo,
    active: &'a Active,
    text: &'a [u8],
    lines: Lines,
    /// Each line in the memo; `None` for those on which no rule with an expression has its say.
    ids: Vec<Option<LineId>>,
    /// The last of the lines at the head, and the first of those at the tail, that are not blank.
    head: usize,
    tail: usize,
    fate: Vec<Fate>,
    /// Cuts inside lines, with the position of their rule: sorted, disjoint, each inside one line.
    spans: Vec<(Cut, usize)>,
    captures: Vec<Captured>,
    /// False if the pass before found no line like a quotation, and no line has changed since.
    may_hold_quotations: bool,
    has_like_quotations: bool,
}

impl<'a> Pass<'a> {
    fn new(
        set: &'a RuleSet,
        memo: &'a mut Memo,
        active: &'a Active,
        text: &'a [u8],
        before: Option<Found>,
    ) -> Self {
        let lines = lines::split(text);
        let mut ids = Vec::with_capacity(lines.len());
        let mut known = before.as_ref().map(Known::new);
        for line in lines.iter() {
            let same = known.as_mut().and_then(|known| known.id(&line));
            ids.push(same.unwrap_or_else(|| {
                if line.blank { None } else { memo.id_if_worth(set, active, &text[line.content()]) }
            }));
        }
        let head = lines.filled().nth(ZONE_LINES - 1).unwrap_or(lines.len());
        let tail = lines.filled().nth_back(ZONE_LINES - 1).unwrap_or(0);
        Self {
            set,
            memo,
            active,
            text,
            ids,
            head,
            tail,
            fate: vec![Fate::Stays; lines.len()],
            spans: Vec::new(),
            captures: Vec::new(),
            may_hold_quotations: known.is_none_or(|k| k.changed || k.before.has_like_quotations),
            has_like_quotations: false,
            lines,
        }
    }

    fn content(&self, line: usize) -> &'a [u8] {
        &self.text[self.lines.at(line).content()]
    }

    fn in_zone(&self, line: usize, zone: Zone) -> bool {
        match zone {
            Zone::Any => true,
            Zone::Head => line <= self.head,
            Zone::Tail => line >= self.tail,
        }
    }

    /// The first rule in force, of a kind that `wanted` takes, that has its say on `line`; `rest` is the line, or what
    /// spans left of it.
    fn first_match(
        &mut self,
        line: usize,
        id: Option<LineId>,
        rest: &[u8],
        mut wanted: impl FnMut(&mut Self, usize, &'a Rule) -> bool,
    ) -> Option<(usize, &'a Rule)> {
        let (set, id) = (self.set, id?);
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
        self.fate[line] == Fate::Stays && !self.lines.is_blank(line)
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

    /// Marks the lines that lie in `ranges`.
    fn leave_article(&mut self, ranges: &[Range<usize>]) {
        let mut at = 0;
        for line in 0..self.lines.len() {
            let Line { start, next, .. } = self.lines.at(line);
            while ranges.get(at).is_some_and(|range| range.end <= start) {
                at += 1;
            }
            if ranges.get(at).is_some_and(|range| range.start <= start && next <= range.end)
                && self.is_open(line)
            {
                self.fate[line] = Fate::NotArticle;
            }
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
                rest = Cow::Owned(without(self.text, &self.lines.at(line), &self.spans[before..]));
                if lines::is_blank(&rest) {
                    continue;
                }
                id = self.memo.id_if_worth(self.set, self.active, &rest);
            }
            let cuts = |_: &mut Self, _, rule: &Rule| {
                matches!(rule.unit, Unit::Line(_)) && rule.action == Action::Cut && rule.beside.is_empty()
            };
            if let Some((position, rule)) = self.first_match(line, id, &rest, cuts) {
                self.capture(rule, &rest, 0, self.lines.start(line));
                self.fate[line] = Fate::by(position);
            }
        }
    }

    /// A sentence of chrome that was hard-wrapped is found whole: paragraphs of several lines are also looked at as the one
    /// line that they were.
    fn wrapped_paragraphs(&mut self) {
        if !unwrap::may_be_wrapped(self.text, &self.lines) {
            return;
        }
        let Some(width) = unwrap::width(self.text, &self.lines) else { return };
        let mut paragraphs = Vec::new();
        unwrap::each(self.text, &self.lines, Some(width), |paragraph| {
            let range = paragraph.first..paragraph.end;
            if (2..=WRAPPED_LINES).contains(&range.len()) {
                paragraphs.push(range);
            }
        });
        let mut joined = Vec::new();
        for range in paragraphs {
            if !range.clone().all(|line| self.is_open(line)) {
                continue;
            }
            joined.clear();
            for line in range.clone() {
                joined.extend_from_slice(if line == range.start { b"" } else { b" " });
                let content = self.content(line);
                let content = if line == range.start { content } else { content.trim_ascii_start() };
                joined.extend_from_slice(&content[..lines::trimmed_len(content)]);
            }
            let id = self.memo.id_if_worth(self.set, self.active, &joined);
            let cuts = |_: &mut Self, _, rule: &Rule| {
                matches!(rule.unit, Unit::Line(_)) && rule.action == Action::Cut && rule.beside.is_empty()
            };
            if let Some((position, rule)) = self.first_match(range.start, id, &joined, cuts) {
                self.capture(rule, &joined, 0, self.lines.start(range.start));
                self.fate[range].fill(Fate::by(position));
            }
        }
    }

    /// Finds the spans of one line; a rule of lower priority never cuts into one of higher priority.
    fn spans_of(&mut self, line: usize) {
        let from = self.spans.len();
        let (offset, content, set) = (self.lines.start(line), self.content(line), self.set);
        let Some(id) = self.ids[line] else { return };
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
}
