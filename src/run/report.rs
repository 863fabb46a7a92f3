//! The report: what its page asks for, read from shards and sources while the run lasts, or again from what it wrote.
//!
//! Invariant: both ways read a document through [`Documents`], which believes a source only if the record still is what
//! was read. So the page made [`again`] is the page that the run made, byte for byte, as long as ledger and inputs are at
//! hand; without the ledger there is no page, and what is missing of the inputs is counted.

pub(super) mod again;
mod lists;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::hash_map::Entry;
use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

pub use self::again::{Reported, report};

use super::corpus::{Corpus, Document, Names};
use crate::document::Cut;
use crate::error::Result;
use crate::read::Decoded;
use crate::shard::Name;
use crate::strip::remaining;
use crate::write::lists::Form;
use crate::write::manifest::Manifest;
use crate::write::record::Reject;
use crate::write::report::{
    About, Clusters, CutExample, Differences, Profile, ReportInput, RuleExample, render,
};

/// Name of the page in OUT.
pub(super) const REPORT: &str = "report.html";

/// Examples of cuts that the page shows for each rule.
const EXAMPLES: usize = 3;
/// Bytes of text around an example.
const CONTEXT: usize = 80;

/// By rule number, the first documents that it cut in, each with its first cut.
#[derive(Debug, Default)]
pub(super) struct Examples(BTreeMap<u32, Vec<(usize, Cut)>>);

impl Examples {
    /// Notes the cuts of a document; documents come in order.
    pub(super) fn note(&mut self, document: usize, cuts: &[Cut]) {
        for (i, cut) in cuts.iter().enumerate() {
            let found = self.0.entry(cut.rule).or_default();
            // One example a document and rule shows more than three of one document.
            if found.len() < EXAMPLES && cuts[..i].iter().all(|before| before.rule != cut.rule) {
                found.push((document, *cut));
            }
        }
    }
}

/// What the page is made from beside the documents.
pub(super) struct Parts<'a> {
    pub(super) manifest: &'a Manifest,
    pub(super) profile: &'a Profile,
    pub(super) clusters: &'a dyn Clusters,
    pub(super) lists: Form,
    pub(super) rejects: &'a [Reject],
    pub(super) examples: &'a Examples,
    /// Id and purpose of every rule, by number.
    pub(super) rules: &'a dyn Fn(u32) -> (String, String),
    pub(super) differences: &'a dyn Differences,
}

/// The page.
///
/// # Errors
/// Where a cluster cannot be read.
pub(super) fn page(documents: &Documents<'_>, parts: &Parts<'_>) -> Result<String> {
    let rules: Vec<RuleExample> = parts
        .examples
        .0
        .iter()
        .map(|(rule, cuts)| {
            let (id, about) = (parts.rules)(*rule);
            let examples = cuts.iter().filter_map(|(index, cut)| documents.example(*index, *cut)).collect();
            RuleExample { id, about, examples }
        })
        .collect();
    render(&ReportInput {
        manifest: parts.manifest,
        profile: parts.profile,
        clusters: parts.clusters,
        lists: parts.lists,
        rules: &rules,
        rejects: parts.rejects,
        text_of: &|doc| documents.clean_text(doc),
        about_of: &|doc| documents.about(doc),
        first_line_of: &|doc| documents.first_line(documents.corpus.index_of(doc)?),
        differences: parts.differences,
    })
}

/// A text as people compare it: line ends are no difference.
pub(super) fn shown_text(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    if text.contains('\r') { text.replace("\r\n", "\n") } else { text.into_owned() }
}

/// Another way to the text of a document before the cuts, where its source is not where the run found it.
type Elsewhere<'a> = &'a dyn Fn(&str) -> Option<Vec<u8>>;

/// Bytes of texts that are held: those of the longest cluster that is compared, mostly.
const LATELY: usize = 1 << 20;

/// Texts by document; all are let go of when there are too many.
#[derive(Default)]
struct Lately {
    texts: FxHashMap<usize, String>,
    bytes: usize,
}

impl Lately {
    fn put(&mut self, index: usize, text: &str) {
        if text.len() > LATELY {
            return;
        }
        if self.bytes + text.len() > LATELY {
            *self = Self::default();
        }
        if self.texts.insert(index, text.to_owned()).is_none() {
            self.bytes += text.len();
        }
    }
}

