//! The clean corpus is the same corpus however it is asked for: as a mirror, in one format, divided, compressed.

// What goes wrong in a helper fails the test that called it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use support::{Chance, Place, assert_all_accounted_for, assert_same_tree, assert_sums_hold};
use tamis::read::parquet::Table;
use tamis::run::options::Fields;

/// Articles with chrome; every fifth is a copy of the one before.
fn articles(seed: u64, count: usize) -> Vec<String> {
    let mut chance = Chance::new(seed);
    let mut articles: Vec<String> = Vec::new();
    for n in 0..count {
        let body = match articles.last() {
            Some(before) if n % 5 == 4 => before.clone(),
            _ => format!("{}\nShe said: \"é\", and \\ left.\n", chance.article(60)),
        };
        articles.push(if n % 3 == 0 { format!("{body}\nTerms of Use | Privacy Policy\n") } else { body });
    }
    articles
}

/// Records as JSON lines that keep `marks` only if their bytes stay.
fn jsonl(articles: &[String]) -> String {
    let line = |(n, text): (usize, &String)| {
        let text = serde_json::to_string(text).unwrap();
        format!(
            "{{\"id\": {n}, \"mark\":1.50e+01,\"url\":\"https://www.example.org/{n}\", \"text\" :{text}, \"e\":\"\\u00e9\"}}\n"
        )
    };
    articles.iter().enumerate().map(line).collect()
}

/// A place with inputs of several formats in `in`.
fn mixed() -> Place {
    let place = Place::new();
    place.write("in/a.jsonl", jsonl(&articles(1, 40)));
    let array: Vec<Value> =
        articles(2, 15).iter().enumerate().map(|(n, text)| json!({"text": text, "n": [n]})).collect();
    place.write("in/b.json", serde_json::to_vec_pretty(&array).unwrap());
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["id", "title", "date", "text", "note"]).unwrap();
    for (n, text) in articles(3, 10).iter().enumerate() {
        table.write_record([&format!("c{n}"), "A, title", "2017-12-30", text, "x"]).unwrap();
    }
    place.write("in/c.csv", table.into_inner().unwrap());
    for (n, text) in articles(4, 10).iter().enumerate() {
        place.write(format!("in/d/{n}.txt"), text);
    }
    place
}

fn unpacked(path: &Path, bytes: &[u8]) -> (PathBuf, Vec<u8>) {
    let mut out = Vec::new();
    match path.extension().and_then(|e| e.to_str()) {
        Some("gz") => {
            flate2::read::GzDecoder::new(bytes).read_to_end(&mut out).unwrap();
        }
        Some("zst") => out = zstd::decode_all(bytes).unwrap(),
        _ => return (path.to_path_buf(), bytes.to_vec()),
    }
    (path.with_extension(""), out)
}

/// The files of `data/`, unpacked.
fn data(place: &Place, out: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    place.tree(format!("{out}/data")).iter().map(|(path, bytes)| unpacked(path, bytes)).collect()
}

/// Number, id, text of each row of a table.
fn rows(path: &Path) -> Vec<(String, String)> {
    let table = Table::open(File::open(path).unwrap(), &Fields::default()).unwrap();
    let mut rows = Vec::new();
    table
        .rows(0..table.num_rows(), &mut |_, text, meta| {
            rows.push((meta.id.unwrap(), text.unwrap().to_owned()));
        })
        .unwrap();
    rows
}

/// The texts of a corpus in one format, sorted.
fn texts(place: &Place, out: &str) -> Vec<String> {
    let mut texts = Vec::new();
    for (path, bytes) in data(place, out) {
        match path.extension().unwrap().to_str().unwrap() {
            "jsonl" => {
                let records = support::json_lines(&bytes);
                texts.extend(records.iter().map(|record| record["text"].as_str().unwrap().to_owned()));
            }
            "parquet" => {
                texts
                    .extend(rows(&place.path(format!("{out}/data")).join(path)).into_iter().map(|row| row.1));
            }
            _ => texts.push(String::from_utf8(bytes).unwrap()),
        }
    }
    texts.sort();
    texts
}

