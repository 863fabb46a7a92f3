//! Which lines of a page are its article: a linear model looks at each beside what the extraction found.
//!
//! The extraction misses headings and paragraphs that are marked up otherwise than their neighbours, and takes links to
//! other stories between paragraphs. The model sees only structure (links, neighbours, containers, place below the title),
//! no words, so it knows no language. Its weights stand in `rules/html/weights.tsv`; `train/saved_pages.py` makes them.

use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};

use super::blocks::Block;
use super::words::{Words, words};
use crate::linear::{Feature, Weights, viterbi};

/// Names of what the model looks at, in the order of [`features`].
pub(super) const NAMES: [&str; 15] = [
    "extracted",
    "linked",
    "siblings",
    "mass",
    "inside",
    "before",
    "short",
    "long",
    "lead",
    "title",
    "heading",
    "heading_inside",
    "heading_before",
    "ends_sentence",
    "paragraph",
];

/// Words of a line that is too short to say much, and of one that is a paragraph.
const SHORT: f32 = 4.0;
pub(super) const LONG: f32 = 15.0;
/// Words from which a line below the title may be the lead.
const LEAD: f32 = 12.0;
/// Share of the words, of a line and a title together, that both have if they are the same.
const SAME_TITLE: f32 = 0.6;
/// Distinct words that a title has at least, or is taken to have.
const TITLE_WORDS: usize = 3;
const ENDS: [char; 13] = ['.', '!', '?', '…', '。', '！', '？', ':', '：', '।', '॥', '؟', '۔'];
const CLOSERS: [char; 14] = ['"', '\'', '”', '“', '’', '»', '«', '›', ')', ']', '」', '』', '）', '\u{a0}'];

static MODEL: LazyLock<Model> =
    LazyLock::new(|| Model::parse(include_str!("../../../rules/html/weights.tsv")));

struct Model {
    features: Vec<Option<Feature>>,
    start: f32,
    /// Added to every score: how much it leans to keeping.
    bias: f32,
    /// Cost of each change between article and rest.
    switch: f32,
    /// A feature counts at most so many deviations.
    clip: f32,
}

impl Model {
    fn parse(text: &str) -> Self {
        let file = Weights::parse(text);
        Self {
            features: NAMES.iter().map(|name| file.feature(name)).collect(),
            start: file.setting("start"),
            bias: file.setting("bias"),
            switch: file.setting("switch"),
            clip: file.setting("clip"),
        }
    }

    fn score(&self, line: &[f32; NAMES.len()]) -> f32 {
        let weighed = self.features.iter().zip(line).filter_map(|(feature, value)| {
            let feature = feature.as_ref()?;
            Some(feature.deviations(*value, self.clip) * feature.weights.first()?)
        });
        weighed.fold(self.start, |sum, part| sum + part)
    }
}

/// Which of `blocks` (with their words) are the article, of which the extraction found those marked in `extracted`; `title`
/// is what the page calls itself.
pub(super) fn article(
    blocks: &[Block],
    said: &[Words],
    extracted: &[bool],
    title: Option<&str>,
) -> Vec<bool> {
    let model = &*MODEL;
    let lines = features(blocks, said, extracted, title);
    let gain = lines
        .iter()
        .zip(said)
        .map(|(line, words)| (model.score(line) + model.bias) * (words.count + 1.0).sqrt())
        .collect::<Vec<f32>>();
    viterbi(&gain, model.switch)
}

/// What the model looks at, line by line.
pub(super) fn features(
    blocks: &[Block],
    said: &[Words],
    extracted: &[bool],
    title: Option<&str>,
) -> Vec<[f32; NAMES.len()]> {
    let flag = |on: bool| f32::from(u8::from(on));
    let found = |i: Option<usize>| flag(i.and_then(|i| extracted.get(i)) == Some(&true));
    let first = extracted.iter().position(|e| *e).unwrap_or(extracted.len());
    let last = extracted.iter().rposition(|e| *e).unwrap_or(0);
    let titles = titles(blocks, said, title);
    let body =
        (first..=last).find(|i| extracted.get(*i) == Some(&true) && said[*i].count >= LONG && !titles[*i]);
    let body = body.unwrap_or(first);
    let above = titles.iter().take(body).rposition(|is| *is);
    let containers = containers(blocks, said, extracted);
    let all: f32 = said.iter().zip(extracted).filter(|(_, e)| **e).map(|(words, _)| words.count).sum();
    let one = |(i, block): (usize, &Block)| {
        let (words, is_extracted) = (said[i].count, extracted[i]);
        let (of_container, of_article) = containers[&block.container];
        let linked = (block.linked as f32 / block.text.len().max(1) as f32).min(1.0);
        let is_below_title = above.is_some_and(|title| title < i && i < body);
        let element = block.element.as_str();
        let heading = flag(matches!(element, "h1" | "h2" | "h3" | "h4" | "h5" | "h6"));
        let ends = flag(block.text.trim_end_matches(CLOSERS).ends_with(ENDS));
        [
            flag(is_extracted),
            linked,
            of_article / of_container.max(1.0),
            of_article / all.max(1.0),
            flag((first..=last).contains(&i)),
            found(i.checked_sub(1)),
            flag(words < SHORT),
            flag(words >= LONG),
            flag(is_below_title && words >= LEAD) * (1.0 - linked),
            flag(titles[i]),
            heading,
            heading * flag((first..=last).contains(&i)),
            heading * found(Some(i + 1)) * (1.0 - linked),
            ends,
            flag(element == "p"),
        ]
    };
    blocks.iter().enumerate().map(one).collect()
}

