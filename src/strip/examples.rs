//! Tests rules on the examples that stand beside them.
//!
//! *Missing*: a text that must be cut is not. *Noisy*: one that must survive is cut.

use std::path::PathBuf;

use super::memo::Memo;
use super::pass;
use super::rule::{Action, Example, Rule, Unit};
use super::ruleset::{RuleSet, Scope};
use crate::error::{Problem, Result};

/// What `rules test` found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TestReport {
    /// Rules tested.
    pub rules: usize,
    /// Examples tried.
    pub examples: usize,
    /// Examples that failed, and rules with fewer than two of a kind.
    pub failures: Vec<Problem>,
}

/// Examples of each kind that a shipped rule must have.
const LEAST_EXAMPLES: usize = 2;

/// Tests the rules in `files` (the built-in ones if empty) on their own examples.
///
/// # Errors
/// [`crate::Error::Rules`] with every problem that keeps the rules from being loaded.
pub fn rules_test(files: &[PathBuf]) -> Result<TestReport> {
    let set = RuleSet::load_untested(files)?;
    let examples = set.rules().iter().map(|r| r.drop.len() + r.keep.len()).sum();
    Ok(TestReport { rules: set.rules().len(), examples, failures: failures(&set, true)? })
}

/// Every example that fails; with `enough`, also every rule with too few of them.
pub(super) fn failures(set: &RuleSet, enough: bool) -> Result<Vec<Problem>> {
    let mut failures = Vec::new();
    for (position, rule) in set.rules().iter().enumerate() {
        let mut fail = |line: usize, what: String| {
            failures.push(Problem {
                file: rule.file.clone(),
                line,
                what: format!("rule `{}`: {what}", rule.id),
            });
        };
        if enough {
            for (kind, examples) in [("drop", &rule.drop), ("keep", &rule.keep)] {
                if examples.len() < LEAST_EXAMPLES {
                    let what = format!(
                        "{} `{kind}` example(s); at least {LEAST_EXAMPLES} are wanted",
                        examples.len()
                    );
                    fail(rule.line, what);
                }
            }
        }
        for example in &rule.drop {
            if !rule.keywords.is_empty() && !has_keyword(rule, example) {
                fail(example.line, format!("missing: `{}` holds none of the keywords", example.text));
            } else if !matches(set, position, example) {
                fail(example.line, format!("missing: `{}` is not cut", example.text));
            }
        }
        for example in &rule.keep {
            if matches(set, position, example) {
                fail(example.line, format!("noisy: `{}` is cut", example.text));
            }
        }
    }
    failures.sort();
    Ok(failures)
}

fn has_keyword(rule: &Rule, example: &Example) -> bool {
    let lower = example.text.to_lowercase();
    rule.keywords.iter().any(|k| lower.contains(k))
}

/// Whether the rule at `position` does its work somewhere in the example. Other rules run only for a rule that looks
/// at what they cut; language and site are taken to be the rule's own.
fn matches(set: &RuleSet, position: usize, example: &Example) -> bool {
    let rule = &set.rules()[position];
    let text = example.text.as_bytes();
    if let (Action::Keep, Unit::Line(regex)) = (rule.action, &rule.unit) {
        return example.text.lines().any(|line| regex.is_match(line.as_bytes()));
    }
    let scope = Scope {
        lang: rule.lang.first().map(String::as_str),
        site: rule.sites.first().map(String::as_str),
        title: None,
    };
    let active = if rule.beside.is_empty() { set.only(position) } else { set.active(&scope) };
    let found = pass::run(
        set,
        &mut Memo::new(set.tongue(&scope)),
        &active,
        &scope,
        text,
        pass::Extra::default(),
        None,
    );
    found.cuts.iter().any(|cut| cut.rule == RuleSet::number(position))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_rule_passes_its_own_examples_and_has_enough_of_them() {
        let report = rules_test(&[]).unwrap();
        assert_eq!(report.failures, []);
        assert!(report.rules >= 20 && report.examples >= 4 * report.rules);
    }

    #[test]
    fn every_shipped_expression_compiles() {
        let rules = RuleSet::built_in().unwrap();
        for rule in rules.rules() {
            assert!(rule.patterns().all(super::super::pattern::Pattern::is_sound), "{}", rule.id);
        }
    }

    #[test]
    fn text_without_chrome_survives_the_shipped_rules() {
        let rules = RuleSet::built_in().unwrap();
        let text = "Le pont rouvre après trois ans de travaux\n\nLe maire a coupé le ruban hier matin, devant une foule \
                    venue des deux rives.\n\nUn chantier hors norme\n\n« Il a fallu démonter chaque pierre », raconte \
                    l'ingénieure, qui dirige l'équipe depuis le début.\n";
        for lang in [None, Some("fr"), Some("en")] {
            let found = rules.strip(text.as_bytes(), &Scope { lang, ..Scope::default() }, true);
            assert_eq!(found.cuts, [], "{lang:?}");
        }
    }
}
