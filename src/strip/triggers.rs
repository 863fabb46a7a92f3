//! Looks for a few dozen keywords in a line that most likely holds none of them.
//!
//! Each keyword is looked for at its rarest byte, so that most bytes of a text are only looked up in a small table.

use super::keywords::case_forms;

/// Keywords beyond which too many would share a byte.
pub(super) const MOST_KEYWORDS: usize = 256;

/// Keywords by their rarest byte.
#[derive(Debug)]
pub(super) struct Triggers {
    /// Sorted by byte; a letter stands for both its cases.
    keywords: Vec<Keyword>,
    /// For each byte, where its keywords begin and end.
    of_byte: Box<[(u16, u16); 256]>,
}

#[derive(Debug)]
struct Keyword {
    text: String,
    /// Where the rarest byte stands.
    at: usize,
    rule: usize,
}

impl Keyword {
    fn byte(&self) -> u8 {
        self.text.as_bytes()[self.at].to_ascii_lowercase()
    }
}

impl Triggers {
    /// Keywords (lower case) with the position of their rule; `None` if they are too many.
    pub(super) fn new(of_rules: &[(usize, &[String])]) -> Option<Self> {
        let mut keywords: Vec<Keyword> = Vec::new();
        for (rule, of_rule) in of_rules {
            for text in of_rule.iter().flat_map(|keyword| case_forms(keyword)) {
                let at = (0..text.len()).min_by_key(|at| commonness(text.as_bytes()[*at]))?;
                keywords.push(Keyword { text, at, rule: *rule });
            }
        }
        if keywords.len() > MOST_KEYWORDS {
            return None;
        }
        keywords.sort_by_key(Keyword::byte);
        let mut of_byte = Box::new([(0, 0); 256]);
        for byte in 0..=255_u8 {
            let from = keywords.partition_point(|k| k.byte() < byte.to_ascii_lowercase());
            let until = keywords.partition_point(|k| k.byte() <= byte.to_ascii_lowercase());
            of_byte[usize::from(byte)] = (from as u16, until as u16);
        }
        Some(Self { keywords, of_byte })
    }

    /// Whether a keyword in `line` belongs to a rule that is `wanted`.
    pub(super) fn any(&self, line: &[u8], mut wanted: impl FnMut(usize) -> bool) -> bool {
        line.iter().enumerate().any(|(at, byte)| {
            let (from, until) = self.of_byte[usize::from(*byte)];
            from < until
                && self.keywords[usize::from(from)..usize::from(until)].iter().any(|keyword| {
                    at.checked_sub(keyword.at)
                        .and_then(|start| line.get(start..start + keyword.text.len()))
                        .is_some_and(|found| found.eq_ignore_ascii_case(keyword.text.as_bytes()))
                        && wanted(keyword.rule)
                })
        })
    }
}

/// How common a byte is in text, roughly.
fn commonness(byte: u8) -> usize {
    const RARE_FIRST: &[u8] = b"zqjxkvbywgpfmucdlhrsniaote ";
    match byte.to_ascii_lowercase() {
        b'0'..=b'9' => 4,
        byte if byte.is_ascii() => RARE_FIRST.iter().position(|b| *b == byte).map_or(0, |rank| rank + 1),
        0xC0.. => 10,
        _ => 20,
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
