//! One pass of the rules over a text, in a fixed order: kept lines, blocks, spans, lines, structure, neighbours, layout.
//!
//! The cuts of a pass are sorted, disjoint, inside the text and on whole units.

use std::borrow::Cow;
use std::ops::Range;

use rustc_hash::FxHashSet;

use super::layout::{self, Left};
use super::lines::{self, Line};
use super::memo::{LineId, Memo};
use super::rule::{Action, Rule, Unit, ZONE_LINES, Zone};
use super::ruleset::{Active, MAIN_CONTENT, RuleSet, Scope};
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
    lines: Vec<Line>,
    ids: Vec<Option<LineId>>,
    has_like_quotations: bool,
}

/// What was decided of a line so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Stays,
    /// A keep rule wants it.
    Protected,
    /// The rule at this position cuts it whole.
    Goes(usize),
    /// It is outside the article.
    NotArticle,
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
    before: Option<&Found>,
) -> Found {
    let mut pass = Pass::new(set, memo, active, text, before);
    pass.protect();
    pass.leave_article(extra.not_article);
    pass.blocks();
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
    lines: Vec<Line>,
    /// Each line in the memo; `None` for those on which no rule with an expression has its say.
    ids: Vec<Option<LineId>>,
    /// Number of a line among those that are not blank.
    ordinal: Vec<usize>,
    filled: usize,
    fate: Vec<Fate>,
    /// Cuts inside lines, with the position of their rule: sorted, disjoint, each inside one line.
    spans: Vec<(Cut, usize)>,
    captures: Vec<Captured>,
    /// False if the pass before found no line like a quotation, and no line has changed since.
    may_hold_quotations: bool,
    has_like_quotations: bool,
}

/// What the pass before knew of the lines that it left.
struct Known<'f> {
    before: &'f Found,
    /// The next cut, and the bytes that those before it took.
    cut: usize,
    taken: usize,
    line: usize,
    /// Whether a line was asked for that is not as it was.
    changed: bool,
}

impl<'f> Known<'f> {
    fn new(before: &'f Found) -> Self {
        Self { before, cut: 0, taken: 0, line: 0, changed: false }
    }

    /// The number of `line`, if it is as it was. Lines are asked for in order.
    fn id(&mut self, line: &Line) -> Option<Option<LineId>> {
        let Found { cuts, lines, ids, .. } = self.before;
        while let Some(cut) = cuts.get(self.cut).filter(|cut| cut.start <= line.start + self.taken) {
            self.taken += cut.end - cut.start;
            self.cut += 1;
        }
        let (start, next) = (line.start + self.taken, line.next + self.taken);
        while lines.get(self.line).is_some_and(|old| old.start < start) {
            self.line += 1;
        }
        let same = lines.get(self.line).is_some_and(|old| old.start == start && old.next == next)
            && cuts.get(self.cut).is_none_or(|cut| cut.start >= next);
        self.changed |= !same;
        same.then(|| ids[self.line])
    }
}

