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
    /// Each with the position of its rule, sorted by the second of its rarest neighbours.
    needles: Vec<(Needle, usize)>,
    /// For each byte, in either case, where the needles begin and end of which it is that second one.
    of_byte: Box<[(u16, u16); 256]>,
    /// One bit for every pair of bytes, set for the rarest neighbours.
    pairs: Box<[u64; WORDS]>,
}

impl Triggers {
    /// Keywords (lower case) with the position of their rule; `None` if they are too many.
    pub(super) fn new(of_rules: &[(usize, &[String])]) -> Option<Self> {
        let of_rule = |(rule, keywords): &(usize, &[String])| {
            let rule = *rule;
            let needles = keywords.iter().flat_map(|keyword| Needle::of(keyword));
            needles.map(move |needle| (needle, rule)).collect::<Vec<_>>()
        };
        let mut needles: Vec<(Needle, usize)> = of_rules.iter().flat_map(of_rule).collect();
        if needles.len() > MOST {
            return None;
        }
        let second = |(needle, _): &(Needle, usize)| needle.pair().1;
        needles.sort_by_key(second);
        let mut of_byte = Box::new([(0, 0); 256]);
        for byte in 0..=255_u8 {
            let from = needles.partition_point(|n| second(n) < byte.to_ascii_lowercase());
            let until = needles.partition_point(|n| second(n) <= byte.to_ascii_lowercase());
            of_byte[usize::from(byte)] = (from as u16, until as u16);
        }
        let mut pairs = Box::new([0; WORDS]);
        for (before, byte) in needles.iter().map(|(needle, _)| needle.pair()) {
            let cases = |byte: u8| [byte, byte.to_ascii_uppercase()];
            let all: Vec<u8> = before.map_or_else(|| (0..=255).collect(), |before| cases(before).into());
            for (before, byte) in all.iter().flat_map(|before| cases(byte).map(|byte| (*before, byte))) {
                let pair = usize::from(before) << 8 | usize::from(byte);
                pairs[pair / 64] |= 1 << (pair % 64);
            }
        }
        Some(Self { needles, of_byte, pairs })
    }

    /// Calls `found` with the position of a rule for every keyword in `line`, until it says that this is enough;
    /// whether it did.
    pub(super) fn any(&self, line: &[u8], mut found: impl FnMut(usize) -> bool) -> bool {
        let mut before = 0;
        for (at, byte) in line.iter().enumerate() {
            let pair = before << 8 | usize::from(*byte);
            before = usize::from(*byte);
            if self.pairs[pair / 64] >> (pair % 64) & 1 == 1 {
                let (from, until) = self.of_byte[usize::from(*byte)];
                let needles = &self.needles[usize::from(from)..usize::from(until)];
                if needles.iter().any(|(needle, rule)| needle.stands_at(line, at) && found(*rule)) {
                    return true;
                }
            }
        }
        false
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
            let automaton = Keywords::new(&of_rules).unwrap().unwrap();
            prop_assert_eq!(
                triggers.any(line.as_bytes(), |rule| wanted[rule]),
                automaton.any(line.as_bytes(), |rule| wanted[rule])
            );
        }
    }
}
