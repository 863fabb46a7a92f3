//! The report can be made again from what the run wrote: the same bytes, or a page that says what is missing, and
//! manifest and sums stay true.

// What goes wrong in a helper fails the test that called it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::fs;
use std::path::Path;

use flate2::{Compression, write::GzEncoder};
use support::{Chance, Place, assert_same_tree, assert_sums_hold, quoted};

/// Records, texts, a compressed file and a reference; copies, excerpts, an event, cuts, rejects.
fn corpus() -> Place {
    let place = Place::new();
    let mut chance = Chance::new(11);
    let article = chance.article(70);
    let excerpt: String = article.split_inclusive(' ').take(120).collect();
    let mut records = String::new();
    for (n, text) in
        [&article, &article.replacen(' ', " nevertheless ", 2), &article, &excerpt].iter().enumerate()
    {
        let text = quoted(&format!("{text}\nTerms of Use | Privacy Policy\n"));
        let url = format!("https://www.site{n}.example/{n}");
        records +=
            &format!("{{\"id\":\"{url}\",\"url\":\"{url}\",\"date\":\"2018-07-1{n}\",\"text\":{text}}}\n");
    }
    records += "{\"text\": broken\n";
    place.write("in/records.jsonl", records);
    place.write("in/text.txt", format!("{}Lire aussi : Le pont de Brest rouvre\n", chance.article(30)));
    place.write("in/emptied.txt", "Terms of Use | Privacy Policy\n");
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    let text = quoted(&chance.article(40));
    std::io::Write::write_all(&mut packed, format!("{{\"text\":{text}}}\n").as_bytes()).unwrap();
    place.write("in/packed.jsonl.gz", packed.finish().unwrap());
    place.write("before/old.txt", chance.article(20));
    place
}

const CLEAN: &str = "clean in -o out -q --rejects ok --against before";

fn page(place: &Place) -> Vec<u8> {
    place.read("out/report.html")
}

#[test]
fn the_page_made_again_is_the_page_of_the_run() {
    let place = corpus();
    for line in
        ["", " --to parquet", " --copies tag", " --ledger full", " --strip none", " --cache elsewhere"]
    {
        place.ok(&format!("{CLEAN}{line}"));
        let before = place.tree("out");
        assert!(
            String::from_utf8_lossy(&page(&place)).contains("<mark>nevertheless"),
            "texts are compared{line}"
        );
        for damage in [None, Some(&b"edited"[..])] {
            match damage {
                None => fs::remove_file(place.path("out/report.html")).unwrap(),
                Some(bytes) => place.write("out/report.html", bytes),
            }
            place.ok("report out").says(&["the same as before"]);
            assert_same_tree(&before, &place.tree("out"));
        }
        fs::remove_dir_all(place.path("out")).unwrap();
    }
}

#[test]
fn inputs_that_moved_are_found_and_what_is_gone_is_said_in_the_page() {
    let place = corpus();
    place.ok(CLEAN);
    let before = place.tree("out");
    fs::rename(place.path("in"), place.path("moved")).unwrap();
    place.ok("report out --source moved").says(&["the same as before"]);
    assert_same_tree(&before, &place.tree("out"));

    place.ok("report out").says(&["texts for it not at hand", "--source", "changed"]);
    assert!(String::from_utf8_lossy(&page(&place)).contains("not at hand"));
    assert_sums_hold(&place.path("out"));
    place.ok("report out --source moved").says(&["changed"]);
    assert_same_tree(&before, &place.tree("out"));
    fs::rename(place.path("moved"), place.path("in")).unwrap();
    place.ok(&format!("{CLEAN} --check"));
}

#[test]
fn an_input_that_was_edited_since_is_not_believed() {
    let place = corpus();
    place.ok(CLEAN);
    let records = place.text("in/records.jsonl").replace("nevertheless", "notwithstand");
    place.write("in/records.jsonl", records);
    place.ok("report out").says(&["not at hand", "changed"]);
    let page = String::from_utf8(page(&place)).unwrap();
    assert!(!page.contains("notwithstand"), "the text of the edited record");
    assert_sums_hold(&place.path("out"));
}

#[test]
fn a_full_ledger_has_the_texts_when_the_inputs_are_gone() {
    let place = corpus();
    place.ok(&format!("{CLEAN} --ledger full"));
    let before = page(&place);
    fs::remove_dir_all(place.path("in")).unwrap();
    place.ok("report out").says(&["the same as before"]);
    assert_eq!(before, page(&place));
}

#[test]
fn without_its_lists_or_its_ledger_no_page_is_made_and_nothing_touched() {
    let refused = |damage: &dyn Fn(&Path), says: &str| {
        let place = corpus();
        place.ok(CLEAN);
        damage(&place.path("out"));
        let before = place.tree("out");
        place.ends(2, "report out").says(&[says, "hint: "]);
        assert_same_tree(&before, &place.tree("out"));
    };
    let append = |name: &'static str| {
        move |out: &Path| {
            let mut bytes = fs::read(out.join(name)).unwrap();
            bytes.push(b'\n');
            fs::write(out.join(name), bytes).unwrap();
        }
    };
    refused(&append("clusters.jsonl"), "clusters.jsonl: edited or deleted since");
    refused(&append("documents.jsonl"), "documents.jsonl: edited or deleted since");
    refused(&append("rejects.jsonl"), "rejects.jsonl: edited or deleted since");
    refused(&append(".tamis/ledger.jsonl"), "is damaged");
    refused(&|out| fs::remove_file(out.join(".tamis/ledger.jsonl")).unwrap(), "is not there");
    refused(&|out| fs::remove_dir_all(out.join(".tamis/cache")).unwrap(), "gone");
    refused(&|out| fs::remove_file(out.join("manifest.json")).unwrap(), "no output of tamis");
    let place = corpus();
    place.ends(2, "report in").says(&["no output of tamis"]);
}

#[test]
fn the_ledger_of_another_run_is_not_believed() {
    let place = corpus();
    place.ok(&format!("{CLEAN} --cache kept"));
    let ledger = place.read("out/.tamis/ledger.jsonl");
    place.write("in/one-more.txt", "One more text, short and new.");
    place.ok(&format!("{CLEAN} --cache kept"));
    place.write("out/.tamis/ledger.jsonl", ledger);
    place.ends(2, "report out").says(&["of another run"]);
}
