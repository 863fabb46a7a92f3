//! Everything can be explained: a cut by its rule and its passage, a copy by its similarity and what differs, an event
//! by what its articles share.

// What goes wrong in a helper fails the test that called it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::path::Path;

use support::{Chance, Place, end, quoted};

fn corpus() -> Place {
    let place = Place::new();
    let mut chance = Chance::new(6);
    let article = chance.article(60);
    let revised = article.replacen(' ', " nevertheless ", 1);
    let chrome = format!("{}Lire aussi : Le pont de Brest rouvre\n", chance.article(30));
    let records = [
        ("77", article.as_str()),
        ("k-8", &revised),
        ("", &chrome),
        ("9", &chance.article(30)),
        ("9", "Short."),
    ];
    let lines: String = records
        .iter()
        .map(|(id, text)| match *id {
            "77" => format!("{{\"id\":77,\"text\":{}}}\n", quoted(text)),
            "" => format!("{{\"text\":{},\"lang\":\"fr\"}}\n", quoted(text)),
            id => format!("{{\"id\":\"{id}\",\"text\":{}}}\n", quoted(text)),
        })
        .collect();
    place.write("in.jsonl", lines);
    place.write("emptied.txt", "Tout AccepterTout refuser\n");
    place.ok("clean in.jsonl emptied.txt -o out -q --keep first");
    place
}

#[test]
fn a_document_is_found_by_its_key_and_by_its_own_id() {
    let place = corpus();
    for id in ["77", "k-8"] {
        let by_id = place.ok(&format!("explain out {id}")).text();
        let number = if id == "77" { 0 } else { 1 };
        assert_eq!(by_id, place.ok(&format!("explain out in.jsonl#{number}")).text());
        assert!(by_id.starts_with(&format!("in.jsonl#{number}  (id {id})\n")), "{by_id}");
    }
    place
        .ends(2, "explain out 9")
        .says(&["2 documents have the id `9`", "hint: give the key: in.jsonl#3, in.jsonl#4"]);
}

#[test]
fn an_unknown_document_and_a_folder_of_others_get_a_hint() {
    let place = corpus();
    for unknown in ["nothere", "in.jsonl#99", "in.jsonl", "in.jsonl#"] {
        let done = place.ends(2, &format!("explain out {unknown}"));
        assert!(done.err.contains(&format!("error: no document `{unknown}` in out\nhint: ")), "{}", done.err);
    }
    place.ends(2, "explain nothere a.txt").says(&["hint: tamis clean INPUT -o OUT"]);
}

#[test]
fn a_cut_is_shown_with_its_rule_its_line_and_its_passage() {
    let place = corpus();
    let said = place.ok("explain out in.jsonl#2").text();
    assert!(said.contains("\nkept\n") && said.contains("fr.read-also"), "{said}");
    assert!(said.contains("“Lire aussi : Le pont de Brest rouvre\\n”"), "{said}");
    assert!(place.ok("explain out emptied.txt").text().contains("emptied: the rules left nothing of it"));
    // Without the ledger the rules are still named.
    std::fs::remove_dir_all(place.path("out/.tamis")).unwrap();
    let less = place.ok("explain out in.jsonl#2").text();
    assert!(less.contains("fr.read-also  37 bytes") && !less.contains("Le pont de Brest"), "{less}");
}

#[test]
fn a_copy_is_shown_with_its_similarity_and_what_differs() {
    let place = corpus();
    let similarity = place.list("out/documents.jsonl")[2]["similarity"].to_string();
    let said = place.ok("explain out k-8").text();
    assert!(said.contains(&format!("near copy of in.jsonl#0, similarity {similarity}")), "{said}");
    assert!(said.contains("nevertheless") && said.contains("<- this one"), "{said}");
    let kept = place.ok("explain out 77").text();
    assert!(kept.contains("in.jsonl#1  near, similarity"), "{kept}");
}

#[test]
fn an_event_is_shown_with_what_its_articles_share() {
    let place = Place::new();
    let mut command = place.command("clean -o out -q");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds"));
    end(command).with(0);
    let said = place.ok("explain out 000_cb6dcecd88c75d8b.txt").text();
    for word in
        ["the same event (e-", "002_7d48b1120a49c9a2.txt", "shared: ", "date: 2017-12 (from cut chrome)"]
    {
        assert!(said.contains(word), "{word}\n{said}");
    }
}

