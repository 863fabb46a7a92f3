//! Reads the documents of one task: decodes, strips and fingerprints each. One reader a thread.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::corpus::{Document, NameId, SmallCut};
use super::intake::Task;
use super::options::{Fields, Options, Strip};
use super::progress::Progress;
use crate::dates::Date;
use crate::document::{Metadata, Origin, Status, hex};
use crate::fingerprint::Fingerprinter;
use crate::read::source::{Source, changed, read_exact_at};
use crate::read::{Decoded, Encoding, jsonl, language, metadata, walk};
use crate::strip::{RuleSet, Scope, Stripped, Stripper};
use crate::write::record::Reject;

/// A record or a text file longer than this is rejected: it would have to be held whole.
const MOST_RECORD: u64 = 256 << 20;

/// A document as a task leaves it: offsets count from the task's beginning, names are not yet numbers.
#[derive(Debug)]
pub(super) struct Fresh {
    pub(super) document: Document,
    pub(super) site: Option<String>,
    pub(super) lang: Option<String>,
}

/// What one task found.
#[derive(Debug, Default)]
pub(super) struct Portion {
    pub(super) documents: Vec<Fresh>,
    pub(super) cuts: Vec<SmallCut>,
    pub(super) sketches: Vec<u64>,
    pub(super) rejects: Vec<Reject>,
    pub(super) hashes: Vec<(usize, String)>,
    /// A source that cannot be used, and why.
    pub(super) failed: Option<(usize, String)>,
    /// Records in the slice, rejected ones included.
    pub(super) records: u64,
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
pub(super) struct Reader<'a> {
    sources: &'a [Source],
    rules: &'a RuleSet,
    strip: Strip,
    layout: bool,
    fields: &'a Fields,
    stripper: Stripper<'a>,
    fingerprinter: Fingerprinter,
}

impl<'a> Reader<'a> {
    pub(super) fn new(sources: &'a [Source], rules: &'a RuleSet, options: &'a Options) -> Self {
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

    pub(super) fn read(&mut self, task: &Task, progress: &dyn Progress) -> Portion {
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
fn read_captures(meta: &mut Metadata, captures: Vec<(String, String)>, key: &str) {
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

/// Why a file could not be read, in words for a reject.
pub(super) fn cause(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => changed().to_string(),
        _ => format!("cannot read: {}", walk::plain(error)),
    }
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
