//! How fast texts become fingerprints, beside the `simhash` crate and a plain loop over 64 counters, both fed with the
//! same shingles. Bytes are those of the text.
//!
//! Two tiers stand side by side: that of the machine and the portable one, each with and without digests, which are
//! made at once or several together (`later`). `words_20` and so on are mixed texts of so many words.
//!
//! `cargo bench --bench fingerprint` · one script: `… -- greek` · other shingles: `SHINGLE=5 cargo bench …`

use std::fmt::Write as _;
use std::hash::{Hash, Hasher};

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use tamis::fingerprint::Fingerprinter;

const SCRIPTS: [&str; 9] =
    ["ascii", "mixed", "cyrillic", "greek", "arabic", "cjk", "words_20", "words_80", "words_700"];
/// Few, or other programs would disturb each sample of what is slow.
const DOCUMENTS: usize = 40;

fn main() {
    divan::main();
}

/// Words of a shingle.
fn shingle() -> usize {
    std::env::var("SHINGLE").ok().and_then(|size| size.parse().ok()).unwrap_or(3)
}

/// A small generator of numbers (xorshift), the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % n
    }
}

/// Letters of a script, the commoner first: a letter is taken by the smaller of two draws.
fn letters(script: &str) -> Vec<char> {
    let letters = match script {
        "cyrillic" => "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё",
        "greek" => "αοιετσνηυρπκμλςίόάγέδήθωχύφβξώζψ",
        "arabic" => "اليمونترةبدعسفحكقهجشأطصخىإذضزثئغءظ",
        "french" => "esaitnrulodcpmévqfbghjàxèêyzçôùâîûwïkë",
        "cjk" => return (0x4e00..0x5400).filter_map(char::from_u32).collect(),
        _ => "etaoinsrhldcumfpgwybvkxjqz",
    };
    letters.chars().collect()
}

/// One word; a tenth of them begins with a capital letter.
fn word(random: &mut Random, letters: &[char], into: &mut String) {
    let capital = random.below(10) == 0;
    let length = 1 + random.below(6) + random.below(5);
    for at in 0..length {
        let letter = letters[random.below(letters.len()).min(random.below(letters.len()))];
        if at == 0 && capital {
            into.extend(letter.to_uppercase());
        } else {
            into.push(letter);
        }
    }
}

/// Texts of the length of news articles. Mixed: mostly English and French, with typographic quotes and dashes, here and
/// there Russian, Greek or Chinese, as in scraped news.
fn texts(script: &str) -> Vec<String> {
    match script.strip_prefix("words_").and_then(|words| words.parse().ok()) {
        Some(words) => texts_of("mixed", |_| words),
        None => texts_of(script, |random| 300 + random.below(400)),
    }
}

fn texts_of(script: &str, words: impl Fn(&mut Random) -> usize) -> Vec<String> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let alphabets: Vec<Vec<char>> = match script {
        "mixed" => ["ascii", "french", "cyrillic", "greek", "cjk"].map(letters).into(),
        _ => vec![letters(script)],
    };
    let vocabulary: Vec<Vec<String>> = alphabets
        .iter()
        .map(|letters| {
            (0..4000)
                .map(|_| {
                    let mut new = String::new();
                    word(&mut random, letters, &mut new);
                    new
                })
                .collect()
        })
        .collect();
    (0..DOCUMENTS)
        .map(|_| {
            let mut text = String::new();
            let alphabet = match random.below(40) {
                0 => vocabulary.len() - 1 - random.below(vocabulary.len().min(3)),
                1..=12 => 1 % vocabulary.len(),
                _ => 0,
            };
            for _ in 0..words(&mut random) {
                text += &vocabulary[alphabet][random.below(4000).min(random.below(4000))];
                text += match (random.below(50), script) {
                    (0..3, _) => ". ",
                    (3, _) => ".\n",
                    (4..7, _) => ", ",
                    (7, "mixed") => "’",
                    (8, "mixed") => " — ",
                    (9, "mixed") => " “",
                    _ => " ",
                };
            }
            text
        })
        .collect()
}

