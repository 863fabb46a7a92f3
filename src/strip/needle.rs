//! One spelling of a keyword, looked for at the two neighbouring bytes that are rarest in text.

use super::keywords::case_forms;

/// A spelling; ASCII letters are compared without case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Needle {
    text: String,
    /// Where the second of the two rarest neighbours stands; 0 in a text of one byte.
    at: usize,
}

impl Needle {
    /// All spellings of a keyword (lower case) that are looked for.
    pub(super) fn of(keyword: &str) -> impl Iterator<Item = Self> {
        case_forms(keyword).into_iter().filter(|text| !text.is_empty()).map(|text| {
            let bytes = text.as_bytes();
            let rarity = |at: &usize| commonness(bytes[at - 1]) + commonness(bytes[*at]);
            Self { at: (1..bytes.len()).min_by_key(rarity).unwrap_or(0), text }
        })
    }

    /// The two rarest neighbours, in lower case; of a text of one byte only the second.
    pub(super) fn pair(&self) -> (Option<u8>, u8) {
        let lower = |at: usize| self.text.as_bytes()[at].to_ascii_lowercase();
        (self.at.checked_sub(1).map(lower), lower(self.at))
    }

    /// Whether it stands in `line` so that the second of its rarest neighbours is at `at`.
    pub(super) fn stands_at(&self, line: &[u8], at: usize) -> bool {
        at.checked_sub(self.at)
            .and_then(|start| line.get(start..start + self.text.len()))
            .is_some_and(|found| found.eq_ignore_ascii_case(self.text.as_bytes()))
    }

    /// Whether it stands anywhere in `line`.
    pub(super) fn stands_in(&self, line: &[u8]) -> bool {
        let byte = self.pair().1;
        memchr::memchr2_iter(byte, byte.to_ascii_uppercase(), line).any(|at| self.stands_at(line, at))
    }
}

/// How common a byte is in text, roughly.
fn commonness(byte: u8) -> usize {
    const RARE_FIRST: &[u8] = b"zqjxkvbywgpfmucdlhrsniaote ";
    match byte.to_ascii_lowercase() {
        b'0'..=b'9' => 4,
        byte if byte.is_ascii() => RARE_FIRST.iter().position(|b| *b == byte).map_or(0, |rank| rank + 1),
        // What begins a character is followed by few others, and says less than these.
        0xC0.. => 24,
        _ => 10,
    }
}

#[cfg(test)]
mod tests {
    use super::super::keywords::Keywords;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn needles_find_what_the_automaton_finds(keyword in "[abkÉé» ]{1,3}", line in "[abkABKÉé» \u{212a}]{0,12}") {
            let keywords = [keyword.to_lowercase()];
            let automaton = Keywords::new(&[(0, &keywords)]).unwrap().unwrap();
            let found = Needle::of(&keywords[0]).any(|needle| needle.stands_in(line.as_bytes()));
            prop_assert_eq!(found, automaton.any(line.as_bytes(), |_| true));
        }
    }

    #[test]
    fn a_needle_is_looked_for_where_it_is_rarest() {
        let pair = |keyword: &str| Needle::of(keyword).next().unwrap().pair();
        assert_eq!(pair("cookies"), (Some(b'k'), b'i'));
        assert_eq!(pair("›"), (Some(0x80), 0xBA));
        assert_eq!(pair("@"), (None, b'@'));
    }
}