/// The documents as the page asks for them.
pub(super) struct Documents<'a> {
    corpus: &'a Corpus,
    elsewhere: Option<Elsewhere<'a>>,
    /// Sites and languages of the shards that were asked about.
    names: RefCell<FxHashMap<Name, Names>>,
    abouts: RefCell<FxHashMap<String, Option<About>>>,
    /// Clean texts that were asked for lately: a name is the beginning of a text that is compared soon after.
    lately: RefCell<Lately>,
    /// Documents whose text was asked for and is not at hand.
    missing: RefCell<FxHashSet<usize>>,
}

impl<'a> Documents<'a> {
    /// Those of a corpus.
    pub(super) fn new(corpus: &'a Corpus, elsewhere: Option<Elsewhere<'a>>) -> Self {
        Self {
            corpus,
            elsewhere,
            names: RefCell::default(),
            abouts: RefCell::default(),
            lately: RefCell::default(),
            missing: RefCell::default(),
        }
    }

    /// Hands the text of a document before its cuts, and the cuts, to `then`.
    fn with_text<T>(&self, index: usize, then: impl FnOnce(&[u8], &[Cut]) -> T) -> Option<T> {
        let document = self.corpus.document(index).ok()?;
        let cuts = document.shard.cuts_of(&document.row).ok()?;
        let fits = |text: &[u8]| cuts.iter().all(|cut| cut.start <= cut.end && cut.end <= text.len());
        let mut record = Vec::new();
        let (start, length) = (document.row.body as usize, document.row.body_len as usize);
        if self.corpus.record(&document, &mut record).is_ok()
            && let Some(raw) = record.get(start..start + length)
        {
            let decoded = Decoded::new(raw, document.row.encoding);
            return fits(&decoded.text).then(|| then(&decoded.text, &cuts));
        }
        let text = self.elsewhere.and_then(|elsewhere| elsewhere(&self.corpus.key_of(&document)));
        if text.is_none() {
            self.missing.borrow_mut().insert(index);
        }
        text.filter(|text| fits(text)).map(|text| then(&text, &cuts))
    }

    fn clean(&self, index: usize) -> Option<String> {
        if let Some(text) = self.lately.borrow().texts.get(&index) {
            return Some(text.clone());
        }
        let clean = |text: &[u8], cuts: &[Cut]| shown_text(&remaining(text, cuts));
        let text = self.with_text(index, clean)?;
        self.lately.borrow_mut().put(index, &text);
        Some(text)
    }

    fn clean_text(&self, doc: &str) -> Option<String> {
        self.clean(self.corpus.index_of(doc)?)
    }

    fn about(&self, doc: &str) -> Option<About> {
        if let Some(known) = self.abouts.borrow().get(doc) {
            return known.clone();
        }
        let about = self.corpus.index_of(doc).and_then(|index| self.read_about(index));
        self.abouts.borrow_mut().insert(doc.to_owned(), about.clone());
        about
    }

    fn read_about(&self, index: usize) -> Option<About> {
        let document = self.corpus.document(index).ok()?;
        let (site, lang) = self.site_and_language(&document)?;
        let date = document.row.date.map(|(date, _)| date.to_string());
        Some(About { title: document.details().ok()?.title, site, date, lang })
    }

    fn site_and_language(&self, document: &Document<'_>) -> Option<(Option<String>, Option<String>)> {
        let mut known = self.names.borrow_mut();
        let shard = document.shard.name();
        let names = match known.entry(shard) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(self.corpus.names_in(document.shard).ok()?),
        };
        let name = |number| names.get(number).map(str::to_owned);
        Some((name(document.row.site), name(document.row.lang)))
    }

    /// The first line of a clean text, as something to call a document by that has no title.
    fn first_line(&self, index: usize) -> Option<String> {
        const MOST_CHARACTERS: usize = 120;
        let text = self.clean(index)?;
        let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
        let mut short: String = line.chars().take(MOST_CHARACTERS).collect();
        if short.len() < line.len() {
            short.push('…');
        }
        Some(short)
    }

    /// A cut in its context.
    fn example(&self, index: usize, cut: Cut) -> Option<CutExample> {
        let document = self.corpus.document(index).ok()?;
        self.with_text(index, |text, _| {
            let part = |range: Range<usize>| String::from_utf8_lossy(&text[range]).into_owned();
            CutExample {
                doc: self.corpus.key_of(&document),
                before: part(cut.start.saturating_sub(CONTEXT)..cut.start),
                cut: part(cut.start..cut.end.min(cut.start + 6 * CONTEXT)),
                after: part(cut.end..text.len().min(cut.end + CONTEXT)),
            }
        })
    }
}
