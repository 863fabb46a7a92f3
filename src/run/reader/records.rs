//! Slices of records: lines of JSON, JSON objects, rows of CSV.

use std::fs::File;
use std::io;
use std::ops::Range;

use super::documents::Place;
use super::{Broken, Of, Portion, Reader};
use crate::error::Result;
use crate::read::blocks::{self, Block, MOST_RECORD, too_long};
use crate::read::csv::{self, Header};
use crate::read::source::{Source, read_exact_at};
use crate::read::{Record, jsonl};
use crate::run::options::Fields;
use crate::shard::{Shard, SliceReject, Writer};

/// One kind of record.
pub(in crate::run) trait Kind {
    /// Reads a record. `first`: the source begins with it.
    ///
    /// # Errors
    /// In plain words, why it is none.
    fn parse(
        &self,
        record: &[u8],
        first: bool,
        fields: &Fields,
    ) -> std::result::Result<Option<Record>, String>;

    /// What the records mean that does not stand in them.
    fn context(&self) -> String;
}

/// Lines of JSON.
pub(in crate::run) struct Lines;

impl Kind for Lines {
    fn parse(
        &self,
        line: &[u8],
        first: bool,
        fields: &Fields,
    ) -> std::result::Result<Option<Record>, String> {
        let mark = if first { jsonl::mark_len(line) } else { 0 };
        if jsonl::is_blank(&line[mark..]) {
            return Ok(None);
        }
        let mut record = jsonl::parse(&line[mark..], fields)?;
        record.body = record.body.start + mark..record.body.end + mark;
        Ok(Some(record))
    }

    fn context(&self) -> String {
        "lines".into()
    }
}

/// JSON objects with anything between them.
pub(in crate::run) struct Objects;

impl Kind for Objects {
    fn parse(&self, object: &[u8], _: bool, fields: &Fields) -> std::result::Result<Option<Record>, String> {
        jsonl::parse(object, fields).map(Some)
    }

    fn context(&self) -> String {
        "objects".into()
    }
}

impl Kind for Header {
    fn parse(&self, row: &[u8], _: bool, fields: &Fields) -> std::result::Result<Option<Record>, String> {
        csv::parse(row, self, fields).map(Some)
    }

    fn context(&self) -> String {
        format!("{:?} {:?} {}", self.dialect, self.names, self.text)
    }
}

/// Consecutive records of a source.
struct Slice<'s> {
    key: &'s str,
    bytes: &'s [u8],
    /// Where it begins in the source.
    offset: u64,
    /// Its length; more than are at hand if the last record is too long to be held.
    span: u64,
    /// Where records stand, in bytes of the source; `None`: each line is one.
    pieces: Option<&'s [blocks::Piece]>,
    /// Whether the shard carries its bytes.
    carried: bool,
    converted: Option<String>,
}