const CORPORA: [&str; 9] = [
    "--to jsonl",
    "--to jsonl --shards 3",
    "--to jsonl --compress gz",
    "--to jsonl --shards 40 --compress zst",
    "--to parquet",
    "--to parquet --shards 3",
    "--to text",
    "--to text --compress gz",
    "--to text --compress zst",
];

#[test]
fn the_same_documents_stay_whatever_they_are_written_as() {
    let place = mixed();
    place.ok("clean in -o mirror -q");
    let (documents, clusters) = (place.list("mirror/documents.jsonl"), place.list("mirror/clusters.jsonl"));
    let mut expected: Option<Vec<String>> = None;
    for (n, options) in CORPORA.iter().enumerate() {
        let out = format!("out{n}");
        place.ok(&format!("clean in -o {out} -q {options}"));
        let texts = texts(&place, &out);
        let kept = documents.iter().filter(|d| d["status"] == "kept").count();
        assert_eq!(texts.len(), kept, "{options}");
        assert_eq!(*expected.get_or_insert_with(|| texts.clone()), texts, "{options}");
        assert_eq!(place.list(format!("{out}/documents.jsonl")), documents, "{options}");
        assert_eq!(place.list(format!("{out}/clusters.jsonl")), clusters, "{options}");
        assert_all_accounted_for(&place.path(&out));
        assert_sums_hold(&place.path(&out));
    }
}

#[test]
fn bytes_depend_on_neither_threads_nor_batches_nor_what_stood_there_before() {
    let place = mixed();
    for options in CORPORA.iter().chain(&["", "--compress gz", "--compress zst"]) {
        place.ok(&format!("clean in -o one -q -j 1 --force {options}"));
        let one = place.tree("one");
        place.ok(&format!("clean in -o one -q -j 5 {options}"));
        assert_same_tree(&one, &place.tree("one"));
        place.ok(&format!("clean in -o one -q --check {options}"));
        // The card that another run made stays what it is but for what tamis wrote.
        place.ok(&format!("clean in -o fresh-{} -q -j 3 {options}", options.replace(' ', "")));
        assert_same_tree(&one, &place.tree(format!("fresh-{}", options.replace(' ', ""))));
    }
}

#[test]
fn a_compressed_mirror_is_the_mirror() {
    let place = mixed();
    place.ok("clean in -o mirror -q");
    for compress in ["gz", "zst"] {
        place.ok(&format!("clean in -o {compress} -q --compress {compress}"));
        assert!(place.exists(format!("{compress}/data/a.jsonl.{compress}")));
        assert_same_tree(&data(&place, "mirror"), &data(&place, compress));
    }
    // What is read again is the same corpus.
    place.ok("clean zst/data -o again -q");
    assert_same_tree(&data(&place, "mirror"), &data(&place, "again"));
}

#[test]
fn records_of_json_keep_all_their_bytes_but_the_text() {
    let place = mixed();
    place.ok("clean in/a.jsonl -o mirror -q");
    place.ok("clean in/a.jsonl -o out -q --to jsonl");
    assert_eq!(place.text("out/data/part-00000-of-00001.jsonl"), place.text("mirror/data/a.jsonl"));
    place.ok("clean in/a.jsonl -o shards -q --to jsonl --shards 4");
    let lines = |text: &str| -> BTreeSet<String> { text.lines().map(str::to_owned).collect() };
    let all: BTreeSet<String> =
        (0..4).flat_map(|n| lines(&place.text(format!("shards/data/part-{n:05}-of-00004.jsonl")))).collect();
    assert_eq!(all, lines(&place.text("mirror/data/a.jsonl")));

    place.write(
        "b.json",
        "[ {\"n\" : [1,\n 2], \"text\":\"One text of some words.\"},\r\n{\"text\":\"Two.\"}]",
    );
    place.ok("clean b.json -o array -q --to jsonl");
    let expected = "{\"n\" : [1, 2], \"text\":\"One text of some words.\"}\n{\"text\":\"Two.\"}\n";
    assert_eq!(place.text("array/data/part-00000-of-00001.jsonl"), expected);

    place.write("c.jsonl", "\u{feff}{\"text\":\"With a mark.\"}\r\n\n{\"text\":\"Without an end.\"}");
    place.ok("clean c.jsonl -o ends -q --to jsonl");
    let expected = "{\"text\":\"With a mark.\"}\r\n{\"text\":\"Without an end.\"}\n";
    assert_eq!(place.text("ends/data/part-00000-of-00001.jsonl"), expected);
}

