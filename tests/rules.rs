//! Rules of one's own: every problem is shown at once and before input is read, examples are tested, and a rule that
//! eats too much stops the run.

// What goes wrong in a helper fails the test that called it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use support::{Chance, Place};

/// A rule with this id and expression, with examples that hold for `advert`.
fn rule(id: &str, regex: &str) -> String {
    format!(
        "[[rule]]\nid = \"{id}\"\nabout = \"A line of adverts.\"\nunit = \"line\"\nregex = '{regex}'\n\
         drop = [\"advert 1\", \"advert 22\"]\nkeep = [\"an advert in a sentence\", \"advertising\"]\n"
    )
}

const ADVERT: &str = r"^advert \d+$";

#[test]
fn all_problems_of_a_file_are_shown_at_once_with_their_lines() {
    let place = Place::new();
    let misspelt = rule("a.one", ADVERT).replace("keep = ", "keeep = ");
    let broken = rule("a.two", "^advert (");
    let twice = rule("a.two", ADVERT);
    place.write("mine.toml", format!("{misspelt}\n{broken}\n{twice}"));
    let line = |what: &str, from: usize| {
        let text = place.text("mine.toml");
        let at = text.lines().skip(from).position(|l| l.starts_with(what)).unwrap();
        from + at + 1
    };
    let key = format!("error: mine.toml:{}: unknown key `keeep`; did you mean `keep`?", line("keeep", 0));
    let regex = format!("error: mine.toml:{}: bad regular expression", line("regex", 9));
    let id = format!("error: mine.toml:{}:", line("[[rule]]", 16));
    // The input does not matter: it is not even looked at.
    place.write("in.txt", "A text.\n");
    for verb in ["clean in.txt -o out --rules", "strip in.txt --rules", "rules list --rules", "rules test"] {
        let done = place.ends(2, &format!("{verb} mine.toml"));
        let errors = done.err.lines().filter(|l| l.starts_with("error: ")).count();
        assert_eq!(errors, 3, "{verb}: {}", done.err);
        let done = done.says(&[&key, &regex, &id, "`a.two`", "hint: tamis rules test mine.toml"]);
        assert!(done.out.is_empty());
    }
    assert!(!place.exists("out"));
}

#[test]
fn problems_of_several_files_are_shown_together() {
    let place = Place::new();
    place.write("rules/a.toml", rule("a.one", "("));
    place.write("rules/sites/b.toml", rule("a.one", ADVERT).replace("unit = \"line\"", "unit = \"word\""));
    place.write("in.txt", "A text.\n");
    place
        .ends(2, "clean in.txt -o out --rules rules")
        .says(&["rules/a.toml:5: ", "rules/sites/b.toml:4: unit `word`"]);
}

#[test]
fn an_example_that_fails_stops_the_test_and_the_run() {
    let place = Place::new();
    place.write("in.txt", "A text.\n");
    for (example, what) in
        [("\"advert 22\"", "missing: `advert x` is not cut"), ("\"advertising\"", "noisy: `advert 3` is cut")]
    {
        let wrong = if what.starts_with("missing") { "\"advert x\"" } else { "\"advert 3\"" };
        place.write("mine.toml", rule("a.one", ADVERT).replace(example, wrong));
        let line = if what.starts_with("missing") { 6 } else { 7 };
        let said = format!("error: mine.toml:{line}: rule `a.one`: {what}");
        place.ends(4, "rules test mine.toml").says(&[&said, "hint: "]);
        place.ends(2, "clean in.txt -o out --rules mine.toml").says(&[&said]);
        assert!(!place.exists("out"));
    }
    place.write("mine.toml", rule("a.one", ADVERT));
    assert_eq!(place.ends(0, "rules test mine.toml").text(), "1 rule, 4 examples: all hold\n");
    assert!(place.ends(0, "rules test").text().ends_with(": all hold\n"), "the built-in rules hold");
}

#[test]
fn rules_of_ones_own_replace_the_built_in_ones() {
    let place = Place::new();
    place.write("in.txt", "The bridge is open.\nadvert 7\nLire aussi : Le pont rouvre\n");
    place.write("mine/a.toml", rule("a.one", ADVERT));
    place.ok("clean in.txt -o out -q --rules mine");
    assert_eq!(place.text("out/data/in.txt"), "The bridge is open.\nLire aussi : Le pont rouvre\n");
    assert_eq!(place.list("out/documents.jsonl")[0]["cut"], serde_json::json!({"a.one": 9}));
    place.ok("clean in.txt -o built-in -q");
    assert_eq!(place.text("built-in/data/in.txt"), "The bridge is open.\nadvert 7\n");
    let hash = |out: &str| place.json(format!("{out}/manifest.json"))["rules_sha256"].clone();
    assert_ne!(hash("out"), hash("built-in"), "the manifest tells the rules apart");
    assert!(place.ok("rules list --rules mine").text().contains("a.one"));
    assert!(!place.ok("rules list --rules mine").text().contains("fr.read-also"));
}

