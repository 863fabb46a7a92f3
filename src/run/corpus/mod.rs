//! The documents of a run: the little that is held of each, and the way to the rest.
//!
//! Documents stand in the order of their keys, so that an index is a key. Texts and sketches are never held: what is
//! known of a document stands in a shard, its text in the source (or, where no plain file has it, in the shard too).
//! About twenty bytes a document are resident.

mod records;

use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::OnceLock;

pub(super) use records::append_clean;

use crate::document::{Cut, Decimal4, Digest, Status};
use crate::error::{Error, Result};
use crate::read::source::Source;
use crate::shard::{About, Details, Row, Shard, SliceReject};

/// Consecutive documents that stand in consecutive rows of one shard.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    /// First document.
    pub(super) first: u32,
    /// The shard, and the rows in it.
    pub(super) shard: u32,
    pub(super) rows: Range<u32>,
    /// The source; of files, that of the first row.
    pub(super) source: u32,
    /// Whether each row is a file of its own: the next row is the next source.
    pub(super) files: bool,
    /// Where the slice begins in its source, and the number of its first record.
    pub(super) offset: u64,
    pub(super) record: u64,
    /// End of the last row's sketch in the shard.
    sketch_end: u32,
}

impl Segment {
    /// Rows of a slice of one source that begins at `offset`, with record number `record`.
    pub(super) fn of_slice(shard: u32, rows: Range<u32>, source: u32, offset: u64, record: u64) -> Self {
        Self { first: 0, shard, rows, source, files: false, offset, record, sketch_end: 0 }
    }

    /// Rows of which each is a file, the first of them `source`.
    pub(super) fn of_files(shard: u32, rows: Range<u32>, source: u32) -> Self {
        Self { files: true, ..Self::of_slice(shard, rows, source, 0, 0) }
    }

    fn documents(&self) -> Range<usize> {
        self.first as usize..self.first as usize + self.rows.len()
    }

    /// The source of a row.
    pub(super) fn source_of(&self, row: u32) -> u32 {
        if self.files { self.source + (row - self.rows.start) } else { self.source }
    }
}

/// What became of a copy.
#[derive(Debug, Clone, Copy)]
pub(super) struct CopyOf {
    /// The kept document.
    pub(super) kept: u32,
    /// The similarity to it.
    pub(super) similarity: Decimal4,
}

/// All documents of a run.
#[derive(Debug, Default)]
pub(super) struct Corpus {
    pub(super) sources: Vec<Source>,
    pub(super) shards: Vec<Shard>,
    pub(super) segments: Vec<Segment>,
    pub(super) simhashes: Vec<u64>,
    pub(super) shingles: Vec<u32>,
    /// Number of words, at most the greatest that fits: only small numbers matter.
    pub(super) words: Vec<u16>,
    /// Number of the first hash of each sketch in its shard.
    sketches: Vec<u32>,
    pub(super) status: Vec<Status>,
    /// Of each copy the kept document and the similarity; empty until they are known. `u32::MAX`: no copy.
    pub(super) copy_of: Vec<CopyOf>,
    /// Open files of sources that hold many documents.
    files: Vec<OnceLock<File>>,
}

/// A document with everything that is known of it.
#[derive(Debug)]
pub(super) struct Document<'a> {
    pub(super) index: usize,
    pub(super) row: Row,
    pub(super) source: u32,
    pub(super) shard: &'a Shard,
    segment: &'a Segment,
}

impl Document<'_> {
    /// Number of the record in its source.
    pub(super) fn record(&self) -> u64 {
        self.segment.record + u64::from(self.row.record)
    }

    /// Where the record begins in its source.
    pub(super) fn offset(&self) -> u64 {
        self.segment.offset + self.row.offset
    }

    /// Its id and what capturing rules read.
    pub(super) fn details(&self) -> Result<Details> {
        self.shard.details_of(&self.row).map_err(damaged(self.shard))
    }
}

