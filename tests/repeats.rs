//! Rules learned from what repeats on a site: `rules suggest` proposes them and applies none; `--strip repeats` learns
//! them first, publishes them with the result and names them in every cut.

// What goes wrong in a helper fails the test that called it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use support::{Chance, Place, assert_same_tree, assert_sums_hold, quoted};

/// Pages of two sites with menus of their own; site `b` stands in a folder named like it.
fn corpus(place: &Place, pages: usize) {
    let mut chance = Chance::new(11);
    let mut records = String::new();
    for n in 0..pages {
        let body = chance.article(80);
        let text = format!(
            "Harbour Post\nShipping lanes\nTide tables\n{body}\nLetters to the pilot\nBerths for hire\n"
        );
        records +=
            &format!("{{\"id\":{n},\"url\":\"https://a.example.org/{n}\",\"text\":{}}}\n", quoted(&text));
        let body = chance.article(80);
        place.write(
            format!("in/b.example.com/{n}.txt"),
            format!("Valley Echo\nBarns and fields\n{body}\nSeed prices\nOur almanac\n"),
        );
    }
    place.write("in/a.jsonl", records);
}

#[test]
fn suggest_proposes_rules_that_pass_their_own_examples_and_applies_none() {
    let place = Place::new();
    corpus(&place, 6);
    let before = place.tree("in");
    place.ok("rules suggest in -o proposed.toml").says(&["for 2 sites", "tamis rules test proposed.toml"]);
    place.ok("rules test proposed.toml");
    let file = place.text("proposed.toml");
    for wanted in ["# 6 of 6 documents", "a.example.org", "b.example.com", "Tide tables", "Our almanac"] {
        assert!(file.contains(wanted), "{wanted}: {file}");
    }
    assert_same_tree(&before, &place.tree("in"));
    assert_eq!(place.ok("rules suggest in").out, file.as_bytes(), "without -o they go to standard output");
    place.ends(2, "rules suggest in -o proposed.toml").says(&["there is such a file"]);
    assert_eq!(place.text("proposed.toml"), file);
    assert!(!String::from_utf8(place.ok("rules suggest in --least 7").out).unwrap().contains("[[rule]]"));
}

#[test]
fn what_was_proposed_can_be_used_as_rules() {
    let place = Place::new();
    corpus(&place, 5);
    place.ok("rules suggest in -o proposed.toml");
    place.ok("clean in -o out -q --rules proposed.toml");
    for kept in place.list("out/data/a.jsonl") {
        assert!(!kept["text"].as_str().unwrap().contains("Tide tables"));
    }
    assert!(!place.text("out/data/b.example.com/0.txt").contains("Seed prices"));
}

#[test]
fn repeats_publishes_what_it_learned_and_names_it_in_every_cut() {
    let place = Place::new();
    corpus(&place, 6);
    place.ok("clean in -o out -q --strip repeats");
    let out = place.path("out");
    assert_sums_hold(&out);
    let manifest = place.json("out/manifest.json");
    let outputs = manifest["outputs"].as_array().unwrap();
    assert!(outputs.iter().any(|file| file["path"] == "rules.learned.toml"));
    assert!(place.text("out/SHA256SUMS").contains("rules.learned.toml"));
    place.ok("rules test out/rules.learned.toml");
    for line in place.list("out/documents.jsonl") {
        let cut = line["cut"].as_object().unwrap();
        assert!(cut.keys().any(|id| id.starts_with("learned.")), "{line}");
        for id in cut.keys().filter(|id| id.starts_with("learned.")) {
            assert!(place.text("out/rules.learned.toml").contains(&format!("id = \"{id}\"")));
        }
    }
    assert!(!place.text("out/data/a.jsonl").contains("Shipping lanes"));
    // A run that learns nothing takes the file away.
    place.ok("clean in -o out -q");
    assert!(!place.exists("out/rules.learned.toml"));
    assert!(place.text("out/data/a.jsonl").contains("Shipping lanes"));
}

#[test]
fn the_same_repeats_twice_on_any_threads_changes_no_byte() {
    let place = Place::new();
    corpus(&place, 6);
    place.ok("clean in -o out -q --strip repeats -j 1");
    let first = place.tree("out");
    place.ok("clean in -o out -q --strip repeats -j 3");
    place.ok("clean in -o out -q --strip repeats --check");
    assert_same_tree(&first, &place.tree("out"));
}

#[test]
fn after_a_change_repeats_is_what_a_run_from_nothing_makes() {
    let place = Place::new();
    corpus(&place, 3);
    place.ok("clean in -o out -q --strip repeats");
    corpus(&place, 8);
    place.write(
        "in/b.example.com/9.txt",
        "Valley Echo\nBarns and fields\nHay is late.\nNew this year\nSeed prices\nOur almanac\n",
    );
    place.ok("clean in -o out -q --strip repeats");
    place.ok("clean in -o fresh -q --strip repeats");
    assert_same_tree(&place.tree("fresh"), &place.tree("out"));
}

#[test]
fn articles_that_are_copies_of_one_another_are_not_learned_away() {
    let place = Place::new();
    let mut chance = Chance::new(5);
    let body: Vec<String> =
        (0..6).map(|_| chance.article(20).replace('\n', " ").trim().to_owned() + ".").collect();
    for n in 0..4 {
        // The same report, each time with another first line.
        let own = chance.article(15).replace('\n', " ");
        place.write(
            format!("in/c.example.net/{n}.txt"),
            format!("Coast News\nPiers and quays\n{own}\n{}\nWrite to the coast\n", body.join("\n")),
        );
    }
    place.ok("clean in -o out -q --strip repeats --copies off");
    for n in 0..4 {
        let text = place.text(format!("out/data/c.example.net/{n}.txt"));
        for sentence in &body {
            assert!(text.contains(sentence.as_str()), "{text}");
        }
    }
}
