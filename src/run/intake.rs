//! Reads, strips and fingerprints every document: the first pass over the input.
//!
//! The input is cut into tasks that depend on it alone: slices of record files, batches of small files. Tasks run in any
//! order on any thread, and each ends with a shard; the shards are joined in the order of the documents. So neither
//! threads nor timing nor what a former run left show in what comes out.

use std::collections::BTreeMap;
use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};
use sha2::{Digest as _, Sha256};

use super::corpus::{Corpus, Segment, damaged};
use super::feed::{Feed, split};
use super::ledger::{Known, KnownPart};
use super::options::Options;
use super::ordered::{in_order, width};
use super::progress::{Phase, Progress};
use super::reader::{Of, Portion, Reader};
use crate::document::hex;
use crate::error::{Error, Result};
use crate::read::source::Source;
use crate::shard::{Name, Row, Shard, Store};
use crate::strip::RuleSet;
use crate::write::manifest::RuleCount;
use crate::write::record::Reject;

/// What the first pass found.
#[derive(Debug, Default)]
pub(super) struct Intake {
    pub(super) corpus: Corpus,
    pub(super) rejects: Vec<Reject>,
    /// By rule number.
    pub(super) rules: Vec<RuleCount>,
    /// Documents that do not count as kept before, and of those: of which the rules of a file left nothing, and decoded
    /// bytes of all texts.
    pub(super) documents: u64,
    pub(super) emptied: u64,
    pub(super) bytes_in: u64,
    /// Parts of the input, and those that a former run had read already.
    pub(super) parts: u64,
    pub(super) reused: u64,
    /// Sources, by position, of which the next run cannot know from shards all that became of them: a part of a stream
    /// that could not be used stands in none.
    pub(super) partial: FxHashSet<usize>,
    /// SHA-256 of each source, by position; `None` where it was rejected.
    pub(super) hashes: Vec<Option<String>>,
    /// Archives, by key, with size and SHA-256.
    pub(super) archives: BTreeMap<String, (u64, String)>,
    /// Records of web archives that hold no document.
    pub(super) passed: u64,
}

/// Where the documents of a source stand.
#[derive(Debug, Clone, Default)]
struct Parts {
    /// Shard, rows in it, offset of the slice in the source, number of its first record.
    parts: Vec<(u32, Range<u32>, u64, u64)>,
    /// Records of all slices so far.
    records: u64,
    failed: bool,
}

struct Shards {
    shards: Vec<Shard>,
    of: FxHashMap<Name, u32>,
    parts: Vec<Parts>,
}

impl Shards {
    /// The number of a shard; each is held once.
    fn number(&mut self, shard: Shard) -> u32 {
        let next = self.shards.len() as u32;
        let number = *self.of.entry(shard.name()).or_insert(next);
        if number == next {
            self.shards.push(shard);
        }
        number
    }
}