#[test]
fn a_list_and_a_rule_are_shown_as_they_stand_in_their_file() {
    let place = Place::new();
    let list = place.ok("rules list").text();
    for word in ["rules/fr.toml\n", "  fr.read-also ", "rules/global.toml\n", "rules/sites/"] {
        assert!(list.contains(word), "{word}");
    }
    let shown = place.ok("rules show fr.read-also").text();
    for word in ["id = \"fr.read-also\"", "drop = [", "\"LIRE AUSSI:\"", "keep = ["] {
        assert!(shown.contains(word), "{word}\n{shown}");
    }
    place.ends(2, "rules show fr.raed-also").says(&["fr.raed-also", "hint: "]);
    place.ends(2, "rules test nothere.toml").says(&["nothere.toml"]);
}

/// `count` documents, of which the first `heavy` hold more advert than text.
fn adverts(place: &Place, count: usize, heavy: usize, alone: bool) {
    let mut chance = Chance::new(2);
    for i in 0..count {
        let advert = "advert 12345678901234567890\n".repeat(40);
        let text = match (i < heavy, alone) {
            (true, true) => advert,
            (true, false) => chance.article(30) + &advert,
            _ => chance.article(30),
        };
        place.write(format!("in/{i:03}.txt"), text);
    }
}

#[test]
fn a_rule_that_takes_over_half_of_the_text_stops_the_run() {
    let place = Place::new();
    place.write("mine.toml", rule("a.one", ADVERT));
    adverts(&place, 100, 60, false);
    place.ends(5, "clean in -o out --rules mine.toml").says(&[
        "error: safety brake: rule `a.one` cuts",
        "% of the text; nothing was published",
        "--allow-heavy-cuts",
    ]);
    assert!(place.tree("out").is_empty());
    place.ends(5, "clean in -o out --rules mine.toml --check -q");
    place.ends(5, "clean in -o out --rules mine.toml -n -q");
    place.ok("clean in -o out --rules mine.toml --allow-heavy-cuts -q");
    assert_eq!(place.tree("out/data").len(), 100);
}

#[test]
fn rules_that_empty_over_a_twentieth_of_the_documents_stop_the_run() {
    let place = Place::new();
    place.write("mine.toml", rule("a.one", ADVERT));
    adverts(&place, 120, 6, true);
    place.ok("clean in -o six -q --rules mine.toml");
    adverts(&place, 120, 7, true);
    place.ends(5, "clean in -o seven --rules mine.toml").says(&["leave nothing of 7 documents"]);
    place.ok("clean in -o seven -q --rules mine.toml --allow-heavy-cuts");
    let counts = support::assert_all_accounted_for(&place.path("seven"));
    assert_eq!(counts["emptied"], 7);
    // A run of few documents is spared: there one odd document is a large share.
    let few = Place::new();
    few.write("mine.toml", rule("a.one", ADVERT));
    adverts(&few, 99, 60, true);
    few.ok("clean in -o out -q --rules mine.toml");
}

#[test]
fn the_brake_counts_no_documents_that_were_kept_before() {
    let place = Place::new();
    place.write("mine.toml", rule("a.one", ADVERT));
    adverts(&place, 120, 7, true);
    let mut chance = Chance::new(9);
    let old: String =
        (0..2000).map(|n| format!("{{\"id\":{n},\"text\":\"{}\"}}\n", chance.words(12).join(" "))).collect();
    place.write("old.jsonl", old);
    place
        .ends(5, "clean in -o out --rules mine.toml --against old.jsonl")
        .says(&["leave nothing of 7 documents"]);
    // Nor do they make a large run of a small one.
    let few = Place::new();
    few.write("mine.toml", rule("a.one", ADVERT));
    few.write("old.jsonl", place.read("old.jsonl"));
    adverts(&few, 99, 60, true);
    few.ok("clean in -o out -q --rules mine.toml --against old.jsonl");
}
