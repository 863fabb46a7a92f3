//! What each article of an event says that the others do not.
//!
//! Invariant: every sentence and word shown stands in that article's text, and no word counted as its own stands in
//! another of the articles compared. The work is bounded: a few articles an event, the beginning of each.

use std::collections::{BTreeMap, BTreeSet};

use crate::group::events::words::{fold, is_spaceless, prefix, sentences, tokens};

/// Bytes of an article that are read.
pub(super) const READ: usize = 30_000;
/// Letters by which words are compared, and fewest letters of a word that counts: endings differ, small words say little.
const STEM: usize = 6;
const LEAST_LETTERS: usize = 4;
/// Sentences and words shown of an article, and words of a sentence worth showing.
const SENTENCES: usize = 2;
const WORDS: usize = 8;
const SENTENCE: std::ops::RangeInclusive<usize> = 7..=70;

/// What one article adds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Adds<'a> {
    /// Names and numbers, in the order in which they come.
    pub(super) words: Vec<&'a str>,
    /// Sentences, in the order in which they come.
    pub(super) sentences: Vec<&'a str>,
    /// Share of its words that no other article has, in percent.
    pub(super) own: u64,
}

/// A sentence: its text, its stems, its names and numbers with the stem of each.
struct Sentence<'a> {
    text: &'a str,
    words: usize,
    stems: BTreeSet<String>,
    names: Vec<(String, &'a str)>,
}

/// What each of `texts` adds to the others.
pub(super) fn find<'a>(texts: &[&'a str]) -> Vec<Adds<'a>> {
    let read: Vec<Vec<Sentence<'a>>> = texts.iter().map(|text| read(text)).collect();
    let mut held: BTreeMap<&str, usize> = BTreeMap::new();
    for article in &read {
        let stems: BTreeSet<&str> = article.iter().flat_map(|s| &s.stems).map(String::as_str).collect();
        stems.into_iter().for_each(|stem| *held.entry(stem).or_default() += 1);
    }
    let is_own = |stem: &str| held.get(stem) == Some(&1);
    read.iter().map(|article| adds(article, is_own)).collect()
}

fn read(text: &str) -> Vec<Sentence<'_>> {
    let mut end = text.len().min(READ);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].lines().flat_map(sentences).map(sentence).collect()
}

fn sentence(text: &str) -> Sentence<'_> {
    let mut found = Sentence { text, words: 0, stems: BTreeSet::new(), names: Vec::new() };
    let mut folded = String::new();
    for (place, token) in tokens(text).into_iter().enumerate() {
        found.words += token.words(text);
        let Some(word) = text.get(token.range) else { continue };
        fold(word, &mut folded);
        // Of two digits alone nobody can tell what they count.
        let is_number = word.starts_with(|c: char| c.is_numeric()) && word.len() > 2;
        let spaceless = word.starts_with(is_spaceless);
        if folded.chars().count() < LEAST_LETTERS && !is_number && !spaceless {
            continue;
        }
        let stem = if spaceless { folded.as_str() } else { prefix(&folded, STEM) };
        // What begins a sentence is capitalised whatever it is.
        if is_number || (place > 0 && word.starts_with(char::is_uppercase)) {
            found.names.push((stem.to_owned(), word));
        }
        found.stems.insert(stem.to_owned());
    }
    found
}

fn adds<'a>(article: &[Sentence<'a>], is_own: impl Fn(&str) -> bool) -> Adds<'a> {
    let all: BTreeSet<&str> = article.iter().flat_map(|s| &s.stems).map(String::as_str).collect();
    let own = all.iter().filter(|stem| is_own(stem)).count() as u64;
    let mut scored: Vec<(u64, std::cmp::Reverse<usize>)> = Vec::new();
    for (place, sentence) in article.iter().enumerate().filter(|(_, s)| SENTENCE.contains(&s.words)) {
        let own = sentence.stems.iter().filter(|stem| is_own(stem)).count() as u64;
        // At least half of what it says is new; of such the one that says most.
        if own >= 3 && own * 2 >= sentence.stems.len() as u64 {
            scored.push((own * own * 1000 / sentence.stems.len() as u64, std::cmp::Reverse(place)));
        }
    }
    scored.sort_unstable();
    let mut best: Vec<usize> = scored.iter().rev().take(SENTENCES).map(|(_, place)| place.0).collect();
    best.sort_unstable();
    let (mut words, mut said) = (Vec::new(), BTreeSet::new());
    for (stem, word) in article.iter().flat_map(|sentence| &sentence.names) {
        if words.len() < WORDS && is_own(stem) && said.insert(stem) {
            words.push(*word);
        }
    }
    let own = own * 100 / (all.len() as u64).max(1);
    Adds { words, sentences: best.into_iter().map(|place| article[place].text).collect(), own }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_one_article_says_is_found() {
        let shared = "The bridge over the river was opened on Monday by the minister of transport.";
        let first =
            format!("{shared} Workers from Lisbon had painted its towers with 4000 litres of red colour.");
        let second =
            format!("{shared} Critics complain about tolls, delays and the price of concrete in winter.");
        let found = find(&[&first, &second, shared]);
        assert_eq!(found[0].sentences.len(), 1);
        assert!(found[0].sentences[0].starts_with("Workers from Lisbon"));
        assert_eq!(found[0].words, ["Lisbon", "4000"]);
        assert!(found[1].sentences[0].starts_with("Critics complain"));
        assert_eq!(found[2], Adds::default());
        assert!(found[0].own > 30 && found[0].own < 80);
    }

    #[test]
    fn texts_of_any_script_and_length_are_read_in_bounds() {
        let long = "é".repeat(READ);
        let found = find(&[&long, "消息人士表示，大桥周一开通。", "", "Мост открыли в понедельник."]);
        assert_eq!(found.len(), 4);
        assert_eq!(find(&[]), []);
    }
}
