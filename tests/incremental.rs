//! A run that was stopped goes on where it was, and a run after a change reads only what changed: the bytes are those
//! of a run that knew nothing.

// What goes wrong in a helper fails the test that called it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use support::{Chance, Place, assert_same_tree, quoted};

/// Articles in a folder, some of them copies and some with chrome, and records in files.
fn corpus() -> Vec<(String, Vec<u8>)> {
    let mut chance = Chance::new(7);
    let articles: Vec<String> = (0..60).map(|_| chance.article(60)).collect();
    let mut files = Vec::new();
    for n in 0..90 {
        let mut text = articles[chance.below(articles.len())].clone();
        if n % 3 == 0 {
            text += "\nShare on Facebook\n\nTerms of Use | Privacy Policy\n";
        }
        files.push((format!("texts/{:02}/{n}.txt", n % 7), text.into_bytes()));
    }
    for n in 0..6 {
        let mut records = String::new();
        for i in 0..20 {
            let text = quoted(&articles[chance.below(articles.len())]);
            records += &format!(
                "{{\"id\":{i},\"url\":\"https://example.org/2020/0{}/x\",\"text\":{text}}}\n",
                n + 1
            );
        }
        records += "no record\n";
        files.push((format!("records-{n}.jsonl"), records.into_bytes()));
    }
    files
}

const CLEAN: &str = "clean in -o out --rejects ok -q";

/// What a run that knows nothing makes of `in`.
fn from_nothing(place: &Place) -> std::collections::BTreeMap<PathBuf, Vec<u8>> {
    let fresh = place.path("fresh");
    if fresh.exists() {
        fs::remove_dir_all(&fresh).unwrap();
    }
    place.ok("clean in -o fresh --rejects ok -q");
    place.tree("fresh")
}

/// Parts of the input, and those that a former run had read, as the summary tells.
fn parts(place: &Place, line: &str) -> (u64, u64) {
    let ended = place.ok(&format!("{line} --json"));
    let summary: Value = serde_json::from_slice(&ended.out).unwrap();
    (summary["parts"].as_u64().unwrap(), summary["reused"].as_u64().unwrap())
}

#[test]
fn documents_that_come_in_batches_give_the_bytes_of_a_run_over_all_of_them() {
    let place = Place::new();
    let mut files = corpus();
    let mut chance = Chance::new(3);
    while !files.is_empty() {
        for _ in 0..12.min(files.len()) {
            let (name, bytes) = files.swap_remove(chance.below(files.len()));
            place.write(format!("in/{name}"), bytes);
        }
        place.ok(CLEAN);
    }
    assert_same_tree(&place.tree("out"), &from_nothing(&place));
}

#[test]
fn files_that_change_or_go_are_read_again_or_forgotten() {
    let place = Place::new();
    let files = corpus();
    for (name, bytes) in &files {
        place.write(format!("in/{name}"), bytes);
    }
    place.ok(CLEAN);
    // One text is another one of the same length and the same time of change.
    let (name, bytes) = &files[4];
    let path = place.path(format!("in/{name}"));
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    let mut other = bytes.clone();
    other.make_ascii_uppercase();
    fs::write(&path, other).unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
    fs::remove_file(place.path(format!("in/{}", files[9].0))).unwrap();
    fs::remove_file(place.path("in/records-2.jsonl")).unwrap();
    let mut longer = place.text("in/records-3.jsonl");
    longer.insert_str(0, "{\"text\":\"A new first record.\"}\n");
    place.write("in/records-3.jsonl", longer);
    place.ok(CLEAN);
    assert_same_tree(&place.tree("out"), &from_nothing(&place));
}

#[test]
fn a_run_after_a_small_change_reads_little() {
    let place = Place::new();
    for (name, bytes) in corpus() {
        place.write(format!("in/{name}"), bytes);
    }
    assert_eq!(parts(&place, "clean in -o out --rejects ok -q").1, 0);
    // A file that was written in the same instant as the ledger is not trusted.
    std::thread::sleep(Duration::from_millis(2100));
    place.ok("clean in -o out --rejects ok -q");
    std::thread::sleep(Duration::from_millis(2100));
    place.write("in/new.txt", Chance::new(99).article(40));
    let (parts, reused) = parts(&place, "clean in -o out --rejects ok -q");
    assert_eq!(parts - reused, 1);
    assert_same_tree(&place.tree("out"), &from_nothing(&place));
}

