//! What holds for every text, shown with rules of every kind made to interact.

use proptest::prelude::*;

use super::*;

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
