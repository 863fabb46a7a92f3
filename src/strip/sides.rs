//! Many outlines of one side of a line as one automaton, and a memory of what the outermost bytes already say.

use regex_automata::hybrid::dfa::{Cache, Config, DFA};
use regex_automata::nfa::thompson::{self, Compiler, WhichCaptures};
use regex_automata::{Anchored, Input, MatchKind, PatternID, PatternSet};
use regex_syntax::hir::Hir;

use super::outline::Side;

/// Memory for the expressions of an automaton, in bytes; with more, lines are not turned away.
const NFA_LIMIT: usize = 16 << 20;

/// Memory of the states that one thread remembers, in bytes.
const CACHE_LIMIT: usize = 16 << 20;

/// All outlines of one side.
#[derive(Debug)]
pub(super) enum Outlines {
    /// None: no line fits.
    Nothing,
    /// Too many: every line fits.
    Everything,
    Automaton(Box<DFA>, Side),
}

/// What one thread remembers of the outlines of a side.
#[derive(Debug, Default)]
pub(super) struct OutlinesCache(Option<Remembered>);

#[derive(Debug)]
struct Remembered {
    states: Cache,
    glances: Glances,
    fitting: PatternSet,
}

impl OutlinesCache {
    fn of(&mut self, dfa: &DFA) -> &mut Remembered {
        self.0.get_or_insert_with(|| Remembered {
            states: dfa.create_cache(),
            glances: Glances::default(),
            fitting: PatternSet::new(dfa.pattern_len()),
        })
    }
}

impl Outlines {
    pub(super) fn new(outlines: &[Hir], side: Side) -> Self {
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
        dfa.map_or(Self::Everything, |dfa| Self::Automaton(Box::new(dfa), side))
    }

    /// Whether one of them fits `line`, where its outermost bytes tell.
    pub(super) fn fit_at_a_glance(&self, cache: &mut OutlinesCache, line: &[u8]) -> Option<bool> {
        let (dfa, side) = match self {
            Self::Nothing => return Some(false),
            Self::Everything => return Some(true),
            Self::Automaton(dfa, side) => (dfa, *side),
        };
        let Remembered { states, glances, .. } = cache.of(dfa);
        glances.say(line, side, |outermost| glance(dfa, states, line, outermost, side))
    }

    /// Whether one of them fits `line`.
    pub(super) fn fit(&self, cache: &mut OutlinesCache, line: &[u8]) -> bool {
        self.fit_at_a_glance(cache, line).unwrap_or_else(|| self.fit_behind(cache, line))
    }

    /// Whether one of them fits `line`, of which a glance does not tell.
    pub(super) fn fit_behind(&self, cache: &mut OutlinesCache, line: &[u8]) -> bool {
        let Self::Automaton(dfa, side) = self else { return true };
        let states = &mut cache.of(dfa).states;
        let input = Input::new(line).anchored(Anchored::Yes).earliest(true);
        let found = match side {
            Side::Start => dfa.try_search_fwd(states, &input),
            Side::End => dfa.try_search_rev(states, &input),
        };
        // An automaton that gives up turns nothing away.
        found.map_or(true, |end| end.is_some())
    }

    /// Calls `each` with the number of every one that fits the start of `line`; false if they cannot be told.
    pub(super) fn each_fitting(
        &self,
        cache: &mut OutlinesCache,
        line: &[u8],
        each: impl FnMut(PatternID),
    ) -> bool {
        let dfa = match self {
            Self::Nothing => return true,
            Self::Automaton(dfa, Side::Start) => dfa,
            _ => return false,
        };
        let Remembered { states, fitting, .. } = cache.of(dfa);
        fitting.clear();
        let input = Input::new(line).anchored(Anchored::Yes);
        let found = dfa.try_which_overlapping_matches(states, &input, fitting);
        fitting.iter().for_each(each);
        found.is_ok()
    }
}

/// Bytes that are looked at first: hardly more than it takes to tell most lines, so few that lines often share them.
const OUTERMOST: usize = 4;

type Outermost = [u8; OUTERMOST];

/// Whether an outline fits all lines that begin or end (`side`) with these bytes, or none of them; `None` if it depends.
fn glance(dfa: &DFA, cache: &mut Cache, line: &[u8], outermost: Outermost, side: Side) -> Option<bool> {
    let input = Input::new(line).anchored(Anchored::Yes);
    let state = match side {
        Side::Start => dfa.start_state_forward(cache, &input),
        Side::End => dfa.start_state_reverse(cache, &input),
    };
    let mut state = state.ok()?;
    for step in 0..OUTERMOST {
        let byte = outermost[if side == Side::Start { step } else { OUTERMOST - 1 - step }];
        state = dfa.next_state(cache, state, byte).ok()?;
        if state.is_match() {
            return Some(true);
        }
        if state.is_dead() {
            return Some(false);
        }
    }
    None
}

/// What the outermost bytes of lines said, for those that came last.
#[derive(Debug)]
struct Glances(Box<[(Outermost, Said); Glances::SLOTS]>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Nothing,
    Fits(Option<bool>),
}

impl Default for Glances {
    fn default() -> Self {
        Self(Box::new([([0; OUTERMOST], Said::Nothing); Self::SLOTS]))
    }
}

impl Glances {
    const BITS: u32 = 12;
    const SLOTS: usize = 1 << Self::BITS;

    /// What `look` says of the outermost bytes of `line`, asked or remembered; `None` for shorter lines.
    fn say(&mut self, line: &[u8], side: Side, look: impl FnOnce(Outermost) -> Option<bool>) -> Option<bool> {
        let outermost = match side {
            Side::Start => *line.first_chunk::<OUTERMOST>()?,
            Side::End => *line.last_chunk::<OUTERMOST>()?,
        };
        let spread = u32::from_le_bytes(outermost).wrapping_mul(0x9E37_79B9);
        let slot = &mut self.0[(spread >> (32 - Self::BITS)) as usize];
        match slot.1 {
            Said::Fits(fits) if slot.0 == outermost => fits,
            _ => {
                let fits = look(outermost);
                *slot = (outermost, Said::Fits(fits));
                fits
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::outline::outline;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_glance_says_what_the_whole_search_says(lines in proptest::collection::vec("[abé. ]{0,14}", 1..20)) {
            for (side, sources) in [
                (Side::Start, ["^ab", "^(?i)a.?b$", "^[ab]+ a", "^éa(?:bb|é)a", "^..$"]),
                (Side::End, ["ab$", "^(?i)a.?b$", "b [ab]+$", "éa(?:bb|é)$", "^..$"]),
            ] {
                let hirs: Vec<Hir> = sources.iter().filter_map(|source| outline(source, side)).collect();
                let (outlines, mut cache) = (Outlines::new(&hirs, side), OutlinesCache::default());
                let Outlines::Automaton(dfa, _) = &outlines else { panic!("an automaton") };
                let mut other = dfa.create_cache();
                for line in &lines {
                    let input = Input::new(line).anchored(Anchored::Yes);
                    let found = match side {
                        Side::Start => dfa.try_search_fwd(&mut other, &input),
                        Side::End => dfa.try_search_rev(&mut other, &input),
                    };
                    prop_assert_eq!(outlines.fit(&mut cache, line.as_bytes()), found.unwrap().is_some());
                }
            }
        }
    }
}
