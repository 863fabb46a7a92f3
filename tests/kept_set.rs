//! The kept set is what its definition says: documents are taken in preference order, each is kept unless it is a copy
//! of one already kept, and a removed one names the most similar kept one. A twin of a few lines says the same by
//! comparing everything with everything.

// What goes wrong in a helper fails the test that called it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use support::{Chance, Place, assert_all_accounted_for, quoted};

/// What a definition says of one document: its status, and of which it is a copy, how similar in ten-thousandths.
type Verdict = (&'static str, Option<(usize, u64)>);

const SHINGLE: usize = 5;
const LEAST_WORDS: usize = 20;

fn words(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    parts.filter(|w| !w.is_empty()).map(str::to_lowercase).collect()
}

/// The shingle sets of documents, with a number for each shingle.
fn shingles(documents: &[Vec<String>]) -> Vec<BTreeSet<usize>> {
    let mut numbers: BTreeMap<&[String], usize> = BTreeMap::new();
    let mut number = |shingle| {
        let next = numbers.len();
        *numbers.entry(shingle).or_insert(next)
    };
    documents.iter().map(|words| words.windows(SHINGLE).map(&mut number).collect()).collect()
}

/// The kept set by its definition, at a threshold in thousandths.
fn by_definition(texts: &[String], order: &[usize], threshold: usize) -> Vec<Verdict> {
    let words: Vec<Vec<String>> = texts.iter().map(|t| words(t)).collect();
    let sets = shingles(&words);
    let ratio = |a: usize, b: usize| {
        let shared = sets[a].intersection(&sets[b]).count();
        (shared, sets[a].len() + sets[b].len() - shared)
    };
    let long = |d: usize| words[d].len() >= LEAST_WORDS;
    let is_copy = |d: usize, k: usize| {
        let (shared, union) = ratio(d, k);
        let near = long(d) && long(k) && shared * 1000 >= threshold * union;
        !words[d].is_empty() && (words[d] == words[k] || near)
    };
    let mut kept: Vec<usize> = Vec::new();
    for &d in order {
        if !kept.iter().any(|k| is_copy(d, *k)) {
            kept.push(d);
        }
    }
    let mut verdicts = vec![("kept", None); texts.len()];
    for &d in order.iter().filter(|d| !kept.contains(d)) {
        // Of equally similar ones, the one that comes first in the order: `max_by` returns the last.
        let best = kept.iter().rev().copied().filter(|k| is_copy(d, *k)).max_by(|a, b| {
            let ((s, u), (t, v)) = (ratio(d, *a), ratio(d, *b));
            (words[d] == words[*a], s * v).cmp(&(words[d] == words[*b], t * u))
        });
        let of = best.unwrap();
        let (shared, union) = ratio(d, of);
        verdicts[d] = if words[d] == words[of] {
            ("identical", Some((of, 10_000)))
        } else {
            // Rounded half up.
            ("near", Some((of, ((20_000 * shared + union) / (2 * union)) as u64)))
        };
    }
    verdicts
}

/// Most words in lines that end like sentences, then fewest others, then the lowest key.
fn longest_first(texts: &[String]) -> Vec<usize> {
    let rank = |i: &usize| {
        let (ends, others): (Vec<&str>, Vec<&str>) =
            texts[*i].lines().partition(|l| l.trim_end().ends_with('.'));
        let count = |lines: &[&str]| lines.iter().map(|l| words(l).len()).sum::<usize>();
        (Reverse(count(&ends)), count(&others), *i)
    };
    let mut order: Vec<usize> = (0..texts.len()).collect();
    order.sort_by_key(rank);
    order
}

/// Articles with revisions of them: some words changed, a paragraph lost, the case changed, a title on top.
fn corpus(seed: u64, count: usize) -> Vec<String> {
    let mut chance = Chance::new(seed);
    let mut texts: Vec<String> = vec![String::new(), "Ferry.\n".into(), "ferry".into()];
    while texts.len() < count {
        let length = 12 + chance.below(70);
        let text = match (texts.len() > 6, chance.below(8)) {
            (true, 1..7) => {
                let source = texts[3 + chance.below(texts.len() - 3)].clone();
                revised(&source, &mut chance)
            }
            _ => chance.article(length),
        };
        texts.push(text);
    }
    texts
}

fn revised(text: &str, chance: &mut Chance) -> String {
    let mut parts: Vec<String> = text.split(' ').map(str::to_owned).collect();
    match chance.below(6) {
        0 => return text.to_uppercase(),
        1 => return format!("{}\n\n{text}", chance.words(4).join(" ")),
        2 => {
            let end = parts.len() - parts.len() / 4;
            parts.truncate(end);
        }
        _ => {
            for _ in 0..=chance.below(4) {
                let at = chance.below(parts.len());
                parts[at] = chance.words(1).remove(0);
            }
        }
    }
    parts.join(" ")
}

fn as_records(texts: &[String]) -> String {
    texts.iter().map(|t| format!("{{\"text\":{}}}\n", quoted(t))).collect()
}

/// Verdicts of the binary, by record.
fn verdicts(place: &Place, out: &str) -> Vec<(String, Option<(usize, u64)>)> {
    let number = |key: &str| key.rsplit('#').next().unwrap().parse::<usize>().unwrap();
    let of = |d: &Value| {
        let similarity = d["similarity"].as_f64()?;
        Some((number(d["of"].as_str()?), (similarity * 10_000.0).round() as u64))
    };
    let documents = place.list(format!("{out}/documents.jsonl"));
    let documents = documents.iter().enumerate().map(|(i, d)| {
        assert_eq!(number(d["doc"].as_str().unwrap()), i, "the order is that of the keys");
        (d["status"].as_str().unwrap().to_owned(), of(d))
    });
    documents.collect()
}

fn same(found: &[(String, Option<(usize, u64)>)], expected: &[Verdict], case: &str) {
    assert_eq!(found.len(), expected.len(), "{case}");
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert_eq!((found.0.as_str(), found.1), *expected, "{case}: document {i}");
    }
}

