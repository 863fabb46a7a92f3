//! Main content: which lines of a page that was dumped as plain lines are its article.
//!
//! Hard-wrapped paragraphs are joined to logical lines (`unwrap`); each line gets features from itself (`line`, with
//! `words` and `odds`), from the page (`page`) and from its neighbours (`context`); a linear model scores every line, and
//! the cheapest way through the page decides (`linear`). A second pass looks at every line beside the article of the
//! first (`second`). Weights and words stand in `rules/main_content/`; `train/` makes the weights and the odds.
//!
//! What it keeps is never empty where the page has a word, and an article without a page around it stays as it is. It
//! names whole lines only. A text of more than a quarter of a million lines is no page, and stays. Time is linear in the length of the text, up to sorting the lines. All numbers are made of operations that IEEE 754 fixes: the same on every machine.

mod context;
mod line;
mod model;
mod odds;
mod page;
mod second;
mod words;

use std::ops::Range;
use std::sync::LazyLock;

use super::ruleset::MAIN_CONTENT;
use crate::document::Cut;
use crate::linear::viterbi;
use model::Model;
use odds::ODDS;
use page::{GONE, Page};

/// The rule that cuts name.
pub const RULE: &str = "main.content";

/// Where no more than this share of the words lies outside the article, the text is an article already and stays as it
/// is.
const CLEAN: f64 = 0.03;
/// Lines above which a text is no page, and stays as it is: what is known of a line takes about a kilobyte.
const MOST_LINES: usize = 1 << 18;
/// By how much the leaning to keeping grows until something is kept, and how often.
const LEAN_MORE: f32 = 0.5;
const LEAN_MOST: usize = 64;

static MODEL: LazyLock<Model> =
    LazyLock::new(|| Model::parse(include_str!("../../../rules/main_content/weights.tsv")));

/// A logical line of a page, with what the model says of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// Bytes of the text, from the start of its first physical line to the end of the terminator of its last.
    pub range: Range<usize>,
    /// Above 0: the line by itself reads like the article; about ±4 is sure.
    pub score: f32,
    /// Whether it is in the article, all lines considered.
    pub kept: bool,
}

/// The logical lines of `text` (blank lines are in none), each with its score. `cuts` are what rules cut of it, `learned`
/// what rules cut that were learned from other pages: sorted, disjoint, in bytes of `text`. A page is judged as if nothing
/// were learned: of what repeats on two pages one would be told apart from what repeats on twenty.
///
/// ```
/// let page = "Home\nNews\nSport\nWeather\nContact\n\n\
///     The bridge over the river was opened again on Monday, a year after the flood that had broken it.\n\n\
///     The mayor said that she was glad, and that nobody would have to take the ferry any more.\n\n\
///     Other stories\nThe ferry stops in winter\nA school for the island\nWeather: rain on Friday\nSport\nSign in\n";
/// let lines = tamis::strip::main_content::lines(page.as_bytes(), &[], &[]);
/// let kept = lines.iter().filter(|line| line.kept).map(|line| &page[line.range.clone()]);
/// let kept: String = kept.collect();
/// assert!(kept.starts_with("The bridge over the river") && kept.contains("take the ferry any more.\n"));
/// assert!(!kept.contains("ferry stops") && !kept.contains("Sign in"));
/// ```
pub fn lines(text: &[u8], cuts: &[Cut], learned: &[Cut]) -> Vec<Scored> {
    let page = Page::read(text, cuts, learned, &ODDS);
    let (score, kept) = judge(&page, &MODEL);
    let lines = page.lines.iter().zip(score).zip(kept).map(|((logical, score), kept)| Scored {
        range: page.physical.start(logical.first)..page.physical.start(logical.end),
        score,
        kept,
    });
    lines.collect()
}

/// The runs of `text` that lie outside the article, in bytes of what `cuts` (sorted, disjoint) leave of it: one for each
/// logical line, sorted; none is empty. `is_learned` tells whether a rule was learned from other pages.
pub(super) fn not_article(text: &[u8], cuts: &[Cut], is_learned: impl Fn(u32) -> bool) -> Vec<Range<usize>> {
    if memchr::memchr_iter(b'\n', text).nth(MOST_LINES).is_some() {
        return Vec::new();
    }
    let (learned, of_rules): (Vec<Cut>, Vec<Cut>) =
        cuts.iter().filter(|cut| cut.rule > MAIN_CONTENT).partition(|cut| is_learned(cut.rule));
    let (mut next, mut taken) = (0, 0);
    let mut left = |at: usize| {
        while let Some(cut) = cuts.get(next).filter(|cut| cut.end <= at) {
            taken += cut.len();
            next += 1;
        }
        at - taken - cuts.get(next).map_or(0, |cut| at.saturating_sub(cut.start))
    };
    let dropped = lines(text, &of_rules, &learned).into_iter().filter(|line| !line.kept);
    dropped
        .map(|line| left(line.range.start)..left(line.range.end))
        .filter(|range| !range.is_empty())
        .collect()
}

