//! A page, read: its logical lines, what each says by itself, and what it takes the other lines to say.

use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

use super::line::{self, Said};
use super::odds::{self, WordOdds};
use super::words::{LISTS, Word};
use crate::document::Cut;
use crate::strip::lines::{self, Lines};
use crate::strip::unwrap::{Logical, unwrap};

/// Names of the columns that compare a line with others.
const PAGE_NAMES: [&str; 8] =
    ["blank_before", "blank_after", "repeated", "page_stop", "topical", "title", "rule", "elsewhere"];

/// Names of the columns that every line has.
pub(super) fn own_names() -> impl Iterator<Item = &'static str> {
    line::NAMES.into_iter().chain(odds::NAMES).chain(PAGE_NAMES)
}

/// A page and its columns: one value a line.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) physical: Lines,
    pub(super) lines: Vec<Logical>,
    pub(super) said: Vec<Said>,
    /// Words of each line that rules left, [`LONGEST`] at most.
    pub(super) words: Vec<f32>,
    /// The columns named by [`own_names`].
    columns: Vec<Vec<f32>>,
    /// The run of lines with most words, each less [`LINE_COSTS`].
    pub(super) segment: Range<usize>,
    /// The run of lines with most words in lines that read like sentences, less the words in others.
    pub(super) prose: Range<usize>,
    /// Lines that go whatever the model says; to everything else here they are like others.
    pub(super) away: Vec<bool>,
}

/// Words above which a line says no more.
const LONGEST: f32 = 300.0;
/// Words that a line must have to make a run of lines better.
const LINE_COSTS: f32 = 9.0;
/// Share of a line that rules must have cut for the line to count as gone.
pub(super) const GONE: f32 = 0.9;
/// Words from which a line counts as a paragraph.
const PARAGRAPH: f32 = 12.0;

impl Page {
    /// Reads `text`, of which rules cut `cuts`, and rules that were learned from other pages cut `learned` (each sorted,
    /// disjoint).
    pub(super) fn read(text: &[u8], cuts: &[Cut], learned: &[Cut], odds: &WordOdds) -> Self {
        let physical = lines::split(text);
        let lines = unwrap(text, &physical);
        let place = |logical: &Logical| physical.start(logical.first)..physical.at(logical.end - 1).end;
        let places: Vec<Range<usize>> = lines.iter().map(place).collect();
        let said = places
            .iter()
            .map(|place| line::read(&String::from_utf8_lossy(&text[place.clone()]), odds))
            .collect();
        let gone = shares(&places, cuts);
        let away = shares(&places, learned).into_iter().map(|share| share >= GONE).collect();
        let mut page = Self { physical, lines, said, away, ..Self::default() };
        page.words = page
            .said
            .iter()
            .zip(&gone)
            .map(|(said, gone)| (said.words * (1.0 - gone)).min(LONGEST))
            .collect();
        page.columns = (0..line::NAMES.len())
            .map(|column| page.said.iter().map(|said| said.features[column]).collect())
            .chain(
                (0..odds::NAMES.len()).map(|column| page.said.iter().map(|said| said.odds[column]).collect()),
            )
            .collect();
        page.center_odds();
        page.compare(gone);
        page
    }

    /// Number of lines.
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// The column of that name; an empty one if there is none.
    pub(super) fn column(&self, name: &str) -> &[f32] {
        let at = own_names().position(|n| n == name);
        at.and_then(|at| self.columns.get(at)).map_or(&[], Vec::as_slice)
    }

    /// Takes from the odds of long lines what they are on average on the page: in a language of which few words are known
    /// all lines would look alike, and unlike an article.
    fn center_odds(&mut self) {
        for name in odds::CENTERED {
            let Some(column) =
                own_names().position(|own| own == name).and_then(|at| self.columns.get_mut(at))
            else {
                continue;
            };
            let long = || self.said.iter().enumerate().filter(|(_, said)| said.words >= odds::LONG);
            let words: f64 = long().map(|(i, _)| f64::from(self.words[i])).sum();
            let sum: f64 = long().map(|(i, _)| f64::from(self.words[i]) * f64::from(column[i])).sum();
            let mean = (sum / words.max(1.0)) as f32;
            long().for_each(|(i, _)| column[i] -= mean);
        }
    }

    /// Adds the columns that compare a line with others.
    fn compare(&mut self, gone: Vec<f32>) {
        let len = self.len();
        let flag = |on: bool| f32::from(u8::from(on));
        let before = self.lines.iter().map(|l| flag(l.blank_before)).collect();
        let after = (0..len).map(|i| flag(self.lines.get(i + 1).is_none_or(|l| l.blank_before))).collect();
        let mut times: FxHashMap<Word, u32> = FxHashMap::default();
        for said in &self.said {
            *times.entry(said.key).or_default() += 1;
        }
        let repeated: Vec<f32> = self.said.iter().map(|said| flag(times[&said.key] > 1)).collect();
        let gain = |i: usize| if gone[i] < GONE { self.words[i] - LINE_COSTS } else { -LINE_COSTS };
        self.segment = maximum_segment((0..len).map(gain));
        let (ends, stop) = (self.column("ends_sentence"), self.column("stopwords"));
        let reads = |i: usize| self.words[i] >= 8.0 && (ends[i] > 0.0 || stop[i] > 0.25);
        let gain = |i: usize| if reads(i) { self.words[i] - LINE_COSTS } else { -self.words[i] - 2.0 };
        self.prose = maximum_segment((0..len).map(gain));
        let page_stop = self.page_stop();
        let (topical, elsewhere) = self.topical();
        let title = self.title();
        self.columns.extend([before, after, repeated, page_stop, topical, title, gone, elsewhere]);
    }