/// Sketches that are read at a time: some 64 KiB, which stay in the cache of a core.
const SKETCHES_AT_A_TIME: usize = 64;

/// Sources that are kept open; with more of them each read opens its file.
const MOST_OPEN: usize = 256;

impl Corpus {
    pub(super) fn new(sources: Vec<Source>) -> Self {
        let many = sources.iter().filter(|s| !s.format.is_single()).count();
        let files =
            if many <= MOST_OPEN { sources.iter().map(|_| OnceLock::new()).collect() } else { Vec::new() };
        Self { sources, files, ..Self::default() }
    }

    /// Number of documents.
    pub(super) fn len(&self) -> usize {
        self.status.len()
    }

    /// Adds the documents of some rows of a shard; perhaps none, where all records of a slice were rejected. `each` sees every row, with its source.
    pub(super) fn append(
        &mut self,
        mut segment: Segment,
        mut each: impl FnMut(&Row, u32) -> Result<()>,
    ) -> Result<()> {
        let shard = &self.shards[segment.shard as usize];
        let rows = shard.rows(segment.rows.clone()).map_err(damaged(shard))?;
        segment.first = self.status.len() as u32;
        for (number, row) in segment.rows.clone().zip(&rows) {
            self.simhashes.push(row.simhash);
            self.shingles.push(row.shingles);
            self.words.push(u16::try_from(row.words).unwrap_or(u16::MAX));
            self.sketches.push(row.sketch.0);
            let source = segment.source_of(number);
            self.status.push(match row.emptied {
                _ if self.sources[source as usize].reference => Status::Reference,
                true => Status::Emptied,
                false => Status::Kept,
            });
            each(row, source)?;
        }
        segment.sketch_end = rows.last().map_or(0, |row| row.sketch.0 + row.sketch.1);
        self.segments.push(segment);
        Ok(())
    }

    fn segment_of(&self, index: usize) -> &Segment {
        &self.segments[self.segments.partition_point(|s| s.first as usize <= index) - 1]
    }