#[test]
fn the_nearest_document_that_was_not_joined_is_shown_with_its_score() {
    let place = Place::new();
    let mut chance = Chance::new(7);
    let article = chance.article(200);
    let half = article.len() / 2;
    let half = half + article[half..].find(' ').unwrap();
    // Half of the article and something else; less of it; a copy of the article; nothing of it.
    let texts = [
        article.clone(),
        format!("{}\n{}", &article[..half], chance.article(100)),
        format!("{}\n{}", &article[..half / 2], chance.article(150)),
        article.replacen(' ', " nevertheless ", 1),
        chance.article(60),
        "Short and alone.".to_owned(),
    ];
    let lines: String = texts.iter().map(|text| format!("{{\"text\":{}}}\n", quoted(text))).collect();
    place.write("in.jsonl", lines);
    place.ok("clean in.jsonl -o out -q --keep first");
    let miss = |doc: &str| -> String {
        let said = place.ok(&format!("explain out in.jsonl#{doc}")).text();
        let (_, misses) = said.split_once("\nnearest that were not joined:\n").unwrap();
        misses.lines().next().unwrap().to_owned()
    };
    let similarity = |line: &str| -> f64 {
        let (_, rest) = line.split_once("similarity ").unwrap();
        rest.split(' ').next().unwrap().parse().unwrap()
    };
    // The copy is not among them, nor for the copy the document that was kept.
    for doc in ["0", "3"] {
        let miss = miss(doc);
        assert!(miss.starts_with("  as a copy: in.jsonl#1  similarity 0."), "{miss}");
        assert!(miss.ends_with(" (a copy from 0.7 on)") && (0.2..0.7).contains(&similarity(&miss)), "{miss}");
    }
    assert_eq!(similarity(&miss("0")), similarity(&miss("1")), "the same from either side");
    assert!(
        miss("5").ends_with("no kept document was found that shares a run of 5 words with it"),
        "{}",
        miss("5")
    );
    // The same for any number of threads, and without the inputs nothing is made up.
    let first = place.ok("explain out in.jsonl#2").text();
    let mut command = place.command("explain out in.jsonl#2");
    command.env("RAYON_NUM_THREADS", "1");
    assert_eq!(end(command).text(), first);
    std::fs::remove_file(place.path("in.jsonl")).unwrap();
    let said = place.ok("explain out in.jsonl#0").text();
    assert!(said.contains("(the ledger, the cache or the inputs are not at hand"), "{said}");
}

#[test]
fn the_nearest_coverage_that_was_not_joined_is_shown_with_its_score() {
    let place = Place::new();
    let mut command = place.command("clean -o out -q");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds"));
    end(command).with(0);
    for document in place.list("out/documents.jsonl") {
        let said = place.ok(&format!("explain out {}", document["doc"].as_str().unwrap())).text();
        let line = said.lines().find(|line| line.starts_with("  as coverage: ")).unwrap();
        let number = |before: &str| -> f64 {
            let (_, rest) = line.split_once(before).unwrap();
            rest.split([' ', ')']).next().unwrap().parse().unwrap()
        };
        assert!(number("similarity ") < number("joined from "), "{line}");
    }
}

#[test]
fn passages_of_a_source_that_changed_since_are_not_shown() {
    let place = corpus();
    let changed: String = place
        .text("in.jsonl")
        .replace("Lire aussi : Le pont", "Il ne fut jamais là")
        .replace("bridge", "burger");
    place.write("in.jsonl", changed);
    let said = place.ok("explain out in.jsonl#2").text();
    assert!(
        said.contains("fr.read-also") && !said.contains("jamais"),
        "what was not cut is not shown as cut: {said}"
    );
}

#[test]
fn a_document_of_standard_input_has_a_dash_as_its_key() {
    let place = Place::new();
    place.feed("clean - -o out -q", b"{\"text\":\"One text.\"}\n{\"text\":\"Another.\"}\n").with(0);
    let keys: Vec<_> = place.list("out/documents.jsonl").iter().map(|d| d["doc"].clone()).collect();
    assert_eq!(keys, ["-#0", "-#1"]);
    for doc in ["-#1", "-- -#1"] {
        assert!(place.ok(&format!("explain out {doc}")).text().starts_with("-#1\nkept\n"));
    }
    place.feed("clean - -o text -q", "Un texte.\n\nLire aussi : Le pont rouvre\n".as_bytes()).with(0);
    assert!(place.ok("explain text -").text().starts_with("-\nkept\n"));
    assert_eq!(place.text("text/data/stdin.txt"), "Un texte.\n");
}

#[test]
fn what_could_not_be_used_is_explained_by_its_cause() {
    let place = Place::new();
    place.write("in/a.jsonl", "{\"text\":\"The bridge was opened on Monday.\"}\nno record\n");
    place.write("in/b.pdf", "%PDF");
    place.ends(3, "clean in -o out -q");
    place.ends(2, "explain out a.jsonl#1").says(&["`a.jsonl#1` could not be used: not valid JSON"]);
    place.ends(2, "explain out b.pdf").says(&["`b.pdf` could not be used: "]);
    place.ends(2, "explain out c.txt").says(&["no document `c.txt`"]);
}

#[test]
fn line_ends_are_no_difference_between_copies() {
    let place = Place::new();
    let lines = "The council opened the old bridge again on Monday morning.\nThe mayor spoke and the children sang.\n";
    place.write("in/a.txt", format!("{lines}Nobody expected so many people to come that early.\n"));
    place.write(
        "in/b.txt",
        format!("{lines}Nobody expected so many people to come so early.\n").replace('\n', "\r\n"),
    );
    place.ok("clean in -o out -q --similarity 0.5");
    let said = String::from_utf8(place.ok("explain out b.txt").out).unwrap();
    assert!(said.contains("where they differ") && !said.contains("\\r"), "{said}");
    assert!(!place.text("out/report.html").contains("U+000D"));
}
