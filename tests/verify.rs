//! Nothing is lost, and `verify` proves it: every byte of the input is found again, and none of the output changes
//! unseen.

// What goes wrong in a helper fails the test that called it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use support::{Chance, Place, assert_same_tree, quoted, sha256, tree};
use tamis::run::options::{Copies, Input, Ledger};
use tamis::run::{self, Options, Silent, Verified};
use tamis::write::publish::manifest_text;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
}

/// Inputs of every format, with chrome to cut, copies, and records that cannot be used.
fn inputs() -> BTreeMap<&'static str, Vec<u8>> {
    let mut chance = Chance::new(7);
    let articles: Vec<String> = (0..6).map(|_| chance.article(60)).collect();
    let chrome = |text: &str| format!("{text}\nTerms of Use | Privacy Policy\n");
    let line = |text: &str| format!("{{\"id\":1,\"text\":{}}}\n", quoted(text));
    let french = "Le pont a été rouvert lundi, après des mois de travaux. Les habitants étaient là, déçus.\n"
        .repeat(9);
    let lines = [
        "\u{feff}".to_owned() + &line(&chrome(&articles[1])),
        "\n{broken\n".into(),
        line(&articles[2]),
        " \r\n".into(),
        "{\"id\":3}\n".into(),
        line("only short").trim_end().to_owned(),
    ]
    .concat();
    let csv = format!(
        "id,text\n1,\"{}\"\n2,\"\"\n\n3,plain and short\n",
        chrome(&articles[3]).replace('"', "\"\"")
    );
    let objects = [line(&articles[2]), line(&articles[4]), line(&chrome(&articles[5]))];
    let page =
        format!("<html><title>A bridge</title><body><nav>Home</nav><p>{}</p></body></html>", articles[0]);
    let warc = |n: u32, text: &str| {
        format!(
            "WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Record-ID: <urn:{n}>\r\nContent-Type: text/plain\r\n\
             Content-Length: {}\r\n\r\n{text}\r\n\r\n",
            text.len()
        )
    };
    let info = "WARC/1.0\r\nWARC-Type: warcinfo\r\nContent-Length: 3\r\n\r\na:b\r\n\r\n";
    let warc =
        [info.to_owned(), warc(1, &chrome(&articles[4])), "junk\r\n".into(), warc(2, &articles[1])].concat();
    let mut torn = gzip(lines.as_bytes());
    torn.truncate(torn.len() - 12);
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default();
    for (name, bytes) in [("z.txt", chrome(&articles[5])), ("a/b.jsonl", lines.clone())] {
        zip.start_file(name, stored).unwrap();
        zip.write_all(bytes.as_bytes()).unwrap();
    }
    BTreeMap::from([
        ("a.txt", chrome(&articles[0]).into_bytes()),
        ("b.txt", articles[0].clone().into_bytes()),
        ("c.jsonl", lines.clone().into_bytes()),
        ("c.jsonl.gz", gzip(lines.as_bytes())),
        ("d.jsonl.zst", zstd::encode_all(lines.as_bytes(), 1).unwrap()),
        ("e.csv", csv.into_bytes()),
        ("f.json", format!("[ {} ]\n", objects.join(",")).into_bytes()),
        ("g.json", objects.concat().into_bytes()),
        ("h.txt", latin1(&french)),
        ("i.jsonl", latin1(&line(&french))),
        ("j.html", page.into_bytes()),
        ("k.warc", warc.clone().into_bytes()),
        ("l.warc.gz", gzip(warc.as_bytes())),
        ("m.jsonl.gz", torn),
        ("n.zip", zip.finish().unwrap().into_inner()),
        ("sub/empty.jsonl", Vec::new()),
        ("sub/empty.txt", Vec::new()),
        ("sub/o.txt", b"x".to_vec()),
    ])
}

fn written(place: &Place, ledger: Ledger) -> PathBuf {
    for (name, bytes) in inputs() {
        place.write(Path::new("in").join(name), bytes);
    }
    clean(place, "in", ledger)
}

fn clean(place: &Place, input: &str, ledger: Ledger) -> PathBuf {
    let inputs = vec![Input { name: None, path: place.path(input) }];
    let out = place.path("out");
    let options = Options { inputs, out: out.clone(), ledger, threads: 2, ..Options::default() };
    run::clean(&options, &Silent).unwrap();
    out
}

fn verify(out: &Path) -> Verified {
    run::verify(out, &[]).unwrap()
}

