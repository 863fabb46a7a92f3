//! A file that cannot be read is a reject; its neighbours are used as if it were not there.

use std::io::Write;
use std::path::Path;

use serde_json::Value;

use crate::strace;
use crate::support::{Chance, Place, assert_all_accounted_for, quoted, skip};

/// All calls by which bytes of a file come into a process.
const READING: &str = "read,readv,pread64,preadv,copy_file_range,sendfile,splice";

/// An input of every kind, named by what it is.
fn inputs(place: &Place) -> Vec<&'static str> {
    let mut chance = Chance::new(41);
    let articles: Vec<String> = (0..9).map(|_| chance.article(40)).collect();
    let line = |text: &str| format!("{{\"text\":{}}}\n", quoted(text));
    let gzip = |bytes: &[u8]| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    };
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("a.txt", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(articles[6].as_bytes()).unwrap();
    let page = format!("<html><title>A bridge</title><body><p>{}</p></body></html>", articles[3]);
    let warc = format!(
        "WARC/1.0\r\nWARC-Type: conversion\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{}\r\n\r\n",
        articles[5].len(),
        articles[5]
    );
    let files: [(&'static str, Vec<u8>); 8] = [
        ("a.txt", articles[0].clone().into_bytes()),
        ("b.jsonl", line(&articles[1]).into_bytes()),
        ("c.jsonl.gz", gzip(line(&articles[2]).as_bytes())),
        ("d.html", page.into_bytes()),
        ("e.csv", format!("text\n\"{}\"\n", articles[4]).into_bytes()),
        ("f.warc", warc.into_bytes()),
        ("g.zip", zip.finish().unwrap().into_inner()),
        ("h.json", format!("[{}]\n", line(&articles[7])).into_bytes()),
    ];
    place.write("in/neighbour.txt", &articles[8]);
    files
        .into_iter()
        .map(|(name, bytes)| {
            place.write(Path::new("in").join(name), bytes);
            name
        })
        .collect()
}

#[test]
fn a_file_whose_bytes_cannot_be_read_is_a_reject_whenever_that_happens() {
    let place = Place::in_memory();
    if !strace::is_here(&place) {
        return skip("strace is not here");
    }
    let line = "clean in -o out -q --progress none -j 1 --events off";
    for name in inputs(&place) {
        // From the first reading on, and from each later one: a run reads everything twice.
        for from in 1..=3 {
            let case = format!("{name}, from reading {from} on");
            if place.exists("out") {
                std::fs::remove_dir_all(place.path("out")).unwrap();
            }
            let done = strace::run_with_bad_file(&place, line, &format!("in/{name}"), READING, from);
            if done.code == Some(0) {
                assert!(from > 1, "{case}");
                break;
            }
            assert_eq!(done.code, Some(3), "{case}: {}", done.err);
            assert_all_accounted_for(&place.path("out"));
            let rejects = place.list("out/rejects.jsonl");
            let file = |reject: &Value| reject["file"].as_str().unwrap().to_owned();
            assert!(rejects.iter().all(|reject| file(reject).starts_with(name)), "{case}: {rejects:?}");
            let cause = rejects[0]["cause"].as_str().unwrap();
            assert!(cause.contains("input/output error"), "{case}: {cause}");
            let documents = place.list("out/documents.jsonl");
            let neighbours = documents.iter().filter(|d| !d["doc"].as_str().unwrap().starts_with(name));
            assert_eq!(neighbours.count(), 8, "{case}");
            let verified = tamis::run::verify(&place.path("out"), &[]).unwrap();
            assert_eq!(verified.failed, 0, "{case}: {:#?}", verified.failures);
        }
    }
}
