//! Reads the documents of one task: decodes, strips and fingerprints each, unless a former run did. One reader a thread.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;

use sha2::{Digest as _, Sha256};
use xxhash_rust::xxh3::xxh3_64;

use super::feed::{Piece, Task};
use super::options::{Fields, Format, Options, Strip};
use super::progress::Progress;
use crate::dates::Date;
use crate::document::{Metadata, Origin, hex};
use crate::error::{Error, Result};
use crate::fingerprint::Fingerprinter;
use crate::read::source::{Source, cause, read_exact_at};
use crate::read::{Decoded, Encoding, jsonl, language, metadata};
use crate::shard::{Details, Name, Naming, NewDocument, Row, Shard, SliceReject, Store, Writer};
use crate::strip::{RuleSet, Scope, Stripped, Stripper};
use crate::write::record::Reject;

/// A record or a text file longer than this is rejected: it would have to be held whole.
pub(super) const MOST_RECORD: u64 = 256 << 20;

/// What a portion is of.
#[derive(Debug)]
pub(super) enum Of {
    /// Text files that can be used, each with its SHA-256, in the order of the rows.
    Files(Vec<(u32, String)>),
    /// A slice of a plain file: its bytes, and where it ends.
    Slice { source: usize, bytes: Vec<u8>, end: u64 },
    /// A piece of a stream; with the last one, the SHA-256 of the file. What is rejected of it may be a record.
    Piece { source: usize, end: Option<Option<String>>, is_record: bool },
}

/// What one task found.
#[derive(Debug)]
pub(super) struct Portion {
    pub(super) of: Of,
    /// Where its documents stand; none if there are none.
    pub(super) shard: Option<Shard>,
    /// Whether a former run made the shard.
    pub(super) reused: bool,
    /// What cannot be used.
    pub(super) rejects: Vec<Reject>,
    /// Where its first record begins in its source.
    pub(super) offset: u64,
    /// Why a slice cannot be read.
    pub(super) failed: Option<String>,
}

impl Portion {
    fn of(of: Of) -> Self {
        Self { of, shard: None, reused: false, rejects: Vec::new(), offset: 0, failed: None }
    }
}

/// A record in the slice that is being read.
struct Place<'k> {
    key: &'k str,
    record: u32,
    offset: u64,
    body: Range<usize>,
}

/// Consecutive records of a source.
struct Slice<'k> {
    key: &'k str,
    /// Whether the source begins here.
    first: bool,
    /// Its bytes; more than are at hand if the last record is too long to be held.
    span: u64,
    /// Whether the shard carries its bytes.
    carried: bool,
}

/// What the content of a shard depends on beside the bytes of its slice.
pub(super) fn stage(rules: &RuleSet, options: &Options) -> String {
    let Fields { text, id, url, date, title } = &options.fields;
    format!(
        "{} {} {} {:?} {} {} {:?}",
        env!("TAMIS_STAGES"),
        crate::fingerprint::HASHER,
        rules.sha256(),
        options.strip,
        options.layout,
        options.shingle,
        [text, id, url, date, title],
    )
}

/// Reads tasks; one a thread.
pub(super) struct Reader<'a> {
    sources: &'a [Source],
    rules: &'a RuleSet,
    store: &'a Store,
    stage: &'a str,
    strip: Strip,
    layout: bool,
    fields: &'a Fields,
    stripper: Stripper<'a>,
    fingerprinter: Fingerprinter,
}

impl<'a> Reader<'a> {
    /// `stage`: see [`stage`].
    pub(super) fn new(
        sources: &'a [Source],
        rules: &'a RuleSet,
        store: &'a Store,
        stage: &'a str,
        options: &'a Options,
    ) -> Self {
        Self {
            sources,
            rules,
            store,
            stage,
            strip: options.strip,
            layout: options.layout,
            fields: &options.fields,
            stripper: Stripper::new(rules).with_main_content(options.strip == Strip::Main),
            fingerprinter: Fingerprinter::new(options.shingle),
        }
    }

