//! Turns away lines on which no rule can have its say, without remembering them.
//!
//! Most lines of an article are such lines. A rule whose expression must begin or end in a certain way is known by its
//! [`outline`](super::outline); any other by its keywords. The gate may let a line through in vain, never keep one from
//! a rule that would match.

use regex_automata::hybrid::dfa::{Cache, Config, DFA};
use regex_automata::nfa::thompson::{self, Compiler, WhichCaptures};
use regex_automata::{Anchored, Input, MatchKind, PatternID, PatternSet};
use regex_syntax::hir::Hir;

use super::lines;
use super::outline::{Side, outline};
use super::rule::{Rule, Unit};
use super::ruleset::Active;
use super::triggers::Triggers;

/// Memory for the expressions of an automaton, in bytes; with more, lines are not turned away.
const NFA_LIMIT: usize = 16 << 20;

/// Memory of the states that one thread remembers, in bytes.
const CACHE_LIMIT: usize = 8 << 20;

/// Decides which lines are worth a look.
#[derive(Debug)]
pub(super) struct Gate {
    starts: Automaton,
    ends: Automaton,
    /// For each rule, the number of its outline in `starts`.
    start_of: Vec<Option<PatternID>>,
    /// Rules without outline, by their keywords.
    triggers: Option<Triggers>,
    /// Rules with neither, or with too many keywords.
    always: Vec<usize>,
    /// Most words that a line may have for a rule without outline; `None`: any number.
    most_words: Option<usize>,
}

/// All outlines of one side.
#[derive(Debug)]
enum Automaton {
    /// None: no line fits.
    Nothing,
    /// Too many: every line fits.
    Everything,
    Outlines(Box<DFA>),
}

/// What one thread remembers for a gate.
#[derive(Debug, Default)]
pub(super) struct GateCache {
    starts: Option<Cache>,
    ends: Option<Cache>,
}

impl Gate {
    /// A gate for `rules`, in order of priority.
    pub(super) fn new(rules: &[Rule]) -> Self {
        let (mut starts, mut ends) = (Vec::new(), Vec::new());
        let mut keywords: Vec<(usize, &[String])> = Vec::new();
        let mut always = Vec::new();
        let mut start_of = vec![None; rules.len()];
        let mut most_words = Some(0);
        for (position, rule) in rules.iter().enumerate() {
            let (Unit::Span(pattern) | Unit::Line(pattern) | Unit::Block { from: pattern, .. }) = &rule.unit
            else {
                // What these look for is not in the line itself.
                continue;
            };
            if let Some(outline) = outline(pattern.source(), Side::Start) {
                start_of[position] = PatternID::new(starts.len()).ok();
                starts.push(outline);
            } else if let Some(outline) = outline(pattern.source(), Side::End) {
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
        let triggers = Triggers::new(&keywords);
        if triggers.is_none() {
            always.extend(keywords.iter().map(|(rule, _)| rule));
        }
        Self {
            starts: Automaton::new(&starts, Side::Start),
            ends: Automaton::new(&ends, Side::End),
            start_of,
            triggers,
            always,
            most_words,
        }
    }

    /// Whether one of `rules` that are `active` could have its say on `line`.
    pub(super) fn lets_through(
        &self,
        cache: &mut GateCache,
        rules: &[Rule],
        active: &Active,
        line: &[u8],
    ) -> bool {
        self.starts.fits(&mut cache.starts, line, Side::Start)
            || self.ends.fits(&mut cache.ends, line, Side::End)
            || self.is_wanted(rules, active, line)
    }

    /// Takes those of `rules` away whose outline does not fit the start of `line`.
    pub(super) fn retain_fitting(&self, cache: &mut GateCache, rules: &mut Vec<usize>, line: &[u8]) {
        let Automaton::Outlines(dfa) = &self.starts else { return };
        let cache = cache.starts.get_or_insert_with(|| dfa.create_cache());
        let mut fitting = PatternSet::new(dfa.pattern_len());
        let input = Input::new(line).anchored(Anchored::Yes);
        if dfa.try_which_overlapping_matches(cache, &input, &mut fitting).is_ok() {
            rules.retain(|rule| self.start_of[*rule].is_none_or(|outline| fitting.contains(outline)));
        }
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
        self.always.iter().any(|rule| wants(*rule))
            || self.triggers.as_ref().is_some_and(|t| t.any(line, wants))
    }
}

impl Automaton {
    fn new(outlines: &[Hir], side: Side) -> Self {
        if outlines.is_empty() {
            return Self::Nothing;
        }
        let nfa = Compiler::new()
            .configure(
                thompson::Config::new()
                    .utf8(false)
                    .reverse(side == Side::End)
                    .which_captures(WhichCaptures::None)
                    .nfa_size_limit(Some(NFA_LIMIT)),
            )
            .build_many_from_hir(outlines);
        let config = Config::new()
            .match_kind(MatchKind::All)
            .cache_capacity(CACHE_LIMIT)
            .skip_cache_capacity_check(true);
        let dfa = nfa.ok().and_then(|nfa| DFA::builder().configure(config).build_from_nfa(nfa).ok());
        dfa.map_or(Self::Everything, |dfa| Self::Outlines(Box::new(dfa)))
    }

    fn fits(&self, cache: &mut Option<Cache>, line: &[u8], side: Side) -> bool {
        let dfa = match self {
            Self::Nothing => return false,
            Self::Everything => return true,
            Self::Outlines(dfa) => dfa,
        };
        let cache = cache.get_or_insert_with(|| dfa.create_cache());
        let input = Input::new(line).anchored(Anchored::Yes).earliest(true);
        let found = match side {
            Side::Start => dfa.try_search_fwd(cache, &input),
            Side::End => dfa.try_search_rev(cache, &input),
        };
        // An automaton that gives up turns nothing away.
        found.map_or(true, |end| end.is_some())
    }
}
