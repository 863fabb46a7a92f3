//! The search for copies over fingerprints in memory: what the shape of a corpus costs, as ratios in one run.
//!
//! `cargo bench --bench kept_set`

use std::ops::Range;

use divan::counter::ItemsCount;
use tamis::Result;
use tamis::document::Digest;
use tamis::fingerprint::{Fingerprint, Fingerprinter};
use tamis::group::{CopyOptions, Corpus, GENERATION, Memory, excerpts, kept_set};
use tamis::run::Silent;
use tamis::run::options::{Candidates, Threshold};

fn main() {
    divan::main();
}

const DOCUMENTS: usize = 20_000;
const SHINGLE: usize = 5;

/// Texts of 80 words, and their fingerprints.
struct Made {
    texts: Vec<String>,
    prints: Vec<Fingerprint>,
}

/// Numbers that look like chance and are the same every time (splitmix64).
fn chance(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn words(state: &mut u64, count: usize) -> Vec<String> {
    (0..count).map(|_| format!("w{:x}", chance(state) % 30_000)).collect()
}

/// The shapes: all different; one text with one word changed in each; the same 30 words at the end; pairs of copies.
fn made(shape: &str) -> Made {
    let mut state = 1;
    let one = words(&mut state, 80);
    let mut before = one.clone();
    let text = |n: usize| {
        let mut text = match shape {
            "near" => one.clone(),
            "pairs" if n % 2 == 1 => before.clone(),
            _ => words(&mut state, 80),
        };
        match shape {
            "near" | "pairs" => text[n % 80] = format!("x{n}"),
            "tail" => text[50..].clone_from_slice(&one[50..]),
            _ => {}
        }
        before.clone_from(&text);
        text.join(" ")
    };
    let texts: Vec<String> = (0..DOCUMENTS).map(text).collect();
    let mut fingerprinter = Fingerprinter::new(SHINGLE);
    let prints = texts.iter().map(|text| fingerprinter.fingerprint(text.as_bytes())).collect();
    Made { texts, prints }
}

impl Corpus for Made {
    fn len(&self) -> usize {
        self.prints.len()
    }
    fn simhash(&self, index: usize) -> u64 {
        self.prints[index].simhash
    }
    fn shingle_count(&self, index: usize) -> u32 {
        self.prints[index].shingles
    }
    fn words(&self, index: usize) -> u32 {
        self.prints[index].words
    }
    fn digest(&self, index: usize) -> Result<Digest> {
        Ok(self.prints[index].digest)
    }
    fn sketch(&self, index: usize, into: &mut Vec<u64>) -> Result<()> {
        into.clone_from(&self.prints[index].sketch);
        Ok(())
    }
    fn scan_digests(&self, documents: Range<usize>, each: &mut dyn FnMut(usize, &Digest)) -> Result<()> {
        documents.for_each(|index| each(index, &self.prints[index].digest));
        Ok(())
    }
    fn scan_sketches(&self, documents: Range<usize>, each: &mut dyn FnMut(usize, &[u64])) -> Result<()> {
        documents.for_each(|index| each(index, &self.prints[index].sketch));
        Ok(())
    }
    fn shingles(&self, index: usize, into: &mut Vec<u64>) -> Result<()> {
        Fingerprinter::new(SHINGLE).shingles(self.texts[index].as_bytes(), into);
        Ok(())
    }
}

const SHAPES: [&str; 4] = ["distinct", "near", "tail", "pairs"];

#[divan::bench(args = SHAPES)]
fn copies(bencher: divan::Bencher<'_, '_>, shape: &str) {
    let made = made(shape);
    let order: Vec<u32> = (0..DOCUMENTS as u32).collect();
    let options = CopyOptions {
        references: 0,
        similarity: Threshold(700_000),
        distance: 3,
        candidates: Candidates::Fast,
        memory: Memory::default(),
        generation: GENERATION,
    };
    bencher
        .counter(ItemsCount::new(DOCUMENTS))
        .bench_local(|| kept_set(&made, &order, &options, &Silent).map(|verdicts| verdicts.len()));
}

#[divan::bench(args = SHAPES)]
fn passages(bencher: divan::Bencher<'_, '_>, shape: &str) {
    let made = made(shape);
    let kept: Vec<u32> = (0..DOCUMENTS as u32).collect();
    bencher
        .counter(ItemsCount::new(DOCUMENTS))
        .bench_local(|| excerpts(&made, &kept, Memory::default(), &Silent).map(|found| found.len()));
}