#[test]
fn what_was_cached_for_other_rules_or_fields_is_not_used() {
    let place = Place::new();
    for (name, bytes) in corpus() {
        place.write(format!("in/{name}"), bytes);
    }
    place.write("my.toml", "[[rule]]\nid='x'\nabout='x'\nunit='span'\nliteral='bridge'\n");
    for options in [
        "",
        " --strip none",
        " --shingle 3",
        " --no-layout",
        " --id-field url",
        " --rules my.toml --allow-heavy-cuts",
    ] {
        place.ok(&format!("clean in -o out --rejects ok -q --cache cache{options}"));
        place.ok(&format!("clean in -o other --rejects ok -q{options}"));
        assert_same_tree(&place.tree("out"), &place.tree("other"));
        fs::remove_dir_all(place.path("other")).unwrap();
    }
}

#[test]
fn a_damaged_or_deleted_cache_is_made_again() {
    let place = Place::new();
    for (name, bytes) in corpus() {
        place.write(format!("in/{name}"), bytes);
    }
    place.ok(CLEAN);
    let want = place.tree("out");
    let shards: Vec<PathBuf> = fs::read_dir(place.path("out/.tamis/cache"))
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().path().is_dir())
        .flat_map(|entry| fs::read_dir(entry.unwrap().path()).unwrap().map(|e| e.unwrap().path()))
        .collect();
    assert!(shards.len() >= 7, "{shards:?}");
    fs::write(&shards[0], "").unwrap();
    fs::remove_file(&shards[1]).unwrap();
    let mut bytes = fs::read(&shards[2]).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&shards[2], bytes).unwrap();
    place.ok(CLEAN);
    assert_same_tree(&place.tree("out"), &want);

    fs::write(place.path("out/.tamis/ledger.jsonl"), "{}\n").unwrap();
    place.ok(CLEAN);
    fs::remove_dir_all(place.path("out/.tamis")).unwrap();
    place.ok(CLEAN);
    assert_same_tree(&place.tree("out"), &want);
}

/// Notes of later stages in a cache: two kinds of comparisons, and what was made of texts for events.
fn notes(place: &Place, cache: &str) -> Vec<PathBuf> {
    let mut found = vec![place.path(cache).join("comparisons"), place.path(cache).join("differences")];
    for folder in fs::read_dir(place.path(cache)).unwrap().map(|entry| entry.unwrap().path()) {
        if folder.is_dir() {
            let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
            found.extend(files.filter(|path| path.extension().is_some_and(|e| e == "events")));
        }
    }
    found.sort();
    found
}

/// Near copies, some of them in other files, and articles on one event.
fn related(seed: u64) -> Vec<(String, Vec<u8>)> {
    let mut chance = Chance::new(seed);
    let mut files = corpus();
    for n in 0..8 {
        let mut records = String::new();
        for _ in 0..30 {
            let article = chance.article(80);
            let near = article.replacen(' ', " really ", 2);
            records += &format!("{{\"text\":{}}}\n{{\"text\":{}}}\n", quoted(&article), quoted(&near));
        }
        files.push((format!("near-{n}.jsonl"), records.into_bytes()));
    }
    files
}

#[test]
fn notes_that_are_damaged_deleted_or_of_another_cache_change_nothing_and_are_made_again() {
    let place = Place::new();
    for (name, bytes) in related(5) {
        place.write(format!("in/{name}"), bytes);
    }
    for (name, bytes) in related(6) {
        place.write(format!("others/{name}"), bytes);
    }
    place.ok(CLEAN);
    place.ok("clean others -o other --rejects ok -q");
    let want = place.tree("out");
    let whole = notes(&place, "out/.tamis/cache");
    assert!(whole.len() > 10, "{whole:?}");
    let bytes: Vec<Vec<u8>> = whole.iter().map(|path| fs::read(path).unwrap()).collect();
    let all_there = || {
        assert_eq!(notes(&place, "out/.tamis/cache"), whole);
        assert_same_tree(&place.tree("out"), &want);
        for (path, before) in whole.iter().zip(&bytes) {
            // Comparisons have no order.
            assert_eq!(fs::read(path).unwrap().len(), before.len(), "{}", path.display());
        }
    };
    for (path, bytes) in whole.iter().zip(&bytes) {
        let mut bytes = bytes.clone();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 16;
        fs::write(path, bytes).unwrap();
    }
    place.ok(CLEAN);
    all_there();
    whole.iter().for_each(|path| fs::remove_file(path).unwrap());
    place.ok(CLEAN);
    all_there();
    let strange = notes(&place, "other/.tamis/cache");
    for (path, other) in whole.iter().zip(strange) {
        fs::copy(other, path).unwrap();
    }
    place.ok(CLEAN);
    all_there();
}

