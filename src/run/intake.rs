//! Reads, strips and fingerprints every document: the first pass over the input.
//!
//! The input is cut into tasks that depend on it alone: slices of record files, batches of small files. Tasks run in any
//! order on any thread; their results are joined in order. So neither threads nor timing show in what comes out.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use sha2::{Digest as _, Sha256};

use super::corpus::{Corpus, Document, NameId, SmallCut};
use super::options::{Fields, Format, Options, Strip};
use super::progress::{Phase, Progress};
use crate::dates::Date;
use crate::document::{Metadata, Origin, Status, hex};
use crate::error::{Error, Result};
use crate::fingerprint::Fingerprinter;
use crate::read::source::{Source, changed, read_exact_at};
use crate::read::{Decoded, Encoding, jsonl, language, metadata, walk};
use crate::strip::{RuleSet, Scope, Stripped, Stripper};
use crate::write::manifest::RuleCount;
use crate::write::record::Reject;

/// Bytes of a record file that one task reads.
const SLICE: u64 = 4 << 20;
/// A record or a text file longer than this is rejected: it would have to be held whole.
pub(super) const MOST_RECORD: u64 = 256 << 20;
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
        for (source, hash) in hasher.join().unwrap_or_default() {
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

/// Why a file could not be read, in words for a reject.
fn cause(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => changed().to_string(),
        _ => format!("cannot read: {}", walk::plain(error)),
    }
}

/// A document as a task leaves it: offsets count from the task's beginning, names are not yet numbers.
#[derive(Debug)]
struct Fresh {
    document: Document,
    site: Option<String>,
    lang: Option<String>,
}

/// What one task found.
#[derive(Debug, Default)]
struct Portion {
    documents: Vec<Fresh>,
    cuts: Vec<SmallCut>,
    sketches: Vec<u64>,
    rejects: Vec<Reject>,
    hashes: Vec<(usize, String)>,
    /// A source that cannot be used, and why.
    failed: Option<(usize, String)>,
    /// Records in the slice, rejected ones included.
    records: u64,
}

/// Where a document stands.
struct Place {
    source: usize,
    record: u64,
    offset: u64,
    len: usize,
    body: Range<usize>,
}

/// Reads tasks; one a thread.
struct Reader<'a> {
    sources: &'a [Source],
    rules: &'a RuleSet,
    strip: Strip,
    layout: bool,
    fields: &'a Fields,
    stripper: Stripper<'a>,
    fingerprinter: Fingerprinter,
}

impl<'a> Reader<'a> {
    fn new(sources: &'a [Source], rules: &'a RuleSet, options: &'a Options) -> Self {
        Self {
            sources,
            rules,
            strip: options.strip,
            layout: options.layout,
            fields: &options.fields,
            stripper: Stripper::new(rules),
            fingerprinter: Fingerprinter::new(options.shingle),
        }
    }

    fn read(&mut self, task: &Task, progress: &dyn Progress) -> Portion {
        let mut portion = Portion::default();
        match task {
            Task::Texts(range) => {
                for source in range.clone() {
                    self.text_file(source, &mut portion);
                    progress.advance(self.sources[source].bytes(), 1);
                }
            }
            Task::Slice { source, bytes } => {
                if let Err(e) = self.slice(*source, bytes.clone(), &mut portion) {
                    portion.failed = Some((*source, cause(&e)));
                }
                progress.advance(bytes.end - bytes.start, portion.documents.len() as u64);
            }
        }
        portion
    }

    fn text_file(&mut self, source: usize, portion: &mut Portion) {
        let entry = &self.sources[source];
        let reject = |cause: String| Reject { file: entry.key.clone(), record: None, bytes: None, cause };
        if entry.bytes() > MOST_RECORD {
            let cause = format!("longer than {} MiB, the most that one document may have", MOST_RECORD >> 20);
            return portion.rejects.push(reject(cause));
        }
        let mut text = vec![0; entry.bytes() as usize];
        let read = entry.open().and_then(|file| {
            read_exact_at(&file, &mut text, 0)?;
            entry.check(&file)
        });
        if let Err(e) = read {
            return portion.rejects.push(reject(cause(&e)));
        }
        if let Some(cause) = not_text(&entry.path, &text) {
            return portion.rejects.push(reject(cause.into()));
        }
        portion.hashes.push((source, hex(&Sha256::digest(&text))));
        let place = Place { source, record: 0, offset: 0, len: text.len(), body: 0..text.len() };
        let meta = Metadata::default();
        self.document(place, &Decoded::new(&text, Encoding::Plain), meta, portion);
    }

