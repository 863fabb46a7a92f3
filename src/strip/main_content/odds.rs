//! How much oftener a word, or two words in a row, stands in the lines around articles than in those of articles. Learnt
//! by `train/main_content.py` and read from `rules/main_content/odds.tsv`.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::words::{self, Word};

/// Words from which a line counts as long.
pub(super) const LONG: f32 = 10.0;

/// Names of the features, in the order of [`Sum::features`].
pub(super) const NAMES: [&str; 7] = [
    "word_odds",
    "word_odds_most",
    "word_odds_least",
    "word_odds_first",
    "pair_odds",
    "pair_odds_most",
    "pair_odds_first",
];

/// Features of long lines that count beside their mean on the page.
pub(super) const CENTERED: [&str; 2] = ["word_odds", "word_odds_least"];

/// Log odds of words and of pairs of words, in short lines and in long ones: above 0 for chrome, below 0 for articles.
///
/// Text: a line each of the word, or two with a space between, the odds in short lines, those in long lines, parted by
/// tabs; 0 says nothing. A run of Chinese or Japanese characters or Hangul counts as its pairs of characters, any number
/// as `0`. What is no such line counts nothing.
#[derive(Debug, Default)]
pub struct WordOdds(FxHashMap<Word, [f32; 2]>);

/// The words that come with the program.
pub(super) static ODDS: LazyLock<WordOdds> =
    LazyLock::new(|| WordOdds::parse(include_str!("../../../rules/main_content/odds.tsv")));

impl WordOdds {
    /// Reads the words.
    pub fn parse(text: &str) -> Self {
        let row = |line: &str| {
            let mut fields = line.split('\t');
            let (units, short, long) = (fields.next()?, fields.next()?, fields.next()?);
            let mut units = units.split(' ').map(unit);
            let first = units.next()?;
            let word = units.next().map_or(first, |second| words::join(first, second));
            Some((word, [short.parse().ok()?, long.parse().ok()?]))
        };
        Self(text.lines().filter(|line| !line.starts_with('#')).filter_map(row).collect())
    }
}

/// Any number.
pub(super) const NUMBER: Word = 0x4e55_4d42_4552;

fn unit(word: &str) -> Word {
    if word == "0" { NUMBER } else { words::hash(word) }
}

/// What the words of one line say, word by word.
#[derive(Debug)]
pub(super) struct Sum<'w> {
    of: &'w WordOdds,
    last: Option<Word>,
    /// Of words, and of pairs.
    kinds: [Kind; 2],
}

/// Log odds in short lines and in long ones.
#[derive(Debug, Default)]
struct Kind {
    count: u32,
    sum: [f32; 2],
    most: [f32; 2],
    least: [f32; 2],
    first: [f32; 2],
}

impl Kind {
    fn add(&mut self, odds: [f32; 2]) {
        if self.count == 0 {
            self.first = odds;
        }
        self.count += 1;
        for (class, odds) in odds.into_iter().enumerate() {
            self.sum[class] += odds;
            self.most[class] = self.most[class].max(odds);
            self.least[class] = self.least[class].min(odds);
        }
    }
}

impl<'w> Sum<'w> {
    pub(super) fn new(of: &'w WordOdds) -> Self {
        Self { of, last: None, kinds: Default::default() }
    }

    /// The next word of the line; [`NUMBER`] for any number.
    pub(super) fn add(&mut self, word: Word) {
        let odds = |word| self.of.0.get(&word).copied().unwrap_or_default();
        let single = odds(word);
        let pair = self.last.map(|last| odds(words::join(last, word)));
        self.kinds[0].add(single);
        if let Some(pair) = pair {
            self.kinds[1].add(pair);
        }
        self.last = Some(word);
    }

    /// Of single words: the mean, the most, the least and the first of their log odds, in a line of so many words; of
    /// pairs: the mean, the most and the first. What says nothing counts 0.
    pub(super) fn features(&self, words: f32) -> [f32; NAMES.len()] {
        let class = usize::from(words >= LONG);
        let [word, pair] = &self.kinds;
        let mean = |kind: &Kind| kind.sum[class] / kind.count.max(1) as f32;
        [
            mean(word),
            word.most[class],
            word.least[class],
            word.first[class],
            mean(pair),
            pair.most[class],
            pair.first[class],
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strip::main_content::line;

    const WORDS: &str = "# word, short, long\nshare\t2\t0\nshare this\t3.5\t1.5\n分享\t1\t0\n0 comments\t2.5\t0\n\
        said\t0\t-1.2\nbroken\n";

    fn features(text: &str) -> [f32; NAMES.len()] {
        line::read(text, &WordOdds::parse(WORDS)).odds
    }

    #[test]
    fn words_and_pairs_count_by_mean_most_least_and_first_and_by_length_of_the_line() {
        assert_eq!(features("Share this"), [1.0, 2.0, 0.0, 2.0, 3.5, 3.5, 3.5]);
        assert_eq!(features("please share"), [1.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        let long = "They said that we should share this with all who are here now";
        assert_eq!(features(long), [-1.2 / 13.0, 0.0, -1.2, 0.0, 1.5 / 12.0, 1.5, 0.0]);
        assert_eq!(features("--"), [0.0; NAMES.len()]);
    }

    #[test]
    fn a_run_of_chinese_characters_counts_as_its_pairs() {
        assert_eq!(features("分享到")[..4], [0.5, 1.0, 0.0, 1.0]);
        assert_eq!(features("share分享")[..4], [1.0, 1.0, 0.0, 1.0], "what is glued to them says nothing");
    }

    #[test]
    fn any_number_is_one_word() {
        assert_eq!(features("12 comments")[4..], [2.5; 3]);
        assert_eq!(features("3 Comments")[4..], [2.5; 3]);
    }

    #[test]
    fn every_word_that_comes_with_the_program_is_found_where_it_stands() {
        let text = include_str!("../../../rules/main_content/odds.tsv");
        let rows: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(ODDS.0.len(), rows.len(), "none is broken, none stands twice");
        for row in rows {
            let word = row.split('\t').next().unwrap();
            let short = line::read(word, &ODDS).odds;
            let long = line::read(&format!("{word}{}", " .x".repeat(20)), &ODDS).odds;
            assert!(short.iter().chain(&long).any(|odds| *odds != 0.0), "{row}");
        }
    }
}
