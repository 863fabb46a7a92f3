//! The report: what its page asks for, read from shards and sources while the run lasts, or again from what it wrote.
//!
//! Invariant: both ways read a document through [`Documents`], which believes a source only if the record still is what
//! was read. So the page made again is the page that the run made, byte for byte, as long as ledger and inputs are at
//! hand; without the ledger there is no page, and what is missing of the inputs is counted.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::ops::Range;
use std::path::Path;

use rustc_hash::{FxHashMap, FxHashSet};

use self::lists::{Listed, Lists};
use super::corpus::{Corpus, Document, Names, Segment};
use super::ledger::packs::Packs;
use super::ledger::{self, Head, Ledger, Line, seal_of};
use super::options::Input;
use super::origin::{Finder, Opener};
use crate::document::Cut;
use crate::error::{Error, Result, on_one_line};
use crate::read::Decoded;
use crate::read::source::{Member, Source, Stamp};
use crate::shard::{Name, Shard, Store};
use crate::strip::remaining;
use crate::write::lists::Form;
use crate::write::lock::Lock;
use crate::write::manifest::Manifest;
use crate::write::names::path_of;
use crate::write::publish;
use crate::write::record::Reject;
use crate::write::report::{About, Clusters, CutExample, Profile, ReportInput, RuleExample, render};

mod lists;

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
    })
}

/// Another way to the text of a document before the cuts, where its source is not where the run found it.
type Elsewhere<'a> = &'a dyn Fn(&str) -> Option<Vec<u8>>;

/// The documents as the page asks for them.
pub(super) struct Documents<'a> {
    corpus: &'a Corpus,
    elsewhere: Option<Elsewhere<'a>>,
    /// Sites and languages of the shards that were asked about.
    names: RefCell<FxHashMap<Name, Names>>,
    abouts: RefCell<FxHashMap<String, Option<About>>>,
    missing: Cell<u64>,
}

impl<'a> Documents<'a> {
    /// Those of a corpus.
    pub(super) fn new(corpus: &'a Corpus, elsewhere: Option<Elsewhere<'a>>) -> Self {
        let (names, abouts) = (RefCell::default(), RefCell::default());
        Self { corpus, elsewhere, names, abouts, missing: Cell::new(0) }
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
            self.missing.set(self.missing.get() + 1);
        }
        text.filter(|text| fits(text)).map(|text| then(&text, &cuts))
    }

    fn clean(&self, index: usize) -> Option<String> {
        self.with_text(index, |text, cuts| String::from_utf8_lossy(&remaining(text, cuts)).into_owned())
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
        let title = document.details().ok()?.title.or_else(|| self.first_line(index));
        Some(About { title, site, date, lang })
    }

    fn site_and_language(&self, document: &Document<'_>) -> Option<(Option<String>, Option<String>)> {
        let mut known = self.names.borrow_mut();
        let shard = document.shard.name();
        if !known.contains_key(&shard) {
            known.insert(shard, self.corpus.names_in(document.shard).ok()?);
        }
        let names = known.get(&shard)?;
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

/// A page that was made again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reported {
    /// Bytes of the page.
    pub bytes: u64,
    /// Whether it differs from the page that the manifest named.
    pub changed: bool,
    /// Texts that the page would have shown and that were not at hand.
    pub missing: u64,
}

/// Makes the report of `out` again, from what the run wrote there. `sources`: where inputs lie now, if not where the run
/// found them. Manifest and sums follow it.
///
/// # Errors
/// [`Error::Usage`] if `out` is no output of tamis, was edited, or has no ledger; [`Error::Locked`]; what cannot be
/// written.
pub fn report(out: &Path, sources: &[Input]) -> Result<Reported> {
    let manifest = publish::read(out)?;
    let _lock = Lock::take(out)?;
    let lists = Lists::open(out, &manifest)?;
    let read = FromLedger::read(out, &manifest, sources)?;
    let mut job = Rebuild { profile: Profile::default(), examples: Examples::default() };
    job.walk(&read.corpus, &lists, out)?;

    let ledger = Ledger::open(out).ok_or_else(|| no_ledger(out, "cannot be read"))?;
    let (opener, packs) = (RefCell::new(Opener::default()), Packs::of(out));
    let finder = Finder { given: sources };
    let elsewhere = |doc: &str| ledger.text_of(doc, &finder, &mut opener.borrow_mut(), &packs).0;
    let documents = Documents::new(&read.corpus, Some(&elsewhere));
    let rejects = lists.rejects()?;
    let rules = |number: u32| {
        let (id, about) = ledger.rule(number);
        (id.to_owned(), about.to_owned())
    };
    let page = page(
        &documents,
        &Parts {
            manifest: &manifest,
            profile: &job.profile,
            clusters: &lists.clusters()?,
            lists: lists.form,
            rejects: &rejects,
            examples: &job.examples,
            rules: &rules,
        },
    )?;
    let changed = publish::replace(out, REPORT, page.as_bytes(), manifest)?;
    Ok(Reported { bytes: page.len() as u64, changed, missing: documents.missing.get() })
}

