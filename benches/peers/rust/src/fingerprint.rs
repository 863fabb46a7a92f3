//! How fast texts become fingerprints over 3-word shingles.
//!
//! tamis is given texts. The other crates are given shingles; `ready`: made outside the measured time, so that splitting
//! and lower-casing, which tamis does within its time, cost them nothing; `text`: made within it.

use std::fmt::Write as _;
use std::fs::File;
use std::hint::black_box;
use std::io::{BufRead, BufReader};
use std::time::Duration;

use gaoya::minhash::{MinHasher, MinHasher32, MinHasher64V1};
use gaoya::simhash::{SimHash, SimSipHasher64};
use serde_json::{Value, json};
use tamis::fingerprint::Fingerprinter;

use crate::Outcome;
use crate::measure::Spent;

const SHINGLE: usize = 3;
const HASHES: usize = 128;
/// Documents whose shingles are in memory at a time.
const BATCH: usize = 256;
/// What is quicker is repeated until it took as long.
const LEAST: Duration = Duration::from_millis(700);

/// The words that tamis sees, joined to windows.
fn shingles(text: &str) -> Vec<String> {
    let mut spaced = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\u{4e00}'..='\u{9fff}' => write!(spaced, " {c} ").unwrap_or_default(),
            c if c.is_alphanumeric() => spaced.extend(c.to_lowercase()),
            _ => spaced.push(' '),
        }
    }
    let words: Vec<&str> = spaced.split_whitespace().collect();
    words.windows(SHINGLE).map(|window| window.join(" ")).collect()
}

fn texts(corpus: &str) -> Outcome<Vec<String>> {
    let mut texts = Vec::new();
    for line in BufReader::new(File::open(corpus)?).lines() {
        let record: Value = serde_json::from_str(&line?)?;
        texts.push(record["text"].as_str().ok_or("a record without text")?.to_owned());
    }
    Ok(texts)
}

fn from_texts(texts: &[String], mut make: impl FnMut(&[u8]) -> u64) -> Value {
    let (mut spent, mut passes) = (Spent::default(), 0);
    while passes == 0 || spent.cpu < LEAST {
        passes += 1;
        spent.on(|| texts.iter().for_each(|text| _ = black_box(make(black_box(text.as_bytes())))));
    }
    report(texts, &spent, passes)
}

fn from_shingles<T>(texts: &[String], ready: bool, mut make: impl FnMut(&[String]) -> T) -> Value {
    let (mut spent, mut passes) = (Spent::default(), 0);
    while passes == 0 || spent.cpu < LEAST {
        passes += 1;
        for batch in texts.chunks(BATCH) {
            if ready {
                let sets: Vec<Vec<String>> = batch.iter().map(|text| shingles(text)).collect();
                spent.on(|| sets.iter().for_each(|set| _ = black_box(make(black_box(set)))));
            } else {
                spent.on(|| batch.iter().for_each(|text| _ = black_box(make(&shingles(black_box(text))))));
            }
        }
    }
    report(texts, &spent, passes)
}

fn report(texts: &[String], spent: &Spent, passes: u32) -> Value {
    let bytes: usize = texts.iter().map(String::len).sum();
    let (cpu, wall) = (spent.cpu / passes, spent.wall / passes);
    json!({ "cpu": cpu.as_secs_f64(), "wall": wall.as_secs_f64(), "bytes": bytes, "documents": texts.len() })
}

pub fn run(peer: &str, given: &str, corpus: &str) -> Outcome<Value> {
    let (texts, ready) = (texts(corpus)?, given == "ready");
    let mut fast = Fingerprinter::new(SHINGLE);
    let mut portable = Fingerprinter::portable(SHINGLE);
    Ok(match peer {
        "tamis" => from_texts(&texts, |text| fast.fingerprint(text).simhash),
        "tamis-no-digest" => from_texts(&texts, |text| fast.without_digest(text).simhash),
        "tamis-portable" => from_texts(&texts, |text| portable.fingerprint(text).simhash),
        "tamis-portable-no-digest" => from_texts(&texts, |text| portable.without_digest(text).simhash),
        "simhash" => {
            from_shingles(&texts, ready, |set| simhash::simhash_stream(set.iter().map(String::as_str)))
        }
        "gaoya-simhash" => {
            let hasher = SimHash::<SimSipHasher64, u64, 64>::new(SimSipHasher64::new(1, 2));
            from_shingles(&texts, ready, |set| hasher.create_signature(set.iter()))
        }
        "gaoya-minhash32" => {
            let hasher = MinHasher32::new(HASHES);
            from_shingles(&texts, ready, |set| hasher.create_signature(set.iter()))
        }
        "gaoya-minhash64" => {
            let hasher = MinHasher64V1::new(HASHES);
            from_shingles(&texts, ready, |set| hasher.create_signature(set.iter()))
        }
        _ => return Err(format!("no peer is called {peer}").into()),
    })
}