    /// The records that begin in `bytes` of a source.
    fn slice(&mut self, source: usize, bytes: Range<u64>, portion: &mut Portion) -> io::Result<()> {
        let entry = &self.sources[source];
        let file = entry.open()?;
        // One byte more at the front tells whether a record begins just here.
        let from = bytes.start.saturating_sub(1);
        let mut buffer = vec![0; (bytes.end - from) as usize];
        read_exact_at(&file, &mut buffer, from)?;
        if bytes == (0..entry.bytes()) {
            portion.hashes.push((source, hex(&Sha256::digest(&buffer))));
        }
        let mut at = 0;
        if bytes.start > 0 {
            match memchr::memchr(b'\n', &buffer) {
                Some(newline) => at = newline + 1,
                None => return Ok(()),
            }
        }
        while at < buffer.len() {
            let offset = from + at as u64;
            let end = match memchr::memchr(b'\n', &buffer[at..]) {
                Some(newline) => at + newline + 1,
                None => {
                    let (end, whole) = self.extend(&file, entry.bytes(), from, &mut buffer, at)?;
                    if !whole {
                        let cause = format!(
                            "a line longer than {} MiB, the most that one record may have",
                            MOST_RECORD >> 20
                        );
                        self.reject_record(source, portion, [offset, end], cause);
                        break;
                    }
                    buffer.len()
                }
            };
            self.record(source, offset, &buffer[at..end], portion);
            at = end;
        }
        entry.check(&file)
    }

    /// Reads on until the line that begins at `at` ends. Returns the offset of its end, and whether it was short
    /// enough to be held; if so, it now stands in `buffer`.
    fn extend(
        &self,
        file: &File,
        size: u64,
        from: u64,
        buffer: &mut Vec<u8>,
        at: usize,
    ) -> io::Result<(u64, bool)> {
        let mut end = from + buffer.len() as u64;
        let start = from + at as u64;
        let mut part = vec![0; 1 << 20];
        while end < size {
            let take = part.len().min((size - end) as usize);
            read_exact_at(file, &mut part[..take], end)?;
            let newline = memchr::memchr(b'\n', &part[..take]);
            let upto = newline.map_or(take, |n| n + 1);
            end += upto as u64;
            if end - start <= MOST_RECORD {
                buffer.extend_from_slice(&part[..upto]);
            }
            if newline.is_some() {
                break;
            }
        }
        Ok((end, end - start <= MOST_RECORD))
    }

    fn reject_record(&self, source: usize, portion: &mut Portion, bytes: [u64; 2], cause: String) {
        let record = Some(portion.records);
        portion.rejects.push(Reject {
            file: self.sources[source].key.clone(),
            record,
            bytes: Some(bytes),
            cause,
        });
        portion.records += 1;
    }

    fn record(&mut self, source: usize, offset: u64, line: &[u8], portion: &mut Portion) {
        let mark = if offset == 0 { jsonl::mark_len(line) } else { 0 };
        if jsonl::is_blank(&line[mark..]) {
            return;
        }
        match jsonl::parse(&line[mark..], self.fields) {
            Ok(record) => {
                let body = record.body.start + mark..record.body.end + mark;
                let place =
                    Place { source, record: portion.records, offset, len: line.len(), body: body.clone() };
                portion.records += 1;
                self.document(place, &Decoded::new(&line[body], Encoding::JsonString), record.meta, portion);
            }
            Err(cause) => self.reject_record(source, portion, [offset, offset + line.len() as u64], cause),
        }
    }

    /// Strips and fingerprints one document.
    fn document(&mut self, place: Place, decoded: &Decoded<'_>, mut meta: Metadata, portion: &mut Portion) {
        let text: &[u8] = &decoded.text;
        let key = &self.sources[place.source].key;
        complete(&mut meta, key, text, self.rules);
        let found = match self.strip {
            Strip::None => Stripped::default(),
            Strip::Rules => {
                let scope = Scope {
                    lang: meta.lang.as_deref(),
                    site: meta.site.as_deref(),
                    title: meta.title.as_deref(),
                };
                self.stripper.strip(text, &scope, self.layout)
            }
        };
        read_captures(&mut meta, found.captures, key);
        let rest = crate::strip::remaining(text, &found.cuts);
        let print = self.fingerprinter.fingerprint(&rest);
        let emptied = rest.trim_ascii().is_empty() && !found.cuts.is_empty();
        let cuts = (portion.cuts.len(), found.cuts.len() as u32);
        let small =
            |c: &crate::document::Cut| SmallCut { start: c.start as u32, end: c.end as u32, rule: c.rule };
        portion.cuts.extend(found.cuts.iter().map(small));
        let sketch = (portion.sketches.len(), print.sketch.len() as u32);
        portion.sketches.extend_from_slice(&print.sketch);
        let none: NameId = 0;
        portion.documents.push(Fresh {
            site: meta.site,
            lang: meta.lang,
            document: Document {
                source: place.source as u32,
                record: place.record,
                offset: place.offset,
                len: place.len as u32,
                body: place.body.start as u32,
                body_len: place.body.len() as u32,
                bytes_in: text.len() as u32,
                bytes_out: rest.len() as u32,
                cuts,
                sketch,
                digest: print.digest,
                simhash: print.simhash,
                shingles: print.shingles,
                words: print.words,
                sentence_words: print.sentence_words,
                id: meta.id.map(String::into_boxed_str),
                site: none,
                lang: none,
                date: meta.date,
                captures: meta.captures.into_boxed_slice(),
                status: if emptied { Status::Emptied } else { Status::Kept },
            },
        });
    }
}

