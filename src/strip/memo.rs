//! What rules said of a line before. Chrome is the same on every page of a site, and every text is looked at twice.
//!
//! A verdict depends on the bytes of the line and the rule alone, never on where the line stands: position, language
//! and neighbours are asked each time. Lines are compared by their bytes, so a memo changes no result.

use std::num::NonZeroU32;
use std::ops::Range;

use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::xxh3_64;

use super::gate::GateCache;
use super::gates::Tongue;
use super::lines;
use super::rule::{Rule, Unit};
use super::ruleset::{Active, RuleSet};

/// Number of a line in a memo, from 1: that there is none takes no more room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LineId(NonZeroU32);

impl LineId {
    fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// Verdicts on the lines of texts in one language seen so far. One a thread.
#[derive(Debug)]
pub(super) struct Memo {
    /// Lines by their hash. Of two with the same hash the second is not found again.
    ids: FxHashMap<u64, LineId>,
    lines: Vec<Known>,
    /// The lines, one after the other, and the rules worth a try on them.
    text: Vec<u8>,
    tries: Vec<Try>,
    tongue: Tongue,
    /// Bytes of text seen.
    seen: usize,
    /// Whether lines are turned away.
    gated: bool,
    gate: GateCache,
    /// Rules worth a try on the line at hand.
    rules: Vec<usize>,
}

/// What is known of one line.
#[derive(Debug)]
struct Known {
    /// Where it stands in `text`.
    line: Range<usize>,
    /// Where the rules worth a try stand in `tries`, by position, ascending.
    tries: Range<usize>,
    words: Option<u32>,
}

/// Bytes that a line takes beside itself and its tries.
const ENTRY: usize = size_of::<Known>() + 2 * size_of::<(u64, LineId)>();

#[derive(Debug, Clone, Copy)]
struct Try {
    rule: u16,
    verdict: Option<bool>,
}

impl Memo {
    /// For texts in one language; with nothing remembered yet.
    pub(super) fn new(tongue: Tongue) -> Self {
        Self {
            ids: FxHashMap::default(),
            lines: Vec::new(),
            text: Vec::new(),
            tries: Vec::new(),
            tongue,
            seen: 0,
            gated: false,
            gate: GateCache::default(),
            rules: Vec::new(),
        }
    }

    /// What lines and verdicts take.
    pub(super) fn bytes(&self) -> usize {
        self.text.len() + self.tries.len() * size_of::<Try>() + self.lines.len() * ENTRY
    }

    /// Forgets all lines. Numbers given before are void.
    pub(super) fn forget(&mut self) {
        self.ids = FxHashMap::default();
        self.lines = Vec::new();
        self.text = Vec::new();
        self.tries = Vec::new();
    }

    /// Begins with a text; when more than `before_gate` bytes were seen, lines are turned away at the gate of `set`.
    pub(super) fn begin(&mut self, set: &RuleSet, text: &[u8], before_gate: usize) {
        self.seen = self.seen.saturating_add(text.len());
        if !self.gated && self.seen > before_gate {
            set.gate(self.tongue);
            self.gated = true;
        }
    }

    /// The number of `line`, if a rule with an expression that is `active` could have its say on it.
    pub(super) fn id_if_worth(&mut self, set: &RuleSet, active: &Active, line: &[u8]) -> Option<LineId> {
        if self.gated {
            let gate = set.gate(self.tongue);
            let glance = gate.glance(&mut self.gate, line);
            // A line that is known was worth it to some document; most lines that come again show it at a glance.
            if glance != Some(false)
                && let Some(id) = self.known(line, xxh3_64(line))
            {
                return Some(id);
            }
            if !gate.lets_through(&mut self.gate, &set.rules, active, line, glance) {
                return None;
            }
        }
        Some(self.id(set, line))
    }

    /// The number of `line`.
    pub(super) fn id(&mut self, set: &RuleSet, line: &[u8]) -> LineId {
        let hash = xxh3_64(line);
        if let Some(id) = self.known(line, hash) {
            return id;
        }
        self.rules.clear();
        if self.gated {
            set.gate(self.tongue).worth_a_try(&mut self.gate, line, &mut self.rules);
        } else {
            set.worth_a_try(line, &mut self.rules);
        }
        // A text has less than 4 GiB, and so many lines.
        let id = LineId(NonZeroU32::MIN.saturating_add(self.lines.len() as u32));
        let (start, first) = (self.text.len(), self.tries.len());
        self.text.extend_from_slice(line);
        self.tries.extend(self.rules.iter().map(|rule| Try { rule: *rule as u16, verdict: None }));
        self.lines.push(Known { line: start..self.text.len(), tries: first..self.tries.len(), words: None });
        self.ids.entry(hash).or_insert(id);
        id
    }

    /// The number of `line`, whose hash is `hash`, if it was seen before.
    fn known(&self, line: &[u8], hash: u64) -> Option<LineId> {
        let id = *self.ids.get(&hash)?;
        (self.text[self.lines[id.index()].line.clone()] == *line).then_some(id)
    }

    /// How many rules are worth a try on a line.
    pub(super) fn tries(&self, id: LineId) -> usize {
        self.lines[id.index()].tries.len()
    }

    /// Position of the `index`th of them.
    pub(super) fn rule(&self, id: LineId, index: usize) -> usize {
        usize::from(self.tries[self.lines[id.index()].tries.start + index].rule)
    }

    /// Words of a line; `line` is the line itself.
    pub(super) fn words(&mut self, id: LineId, line: &[u8]) -> usize {
        *self.lines[id.index()].words.get_or_insert_with(|| lines::count_words(line) as u32) as usize
    }

    /// Whether the `index`th rule worth a try has its say on a line: its expression is found there (for the structural
    /// kinds, which have none of the line's own, always), and that of `unless` is not.
    pub(super) fn verdict(&mut self, id: LineId, index: usize, rule: &Rule, line: &[u8]) -> bool {
        let slot = &mut self.tries[self.lines[id.index()].tries.start + index].verdict;
        *slot.get_or_insert_with(|| {
            let found = match &rule.unit {
                Unit::Span(regex) | Unit::Line(regex) | Unit::Block { from: regex, .. } => {
                    regex.is_match(line)
                }
                Unit::PullQuote { .. } | Unit::TitleEcho(_) => true,
            };
            found && rule.unless.as_ref().is_none_or(|unless| !unless.is_match(line))
        })
    }
}