#[test]
fn notes_on_one_corpus_do_not_show_in_the_output_of_another() {
    let place = Place::new();
    let (one, two) = (related(5), related(5));
    for (name, bytes) in &one {
        place.write(format!("one/{name}"), bytes);
    }
    // The same documents for the most part, in company of others: other verdicts, other events.
    for (name, bytes) in two.iter().filter(|(name, _)| !name.starts_with("records-1")) {
        place.write(format!("two/{name}"), bytes);
    }
    for (name, bytes) in related(9).iter().filter(|(name, _)| name.starts_with("near")) {
        place.write(format!("two/more-{name}"), bytes);
    }
    for (shingle, similarity) in [(5, "0.7"), (3, "0.5")] {
        let options = format!("--rejects ok -q --force --shingle {shingle} --similarity {similarity}");
        for input in ["one", "two", "one"] {
            place.ok(&format!("clean {input} -o out-{input} --cache cache {options}"));
            place.ok(&format!("clean {input} -o fresh-{input}-{shingle} {options}"));
            assert_same_tree(
                &place.tree(format!("out-{input}")),
                &place.tree(format!("fresh-{input}-{shingle}")),
            );
        }
    }
}

#[test]
fn twins_stay_where_they_are_unless_their_source_or_a_verdict_changes() {
    use std::os::unix::fs::MetadataExt;
    let place = Place::new();
    for (name, bytes) in related(5) {
        place.write(format!("in/{name}"), bytes);
    }
    place.ok(CLEAN);
    let files: Vec<PathBuf> = place.tree("out/data").into_keys().collect();
    let inodes = || -> Vec<Option<u64>> {
        let inode =
            |path: &PathBuf| fs::metadata(place.path("out/data").join(path)).ok().map(|meta| meta.ino());
        files.iter().map(inode).collect()
    };
    let before = inodes();
    // A longer copy of a record takes its place, and one twin is gone.
    let record = place.list("out/data/near-3.jsonl")[4]["text"].as_str().unwrap().to_owned();
    place.write("in/longer.txt", format!("{record} It was a long day, and nobody had said so before."));
    let gone = files.iter().position(|path| path.ends_with("near-5.jsonl")).unwrap();
    fs::remove_file(place.path("out/data/near-5.jsonl")).unwrap();
    place.ok(CLEAN);
    assert_same_tree(&place.tree("out"), &from_nothing(&place));
    let moved: Vec<&PathBuf> = files
        .iter()
        .zip(before.iter().zip(inodes()))
        .filter(|(path, (before, after))| *before != after && **path != files[gone])
        .map(|(path, _)| path)
        .collect();
    assert_eq!(moved, [&PathBuf::from("near-3.jsonl")]);
    // What decides how a twin is spelt decides whether it is left.
    for options in ["--copies tag", "--copies off", "--compress gz", ""] {
        place.ok(&format!("{CLEAN} {options}"));
        place.ok(&format!("clean in -o again --rejects ok -q {options}"));
        assert_same_tree(&place.tree("out"), &place.tree("again"));
        fs::remove_dir_all(place.path("again")).unwrap();
    }
}

#[test]
fn shards_of_inputs_that_are_gone_are_deleted_from_the_runs_own_cache_only() {
    let place = Place::new();
    place.write("in/a.jsonl", "{\"text\":\"One.\"}\n");
    place.write("in/b.jsonl", "{\"text\":\"Two.\"}\n");
    let shards = |cache: &str| {
        let folders = fs::read_dir(place.path(cache)).unwrap().map(|entry| entry.unwrap().path());
        folders.filter(|path| path.is_dir()).map(|path| fs::read_dir(path).unwrap().count()).sum::<usize>()
    };
    place.ok("clean in -o out -q");
    place.ok("clean in -o other -q --cache cache");
    // Beside each shard lies what the search for events makes of it.
    assert_eq!((shards("out/.tamis/cache"), shards("cache")), (4, 4));
    fs::remove_file(place.path("in/b.jsonl")).unwrap();
    place.ok("clean in -o out -q");
    place.ok("clean in -o other -q --cache cache");
    assert_eq!((shards("out/.tamis/cache"), shards("cache")), (2, 4));
}

#[test]
fn a_check_reads_the_cache_and_writes_nothing() {
    let place = Place::new();
    place.write("in/a.jsonl", "{\"text\":\"One.\"}\n");
    place.ok("clean in -o out -q");
    let before = fs::read(place.path("out/.tamis/ledger.jsonl")).unwrap();
    assert_eq!(parts(&place, "clean in -o out -q --check"), (1, 1));
    assert_eq!(fs::read(place.path("out/.tamis/ledger.jsonl")).unwrap(), before);
    place.ok("clean in -o nowhere -q -n");
    assert!(!place.exists("nowhere"));
}

