//! Documents with different words and the same simhash.
//!
//! A block is a run of words chosen one by one, each so that the hash of the window it ends agrees with one target in as
//! many bits as can be had. In a document of some blocks, most windows vote for the target and those across the joints
//! vote at random: nearly always all 64 bits go to the target. Documents share a block seldom, so they are no copies.

use rayon::prelude::*;
use tamis::fingerprint::Fingerprinter;

use crate::random::Random;

const TARGET: u64 = 0x5bd1_e995_c2b2_ae35;
/// That of `tamis clean` by default.
const SHINGLE: usize = 5;
const BLOCKS: usize = 600;
const BLOCK_WORDS: usize = 16;
const BLOCKS_A_DOCUMENT: usize = 6;
/// Words tried for each place.
const TRIED: usize = 3000;

pub struct Blocks(Vec<Vec<u32>>);

impl Blocks {
    pub fn new(words: &[String]) -> Self {
        Self((0..BLOCKS as u64).into_par_iter().map(|seed| block(words, seed)).collect())
    }

    pub fn document(&self, random: &mut Random) -> Vec<u32> {
        (0..BLOCKS_A_DOCUMENT).flat_map(|_| self.0[random.below(self.0.len())].clone()).collect()
    }
}

fn block(words: &[String], seed: u64) -> Vec<u32> {
    let mut random = Random(seed << 32);
    let mut fingerprinter = Fingerprinter::new(SHINGLE);
    let mut block: Vec<u32> = (1..SHINGLE).map(|_| random.below(words.len()) as u32).collect();
    while block.len() < BLOCK_WORDS {
        let mut window = String::new();
        for word in &block[block.len() + 1 - SHINGLE..] {
            window += &words[*word as usize];
            window.push(' ');
        }
        let before = window.len();
        let mut agreement = |word: u32| {
            window.truncate(before);
            window += &words[word as usize];
            // The simhash of one shingle is its hash.
            (!(fingerprinter.without_digest(window.as_bytes()).simhash ^ TARGET)).count_ones()
        };
        let tried = (0..TRIED).map(|_| random.below(words.len()) as u32);
        let best = tried.map(|word| (agreement(word), word)).max().unwrap_or_default();
        block.push(best.1);
    }
    block
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made::vocabulary;

    #[test]
    fn nearly_all_documents_have_one_simhash_and_few_windows_in_common() {
        let words = vocabulary();
        let blocks = Blocks::new(&words);
        let (mut random, mut fingerprinter) = (Random(1), Fingerprinter::new(SHINGLE));
        let mut sets = Vec::new();
        let mut equal = 0;
        for _ in 0..1000 {
            let text: Vec<&str> =
                blocks.document(&mut random).iter().map(|w| words[*w as usize].as_str()).collect();
            let text = text.join(" ");
            equal += usize::from(fingerprinter.fingerprint(text.as_bytes()).simhash == TARGET);
            let mut set = Vec::new();
            fingerprinter.shingles(text.as_bytes(), &mut set);
            sets.push(set);
        }
        assert!(equal > 900, "{equal} of 1000");
        let common = |a: &[u64], b: &[u64]| a.iter().filter(|h| b.binary_search(h).is_ok()).count();
        let shared: usize = sets.windows(2).map(|pair| common(&pair[0], &pair[1])).sum();
        assert!(shared < 3 * sets.len(), "{shared} windows");
    }
}
