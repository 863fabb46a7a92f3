//! One pass of the rules over a text, in a fixed order: kept lines, blocks, spans, lines, structure, neighbours, layout.
//!
//! The cuts of a pass are sorted, disjoint, inside the text and on whole units.

use std::borrow::Cow;

use rustc_hash::FxHashSet;

use super::layout::{self, Left};
use super::lines::{self, Line};
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
    active: &Active,
    scope: &Scope<'_>,
    text: &[u8],
    with_layout: bool,
) -> Found {
    let mut pass = Pass::new(set, active, text);
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
    active: &'a Active,
    text: &'a [u8],
    lines: Vec<Line>,
    /// Words of each line; counted when first asked for.
    words: Vec<Option<usize>>,
    /// Number of a line among those that are not blank.
    ordinal: Vec<usize>,
    filled: usize,
    fate: Vec<Fate>,
    /// Rules that a line is worth trying, by position.
    tries: Vec<Vec<usize>>,
    /// Cuts inside lines, with the position of their rule: sorted, disjoint, each inside one line.
    spans: Vec<(Cut, usize)>,
    captures: Vec<Captured>,
}

impl<'a> Pass<'a> {
    fn new(set: &'a RuleSet, active: &'a Active, text: &'a [u8]) -> Self {
        let lines = lines::split(text);
        let mut filled = 0;
        let ordinal = lines
            .iter()
            .map(|line| {
                let at = filled;
                filled += usize::from(!line.blank);
                at
            })
            .collect();
        let unkeyed: Vec<usize> = set.unkeyed.iter().copied().filter(|r| active.has(*r)).collect();
        let mut tries = vec![Vec::new(); lines.len()];
        set.keyword_hits(text, |at, rule| {
            if active.has(rule) {
                let line = lines.partition_point(|l| l.next <= at);
                tries[line].push(rule);
            }
        });
        for (rules, line) in tries.iter_mut().zip(&lines) {
            if !line.blank {
                rules.extend_from_slice(&unkeyed);
                rules.sort_unstable();
                rules.dedup();
            }
        }
        Self {
            set,
            active,
            text,
            words: vec![None; lines.len()],
            ordinal,
            filled,
            fate: vec![Fate::Stays; lines.len()],
            tries,
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

    fn words(&mut self, line: usize) -> usize {
        let content = self.content(line);
        *self.words[line].get_or_insert_with(|| lines::count_words(content))
    }

    /// Whether everything but the expression speaks for trying `rule` on `line`.
    fn applies(&mut self, rule: &Rule, line: usize) -> bool {
        self.in_zone(line, rule.zone)
            && rule.max_words.is_none_or(|most| self.words(line) <= most)
            && rule.unless.as_ref().is_none_or(|unless| !unless.is_match(self.content(line)))
    }

    fn rules_for(&self, line: usize) -> impl Iterator<Item = (usize, &'a Rule)> + use<'a> {
        let set = self.set;
        self.tries[line].clone().into_iter().map(move |position| (position, &set.rules[position]))
    }

    fn protect(&mut self) {
        for line in 0..self.lines.len() {
            for (_, rule) in self.rules_for(line) {
                if let (Action::Keep, Unit::Line(regex)) = (rule.action, &rule.unit)
                    && regex.is_match(self.content(line))
                    && self.applies(rule, line)
                {
                    self.fate[line] = Fate::Protected;
                }
            }
        }
    }

    fn blocks(&mut self) {
        let mut line = 0;
        while line < self.lines.len() {
            let block = self.rules_for(line).find_map(|(position, rule)| {
                let Unit::Block { from, to, max_lines } = &rule.unit else { return None };
                if self.fate[line] != Fate::Stays
                    || !from.is_match(self.content(line))
                    || !self.applies(rule, line)
                {
                    return None;
                }
                let until = self.lines.len().min(line + max_lines);
                let last = (line..until).find(|l| to.is_match(self.content(*l)))?;
                let whole = self.fate[line..=last].iter().all(|f| *f == Fate::Stays);
                whole.then_some((position, last))
            });
            match block {
                Some((position, last)) => {
                    self.fate[line..=last].fill(Fate::Goes(position));
                    line = last + 1;
                }
                None => line += 1,
            }
        }
    }

    fn spans_and_lines(&mut self) {
        for line in 0..self.lines.len() {
            if self.fate[line] != Fate::Stays || self.tries[line].is_empty() {
                continue;
            }
            let before = self.spans.len();
            self.spans_of(line);
            let spans = &mut self.spans[before..];
            spans.sort_unstable_by_key(|(cut, _)| *cut);
            let rest: Cow<'_, [u8]> = if spans.is_empty() {
                Cow::Borrowed(self.content(line))
            } else {
                self.words[line] = None;
                Cow::Owned(without(self.text, &self.lines[line], &self.spans[before..]))
            };
            if lines::is_blank(&rest) {
                continue;
            }
            if self.spans.len() > before {
                self.words[line] = Some(lines::count_words(&rest));
            }
            for (position, rule) in self.rules_for(line) {
                let Unit::Line(regex) = &rule.unit else { continue };
                if rule.action == Action::Cut
                    && rule.beside.is_empty()
                    && self.line_matches(rule, regex, line, &rest)
                {
                    self.capture(rule, regex, &rest, 0, self.lines[line].start);
                    self.fate[line] = Fate::Goes(position);
                    break;
                }
            }
        }
    }

    fn line_matches(&mut self, rule: &Rule, regex: &regex::bytes::Regex, line: usize, rest: &[u8]) -> bool {
        self.in_zone(line, rule.zone)
            && rule.max_words.is_none_or(|most| self.words(line) <= most)
            && regex.is_match(rest)
            && rule.unless.as_ref().is_none_or(|unless| !unless.is_match(rest))
    }

    /// Finds the spans of one line; a rule of lower priority never cuts into one of higher priority.
    fn spans_of(&mut self, line: usize) {
        let from = self.spans.len();
        let offset = self.lines[line].start;
        let content = self.content(line);
        for (position, rule) in self.rules_for(line) {
            let Unit::Span(regex) = &rule.unit else { continue };
            if !rule.beside.is_empty() || !self.applies(rule, line) {
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
                    if !rule.capture.is_empty() {
                        self.capture(rule, regex, content, found.start(), offset);
                    }
                }
            }
        }
    }

    /// Reads the named groups of the match that begins at or after `from` in `text`, which stands at `offset`.
    fn capture(&mut self, rule: &Rule, regex: &regex::bytes::Regex, text: &[u8], from: usize, offset: usize) {
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
            if self.fate[line] != Fate::Stays {
                continue;
            }
            let found = self.rules_for(line).find_map(|(position, rule)| match &rule.unit {
                Unit::TitleEcho(regex) if self.applies(rule, line) && regex.is_match(rest) => {
                    Some((position, rule, regex))
                }
                _ => None,
            });
            if let Some((position, rule, regex)) = found {
                self.capture(rule, regex, rest, 0, self.lines[line].start);
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
        if quotations.is_empty() {
            return;
        }
        // The line that comes first is the title, even where someone said it.
        let Some(first) = self.first_left() else { return };
        for line in first + 1..self.lines.len() {
            if self.fate[line] != Fate::Stays || self.lines[line].blank {
                continue;
            }
            let found = self.rules_for(line).find_map(|(position, rule)| match rule.unit {
                Unit::PullQuote { min_words }
                    if self.applies(rule, line) && self.words(line) >= min_words =>
                {
                    Some(position)
                }
                _ => None,
            });
            if let Some(position) = found
                && quotations.contains(&structure::folded(self.content(line)))
            {
                self.fate[line] = Fate::Goes(position);
            }
        }
    }

    /// Rules with `beside`: they look at what the rules before them cut, never at one another's cuts, and never take the
    /// line that now comes first, since that is the title.
    fn neighbours(&mut self) {
        let Some(first) = self.first_left() else { return };
        let cut_by = |pass: &Self, line: usize, rules: &[usize]| match pass.fate[line] {
            Fate::Goes(position) => rules.contains(&position),
            _ => {
                let range = pass.lines[line].content();
                pass.spans
                    .iter()
                    .any(|(cut, position)| range.contains(&cut.start) && rules.contains(position))
            }
        };
        let mut found: Vec<(usize, usize)> = Vec::new();
        for line in first + 1..self.lines.len() {
            if self.fate[line] != Fate::Stays || self.lines[line].blank {
                continue;
            }
            for (position, rule) in self.rules_for(line) {
                let Unit::Line(regex) = &rule.unit else { continue };
                if rule.beside.is_empty() {
                    continue;
                }
                let beside = &self.set.beside[position];
                let above = (0..line).rev().find(|l| !self.lines[*l].blank);
                let below = (line + 1..self.lines.len()).find(|l| !self.lines[*l].blank);
                if [above, below].into_iter().flatten().any(|l| cut_by(self, l, beside))
                    && self.line_matches(rule, regex, line, self.content(line))
                {
                    self.capture(rule, regex, self.content(line), 0, self.lines[line].start);
                    found.push((line, position));
                    break;
                }
            }
        }
        for (line, position) in found {
            self.fate[line] = Fate::Goes(position);
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