/// The score of each line of `page`, and whether it is kept.
fn judge(page: &Page, model: &Model) -> (Vec<f32>, Vec<bool>) {
    let mut scores = model.scores(page.len());
    context::columns(page, &mut scores);
    let kept = decode(page, model, &scores.sums[0], &[]);
    let first = std::mem::take(&mut scores.sums[0]);
    scores.sums[0] = vec![0.0; page.len()];
    second::columns(page, &first, &kept, &mut scores);
    let [_, score] = scores.sums;
    let kept = decode(page, model, &score, &page.away);
    let sum = |dropped: &dyn Fn(usize) -> bool| -> f64 {
        (0..page.len()).filter(|i| dropped(*i)).map(|i| f64::from(page.words[i])).sum()
    };
    let is_clean = sum(&|i| !kept[i]) <= CLEAN * sum(&|_| true);
    (score, if is_clean { vec![true; page.len()] } else { kept })
}

/// Which lines the scores choose: something, if the page has a word that rules left. `away` marks the lines that go
/// anyway; none are, if it is empty.
fn decode(page: &Page, model: &Model, score: &[f32], away: &[bool]) -> Vec<bool> {
    let is_away = |i: usize| away.get(i) == Some(&true);
    let gone = page.column("rule");
    let mut lean = model.bias;
    let mut keep = Vec::new();
    for _ in 0..LEAN_MOST {
        let weight = |i: usize| if gone[i] >= GONE { 0.0 } else { (page.words[i] + 1.0).sqrt() };
        let gain = |i: usize| {
            let gain = (score[i] + lean) * weight(i);
            // What goes anyway is no reason to stay in the article.
            if is_away(i) { gain.min(0.0) } else { gain }
        };
        let gain: Vec<f32> = (0..page.len()).map(gain).collect();
        keep = viterbi(&gain, model.switch);
        if (0..page.len()).any(|i| keep[i] && page.words[i] > 0.0 && !is_away(i)) {
            return keep;
        }
        lean += LEAN_MORE;
    }
    if keep.iter().any(|keep| *keep) { keep } else { vec![true; page.len()] }
}

/// What training needs: the features as they are, for every line.
pub mod training {
    use std::fmt::Arguments;
    use std::ops::Range;

    use super::context::{self, Columns};
    pub use super::odds::WordOdds;
    use super::page::Page;
    use super::{decode, model, second};
    use crate::document::Cut;

    /// A page with the features of its lines.
    #[derive(Debug, Default)]
    pub struct Features {
        /// Bytes of each logical line.
        pub ranges: Vec<Range<usize>>,
        /// Words of each line that rules left.
        pub words: Vec<f32>,
        /// Share of each line that rules cut.
        pub gone: Vec<f32>,
        /// Column by column, one value a line.
        pub columns: Vec<Vec<f32>>,
    }

    struct Collect {
        lines: usize,
        columns: Vec<Vec<f32>>,
    }

    impl Columns for Collect {
        fn column(&mut self, _: Arguments<'_>, value: impl Fn(usize) -> f32) {
            self.columns.push((0..self.lines).map(value).collect());
        }
    }

    /// Names of the features of the first pass, and of those that the second pass has more.
    pub fn names() -> (Vec<String>, Vec<String>) {
        model::names()
    }

    /// The features of every line of `text`, of which rules cut `cuts`: those of the first pass, or, where the scores of
    /// the first pass are given, those that the second has more.
    pub fn features(text: &[u8], cuts: &[Cut], first: Option<&[f32]>, odds: &WordOdds) -> Features {
        let page = Page::read(text, cuts, &[], odds);
        let mut collect = Collect { lines: page.len(), columns: Vec::new() };
        match first {
            None => context::columns(&page, &mut collect),
            Some(score) => {
                let kept = decode(&page, &super::MODEL, score, &[]);
                second::columns(&page, score, &kept, &mut collect);
            }
        }
        let range =
            |l: &crate::strip::unwrap::Logical| page.physical.start(l.first)..page.physical.at(l.end - 1).end;
        Features {
            ranges: page.lines.iter().map(range).collect(),
            gone: page.column("rule").to_vec(),
            words: page.words,
            columns: collect.columns,
        }
    }
}

#[cfg(test)]
mod tests;
