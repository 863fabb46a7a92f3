//! What the members of an event share, for people to judge by: words, sentences, dates.
//!
//! Every word and sentence stands in the text of a member (lines of a wrapped paragraph joined by a space, link targets
//! left out). An event of thousands of documents costs no more than one of eight: words and sentences come from the
//! members closest to the others.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::Articles;
use super::corpus::Corpus;
use super::features::{Kind, each_feature};
use super::weights::Weights;
use super::words;
use crate::Result;
use crate::dates::Date;

const MAX_TERMS: usize = 20;
const MAX_PAIRS: usize = 12;
/// Members whose text is read, and sentences read of each.
const READ_MEMBERS: usize = 8;
const READ_SENTENCES: usize = 40;
/// Words of a sentence worth showing; one that is longer is shown in passages.
const SENTENCE_WORDS: std::ops::RangeInclusive<usize> = 5..=70;
/// Features that two sentences must share to be shown.
const SHARED: usize = 3;

/// Terms and sentence pairs of an event; a sentence is (rank, text).
pub(super) struct Evidence {
    pub(super) terms: Vec<String>,
    pub(super) sentences: Vec<((usize, String), (usize, String))>,
}

/// A sentence and its features that could match: ids ascending, and the sum of their squared weights.
struct Sentence {
    rank: usize,
    text: String,
    ids: Vec<usize>,
    norm: u64,
}

/// What a feature of the lead counts beside one of the whole text: the lead is about a fifth of a text, and half of the
/// score.
const LEAD_COUNTS: u64 = 5;

/// A feature as the members write it.
#[derive(Default)]
struct Term {
    ranks: BTreeSet<usize>,
    /// Features that stand in the text with it: the name that a word is, the words of a name.
    ids: BTreeSet<usize>,
    surfaces: BTreeMap<String, usize>,
    /// Hashes of the single words that it is made of.
    parts: BTreeSet<u64>,
}

/// Reads the members (ranks, closest to the others first) and says what they share.
///
/// # Errors
/// What reading a text gives.
pub(super) fn find(
    articles: &dyn Articles,
    corpus: &Corpus,
    weights: &Weights,
    members: &[usize],
) -> Result<Evidence> {
    let mut sentences: Vec<Sentence> = Vec::new();
    let mut terms: BTreeMap<usize, Term> = BTreeMap::new();
    for &rank in members.iter().take(READ_MEMBERS) {
        let paragraphs = corpus.paragraphs(articles, rank)?;
        let every = paragraphs
            .iter()
            .flat_map(|p| words::sentences(&p.text))
            .flat_map(|sentence| words::passages(sentence, *SENTENCE_WORDS.end()));
        for (nth, sentence) in every.enumerate() {
            let ids = note_terms(corpus, rank, sentence, &mut terms);
            if nth < READ_SENTENCES && SENTENCE_WORDS.contains(&words::count(sentence)) {
                let norm = ids.iter().map(|&id| weights.usual(id).pow(2)).sum();
                sentences.push(Sentence { rank, text: sentence.to_owned(), ids, norm });
            }
        }
    }
    let read = members.iter().take(READ_MEMBERS).copied();
    Ok(Evidence {
        terms: best_terms(&terms, &shares(corpus, weights, read)),
        sentences: best_pairs(&sentences, weights),
    })
}

/// Notes the features of a sentence; returns the ids of those that could match, ascending.
fn note_terms(corpus: &Corpus, rank: usize, sentence: &str, terms: &mut BTreeMap<usize, Term>) -> Vec<usize> {
    let mut ids = Vec::new();
    // Hashes of the word before and of this one, and their features.
    let mut words = [None; 2];
    let mut with: [Vec<usize>; 2] = Default::default();
    each_feature(sentence, |feature| {
        if feature.kind == Kind::Plain {
            words = [words[1], Some(feature.hash)];
            with.swap(0, 1);
            with[1].clear();
        }
        let parts: Vec<u64> = match feature.kind {
            Kind::Plain => vec![feature.hash],
            Kind::Pair => words.into_iter().flatten().collect(),
            Kind::Capital | Kind::Number => Vec::new(),
        };
        let Some(id) = corpus.id(rank, feature.hash).filter(|&id| !corpus.stop[id]) else { return };
        ids.push(id);
        with[1].push(id);
        let letters = feature.surface.chars().filter(|c| c.is_alphabetic()).count();
        // Two names in a list are no name of two words.
        let one =
            feature.surface.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '\'' | '’' | '.'));
        if matches!(feature.kind, Kind::Plain | Kind::Pair) && letters > 1 && one {
            let term = terms.entry(id).or_default();
            term.ranks.insert(rank);
            *term.surfaces.entry(feature.surface.to_owned()).or_default() += 1;
            term.parts.extend(parts);
            term.ids.extend(&with[1]);
            if feature.kind == Kind::Pair {
                term.ids.extend(&with[0]);
            }
        } else if feature.kind == Kind::Capital
            && let Some(term) = with[1].first().and_then(|word| terms.get_mut(word))
        {
            term.ids.insert(id);
        }
    });
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// How much each feature that at least two members share does for their similarity, in its own right.
fn shares(corpus: &Corpus, weights: &Weights, members: impl Iterator<Item = usize>) -> FxHashMap<usize, u64> {
    // Members that hold it, and members that hold it in their leads.
    let mut held: FxHashMap<usize, [u64; 2]> = FxHashMap::default();
    for entry in members.flat_map(|rank| corpus.entries(rank)) {
        let count = held.entry(entry.id()).or_default();
        count[0] += 1;
        count[1] += u64::from(entry.is_in(1));
    }
    let pairs = |n: u64| n * n.saturating_sub(1) / 2;
    held.retain(|_, [all, _]| *all > 1);
    held.into_iter()
        .map(|(id, [all, lead])| (id, weights.usual(id).pow(2) * (pairs(all) + LEAD_COUNTS * pairs(lead))))
        .collect()
}

