//! The documents of a run: what was found out about each, and the way back to its bytes.
//!
//! Texts are never held. A document is a range of its source; whoever needs the text reads the range again. Documents
//! stand in the order of their keys, so that an index is a key.

use std::fs::File;
use std::io;
use std::sync::OnceLock;

use crate::dates::Date;
use crate::document::{Cut, Digest, Origin, Status};
use crate::error::{Error, Result};
use crate::read::source::{Source, read_exact_at};
use crate::read::{Decoded, Encoding};
use crate::run::options::{Fields, Format};
use crate::strip::kept_ranges;

/// Index into a table of names; 0 is "none".
pub(super) type NameId = u32;

/// One document.
#[derive(Debug, Clone)]
pub(super) struct Document {
    /// Index of the source.
    pub(super) source: u32,
    /// Number of the record in its source; 0 for a text file.
    pub(super) record: u64,
    /// Where the record begins in its source.
    pub(super) offset: u64,
    /// Bytes of the record, terminator included.
    pub(super) len: u32,
    /// Where its text begins, from `offset`.
    pub(super) body: u32,
    /// Raw bytes of its text.
    pub(super) body_len: u32,
    /// Decoded bytes of its text, and what rules left of them.
    pub(super) bytes_in: u32,
    pub(super) bytes_out: u32,
    pub(super) cuts: (usize, u32),
    pub(super) sketch: (usize, u32),
    pub(super) digest: Digest,
    pub(super) simhash: u64,
    pub(super) shingles: u32,
    pub(super) words: u32,
    pub(super) sentence_words: u32,
    pub(super) id: Option<Box<str>>,
    pub(super) site: NameId,
    pub(super) lang: NameId,
    pub(super) date: Option<(Date, Origin)>,
    pub(super) captures: Box<[(String, String)]>,
    pub(super) status: Status,
}

/// A cut in the form in which it is kept: offsets in the decoded text of one document.
#[derive(Debug, Clone, Copy)]
pub(super) struct SmallCut {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) rule: u32,
}

/// Strings that many documents share.
#[derive(Debug)]
pub(super) struct Names {
    names: Vec<String>,
    of: rustc_hash::FxHashMap<String, NameId>,
}

impl Default for Names {
    fn default() -> Self {
        Self { names: vec![String::new()], of: rustc_hash::FxHashMap::default() }
    }
}

impl Names {
    /// The number of `name`; of an absent one, 0.
    pub(super) fn intern(&mut self, name: Option<&str>) -> NameId {
        let Some(name) = name else { return 0 };
        if let Some(id) = self.of.get(name) {
            return *id;
        }
        let id = self.names.len() as NameId;
        self.names.push(name.to_owned());
        self.of.insert(name.to_owned(), id);
        id
    }

    /// The name with this number; `None` for 0.
    pub(super) fn get(&self, id: NameId) -> Option<&str> {
        self.names.get(id as usize).filter(|_| id > 0).map(String::as_str)
    }
}

/// All documents of a run.
#[derive(Debug, Default)]
pub(super) struct Corpus {
    pub(super) sources: Vec<Source>,
    pub(super) documents: Vec<Document>,
    pub(super) cuts: Vec<SmallCut>,
    pub(super) sketches: Vec<u64>,
    pub(super) sites: Names,
    pub(super) langs: Names,
    /// Names of the fields of records.
    pub(super) fields: Fields,
    /// Open files of sources that hold many documents.
    files: Vec<OnceLock<File>>,
}

/// Sources that are kept open; with more of them each read opens its file.
const MOST_OPEN: usize = 256;

impl Corpus {
    pub(super) fn new(sources: Vec<Source>, fields: Fields) -> Self {
        let many = sources.iter().filter(|s| s.format == Format::Jsonl).count();
        let files =
            if many <= MOST_OPEN { sources.iter().map(|_| OnceLock::new()).collect() } else { Vec::new() };
        Self { sources, files, fields, ..Self::default() }
    }

    /// Key of a document.
    pub(super) fn key(&self, index: usize) -> String {
        let document = &self.documents[index];
        let source = &self.sources[document.source as usize];
        match source.format {
            Format::Text => source.key.clone(),
            Format::Jsonl => format!("{}#{}", source.key, document.record),
        }
    }

    /// Cuts of a document, in bytes of its decoded text.
    pub(super) fn cuts_of(&self, document: &Document) -> Vec<Cut> {
        let (start, count) = document.cuts;
        self.cuts[start..start + count as usize]
            .iter()
            .map(|c| Cut { start: c.start as usize, end: c.end as usize, rule: c.rule })
            .collect()
    }

    /// How the source of a document spells texts.
    pub(super) fn encoding(&self, document: &Document) -> Encoding {
        match self.sources[document.source as usize].format {
            Format::Text => Encoding::Plain,
            Format::Jsonl => Encoding::JsonString,
        }
    }

    /// Reads `buffer.len()` bytes at `offset` of a source.
    pub(super) fn read(&self, source: u32, offset: u64, buffer: &mut [u8]) -> Result<()> {
        let entry = &self.sources[source as usize];
        let mut read = || -> io::Result<()> {
            let keep = self.files.get(source as usize).filter(|_| entry.format == Format::Jsonl);
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
        read().map_err(Error::io(&entry.path, "cannot read the input again (nothing was published)"))
    }

    /// The decoded text of a document and what is cut from it.
    pub(super) fn with_text<T>(
        &self,
        index: usize,
        then: impl FnOnce(&Decoded<'_>, &[Cut]) -> T,
    ) -> Result<T> {
        let document = &self.documents[index];
        let mut raw = vec![0; document.body_len as usize];
        self.read(document.source, document.offset + u64::from(document.body), &mut raw)?;
        let decoded = Decoded::new(&raw, self.encoding(document));
        Ok(then(&decoded, &self.cuts_of(document)))
    }

    /// The clean text of a document.
    pub(super) fn clean_text(&self, index: usize) -> Result<Vec<u8>> {
        self.with_text(index, |decoded, cuts| crate::strip::remaining(&decoded.text, cuts).into_owned())
    }

    /// Appends the record of a document to `out`, without what is cut from its text. `record` holds its raw bytes.
    pub(super) fn append_clean_record(&self, document: &Document, record: &[u8], out: &mut Vec<u8>) {
        let body = document.body as usize..(document.body + document.body_len) as usize;
        let cuts = self.cuts_of(document);
        if cuts.is_empty() {
            out.extend_from_slice(record);
            return;
        }
        out.extend_from_slice(&record[..body.start]);
        let raw = &record[body.clone()];
        let decoded = Decoded::new(raw, self.encoding(document));
        for (start, end) in kept_ranges(decoded.text.len(), &cuts) {
            out.extend_from_slice(&raw[decoded.raw_offset(start)..decoded.raw_offset(end)]);
        }
        out.extend_from_slice(&record[body.end..]);
    }
}
