//! Reads, strips and fingerprints every document: the first pass over the input.
//!
//! The input is cut into tasks that depend on it alone: slices of record files, batches of small files. Tasks run in any
//! order on any thread; their results are joined in order. So neither threads nor timing show in what comes out.

use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use sha2::{Digest as _, Sha256};

use super::corpus::{Corpus, Document};
use super::options::{Format, Options};
use super::progress::{Phase, Progress};
use super::reader::{Portion, Reader, cause};
use crate::document::hex;
use crate::error::{Error, Result};
use crate::read::source::{Source, read_exact_at};
use crate::strip::RuleSet;
use crate::write::manifest::RuleCount;
use crate::write::record::Reject;

/// Bytes of a record file that one task reads.
const SLICE: u64 = 4 << 20;
/// Text files that one task reads.
const BATCH_FILES: usize = 256;

/// A part of the input that one thread reads at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Task {
    /// Text files, by position.
    Texts(Range<usize>),
    /// The records that begin in a range of bytes of one source.
    Slice { source: usize, bytes: Range<u64> },
}

/// Cuts the input into tasks, in the order of the documents.
pub(super) fn tasks(sources: &[Source]) -> Vec<Task> {
    let mut tasks: Vec<Task> = Vec::new();
    let mut batch = 0;
    for (i, source) in sources.iter().enumerate() {
        match source.format {
            Format::Jsonl => {
                let mut start = 0;
                // An empty file is read too: it has a hash.
                loop {
                    let end = (start + SLICE).min(source.bytes());
                    tasks.push(Task::Slice { source: i, bytes: start..end });
                    if end == source.bytes() {
                        break;
                    }
                    start = end;
                }
            }
            Format::Text => match tasks.last_mut() {
                Some(Task::Texts(range))
                    if range.end == i && range.len() < BATCH_FILES && batch + source.bytes() <= SLICE =>
                {
                    range.end = i + 1;
                    batch += source.bytes();
                }
                _ => {
                    tasks.push(Task::Texts(i..i + 1));
                    batch = source.bytes();
                }
            },
        }
    }
    tasks
}

/// What the first pass found.
#[derive(Debug, Default)]
pub(super) struct Intake {
    pub(super) corpus: Corpus,
    /// Documents of each task.
    pub(super) of_task: Vec<Range<usize>>,
    pub(super) rejects: Vec<Reject>,
    /// By rule number.
    pub(super) rules: Vec<RuleCount>,
    /// SHA-256 of each source, by position; `None` where it was rejected.
    pub(super) hashes: Vec<Option<String>>,
    failed: Vec<(usize, String)>,
}

/// Reads every document of `sources`.
///
/// # Errors
/// Only an interruption: what cannot be read becomes a reject.
pub(super) fn read(
    sources: Vec<Source>,
    tasks: &[Task],
    rules: &RuleSet,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Intake> {
    progress.begin(Phase::Read, Some(sources.iter().map(Source::bytes).sum()));
    let mut intake = Intake {
        hashes: vec![None; sources.len()],
        rules: vec![RuleCount::default(); rules.numbers() as usize],
        corpus: Corpus::new(sources, options.fields.clone()),
        ..Intake::default()
    };
    let sources = intake.corpus.sources.clone();
    let window = rayon::current_num_threads() * 4;
    let mut records_before: FxHashMap<usize, u64> = FxHashMap::default();
    let stop = AtomicBool::new(false);
    // Sources of several slices are hashed in one go beside the tasks: a hash cannot be joined from parts.
    let long: Vec<usize> = (0..sources.len()).filter(|i| is_long(&sources[*i])).collect();
    std::thread::scope(|threads| {
        let hasher =
            threads.spawn(|| long.iter().map(|i| (*i, hash_file(&sources[*i], &stop))).collect::<Vec<_>>());
        for group in tasks.chunks(window) {
            if let Some(signal) = progress.stop() {
                stop.store(true, Ordering::Relaxed);
                return Err(Error::Interrupted(signal));
            }
            let read: Vec<Portion> = group
                .par_iter()
                .map_init(
                    || Reader::new(&sources, rules, options),
                    |reader, task| reader.read(task, progress),
                )
                .collect();
            for (task, portion) in group.iter().zip(read) {
                let before = match task {
                    Task::Slice { source, .. } => records_before.entry(*source).or_default(),
                    Task::Texts(_) => &mut 0,
                };
                let records = portion.records;
                intake.append(portion, *before);
                *before += records;
            }
        }
        // A thread that panicked hashed nothing: the panic goes on here.
        for (source, hash) in hasher.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)) {
            match hash {
                Ok(hash) => intake.hashes[source] = Some(hash),
                Err(e) => intake.failed.push((source, cause(&e))),
            }
        }
        Ok(())
    })?;
    intake.drop_failed();
    intake.count_rules();
    Ok(intake)
}

