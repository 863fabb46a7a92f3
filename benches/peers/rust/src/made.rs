//! Documents of about 80 made-up words, seeded, one shape a file.
//!
//! | shape | documents |
//! |---|---|
//! | `growth` | all different, but every tenth is an earlier one with two words changed |
//! | `distinct` | all different |
//! | `identical` | one text |
//! | `near` | one text with one word changed in each |
//! | `alike` | nothing in common, but (nearly) the same simhash |
//! | `tail` | all different but for the same 30 words at the end |

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufWriter, Write};

use crate::Outcome;
use crate::alike;
use crate::random::Random;

pub const WORDS: usize = 80;
const TAIL: usize = 30;
const VOCABULARY: usize = 60_000;
/// The commonest words, as in English: without them no text would be in a known language.
pub const FUNCTION_WORDS: &str = "the of and to in that is for it was on with as be at by this had not are but from \
    have an which they he his were has been their said who would will or we its after";
/// Documents made at a time by several threads.
const CHUNK: usize = 10_000;
/// How many of the last documents can be copied.
const REMEMBERED: usize = 20_000;

/// Function words, then made-up words of one to four syllables, the shorter ones first; all different.
pub fn vocabulary() -> Vec<String> {
    let syllable = |n: usize| {
        let (a, b) = (b"bcdfglmnprstvz"[n % 14], b"aeiou"[n / 14 % 5]);
        [char::from(a), char::from(b)].iter().collect::<String>()
    };
    let mut random = Random(3);
    let mut words: Vec<String> = FUNCTION_WORDS.split_whitespace().map(str::to_owned).collect();
    let mut seen: HashSet<String> = words.iter().cloned().collect();
    while words.len() < VOCABULARY {
        let syllables = 1 + usize::from(words.len() > 60) + usize::from(words.len() > 3000) + random.below(2);
        let mut word: String = (0..syllables).map(|_| syllable(random.below(70))).collect();
        word.push_str(["", "n", "s", "r"][random.below(4)]);
        if seen.insert(word.clone()) {
            words.push(word);
        }
    }
    words
}

struct Maker {
    random: Random,
    words: Vec<String>,
}

impl Maker {
    /// A word by its rank: rank r is about 1/r as frequent as the first (Zipf).
    fn word(&mut self) -> u32 {
        (self.words.len() as f64).powf(self.random.unit()) as u32 - 1
    }

    fn fresh(&mut self, count: usize) -> Vec<u32> {
        (0..count).map(|_| self.word()).collect()
    }

    fn length(&mut self) -> usize {
        WORDS - 20 + self.random.below(41)
    }
}

pub fn write(shape: &str, count: usize, out: &str) -> Outcome<()> {
    let mut maker = Maker { random: Random(11), words: vocabulary() };
    let one = maker.fresh(WORDS);
    let mut alike_ones = Vec::new();
    let mut recent: Vec<Vec<u32>> = Vec::new();
    let mut file = BufWriter::with_capacity(1 << 20, File::create(out)?);
    for n in 0..count {
        let document = match shape {
            "growth" if n % 10 == 9 => {
                let mut copy = recent[maker.random.below(recent.len())].clone();
                for _ in 0..2 {
                    let at = maker.random.below(copy.len());
                    copy[at] = maker.word();
                }
                copy
            }
            "growth" | "distinct" => {
                let length = maker.length();
                maker.fresh(length)
            }
            "identical" => one.clone(),
            "near" => {
                let mut near = one.clone();
                near[maker.random.below(WORDS)] = maker.random.below(VOCABULARY) as u32;
                near
            }
            "tail" => {
                let mut document = maker.fresh(WORDS - TAIL);
                document.extend_from_slice(&one[..TAIL]);
                document
            }
            "alike" => {
                if n % CHUNK == 0 {
                    alike_ones = alike::documents(&maker.words, n, count.min(n + CHUNK));
                }
                std::mem::take(&mut alike_ones[n % CHUNK])
            }
            _ => return Err(format!("no shape is called {shape}").into()),
        };
        write!(file, "{{\"id\":\"{n}\",\"url\":\"https://site{}.example/{n}\",\"text\":\"", n % 97)?;
        for (at, word) in document.iter().enumerate() {
            let word = maker.words[*word as usize].as_bytes();
            file.write_all(if at == 0 {
                b""
            } else if at % 16 == 0 {
                b".\\n"
            } else {
                b" "
            })?;
            file.write_all(word)?;
        }
        file.write_all(b".\"}\n")?;
        if shape == "growth" {
            if recent.len() < REMEMBERED {
                recent.push(document);
            } else {
                recent[n % REMEMBERED] = document;
            }
        }
    }
    Ok(file.flush()?)
}
