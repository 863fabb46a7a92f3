//! How fast rules strip made-up news: articles with chrome that repeats, and articles without any. Bytes are those of the
//! text.
//!
//! `cargo bench --bench strip`

use std::fmt::Write as _;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use tamis::strip::{RuleSet, Scope, Stripper};

const DOCUMENTS: usize = 400;
const CHROME: [&str; 6] = [
    "Menu",
    "Skip to main content",
    "Read more: The bridge is open again",
    "Share this article",
    "Sign in",
    "Print",
];
const WORDS: [&str; 16] = [
    "the", "bridge", "of", "a", "council", "said", "that", "water", "was", "and", "river", "to", "opened",
    "in", "mayor", "old",
];

fn main() {
    divan::main();
}

/// News articles; every line of them is unique but those of chrome.
fn texts(with_chrome: bool) -> Vec<String> {
    let mut state = 0x9e37_79b9_u32;
    let mut below = |n: usize| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as usize % n
    };
    let text = |_| {
        let mut text = String::new();
        for paragraph in 0..12 {
            if with_chrome && paragraph % 3 == 0 {
                let _ = writeln!(text, "{}\n", CHROME[below(CHROME.len())]);
            }
            let _ = write!(text, "On day {}", below(10_000));
            for _ in 0..20 + below(40) {
                let _ = write!(text, " {}", WORDS[below(WORDS.len())]);
            }
            text.push_str(".\n\n");
        }
        text
    };
    (0..DOCUMENTS).map(text).collect()
}

#[divan::bench(args = [false, true])]
fn articles(bencher: Bencher, with_chrome: bool) {
    let Ok(rules) = RuleSet::built_in() else { return };
    let texts = texts(with_chrome);
    let scope = Scope { lang: Some("en"), ..Scope::default() };
    bencher.counter(BytesCount::new(texts.iter().map(String::len).sum::<usize>())).bench_local(|| {
        let mut stripper = Stripper::new(&rules);
        for text in &texts {
            black_box(stripper.strip(text.as_bytes(), &scope, true));
        }
    });
}