    /// Share of the words of each line that stand in a quarter of the paragraphs of the page, and in three of them: a
    /// list of stop words of its own.
    fn page_stop(&self) -> Vec<f32> {
        let mut holders: FxHashMap<Word, u32> = FxHashMap::default();
        let mut paragraphs = 0;
        let mut own: Vec<Word> = Vec::new();
        for said in self.said.iter().filter(|said| said.words >= PARAGRAPH) {
            paragraphs += 1;
            own.clone_from(&said.tokens);
            own.sort_unstable();
            own.dedup();
            own.iter().for_each(|word| *holders.entry(*word).or_default() += 1);
        }
        let enough = (paragraphs / 4 + u32::from(paragraphs % 4 > 0)).max(3);
        let often: FxHashSet<Word> =
            holders.into_iter().filter(|(_, n)| *n >= enough).map(|(word, _)| word).collect();
        let share = |said: &Said| {
            let hits = said.tokens.iter().filter(|word| often.contains(word)).count();
            hits as f32 / said.tokens.len().max(1) as f32
        };
        self.said.iter().map(share).collect()
    }

    /// Share of the content words of each line that other lines of the segment have, and that other lines outside it
    /// have.
    fn topical(&self) -> (Vec<f32>, Vec<f32>) {
        let inside = |i: usize| self.segment.contains(&i);
        self.shared(inside, |i| !inside(i))
    }

    /// For each line, the share of its content words that stand in another line of the first kind, and of the second.
    pub(super) fn shared(
        &self,
        first: impl Fn(usize) -> bool,
        second: impl Fn(usize) -> bool,
    ) -> (Vec<f32>, Vec<f32>) {
        let mut holders: FxHashMap<Word, [u32; 2]> = FxHashMap::default();
        for (i, said) in self.said.iter().enumerate() {
            let kinds = [u32::from(first(i)), u32::from(second(i))];
            for word in &said.content {
                let counts = holders.entry(*word).or_default();
                counts[0] += kinds[0];
                counts[1] += kinds[1];
            }
        }
        let share = |i: usize, kind: usize, own: bool| {
            let content = &self.said[i].content;
            let hits = content.iter().filter(|word| holders[word][kind] > u32::from(own)).count();
            hits as f32 / content.len().max(2) as f32
        };
        let lines = 0..self.len();
        (
            lines.clone().map(|i| share(i, 0, first(i))).collect(),
            lines.map(|i| share(i, 1, second(i))).collect(),
        )
    }

    /// Share of the content words of the first line that each other line has: where the title stands again, articles
    /// begin.
    fn title(&self) -> Vec<f32> {
        let stop = &LISTS.stop;
        let title: FxHashSet<Word> = match self.said.first() {
            Some(first) => first.content.iter().copied().filter(|word| !stop.contains(word)).collect(),
            None => FxHashSet::default(),
        };
        let share = |(i, said): (usize, &Said)| {
            if i == 0 || title.len() < 3 {
                return 0.0;
            }
            said.content.iter().filter(|word| title.contains(word)).count() as f32 / title.len() as f32
        };
        self.said.iter().enumerate().map(share).collect()
    }
}

/// The share of each of `places` (sorted, disjoint) that `cuts` (sorted, disjoint) take.
fn shares(places: &[Range<usize>], cuts: &[Cut]) -> Vec<f32> {
    let mut first = 0;
    let share = |place: &Range<usize>| {
        while cuts.get(first).is_some_and(|cut| cut.end <= place.start) {
            first += 1;
        }
        let inside = cuts[first..].iter().take_while(|cut| cut.start < place.end);
        let taken: usize = inside.map(|cut| cut.end.min(place.end) - cut.start.max(place.start)).sum();
        taken as f32 / place.len().max(1) as f32
    };
    places.iter().map(share).collect()
}

/// The run with the largest sum; the first of equals, empty if no value is above 0.
pub(super) fn maximum_segment(gain: impl Iterator<Item = f32>) -> Range<usize> {
    let (mut best, mut total, mut from) = (0.0_f32, 0.0_f32, 0);
    let mut segment = 0..0;
    for (i, gain) in gain.enumerate() {
        if total <= 0.0 {
            (total, from) = (0.0, i);
        }
        total += gain;
        if total > best {
            best = total;
            segment = from..i + 1;
        }
    }
    segment
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_other_run_of_lines_has_a_larger_sum(gain in proptest::collection::vec(-20_i8..20, 0..30)) {
            let gain: Vec<f32> = gain.into_iter().map(f32::from).collect();
            let best: f32 = gain[maximum_segment(gain.iter().copied())].iter().sum();
            for from in 0..gain.len() {
                for end in from..gain.len() {
                    prop_assert!(gain[from..=end].iter().sum::<f32>() <= best);
                }
            }
        }
    }

    #[test]
    fn the_odds_of_a_long_line_count_beside_their_mean_on_the_page() {
        let odds = WordOdds::parse("said\t0\t-1\nmenu\t2\t0\n");
        let page = |known: &str| format!("menu\n{known} b c d e f g h i j\na b c d e f g h i j\n");
        let of = |text: &str| Page::read(text.as_bytes(), &[], &[], &odds).column("word_odds").to_vec();
        assert_eq!(of(&page("said")), [2.0, -0.05, 0.05]);
        assert_eq!(of(&page("sagte")), [2.0, 0.0, 0.0], "of a language of which no word is known");
    }

    #[test]
    fn lines_that_rules_cut_have_no_words_left() {
        let text = b"One two three.\nFour five.\n";
        let page = Page::read(text, &[Cut { start: 0, end: 15, rule: 7 }], &[], &WordOdds::default());
        assert_eq!(page.words, [0.0, 2.0]);
        assert_eq!(page.column("rule"), [1.0, 0.0]);
    }
}