    /// Sees to it that the documents of a task stand in a shard: in that of a former run, or in a new one.
    ///
    /// # Errors
    /// Where the store cannot be written. What cannot be read is noted in the portion.
    pub(super) fn read(&mut self, task: Task, progress: &dyn Progress) -> Result<Portion> {
        match task {
            Task::Texts(sources) => self.text_files(&sources, progress),
            Task::Piece(piece) => self.piece(piece, progress),
            Task::Slice { source, bytes } => {
                let (length, end) = (bytes.end - bytes.start, bytes.end);
                let read = match self.slice(source, bytes) {
                    Err(Broken::Source(e)) => {
                        let of = Of::Slice { source, bytes: Vec::new(), end };
                        Ok(Portion { failed: Some(cause(&e)), ..Portion::of(of) })
                    }
                    Err(Broken::Store(e)) => Err(e),
                    Ok(portion) => Ok(portion),
                };
                let documents = read.as_ref().ok().and_then(|p| Some(p.shard.as_ref()?.documents()));
                progress.advance(length, documents.unwrap_or(0).into());
                read
            }
        }
    }

    fn text_files(&mut self, sources: &[u32], progress: &dyn Progress) -> Result<Portion> {
        let (mut files, mut rejects) = (Vec::with_capacity(sources.len()), Vec::new());
        let mut naming = self.naming();
        let mut texts = Vec::with_capacity(sources.len());
        for source in sources {
            let entry = &self.sources[*source as usize];
            match text_of(entry) {
                Ok(text) => {
                    naming.part(entry.key.as_bytes()).part(&text);
                    files.push((*source, hex(&Sha256::digest(&text))));
                    texts.push(text);
                }
                Err(cause) => {
                    rejects.push(Reject { file: entry.key.clone(), record: None, bytes: None, cause });
                }
            }
            progress.advance(entry.bytes(), 1);
        }
        let mut portion = Portion { rejects, ..Portion::of(Of::Files(Vec::new())) };
        if texts.is_empty() {
            return Ok(portion);
        }
        let all = self.sources;
        let made = self.known_or(naming.name(), |reader| {
            let mut writer = Writer::default();
            for ((source, _), text) in files.iter().zip(&texts) {
                let key = &all[*source as usize].key;
                let place = Place { key, record: 0, offset: 0, body: 0..text.len() };
                reader.document(place, text, Encoding::Plain, Metadata::default(), &mut writer);
            }
            writer.finish(texts.len() as u64, 0, &reader.fingerprinter.digests())
        })?;
        (portion.shard, portion.reused) = (Some(made.0), made.1);
        portion.of = Of::Files(files);
        Ok(portion)
    }

    /// Begins the name of a shard.
    fn naming(&self) -> Naming {
        let mut naming = self.store.naming();
        naming.part(self.stage.as_bytes());
        naming
    }

    /// The shard of this name, and whether it was there before.
    fn known_or(&mut self, name: Name, make: impl FnOnce(&mut Self) -> Vec<u8>) -> Result<(Shard, bool)> {
        match self.store.get(name) {
            Some(shard) => Ok((shard, true)),
            None => Ok((self.store.put(name, &make(self))?, false)),
        }
    }

    /// The records that begin in `bytes` of a source.
    fn slice(&mut self, source: usize, bytes: Range<u64>) -> std::result::Result<Portion, Broken> {
        let entry = &self.sources[source];
        let file = entry.open()?;
        // One byte more at the front tells whether a record begins just here.
        let from = bytes.start.saturating_sub(1);
        let mut buffer = vec![0; (bytes.end - from) as usize];
        read_exact_at(&file, &mut buffer, from)?;
        let mut at = 0;
        if bytes.start > 0 {
            at = memchr::memchr(b'\n', &buffer).map_or(buffer.len(), |newline| newline + 1);
        }
        // The last record may go on behind the slice.
        let mut end = from + buffer.len() as u64;
        if at < buffer.len() && buffer.last() != Some(&b'\n') {
            let last = memchr::memrchr(b'\n', &buffer[at..]).map_or(at, |newline| at + newline + 1);
            end = extend(&file, entry.bytes(), from, &mut buffer, last)?;
        }
        entry.check(&file)?;
        let offset = from + at as u64;
        let slice = Slice { key: &entry.key, first: offset == 0, span: end - offset, carried: false };
        let (shard, reused) = self.records(&slice, &buffer[at..]).map_err(Broken::Store)?;
        buffer.truncate((bytes.end - from) as usize);
        buffer.drain(..(bytes.start - from) as usize);
        let of = Of::Slice { source, bytes: buffer, end: bytes.end };
        Ok(Portion { shard: Some(shard), reused, offset, ..Portion::of(of) })
    }

