//! Finds which rules a line is worth, by the keywords that stand in it.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind, BuildError};
use rustc_hash::FxHashMap;

/// Patterns beyond which an automaton that is to be fast is built small all the same.
const MOST_FOR_SPEED: usize = 4096;

/// Keywords of many rules, looked for in one pass.
#[derive(Debug)]
pub(super) struct Keywords {
    automaton: AhoCorasick,
    /// Rules of each pattern.
    rules: Vec<Vec<usize>>,
}

impl Keywords {
    /// Keywords (lower case) with the position of their rule; `None` if there are none. Made quickly, for some texts.
    ///
    /// # Errors
    /// If they are too many.
    pub(super) fn new(of_rules: &[(usize, &[String])]) -> Result<Option<Self>, BuildError> {
        Self::of_kind(of_rules, 0)
    }

    /// As [`Keywords::new`], for many texts: a full automaton takes several times as long to make, and is several times
    /// faster. (For a very large rule set it would take too much memory.)
    ///
    /// # Errors
    /// If they are too many.
    pub(super) fn fast(of_rules: &[(usize, &[String])]) -> Result<Option<Self>, BuildError> {
        Self::of_kind(of_rules, MOST_FOR_SPEED)
    }

    /// With a full automaton for up to so many patterns.
    fn of_kind(of_rules: &[(usize, &[String])], most_for_speed: usize) -> Result<Option<Self>, BuildError> {
        let mut patterns: Vec<String> = Vec::new();
        let mut numbers: FxHashMap<String, usize> = FxHashMap::default();
        let mut rules: Vec<Vec<usize>> = Vec::new();
        for (rule, keywords) in of_rules {
            for form in keywords.iter().flat_map(|keyword| case_forms(keyword)) {
                let number = *numbers.entry(form).or_insert_with_key(|form| {
                    patterns.push(form.clone());
                    rules.push(Vec::new());
                    rules.len() - 1
                });
                rules[number].push(*rule);
            }
        }
        if patterns.is_empty() {
            return Ok(None);
        }
        let is_full = patterns.len() <= most_for_speed;
        let kind = if is_full { AhoCorasickKind::DFA } else { AhoCorasickKind::ContiguousNFA };
        let automaton =
            AhoCorasickBuilder::new().kind(Some(kind)).ascii_case_insensitive(true).build(&patterns)?;
        Ok(Some(Self { automaton, rules }))
    }

    /// Calls `found` with the position of a rule for every keyword in `line`.
    pub(super) fn each(&self, line: &[u8], mut found: impl FnMut(usize)) {
        self.any(line, |rule| {
            found(rule);
            false
        });
    }

    /// Whether a keyword in `line` belongs to a rule that is `wanted`.
    pub(super) fn any(&self, line: &[u8], mut wanted: impl FnMut(usize) -> bool) -> bool {
        self.automaton
            .find_overlapping_iter(line)
            .any(|hit| self.rules[hit.pattern().as_usize()].iter().any(|rule| wanted(*rule)))
    }
}

/// The forms under which a keyword is looked for; ASCII letters are compared without case anyway.
pub(super) fn case_forms(keyword: &str) -> Vec<String> {
    let upper = keyword.to_uppercase();
    let mut chars = keyword.chars();
    let title = chars.next().map(|c| c.to_uppercase().chain(chars).collect::<String>()).unwrap_or_default();
    let mut forms: Vec<String> = Vec::new();
    for form in [keyword.to_owned(), title, upper] {
        if !forms.iter().any(|f| f.eq_ignore_ascii_case(&form)) {
            forms.push(form);
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_found_in_any_usual_case() {
        assert_eq!(case_forms("à lire"), ["à lire", "À lire"]);
        assert_eq!(case_forms("édité"), ["édité", "Édité", "ÉDITÉ"]);
        assert_eq!(case_forms("cookies"), ["cookies"]);
    }
}
