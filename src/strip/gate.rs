//! Turns away lines on which no rule that may be in force can have its say, without remembering them, and names the few rules that are worth
//! a try on the others.
//!
//! Most lines of an article are turned away. A rule whose expression must begin or end in a certain way is known by its
//! [`outline`](super::outline); any other by its keywords. The gate may let a line through in vain, never keep one from
//! a rule that would match.

use regex_automata::PatternID;

use super::keywords::Keywords;
use super::lines;
use super::needle::Needle;
use super::outline::{Side, outline};
use super::rule::{Rule, Unit};
use super::ruleset::Active;
use super::sides::{Outlines, OutlinesCache};
use super::triggers::Triggers;

/// Rules beyond which those of sites are known by their keywords alone.
const MOST_OUTLINES: usize = 1000;

/// Decides which lines are worth a look.
#[derive(Debug)]
pub(super) struct Gate {
    starts: Outlines,
    ends: Outlines,
    /// Rules by the number of their outline in `starts`.
    with_start: Vec<usize>,
    with_end: Vec<usize>,
    /// Rules without outline, by their keywords.
    by_keyword: ByKeyword,
    /// Rules with neither.
    always: Vec<usize>,
    /// Rules of which what they look for is not in the line itself.
    structural: Vec<usize>,
    /// The keywords of each rule.
    needles: Vec<Vec<Needle>>,
    /// Most words that a line may have for a rule without outline; `None`: any number.
    most_words: Option<usize>,
}

/// Keywords of rules without outline.
#[derive(Debug)]
enum ByKeyword {
    Few(Triggers),
    Many(Option<Keywords>),
}

impl ByKeyword {
    /// Calls `found` with the position of a rule for every keyword in `line`, until it says that this is enough;
    /// whether it did.
    fn any(&self, line: &[u8], found: impl FnMut(usize) -> bool) -> bool {
        match self {
            Self::Few(triggers) => triggers.any(line, found),
            Self::Many(keywords) => keywords.as_ref().is_some_and(|keywords| keywords.any(line, found)),
        }
    }
}

/// What one thread remembers for a gate.
#[derive(Debug, Default)]
pub(super) struct GateCache {
    starts: OutlinesCache,
    ends: OutlinesCache,
}

impl Gate {
    /// A gate for those of `rules`, in order of priority, that are `wanted`, by their position.
    pub(super) fn new(rules: &[Rule], wanted: impl Fn(usize) -> bool) -> Self {
        let (mut starts, mut ends) = (Vec::new(), Vec::new());
        let (mut with_start, mut with_end) = (Vec::new(), Vec::new());
        let mut keywords: Vec<(usize, &[String])> = Vec::new();
        let (mut always, mut structural) = (Vec::new(), Vec::new());
        let mut most_words = Some(0);
        for (position, rule) in rules.iter().enumerate().filter(|(position, _)| wanted(*position)) {
            let (Unit::Span(pattern) | Unit::Line(pattern) | Unit::Block { from: pattern, .. }) = &rule.unit
            else {
                structural.push(position);
                continue;
            };
            // Rules of very many sites would make an automaton that is too large; most of them are not in force anyway.
            let of_many = rules.len() > MOST_OUTLINES && !rule.sites.is_empty() && !rule.keywords.is_empty();
            if of_many {
                most_words = most_words.zip(rule.max_words).map(|(a, b): (usize, usize)| a.max(b));
                keywords.push((position, &rule.keywords));
            } else if let Some(outline) = outline(pattern.source(), Side::Start) {
                with_start.push(position);
                starts.push(outline);
            } else if let Some(outline) = outline(pattern.source(), Side::End) {
                with_end.push(position);
                ends.push(outline);
            } else {
                most_words = most_words.zip(rule.max_words).map(|(a, b): (usize, usize)| a.max(b));
                if rule.keywords.is_empty() {
                    always.push(position);
                } else {
                    keywords.push((position, &rule.keywords));
                }
            }
        }
        let by_keyword = match Triggers::new(&keywords) {
            Some(few) => ByKeyword::Few(few),
            None => ByKeyword::Many(Keywords::fast(&keywords).unwrap_or_else(|_| {
                always.extend(keywords.iter().map(|(rule, _)| rule));
                None
            })),
        };
        let needles = |(position, rule): (usize, &Rule)| {
            let keywords = if wanted(position) { rule.keywords.as_slice() } else { &[] };
            keywords.iter().flat_map(|keyword| Needle::of(keyword)).collect()
        };
        Self {
            starts: Outlines::new(&starts, Side::Start),
            ends: Outlines::new(&ends, Side::End),
            with_start,
            with_end,
            by_keyword,
            always,
            structural,
            needles: rules.iter().enumerate().map(needles).collect(),
            most_words,
        }
    }

    /// Whether a rule is known by how `line` begins, as far as a glance tells.
    pub(super) fn glance(&self, cache: &mut GateCache, line: &[u8]) -> Option<bool> {
        self.starts.fit_at_a_glance(&mut cache.starts, line)
    }

    /// Whether one of `rules` that are `active` and have an expression could have its say on `line`. `glance`: what
    /// [`Gate::glance`] told of it.
    pub(super) fn lets_through(
        &self,
        cache: &mut GateCache,
        rules: &[Rule],
        active: &Active,
        line: &[u8],
        glance: Option<bool>,
    ) -> bool {
        glance.unwrap_or_else(|| self.starts.fit_behind(&mut cache.starts, line))
            || self.ends.fit(&mut cache.ends, line)
            || self.is_wanted(rules, active, line)
    }

    /// Whether the line is worth a look for a rule without outline.
    fn is_wanted(&self, rules: &[Rule], active: &Active, line: &[u8]) -> bool {
        if self.most_words.is_some_and(|most| lines::has_more_words_than(line, most)) {
            return false;
        }
        let wants = |position: usize| {
            active.has(position)
                && rules[position].max_words.is_none_or(|most| !lines::has_more_words_than(line, most))
        };
        self.always.iter().any(|rule| wants(*rule)) || self.by_keyword.any(line, wants)
    }

    /// The rules that are worth a try on `line` to `rules`, which is empty, by position, ascending: those whose outline fits,
    /// and of which a keyword stands in the line if they have any.
    pub(super) fn worth_a_try(&self, cache: &mut GateCache, line: &[u8], rules: &mut Vec<usize>) {
        let has_keyword = |rule: &&usize| {
            let needles = &self.needles[**rule];
            needles.is_empty() || needles.iter().any(|needle| needle.stands_in(line))
        };
        rules.extend(self.always.iter().chain(&self.structural).filter(has_keyword));
        let known = self.starts.each_fitting(&mut cache.starts, line, |outline: PatternID| {
            rules.extend(Some(&self.with_start[outline.as_usize()]).filter(has_keyword));
        });
        if !known {
            rules.extend(self.with_start.iter().filter(has_keyword));
        }
        if self.ends.fit(&mut cache.ends, line) {
            rules.extend(self.with_end.iter().filter(has_keyword));
        }
        self.by_keyword.any(line, |rule| {
            rules.push(rule);
            false
        });
        rules.sort_unstable();
        rules.dedup();
    }
}