#[test]
fn the_kept_set_equals_its_definition_however_candidates_are_found() {
    let mut removed = 0;
    for seed in 0..4 {
        let place = Place::new();
        let texts = corpus(seed, 70);
        place.write("in.jsonl", as_records(&texts));
        let threshold = [700, 500, 850, 1000][seed as usize];
        for (keep, order) in [("first", (0..texts.len()).collect()), ("longest", longest_first(&texts))] {
            let expected = by_definition(&texts, &order, threshold);
            removed += expected.iter().filter(|v| v.0 == "near").count();
            for how in ["fast", "exact"] {
                let options =
                    format!("--candidates {how} --keep {keep} --similarity {}", threshold as f64 / 1000.0);
                place.ok(&format!("clean in.jsonl -o out --strip none --events off -q {options}"));
                same(&verdicts(&place, "out"), &expected, &format!("seed {seed} {options}"));
                assert_all_accounted_for(&place.path("out"));
            }
        }
    }
    assert!(removed > 50, "the corpora hold near copies: {removed}");
}

#[test]
fn a_corpus_of_several_blocks_is_no_different() {
    let place = Place::new();
    let texts = corpus(9, 2500);
    place.write("in.jsonl", as_records(&texts));
    let expected = by_definition(&texts, &longest_first(&texts), 700);
    for how in ["fast", "exact"] {
        place.ok(&format!("clean in.jsonl -o out --strip none --events off -q --candidates {how}"));
        same(&verdicts(&place, "out"), &expected, how);
    }
    assert_all_accounted_for(&place.path("out"));
}

#[test]
fn clusters_say_what_documents_say_and_the_corpus_holds_what_was_kept() {
    let place = Place::new();
    let texts = corpus(11, 60);
    let records = as_records(&texts);
    place.write("in.jsonl", &records);
    place.ok("clean in.jsonl -o out --strip none -q");
    let documents = place.list("out/documents.jsonl");
    let mut copies: BTreeMap<String, Value> = BTreeMap::new();
    for cluster in place.list("out/clusters.jsonl").iter().filter(|c| c["relation"] == "copy") {
        let members = cluster["members"].as_array().unwrap();
        assert_eq!(cluster["size"].as_u64(), Some(members.len() as u64));
        assert_eq!(members[0]["kind"], "kept");
        let least = members[1..].iter().map(|m| m["similarity"].as_f64().unwrap()).fold(1.0, f64::min);
        assert_eq!(cluster["min_similarity"].as_f64(), Some(least));
        for member in &members[1..] {
            let mut member = member.clone();
            member["of"] = members[0]["doc"].clone();
            let doc = member["doc"].as_str().unwrap().to_owned();
            assert!(copies.insert(doc, member).is_none(), "a document stands in one cluster of copies");
        }
    }
    let kept: BTreeSet<&str> =
        documents.iter().filter(|d| d["status"] == "kept").map(|d| d["doc"].as_str().unwrap()).collect();
    let mut removed = 0;
    for document in documents.iter().filter(|d| d["status"] != "kept") {
        let member = &copies[document["doc"].as_str().unwrap()];
        assert_eq!((&member["of"], &member["kind"]), (&document["of"], &document["status"]));
        assert_eq!(member["similarity"], document["similarity"]);
        assert!(kept.contains(document["of"].as_str().unwrap()), "`of` names a kept document: {document}");
        removed += 1;
    }
    assert_eq!(removed, copies.len());
    let expected: String = records
        .lines()
        .enumerate()
        .filter(|(i, _)| kept.contains(format!("in.jsonl#{i}").as_str()))
        .map(|(_, line)| format!("{line}\n"))
        .collect();
    assert_eq!(place.text("out/data/in.jsonl"), expected);
}

