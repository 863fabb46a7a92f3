//! What rules said of a line before. Chrome is the same on every page of a site, and every text is looked at twice.
//!
//! A verdict depends on the bytes of the line and the rule alone, never on where the line stands: position, language
//! and neighbours are asked each time. Lines are compared by their bytes, so a memo changes no result.

use rustc_hash::FxHashMap;

use super::gate::GateCache;
use super::lines;
use super::rule::{Rule, Unit};
use super::ruleset::{Active, RuleSet};

/// Bytes of lines after which a memo is emptied (between two texts).
const MOST_BYTES: usize = 8 << 20;

/// Number of a line in a memo.
pub(super) type LineId = u32;

/// Verdicts on the lines seen so far. One a thread.
#[derive(Debug, Default)]
pub(super) struct Memo {
    ids: FxHashMap<Box<[u8]>, LineId>,
    lines: Vec<Known>,
    bytes: usize,
    /// Whether lines are turned away.
    gated: bool,
    gate: GateCache,
}

/// What is known of one line.
#[derive(Debug)]
struct Known {
    /// Rules worth a try, by position, ascending: those without keywords and those of which one stands in the line.
    tries: Box<[Try]>,
    words: Option<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Try {
    rule: u16,
    verdict: Option<bool>,
}

impl Memo {
    /// Forgets everything if it has grown large. Numbers given before are void.
    pub(super) fn trim(&mut self) {
        if self.bytes > MOST_BYTES {
            *self = Self { gated: self.gated, gate: std::mem::take(&mut self.gate), ..Self::default() };
        }
    }

    /// From now on, lines are turned away at the gate of `set`.
    pub(super) fn open_gate(&mut self, set: &RuleSet) {
        set.gate();
        self.gated = true;
    }

    /// The number of `line`, if a rule with an expression that is `active` could have its say on it.
    pub(super) fn id_if_worth(&mut self, set: &RuleSet, active: &Active, line: &[u8]) -> Option<LineId> {
        if self.gated {
            let gate = set.gate();
            // A line that is known was worth it to some document.
            if gate.may_let_through(&mut self.gate, line)
                && let Some(id) = self.ids.get(line)
            {
                return Some(*id);
            }
            if !gate.lets_through(&mut self.gate, &set.rules, active, line) {
                return None;
            }
        }
        Some(self.id(set, line))
    }

    /// The number of `line`.
    pub(super) fn id(&mut self, set: &RuleSet, line: &[u8]) -> LineId {
        if let Some(id) = self.ids.get(line) {
            return *id;
        }
        let rules =
            if self.gated { set.gate().worth_a_try(&mut self.gate, line) } else { set.worth_a_try(line) };
        let id = self.lines.len() as LineId;
        let tries: Box<[Try]> =
            rules.into_iter().map(|rule| Try { rule: rule as u16, verdict: None }).collect();
        self.bytes += line.len() + size_of::<Known>() + size_of_val(&*tries) + 48;
        self.lines.push(Known { tries, words: None });
        self.ids.insert(line.into(), id);
        id
    }

    /// How many rules are worth a try on a line.
    pub(super) fn tries(&self, id: LineId) -> usize {
        self.lines[id as usize].tries.len()
    }

    /// Position of the `index`th of them.
    pub(super) fn rule(&self, id: LineId, index: usize) -> usize {
        usize::from(self.lines[id as usize].tries[index].rule)
    }

    /// Words of a line; `line` is the line itself.
    pub(super) fn words(&mut self, id: LineId, line: &[u8]) -> usize {
        *self.lines[id as usize].words.get_or_insert_with(|| lines::count_words(line) as u32) as usize
    }

    /// Whether the `index`th rule worth a try has its say on a line: its expression is found there (for the structural
    /// kinds, which have none of the line's own, always), and that of `unless` is not.
    pub(super) fn verdict(&mut self, id: LineId, index: usize, rule: &Rule, line: &[u8]) -> bool {
        let slot = &mut self.lines[id as usize].tries[index].verdict;
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