#[track_caller]
fn assert_whole(verified: &Verified) {
    assert_eq!(verified.failed, 0, "{:#?}", verified.failures);
    assert_eq!(verified.unchecked, []);
    assert_eq!(verified.rebuilt, verified.inputs);
}

/// The files that `restore` should write for [`inputs`].
fn expected() -> BTreeMap<PathBuf, Vec<u8>> {
    let inputs = inputs();
    let lines = inputs["c.jsonl"].clone();
    let mut files: BTreeMap<PathBuf, Vec<u8>> = BTreeMap::new();
    for (name, bytes) in &inputs {
        let (name, bytes) = match *name {
            // Another input has the name that it would have.
            "c.jsonl.gz" => ("c.jsonl.gz.unpacked", lines.clone()),
            "d.jsonl.zst" => ("d.jsonl", lines.clone()),
            "l.warc.gz" => ("l.warc", inputs["k.warc"].clone()),
            // As much as the torn file gives.
            "m.jsonl.gz" => continue,
            "n.zip" => continue,
            other => (other, bytes.clone()),
        };
        files.insert(name.into(), bytes);
    }
    files.insert("n.zip/a/b.jsonl".into(), lines);
    files
}

#[test]
fn every_input_is_rebuilt_and_given_back_with_both_ledgers() {
    for ledger in [Ledger::Refs, Ledger::Full] {
        let place = Place::new();
        let out = written(&place, ledger);
        assert_whole(&verify(&out));
        let done = run::restore(&out, &place.path("back"), &[], &[]).unwrap();
        assert_eq!(done.missing, []);
        let mut back = tree(&place.path("back"));
        let torn = back.remove(Path::new("m.jsonl")).unwrap();
        assert!(!torn.is_empty() && inputs()["c.jsonl"].starts_with(&torn));
        assert!(back.remove(Path::new("n.zip/z.txt")).is_some());
        assert_same_tree(&expected(), &back);
    }
}

#[test]
fn a_full_ledger_needs_no_input_and_a_ledger_of_references_says_what_it_could_not_check() {
    for ledger in [Ledger::Full, Ledger::Refs] {
        let place = Place::new();
        let out = written(&place, ledger);
        fs::rename(place.path("in"), place.path("moved")).unwrap();
        let verified = verify(&out);
        let done = run::restore(&out, &place.path("back"), &[], &[]).unwrap();
        if ledger == Ledger::Full {
            assert_whole(&verified);
            assert_eq!(done.missing, []);
            assert_eq!(tree(&place.path("back"))[Path::new("h.txt")], inputs()["h.txt"]);
            continue;
        }
        assert_eq!((verified.failed, verified.rebuilt), (0, 0));
        assert_eq!(verified.unchecked[0].count, verified.inputs);
        assert_eq!(done.missing.len() as u64, verified.inputs);
        assert!(tree(&place.path("back")).is_empty());
        let moved = [Input { name: None, path: place.path("moved") }];
        assert_whole(&run::verify(&out, &moved).unwrap());
        let done = run::restore(&out, &place.path("again"), &[], &moved).unwrap();
        assert_eq!(done.missing, []);
    }
}

#[test]
fn a_byte_that_changes_anywhere_is_found() {
    // `TAMIS_FAULTS=all` changes ten thousand bytes.
    let flips = if std::env::var("TAMIS_FAULTS").is_ok_and(|value| value == "all") { 10_000 } else { 600 };
    for ledger in [Ledger::Refs, Ledger::Full] {
        let place = Place::new();
        let out = written(&place, ledger);
        let files = watched(&out);
        let total: usize = files.values().map(Vec::len).sum();
        let filled = files.values().filter(|bytes| !bytes.is_empty()).count();
        let mut chance = Chance::new(3);
        for i in 0..flips / 2 {
            let mut at = chance.below(total);
            let (mut path, mut bytes) = files
                .iter()
                .find(|(_, bytes)| {
                    let inside = at < bytes.len();
                    if !inside {
                        at -= bytes.len();
                    }
                    inside
                })
                .unwrap();
            if i % 2 == 0 {
                // Small files, such as the manifest, as often as large ones.
                (path, bytes) = files.iter().filter(|(_, bytes)| !bytes.is_empty()).nth(at % filled).unwrap();
                at = chance.below(bytes.len());
            }
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << chance.below(8);
            fs::write(path, &damaged).unwrap();
            assert!(verify(&out).failed > 0, "{}: byte {at}", path.display());
            fs::write(path, bytes).unwrap();
        }
        assert_whole(&verify(&out));
    }
}

