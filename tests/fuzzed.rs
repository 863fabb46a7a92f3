//! What the fuzzers of `fuzz/` call, called here over their seeds and over changed copies of these.
//!
//! `TAMIS_FAULTS=all` makes many more copies.

// What goes wrong in a helper fails the test that called it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used)]

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use support::Chance;
use targets::TARGETS;

mod support;
#[path = "../fuzz/targets.rs"]
mod targets;

/// The seeds of a target.
fn seeds(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(name);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|path| fs::read(path).unwrap()).collect()
}

/// A copy of one of `seeds`, changed at some places.
fn changed(seeds: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    const MARKS: &[u8] = b"\0\n\r\"\\{}[]<>,;:#'-/ 019a\x7F\x80\xC3\xD8\xFE\xFF";
    let mut bytes = seeds[chance.below(seeds.len())].clone();
    for _ in 0..=chance.below(6) {
        let at = chance.below(bytes.len() + 1);
        let to = at + chance.below((bytes.len() - at).min(60) + 1);
        match chance.below(6) {
            0 if at < bytes.len() => bytes[at] ^= 1 << chance.below(8),
            1 => bytes.insert(at, MARKS[chance.below(MARKS.len())]),
            2 => drop(bytes.drain(at..to)),
            3 => bytes.truncate(at),
            4 => {
                let part = bytes[at..to].to_vec();
                bytes.splice(at..at, part.repeat(1 + chance.below(3)));
            }
            _ => {
                let other = &seeds[chance.below(seeds.len())];
                let from = chance.below(other.len() + 1);
                let until = from + chance.below((other.len() - from).min(200) + 1);
                bytes.splice(at..to, other[from..until].iter().copied());
            }
        }
    }
    bytes
}

#[test]
fn no_bytes_break_a_promise_of_a_parser() {
    let copies = if std::env::var("TAMIS_FAULTS").is_ok_and(|value| value == "all") { 20_000 } else { 300 };
    for (name, target) in TARGETS {
        let seeds = seeds(name);
        assert!(seeds.len() > 1, "{name}");
        let mut chance = Chance::new(60);
        for i in 0..seeds.len() + copies {
            let bytes = if i < seeds.len() { seeds[i].clone() } else { changed(&seeds, &mut chance) };
            let done = catch_unwind(|| target(&bytes));
            assert!(done.is_ok(), "{name}, copy {i}: {}", bytes.escape_ascii());
        }
    }
}
