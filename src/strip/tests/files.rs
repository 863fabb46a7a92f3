//! What is wrong with a rules file is said, with its line.

use super::*;

#[test]
fn every_problem_of_a_file_is_reported_with_its_line() {
    let found = problems(
        "[[rule]]\nid = 'a'\nabout = 'x'\nunit = 'line'\nregx = 'x'\nregex = 'x'\n\n[[rule]]\nid = 'b'\nabout = 'x'\nunit = 'line'\nregex = '(x'\n\n[[rule]]\nid = 'c'\nabout = 'x'\nunit = 'line'\nregex = 'x'\n[[rule]]\nid = 'c'\nabout = 'x'\nunit = 'line'\nregex = 'y'\n",
    );
    let lines: Vec<usize> = found.iter().map(|p| p.0).collect();
    assert_eq!(lines, [5, 12, 19], "{found:?}");
    assert!(found[0].1.contains("did you mean `regex`"), "{found:?}");
    assert!(found[2].1.contains("duplicate id `c`"), "{found:?}");
}

#[test]
fn a_duplicate_id_is_found_even_where_one_of_the_rules_is_broken() {
    let found = problems(
        "[[rule]]\nid='a'\nabout='x'\nunit='line'\nregex='('\n[[rule]]\nid='a'\nabout='x'\nunit='line'\nregex='x'\nbeside=['a']\n",
    );
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[1].1.contains("duplicate id `a`"), "{found:?}");
}

#[test]
fn keys_that_do_not_go_together_are_refused() {
    let rule = |rest: &str| problems(&format!("[[rule]]\nid='a'\nabout='x'\n{rest}\n"))[0].1.clone();
    assert!(rule("unit='line'\nregex='x'\nliteral='x'").contains("exclude each other"));
    assert!(rule("unit='line'").contains("neither"));
    assert!(rule("unit='pullquote'\nregex='x'").contains("does not go with"));
    assert!(rule("unit='line'\nregex='x'\nbeside=['b']").contains("which is no rule"));
    assert!(rule("unit='line'\nregex='x'\ncapture='date'").contains("does not have"));
    assert!(rule("unit='line'\nregex='(?-u:\\xFF)'").contains("bad regular expression"));
    assert!(rule("unit='line'\nregex='x'\nmax_words='3'").contains("whole number"));
}

#[test]
fn a_rule_that_fails_its_own_examples_is_named_with_the_line_of_the_example() {
    let rules =
        set("[[rule]]\nid='a'\nabout='x'\nunit='line'\nregex='^x$'\ndrop=['x',\n 'y']\nkeep=['x', 'z']\n");
    let failures = examples::failures(&rules, true).unwrap();
    let found: Vec<(usize, bool)> = failures.iter().map(|f| (f.line, f.what.contains("noisy"))).collect();
    assert_eq!(found, [(7, false), (8, true)], "{failures:?}");
}

#[test]
fn a_signature_is_found_with_and_without_a_literal_in_it() {
    let file = |host: &str, signature: &str| {
        (format!("{host}.toml"), format!("[site]\nhost='{host}'\nsignature=['{signature}']\n"))
    };
    let files = vec![
        file("a.org", "(?m)^by (?:the )?lake journal$"),
        file("b.org", "(?i)^lake"),
        file("c.org", "Lake \\d"),
    ];
    let rules = RuleSet::from_texts(files).unwrap();
    assert_eq!(rules.site_by_signature(b"x\nby lake journal\n"), Some("a.org"));
    assert_eq!(
        rules.site_by_signature(b"LAKE\nby lake journal\n"),
        Some("a.org"),
        "the first in the order of files"
    );
    assert_eq!(rules.site_by_signature(b"LAKE 7"), Some("b.org"));
    assert_eq!(rules.site_by_signature(b"See Lake 7"), Some("c.org"));
    assert_eq!(rules.site_by_signature(b"See Lake x, lake journal"), None);
}
