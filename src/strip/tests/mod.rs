//! The rules engine against small rule sets of its own.

mod any_text;
mod blocks;
mod files;
mod gates;
mod spans;

use super::gates::Tongue;
use super::*;

fn set(rules: &str) -> RuleSet {
    RuleSet::from_texts(vec![("test.toml".into(), rules.into())]).unwrap()
}

fn problems(rules: &str) -> Vec<(usize, String)> {
    match RuleSet::from_texts(vec![("test.toml".into(), rules.into())]) {
        Err(Error::Rules(problems)) => problems.into_iter().map(|p| (p.line, p.what)).collect(),
        other => panic!("expected problems, got {other:?}"),
    }
}

fn cleaned(rules: &RuleSet, scope: &Scope<'_>, text: &str) -> String {
    let found = rules.strip(text.as_bytes(), scope, true);
    String::from_utf8(remaining(text.as_bytes(), &found.cuts).into_owned()).unwrap()
}

fn clean(rules: &str, text: &str) -> String {
    cleaned(&set(rules), &Scope::default(), text)
}

const SHARE: &str = r#"
[[rule]]
id = "share"
about = "Share bar"
unit = "line"
regex = '^Share$'
"#;

#[test]
fn a_line_goes_with_its_terminator_and_joined_blank_runs_do_not_grow() {
    assert_eq!(clean(SHARE, "One.\n\nShare\n\nTwo.\n"), "One.\n\nTwo.\n");
    assert_eq!(clean(SHARE, "One.\r\nShare\r\nTwo.\r\n"), "One.\r\nTwo.\r\n");
    assert_eq!(clean(SHARE, "One.\n\n\nShare\n\nTwo.\n"), "One.\n\n\nTwo.\n");
    assert_eq!(clean(SHARE, "Share\n\nOne.\n\nShare"), "One.\n");
    assert_eq!(clean(SHARE, "Share\n\n Share \n"), "Share\n".replace("Share", " Share"));
}

#[test]
fn layout_takes_white_space_at_line_ends_and_never_indent_or_terminators() {
    let rules = RuleSet::empty().unwrap();
    assert_eq!(
        cleaned(&rules, &Scope::default(), "\n  \n  One. \u{a0}\n\n\n    two\t"),
        "  One.\n\n\n    two"
    );
    let found = rules.strip(b"One. \n\n", &Scope::default(), false);
    assert!(found.cuts.is_empty(), "without layout nothing is cut");
}

#[test]
fn a_run_of_empty_lines_that_goes_is_one_cut() {
    let rules = set(SHARE);
    let ranges = |text: &str| -> Vec<(usize, usize)> {
        rules.strip(text.as_bytes(), &Scope::default(), true).cuts.iter().map(|c| (c.start, c.end)).collect()
    };
    assert_eq!(ranges("\n \n\r\nOne.\n\n\n"), [(0, 5), (10, 12)]);
    assert_eq!(ranges("One.\n\n\nShare\n\n\nTwo.\n"), [(7, 13), (13, 15)]);
}