/// All that `verify` vouches for: everything but the marks of the store, the lock, what is git's, and what people may
/// write around the card.
fn watched(out: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files: BTreeMap<PathBuf, Vec<u8>> =
        tree(out).into_iter().map(|(path, bytes)| (out.join(path), bytes)).collect();
    let private = tree(&out.join(".tamis"));
    files.extend(private.into_iter().map(|(path, bytes)| (out.join(".tamis").join(path), bytes)));
    let free = ["README.md", ".gitignore", ".gitattributes", "lock", "seed", "seen.jsonl"];
    files.retain(|path, _| !free.iter().any(|name| path.ends_with(name)));
    // Notes are believed only if their own checksum holds, and are made again.
    let is_note = |path: &Path| path.ends_with("comparisons") || path.ends_with("differences");
    files.retain(|path, _| !is_note(path) && path.extension().is_none_or(|e| e != "events"));
    assert!(files.keys().any(|path| path.extension().is_some_and(|e| e == "shard")));
    files
}

#[test]
fn what_tamis_writes_of_the_card_is_checked_and_what_people_write_is_not() {
    let place = Place::new();
    let out = written(&place, Ledger::Refs);
    let card = place.text("out/README.md");
    place.write("out/README.md", card.clone() + "\nMore about it.\n");
    assert_whole(&verify(&out));
    let (begin, _) = card.split_once("<!-- tamis:end -->").unwrap();
    let digit = begin.rfind(|c: char| c.is_ascii_digit()).unwrap();
    let mut changed = card.clone().into_bytes();
    changed[digit] ^= 1;
    place.write("out/README.md", changed);
    assert_eq!(verify(&out).failures[0].file, "README.md");
}

#[test]
fn the_first_difference_is_named_with_document_and_byte() {
    let place = Place::new();
    let out = written(&place, Ledger::Refs);
    let whole = place.read("in/c.jsonl");
    let at = whole.windows(10).position(|w| w == b"only short").unwrap();
    let mut changed = whole.clone();
    changed[at] = b'O';
    place.write("in/c.jsonl", &changed);
    let verified = verify(&out);
    let failure = verified.failures.iter().find(|failure| failure.doc.is_some()).unwrap();
    assert_eq!((failure.file.as_str(), failure.doc.as_deref()), ("c.jsonl", Some("c.jsonl#4")));
    let line = whole[..at].iter().rposition(|b| *b == b'\n').unwrap() as u64 + 1;
    assert_eq!(failure.offset, Some(line), "the record in which it changed");
    place.write("in/c.jsonl", &whole);
    assert_whole(&verify(&out));

    let mut data = place.read("out/data/c.jsonl");
    let at = data.windows(10).position(|w| w == b"only short").unwrap();
    data[at] = b'O';
    place.write("out/data/c.jsonl", &data);
    let verified = verify(&out);
    let failure = verified.failures.iter().find(|failure| failure.doc.is_some()).unwrap();
    assert_eq!((failure.file.as_str(), failure.doc.as_deref()), ("data/c.jsonl", Some("c.jsonl#4")));
    assert_eq!(failure.offset, Some(at as u64));
    place.ends(4, "verify out");
}

/// Writes a list anew, and everything that vouches for it: as somebody would who wants to hide a change.
fn forge(place: &Place, name: &str, change: impl Fn(String) -> String) {
    let list = change(place.text(format!("out/{name}")));
    let mut manifest = place.json("out/manifest.json");
    for file in manifest["outputs"].as_array_mut().unwrap() {
        if file["path"] == name {
            file["bytes"] = list.len().into();
            file["sha256"] = sha256(list.as_bytes()).into();
        }
    }
    let manifest = manifest_text(&serde_json::from_value(manifest).unwrap()).unwrap();
    let sums: String = place
        .text("out/SHA256SUMS")
        .lines()
        .map(|line| match line.split_once("  ").unwrap().1 {
            file if file == name => format!("{}  {file}\n", sha256(list.as_bytes())),
            "manifest.json" => format!("{}  manifest.json\n", sha256(&manifest)),
            _ => format!("{line}\n"),
        })
        .collect();
    place.write(format!("out/{name}"), list);
    place.write("out/manifest.json", manifest);
    place.write("out/SHA256SUMS", sums);
}

