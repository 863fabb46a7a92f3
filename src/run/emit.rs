//! Writes what a run decided: the clean corpus, its lists and its report. Everything goes through one [`Staging`], so
//! that nothing is published unless all of it was written.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::corpus::{Corpus, Document};
use super::grouping::{Groups, title};
use super::intake::{Intake, Task};
use super::options::{Copies, Format, Options};
use super::progress::{Phase, Progress};
use crate::document::{Decimal4, Status};
use crate::error::{Error, Result};
use crate::strip::RuleSet;
use crate::write::manifest::{Counts, FileHash, Manifest};
use crate::write::record::{DateLine, DocumentLine, Reject, Relation};
use crate::write::report::{About, CutExample, ReportInput, RuleExample};
use crate::write::staging::{Staged, Staging};

/// Whether a document stands in the clean corpus.
pub(super) fn is_written(document: &Document, copies: Copies) -> bool {
    match document.status {
        Status::Kept => true,
        Status::Identical | Status::Near => copies == Copies::Tag,
        Status::Emptied | Status::Reference => false,
    }
}

/// A source, and the clean bytes of some of its records.
type Written = (usize, Vec<u8>);

/// Writes `data/`.
pub(super) fn data(
    intake: &Intake,
    tasks: &[Task],
    options: &Options,
    staging: &mut Staging,
    progress: &dyn Progress,
) -> Result<()> {
    let corpus = &intake.corpus;
    progress.begin(Phase::Write, Some(corpus.sources.iter().map(|s| s.bytes()).sum()));
    let window = rayon::current_num_threads() * 4;
    let mut open: Option<(usize, Staged)> = None;
    let parts: Vec<(&Task, &Range<usize>)> = tasks.iter().zip(&intake.of_task).collect();
    for group in parts.chunks(window) {
        if let Some(signal) = progress.stop() {
            return Err(Error::Interrupted(signal));
        }
        let texts: Result<Vec<Vec<Written>>> = group
            .par_iter()
            .map(|(task, documents)| {
                let done = clean_records(corpus, task, (*documents).clone(), options.copies);
                let bytes = match task {
                    Task::Slice { bytes, .. } => bytes.end - bytes.start,
                    Task::Texts(range) => range.clone().map(|s| corpus.sources[s].bytes()).sum(),
                };
                progress.advance(bytes, documents.len() as u64);
                done
            })
            .collect();
        for (source, bytes) in texts?.into_iter().flatten() {
            let path = Path::new("data").join(&corpus.sources[source].mirror);
            if corpus.sources[source].format == Format::Text {
                staging.file(&path, &bytes)?;
                continue;
            }
            if open.as_ref().is_none_or(|(current, _)| *current != source) {
                if let Some((_, staged)) = open.take() {
                    staged.finish(staging)?;
                }
                open = Some((source, staging.begin(&path)?));
            }
            if let Some((_, staged)) = &mut open {
                staged.write(&bytes)?;
            }
        }
    }
    match open {
        Some((_, staged)) => staged.finish(staging),
        None => Ok(()),
    }
}

/// The clean records of a task, by source; sources of which nothing is written are left out.
fn clean_records(
    corpus: &Corpus,
    task: &Task,
    documents: Range<usize>,
    copies: Copies,
) -> Result<Vec<Written>> {
    let mut found: Vec<Written> = Vec::new();
    let written = || corpus.documents[documents.clone()].iter().filter(|d| is_written(d, copies));
    match task {
        Task::Texts(_) => {
            for document in written() {
                let mut text = vec![0; document.len as usize];
                corpus.read(document.source, 0, &mut text)?;
                let mut clean = Vec::with_capacity(document.bytes_out as usize);
                corpus.append_clean_record(document, &text, &mut clean);
                found.push((document.source as usize, clean));
            }
        }
        Task::Slice { source, .. } => {
            let (Some(first), Some(last)) = (written().next(), written().next_back()) else {
                return Ok(found);
            };
            let mut span = vec![0; (last.offset - first.offset) as usize + last.len as usize];
            corpus.read(*source as u32, first.offset, &mut span)?;
            let mut clean = Vec::with_capacity(span.len());
            for document in written() {
                let at = (document.offset - first.offset) as usize;
                corpus.append_clean_record(document, &span[at..at + document.len as usize], &mut clean);
                // The last line of a file may have no end; another record may follow it in the output only if it has.
                debug_assert!(
                    clean.last() == Some(&b'\n')
                        || document.offset + u64::from(document.len) == corpus.sources[*source].bytes()
                );
            }
            found.push((*source, clean));
        }
    }
    Ok(found)
}

/// Writes `clusters.jsonl`, `documents.jsonl` and `rejects.jsonl`.
pub(super) fn lists(
    intake: &Intake,
    groups: &Groups,
    rules: &RuleSet,
    staging: &mut Staging,
    progress: &dyn Progress,
) -> Result<()> {
    lines(staging, "clusters.jsonl", groups.clusters.iter().map(to_line))?;
    let corpus = &intake.corpus;
    let documents = (0..corpus.documents.len()).map(|i| {
        if i % 4096 == 0
            && let Some(signal) = progress.stop()
        {
            return Err(Error::Interrupted(signal));
        }
        to_line(&document_line(corpus, i, groups, rules))
    });
    lines(staging, "documents.jsonl", documents)?;
    lines(staging, "rejects.jsonl", intake.rejects.iter().map(to_line))
}

