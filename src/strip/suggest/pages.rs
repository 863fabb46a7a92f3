//! The documents of one site as rows of line numbers: equal lines have equal numbers.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::document::Cut;
use crate::strip::lines;

/// Number of a line of a site.
pub(super) type LineId = u32;

/// A line that rules cut: chrome that is known.
pub(super) const KNOWN: LineId = u32::MAX;

/// A line that no rule can name: no UTF-8, or too long.
const NAMELESS: LineId = u32::MAX - 1;

/// Bytes of the longest line that a rule may name.
const LONGEST: usize = 2000;

/// Words of the shortest line that counts as part of a paragraph; with the mark that ends a sentence, and without.
const SENTENCE: usize = 10;
const WRAPPED: usize = 8;

/// What is known of a line.
#[derive(Debug)]
pub(super) struct LineOf {
    pub(super) words: u32,
    /// Whether it reads like a sentence, or like a piece of a wrapped paragraph.
    pub(super) prose: bool,
    /// Whether it is the title of a document, or has too few letters to be told apart.
    pub(super) barred: bool,
}

/// The documents of one site.
#[derive(Debug)]
pub struct SitePages {
    pub(super) site: String,
    ids: FxHashMap<String, LineId>,
    pub(super) lines: Vec<LineOf>,
    /// Of each document its lines that are not blank.
    pub(super) pages: Vec<Vec<LineId>>,
    titles: FxHashSet<String>,
}

impl SitePages {
    /// None yet.
    pub fn new(site: &str) -> Self {
        Self {
            site: site.to_owned(),
            ids: FxHashMap::default(),
            lines: Vec::new(),
            pages: Vec::new(),
            titles: FxHashSet::default(),
        }
    }

    /// Adds a document: its text, what rules cut from it (sorted, disjoint), and its title if it is known. Identical
    /// bodies are to be added once.
    pub fn add(&mut self, text: &[u8], cuts: &[Cut], title: Option<&str>) {
        let mut page = Vec::new();
        let mut first = 0;
        let mut rest = Vec::new();
        for line in lines::split(text).iter().filter(|line| !line.blank) {
            while cuts.get(first).is_some_and(|cut| cut.end <= line.start) {
                first += 1;
            }
            rest.clear();
            let mut at = line.start;
            for cut in cuts[first..].iter().take_while(|cut| cut.start < line.end) {
                rest.extend_from_slice(&text[at..cut.start.max(at)]);
                at = cut.end.min(line.end);
            }
            rest.extend_from_slice(&text[at..line.end]);
            page.push(self.id(&rest));
        }
        self.pages.push(page);
        self.titles.extend(title.map(|title| title.trim().to_owned()));
    }

    /// The number of a line, of which rules left `rest`.
    fn id(&mut self, rest: &[u8]) -> LineId {
        let Ok(line) = std::str::from_utf8(rest) else { return NAMELESS };
        let line = line.trim();
        match line.len() {
            0 => KNOWN,
            1..=LONGEST => match self.ids.get(line) {
                Some(id) => *id,
                None => {
                    let id = self.lines.len() as LineId;
                    self.ids.insert(line.to_owned(), id);
                    self.lines.push(LineOf::new(line));
                    id
                }
            },
            _ => NAMELESS,
        }
    }

    /// What is known of a line; `None` for those without number.
    pub(super) fn line(&self, id: LineId) -> Option<&LineOf> {
        self.lines.get(id as usize)
    }

    /// The lines by number, titles barred.
    pub(super) fn texts(&self) -> Vec<&str> {
        let mut texts = vec![""; self.lines.len()];
        for (text, id) in &self.ids {
            texts[*id as usize] = text;
        }
        texts
    }

    /// Whether a line may be proposed at all.
    pub(super) fn may_be_named(&self, id: LineId, text: &str) -> bool {
        self.line(id).is_some_and(|line| !line.barred) && !self.titles.contains(text)
    }
}

impl LineOf {
    fn new(line: &str) -> Self {
        // Scripts without spaces: two characters are about a word.
        let dense = line.chars().filter(|c| is_dense(*c)).count();
        let words = lines::count_words(line.as_bytes()).max(dense / 2);
        let sentence = line.trim_end_matches(['"', '»', '”', '’', '\'', ')', ']', '」', '』']);
        let ends = sentence.ends_with(['.', '!', '?', '…', '。', '！', '？', '؟', '।']);
        let goes_on = line.chars().next().is_some_and(char::is_lowercase);
        let letters = line.chars().filter(|c| c.is_alphabetic()).count();
        Self {
            words: words as u32,
            prose: words >= SENTENCE && ends || words >= WRAPPED && goes_on,
            barred: letters < 2,
        }
    }
}

/// Han, Kana, Thai and their like.
fn is_dense(c: char) -> bool {
    matches!(c, '\u{0E00}'..='\u{0EFF}' | '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{20000}'..='\u{3FFFF}')
}