#[test]
fn lists_that_do_not_add_up_are_found_though_every_hash_is_true() {
    let without_first = |list: String| list.split_once('\n').unwrap().1.to_owned();
    for (name, deletes_ledger, said) in [
        ("documents.jsonl", true, "counts.kept"),
        ("documents.jsonl", false, "the list does not"),
        ("rejects.jsonl", true, "counts.rejected"),
        ("rejects.jsonl", false, "ledger and list do not agree"),
        ("clusters.jsonl", true, "removed documents"),
    ] {
        let place = Place::new();
        let out = written(&place, Ledger::Refs);
        if deletes_ledger {
            fs::remove_dir_all(out.join(".tamis")).unwrap();
        }
        forge(&place, name, without_first);
        let verified = verify(&out);
        let causes: Vec<&str> = verified.failures.iter().map(|failure| failure.cause.as_str()).collect();
        assert!(causes.iter().any(|cause| cause.contains(said)), "{name}: {causes:#?}");
    }
}

#[test]
fn a_copy_must_name_a_document_that_was_kept() {
    let place = Place::new();
    let out = written(&place, Ledger::Refs);
    forge(&place, "documents.jsonl", |list| {
        let of = list.split_once("\"of\":\"").unwrap().1.split_once('"').unwrap().0.to_owned();
        list.replace(&format!("\"of\":\"{of}\""), "\"of\":\"nobody.txt\"")
    });
    let verified = verify(&out);
    assert!(
        verified.failures.iter().any(|f| f.cause.contains("nobody.txt, which was not kept")),
        "{verified:#?}"
    );
}

#[test]
fn a_deleted_ledger_is_not_checked_and_a_damaged_one_is_a_failure() {
    let place = Place::new();
    let out = written(&place, Ledger::Full);
    place.write("out/.tamis/ledger.jsonl", b"{}\n");
    place.ends(4, "verify out");
    assert!(run::restore(&out, &place.path("back"), &[], &[]).is_err());
    fs::remove_dir_all(out.join(".tamis")).unwrap();
    let said = place.ok("verify out").text();
    assert!(said.contains("not checked  no ledger"), "{said}");
    let said = place.ok("verify out --source in").text();
    assert!(!said.contains("inputs not found"), "{said}");
    place.write("in/a.txt", "another text");
    place.ends(4, "verify out --source in");
    fs::remove_file(out.join("manifest.json")).unwrap();
    place.ends(4, "verify out");
    place.ends(2, "verify in");
}

#[test]
fn a_full_ledger_is_the_same_whatever_made_it_and_goes_when_it_is_not_wanted() {
    let packs = |place: &Place| tree(&place.path("out/.tamis/ledger"));
    let (one, other) = (Place::new(), Place::new());
    written(&one, Ledger::Full);
    for (name, bytes) in inputs() {
        other.write(Path::new("elsewhere/in").join(name), bytes);
    }
    other.ends(3, "clean elsewhere/in -o out -j 4 --ledger full");
    assert!(!packs(&one).is_empty());
    assert_same_tree(&packs(&one), &packs(&other));
    other.ends(3, "clean elsewhere/in -o out --ledger full");
    assert_same_tree(&packs(&one), &packs(&other));
    assert_whole(&verify(&other.path("out")));
    other.ends(3, "clean elsewhere/in -o out");
    assert!(packs(&other).is_empty());
    assert_same_tree(&one.tree("out"), &other.tree("out"));
}

#[test]
fn tagged_copies_and_references_are_checked_too() {
    let place = Place::new();
    let old = written(&place, Ledger::Refs);
    fs::rename(&old, place.path("old")).unwrap();
    let options = |copies, against| Options {
        inputs: vec![Input { name: None, path: place.path("in") }],
        out: place.path("out"),
        copies,
        against,
        ..Options::default()
    };
    run::clean(&options(Copies::Tag, Vec::new()), &Silent).unwrap();
    assert_whole(&verify(&place.path("out")));
    let against = vec![Input { name: None, path: place.path("old") }];
    run::clean(&options(Copies::Drop, against), &Silent).unwrap();
    assert_whole(&verify(&place.path("out")));
}

#[test]
fn a_corpus_in_any_form_is_held_against_the_input() {
    for form in ["--compress zst", "--to jsonl --shards 3", "--to parquet", "--to text --compress gz"] {
        let place = Place::new();
        written(&place, Ledger::Refs);
        fs::remove_dir_all(place.path("out")).unwrap();
        place.ends(3, &format!("clean in -o out {form}"));
        assert_whole(&verify(&place.path("out")));
    }
}

#[test]
fn a_text_that_is_not_what_the_input_leaves_is_found_in_a_corpus_in_one_format() {
    let place = Place::new();
    written(&place, Ledger::Refs);
    fs::remove_dir_all(place.path("out")).unwrap();
    place.ends(3, "clean in -o out --to jsonl");
    forge(&place, "data/part-00000-of-00001.jsonl", |list| list.replace("only short", "only shorn"));
    let verified = verify(&place.path("out"));
    assert_eq!(verified.failures.len(), 1, "{:#?}", verified.failures);
    assert!(verified.failures[0].cause.contains("other texts"), "{:#?}", verified.failures);
}