#[test]
fn very_many_captures_in_a_text_with_very_many_cuts_take_linear_time() {
    const LINES: usize = 100_000;
    let rules = set("[[rule]]\nid='d'\nabout='x'\nunit='span'\nregex='^(?P<date>[0-9]+) '\ncapture='date'\n");
    let text: String = (0..LINES).map(|n| format!("{n} line\n")).collect();
    let start = std::time::Instant::now();
    let found = rules.strip(text.as_bytes(), &Scope::default(), true);
    assert_eq!((found.captures.len(), found.cuts.len()), (LINES, LINES));
    assert!(found.captures.iter().enumerate().all(|(n, (_, value))| *value == n.to_string()));
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

const CAPTION: &str = r#"
[[rule]]
id = "credit"
about = "Credit"
unit = "line"
regex = '^Photo: '
[[rule]]
id = "caption"
about = "Caption beside a credit"
unit = "line"
regex = '^[^.]+$'
max_words = 4
beside = ["credit"]
"#;

#[test]
fn beside_needs_a_neighbour_that_was_cut_and_makes_no_chains() {
    assert_eq!(clean(CAPTION, "A title\n\nA ship\nPhoto: X\n\nText.\n"), "A title\n\nText.\n");
    assert_eq!(clean(CAPTION, "A title\n\nA ship\n\nText.\n"), "A title\n\nA ship\n\nText.\n");
    let chain = "A title\n\nFirst\nSecond\nPhoto: X\nText.\n";
    assert_eq!(clean(CAPTION, chain), "A title\n\nFirst\nText.\n");
}

#[test]
fn beside_never_takes_the_title() {
    assert_eq!(clean(CAPTION, "A title\nPhoto: X\nText.\n"), "A title\nText.\n");
}

#[test]
fn a_keep_rule_wins_over_every_cut() {
    let rules = format!(
        "{SHARE}\n[[rule]]\nid='k'\nabout='x'\nunit='line'\nregex='^Share$'\naction='keep'\n[[rule]]\nid='b'\nabout='x'\nunit='block'\nfrom='^A$'\nto='^Z$'\n"
    );
    assert_eq!(clean(&rules, "A\nShare\nZ\n"), "A\nShare\nZ\n");
    assert_eq!(clean(&rules, "A\nb\nZ\nc\n"), "c\n");
}

#[test]
fn zones_count_lines_that_are_not_blank() {
    let rules = "[[rule]]\nid='h'\nabout='x'\nunit='line'\nregex='^World$'\nzone='head'\n";
    let body: String = (0..12).map(|i| format!("Line {i}.\n\n")).collect();
    assert_eq!(clean(rules, &format!("World\n\n{body}World\n")), format!("{body}World\n"));
}

#[test]
fn scope_limits_rules_to_language_and_site_and_unknown_language_runs_all() {
    let rules = set(
        "[[rule]]\nid='f'\nabout='x'\nunit='line'\nregex='^Fr$'\nlang=['fr']\n[[rule]]\nid='s'\nabout='x'\nunit='line'\nregex='^Site$'\nsites=['a.org']\n",
    );
    let scope = |lang, site| Scope { lang, site, title: None };
    let text = "Fr\nSite\nText.\n";
    assert_eq!(cleaned(&rules, &scope(None, None), text), "Site\nText.\n");
    assert_eq!(cleaned(&rules, &scope(Some("en"), Some("www.a.org")), text), "Fr\nText.\n");
    assert_eq!(cleaned(&rules, &scope(Some("fr-CA"), Some("b.org")), text), "Site\nText.\n");
    assert_eq!(cleaned(&rules, &scope(Some("fr"), Some("nota.org")), text), "Site\nText.\n");
}

#[test]
fn the_more_special_rule_is_named() {
    let rules = set(
        "[[rule]]\nid='g'\nabout='x'\nunit='line'\nregex='^X$'\n[[rule]]\nid='l'\nabout='x'\nunit='line'\nregex='^X$'\nlang=['fr']\n[[rule]]\nid='s'\nabout='x'\nunit='line'\nregex='^X$'\nsites=['a.org']\n",
    );
    let named = |lang, site| {
        let found = rules.strip(b"X\nT.\n", &Scope { lang, site, title: None }, true);
        rules.id(found.cuts[0].rule).to_owned()
    };
    assert_eq!(named(Some("fr"), Some("a.org")), "s");
    assert_eq!(named(Some("fr"), None), "l");
    assert_eq!(named(Some("en"), None), "g");
}

#[test]
fn keywords_are_a_condition_and_unless_an_exception() {
    let rules =
        "[[rule]]\nid='k'\nabout='x'\nunit='line'\nregex='^.+:'\nkeywords=['à lire']\nunless='discours'\n";
    assert_eq!(
        clean(rules, "À LIRE : x\nÀ lire : un discours\nVoir : y\n"),
        "À lire : un discours\nVoir : y\n"
    );
}

#[test]
fn a_pull_quote_is_a_whole_quotation_and_a_subhead_is_not() {
    let rules = "[[rule]]\nid='q'\nabout='x'\nunit='pullquote'\nmin_words=5\n";
    let text = "Title\n\nThe sea was calm that night\n\nHe said: “The sea was calm that night”, and left.\n";
    assert_eq!(clean(rules, text), "Title\n\nHe said: “The sea was calm that night”, and left.\n");
    let title = "The sea was calm that night\n\nHe said: “The sea was calm that night”, and left.\n";
    assert_eq!(clean(rules, title), title, "a title may be a quotation");
    let subhead = "Title\n\nThe sea was calm that\n\nHe said: “The sea was calm that night”, and left.\n";
    assert_eq!(clean(rules, subhead), subhead);
    let twice = "“The sea was calm that night”\n\n“The sea was calm that night”\n";
    assert_eq!(clean(rules, twice), twice, "two copies of a quotation do not remove each other");
}

#[test]
fn a_title_echo_goes_and_the_title_stays() {
    let rules = "[[rule]]\nid='e'\nabout='x'\nunit='title_echo'\nregex='^©'\n";
    let text = "A calm sea tonight\n\nA calm sea tonight© X. Y.\nText.\n";
    assert_eq!(clean(rules, text), "A calm sea tonight\n\nText.\n");
    assert_eq!(
        clean(rules, "A calm sea tonight\nA calm sea tonight again\n"),
        "A calm sea tonight\nA calm sea tonight again\n"
    );
}

#[test]
fn a_sentence_of_chrome_that_was_hard_wrapped_is_found_whole() {
    let rules = r#"
[[rule]]
id = "cookies"
about = "Cookie notice"
unit = "line"
regex = '(?i)^\s*we use cookies\b.*\bsettings\.$'
"#;
    let notice = "   We use cookies so that this page can know you again\n   \
                  when you come back, and so that others can as well,\n   \
                  unless you forbid it in the settings.\n";
    let story = "   The ferry that has linked the two islands since the\n   \
                 war will stop in the spring because nobody there is\n   \
                 ready to pay for the repair of its old engines that\n   \
                 the owners bought from a scrapyard a long time ago.\n";
    assert_eq!(clean(rules, &format!("{notice}\n{story}\n{story}")), format!("{story}\n{story}"));
    // Where nothing is wrapped, lines stay lines.
    let short = "We use cookies.\nThey are sweet.\nIt is all in the settings.\n";
    assert_eq!(clean(rules, short), short);
}

#[test]
fn a_mark_of_byte_order_hides_no_chrome() {
    let rules = "[[rule]]\nid = 's'\nabout = 'x'\nunit = 'line'\nregex = '^Share$'\n";
    assert_eq!(clean(rules, "\u{feff}Share\nOne.\n"), "\u{feff}One.\n");
    assert_eq!(clean(rules, "\u{feff}Share\n"), "");
    assert_eq!(clean(rules, "\u{feff}One.\n"), "\u{feff}One.\n");
    let marks = "\u{feff}".repeat(1 << 20);
    assert_eq!(clean(rules, &marks), marks, "nor is it a danger to the stack");
}