/// Reads every document of `sources`. What is `known` of a source from a former run is not read again.
///
/// # Errors
/// An interruption, or a store that cannot be written: what cannot be read becomes a reject.
pub(super) fn read(
    sources: Vec<Source>,
    known: &Known,
    (rules, stage): (&RuleSet, &str),
    store: &Store,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Intake> {
    Reading::begin(sources, known, rules, store, progress).all_here((rules, stage), store, options, progress)
}

/// An intake that is under way.
pub(super) struct Reading {
    intake: Intake,
    shards: Shards,
    /// Whether a source need not be read.
    done: Vec<bool>,
}

impl Reading {
    /// Takes over what is `known` of sources.
    pub(super) fn begin(
        sources: Vec<Source>,
        known: &Known,
        rules: &RuleSet,
        store: &Store,
        progress: &dyn Progress,
    ) -> Self {
        progress.begin(Phase::Read, Some(sources.iter().map(|source| source.bytes).sum()));
        let parts = vec![Parts::default(); sources.len()];
        let mut reading = Self {
            done: vec![false; sources.len()],
            shards: Shards { shards: Vec::new(), of: FxHashMap::default(), parts },
            intake: Intake {
                hashes: vec![None; sources.len()],
                rules: vec![RuleCount::default(); rules.numbers() as usize],
                corpus: Corpus::new(sources),
                ..Intake::default()
            },
        };
        for i in 0..reading.done.len() {
            reading.take_known(i, known, store, progress);
        }
        reading
    }

    fn take_known(&mut self, i: usize, known: &Known, store: &Store, progress: &dyn Progress) {
        let Self { intake, shards, done } = self;
        let source = &intake.corpus.sources[i];
        let Some(known) = known.of(source).filter(|known| take_over(i, &known.parts, store, shards)) else {
            return;
        };
        intake.hashes[i] = Some(known.sha256);
        if let Some((member, sha256)) = source.member.as_ref().zip(known.archive) {
            intake.archives.insert(member.archive.clone(), (source.stamp.bytes, sha256));
        }
        done[i] = true;
        intake.parts += known.parts.len() as u64;
        intake.reused += known.parts.len() as u64;
        progress.advance(source.bytes, known.parts.iter().map(|part| u64::from(part.count)).sum());
    }

    /// What is to be read.
    pub(super) fn sources(&self) -> &[Source] {
        &self.intake.corpus.sources
    }

    /// Whether nothing is known yet of a source.
    pub(super) fn is_open(&self, source: usize) -> bool {
        !self.done[source]
    }

    /// Reads everything of which nothing is known, on this machine.
    ///
    /// # Errors
    /// As [`read`].
    pub(super) fn all_here(
        mut self,
        (rules, stage): (&RuleSet, &str),
        store: &Store,
        options: &Options,
        progress: &dyn Progress,
    ) -> Result<Intake> {
        self.here(&|_| true, (rules, stage), store, options, progress)?;
        self.end(rules)
    }

    /// Reads those sources of which nothing is known and which are `wanted`, on all threads of this machine.
    ///
    /// # Errors
    /// As [`read`].
    pub(super) fn here(
        &mut self,
        wanted: &dyn Fn(&Source) -> bool,
        (rules, stage): (&RuleSet, &str),
        store: &Store,
        options: &Options,
        progress: &dyn Progress,
    ) -> Result<()> {
        let sources = self.sources().to_vec();
        let tasks = split(&sources, |i| self.is_open(i) && wanted(&sources[i]));
        std::thread::scope(|scope| {
            let feed = Feed::new(scope, &sources, &options.fields, progress, tasks);
            let mut hash = Sha256::new();
            in_order(
                feed,
                width(options.memory),
                || Reader::new(&sources, rules, store, stage, options),
                |reader, task| reader.read(task, progress),
                |portion: Result<Portion>| {
                    if let Some(signal) = progress.stop() {
                        return Err(Error::Interrupted(signal));
                    }
                    let portion = portion?;
                    // A hash cannot be joined from parts: slices are hashed here, where they come in order.
                    let sha256 = match &portion.of {
                        Of::Slice { source, bytes, end } => {
                            hash.update(bytes);
                            let last = *end == sources[*source].bytes;
                            last.then(|| {
                                (*source, hex(&std::mem::replace(&mut hash, Sha256::new()).finalize()))
                            })
                        }
                        Of::Files(_) | Of::Piece { .. } => None,
                    };
                    self.join(portion);
                    if let Some((source, sha256)) = sha256 {
                        self.hashed(source, sha256);
                    }
                    Ok(())
                },
            )
        })
    }

    /// Takes over what was found; portions of a source come in order.
    pub(super) fn join(&mut self, portion: Portion) {
        self.intake.join(portion, &mut self.shards);
    }

    /// Notes the SHA-256 of a source of slices, after the last of them.
    pub(super) fn hashed(&mut self, source: usize, sha256: String) {
        self.intake.hashes[source] = Some(sha256).filter(|_| !self.shards.parts[source].failed);
    }

    /// Puts everything in order.
    ///
    /// # Errors
    /// A shard that cannot be read any more.
    pub(super) fn end(self, rules: &RuleSet) -> Result<Intake> {
        let Self { mut intake, shards, .. } = self;
        intake.corpus.shards = shards.shards;
        intake.assemble(&shards.parts, rules)?;
        Ok(intake)
    }
}

/// Takes over what is known of a source, if all its shards are still there.
fn take_over(source: usize, known: &[KnownPart], store: &Store, shards: &mut Shards) -> bool {
    let mut parts = Parts::default();
    for part in known {
        let number = match shards.of.get(&part.shard) {
            Some(number) => *number,
            None => match store.get(part.shard) {
                Some(shard) => shards.number(shard),
                None => return false,
            },
        };
        let rows = part.row..part.row + part.count;
        if rows.end > shards.shards[number as usize].documents() {
            return false;
        }
        parts.parts.push((number, rows, part.offset, part.record));
    }
    shards.parts[source] = parts;
    true
}

impl Intake {
    /// Takes over what a task found.
    fn join(&mut self, portion: Portion, shards: &mut Shards) {
        self.parts += u64::from(portion.shard.is_some());
        self.reused += u64::from(portion.reused);
        match &portion.of {
            Of::Files(_) => self.join_files(portion, shards),
            Of::Slice { source, .. } => self.join_records(*source, portion, shards),
            Of::Piece { source, end } => {
                let source = *source;
                if let Some(end) = end {
                    self.hashes[source].clone_from(&end.sha256);
                    let entry = &self.corpus.sources[source];
                    if let Some((member, sha256)) = entry.member.as_ref().zip(end.archive.clone()) {
                        self.archives.insert(member.archive.clone(), (entry.stamp.bytes, sha256));
                    }
                }
                if !portion.rejects.is_empty() {
                    self.partial.insert(source);
                }
                self.join_records(source, portion, shards);
                if shards.parts[source].failed {
                    self.hashes[source] = None;
                }
            }
        }
    }

    fn join_records(&mut self, source: usize, portion: Portion, shards: &mut Shards) {
        if shards.parts[source].failed {
            return;
        }
        self.rejects.extend(portion.rejects);
        if let Some(cause) = portion.failed {
            // A file is used whole or not at all.
            let entry = &self.corpus.sources[source];
            let bytes = Some([0, entry.bytes]);
            self.rejects.push(Reject { file: entry.key.clone(), record: None, bytes, cause });
            shards.parts[source] = Parts { failed: true, ..Parts::default() };
            return;
        }
        if let Some(shard) = portion.shard {
            let (rows, records) = (0..shard.documents(), shard.records());
            let number = shards.number(shard);
            let parts = &mut shards.parts[source];
            parts.parts.push((number, rows, portion.offset, parts.records));
            parts.records += records;
        }
    }

    fn join_files(&mut self, portion: Portion, shards: &mut Shards) {
        self.rejects.extend(portion.rejects);
        let Of::Files(files) = portion.of else { return };
        let Some(shard) = portion.shard else { return };
        let number = shards.number(shard);
        for (row, (source, hash)) in (0..).zip(files) {
            self.hashes[source as usize] = Some(hash);
            shards.parts[source as usize].parts.push((number, row..row + 1, 0, 0));
        }
    }

    /// Puts the documents in order, and counts.
    fn assemble(&mut self, parts: &[Parts], rules: &RuleSet) -> Result<()> {
        // Of an archive of which nothing could be used, only a reject remains.
        let is_used = |i: &usize| self.hashes[*i].is_some() || !parts[*i].parts.is_empty();
        let used = (0..parts.len()).filter(is_used).filter_map(|i| self.corpus.sources[i].member.as_ref());
        let used: FxHashSet<&String> = used.map(|member| &member.archive).collect();
        self.archives.retain(|archive, _| used.contains(archive));
        let mut segments: Vec<Segment> = Vec::new();
        for (source, parts) in parts.iter().enumerate() {
            let is_file = self.corpus.sources[source].format.is_single();
            for (shard, rows, offset, record) in &parts.parts {
                match segments.last_mut() {
                    Some(last)
                        if is_file
                            && last.files
                            && self.corpus.is_reference(last) == self.corpus.sources[source].reference
                            && last.shard == *shard
                            && last.rows.end == rows.start
                            && last.source as usize + last.rows.len() == source =>
                    {
                        last.rows.end = rows.end;
                    }
                    _ if is_file => segments.push(Segment::of_files(*shard, rows.clone(), source as u32)),
                    _ => {
                        let segment =
                            Segment::of_slice(*shard, rows.clone(), source as u32, *offset, *record);
                        self.reject_records(&segment)?;
                        segments.push(segment);
                    }
                }
            }
        }
        for segment in segments {
            let (mut rows, mut bytes) = (Vec::new(), 0);
            let each = |row: &Row, _| {
                bytes += u64::from(row.bytes_in);
                rows.push((row.cuts, row.emptied));
                Ok(())
            };
            let shard = segment.shard as usize;
            let reference = self.corpus.is_reference(&segment);
            self.corpus.append(segment, each)?;
            if reference {
                continue;
            }
            self.documents += rows.len() as u64;
            self.bytes_in += bytes;
            let (Some((first, _)), Some((last, _))) = (rows.first(), rows.last()) else { continue };
            let shard = &self.corpus.shards[shard];
            let cuts = shard.cuts(first.0..last.0 + last.1).map_err(damaged(shard))?;
            let start = first.0;
            let mut seen = vec![usize::MAX; self.rules.len()];
            for (i, ((begin, count), is_empty)) in rows.iter().enumerate() {
                let cuts = &cuts[(begin - start) as usize..(begin - start + count) as usize];
                for cut in cuts {
                    let rule = &mut self.rules[cut.rule as usize];
                    rule.cuts += 1;
                    rule.bytes += cut.len() as u64;
                    rule.documents += u64::from(std::mem::replace(&mut seen[cut.rule as usize], i) != i);
                }
                self.emptied += u64::from(*is_empty && cuts.iter().any(|cut| rules.is_from_file(cut.rule)));
            }
        }
        Ok(())
    }

    /// Lists the records of a slice that cannot be used, and counts those that hold nothing.
    fn reject_records(&mut self, segment: &Segment) -> Result<()> {
        let shard = &self.corpus.shards[segment.shard as usize];
        let file = &self.corpus.sources[segment.source as usize].key;
        let rejects = self.corpus.rejects_of(segment)?;
        self.passed += shard.records() - u64::from(shard.documents()) - rejects.len() as u64;
        for reject in rejects {
            self.rejects.push(Reject {
                file: file.clone(),
                record: Some(segment.record + u64::from(reject.record)),
                bytes: (reject.end > 0).then(|| [segment.offset + reject.start, segment.offset + reject.end]),
                cause: reject.cause,
            });
        }
        Ok(())
    }
}