    /// A piece of a stream. The shard carries its bytes: nobody decodes a stream twice.
    fn piece(&mut self, piece: Piece, progress: &dyn Progress) -> Result<Portion> {
        let entry = &self.sources[piece.source];
        let (is_end, is_record) = (piece.end.is_some(), piece.is_record);
        let mut portion = Portion::of(Of::Piece { source: piece.source, end: piece.end, is_record });
        portion.offset = piece.offset;
        if let Some((range, cause)) = piece.broken {
            let (file, bytes) = (entry.key.clone(), Some(range));
            portion.rejects.push(Reject { file, record: None, bytes, cause });
        }
        // The last piece of a stream may be empty; an empty text is a document, unless there is none.
        let is_text = entry.format == Format::Text && portion.rejects.is_empty() && is_end;
        if !piece.bytes.is_empty() || is_text {
            let span = piece.bytes.len() as u64;
            let slice = Slice { key: &entry.key, first: piece.offset == 0, span, carried: true };
            let made = match entry.format {
                Format::Jsonl => self.records(&slice, &piece.bytes)?,
                Format::Text => self.text(&slice, &piece.bytes)?,
            };
            (portion.shard, portion.reused) = (Some(made.0), made.1);
        }
        let documents = portion.shard.as_ref().map_or(0, Shard::documents);
        progress.advance(piece.read, documents.into());
        Ok(portion)
    }

    /// The shard of one text of a stream.
    fn text(&mut self, slice: &Slice<'_>, text: &[u8]) -> Result<(Shard, bool)> {
        let name = self.naming().part(slice.key.as_bytes()).part(text).name();
        self.known_or(name, |reader| {
            let mut writer = Writer::default();
            let place = Place { key: slice.key, record: 0, offset: 0, body: 0..text.len() };
            reader.document(place, text, Encoding::Plain, Metadata::default(), &mut writer);
            writer.carry(text);
            writer.finish(1, slice.span, &reader.fingerprinter.digests())
        })
    }

    /// The shard of consecutive records.
    fn records(&mut self, slice: &Slice<'_>, records: &[u8]) -> Result<(Shard, bool)> {
        let mut naming = self.naming();
        naming
            .part(slice.key.as_bytes())
            // What a byte order mark is depends on whether the file begins here.
            .part(&[u8::from(slice.first), u8::from(slice.carried)])
            .part(&slice.span.to_le_bytes())
            .part(records);
        self.known_or(naming.name(), |reader| reader.lines(slice, records))
    }

    /// JSON lines as a shard.
    fn lines(&mut self, of: &Slice<'_>, slice: &[u8]) -> Vec<u8> {
        let mut writer = Writer::default();
        let (mut at, mut records) = (0, 0);
        while at < slice.len() {
            let length = memchr::memchr(b'\n', &slice[at..]).map_or(slice.len() - at, |newline| newline + 1);
            let line = &slice[at..at + length];
            let start = at as u64;
            at += length;
            let end = if at == slice.len() { of.span } else { at as u64 };
            let mark = if of.first && start == 0 { jsonl::mark_len(line) } else { 0 };
            if jsonl::is_blank(&line[mark..]) {
                continue;
            }
            let parsed = if end - start > MOST_RECORD {
                let most = MOST_RECORD >> 20;
                Err(format!("a line longer than {most} MiB, the most that one record may have"))
            } else {
                jsonl::parse(&line[mark..], self.fields)
            };
            match parsed {
                Ok(record) => {
                    let body = record.body.start + mark..record.body.end + mark;
                    let place = Place { key: of.key, record: records, offset: start, body };
                    self.document(place, line, Encoding::JsonString, record.meta, &mut writer);
                }
                Err(cause) => writer.reject(&SliceReject { record: records, start, end, cause }),
            }
            records += 1;
        }
        if of.carried {
            writer.carry(slice);
        }
        writer.finish(records.into(), of.span, &self.fingerprinter.digests())
    }