/// A file of the corpus in one part.
fn part(out: &str, ending: &str) -> String {
    format!("{out}/data/part-00000-of-00001.{ending}")
}

#[test]
fn documents_without_fields_have_those_that_are_known_in_their_order() {
    let place = Place::new();
    let page = "<html lang=fr><head><title>Un titre</title><meta property=article:published_time content=2017-12-30>\
                </head><body><article><p>Le texte est ici, et il est assez long pour un article de journal, avec \
                des phrases qui se suivent. En voici une autre.</p></article></body></html>";
    place.write("in/a.html", page);
    place.write("in/b.txt", "A text that stands alone and says little.");
    place.ok("clean in -o out -q --to jsonl");
    let records = place.list(part("out", "jsonl"));
    let names = |record: &Value| record.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&records[0]), ["id", "date", "title", "lang", "text"]);
    assert_eq!(records[1], json!({"id": "b.txt", "text": "A text that stands alone and says little."}));
}

const ROWS: &str = "\u{feff}sep=;\nlang;Text;title;published;id;\"other, \"\"one\"\"\"\n\
                    fr;\"Le texte\nest ici. \";Un titre;30/12/2017;007;\"a;b\n\"\n\
                    ;A text that stands alone and says little.;;;;1.50\n\
                    en;A text of a row that has fewer fields.\n";