impl Reader<'_> {
    /// The records that begin in `bytes` of a source of lines.
    pub(super) fn slice(&mut self, source: usize, bytes: Range<u64>) -> std::result::Result<Portion, Broken> {
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
            end = extend(&file, entry.bytes, from, &mut buffer, last)?;
        }
        entry.check(&file)?;
        let offset = from + at as u64;
        let slice = Slice {
            key: &entry.key,
            bytes: &buffer[at..],
            offset,
            span: end - offset,
            pieces: None,
            carried: entry.fleeting,
            converted: None,
        };
        let (shard, reused) = self.records(slice, &Lines).map_err(Broken::Store)?;
        buffer.truncate((bytes.end - from) as usize);
        buffer.drain(..(bytes.start - from) as usize);
        let of = Of::Slice { source, bytes: buffer, end: bytes.end };
        Ok(Portion { shard: Some(shard), reused, offset, ..Portion::of(of) })
    }

    /// The shard of a block of a stream. It carries its bytes where no plain file holds them: nobody unpacks a stream
    /// twice.
    pub(super) fn block(
        &mut self,
        entry: &Source,
        block: &Block,
        kind: &dyn Kind,
        converted: Option<String>,
    ) -> Result<(Shard, bool)> {
        let slice = Slice {
            key: &entry.key,
            bytes: &block.bytes,
            offset: block.offset,
            span: block.end() - block.offset,
            pieces: Some(&block.pieces),
            carried: !entry.is_plain() || converted.is_some(),
            converted,
        };
        self.records(slice, kind)
    }

    /// The shard of consecutive records.
    fn records(&mut self, slice: Slice<'_>, kind: &dyn Kind) -> Result<(Shard, bool)> {
        // What a mark of byte order is, and a header, depends on whether the file begins here.
        let first = slice.offset == 0;
        let mut naming = self.naming();
        naming
            .part(slice.key.as_bytes())
            .part(&[u8::from(first), u8::from(slice.carried)])
            .part(kind.context().as_bytes())
            .part(slice.converted.as_deref().unwrap_or_default().as_bytes())
            .part(&slice.span.to_le_bytes())
            .part(slice.bytes);
        self.known_or(naming.name(), |reader| reader.read_records(&slice, kind))
    }

    fn read_records(&mut self, slice: &Slice<'_>, kind: &dyn Kind) -> Vec<u8> {
        let mut writer = Writer::default();
        let lines;
        let pieces = match slice.pieces {
            Some(pieces) => pieces,
            None => {
                lines = lines_of(slice);
                &lines
            }
        };
        if slice.offset == 0 {
            writer.lead(pieces.first().map_or(slice.span, |piece| piece.start));
        }
        let mut records = 0;
        for piece in pieces {
            let (start, end) = (piece.start - slice.offset, piece.end - slice.offset);
            let held = slice.bytes.len() as u64;
            let record = &slice.bytes[start.min(held) as usize..end.min(held) as usize];
            let parsed = match &piece.cause {
                Some(cause) => Err(cause.clone()),
                None => kind.parse(record, piece.start == 0, self.fields),
            };
            match parsed {
                Ok(None) => continue,
                Ok(Some(found)) => {
                    let place = Place {
                        key: slice.key,
                        record: records,
                        offset: start,
                        carried: slice.carried,
                        body: found.body,
                        encoding: found.encoding,
                        converted: slice.converted.clone(),
                    };
                    self.document(place, record, found.meta, &mut writer);
                }
                Err(cause) => writer.reject(&SliceReject { record: records, start, end, cause }),
            }
            records += 1;
        }
        if slice.carried {
            writer.carry(slice.bytes);
        }
        self.finish(writer, records.into(), slice.span)
    }
}

/// The lines of a slice; of the last one perhaps not all bytes are at hand.
fn lines_of(slice: &Slice<'_>) -> Vec<blocks::Piece> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while at < slice.bytes.len() {
        let rest = &slice.bytes[at..];
        let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |newline| newline + 1);
        let start = at as u64;
        at += length;
        let end = if at == slice.bytes.len() { slice.span } else { at as u64 };
        let cause = (end - start > MOST_RECORD as u64).then(too_long);
        pieces.push(blocks::Piece { start: slice.offset + start, end: slice.offset + end, cause });
    }
    pieces
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
        if end - start <= MOST_RECORD as u64 {
            buffer.extend_from_slice(&part[..upto]);
        }
        if newline.is_some() {
            break;
        }
    }
    Ok(end)
}

#[cfg(test)]
mod tests {
    use super::super::Task;
    use super::*;
    use crate::run::options::{Input, Options};
    use crate::run::progress::Silent;
    use crate::shard::Store;
    use crate::strip::RuleSet;

    fn jsonl_source(dir: &tempfile::TempDir, text: &[u8]) -> Source {
        let path = dir.path().join("a.jsonl");
        std::fs::write(&path, text).unwrap();
        let input = Input { name: None, path };
        crate::read::walk::walk(&[input], None, false, &mut || Ok(())).unwrap().sources.remove(0)
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
