//! Rules for parts of a line.

use super::*;

#[test]
fn after_a_span_the_rest_of_the_line_is_tested_again() {
    let rules = r#"
[[rule]]
id = "date"
about = "Date glued to the first line"
unit = "span"
regex = '^\s*date (?P<date>\d{4}-\d\d)\s*'
capture = "date"
[[rule]]
id = "label"
about = "Section"
unit = "line"
regex = '^World$'
"#;
    let found = set(rules).strip("date 2016-12 World\n\nText.\n".as_bytes(), &Scope::default(), true);
    assert_eq!(found.captures, [("date".to_owned(), "2016-12".to_owned())]);
    assert_eq!(clean(rules, "date 2016-12 World\n\nText.\n"), "Text.\n");
    assert_eq!(clean(rules, "date 2016-12 World peace.\n"), "World peace.\n");
}

#[test]
fn a_line_that_spans_empty_goes_altogether() {
    let rules = "[[rule]]\nid = 's'\nabout = 'x'\nunit = 'span'\nliteral = '[ad]'\n";
    assert_eq!(clean(rules, "One.\n[ad] [ad]\nTwo.\n"), "One.\nTwo.\n");
    assert_eq!(clean(rules, "One [ad]\n"), "One\n");
}

#[test]
fn a_line_that_spans_match_thousands_of_times_is_stripped_to_the_end() {
    let rules = set("[[rule]]\nid='n'\nabout='x'\nunit='span'\nregex='\\[\\d+\\]'\n");
    let text: String = (0..3000).map(|n| format!("word[{n}] ")).collect();
    let found = rules.strip(text.as_bytes(), &Scope::default(), true);
    let rest = remaining(text.as_bytes(), &found.cuts).into_owned();
    assert!(!rest.contains(&b'['));
    assert!(rules.strip(&rest, &Scope::default(), true).cuts.is_empty());
}

#[test]
fn a_hostile_span_rule_takes_linear_time() {
    let rules = set("[[rule]]\nid='h'\nabout='x'\nunit='span'\nregex='.*[^A-Z]|[A-Z]'\n");
    let text = "A".repeat(400_000);
    // Quadratic work here takes minutes; the bound makes it a few searches a pass.
    let found = rules.strip(text.as_bytes(), &Scope::default(), true);
    assert!(found.cuts.len() <= (PASSED_THROUGH / text.len()).max(MOST_PASSES) * 64);
}