/// Fills in site and language: what rules are chosen by.
pub(super) fn complete(meta: &mut Metadata, key: &str, text: &[u8], rules: &RuleSet) {
    if meta.site.is_none() {
        // A folder that is named like a host says more than a signature, any other folder less.
        meta.site = metadata::host_folder(key)
            .or_else(|| rules.site_by_signature(text).map(str::to_owned))
            .or_else(|| metadata::outer_folder(key).map(str::to_owned));
    }
    if meta.lang.is_none() {
        meta.lang = language::detect(text).map(str::to_owned);
    }
}

/// Takes over what rules captured. A date from a field or the file's name is better than one from chrome.
pub(super) fn read_captures(meta: &mut Metadata, captures: Vec<(String, String)>, key: &str) {
    let from_name = || Some((metadata::date_in_name(key)?, Origin::FileName));
    let from_chrome = || {
        let dates = captures.iter().filter(|(name, _)| name == "date");
        // The most precise one; of equals the first.
        let mut best: Option<Date> = None;
        for date in dates.filter_map(|(_, value)| Date::parse(value)) {
            let precision = |d: &Date| {
                u8::from(d.year.is_some()) + u8::from(d.month.is_some()) + u8::from(d.day.is_some())
            };
            if best.as_ref().is_none_or(|b| precision(b) < precision(&date)) {
                best = Some(date);
            }
        }
        best.map(|date| (date, Origin::Chrome))
    };
    meta.date = meta.date.or_else(from_name).or_else(from_chrome);
    meta.captures = captures;
}

/// Why the bytes of a file are no text that this version reads.
fn not_text(path: &Path, text: &[u8]) -> Option<&'static str> {
    if text.starts_with(b"\xFF\xFE") || text.starts_with(b"\xFE\xFF") {
        return Some("UTF-16 text is not read yet");
    }
    let name = path.to_string_lossy().to_lowercase();
    let named_text = [".txt", ".text", ".md", ".markdown"].iter().any(|e| name.ends_with(e));
    let head = &text[..text.len().min(8192)];
    (!named_text && memchr::memchr(0, head).is_some()).then_some("binary data, not text")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::progress::Silent;

    fn jsonl_source(dir: &tempfile::TempDir, text: &[u8]) -> Source {
        let path = dir.path().join("a.jsonl");
        std::fs::write(&path, text).unwrap();
        let input = super::super::options::Input { name: None, path };
        walk::walk(&[input], None, false).unwrap().sources.remove(0)
    }

    fn records(portions: &[Portion]) -> (Vec<(u64, u32)>, Vec<[u64; 2]>) {
        let documents =
            portions.iter().flat_map(|p| &p.documents).map(|d| (d.document.offset, d.document.len));
        (documents.collect(), portions.iter().flat_map(|p| &p.rejects).filter_map(|r| r.bytes).collect())
    }

    #[test]
    fn however_a_file_is_sliced_the_same_records_are_found() {
        let dir = tempfile::tempdir().unwrap();
        let mut text = Vec::new();
        for i in 0..40 {
            let line = match i % 5 {
                0 => format!("{{\"text\":\"{}\"}}\n", "x".repeat(i * 7)),
                1 => "\n".into(),
                2 => "{\"text\":\"crlf\"}\r\n".into(),
                3 => "broken\n".into(),
                _ => "{\"text\":\"\"}\n".to_owned(),
            };
            text.extend_from_slice(line.as_bytes());
        }
        text.extend_from_slice(b"{\"text\":\"no newline at the end\"}");
        let source = jsonl_source(&dir, &text);
        let sources = [source];
        let rules = RuleSet::empty().unwrap();
        let options = Options::default();
        let mut reader = Reader::new(&sources, &rules, &options);
        let size = text.len() as u64;
        let whole = records(&[reader.read(&Task::Slice { source: 0, bytes: 0..size }, &Silent)]);
        assert_eq!((whole.0.len(), whole.1.len()), (8 * 3 + 1, 8));
        for width in [1, 2, 3, 7, 16, 100, 1000] {
            let slices = (0..size).step_by(width).map(|s| s..size.min(s + width as u64));
            let portions: Vec<Portion> =
                slices.map(|bytes| reader.read(&Task::Slice { source: 0, bytes }, &Silent)).collect();
            assert_eq!(records(&portions), whole, "slices of {width}");
        }
    }
}