    /// A document, read from its shard.
    pub(super) fn document(&self, index: usize) -> Result<Document<'_>> {
        let segment = self.segment_of(index);
        let shard = &self.shards[segment.shard as usize];
        let number = segment.rows.start + (index - segment.first as usize) as u32;
        let row = shard.row(number).map_err(damaged(shard))?;
        Ok(Document { index, row, source: segment.source_of(number), shard, segment })
    }

    /// Whether the documents of a segment count as kept before.
    pub(super) fn is_reference(&self, segment: &Segment) -> bool {
        self.sources[segment.source as usize].reference
    }

    /// The documents of one segment.
    pub(super) fn documents_of<'a>(
        &'a self,
        segment: &'a Segment,
    ) -> Result<impl Iterator<Item = Document<'a>> + use<'a>> {
        let shard = &self.shards[segment.shard as usize];
        let rows = shard.rows(segment.rows.clone()).map_err(damaged(shard))?;
        Ok(segment.rows.clone().zip(rows).map(move |(number, row)| Document {
            index: segment.first as usize + (number - segment.rows.start) as usize,
            row,
            source: segment.source_of(number),
            shard,
            segment,
        }))
    }

    /// What the notes on a segment are about.
    pub(super) fn notes_of(&self, segment: &Segment) -> About {
        About::Events(self.shards[segment.shard as usize].name(), segment.rows.start)
    }

    /// What all notes on segments are about.
    pub(super) fn notes(&self) -> impl Iterator<Item = About> {
        self.segments.iter().map(|segment| self.notes_of(segment))
    }

    /// Names of the sites and languages of a segment.
    pub(super) fn names_of(&self, segment: &Segment) -> Result<Names> {
        self.names_in(&self.shards[segment.shard as usize])
    }

    /// Names of the sites and languages of a shard.
    pub(super) fn names_in(&self, shard: &Shard) -> Result<Names> {
        shard.names().map(Names).map_err(damaged(shard))
    }

    /// What few documents of a segment have: a look-up.
    pub(super) fn details_of_segment(
        &self,
        segment: &Segment,
    ) -> Result<impl Fn(&Document<'_>) -> Result<Details> + use<'_>> {
        let shard = &self.shards[segment.shard as usize];
        let details = shard.all_details().map_err(damaged(shard))?;
        Ok(move |document: &Document<'_>| details(&document.row).map_err(damaged(shard)))
    }

    /// The cuts of all documents of a segment.
    pub(super) fn cuts_of_segment(&self, segment: &Segment) -> Result<SegmentCuts> {
        let shard = &self.shards[segment.shard as usize];
        let read = || -> io::Result<SegmentCuts> {
            if segment.rows.is_empty() {
                return Ok(SegmentCuts { first: 0, cuts: Vec::new() });
            }
            let (first, last) = (shard.row(segment.rows.start)?, shard.row(segment.rows.end - 1)?);
            let cuts = shard.cuts(first.cuts.0..last.cuts.0 + last.cuts.1)?;
            Ok(SegmentCuts { first: first.cuts.0, cuts })
        };
        read().map_err(damaged(shard))
    }

    /// The records of a segment that cannot be used.
    pub(super) fn rejects_of(&self, segment: &Segment) -> Result<Vec<SliceReject>> {
        let shard = &self.shards[segment.shard as usize];
        shard.rejects().map_err(damaged(shard))
    }

    /// Documents of the input with the address of another one, ascending, each with the first of that address.
    pub(super) fn recrawls(&self) -> Result<Vec<(u32, u32)>> {
        let mut pages: Vec<(u64, u32)> = Vec::new();
        for segment in &self.segments {
            let documents = self.documents_of(segment)?.filter(|document| document.row.page != 0);
            pages.extend(documents.map(|document| (document.row.page, document.index as u32)));
        }
        pages.sort_unstable();
        let mut again = Vec::new();
        for same in pages.chunk_by(|a, b| a.0 == b.0) {
            let own = same[1..].iter().filter(|(_, i)| self.status[*i as usize] != Status::Reference);
            again.extend(own.map(|(_, document)| (*document, same[0].1)));
        }
        again.sort_unstable();
        Ok(again)
    }

    /// Key of a document.
    pub(super) fn key(&self, index: usize) -> Result<String> {
        let segment = self.segment_of(index);
        if segment.files {
            let source = segment.source as usize + (index - segment.first as usize);
            return Ok(self.sources[source].key.clone());
        }
        Ok(self.key_of(&self.document(index)?))
    }

    /// Key of a document that was read.
    pub(super) fn key_of(&self, document: &Document<'_>) -> String {
        let source = &self.sources[document.source as usize];
        if source.format.is_single() {
            source.key.clone()
        } else {
            format!("{}#{}", source.key, document.record())
        }
    }

    /// The document with a key.
    pub(super) fn index_of(&self, key: &str) -> Option<usize> {
        let find = |key: &str| self.sources.binary_search_by(|s| s.key.as_bytes().cmp(key.as_bytes())).ok();
        if let Some(source) = find(key).filter(|s| self.sources[*s].format.is_single()) {
            let segment = self.segments_of(source).next()?;
            return Some(segment.first as usize + (source - segment.source as usize));
        }
        let (file, record) = key.rsplit_once('#')?;
        let (source, record) = (find(file)?, record.parse::<u64>().ok()?);
        let segment = self
            .segments_of(source)
            .filter(|s| !s.rows.is_empty())
            .take_while(|s| s.record <= record)
            .last()?;
        // Its row has the number that the record has in the slice, less the rejected records before it.
        let last = segment.rows.len() as u64 - 1;
        let at_most = last.min(record - segment.record) as usize;
        let mut documents = (0..=at_most).rev().map(|row| self.document(segment.first as usize + row));
        let document = documents.find(|d| d.as_ref().map_or(true, |d| d.record() <= record))?.ok()?;
        (document.record() == record).then_some(document.index)
    }

    /// The segments that hold documents of a source.
    pub(super) fn segments_of(&self, source: usize) -> impl Iterator<Item = &Segment> {
        let last = |s: &Segment| s.source as usize + if s.files { s.rows.len().max(1) - 1 } else { 0 };
        let start = self.segments.partition_point(|s| last(s) < source);
        self.segments[start..].iter().take_while(move |s| s.source as usize <= source)
    }

    /// Digests of a range of documents, in order.
    pub(super) fn scan_digests(
        &self,
        documents: Range<usize>,
        each: &mut dyn FnMut(usize, &Digest),
    ) -> Result<()> {
        for segment in self.overlapping(&documents) {
            for document in self.documents_of(segment)?.filter(|d| documents.contains(&d.index)) {
                each(document.index, &document.row.digest);
            }
        }
        Ok(())
    }

    /// The sketch of a document, to `into` (former content dropped).
    pub(super) fn sketch(&self, index: usize, into: &mut Vec<u64>) -> Result<()> {
        let segment = self.segment_of(index);
        let shard = &self.shards[segment.shard as usize];
        shard.sketches(self.sketch_in(segment, index), into).map_err(damaged(shard))
    }

    /// Sketches of a range of documents, in order.
    pub(super) fn scan_sketches(
        &self,
        documents: Range<usize>,
        each: &mut dyn FnMut(usize, &[u64]),
    ) -> Result<()> {
        let mut hashes = Vec::new();
        for segment in self.overlapping(&documents) {
            let inside = segment.documents();
            let part = inside.start.max(documents.start)..inside.end.min(documents.end);
            if part.is_empty() {
                continue;
            }
            let shard = &self.shards[segment.shard as usize];
            for first in part.clone().step_by(SKETCHES_AT_A_TIME) {
                let last = part.end.min(first + SKETCHES_AT_A_TIME) - 1;
                let start = self.sketch_in(segment, first).start;
                let end = self.sketch_in(segment, last).end;
                shard.sketches(start..end, &mut hashes).map_err(damaged(shard))?;
                for index in first..=last {
                    let place = self.sketch_in(segment, index);
                    each(index, &hashes[(place.start - start) as usize..(place.end - start) as usize]);
                }
            }
        }
        Ok(())
    }

    fn sketch_in(&self, segment: &Segment, index: usize) -> Range<u32> {
        let last = segment.documents().end - 1;
        let end = if index == last { segment.sketch_end } else { self.sketches[index + 1] };
        self.sketches[index]..end
    }

    fn overlapping(&self, documents: &Range<usize>) -> impl Iterator<Item = &Segment> {
        let start = self.segments.partition_point(|s| s.documents().end <= documents.start);
        let end = documents.end;
        self.segments[start..].iter().take_while(move |s| (s.first as usize) < end)
    }
}

/// Names of sites and languages, by number.
pub(super) struct Names(Vec<String>);

impl Names {
    /// The name with this number; `None` for 0.
    pub(super) fn get(&self, number: u32) -> Option<&str> {
        self.0.get(number.checked_sub(1)? as usize).map(String::as_str)
    }
}

/// The cuts of the documents of a segment.
pub(super) struct SegmentCuts {
    first: u32,
    cuts: Vec<Cut>,
}

impl SegmentCuts {
    /// Those of one document.
    pub(super) fn of(&self, row: &Row) -> &[Cut] {
        let start = (row.cuts.0 - self.first) as usize;
        &self.cuts[start..start + row.cuts.1 as usize]
    }
}

/// The error for a shard that cannot be read any more.
pub(super) fn damaged(shard: &Shard) -> impl FnOnce(io::Error) -> Error + use<> {
    let path = shard.path().to_path_buf();
    Error::io(path, "cannot read the cache (nothing was published)")
}
