//! Rules for blocks of lines, from one that begins them to one that ends them, or to the end.
//!
//! Time is linear in the length of the text, however many lines look like the first of a block.

use std::ops::Range;

use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::xxh3_64;

use super::{Fate, Pass};
use crate::strip::lines;
use crate::strip::rule::{Rule, Unit};

/// Words of the shortest line that reads like a paragraph or a piece of one.
const PARAGRAPH: usize = 8;

impl<'a> Pass<'a> {
    pub(super) fn blocks(&mut self) {
        if !self.set.has_blocks {
            return;
        }
        let mut above = Above::default();
        let mut contents: Option<Contents> = None;
        let mut ends_of = Ends::default();
        // The next line that a block may not take.
        let mut barred = 0;
        let mut line = 0;
        while line < self.lines.len() {
            let mut last = line;
            let mut end = line;
            let ends = |pass: &mut Self, position, rule: &'a Rule| {
                let Unit::Block { from, to, min_words, max_lines } = &rule.unit else { return false };
                if !from.is_match(pass.content(line)) || above.words(pass, line) < *min_words {
                    return false;
                }
                end = match to {
                    None if contents
                        .get_or_insert_with(|| Contents::of(pass))
                        .has_twice(pass.content(line)) =>
                    {
                        return false;
                    }
                    None => pass.lines.len() - 1,
                    Some(to) => {
                        let until = pass.lines.len().min(line.saturating_add(*max_lines));
                        let is_end = |line| to.is_match(pass.content(line));
                        let Some(found) = ends_of.first(position, line..until, is_end) else { return false };
                        found
                    }
                };
                barred = barred.max(line);
                barred += pass.fate[barred..].iter().take_while(|fate| **fate == Fate::Stays).count();
                end < barred
            };
            if self.is_open(line)
                && let Some((position, _)) = self.first_match(line, self.ids[line], self.content(line), ends)
            {
                last = end;
                self.fate[line..=last].fill(Fate::by(position));
            }
            line = last + 1;
        }
    }
}

/// Counts words in lines that read like paragraphs.
#[derive(Default)]
struct Above {
    /// The lines before this one are counted.
    line: usize,
    words: usize,
}

impl Above {
    /// Such words above `line`. Lines are asked for in order.
    fn words(&mut self, pass: &Pass<'_>, line: usize) -> usize {
        for place in self.line..line {
            let has = lines::count_words(pass.content(place));
            self.words += if has >= PARAGRAPH { has } else { 0 };
        }
        self.line = line;
        self.words
    }
}

/// For each rule, the first line that is not known to end none of its blocks.
#[derive(Default)]
struct Ends(FxHashMap<usize, usize>);

impl Ends {
    /// The first of `lines` that ends a block of `rule`. Lines are asked for in order.
    fn first(&mut self, rule: usize, lines: Range<usize>, is_end: impl Fn(usize) -> bool) -> Option<usize> {
        let first = self.0.entry(rule).or_default();
        *first =
            (lines.start.max(*first)..lines.end).find(|line| is_end(*line)).unwrap_or(lines.end.max(*first));
        (*first < lines.end).then_some(*first)
    }
}

/// The hashes of all lines that are not blank, sorted.
struct Contents(Vec<u64>);

impl Contents {
    fn of(pass: &Pass<'_>) -> Self {
        let mut hashes: Vec<u64> = pass.lines.filled().map(|line| Self::hash(pass.content(line))).collect();
        hashes.sort_unstable();
        Self(hashes)
    }

    fn hash(content: &[u8]) -> u64 {
        xxh3_64(content.trim_ascii())
    }

    /// Whether the same line stands in another place too: then one of them is an entry of a list of contents, or a link.
    fn has_twice(&self, content: &[u8]) -> bool {
        let hash = Self::hash(content);
        let first = self.0.partition_point(|other| *other < hash);
        self.0.get(first + 1) == Some(&hash)
    }
}