/// The words that the fingerprint sees, joined to windows.
fn shingles(text: &str) -> Vec<String> {
    let mut spaced = String::new();
    for c in text.chars() {
        match c {
            '\u{4e00}'..='\u{9fff}' => write!(spaced, " {c} ").unwrap_or_default(),
            c if c.is_alphanumeric() => spaced.extend(c.to_lowercase()),
            _ => spaced.push(' '),
        }
    }
    let words: Vec<&str> = spaced.split_whitespace().collect();
    words.windows(shingle()).map(|window| window.join(" ")).collect()
}

fn each<T, R>(bencher: Bencher, script: &str, prepare: impl Fn(&str) -> T, mut run: impl FnMut(&T) -> R) {
    let texts = texts(script);
    let bytes: usize = texts.iter().map(String::len).sum();
    let inputs: Vec<T> = texts.iter().map(|text| prepare(text)).collect();
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        for input in &inputs {
            black_box(run(black_box(input)));
        }
    });
}

#[divan::bench(args = SCRIPTS)]
fn tamis(bencher: Bencher, script: &str) {
    let mut fingerprinter = Fingerprinter::new(shingle());
    each(bencher, script, str::to_owned, |text| fingerprinter.without_digest(text.as_bytes()));
}

#[divan::bench(args = SCRIPTS)]
fn tamis_and_digest(bencher: Bencher, script: &str) {
    let mut fingerprinter = Fingerprinter::new(shingle());
    each(bencher, script, str::to_owned, |text| fingerprinter.fingerprint(text.as_bytes()));
}

/// As a reader of many documents does it.
#[divan::bench(args = SCRIPTS)]
fn tamis_and_digest_later(bencher: Bencher, script: &str) {
    let mut fingerprinter = Fingerprinter::new(shingle());
    let texts = texts(script);
    bencher.counter(BytesCount::new(texts.iter().map(String::len).sum::<usize>())).bench_local(|| {
        for text in &texts {
            black_box(fingerprinter.digest_later(black_box(text.as_bytes())));
        }
        fingerprinter.digests()
    });
}

#[divan::bench(args = SCRIPTS)]
fn tamis_portable(bencher: Bencher, script: &str) {
    let mut fingerprinter = Fingerprinter::portable(shingle());
    each(bencher, script, str::to_owned, |text| fingerprinter.without_digest(text.as_bytes()));
}

#[divan::bench(args = SCRIPTS)]
fn tamis_portable_and_digest(bencher: Bencher, script: &str) {
    let mut fingerprinter = Fingerprinter::portable(shingle());
    each(bencher, script, str::to_owned, |text| fingerprinter.fingerprint(text.as_bytes()));
}

/// The crate alone: its shingles are made before.
#[divan::bench(args = SCRIPTS)]
fn simhash_crate(bencher: Bencher, script: &str) {
    each(bencher, script, shingles, |shingles| {
        ::simhash::simhash_stream(shingles.iter().map(String::as_str))
    });
}

/// The crate and what it takes to make its shingles from text, as its users must.
#[divan::bench(args = SCRIPTS)]
fn simhash_crate_from_text(bencher: Bencher, script: &str) {
    each(bencher, script, str::to_owned, |text| {
        ::simhash::simhash_stream(shingles(text).iter().map(String::as_str))
    });
}

/// Only the counting: hashes of the shingles into 64 counters, one by one.
#[divan::bench(args = SCRIPTS)]
fn plain_counters(bencher: Bencher, script: &str) {
    let hashes = |text: &str| -> Vec<u64> {
        let hash = |shingle: &String| {
            let mut hasher = std::hash::DefaultHasher::new();
            shingle.hash(&mut hasher);
            hasher.finish()
        };
        shingles(text).iter().map(hash).collect()
    };
    each(bencher, script, hashes, |hashes| {
        let mut counters = [0i32; 64];
        for hash in hashes {
            for (bit, counter) in counters.iter_mut().enumerate() {
                *counter += if hash >> bit & 1 == 1 { 1 } else { -1 };
            }
        }
        counters.iter().enumerate().fold(0u64, |all, (bit, count)| all | u64::from(*count > 0) << bit)
    });
}
