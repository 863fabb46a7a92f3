//! A run that its `--memory` cannot hold is refused, and nothing is lost by that.

// What goes wrong in a helper fails the test that called it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use support::{Place, assert_same_tree};

#[test]
fn too_little_memory_for_events_is_said_with_what_would_do() {
    let place = Place::new();
    let line = |n: usize| {
        format!("{{\"id\": {n}, \"text\": \"The council of town {n} opened bridge {} on Monday.\"}}\n", n * 7)
    };
    place.write("many.jsonl", (0..20_000).map(line).collect::<String>());
    let run = "clean many.jsonl -o out -q -j 1 --memory 192M";
    let refused = place.ends(2, run);
    let hint = refused.err.lines().find_map(|line| line.strip_prefix("hint: --memory "));
    let enough = hint.and_then(|hint| hint.split(',').next()).unwrap().to_owned();
    refused.says(&[
        "error: the search for events among 20,000 documents needs about ",
        "nothing was published",
        "or --events off",
    ]);
    assert!(!place.exists("out/manifest.json"));

    place.ok(&format!("{run} --events off"));
    place.ok("clean many.jsonl -o unlimited -q --events off");
    assert_same_tree(&place.tree("unlimited"), &place.tree("out"));

    place.ok(&format!("clean many.jsonl -o enough -q -j 1 --memory {enough}"));
    place.ok("clean many.jsonl -o events -q");
    assert_same_tree(&place.tree("events"), &place.tree("enough"));
}

#[test]
fn less_memory_than_any_run_needs_is_refused_at_once() {
    let place = Place::new();
    place.write("a.txt", "The bridge was opened on Monday.\n");
    place.ends(2, "clean a.txt -o out --memory 100M").says(&["at least 192M are needed"]);
    assert!(!place.exists("out"));
}

#[test]
fn the_least_memory_is_enough_for_a_small_corpus_on_many_threads() {
    let place = Place::new();
    let line =
        |n: usize| format!("{{\"id\": {n}, \"text\": \"The council of town {n} opened bridge {n}.\"}}\n");
    place.write("few.jsonl", (0..500).map(line).collect::<String>());
    place.ok("clean few.jsonl -o out -q -j 8 --memory 192M --events off");
}
