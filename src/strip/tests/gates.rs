//! Lines are turned away at a gate only where no rule could have its say.

use rustc_hash::FxHashMap;

use super::*;

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