fn is_long(source: &Source) -> bool {
    source.format == Format::Jsonl && source.bytes() > SLICE
}

/// SHA-256 of a source; ends early, with an error that nobody sees, once the run is to `stop`.
fn hash_file(source: &Source, stop: &AtomicBool) -> io::Result<String> {
    let file = source.open()?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    let mut offset = 0;
    while offset < source.bytes() {
        if stop.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let part = buffer.len().min((source.bytes() - offset) as usize);
        read_exact_at(&file, &mut buffer[..part], offset)?;
        hash.update(&buffer[..part]);
        offset += part as u64;
    }
    source.check(&file)?;
    Ok(hex(&hash.finalize()))
}

impl Intake {
    /// Joins what one task found; `before` is the number of records that its source had before.
    fn append(&mut self, portion: Portion, before: u64) {
        let (cuts, sketches) = (self.corpus.cuts.len(), self.corpus.sketches.len());
        let start = self.corpus.documents.len();
        for mut found in portion.documents {
            found.document.record += before;
            found.document.cuts.0 += cuts;
            found.document.sketch.0 += sketches;
            found.document.site = self.corpus.sites.intern(found.site.as_deref());
            found.document.lang = self.corpus.langs.intern(found.lang.as_deref());
            self.corpus.documents.push(found.document);
        }
        self.corpus.cuts.extend(portion.cuts);
        self.corpus.sketches.extend(portion.sketches);
        self.of_task.push(start..self.corpus.documents.len());
        self.rejects.extend(portion.rejects.into_iter().map(|mut reject| {
            reject.record = reject.record.map(|r| r + before);
            reject
        }));
        for (source, hash) in portion.hashes {
            self.hashes[source] = Some(hash);
        }
        self.failed.extend(portion.failed);
    }

    /// Takes back the documents of sources of which a part could not be read: a file is used whole or not at all.
    fn drop_failed(&mut self) {
        self.failed.sort();
        self.failed.dedup_by_key(|(source, _)| *source);
        for (source, cause) in std::mem::take(&mut self.failed) {
            let entry = &self.corpus.sources[source];
            self.rejects.retain(|r| r.file != entry.key);
            let bytes = Some([0, entry.bytes()]);
            self.rejects.push(Reject { file: entry.key.clone(), record: None, bytes, cause });
            self.hashes[source] = None;
            let stays = |d: &Document| d.source as usize != source;
            let mut start = 0;
            for range in &mut self.of_task {
                let count = self.corpus.documents[range.clone()].iter().filter(|d| stays(d)).count();
                *range = start..start + count;
                start += count;
            }
            self.corpus.documents.retain(stays);
        }
    }

    fn count_rules(&mut self) {
        let mut last_seen = vec![usize::MAX; self.rules.len()];
        for (i, document) in self.corpus.documents.iter().enumerate() {
            let (start, count) = document.cuts;
            for cut in &self.corpus.cuts[start..start + count as usize] {
                let rule = &mut self.rules[cut.rule as usize];
                rule.cuts += 1;
                rule.bytes += u64::from(cut.end - cut.start);
                rule.documents += u64::from(std::mem::replace(&mut last_seen[cut.rule as usize], i) != i);
            }
        }
    }
}