#[test]
fn rows_of_csv_keep_their_fields_as_strings_under_the_names_of_the_header() {
    let place = Place::new();
    place.write("in/a.csv", ROWS);
    place.write("in/b.csv.gz", gzip(ROWS.replace("alone", "by itself").as_bytes()));
    place.ok("clean in -o out -q --to jsonl");
    let first = "{\"lang\":\"fr\",\"text\":\"Le texte\\nest ici.\",\"title\":\"Un titre\",\"published\":\"30/12/2017\",\
                 \"id\":\"007\",\"other, \\\"one\\\"\":\"a;b\\n\"}";
    let written = place.text(part("out", "jsonl"));
    assert_eq!(written.lines().next(), Some(first));
    let records = place.list(part("out", "jsonl"));
    let second = json!({"lang": "", "text": "A text that stands alone and says little.", "title": "", "published": "",
        "id": "", "other, \"one\"": "1.50"});
    assert_eq!(records[1], second);
    assert_eq!(records[2], json!({"lang": "en", "text": "A text of a row that has fewer fields."}));
    assert_eq!(records[3]["text"], "A text that stands by itself and says little.");
    place.ok("verify out");

    place.ok("clean in -o table -q --to parquet");
    let records = table(&place, &part("table", "parquet"));
    assert_eq!(records[0]["other, \"one\""], "a;b\n");
    assert_eq!((&records[0]["date"], &records[0]["published"]), (&json!("2017-12-30"), &json!("30/12/2017")));
    assert_eq!((&records[1]["id"], &records[1]["other, \"one\""]), (&json!("a.csv#1"), &json!("1.50")));
    assert_eq!(records[2].get("published"), None);
    place.ok("verify table");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The rows of a table, with its columns as they are; what is null is left out.
fn table(place: &Place, path: &str) -> Vec<Value> {
    use tamis::write::parquet::{Column, Kind, RecordReader};
    let open = || File::open(place.path(path)).unwrap();
    let schema = Table::open(open(), &Fields::default()).unwrap().schema().clone();
    let kind = |shown: String| match shown.as_str() {
        "Boolean" => Kind::Flag,
        "Int64" => Kind::Integer,
        "Float64" => Kind::Number,
        _ => Kind::Text,
    };
    let columns = schema.fields().iter().map(|f| Column::optional(f.name(), kind(f.data_type().to_string())));
    let mut rows = Vec::new();
    RecordReader::open(open(), columns.collect()).unwrap().each(|row| rows.push(row)).unwrap();
    rows
}

#[test]
fn records_of_json_become_rows_with_all_their_fields() {
    let place = Place::new();
    let text = "The council voted on Monday for the new bridge across the river.";
    let lines = [
        json!({"id": 1, "content": format!("{text} One."), "n": 1, "x": 0.5, "ok": true, "tags": ["a", "b"], "s": "é",
            "mixed": 1, "text_of": {"a": null}}),
        json!({"id": 2, "content": format!("{text} Two."), "n": null, "x": 2, "ok": false, "mixed": "1", "nothing": null}),
        json!({"content": format!("{text} Three.\nTerms of Use | Privacy Policy\n"), "n": -7, "s": "x"}),
    ];
    place.write("in.jsonl", lines.map(|line| line.to_string() + "\n").concat());
    place.ok("clean in.jsonl -o out -q --to parquet");
    let rows = table(&place, &part("out", "parquet"));
    let mut first = json!({"id": "1", "lang": "en", "mixed": "1", "n": 1, "ok": true, "s": "é", "tags": "[\"a\",\"b\"]",
        "text_of": "{\"a\":null}", "x": 0.5});
    first["text"] = format!("{text} One.").into();
    assert_eq!(rows[0], first);
    assert_eq!((&rows[1]["x"], &rows[1]["mixed"]), (&json!(2.0), &json!("\"1\"")));
    assert_eq!(rows[2]["text"], format!("{text} Three.\n"));
    assert_eq!((&rows[2]["n"], rows[2].get("x")), (&json!(-7), None));
    assert!(rows.iter().all(|row| row.get("content").is_none()), "the text stands there once, clean");
    assert_eq!(place.json("out/manifest.json")["json_columns"], json!(["mixed", "tags", "text_of"]));
    place.ok("verify out");
}

#[test]
fn records_with_very_many_names_become_rows_with_one_column_for_them() {
    let place = Place::new();
    let line = |n: usize| format!("{{\"a{n}\":{n},\"text\":\"A text of some words, number {n}.\"}}\n");
    place.write("in.jsonl", (0..1001).map(line).collect::<String>());
    place.ok("clean in.jsonl -o out -q --to parquet");
    let rows = table(&place, &part("out", "parquet"));
    assert_eq!(rows[7]["fields"], "{\"a7\":7}");
    assert_eq!(place.json("out/manifest.json")["json_columns"], json!(["fields"]));
}

#[test]
fn rows_of_tables_keep_the_values_of_all_columns() {
    use tamis::write::parquet::{Column, Kind, RecordWriter};
    let place = Place::new();
    let columns = vec![
        Column::optional("n", Kind::Integer),
        Column::optional("x", Kind::Number),
        Column::required("content", Kind::Text),
        Column::optional("ok", Kind::Flag),
        Column::optional("tags", Kind::List(Box::new(Kind::Text))),
        Column::optional("by", Kind::Object(vec![Column::optional("name", Kind::Text)])),
    ];
    let mut chance = Chance::new(5);
    let mut writer = RecordWriter::new(Vec::new(), columns).unwrap();
    let mut expected = Vec::new();
    for n in 0..700i64 {
        let text = chance.article(30);
        // A rule for any language; the empty line goes with what stood behind it.
        let raw = if n % 3 == 0 { format!("{text}\n(BUTTON) Menu (BUTTON) Search\n") } else { text.clone() };
        let clean = text;
        let mut row = json!({"n": n << 40, "x": n as f64 / 4.0, "content": raw, "ok": n % 2 == 0, "tags": ["a", null],
            "by": {"name": "é"}});
        if n % 5 == 0 {
            row = json!({"n": null, "x": null, "content": raw, "ok": null, "tags": null, "by": null});
        }
        writer.write(row.as_object().unwrap().clone()).unwrap();
        row["content"] = clean.into();
        expected.push(row);
    }
    place.write("in.parquet", writer.finish().unwrap());
    place.ok("clean in.parquet -o out -q --to jsonl --copies off");
    let written = place.list(part("out", "jsonl"));
    assert!(written == expected, "{:?}", written.iter().zip(&expected).find(|(a, b)| a != b));
    let names: Vec<&String> = written[1].as_object().unwrap().keys().collect();
    assert_eq!(names, ["n", "x", "content", "ok", "tags", "by"]);
    place.ok("verify out");

    place.ok("clean in.parquet -o shards -q --to jsonl --shards 5 --copies off");
    let mut all: Vec<String> = Vec::new();
    for n in 0..5 {
        all.extend(place.text(format!("shards/data/part-{n:05}-of-00005.jsonl")).lines().map(str::to_owned));
    }
    let one = place.text(part("out", "jsonl"));
    let mut want: Vec<&str> = one.lines().collect();
    all.sort();
    want.sort_unstable();
    assert!(all == want);

    place.ok("clean in.parquet -o table -q --to parquet --copies off");
    let rows = table(&place, &part("table", "parquet"));
    assert_eq!((&rows[1]["n"], &rows[1]["x"]), (&json!(1i64 << 40), &json!(0.25)));
    assert_eq!((&rows[1]["tags"], &rows[1]["by"]), (&json!("[\"a\",null]"), &json!("{\"name\":\"é\"}")));
    place.ok("verify table");
}

#[test]
fn a_corpus_in_one_format_cleaned_again_is_the_same() {
    let place = mixed();
    for (to, file) in [("jsonl", "part-00000-of-00001.jsonl"), ("parquet", "part-00000-of-00001.parquet")] {
        // Of tables the site follows from the address, or else from the folder, which is another one then.
        let input = if to == "jsonl" { "in" } else { "in/a.jsonl" };
        place.ok(&format!("clean {input} -o {to} -q --to {to}"));
        place.ok(&format!("clean {to}/data -o {to}-again -q --to {to}"));
        let (once, twice) =
            (place.read(format!("{to}/data/{file}")), place.read(format!("{to}-again/data/{file}")));
        assert!(once == twice, "{to}");
    }
    // A mirror of nothing but tables has its lists as tables, too.
    place.ok("clean parquet/data -o mirror -q");
    assert!(place.exists("mirror/clusters.parquet") && !place.exists("mirror/documents.jsonl"));
    assert_eq!(texts(&place, "mirror"), texts(&place, "parquet"));
}

/// The files of two outputs that differ.
fn differing(place: &Place, one: &str, other: &str) -> Vec<PathBuf> {
    let (one, other) = (place.tree(format!("{one}/data")), place.tree(format!("{other}/data")));
    assert!(one.keys().eq(other.keys()));
    one.iter().filter(|(path, bytes)| other[*path] != **bytes).map(|(path, _)| path.clone()).collect()
}

#[test]
fn a_document_that_comes_changes_one_file_wherever_it_stands() {
    let place = Place::new();
    let lines: Vec<String> = jsonl(&articles(7, 300)).lines().map(|l| format!("{l}\n")).collect();
    let more = format!("{{\"id\":\"new\",\"text\":{}}}\n", json!(Chance::new(99).article(80)));
    for to in ["jsonl", "parquet"] {
        place.write("before/a.jsonl", lines.concat());
        place.ok(&format!("clean before -o before-{to} -q --copies off --to {to} --shards 16"));
        let sizes: Vec<usize> = place.tree(format!("before-{to}/data")).values().map(Vec::len).collect();
        assert_eq!(sizes.len(), 16);
        // 19 documents of one size to a file: a third of them more or less would be three standard deviations.
        let mean = sizes.iter().sum::<usize>() / 16;
        assert!(sizes.iter().all(|size| (mean / 4..mean * 5 / 2).contains(size)), "{sizes:?}");
        for place_of_more in [0, 1, 150, 300] {
            let mut after = lines.clone();
            after.insert(place_of_more, more.clone());
            place.write("after/a.jsonl", after.concat());
            place.ok(&format!("clean after -o after-{to} -q --copies off --to {to} --shards 16"));
            let changed = differing(&place, &format!("before-{to}"), &format!("after-{to}"));
            assert_eq!(changed.len(), 1, "{to}: {changed:?}");
        }
    }
}

#[test]
fn explain_reads_tables_as_it_reads_lines() {
    let place = mixed();
    place.ok("clean in -o lines -q --to jsonl");
    place.ok("clean in -o tables -q --to parquet");
    for doc in ["a.jsonl#0", "a.jsonl#4", "d/3.txt", "c7", "b.json#4"] {
        let (lines, tables) =
            (place.ok(&format!("explain lines {doc}")), place.ok(&format!("explain tables {doc}")));
        assert_eq!(lines.text(), tables.text(), "{doc}");
    }
    place.ends(2, "explain tables nothing").says(&["no document `nothing`", "documents.parquet"]);
    place.write("tables/documents.parquet", "PAR1");
    place.ends(1, "explain tables c7").says(&["documents.parquet", "cannot read"]);
}

#[test]
fn the_card_names_the_files_that_are_there() {
    let place = mixed();
    for (options, files, clusters) in [
        ("--to jsonl", "data/*.jsonl", "clusters.jsonl"),
        ("--to jsonl --compress gz --shards 2", "data/*.jsonl.gz", "clusters.jsonl"),
        ("--to parquet", "data/*.parquet", "clusters.parquet"),
        ("--to text", "data/**/*.txt", "clusters.jsonl"),
    ] {
        place.ok(&format!("clean in -o out -q {options}"));
        let card = place.text("out/README.md");
        assert!(card.contains(&format!("  data_files: \"{files}\"\n")), "{options}\n{card}");
        assert!(
            card.contains(&format!("  data_files: \"{clusters}\"\n"))
                && place.exists(format!("out/{clusters}"))
        );
        assert_eq!(card.contains("sample_by: \"document\""), options == "--to text");
        for option in options.split("--").skip(1) {
            assert!(card.contains(&format!("--{}", option.trim())), "{option}\n{card}");
        }
        let ending = files.rsplit('*').next().unwrap();
        assert!(place.tree("out/data").keys().all(|path| path.to_string_lossy().ends_with(ending)));
    }
}

#[test]
fn texts_stand_under_their_keys() {
    let place = Place::new();
    place.write("in/a.jsonl", "{\"text\":\"A first text.\"}\n{\"text\":\"And a second one.\"}\n");
    place.write("in/b", "A file without an ending.\n");
    place.write("in/b.txt", "A file with an ending.\n");
    #[cfg(unix)]
    place.write("in/c:d?/e.", "A name that not every system has.\n");
    place.ok("clean in -o out -q --to text");
    let files: Vec<String> =
        place.tree("out/data").keys().map(|path| path.to_string_lossy().into_owned()).collect();
    assert_eq!(place.text("out/data/a.jsonl/1.txt"), "And a second one.");
    assert_eq!(place.text("out/data/b.txt"), "A file without an ending.\n");
    assert!(files.iter().any(|file| file.starts_with("b~") && file.ends_with(".txt")), "{files:?}");
    #[cfg(unix)]
    assert!(files.contains(&"c%3Ad%3F/e%2E.txt".to_owned()), "{files:?}");
}

#[test]
fn options_that_contradict_each_other_are_refused_with_a_hint() {
    let place = Place::new();
    place.write("a.txt", "A text.\n");
    for (options, words) in [
        (
            "--to parquet --compress gz",
            ["--compress does not go with --to parquet", "hint: leave --compress out"],
        ),
        ("--shards 2", ["--shards divides a corpus of one format", "hint: --to jsonl or --to parquet"]),
        (
            "--to text --shards 2",
            ["--shards divides a corpus of one format", "hint: --to jsonl or --to parquet"],
        ),
        ("--shards 0", ["invalid value '0'", "1..=99999"]),
        ("--to csv", ["invalid value 'csv'", "jsonl, parquet, text"]),
    ] {
        place.ends(2, &format!("clean a.txt -o out {options}")).says(&words);
        assert!(!place.exists("out"));
    }
}

#[test]
fn croissant_names_the_files_with_their_hashes_and_what_the_text_is_called() {
    let place = mixed();
    place.write("content.jsonl", "{\"id\":1,\"content\":\"A text of some words.\"}\n");
    place.write("body.csv", "id,Body\n1,A text of some words.\n");
    for (input, options, text) in [
        ("in", "--to jsonl", "text"),
        ("in", "--to parquet", "text"),
        ("in", "--to text", "text"),
        ("content.jsonl", "", "content"),
        ("content.jsonl", "--to parquet", "text"),
        ("body.csv", "", "Body"),
        ("body.csv", "--to jsonl", "body"),
    ] {
        place.ok(&format!("clean {input} -o out -q --force {options}"));
        let described = place.json("out/croissant.json");
        let files = described["distribution"].as_array().unwrap();
        let published = place.json("out/manifest.json")["outputs"].clone();
        for file in files.iter().filter(|file| file["@type"] == "cr:FileObject") {
            let name = file["contentUrl"].as_str().unwrap();
            let bytes = place.read(format!("out/{name}"));
            assert_eq!(file["sha256"], support::sha256(&bytes), "{name}");
            assert_eq!(file["contentSize"], format!("{} B", bytes.len()), "{name}");
            assert!(published.as_array().unwrap().iter().any(|output| output["path"] == name));
        }
        let corpus = &described["recordSet"][0];
        assert_eq!(corpus["@id"], "default", "{input} {options}");
        let fields = corpus["field"].as_array().unwrap();
        assert!(fields.iter().any(|field| field["name"] == text), "{input} {options}: {fields:?}");
        place.ok(&format!("clean {input} -o out -q --check {options}"));
        place.ok("verify out");
    }
    // A described file is a published one: an edit is found.
    place.write("out/croissant.json", "{}");
    assert!(place.ends(4, "verify out").text().contains("croissant.json"));
}

#[test]
fn a_clean_twin_never_stands_where_others_need_a_folder() {
    let place = Place::new();
    place.write("in/x/y.txt", "The bridge was opened on Monday.\n");
    place.write(
        "in/a.html",
        "<html><body><article><p>A ferry sank on Tuesday, and nobody was hurt.</p></article></body></html>",
    );
    place.write("in/a.html.txt/b.txt", "The mayor spoke on Wednesday.\n");
    place.write("in/l.jsonl/z.txt", "Nobody came on Thursday.\n");
    let pack = |name: &str, text: &str| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packed, text.as_bytes()).unwrap();
        place.write(name, packed.finish().unwrap());
    };
    pack("in/x.gz", "A packed text about the weather on Friday.\n");
    pack("in/l.jsonl.gz", "{\"text\":\"A packed record about the sea on Saturday.\"}\n");
    place.ok("clean in -o out -q");
    assert_eq!(place.json("out/manifest.json")["counts"]["kept"], 6);
    place.ok("verify out");
    for options in ["--compress gz", "--to text", "--to jsonl"] {
        place.ok(&format!("clean in -o again -q {options}"));
        place.ok("verify again");
    }
}