fn lines(staging: &mut Staging, name: &str, lines: impl Iterator<Item = Result<Vec<u8>>>) -> Result<()> {
    let mut staged = staging.begin(Path::new(name))?;
    for line in lines {
        staged.write(&line?)?;
    }
    staged.finish(staging)
}

/// One line of JSON.
fn to_line(record: &impl serde::Serialize) -> Result<Vec<u8>> {
    let mut line = serde_json::to_vec(record).map_err(|e| Error::io("a list", "cannot write")(e.into()))?;
    line.push(b'\n');
    Ok(line)
}

fn document_line(corpus: &Corpus, index: usize, groups: &Groups, rules: &RuleSet) -> DocumentLine {
    let document = &corpus.documents[index];
    let copy = groups.copy_of.get(&index);
    let mut captures: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in &document.captures {
        captures.entry(name.clone()).or_default().push(value.clone());
    }
    let mut cut: BTreeMap<String, u64> = BTreeMap::new();
    for c in corpus.cuts_of(document) {
        *cut.entry(rules.id(c.rule).to_owned()).or_default() += c.len() as u64;
    }
    DocumentLine {
        doc: corpus.key(index),
        id: document.id.as_deref().map(str::to_owned),
        status: document.status,
        of: copy.map(|(of, _)| corpus.key(*of)),
        similarity: copy.map(|(_, similarity)| *similarity),
        site: corpus.sites.get(document.site).map(str::to_owned),
        lang: corpus.langs.get(document.lang).map(str::to_owned),
        date: document.date.map(|(date, source)| DateLine { value: date.to_string(), source }),
        captures,
        bytes_in: u64::from(document.bytes_in),
        bytes_out: u64::from(document.bytes_out),
        cut,
    }
}

/// The manifest, but for its outputs.
pub(super) fn manifest(intake: &Intake, groups: &Groups, rules: &RuleSet, options: &Options) -> Manifest {
    let corpus = &intake.corpus;
    let mut counts = Counts { rejected: intake.rejects.len() as u64, ..Counts::default() };
    counts.read = corpus.documents.len() as u64 + counts.rejected;
    for document in &corpus.documents {
        let (bytes_in, bytes_out) = (u64::from(document.bytes_in), u64::from(document.bytes_out));
        counts.bytes_in += bytes_in;
        counts.bytes_cut += bytes_in - bytes_out;
        match document.status {
            Status::Kept => counts.kept += 1,
            Status::Identical => counts.identical += 1,
            Status::Near => counts.near += 1,
            Status::Emptied | Status::Reference => counts.emptied += 1,
        }
        if is_written(document, options.copies) {
            counts.bytes_out += bytes_out;
        } else {
            counts.bytes_removed += bytes_out;
        }
    }
    for cluster in &groups.clusters {
        match cluster.relation {
            Relation::Copy => counts.copy_clusters += 1,
            Relation::Excerpt => counts.excerpts += 1,
            Relation::Event => counts.events += 1,
        }
    }
    let used = intake.rules.iter().enumerate().filter(|(_, r)| r.cuts > 0);
    let inputs = corpus.sources.iter().zip(&intake.hashes).filter_map(|(source, hash)| {
        Some(FileHash { path: source.key.clone(), bytes: source.bytes(), sha256: hash.clone()? })
    });
    Manifest {
        tool: "tamis".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        options: options.in_words(),
        rules_sha256: rules.sha256().into(),
        hasher: crate::fingerprint::HASHER.into(),
        counts,
        rules: used.map(|(i, count)| (rules.id(i as u32).to_owned(), count.clone())).collect(),
        inputs: inputs.collect(),
        outputs: Vec::new(),
    }
}

/// Examples of cuts that the report shows for each rule.
const EXAMPLES: usize = 3;
/// Bytes of text around an example.
const CONTEXT: usize = 80;

/// Writes `report.html`.
pub(super) fn report(
    intake: &Intake,
    groups: &Groups,
    rules: &RuleSet,
    manifest: &Manifest,
    staging: &mut Staging,
) -> Result<()> {
    let corpus = &intake.corpus;
    let examples = examples(corpus, rules)?;
    // Documents of the report's clusters by key: keys sort as indices do, but only as (source, record) pairs.
    let mut index: rustc_hash::FxHashMap<String, usize> = rustc_hash::FxHashMap::default();
    let members = groups.clusters.iter().flat_map(|c| &c.members).map(|m| m.doc.as_str());
    let wanted: rustc_hash::FxHashSet<&str> = members.collect();
    if !wanted.is_empty() {
        for i in 0..corpus.documents.len() {
            let key = corpus.key(i);
            if wanted.contains(key.as_str()) {
                index.insert(key, i);
            }
        }
    }
    let text_of = |doc: &str| {
        let text = corpus.clean_text(*index.get(doc)?).ok()?;
        Some(String::from_utf8_lossy(&text).into_owned())
    };
    let about_of = |doc: &str| {
        let i = *index.get(doc)?;
        let document = &corpus.documents[i];
        Some(About {
            title: title(corpus, i).or_else(|| first_line(corpus, i)),
            site: corpus.sites.get(document.site).map(str::to_owned),
            date: document.date.map(|(date, _)| date.to_string()),
            lang: corpus.langs.get(document.lang).map(str::to_owned),
        })
    };
    let page = crate::write::report::render(&ReportInput {
        manifest,
        clusters: &groups.clusters,
        rules: &examples,
        rejects: &intake.rejects,
        text_of: &text_of,
        about_of: &about_of,
    });
    staging.file(Path::new("report.html"), page.as_bytes())
}

