//! The bytes of records: read again where they stand, checked against what was read before, and without their cuts.

use std::io;
use std::ops::Range;

use super::{Corpus, Document, Segment, damaged};
use crate::document::Cut;
use crate::error::{Error, Result};
use crate::read::Decoded;
use crate::read::source::{cause, changed, read_exact_at};
use crate::shard::Row;
use crate::strip::{kept_ranges, remaining};

impl Corpus {
    /// Reads the raw bytes of a record, or of a part of it, to `into` (former content dropped).
    fn raw(&self, document: &Document<'_>, part: Range<u64>, into: &mut Vec<u8>) -> Result<()> {
        if document.row.carried {
            let start = document.row.offset + part.start;
            let end = document.row.offset + part.end;
            return document.shard.carried(start..end, into).map_err(damaged(document.shard));
        }
        into.resize((part.end - part.start) as usize, 0);
        self.read(document.source, document.offset() + part.start, into)
    }

    /// Reads `buffer.len()` bytes at `offset` of a source.
    pub(in crate::run) fn read(&self, source: u32, offset: u64, buffer: &mut [u8]) -> Result<()> {
        let entry = &self.sources[source as usize];
        let mut read = || -> io::Result<()> {
            let keep = self.files.get(source as usize).filter(|_| !entry.format.is_single());
            match keep {
                None => read_exact_at(&entry.open()?, buffer, offset),
                Some(slot) => {
                    if slot.get().is_none() {
                        // Two threads may both open it; one of the two files is dropped.
                        let _ = slot.set(entry.open()?);
                    }
                    match slot.get() {
                        Some(file) => read_exact_at(file, buffer, offset),
                        None => read_exact_at(&entry.open()?, buffer, offset),
                    }
                }
            }
        };
        read().map_err(|e| self.lost(source, &e))
    }

    /// The error for a source that cannot be read any more as it was.
    fn lost(&self, source: u32, error: &io::Error) -> Error {
        Error::Lost { path: self.sources[source as usize].path.clone(), cause: cause(error) }
    }

    /// The whole record of a document, as it was read before.
    pub(in crate::run) fn record(&self, document: &Document<'_>, into: &mut Vec<u8>) -> Result<()> {
        self.raw(document, 0..u64::from(document.row.len), into)?;
        self.check(document, into)
    }

    /// The raw bytes from one document to another one of the same segment, to be checked record by record.
    pub(in crate::run) fn span(&self, first: &Document<'_>, last: &Document<'_>) -> Result<Vec<u8>> {
        let length = last.row.offset - first.row.offset + u64::from(last.row.len);
        let mut bytes = Vec::new();
        self.raw(first, 0..length, &mut bytes)?;
        Ok(bytes)
    }

    /// Bytes of a segment of records, counted from its beginning: what stands before, between and behind records is
    /// not checked.
    pub(in crate::run) fn slice(&self, segment: &Segment, part: Range<u64>) -> Result<Vec<u8>> {
        let shard = &self.shards[segment.shard as usize];
        let mut bytes = Vec::new();
        if shard.carries() {
            shard.carried(part, &mut bytes).map_err(damaged(shard))?;
        } else {
            bytes.resize((part.end - part.start) as usize, 0);
            self.read(segment.source, segment.offset + part.start, &mut bytes)?;
        }
        Ok(bytes)
    }

    /// The first bytes of a source of records, as they were read: up to so many, if there are.
    pub(in crate::run) fn head(&self, source: u32, most: usize) -> Result<Vec<u8>> {
        let mut head = Vec::new();
        for segment in self.segments_of(source as usize) {
            let room = (most - head.len()) as u64;
            let span = self.shards[segment.shard as usize].span().min(room);
            head.extend(self.slice(segment, 0..span)?);
            if head.len() >= most {
                break;
            }
        }
        Ok(head)
    }

    /// Fails if `record` is not what was read before.
    pub(in crate::run) fn check(&self, document: &Document<'_>, record: &[u8]) -> Result<()> {
        if xxhash_rust::xxh3::xxh3_64(record) == document.row.raw_hash {
            Ok(())
        } else {
            Err(self.lost(document.source, &changed()))
        }
    }

    /// The decoded text of a document and what is cut from it.
    pub(in crate::run) fn with_text<T>(
        &self,
        document: &Document<'_>,
        then: impl FnOnce(&Decoded<'_>, &[Cut]) -> T,
    ) -> Result<T> {
        let (body, length) = (u64::from(document.row.body), u64::from(document.row.body_len));
        let mut raw = Vec::new();
        self.raw(document, body..body + length, &mut raw)?;
        let cuts = document.shard.cuts_of(&document.row).map_err(damaged(document.shard))?;
        Ok(then(&Decoded::new(&raw, document.row.encoding), &cuts))
    }

    /// The clean text of a document.
    pub(in crate::run) fn clean_text(&self, index: usize) -> Result<Vec<u8>> {
        let document = self.document(index)?;
        self.with_text(&document, |decoded, cuts| remaining(&decoded.text, cuts).into_owned())
    }

    /// Appends the record of a document to `out`, without what is cut from its text. `record` holds its raw bytes.
    pub(in crate::run) fn append_clean_record(
        &self,
        document: &Document<'_>,
        record: &[u8],
        cuts: &[Cut],
        out: &mut Vec<u8>,
    ) {
        append_clean(&document.row, record, cuts, out);
    }
}

/// Appends the record of a row to `out`, without what is cut from its text.
pub(in crate::run) fn append_clean(row: &Row, record: &[u8], cuts: &[Cut], out: &mut Vec<u8>) {
    if cuts.is_empty() {
        out.extend_from_slice(record);
        return;
    }
    let start = row.body as usize;
    let end = start + row.body_len as usize;
    out.extend_from_slice(&record[..start]);
    let raw = &record[start..end];
    let decoded = Decoded::new(raw, row.encoding);
    let before = out.len();
    for (start, end) in kept_ranges(decoded.text.len(), cuts) {
        out.extend_from_slice(&raw[decoded.raw_offset(start)..decoded.raw_offset(end)]);
    }
    if out.len() == before {
        out.extend_from_slice(row.encoding.emptied());
    }
    out.extend_from_slice(&record[end..]);
}
