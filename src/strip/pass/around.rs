//! Rules that look at a line beside the other lines of its document: echoes of the title, pull quotes, neighbours.

use rustc_hash::FxHashSet;

use super::{Fate, Pass};
use crate::strip::rule::{Rule, Unit};
use crate::strip::{lines, structure};

impl Pass<'_> {
    /// Lines that still have something to read.
    fn lines_left(&self) -> impl Iterator<Item = usize> {
        let goes = |fate: Fate| matches!(fate, Fate::Goes(_) | Fate::NotArticle);
        (0..self.lines.len()).filter(move |l| !self.lines.is_blank(*l) && !goes(self.fate[*l]))
    }

    /// The first of them.
    fn first_left(&self) -> Option<usize> {
        self.lines_left().next()
    }

    pub(super) fn title_echoes(&mut self, title: Option<&str>) {
        if !self.set.title_echoes.iter().any(|rule| self.active.has(*rule)) {
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
                self.capture(rule, rest, 0, self.lines.start(line));
                self.fate[line] = Fate::by(position);
            }
        }
    }

    pub(super) fn pull_quotes(&mut self) {
        let rules = self.set.pull_quotes.iter().filter(|(rule, _)| self.active.has(*rule));
        let least = rules.map(|(_, min_words)| *min_words);
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
                self.fate[line] = Fate::by(position);
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
    pub(super) fn neighbours(&mut self) {
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
                let above = (0..line).rev().find(|l| !pass.lines.is_blank(*l));
                let below = (line + 1..pass.lines.len()).find(|l| !pass.lines.is_blank(*l));
                [above, below].into_iter().flatten().any(|l| pass.was_cut_by(l, &set.beside[position]))
            };
            if let Some((position, rule)) =
                self.first_match(line, self.ids[line], self.content(line), stands_beside)
            {
                self.capture(rule, self.content(line), 0, self.lines.start(line));
                found.push((line, position));
            }
        }
        for (line, position) in found {
            self.fate[line] = Fate::by(position);
        }
    }

    /// Whether one of `rules` cut `line` or something in it.
    fn was_cut_by(&self, line: usize, rules: &[usize]) -> bool {
        match self.fate[line] {
            Fate::Goes(position) => rules.contains(&position.into()),
            _ => {
                let range = self.lines.at(line).content();
                let first = self.spans.partition_point(|(cut, _)| cut.start < range.start);
                let mut inside = self.spans[first..].iter().take_while(|(cut, _)| cut.start < range.end);
                inside.any(|(_, position)| rules.contains(position))
            }
        }
    }
}