impl<'a> Pass<'a> {
    fn new(
        set: &'a RuleSet,
        memo: &'a mut Memo,
        active: &'a Active,
        text: &'a [u8],
        before: Option<&Found>,
    ) -> Self {
        let lines = lines::split(text);
        let mut filled = 0;
        let mut ordinal = Vec::with_capacity(lines.len());
        let mut ids = Vec::with_capacity(lines.len());
        let mut known = before.map(Known::new);
        for line in &lines {
            ordinal.push(filled);
            filled += usize::from(!line.blank);
            let same = known.as_mut().and_then(|known| known.id(line));
            ids.push(same.unwrap_or_else(|| {
                if line.blank { None } else { memo.id_if_worth(set, active, &text[line.content()]) }
            }));
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
            may_hold_quotations: known.is_none_or(|k| k.changed || k.before.has_like_quotations),
            has_like_quotations: false,
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

    /// Marks the lines that lie in `ranges`.
    fn leave_article(&mut self, ranges: &[Range<usize>]) {
        let mut at = 0;
        for line in 0..self.lines.len() {
            let Line { start, next, .. } = self.lines[line];
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

    fn blocks(&mut self) {
        if !self.set.has_blocks {
            return;
        }
        let mut line = 0;
        while line < self.lines.len() {
            let mut last = line;
            let mut end = line;
            let ends = |pass: &mut Self, _, rule: &'a Rule| {
                let Unit::Block { from, to, max_lines } = &rule.unit else { return false };
                if !from.is_match(pass.content(line)) {
                    return false;
                }
                let until = pass.lines.len().min(line + max_lines);
                let Some(found) = (line..until).find(|l| to.is_match(pass.content(*l))) else { return false };
                end = found;
                pass.fate[line..=end].iter().all(|f| *f == Fate::Stays)
            };
            if self.is_open(line)
                && let Some((position, _)) = self.first_match(line, self.ids[line], self.content(line), ends)
            {
                last = end;
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
                id = self.memo.id_if_worth(self.set, self.active, &rest);
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
        let (offset, content, set) = (self.lines[line].start, self.content(line), self.set);
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

    /// Lines that still have something to read.
    fn lines_left(&self) -> impl Iterator<Item = usize> {
        let goes = |fate: Fate| matches!(fate, Fate::Goes(_) | Fate::NotArticle);
        (0..self.lines.len()).filter(move |l| !self.lines[*l].blank && !goes(self.fate[*l]))
    }

    /// The first of them.
    fn first_left(&self) -> Option<usize> {
        self.lines_left().next()
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
            let id = Some(self.memo.id(self.set, self.content(line)));
            if let Some((position, rule)) = self.first_match(line, id, self.content(line), echoes) {
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
        let Some(least) = least.min().filter(|_| self.may_hold_quotations) else { return };
        // The line that comes first is the title, even where someone said it.
        let Some(first) = self.first_left() else { return };
        let like = self.lines_like_quotations(least);
        self.has_like_quotations = !like.is_empty();
        let open: Vec<(usize, Option<u64>)> =
            like.into_iter().filter(|(line, _)| *line > first && self.is_open(*line)).collect();
        if open.is_empty() {
            return;
        }
        let ends: FxHashSet<Option<u64>> = open.iter().map(|(_, ends)| *ends).collect();
        let wanted = |of: Option<u64>| of.is_none() || ends.contains(&of) || ends.contains(&None);
        let mut quotations = FxHashSet::default();
        for line in self.lines_left() {
            structure::quotations(self.content(line), least, wanted, &mut quotations);
        }
        for (line, _) in open {
            let content = self.content(line);
            if !lines::has_more_words_than(content, least - 1)
                || !quotations.contains(&structure::folded(content))
            {
                continue;
            }
            let id = self.memo.id(self.set, content);
            let quotes = |pass: &mut Self, _, rule: &Rule| match rule.unit {
                Unit::PullQuote { min_words } => pass.memo.words(id, content) >= min_words,
                _ => false,
            };
            if let Some((position, _)) = self.first_match(line, Some(id), content, quotes) {
                self.fate[line] = Fate::Goes(position);
            }
        }
    }

    /// Lines that begin and end as a quotation does, with their ends; what is no UTF-8 may be like anything.
    fn lines_like_quotations(&self, min_words: usize) -> Vec<(usize, Option<u64>)> {
        let mut ends = FxHashSet::default();
        for line in self.lines_left() {
            let content = self.content(line);
            structure::each_quotation(content, min_words, |place| {
                ends.insert(structure::ends(&content[place]));
            });
        }
        if ends.is_empty() {
            return Vec::new();
        }
        let with_ends = self.lines_left().map(|line| (line, structure::ends(self.content(line))));
        with_ends.filter(|(_, own)| own.is_none() || ends.contains(own) || ends.contains(&None)).collect()
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
            let taken_by = match self.fate[i] {
                Fate::Goes(position) => Some(RuleSet::number(position)),
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