#[test]
fn standard_input_is_given_back_though_it_is_gone() {
    let place = Place::new();
    let bytes = inputs().remove("c.jsonl").unwrap();
    place.feed("clean - -o out", &bytes).with(3);
    assert_whole(&verify(&place.path("out")));
    place.ok("restore out --to back");
    assert_eq!(place.read("back/stdin"), bytes);
    place.feed("clean - -o packed --ledger full", &gzip(&bytes)).with(3);
    assert_whole(&verify(&place.path("packed")));
}

#[test]
fn restore_writes_what_was_named_and_overwrites_nothing() {
    let place = Place::new();
    written(&place, Ledger::Full);
    place.ok("restore out --to back sub n.zip c.jsonl#4 a.txt");
    let back = tree(&place.path("back"));
    let names: Vec<&str> = back.keys().map(|path| path.to_str().unwrap()).collect();
    let expected = [
        "a.txt",
        "c.jsonl#4.txt",
        "n.zip/a/b.jsonl",
        "n.zip/z.txt",
        "sub/empty.jsonl",
        "sub/empty.txt",
        "sub/o.txt",
    ];
    assert_eq!(names, expected);
    assert_eq!(place.text("back/c.jsonl#4.txt"), "only short");
    fs::remove_dir_all(place.path("in")).unwrap();
    place.ok("restore out --to later c.jsonl#4 h.txt");
    assert_eq!(place.text("later/c.jsonl#4.txt"), "only short");
    place.ends(2, "restore out --to back a.txt").says(&["not overwritten"]);
    place.ends(2, "restore out --to back nobody.txt").says(&["no document `nobody.txt`"]);
    #[cfg(unix)]
    {
        fs::create_dir(place.path("aside")).unwrap();
        fs::create_dir(place.path("linked")).unwrap();
        std::os::unix::fs::symlink(place.path("aside"), place.path("linked/sub")).unwrap();
        place.ends(2, "restore out --to linked sub/o.txt").says(&["stands in its way"]);
        assert!(tree(&place.path("aside")).is_empty());
    }
}

#[test]
fn an_input_that_changed_is_given_back_from_the_ledger_or_not_at_all() {
    for ledger in [Ledger::Refs, Ledger::Full] {
        let place = Place::new();
        written(&place, ledger);
        place.write("in/a.txt", "changed since");
        let code = if ledger == Ledger::Full { 0 } else { 4 };
        place.ends(code, "restore out --to back a.txt");
        let back = tree(&place.path("back"));
        match ledger {
            Ledger::Full => assert_eq!(back[Path::new("a.txt")], inputs()["a.txt"]),
            Ledger::Refs => assert!(back.is_empty()),
        }
    }
}

#[test]
fn a_file_that_no_run_wrote_does_not_pass_for_corpus() {
    let place = Place::new();
    let out = written(&place, Ledger::Refs);
    place.write("out/notes.md", "mine");
    assert_whole(&verify(&out));
    place.write("out/data/more.txt", "smuggled in");
    assert_eq!(verify(&out).failures[0].file, "data/more.txt");
}

#[test]
fn an_input_of_which_nothing_could_be_used_is_no_failure() {
    let place = Place::new();
    // In another charset, with no text in any record.
    place.write("in/a.json", b"[{\"story\":\"caf\xe9\"},{\"story\":\"th\xe9\"}]");
    place.write("in/b.jsonl", b"{\"story\":\"caf\xe9\"}\n\n{\"story\":\"th\xe9\"}\n");
    // Torn before the first record, or the first member, is whole.
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"[{\"text\":\"The river rose by two metres on Sunday.\"}]").unwrap();
    let packed = packed.finish().unwrap();
    place.write("in/c.json.gz", &packed[..50]);
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(5000);
    header.set_mode(0o644);
    tar.append_data(&mut header, "a.txt", &"words\n".repeat(1000).as_bytes()[..5000]).unwrap();
    place.write("in/d.tar", &tar.into_inner().unwrap()[..1200]);
    place.write("in/e.txt", "The bridge was opened on Monday.\n");
    for ledger in ["refs", "full"] {
        place.ends(3, &format!("clean in -o {ledger} -q --ledger {ledger}"));
        place.ok(&format!("verify {ledger}"));
    }
}