fn no_ledger(out: &Path, what: &str) -> Error {
    Error::usage(
        format!("{}: the ledger {what}; nothing was touched", on_one_line(ledger::path_in(out).display())),
        "`tamis clean INPUT -o OUT` writes it, and the report with it",
    )
}

/// What is counted on the way through all documents.
struct Rebuild {
    profile: Profile,
    examples: Examples,
}

impl Rebuild {
    /// Walks ledger and list in step.
    fn walk(&mut self, corpus: &Corpus, lists: &Lists, out: &Path) -> Result<()> {
        let other = || no_ledger(out, "is that of another run");
        let mut lines = lists.documents()?;
        for segment in &corpus.segments {
            let cuts = corpus.cuts_of_segment(segment)?;
            let is_reference = corpus.is_reference(segment);
            for document in corpus.documents_of(segment)? {
                let line = lines.next().ok_or_else(other)??;
                let Listed { doc, bytes_out } = Listed::of(&line);
                if doc != corpus.key_of(&document) || bytes_out != u64::from(document.row.bytes_out) {
                    return Err(other());
                }
                self.profile.add(&line);
                if !is_reference {
                    self.examples.note(document.index, cuts.of(&document.row));
                }
            }
        }
        if lines.next().is_some() { Err(other()) } else { Ok(()) }
    }
}

/// The corpus of a former run, as its ledger and its shards have it.
struct FromLedger {
    corpus: Corpus,
}

impl FromLedger {
    fn read(out: &Path, manifest: &Manifest, sources: &[Input]) -> Result<Self> {
        let path = ledger::path_in(out);
        let seal = seal_of(&path).map_err(|_| no_ledger(out, "is not there"))?;
        if !seal.is_whole {
            return Err(no_ledger(out, "is damaged"));
        }
        let file = std::fs::File::open(&path).map_err(Error::io(&path, "cannot read"))?;
        let mut lines = BufReader::with_capacity(1 << 18, std::io::Read::take(file, seal.bytes))
            .lines()
            .map_while(|l| l.ok());
        let other = || no_ledger(out, "was written by another version of tamis");
        let head: Head = lines.next().and_then(|l| serde_json::from_str(&l).ok()).ok_or_else(other)?;
        let store = Store::look_into(&ledger::cache(out, head.cache.as_deref()))?;
        let known: FxHashSet<(&str, &str)> = manifest
            .inputs
            .iter()
            .chain(&manifest.references)
            .map(|f| (f.path.as_str(), f.sha256.as_str()))
            .collect();
        let finder = Finder { given: sources };
        let (mut found, mut parts) = (Vec::new(), Vec::new());
        for line in lines {
            let line: Line = serde_json::from_str(&line).map_err(|_| other())?;
            if line.sha256.as_deref().is_some_and(|sha256| !known.contains(&(line.key.as_str(), sha256))) {
                return Err(no_ledger(out, "is that of another run"));
            }
            parts.push(line.parts().ok_or_else(other)?);
            found.push(source(line, &finder));
        }
        let mut corpus = Corpus::new(found);
        let mut numbers: FxHashMap<Name, u32> = FxHashMap::default();
        for (number, parts) in (0..).zip(parts) {
            let is_file = corpus.sources[number as usize].format.is_single();
            for part in parts {
                let shard = match numbers.get(&part.shard) {
                    Some(shard) => *shard,
                    None => {
                        let gone = || no_ledger(out, "names a part of the cache that is gone");
                        let shard: Shard = store.get(part.shard).ok_or_else(gone)?;
                        corpus.shards.push(shard);
                        let shard = corpus.shards.len() as u32 - 1;
                        numbers.insert(part.shard, shard);
                        shard
                    }
                };
                let rows = part.row..part.row + part.count;
                let segment = if is_file {
                    Segment::of_files(shard, rows, number)
                } else {
                    Segment::of_slice(shard, rows, number, part.offset, part.record)
                };
                corpus.append(segment, |_, _| Ok(()))?;
            }
        }
        Ok(Self { corpus })
    }
}

/// A source as a former run found it, wherever it lies now. Its records are compared with what was read before they are
/// believed, so its times do not matter.
fn source(line: Line, finder: &Finder<'_>) -> Source {
    let path = finder.path(&line).unwrap_or_default();
    let stamp = std::fs::metadata(&path).map_or(line.stamp, |meta| Stamp::of(&meta));
    Source {
        mirror: path_of(&line.data),
        path,
        format: line.format,
        packing: line.packing,
        member: line.member.map(|(archive, kind, name)| Member { archive, kind, name }),
        bytes: stamp.bytes,
        stamp,
        reference: line.reference,
        fleeting: line.fleeting,
        key: line.key,
    }
}
