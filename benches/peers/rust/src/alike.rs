//! Documents with different words and the same simhash.
//!
//! A bit of a simhash is what most windows vote for. The words of a document are drawn one by one, a few for each place,
//! and that one is taken whose window's hash votes most for the bits of one target that are weakest so far. In the end
//! nearly always all 64 bits are the target's.

use rayon::prelude::*;
use tamis::fingerprint::Fingerprinter;

use crate::made::{FUNCTION_WORDS, WORDS};
use crate::random::Random;

const TARGET: u64 = 0x5bd1_e995_c2b2_ae35;
/// That of `tamis clean` by default.
const SHINGLE: usize = 5;
/// Words drawn for each place.
const DRAWN: usize = 8;
/// Every so many words there is a function word, as in the other shapes.
const FUNCTION_WORD_EVERY: usize = 4;
/// How much less a vote counts for a bit that is one vote stronger.
const FADING: f32 = 0.88;

/// Documents `from..to`.
pub fn documents(words: &[String], from: usize, to: usize) -> Vec<Vec<u32>> {
    (from..to)
        .into_par_iter()
        .map_init(|| Fingerprinter::portable(SHINGLE), |prints, n| document(words, n, prints))
        .collect()
}

fn document(words: &[String], n: usize, fingerprinter: &mut Fingerprinter) -> Vec<u32> {
    let mut random = Random((n as u64) << 32 | 5);
    let function_words = FUNCTION_WORDS.split_whitespace().count();
    let mut document: Vec<u32> = (1..SHINGLE).map(|_| random.below(words.len()) as u32).collect();
    let mut votes = [0i32; 64];
    let (mut window, mut hash) = (String::new(), Vec::new());
    while document.len() < WORDS {
        window.clear();
        for word in &document[document.len() + 1 - SHINGLE..] {
            window += &words[*word as usize];
            window.push(' ');
        }
        let before = window.len();
        let worth = votes.map(|lead| FADING.powi(lead));
        let among =
            if document.len().is_multiple_of(FUNCTION_WORD_EVERY) { function_words } else { words.len() };
        let mut best = (f32::MIN, 0, 0);
        for _ in 0..DRAWN {
            let word = random.below(among) as u32;
            window.truncate(before);
            window += &words[word as usize];
            fingerprinter.shingles(window.as_bytes(), &mut hash);
            let agreed = !(hash.first().copied().unwrap_or_default() ^ TARGET);
            let gain = (0..64).map(|bit| if agreed >> bit & 1 == 1 { worth[bit] } else { -worth[bit] }).sum();
            if gain > best.0 {
                best = (gain, word, agreed);
            }
        }
        document.push(best.1);
        for (bit, lead) in votes.iter_mut().enumerate() {
            *lead += if best.2 >> bit & 1 == 1 { 1 } else { -1 };
        }
    }
    document
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made::vocabulary;

    #[test]
    fn nearly_all_documents_have_one_simhash_and_no_windows_in_common() {
        let words = vocabulary();
        let mut fingerprinter = Fingerprinter::new(SHINGLE);
        let (mut equal, mut windows, mut all) = (0, 0, std::collections::HashSet::new());
        for document in documents(&words, 0, 2000) {
            let text: Vec<&str> = document.iter().map(|word| words[*word as usize].as_str()).collect();
            let text = text.join(" ");
            equal += usize::from(fingerprinter.fingerprint(text.as_bytes()).simhash == TARGET);
            let mut set = Vec::new();
            fingerprinter.shingles(text.as_bytes(), &mut set);
            windows += set.len();
            all.extend(set);
        }
        assert!(equal > 1600, "{equal} of 2000");
        assert!(all.len() + 10 > windows, "{} of {windows}", all.len());
    }
}
