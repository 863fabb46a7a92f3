//! `--against`: what was kept before stays as it was, is not written again, and nothing that is a copy of it is kept.

// What goes wrong in a helper fails the test that called it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use support::{Chance, Place, assert_all_accounted_for, assert_same_tree, assert_sums_hold};

/// Texts of which many are near copies of others, by small changes upon each other.
fn texts() -> Vec<String> {
    let mut chance = Chance::new(11);
    let mut texts: Vec<String> = Vec::new();
    for n in 0..120 {
        let text = if n % 3 == 0 {
            chance.words(80).join(" ")
        } else {
            let mut words: Vec<String> =
                texts[chance.below(texts.len())].split(' ').map(str::to_owned).collect();
            for _ in 0..chance.below(4) {
                let place = chance.below(words.len());
                words[place] = format!("changed{}", chance.below(1000));
            }
            words.join(" ")
        };
        texts.push(text);
    }
    texts
}

fn lines(texts: &[String]) -> String {
    texts.iter().map(|text| format!("{}\n", json!({ "text": text }))).collect()
}

/// Windows of five words.
fn shingles(text: &str) -> BTreeSet<Vec<&str>> {
    let words: Vec<&str> = text.split(' ').collect();
    words.windows(5).map(<[&str]>::to_vec).collect()
}

fn is_copy(one: &str, other: &str) -> bool {
    let (one, other) = (shingles(one), shingles(other));
    let shared = one.intersection(&other).count();
    shared * 10 >= 7 * (one.len() + other.len() - shared)
}

#[test]
fn no_copy_of_a_reference_is_left_also_where_references_are_copies_of_each_other() {
    let (place, texts) = (Place::new(), texts());
    let (old, new) = texts.split_at(60);
    place.write("old.jsonl", lines(old));
    place.write("new.jsonl", lines(new));
    assert!((0..60).any(|i| (0..i).any(|j| is_copy(&old[i], &old[j]))), "references that are copies");
    for candidates in ["fast", "exact"] {
        place
            .ok(&format!("clean new.jsonl --against old.jsonl -o {candidates} -q --candidates {candidates}"));
        let kept: Vec<Value> = place.list(format!("{candidates}/data/new.jsonl"));
        let kept: Vec<&str> = kept.iter().map(|record| record["text"].as_str().unwrap()).collect();
        let free = new.iter().filter(|text| !old.iter().any(|other| is_copy(text, other))).count();
        assert!(kept.len() > 5 && kept.len() <= free, "{} of {free}", kept.len());
        for (i, text) in kept.iter().enumerate() {
            assert!(!old.iter().any(|other| is_copy(text, other)), "a copy of a reference");
            assert!(!kept[..i].iter().any(|other| is_copy(text, other)), "a copy of a kept one");
        }
        // Whoever was removed names one that stays.
        let documents = place.list(format!("{candidates}/documents.jsonl"));
        let status: BTreeMap<&str, &str> =
            documents.iter().map(|d| (d["doc"].as_str().unwrap(), d["status"].as_str().unwrap())).collect();
        for document in documents.iter().filter(|d| d["of"].is_string()) {
            assert!(matches!(status[document["of"].as_str().unwrap()], "kept" | "reference"));
        }
        assert_eq!(status.values().filter(|s| **s == "reference").count(), 60);
        let counts = assert_all_accounted_for(&place.path(candidates));
        assert_eq!((counts["read"].as_u64(), counts["references"].as_u64()), (Some(60), Some(60)));
        assert_sums_hold(&place.path(candidates));
    }
    assert_same_tree(&place.tree("fast/data"), &place.tree("exact/data"));
}

#[test]
fn an_earlier_output_is_taken_for_its_clean_corpus() {
    let place = Place::new();
    let articles = ["The first article has a few words of its own.", "The second article is another one."];
    place.write("monday/a.txt", articles[0]);
    place.write("tuesday/a.txt", format!("{}\n\nTerms of Use | Privacy Policy\n", articles[0]));
    place.write("tuesday/b.txt", articles[1]);
    place.ok("clean monday -o corpus -q");
    place.ok("clean tuesday -o more --against corpus").says(&[]);
    assert_eq!(place.tree("more/data").into_keys().collect::<Vec<_>>(), [std::path::PathBuf::from("b.txt")]);
    let removed = &place.list("more/documents.jsonl")[0..2];
    assert!(removed.iter().any(|d| d["of"] == "corpus/a.txt" && d["status"] == "identical"), "{removed:?}");
    let manifest = place.json("more/manifest.json");
    assert_eq!(manifest["references"][0]["path"], "corpus/a.txt");
    // A second run knows it all; what is named wrongly is refused.
    let before = place.tree("more");
    place.ok("clean tuesday -o more --against corpus -q");
    assert_same_tree(&before, &place.tree("more"));
    place.ends(2, "clean tuesday -o none --against corpus --copies off").says(&["--against"]);
    place.ends(2, "clean tuesday -o none --against nowhere").says(&["nowhere: no such file or folder"]);
    place.ends(2, "clean tuesday -o corpus --against corpus").says(&["the output folder"]);
    place.ends(2, "clean x=tuesday -o none --against x=tuesday").says(&["--against NAME=PATH"]);
}