#[test]
fn a_run_that_is_killed_at_any_moment_is_resumed_to_the_same_bytes() {
    let place = Place::new();
    let mut chance = Chance::new(11);
    let articles: Vec<String> = (0..40).map(|_| quoted(&chance.article(300))).collect();
    for n in 0..3 {
        let mut records = String::new();
        while records.len() < 5 << 20 {
            records += &format!("{{\"text\":{}}}\n", articles[chance.below(articles.len())]);
        }
        place.write(format!("in/{n}.jsonl"), records);
    }
    let line = "clean in -o out --events off -q --progress none";
    let want = {
        place.ok("clean in -o whole --events off -q");
        place.tree("whole")
    };
    let mut reused = 0;
    for _ in 0..5 {
        let mut child = place.command(line).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(20 + chance.below(400) as u64));
        child.kill().unwrap();
        child.wait().unwrap();
        reused = reused.max(parts(&place, line).1);
        assert_same_tree(&place.tree("out"), &want);
        fs::remove_file(place.path("out/.tamis/ledger.jsonl")).unwrap();
        if chance.below(2) == 0 {
            fs::remove_dir_all(place.path("out")).unwrap();
        }
    }
    assert!(reused > 0, "finished parts are not read again");
}

/// A file with its bytes as gzip, in members of so many bytes.
fn gzip(bytes: &[u8], member: usize) -> Vec<u8> {
    use std::io::Write;
    let mut out = Vec::new();
    for part in bytes.chunks(member) {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(part).unwrap();
        out.extend(encoder.finish().unwrap());
    }
    out
}

#[test]
fn compressed_files_are_cleaned_like_plain_ones_and_explained_without_them() {
    let place = Place::new();
    for (name, bytes) in corpus() {
        place.write(format!("plain/{name}"), &bytes);
        place.write(format!("one/{name}.gz"), gzip(&bytes, usize::MAX));
        place.write(format!("many/{name}.gz"), gzip(&bytes, 700));
        place.write(format!("zstd/{name}.zst"), zstd::encode_all(bytes.as_slice(), 1).unwrap());
    }
    place.ok("clean plain -o out-plain --rejects ok -q");
    for folder in ["one", "many", "zstd"] {
        place.ok(&format!("clean {folder} -o out-{folder} --rejects ok -q"));
        let trees = [format!("out-{folder}/data"), "out-plain/data".into()].map(|tree| place.tree(tree));
        assert_same_tree(&trees[0], &trees[1]);
    }
    fs::remove_dir_all(place.path("one")).unwrap();
    let told = place.ok("explain out-one texts/00/0.txt.gz").text();
    assert!(told.contains("Share on Facebook"), "{told}");
}

#[test]
fn of_a_compressed_file_that_is_cut_off_the_whole_records_are_used() {
    let place = Place::new();
    let records: Vec<String> = (0..50).map(|n| format!("{{\"text\":\"Record number {n}.\"}}\n")).collect();
    let packed = gzip(records.concat().as_bytes(), 300);
    place.write("in/a.jsonl.gz", &packed[..packed.len() / 2]);
    place.write("in/a.jsonl", "{\"text\":\"A plain record.\"}\n");
    place.ends(3, "clean in -o out -q");
    let documents = place.list("out/documents.jsonl").len();
    assert!((10..40).contains(&documents), "{documents}");
    let rejects = place.list("out/rejects.jsonl");
    assert_eq!(
        (rejects[0]["file"].as_str(), rejects[0]["cause"].as_str()),
        (Some("a.jsonl.gz"), Some("the compressed data ends too early"))
    );
    // A run that knows all files from the ledger still tells of what could not be used.
    std::thread::sleep(Duration::from_millis(2100));
    place.ends(3, "clean in -o out -q");
    std::thread::sleep(Duration::from_millis(2100));
    place.ends(3, "clean in -o out -q");
    assert_eq!(place.list("out/rejects.jsonl"), rejects);
    // Their clean twins do not take each other's place.
    assert!(
        place.text("out/data/a.jsonl").contains("plain")
            && place.text("out/data/a.jsonl.gz.jsonl").contains("number 3")
    );
}

#[test]
fn what_a_file_holds_is_decided_anew_by_the_run_that_says_so() {
    let place = Place::new();
    place.write("in/page.dat", "<html><body><article><p>The bridge was opened on Monday, and people came.</p></article></body></html>");
    place.write("rows/rows.dat", "id,text\n1,The ferry sank on Tuesday.\n2,Nobody was hurt on board.\n");
    // Long enough ago that the ledger is believed.
    std::thread::sleep(Duration::from_millis(2100));
    for format in ["text", "html"] {
        place.ok(&format!("clean in -o out -q --format {format}"));
        place.ok(&format!("clean in -o {format} -q --format {format}"));
        assert_same_tree(&place.tree(format), &place.tree("out"));
    }
    for (format, code) in [("jsonl", 3), ("csv", 0)] {
        place.ends(code, &format!("clean rows -o records -q --format {format}"));
        place.ends(code, &format!("clean rows -o {format} -q --format {format}"));
        assert_same_tree(&place.tree(format), &place.tree("records"));
    }
}