/// The terms that do most for the similarity of the members, of those that at least two of them hold; of equals names of
/// several words first, then what is said most often.
fn best_terms(terms: &BTreeMap<usize, Term>, shares: &FxHashMap<usize, u64>) -> Vec<String> {
    let mut shared: Vec<(Reverse<[u64; 3]>, &str, &Term)> = terms
        .iter()
        .filter(|(_, term)| term.ranks.len() > 1)
        .filter_map(|(_, term)| {
            // The commonest way to write it; of equals the first in the alphabet.
            let (surface, _) = term.surfaces.iter().max_by_key(|(text, n)| (**n, Reverse(text.as_str())))?;
            let weight: u64 = term.ids.iter().filter_map(|id| shares.get(id)).sum();
            let said = term.surfaces.values().sum::<usize>() as u64;
            (weight > 0).then_some((Reverse([weight, term.parts.len() as u64, said]), surface.as_str(), term))
        })
        .collect();
    shared.sort_unstable_by_key(|(merit, surface, _)| (*merit, *surface));
    let (mut chosen, mut said): (Vec<String>, BTreeSet<u64>) = (Vec::new(), BTreeSet::new());
    for (_, surface, term) in shared {
        let repeats = chosen.iter().any(|c| c.contains(surface) || surface.contains(c.as_str()));
        if chosen.len() < MAX_TERMS && !repeats && !term.parts.is_subset(&said) {
            said.extend(&term.parts);
            chosen.push(surface.to_owned());
        }
    }
    chosen
}

/// The pairs of sentences from different members that share most: cosine times what is shared, so that of two equals the
/// longer one counts; no sentence twice.
fn best_pairs(sentences: &[Sentence], weights: &Weights) -> Vec<((usize, String), (usize, String))> {
    let mut scored: Vec<(Reverse<u64>, usize, usize)> = Vec::new();
    for (i, a) in sentences.iter().enumerate() {
        for (j, b) in sentences.iter().enumerate().skip(i + 1).filter(|(_, b)| b.rank != a.rank) {
            let shared = a.ids.iter().filter(|id| b.ids.binary_search(id).is_ok());
            let (mut count, mut dot) = (0, 0_u64);
            for &id in shared {
                count += 1;
                dot += weights.usual(id).pow(2);
            }
            if count >= SHARED && dot > 0 {
                let cosine = dot as f64 / ((a.norm as f64).sqrt() * (b.norm as f64).sqrt());
                scored.push((Reverse((cosine * dot as f64).round() as u64), i, j));
            }
        }
    }
    scored.sort_unstable();
    let (mut pairs, mut used) = (Vec::new(), BTreeSet::new());
    for (_, i, j) in scored {
        if pairs.len() < MAX_PAIRS && !used.contains(&i) && !used.contains(&j) {
            used.extend([i, j]);
            let side = |s: &Sentence| (s.rank, s.text.clone());
            pairs.push((side(&sentences[i]), side(&sentences[j])));
        }
    }
    pairs
}

/// Days that at least two members name, ascending. A day without year counts with the same day of any year, and is
/// listed where no year of it is.
pub(super) fn shared_dates(corpus: &Corpus, members: &[usize]) -> Vec<Date> {
    let (mut dated, mut days): (BTreeMap<Date, usize>, BTreeMap<Date, usize>) = Default::default();
    for &rank in members {
        let known = corpus.dates[rank].iter().filter(|d| d.month.is_some() && d.day.is_some());
        let with_year: BTreeSet<Date> = known.clone().filter(|d| d.year.is_some()).copied().collect();
        let without: BTreeSet<Date> = known.map(|d| Date { year: None, ..*d }).collect();
        with_year.into_iter().for_each(|d| *dated.entry(d).or_default() += 1);
        without.into_iter().for_each(|d| *days.entry(d).or_default() += 1);
    }
    dated.retain(|_, n| *n > 1);
    let listed: BTreeSet<Date> = dated.keys().map(|d| Date { year: None, ..*d }).collect();
    // A day of which two members name different years only is no shared date.
    days.retain(|day, n| {
        let unsaid = |rank: &usize| corpus.dates[*rank].contains(day);
        *n > 1 && !listed.contains(day) && members.iter().any(unsaid)
    });
    dated.into_keys().chain(days.into_keys()).collect()
}