/// The first line of a clean text, as something to call a document by that has no title.
fn first_line(corpus: &Corpus, index: usize) -> Option<String> {
    const MOST_CHARACTERS: usize = 120;
    let text = corpus.clean_text(index).ok()?;
    let line = text.split(|b| *b == b'\n').find(|l| !l.trim_ascii().is_empty())?;
    let line = String::from_utf8_lossy(line);
    let mut short: String = line.trim().chars().take(MOST_CHARACTERS).collect();
    if short.len() < line.trim().len() {
        short.push('…');
    }
    Some(short)
}

/// The first cuts of each rule, in context.
fn examples(corpus: &Corpus, rules: &RuleSet) -> Result<Vec<RuleExample>> {
    let mut by_rule: BTreeMap<u32, Vec<(usize, crate::document::Cut)>> = BTreeMap::new();
    for (i, document) in corpus.documents.iter().enumerate() {
        let mut seen = Vec::new();
        let (start, count) = document.cuts;
        for cut in &corpus.cuts[start..start + count as usize] {
            let found = by_rule.entry(cut.rule).or_default();
            // One example a document and rule shows more than three of one document.
            if found.len() < EXAMPLES && !seen.contains(&cut.rule) {
                seen.push(cut.rule);
                let cut =
                    crate::document::Cut { start: cut.start as usize, end: cut.end as usize, rule: cut.rule };
                found.push((i, cut));
            }
        }
    }
    let mut examples = Vec::new();
    for (rule, cuts) in by_rule {
        let mut found = Vec::new();
        for (i, cut) in cuts {
            found.push(corpus.with_text(i, |decoded, _| {
                let text = &decoded.text;
                let part = |range: Range<usize>| String::from_utf8_lossy(&text[range]).into_owned();
                CutExample {
                    doc: corpus.key(i),
                    before: part(cut.start.saturating_sub(CONTEXT)..cut.start),
                    cut: part(cut.start..cut.end.min(cut.start + 6 * CONTEXT)),
                    after: part(cut.end..text.len().min(cut.end + CONTEXT)),
                }
            })?);
        }
        examples.push(RuleExample {
            id: rules.id(rule).into(),
            about: rules.about(rule).into(),
            examples: found,
        });
    }
    Ok(examples)
}

/// Causes for the safety brake: rules of a file that cut more than half of the text, or empty over one document in
/// twenty. Small runs are spared: there one odd document is a large share.
pub(super) fn brake(intake: &Intake, rules: &RuleSet) -> Vec<String> {
    const LEAST_DOCUMENTS: usize = 100;
    let corpus = &intake.corpus;
    let documents = corpus.documents.len();
    if documents < LEAST_DOCUMENTS {
        return Vec::new();
    }
    let bytes: u64 = corpus.documents.iter().map(|d| u64::from(d.bytes_in)).sum();
    let share = |part: u64, whole: u64| Decimal4::ratio(part * 100, whole.max(1)).as_f64();
    let mut causes = Vec::new();
    for (i, count) in intake.rules.iter().enumerate() {
        if rules.is_from_file(i as u32) && count.bytes * 2 > bytes {
            let id = rules.id(i as u32);
            let share = share(count.bytes, bytes);
            causes.push(format!(
                "safety brake: rule `{id}` cuts {share:.0} % of the text; nothing was published"
            ));
        }
    }
    let from_file = |d: &&Document| corpus.cuts_of(d).iter().any(|c| rules.is_from_file(c.rule));
    let emptied = corpus.documents.iter().filter(|d| d.status == Status::Emptied).filter(from_file).count();
    if emptied * 20 > documents {
        let share = share(emptied as u64, documents as u64);
        causes.push(format!(
            "safety brake: the rules leave nothing of {emptied} documents ({share:.0} %); nothing was published"
        ));
    }
    causes
}

/// `FILE#RECORD: cause`, as a summary shows a reject.
pub(super) fn reject_in_words(reject: &Reject) -> String {
    match reject.record {
        Some(record) => format!("{}#{record}: {}", reject.file, reject.cause),
        None => format!("{}: {}", reject.file, reject.cause),
    }
}

/// Where the clean twin of standard input goes.
pub(super) fn stdin_mirror(format: Format) -> PathBuf {
    PathBuf::from(match format {
        Format::Text => "stdin.txt",
        Format::Jsonl => "stdin.jsonl",
    })
}
