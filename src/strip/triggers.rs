//! Looks for a few dozen keywords in a line that most likely holds none of them.
//!
//! Each spelling is looked for at its two rarest neighbours, so that most bytes of a text are only looked up, with the
//! byte before them, in a small table.

use super::needle::Needle;

/// Spellings beyond which too many would share their rarest neighbours.
const MOST: usize = 256;

/// Pairs of bytes as bits of words.
const WORDS: usize = 1 << 10;

/// Keywords by their rarest neighbours.
#[derive(Debug)]
pub(super) struct Triggers {
    /// Sorted by the second of their rarest neighbours.
    triggers: Vec<Trigger>,
    /// For each byte, in either case, where the triggers begin and end of which it is that second one.
    of_byte: Box<[(u16, u16); 256]>,
    /// One bit for every pair of bytes, set for the rarest neighbours; the first is the lower byte of a number.
    pairs: Box<[u64; WORDS]>,
}

/// A spelling and its rule.
#[derive(Debug)]
struct Trigger {
    /// The two rarest neighbours, in lower case.
    first: Option<u8>,
    second: u8,
    needle: Needle,
    /// Position of the rule.
    rule: usize,
}

impl Triggers {
    /// Keywords (lower case) with the position of their rule; `None` if they are too many.
    pub(super) fn new(of_rules: &[(usize, &[String])]) -> Option<Self> {
        let of_rule = |(rule, keywords): &(usize, &[String])| {
            let rule = *rule;
            let needles = keywords.iter().flat_map(|keyword| Needle::of(keyword));
            let trigger = |needle: Needle| {
                let (first, second) = needle.pair();
                Trigger { first, second, needle, rule }
            };
            needles.map(trigger).collect::<Vec<_>>()
        };
        let mut triggers: Vec<Trigger> = of_rules.iter().flat_map(of_rule).collect();
        if triggers.len() > MOST {
            return None;
        }
        triggers.sort_by_key(|trigger| trigger.second);
        let mut of_byte = Box::new([(0, 0); 256]);
        for byte in 0..=255_u8 {
            let from = triggers.partition_point(|t| t.second < byte.to_ascii_lowercase());
            let until = triggers.partition_point(|t| t.second <= byte.to_ascii_lowercase());
            of_byte[usize::from(byte)] = (from as u16, until as u16);
        }
        let mut pairs = Box::new([0; WORDS]);
        for Trigger { first, second, .. } in &triggers {
            let cases = |byte: u8| [byte, byte.to_ascii_uppercase()];
            let firsts: Vec<u8> = first.map_or_else(|| (0..=255).collect(), |first| cases(first).into());
            for (first, second) in firsts.iter().flat_map(|first| cases(*second).map(|s| (*first, s))) {
                let pair = u16::from_le_bytes([first, second]);
                pairs[usize::from(pair / 64)] |= 1 << (pair % 64);
            }
        }
        Some(Self { triggers, of_byte, pairs })
    }

    /// Calls `found` with the position of a rule for every keyword in `line`, until it says that this is enough;
    /// whether it did.
    pub(super) fn any(&self, line: &[u8], mut found: impl FnMut(usize) -> bool) -> bool {
        let Some(first) = line.first() else { return false };
        self.pull([0, *first], line, 0, &mut found)
            || line
                .windows(2)
                .enumerate()
                .any(|(before, pair)| self.pull([pair[0], pair[1]], line, before + 1, &mut found))
    }

    /// Calls `found` for every keyword in `line` of which `pair`, the byte at `at` and that before it, are the rarest neighbours,
    /// until it says that this is enough; whether it did.
    #[inline(always)]
    fn pull(&self, pair: [u8; 2], line: &[u8], at: usize, found: &mut impl FnMut(usize) -> bool) -> bool {
        let number = u16::from_le_bytes(pair);
        if self.pairs[usize::from(number / 64)] >> (number % 64) & 1 == 0 {
            return false;
        }
        let (from, until) = self.of_byte[usize::from(pair[1])];
        let first = pair[0].to_ascii_lowercase();
        self.triggers[usize::from(from)..usize::from(until)].iter().any(|trigger| {
            trigger.first.is_none_or(|own| own == first)
                && trigger.needle.stands_at(line, at)
                && found(trigger.rule)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::keywords::Keywords;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn triggers_find_what_the_automaton_finds(
            keywords in proptest::collection::vec("[abkÉé» ]{1,3}", 1..6),
            line in "[abkABKÉé» \u{212a}]{0,12}",
            wanted in any::<[bool; 6]>(),
        ) {
            let keywords: Vec<Vec<String>> = keywords.iter().map(|k| vec![k.to_lowercase()]).collect();
            let of_rules: Vec<(usize, &[String])> = keywords.iter().map(Vec::as_slice).enumerate().collect();
            let triggers = Triggers::new(&of_rules).unwrap();
            let automaton = Keywords::fast(&of_rules).unwrap().unwrap();
            prop_assert_eq!(
                triggers.any(line.as_bytes(), |rule| wanted[rule]),
                automaton.any(line.as_bytes(), |rule| wanted[rule])
            );
        }
    }
}
