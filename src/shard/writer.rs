//! Makes a shard.

use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::xxh3_64;

use super::VERSION;
use super::bytes::Out;
use super::row::{Details, Row};
use crate::document::{Cut, Digest};

/// What marks a file as a shard.
pub(super) const MAGIC: &[u8; 8] = b"tamis sh";
/// Bytes before the sections: mark, version, checksum, seven lengths, three counts.
pub(super) const HEAD: usize = 8 + 4 + 4 + 8 + 7 * 8 + 3 * 8;
/// Bytes of a cut.
pub(super) const CUT: usize = 12;

/// A record of the slice that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SliceReject {
    /// Its number in the slice.
    pub record: u32,
    /// Where it begins in the slice.
    pub start: u64,
    /// Where it ends.
    pub end: u64,
    /// Why, in plain words.
    pub cause: String,
}

/// A document to be added. Of `row`, digest, names, and the places of cuts, sketch and details are filled in.
#[derive(Debug)]
pub struct NewDocument<'a> {
    /// The part of fixed width.
    pub row: Row,
    /// What was cut, in bytes of the decoded text.
    pub cuts: &'a [Cut],
    /// The smallest shingle hashes, ascending.
    pub sketch: &'a [u64],
    /// Site.
    pub site: Option<&'a str>,
    /// Language.
    pub lang: Option<&'a str>,
    /// The rest.
    pub details: Details,
}

/// Collects the documents of a slice.
#[derive(Debug, Default)]
pub struct Writer {
    documents: u32,
    rows: Out,
    sketches: Out,
    cuts: Out,
    details: Out,
    names: Vec<String>,
    number_of: FxHashMap<String, u32>,
    rejects: Out,
    carried: Vec<u8>,
    lead: u64,
}

impl Writer {
    /// Adds the next document of the slice.
    pub fn push(&mut self, document: NewDocument<'_>) {
        let mut row = document.row;
        row.cuts = ((self.cuts.0.len() / CUT) as u32, document.cuts.len() as u32);
        for cut in document.cuts {
            self.cuts.u32(cut.start as u32).u32(cut.end as u32).u32(cut.rule);
        }
        row.sketch = ((self.sketches.0.len() / 8) as u32, document.sketch.len() as u32);
        for hash in document.sketch {
            self.sketches.u64(*hash);
        }
        row.details = document.details.write(&mut self.details);
        row.site = self.name(document.site);
        row.lang = self.name(document.lang);
        row.write(&mut self.rows);
        self.documents += 1;
    }

    /// Notes a record that cannot be used.
    pub fn reject(&mut self, reject: &SliceReject) {
        self.rejects.u32(reject.record).u64(reject.start).u64(reject.end).text(&reject.cause);
    }

    /// Keeps bytes that no plain file holds; returns where they begin among those that the shard carries.
    pub fn carry(&mut self, bytes: &[u8]) -> u64 {
        let start = self.carried.len() as u64;
        self.carried.extend_from_slice(bytes);
        start
    }

    /// Says how many bytes at the beginning of the slice belong to no record and are written before all of them.
    pub fn lead(&mut self, bytes: u64) {
        self.lead = bytes;
    }

    fn name(&mut self, name: Option<&str>) -> u32 {
        let Some(name) = name else { return 0 };
        if let Some(number) = self.number_of.get(name) {
            return *number;
        }
        self.names.push(name.to_owned());
        let number = self.names.len() as u32;
        self.number_of.insert(name.to_owned(), number);
        number
    }

    /// The shard as bytes. `records`: how many the slice holds, rejected ones included; `span`: bytes of the slice;
    /// `digests`: those of the documents, in order.
    pub fn finish(mut self, records: u64, span: u64, digests: &[Digest]) -> Vec<u8> {
        debug_assert_eq!(digests.len(), self.documents as usize);
        for (row, digest) in self.rows.0.chunks_exact_mut(Row::WIDTH).zip(digests) {
            row[Row::DIGEST].copy_from_slice(digest);
        }
        let mut names = Out::default();
        self.names.iter().for_each(|name| {
            names.text(name);
        });
        let sections = [
            &self.rows.0,
            &self.sketches.0,
            &self.cuts.0,
            &self.details.0,
            &names.0,
            &self.rejects.0,
            &self.carried,
        ];
        let mut counts = Out::default();
        for section in sections {
            counts.u64(section.len() as u64);
        }
        counts.u64(records).u64(span).u64(self.lead);
        let mut out = Out(Vec::with_capacity(HEAD + sections.iter().map(|s| s.len()).sum::<usize>()));
        out.0.extend_from_slice(MAGIC);
        out.u32(VERSION).u32(self.documents).u64(0);
        out.0.extend_from_slice(&counts.0);
        for section in sections {
            out.0.extend_from_slice(section);
        }
        let checksum = checksum(&out.0);
        out.0[16..24].copy_from_slice(&checksum.to_le_bytes());
        out.0
    }
}

/// Over everything but its own place.
pub(super) fn checksum(shard: &[u8]) -> u64 {
    xxh3_64(&shard[24..]) ^ xxh3_64(&shard[..16]).rotate_left(1)
}
