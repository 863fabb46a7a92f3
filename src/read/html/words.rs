//! The words of a line.

use rustc_hash::FxHasher;
use std::hash::Hasher;

use crate::linear::{is_cjk, is_word};

/// The words of a line, lower case; a Han, Kana or Hangul character is one by itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Words {
    /// A number for each.
    pub(super) hashes: Vec<u64>,
    /// How many there are, characters by themselves as halves.
    pub(super) count: f32,
}

/// The words of `line`.
pub(super) fn words(line: &str) -> Words {
    let mut words = Words::default();
    let mut word: Option<FxHasher> = None;
    for c in line.chars() {
        if is_cjk(c) || !is_word(c) {
            words.hashes.extend(word.take().map(|hash| hash.finish()));
        }
        if is_cjk(c) {
            words.hashes.push(u64::from(c));
            words.count -= 0.5;
        } else if is_word(c) {
            let hash = word.get_or_insert_default();
            c.to_lowercase().for_each(|c| hash.write_u32(u32::from(c)));
        }
    }
    words.hashes.extend(word.map(|hash| hash.finish()));
    words.count += words.hashes.len() as f32;
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_in_every_script() {
        let count = |line| words(line).count;
        assert_eq!((count("The bridge, again!"), count("мост_1 открыт"), count("— !")), (3.0, 2.0, 0.0));
        assert_eq!((count("桥通车了"), count("GDP 增长 3")), (2.0, 3.0));
        assert_eq!(words("BRÜCKE offen").hashes, words("Brücke: Offen.").hashes);
        assert_ne!(words("ab c").hashes, words("a bc").hashes);
    }
}