#[test]
fn tagging_decides_the_same_and_removes_nothing() {
    let place = Place::new();
    let texts = corpus(5, 50);
    place.write("in.jsonl", as_records(&texts));
    place.ok("clean in.jsonl -o drop --strip none -q");
    place.ok("clean in.jsonl -o tag --strip none -q --copies tag");
    assert_eq!(place.text("tag/documents.jsonl"), place.text("drop/documents.jsonl"));
    assert_eq!(place.text("tag/clusters.jsonl"), place.text("drop/clusters.jsonl"));
    assert_eq!(place.text("tag/data/in.jsonl"), as_records(&texts));
    assert_ne!(place.text("drop/data/in.jsonl"), as_records(&texts));
    assert_all_accounted_for(&place.path("tag"));
}

#[test]
fn with_copies_off_there_are_no_copies_and_everything_is_kept() {
    let place = Place::new();
    let texts = corpus(5, 50);
    place.write("in.jsonl", as_records(&texts));
    place.ok("clean in.jsonl -o out --strip none -q --copies off");
    assert!(place.list("out/documents.jsonl").iter().all(|d| d["status"] == "kept" && d["of"].is_null()));
    assert!(place.list("out/clusters.jsonl").iter().all(|c| c["relation"] == "event"));
    assert_eq!(place.text("out/data/in.jsonl"), as_records(&texts));
}

/// Four revisions of one article, of which each preference likes another one.
fn revisions() -> Place {
    let place = Place::new();
    let article = Chance::new(3).article(60);
    let record = |site: &str, date: &str, text: &str| {
        format!("{{\"url\":\"https://www.{site}/a\",\"date\":\"{date}\",\"text\":{}}}\n", quoted(text))
    };
    let records = [
        record("one.example", "2021-05-02", &article),
        record("two.example", "2021-05-01", &article),
        record("news.three.example", "2021-05-04", &article),
        record("four.example", "2021-05-03", &format!("{article}\nThe mayor spoke last.\n")),
    ];
    place.write("in.jsonl", records.concat());
    place
}

#[test]
fn each_preference_keeps_the_revision_that_it_names() {
    let place = revisions();
    for (keep, expected) in [
        ("first", 0),
        ("earliest", 1),
        ("latest", 2),
        ("longest", 3),
        ("site:three.example", 2),
        ("site:nowhere.example,two.example,one.example", 1),
    ] {
        place.ok(&format!("clean in.jsonl -o out -q --events off --keep {keep}"));
        let kept: Vec<usize> = verdicts(&place, "out")
            .iter()
            .enumerate()
            .filter(|(_, (status, _))| status == "kept")
            .map(|(i, _)| i)
            .collect();
        assert_eq!(kept, [expected], "{keep}");
    }
}

#[test]
fn documents_without_words_and_short_ones_are_no_near_copies() {
    let place = Place::new();
    let short = "The mayor opened the new bridge on the river before noon today.";
    for (name, text) in [
        ("a.txt", ""),
        ("b.txt", ""),
        ("c.txt", "…!"),
        ("d.txt", "…!"),
        ("e.txt", short),
        ("f.txt", &short.replace("today", "yesterday")),
        ("g.txt", &short.to_uppercase()),
    ] {
        place.write(format!("in/{name}"), text);
    }
    place.ok("clean in -o out -q --similarity 0.1");
    let removed: Vec<Value> =
        place.list("out/documents.jsonl").into_iter().filter(|d| d["status"] != "kept").collect();
    assert_eq!(removed.len(), 1, "{removed:?}");
    assert_eq!((&removed[0]["doc"], &removed[0]["of"]), (&"g.txt".into(), &"e.txt".into()));
    assert_eq!(removed[0]["status"], "identical");
}