/// By container, the words of its lines, and of those that the extraction found.
fn containers(blocks: &[Block], said: &[Words], extracted: &[bool]) -> FxHashMap<usize, (f32, f32)> {
    let mut sums: FxHashMap<usize, (f32, f32)> = FxHashMap::default();
    for ((block, words), is_extracted) in blocks.iter().zip(said).zip(extracted) {
        let (all, article) = sums.entry(block.container).or_default();
        *all += words.count;
        *article += if *is_extracted { words.count } else { 0.0 };
    }
    sums
}

/// Which lines are the title of the page.
fn titles(blocks: &[Block], said: &[Words], title: Option<&str>) -> Vec<bool> {
    let set = |words: &Words| words.hashes.iter().copied().collect::<FxHashSet<u64>>();
    let title = set(&words(title.unwrap_or_default()));
    let is_same = |words: &Words| {
        let line = set(words);
        let both = line.intersection(&title).count();
        let any = (line.len() + title.len() - both).max(TITLE_WORDS);
        both as f32 / any as f32 > SAME_TITLE
    };
    blocks.iter().zip(said).map(|(block, words)| block.is_headline || is_same(words)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARAGRAPHS: [&str; 3] = [
        "The old bridge over the river was opened to traffic again on Monday, two years after the flood.",
        "The mayor said that she was glad, and that nobody in the village would have to take the ferry any more.",
        "The repair has cost two million, most of which was paid by the state, and the rest by people on the river.",
    ];

    /// A line: its container, its element, whether it is a link, whether the extraction found it, its text.
    type Line<'t> = (usize, &'t str, bool, bool, &'t str);

    fn page(lines: &[Line<'_>]) -> (Vec<Block>, Vec<Words>, Vec<bool>) {
        let block = |(container, element, is_link, _, text): &Line<'_>| Block {
            text: (*text).to_owned(),
            element: (*element).to_owned(),
            container: *container,
            linked: if *is_link { text.len() } else { 0 },
            is_headline: *element == "h1",
            is_shown: true,
        };
        let said = lines.iter().map(|line| words(line.4)).collect();
        (lines.iter().map(block).collect(), said, lines.iter().map(|line| line.3).collect())
    }

    fn chosen<'t>(lines: &[Line<'t>]) -> Vec<&'t str> {
        let (blocks, said, extracted) = page(lines);
        let is_chosen = article(&blocks, &said, &extracted, Some("Bridge open"));
        lines.iter().zip(is_chosen).filter(|(_, is)| *is).map(|(line, _)| line.4).collect()
    }

    #[test]
    fn what_the_extraction_missed_among_its_paragraphs_is_chosen_and_what_stands_elsewhere_is_not() {
        let [one, two, three] = PARAGRAPHS;
        let found = chosen(&[
            (1, "li", true, false, "Home"),
            (1, "li", true, false, "Sport"),
            (2, "p", false, true, one),
            (2, "h2", false, false, "Who paid for it"),
            (2, "p", false, true, two),
            (2, "div", false, false, three),
            (2, "p", false, true, one),
            (3, "h3", false, false, "More stories"),
            (4, "a", true, false, "The ferry stops in winter"),
            (4, "a", true, false, "The island school has to close its doors"),
        ]);
        assert_eq!(found, [one, "Who paid for it", two, three, one]);
    }

    #[test]
    fn a_link_that_the_extraction_took_out_of_a_box_is_not_chosen() {
        let [one, two, three] = PARAGRAPHS;
        let found = chosen(&[
            (1, "p", false, true, one),
            (1, "p", false, true, two),
            (1, "p", false, true, three),
            (2, "li", true, true, "The ferry stops in winter"),
            (2, "li", true, false, "The island school has to close its doors"),
            (2, "li", true, false, "Rain on Friday, and no sun before the end of the month"),
        ]);
        assert_eq!(found, PARAGRAPHS);
    }

    #[test]
    fn a_line_is_looked_at_beside_the_title_its_neighbours_and_its_container() {
        let [one, two, three] = PARAGRAPHS;
        let (blocks, said, extracted) = page(&[
            (1, "li", false, false, "Home"),
            (2, "h1", false, true, "Bridge open"),
            (3, "p", false, false, one),
            (2, "h2", true, false, "Menu of it all"),
            (2, "p", false, true, two),
            (2, "h2", false, false, "Who paid?\u{201d}"),
            (2, "p", false, true, three),
            (4, "p", false, false, one),
        ]);
        let lines = features(&blocks, &said, &extracted, None);
        let column = |name: &str| {
            let at = NAMES.iter().position(|n| *n == name).unwrap();
            lines.iter().map(|line| line[at]).collect::<Vec<f32>>()
        };
        assert_eq!(column("extracted"), [0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0]);
        assert_eq!(column("before"), [0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0]);
        assert_eq!(column("inside"), [0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0]);
        assert_eq!(column("title"), [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(column("lead"), [0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(column("heading"), [0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0]);
        assert_eq!(column("heading_before"), [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
        assert_eq!(column("linked"), [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(column("ends_sentence"), [0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0]);
        assert_eq!(column("short"), [1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
        assert_eq!(column("long"), [0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0]);
        let of_article = 2.0 + words(two).count + words(three).count;
        let siblings = of_article / (of_article + 4.0 + 2.0);
        assert_eq!(column("siblings"), [0.0, siblings, 0.0, siblings, siblings, siblings, siblings, 0.0]);
        assert_eq!(column("mass"), [0.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0]);
    }
}
