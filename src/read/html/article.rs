//! Finds the article of a page: a library extracts it, a model mends what it found.

use rustc_hash::FxHashSet;
use trafilatura::dom::Document;
use trafilatura::{ExtractionFocus, Options, extract};

use super::blocks::{Block, blocks};
use super::bound::bounded;
use super::choice;
use super::extracted::extracted;
use super::lines::lines;
use super::words::{Words, words};
use crate::read::guard::guarded;

/// An article with fewer bytes than this is next to nothing ...
const TINY: usize = 200;
/// ... if the page has this many times as much.
const SHARE: usize = 10;
/// What is chosen must have one in so many of the words that were extracted.
const LEAST: f32 = 2.0;

/// The article of `page`, which is called `title`, as lines; all its visible text if no article is found.
pub(super) fn text(page: &str, title: Option<&str>) -> String {
    let article = bounded(page).and_then(|html| guarded(|| article(&html, title))?).unwrap_or_default();
    if article.len() >= TINY {
        return article;
    }
    let all = lines(page);
    if all.len() >= article.len().max(1).saturating_mul(SHARE) { all } else { article }
}

/// The lines of the article; what the extraction takes for it, where less than half of its words would be left.
fn article(html: &str, title: Option<&str>) -> Option<String> {
    let extracted = main_content(html)?;
    let page = Marked::read(html, &extracted);
    let mut chosen = choice::article(&page.blocks, &page.words, &page.extracted, title);
    page.leave_copies(&mut chosen);
    let left: f32 =
        page.words.iter().zip(&chosen).filter(|(_, chosen)| **chosen).map(|(words, _)| words.count).sum();
    if left * LEAST < words(&extracted).count {
        return Some(extracted);
    }
    let lines = page.blocks.iter().zip(chosen).filter(|(_, chosen)| *chosen).map(|(block, _)| &*block.text);
    Some(lines.collect::<Vec<&str>>().join("\n"))
}

/// What the extraction takes for the article. It favours precision: what it misses is rare (measured: benches/peers/html).
fn main_content(html: &str) -> Option<String> {
    let options = Options::default()
        .with_fallback(true)
        .with_focus(ExtractionFocus::FavorPrecision)
        .with_exclude_comments(true);
    Some(lines(&extract(html, &options).ok()?.content_html))
}

/// The lines of a page, and which of them the extraction found.
struct Marked {
    blocks: Vec<Block>,
    words: Vec<Words>,
    extracted: Vec<bool>,
}

impl Marked {
    /// Lines without a word, and hidden ones that the extraction did not find, are left out.
    fn read(html: &str, article: &str) -> Self {
        let mut blocks = blocks(&Document::parse(html));
        blocks.retain(|block| block.text.contains(char::is_alphanumeric));
        let said: Vec<(Words, bool)> =
            blocks.iter().map(|block| (words(&block.text), block.is_shown)).collect();
        let found = extracted(&said, article);
        let mut page = Self { blocks: Vec::new(), words: Vec::new(), extracted: Vec::new() };
        for ((block, (words, is_shown)), is_found) in blocks.into_iter().zip(said).zip(found) {
            if is_found || is_shown {
                page.blocks.push(block);
                page.words.push(words);
                page.extracted.push(is_found);
            }
        }
        page
    }

    /// Takes long lines out of `chosen` that the extraction did not find, where it found one with the same words.
    fn leave_copies(&self, chosen: &mut [bool]) {
        let found = |i: usize| self.extracted[i] && chosen[i] && self.words[i].count >= choice::LONG;
        let known: FxHashSet<&[u64]> =
            (0..chosen.len()).filter(|i| found(*i)).map(|i| self.words[i].hashes.as_slice()).collect();
        let is_copy = |i: usize| !self.extracted[i] && known.contains(self.words[i].hashes.as_slice());
        let copies: Vec<usize> = (0..chosen.len()).filter(|i| is_copy(*i)).collect();
        copies.into_iter().for_each(|i| chosen[i] = false);
    }
}

/// What training needs: the lines of a page, as the model sees them.
pub mod training {
    use super::*;

    /// Names of the features.
    pub const NAMES: &[&str] = &choice::NAMES;

    /// The lines of the article's page `html`, each with its words and features; none if nothing is extracted.
    pub fn lines(html: &[u8]) -> Vec<(String, f32, Vec<f32>)> {
        let html = super::super::charset::decode(html, None);
        let (meta, _) = super::super::metadata::metadata(&html, None);
        let Some(html) = bounded(&html) else { return Vec::new() };
        let Some(extracted) = main_content(&html) else { return Vec::new() };
        let page = Marked::read(&html, &extracted);
        let features = choice::features(&page.blocks, &page.words, &page.extracted, meta.title.as_deref());
        page.blocks
            .into_iter()
            .zip(page.words)
            .zip(features)
            .map(|((block, words), features)| (block.text, words.count, features.to_vec()))
            .collect()
    }
}