#[test]
fn the_twin_of_a_file_with_the_longest_of_names_has_a_shorter_one() {
    let place = Place::new();
    let (long, longer) = (format!("{}.html", "h".repeat(250)), format!("{}.txt", "é".repeat(125)));
    let page =
        "<html><body><article><p>A ferry sank on Tuesday, and nobody was hurt.</p></article></body></html>";
    place.write(format!("in/{long}"), page);
    place.write(format!("in/{longer}"), "The bridge was opened on Monday.\n");
    place.write("in/a.txt", "The mayor spoke on Wednesday.\n");
    for options in ["", "--compress gz", "--to text"] {
        place.ok(&format!("clean in -o out -q {options}"));
        assert_eq!(place.tree("out/data").len(), 3, "{options}");
        place.ok("verify out");
        place.ok(&format!("restore out --to back{}", options.replace(' ', "")));
    }
    assert_same_tree(&place.tree("in"), &place.tree("back"));
}

#[test]
fn numbers_of_a_table_are_those_of_the_records() {
    let place = Place::new();
    let numbers = ["0.9424502837770503", "4.8075e-40", "-0", "1", "0.1", "123456.789", "2.5e300"];
    let line =
        |(n, x): (usize, &&str)| format!("{{\"text\":\"The bridge number {n} was opened.\",\"x\":{x}}}\n");
    place.write("a.jsonl", numbers.iter().enumerate().map(line).collect::<String>());
    place.ok("clean a.jsonl -o out -q --to parquet");
    use parquet::file::reader::{FileReader, SerializedFileReader};
    let name = place.tree("out/data").into_keys().next().unwrap();
    let file = std::fs::File::open(place.path("out/data").join(name)).unwrap();
    let rows = SerializedFileReader::new(file).unwrap();
    let written: Vec<f64> = rows
        .get_row_iter(None)
        .unwrap()
        .map(|row| {
            let row = row.unwrap();
            let at = row.get_column_iter().position(|(name, _)| name == "x").unwrap();
            parquet::record::RowAccessor::get_double(&row, at).unwrap()
        })
        .collect();
    let bits = |n: &f64| n.to_bits();
    let expected: Vec<f64> = numbers.iter().map(|n| n.parse().unwrap()).collect();
    assert_eq!(written.iter().map(bits).collect::<Vec<_>>(), expected.iter().map(bits).collect::<Vec<_>>());
}

