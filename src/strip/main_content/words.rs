//! The word lists of the model: small sets of hashes, read once from `rules/main_content/words.txt`.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;

/// A word, lower case, as a number.
pub(super) type Word = u64;

/// Hash of nothing yet.
pub(super) const NO_WORD: Word = 0x5151_7ea5;

/// `word` with one more character.
#[inline]
pub(super) fn push(word: Word, c: char) -> Word {
    (word.rotate_left(7) ^ u64::from(u32::from(c))).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// A word as a number.
pub(super) fn hash(word: &str) -> Word {
    word.chars().fold(NO_WORD, push)
}

/// The word after `before` in a phrase.
pub(super) fn join(before: Word, word: Word) -> Word {
    (before.rotate_left(23) ^ word).wrapping_mul(0xD6E8_FEB8_6659_FD93)
}

/// Most words that a phrase of `start` has.
pub(super) const LONGEST_PHRASE: usize = 4;

/// All lists.
#[derive(Debug, Default)]
pub(super) struct Lists {
    /// Words that sentences are made of.
    pub(super) stop: FxHashSet<Word>,
    /// Words of what follows articles.
    pub(super) after: FxHashSet<Word>,
    /// Words of what belongs to the site.
    pub(super) site: FxHashSet<Word>,
    /// Words of captions and credits.
    pub(super) caption: FxHashSet<Word>,
    /// Phrases with which teasers, notices and credits begin.
    pub(super) start: FxHashSet<Word>,
    /// As `after`, for scripts without spaces.
    pub(super) after_cjk: Vec<String>,
    /// As `site`.
    pub(super) site_cjk: Vec<String>,
    /// As `start`.
    pub(super) start_cjk: Vec<String>,
    /// Characters that sentences are made of.
    pub(super) function_cjk: FxHashSet<char>,
}

/// The lists that come with the program.
pub(super) static LISTS: LazyLock<Lists> =
    LazyLock::new(|| Lists::parse(include_str!("../../../rules/main_content/words.txt")));

impl Lists {
    fn parse(text: &str) -> Self {
        let mut lists = Self::default();
        let mut section = "";
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some(rest) = line.strip_prefix('[') {
                section = rest.split(']').next().unwrap_or_default();
                continue;
            }
            let words = line.split_whitespace();
            match section {
                "stop" => lists.stop.extend(words.map(hash)),
                "after" => lists.after.extend(words.map(hash)),
                "site" => lists.site.extend(words.map(hash)),
                "caption" => lists.caption.extend(words.map(hash)),
                "after-cjk" => lists.after_cjk.extend(words.map(str::to_owned)),
                "site-cjk" => lists.site_cjk.extend(words.map(str::to_owned)),
                "start-cjk" => lists.start_cjk.extend(words.map(str::to_owned)),
                "function-cjk" => lists.function_cjk.extend(words.flat_map(str::chars)),
                "start" => {
                    let phrases = line.split(',').map(str::trim).filter(|phrase| !phrase.is_empty());
                    let joined = |phrase: &str| phrase.split_whitespace().map(hash).fold(NO_WORD, join);
                    lists.start.extend(phrases.map(joined));
                }
                _ => {}
            }
        }
        lists
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_has_words_and_phrases_are_not_longer_than_is_looked_for() {
        let lists = &*LISTS;
        for list in [&lists.stop, &lists.after, &lists.site, &lists.caption, &lists.start] {
            assert!(list.len() > 20, "{}", list.len());
        }
        for list in [&lists.after_cjk, &lists.site_cjk, &lists.start_cjk] {
            assert!(list.len() > 10, "{list:?}");
        }
        assert!(lists.function_cjk.contains(&'的'));
        assert!(lists.start.contains(&["see", "also"].map(hash).into_iter().fold(NO_WORD, join)));
        let text = include_str!("../../../rules/main_content/words.txt");
        let phrases = text.split("[start]").nth(1).unwrap().split("\n[").next().unwrap();
        assert!(
            phrases
                .lines()
                .skip(1)
                .flat_map(|l| l.split(','))
                .all(|p| p.split_whitespace().count() <= LONGEST_PHRASE)
        );
    }
}