    /// Strips and fingerprints one document.
    fn document(
        &mut self,
        place: Place<'_>,
        record: &[u8],
        encoding: Encoding,
        mut meta: Metadata,
        writer: &mut Writer,
    ) {
        let decoded = Decoded::new(&record[place.body.clone()], encoding);
        let text: &[u8] = &decoded.text;
        complete(&mut meta, place.key, text, self.rules);
        let found = match self.strip {
            Strip::None => Stripped::default(),
            Strip::Rules | Strip::Main => {
                let scope = Scope {
                    lang: meta.lang.as_deref(),
                    site: meta.site.as_deref(),
                    title: meta.title.as_deref(),
                };
                self.stripper.strip(text, &scope, self.layout)
            }
        };
        read_captures(&mut meta, found.captures, place.key);
        let rest = crate::strip::remaining(text, &found.cuts);
        let print = self.fingerprinter.digest_later(&rest);
        let row = Row {
            offset: place.offset,
            record: place.record,
            len: record.len() as u32,
            body: place.body.start as u32,
            body_len: place.body.len() as u32,
            bytes_in: text.len() as u32,
            bytes_out: rest.len() as u32,
            raw_hash: xxh3_64(record),
            simhash: print.simhash,
            shingles: print.shingles,
            words: print.words,
            sentence_words: print.sentence_words,
            date: meta.date,
            emptied: rest.trim_ascii().is_empty() && !found.cuts.is_empty(),
            ..Row::default()
        };
        writer.push(NewDocument {
            row,
            cuts: &found.cuts,
            sketch: &print.sketch,
            site: meta.site.as_deref(),
            lang: meta.lang.as_deref(),
            details: Details { id: meta.id, captures: meta.captures },
        });
    }
}

/// Why a slice has no shard.
enum Broken {
    Source(io::Error),
    Store(Error),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Source(error)
    }
}

/// The bytes of a text file, or why they cannot be used.
fn text_of(entry: &Source) -> std::result::Result<Vec<u8>, String> {
    if entry.bytes() > MOST_RECORD {
        return Err(format!("longer than {} MiB, the most that one document may have", MOST_RECORD >> 20));
    }
    let mut text = vec![0; entry.bytes() as usize];
    let mut read = || -> io::Result<()> {
        let file = entry.open()?;
        read_exact_at(&file, &mut text, 0)?;
        entry.check(&file)
    };
    read().map_err(|e| cause(&e))?;
    match not_text(&entry.path, &text) {
        Some(cause) => Err(cause.into()),
        None => Ok(text),
    }
}

/// Reads on until the line that begins at `at` ends; returns the offset of its end. Where it is too long to be held,
/// `buffer` ends before it does.
fn extend(file: &File, size: u64, from: u64, buffer: &mut Vec<u8>, at: usize) -> io::Result<u64> {
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
    Ok(end)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::progress::Silent;

    fn jsonl_source(dir: &tempfile::TempDir, text: &[u8]) -> Source {
        let path = dir.path().join("a.jsonl");
        std::fs::write(&path, text).unwrap();
        let input = super::super::options::Input { name: None, path };
        crate::read::walk::walk(&[input], None, false).unwrap().sources.remove(0)
    }

    /// Start and length of each record, and the ranges of the rejected ones.
    fn records(portions: &[Portion]) -> (Vec<(u64, u32)>, Vec<[u64; 2]>) {
        let (mut documents, mut rejects) = (Vec::new(), Vec::new());
        for portion in portions {
            let shard = portion.shard.as_ref().unwrap();
            let rows = shard.rows(0..shard.documents()).unwrap();
            documents.extend(rows.iter().map(|row| (portion.offset + row.offset, row.len)));
            let rejected = shard.rejects().unwrap();
            rejects.extend(rejected.iter().map(|r| [portion.offset + r.start, portion.offset + r.end]));
        }
        (documents, rejects)
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
        let store = Store::open(&dir.path().join("cache")).unwrap();
        let mut reader = Reader::new(&sources, &rules, &store, "test", &options);
        let size = text.len() as u64;
        let mut read = |bytes: Range<u64>| {
            let portion = reader.read(Task::Slice { source: 0, bytes: bytes.clone() }, &Silent).unwrap();
            let Of::Slice { bytes: read, .. } = &portion.of else { panic!("a slice") };
            assert_eq!(*read, text[bytes.start as usize..bytes.end as usize]);
            portion
        };
        let whole = records(&[read(0..size)]);
        assert_eq!((whole.0.len(), whole.1.len()), (8 * 3 + 1, 8));
        for width in [1, 2, 3, 7, 16, 100, 1000] {
            let slices = (0..size).step_by(width).map(|s| s..size.min(s + width as u64));
            let portions: Vec<Portion> = slices.map(&mut read).collect();
            assert_eq!(records(&portions), whole, "slices of {width}");
        }
    }
}