#[test]
fn a_file_that_is_called_like_a_record_is_refused() {
    let place = Place::new();
    place.write("in/a.jsonl", "{\"text\":\"The bridge was opened on Monday.\"}\n");
    place.write("in/a.jsonl#0", "A ferry sank on Tuesday.\n");
    place.ends(2, "clean in -o out").says(&["a.jsonl#0: a file and a record would have this key"]);
    place.write("in/b#0", "Nobody came.\n");
    std::fs::remove_file(place.path("in/a.jsonl#0")).unwrap();
    place.ok("clean in -o out -q");
}

#[test]
fn a_moment_with_a_time_zone_has_a_form_in_json() {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};

    let place = Place::new();
    let texts = StringArray::from(vec!["The bridge was opened on Monday."]);
    let moment =
        |zone: &str| TimestampMicrosecondArray::from(vec![1_600_000_000_000_000]).with_timezone(zone);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("text", Arc::new(texts)),
        ("utc", Arc::new(moment("UTC"))),
        ("paris", Arc::new(moment("Europe/Paris"))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut table = parquet::arrow::ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    table.write(&batch).unwrap();
    place.write("a.parquet", table.into_inner().unwrap());
    place.ok("clean a.parquet -o out -q --to jsonl");
    let name = place.tree("out/data").into_keys().next().unwrap();
    let record = &place.list(std::path::Path::new("out/data").join(name))[0];
    let moment = Some("2020-09-13T12:26:40Z");
    assert_eq!((record["utc"].as_str(), record["paris"].as_str()), (moment, moment));
}
