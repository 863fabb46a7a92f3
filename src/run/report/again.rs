//! The page made again: `tamis report`.
//!
//! Invariant: lists, ledger and manifest are those of one run, or nothing is touched: each list has the hash that the
//! manifest names, the ledger names the inputs that the manifest names, and ledger and list have the same documents.

use std::cell::RefCell;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use rustc_hash::{FxHashMap, FxHashSet};

use super::lists::Lists;
use super::{Documents, Examples, Parts, REPORT, page};
use crate::error::{Error, Result, on_one_line};
use crate::read::source::{Member, Source, Stamp};
use crate::run::corpus::{Corpus, Segment};
use crate::run::ledger::packs::Packs;
use crate::run::ledger::{self, Head, Ledger, Line, seal_of};
use crate::run::options::Input;
use crate::run::origin::{Finder, Opener};
use crate::shard::{Name, Store};
use crate::write::lock::Lock;
use crate::write::manifest::Manifest;
use crate::write::names::path_of;
use crate::write::publish;
use crate::write::report::{NoDifferences, Profile};

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
    // Nothing is made in a folder that is none of tamis; what counts is what stands there under the lock.
    publish::read(out)?;
    let _lock = Lock::take(out)?;
    let manifest = publish::read(out)?;
    let lists = Lists::open(out, &manifest)?;
    let corpus = read(out, &manifest, sources)?;
    let (profile, examples) = walk(&corpus, &lists, out)?;

    let ledger = Ledger::open(out).ok_or_else(|| no_ledger(out, "cannot be read"))?;
    let (opener, packs) = (RefCell::new(Opener::default()), Packs::of(out));
    let finder = Finder { given: sources };
    let elsewhere = |doc: &str| ledger.text_of(doc, &finder, &mut opener.borrow_mut(), &packs).0;
    let documents = Documents::new(&corpus, Some(&elsewhere));
    let rules = |number: u32| {
        let (id, about) = ledger.rule(number);
        (id.to_owned(), about.to_owned())
    };
    let page = page(
        &documents,
        &Parts {
            manifest: &manifest,
            profile: &profile,
            clusters: &lists.clusters()?,
            lists: lists.form,
            rejects: &lists.rejects()?,
            examples: &examples,
            rules: &rules,
            differences: &NoDifferences,
        },
    )?;
    let changed = publish::replace(out, REPORT, page.as_bytes(), manifest)?;
    let missing = documents.missing.borrow().len() as u64;
    Ok(Reported { bytes: page.len() as u64, changed, missing })
}

fn no_ledger(out: &Path, what: &str) -> Error {
    Error::usage(
        format!("{}: the ledger {what}; nothing was touched", on_one_line(ledger::path_in(out).display())),
        "`tamis clean INPUT -o OUT` writes it, and the report with it",
    )
}

/// Walks ledger and list in step: what the documents are like, and the first cuts of each rule.
fn walk(corpus: &Corpus, lists: &Lists<'_>, out: &Path) -> Result<(Profile, Examples)> {
    let other = || no_ledger(out, "is that of another run");
    let (mut profile, mut examples) = (Profile::default(), Examples::default());
    let mut lines = lists.documents()?;
    for segment in &corpus.segments {
        let cuts = corpus.cuts_of_segment(segment)?;
        let is_reference = corpus.is_reference(segment);
        for document in corpus.documents_of(segment)? {
            let line = lines.next().ok_or_else(other)??;
            if line.doc != corpus.key_of(&document) || line.bytes_out != u64::from(document.row.bytes_out) {
                return Err(other());
            }
            profile.add(&line);
            if !is_reference {
                examples.note(document.index, cuts.of(&document.row));
            }
        }
    }
    if lines.next().is_some() { Err(other()) } else { Ok((profile, examples)) }
}

/// The corpus of a former run, as its ledger and its shards have it.
pub(in crate::run) fn read(out: &Path, manifest: &Manifest, sources: &[Input]) -> Result<Corpus> {
    let path = ledger::path_in(out);
    let seal = seal_of(&path).map_err(|_| no_ledger(out, "is not there"))?;
    if !seal.is_whole {
        return Err(no_ledger(out, "is damaged"));
    }
    let file = File::open(&path).map_err(Error::io(&path, "cannot read"))?;
    let lines = BufReader::with_capacity(1 << 18, file.take(seal.bytes)).lines();
    let mut lines = lines.map_while(std::io::Result::ok);
    let version = || no_ledger(out, "was written by another version of tamis");
    let head = lines.next().and_then(|line| serde_json::from_str(&line).ok());
    let head: Head = head.ok_or_else(version)?;
    let store = Store::look_into(&ledger::cache(out, head.cache.as_deref()))?;
    let inputs = manifest.inputs.iter().chain(&manifest.references);
    let inputs: FxHashSet<(&str, &str)> =
        inputs.map(|file| (file.path.as_str(), file.sha256.as_str())).collect();
    let finder = Finder { given: sources };
    let (mut found, mut parts) = (Vec::new(), Vec::new());
    for line in lines {
        let line: Line = serde_json::from_str(&line).map_err(|_| version())?;
        if line.sha256.as_deref().is_some_and(|sha256| !inputs.contains(&(line.key.as_str(), sha256))) {
            return Err(no_ledger(out, "is that of another run"));
        }
        parts.push(line.parts().ok_or_else(version)?);
        found.push(source(line, &finder));
    }
    let mut corpus = Corpus::new(found);
    let mut numbers: FxHashMap<Name, u32> = FxHashMap::default();
    for (source, parts) in (0..).zip(parts) {
        let is_file = corpus.sources[source as usize].format.is_single();
        for part in parts {
            let next = corpus.shards.len() as u32;
            let shard = *numbers.entry(part.shard).or_insert(next);
            if shard == next {
                let gone = || no_ledger(out, "names a part of the cache that is gone");
                corpus.shards.push(store.get(part.shard).ok_or_else(gone)?);
            }
            let rows = part.row..part.row + part.count;
            let segment = if is_file {
                Segment::of_files(shard, rows, source)
            } else {
                Segment::of_slice(shard, rows, source, part.offset, part.record)
            };
            corpus.append(segment, |_, _| Ok(()))?;
        }
    }
    Ok(corpus)
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
