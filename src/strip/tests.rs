//! The rules engine against small rule sets of its own.

use proptest::prelude::*;

use rustc_hash::FxHashMap;

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
fn very_many_lines_that_look_like_the_first_of_a_block_take_linear_time() {
    const LINES: usize = 100_000;
    let prose = "word ".repeat(100).trim_end().to_owned();
    let notes: String = (0..LINES).map(|n| format!("Note {n}\n")).collect();
    let last = "Note 0\nkept\n";
    let block =
        |more: &str| format!("[[rule]]\nid='b'\nabout='x'\nunit='block'\nfrom='^Note [0-9]+$'\n{more}\n");
    let keep = "[[rule]]\nid='k'\nabout='x'\nunit='line'\naction='keep'\nregex='^kept$'\n";
    let start = std::time::Instant::now();
    for (more, text) in [
        // Never enough words above; each line twice; a line that stays at the end; no end within the bound.
        ("min_words=90", format!("{notes}{last}")),
        ("min_words=90", format!("{prose}\n{notes}{notes}")),
        ("min_words=90", format!("{prose}\n{notes}{last}")),
        ("to='^kept$'\nmax_lines=1000000", format!("{notes}{last}")),
        ("to='^End$'\nmax_lines=1000000", format!("{notes}{last}")),
    ] {
        let stripped = cleaned(&set(&format!("{}{keep}", block(more))), &Scope::default(), &text);
        assert!(stripped == text, "{more}");
    }
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
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
fn a_block_without_an_end_cuts_nothing() {
    let rules = "[[rule]]\nid='b'\nabout='x'\nunit='block'\nfrom='^A$'\nto='^Z$'\nmax_lines=3\n";
    assert_eq!(clean(rules, "A\nb\nc\nZ\nd\n"), "A\nb\nc\nZ\nd\n");
    assert_eq!(clean(rules, "A\nb\nZ\nd\n"), "d\n");
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
fn a_hostile_span_rule_takes_linear_time() {
    let rules = set("[[rule]]\nid='h'\nabout='x'\nunit='span'\nregex='.*[^A-Z]|[A-Z]'\n");
    let text = "A".repeat(400_000);
    // Quadratic work here takes minutes; the bound makes it a few searches a pass.
    let found = rules.strip(text.as_bytes(), &Scope::default(), true);
    assert!(found.cuts.len() <= super::MOST_PASSES * 64);
}

#[test]
fn a_block_begins_only_where_its_first_line_matches() {
    let rules =
        "[[rule]]\nid='b'\nabout='x'\nunit='block'\nfrom='^Cookies'\nto='^OK$'\nkeywords=['cookies']\n";
    assert_eq!(clean(rules, "No cookies here.\nCookies\nMore\nOK\nText.\n"), "No cookies here.\nText.\n");
}

#[test]
fn the_gate_lets_every_line_through_that_a_built_in_rule_matches() {
    let rules = RuleSet::built_in().unwrap();
    let mut caches: FxHashMap<Tongue, gate::GateCache> = FxHashMap::default();
    let examples =
        || rules.rules().iter().flat_map(|r| r.drop.iter().chain(&r.keep)).map(|e| e.text.as_str());
    let lines: Vec<&str> = examples().flat_map(str::lines).collect();
    for (position, rule) in rules.rules().iter().enumerate() {
        let (rule::Unit::Line(pattern) | rule::Unit::Span(pattern)) = &rule.unit else { continue };
        let active = rules.only(position);
        // By the gate of all languages, and by that of its own.
        let lang = rule.lang.first().map_or("sv", String::as_str);
        let own = rules.tongue(&Scope { lang: Some(lang), ..Scope::default() });
        for (line, tongue) in
            lines.iter().flat_map(|line| [Tongue::UNKNOWN, own].map(|t| (line.as_bytes(), t)))
        {
            if !pattern.is_match(line) {
                continue;
            }
            let (gate, cache) = (rules.gate(tongue), caches.entry(tongue).or_default());
            let lower = String::from_utf8_lossy(line).to_lowercase();
            let has_keyword = rule.keywords.is_empty() || rule.keywords.iter().any(|k| lower.contains(k));
            let (mut worth, mut without_gate) = (Vec::new(), Vec::new());
            gate.worth_a_try(cache, line, &mut worth);
            rules.worth_a_try(line, &mut without_gate);
            assert_eq!(worth.contains(&position), has_keyword, "{}: {lower}", rule.id);
            assert!(worth.iter().all(|rule| without_gate.contains(rule)), "{lower}");
            if has_keyword && rule.max_words.is_none_or(|most| lines::count_words(line) <= most) {
                let glance = gate.glance(cache, line);
                assert!(
                    gate.lets_through(cache, rules.rules(), &active, line, glance),
                    "{}: {lower}",
                    rule.id
                );
            }
        }
    }
}

#[test]
fn built_in_rules_cut_the_same_with_and_without_a_gate() {
    let rules = RuleSet::built_in().unwrap();
    let examples = rules.rules().iter().flat_map(|r| r.drop.iter().chain(&r.keep)).map(|e| e.text.as_str());
    let examples: Vec<&str> = examples.collect();
    for texts in examples.chunks(40) {
        let text = texts.join("\n\n");
        for (lang, site) in [
            (None, None),
            (Some("en"), Some("francais.rt.com")),
            (Some("fr-CA"), Some("20minutes.fr")),
            (Some("sv"), None),
        ] {
            let scope = Scope { lang, site, title: Some(texts[0]) };
            let plain = rules.strip(text.as_bytes(), &scope, true);
            assert_eq!(Stripper::gated(&rules).strip(text.as_bytes(), &scope, true), plain);
        }
    }
}

#[test]
fn a_huge_line_and_very_many_lines_are_stripped() {
    let rules = tangled();
    let long = format!("Share\n{}\nShare\n", "“a b” ".repeat(1 << 20));
    let found = Stripper::gated(&rules).strip(long.as_bytes(), &Scope::default(), true);
    assert_eq!(remaining(long.as_bytes(), &found.cuts).len(), long.len() - 2 * "Share\n".len() - 1);
    let many = "Share\nx\n".repeat(200_000);
    let found = Stripper::gated(&rules).strip(many.as_bytes(), &Scope::default(), true);
    assert_eq!(&*remaining(many.as_bytes(), &found.cuts), "x\n".repeat(200_000).as_bytes());
}

#[test]
fn very_many_rules_and_huge_repetitions_only_switch_the_gate_off() {
    let rule = |i: usize| {
        format!(
            "[[rule]]\nid='r{i}'\nabout='x'\nunit='line'\nregex='^{i}x(?:ab|c){{1,40}}$|^y{i}$'\nkeywords=['x{i}', 'y{i}']\n"
        )
    };
    let rules = set(&(0..2000).map(rule).collect::<String>());
    let text = "7xab\ny1999\ny2000\nText.\n";
    let found = Stripper::gated(&rules).strip(text.as_bytes(), &Scope::default(), true);
    assert_eq!(&*remaining(text.as_bytes(), &found.cuts), b"7xab\ny2000\nText.\n");
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

/// Rules of every kind, made to interact.
fn tangled() -> RuleSet {
    set(&format!(
        "{CAPTION}\n{SHARE}
[[rule]]
id='date'
about='x'
unit='span'
regex='^\\s*date \\d\\s*'
[[rule]]
id='head'
about='x'
unit='line'
regex='^Menu$'
zone='head'
[[rule]]
id='quote'
about='x'
unit='pullquote'
min_words=2
[[rule]]
id='echo'
about='x'
unit='title_echo'
regex='^Photo'
[[rule]]
id='box'
about='x'
unit='block'
from='^Cookies'
to='^OK$'
"
    ))
}

fn tangled_text() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("Share"),
        Just("Menu"),
        Just("OK"),
        Just("Cookies here"),
        Just(""),
        Just("  "),
        Just("Photo: X"),
        Just("A ship"),
        Just("A ship at sea"),
        Just("A ship at sea Photo"),
        Just("date 1 Share"),
        Just("date 2 Menu"),
        Just("He said “a ship at sea” today."),
        Just("Text. "),
        Just("Mot\u{a0}"),
    ];
    proptest::collection::vec((line, prop_oneof![Just("\n"), Just("\r\n"), Just("\n\n")]), 0..24)
        .prop_map(|lines| lines.into_iter().map(|(l, e)| format!("{l}{e}")).collect())
}

proptest! {
    #[test]
    fn stripping_a_stripped_text_changes_nothing(text in tangled_text()) {
        let rules = tangled();
        let once = cleaned(&rules, &Scope::default(), &text);
        prop_assert_eq!(cleaned(&rules, &Scope::default(), &once), once);
    }

    #[test]
    fn cuts_are_sorted_disjoint_in_bounds_and_on_whole_characters(text in tangled_text()) {
        let found = tangled().strip(text.as_bytes(), &Scope::default(), true);
        let mut at = 0;
        for cut in &found.cuts {
            prop_assert!(at <= cut.start && cut.start < cut.end && cut.end <= text.len());
            prop_assert!(text.is_char_boundary(cut.start) && text.is_char_boundary(cut.end));
            let crlf = |p: usize| p > 0 && text.as_bytes().get(p - 1..=p) == Some(&b"\r\n"[..]);
            prop_assert!(!crlf(cut.start) && !crlf(cut.end), "half of CR LF");
            at = cut.end;
        }
    }

    #[test]
    fn what_was_stripped_before_changes_no_result(texts in proptest::collection::vec(tangled_text(), 1..5)) {
        let rules = tangled();
        let mut stripper = Stripper::new(&rules);
        for text in &texts {
            let fresh = rules.strip(text.as_bytes(), &Scope::default(), true);
            prop_assert_eq!(stripper.strip(text.as_bytes(), &Scope::default(), true), fresh);
        }
    }

    #[test]
    fn a_gate_changes_no_result(text in tangled_text()) {
        let rules = tangled();
        let plain = rules.strip(text.as_bytes(), &Scope::default(), true);
        prop_assert_eq!(Stripper::gated(&rules).strip(text.as_bytes(), &Scope::default(), true), plain);
    }

    #[test]
    fn what_a_pass_knows_of_the_one_before_changes_no_result(text in tangled_text()) {
        let rules = tangled();
        let scope = Scope::default();
        let active = rules.active(&scope);
        let mut memo = Memo::new(Tongue::UNKNOWN);
        let mut cuts = Vec::new();
        for _ in 0..MOST_PASSES {
            let rest = remaining(text.as_bytes(), &cuts);
            let found = pass::run(&rules, &mut memo, &active, &scope, &rest, pass::Extra { layout: true, ..pass::Extra::default() }, None);
            if found.cuts.is_empty() {
                break;
            }
            let pieces = kept_ranges(text.len(), &cuts);
            add(&mut cuts, &found.cuts, &pieces);
        }
        prop_assert_eq!(rules.strip(text.as_bytes(), &scope, true).cuts, cuts);
    }

    #[test]
    fn any_bytes_can_be_stripped(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let rules = tangled();
        let found = rules.strip(&bytes, &Scope::default(), true);
        let rest = remaining(&bytes, &found.cuts);
        prop_assert!(rules.strip(&rest, &Scope::default(), true).cuts.is_empty());
    }
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
fn a_block_without_end_runs_to_the_end_of_the_text_from_behind_the_article_only() {
    let rules = r#"
[[rule]]
id = "comments"
about = "Comments"
unit = "block"
from = '^Comments$'
min_words = 8
"#;
    let story = "The bridge was opened on Monday after three long years.\n";
    assert_eq!(clean(rules, &format!("{story}Comments\nPaul\n\nNo.\n")), story);
    // A link above the article, or an entry of a list of contents, is no heading.
    for kept in [format!("Comments\n{story}"), format!("{story}Comments\n{story}Comments\n")] {
        assert_eq!(clean(rules, &kept), kept);
    }
    assert_eq!(
        problems(&rules.replace("min_words = 8", "")).len(),
        1,
        "without `to`, what stands above must be said"
    );
}
