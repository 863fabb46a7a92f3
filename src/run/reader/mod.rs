//! Reads the documents of one task: decodes, strips and fingerprints each, unless a former run did. One reader a thread.
//!
//! `files` reads files that are one document each, `records` slices of records, `tables` rows, `web_archive` what
//! crawlers keep;
//! `documents` does with a document what is done with all of them.

mod documents;
mod files;
mod records;
mod tables;
mod web_archive;

use super::feed::{Content, End, Piece, Task};
use super::options::{Fields, Format, Options, Strip};
use super::progress::Progress;
use crate::error::{Error, Result};
use crate::fingerprint::Fingerprinter;
use crate::read::source::{Source, cause};
use crate::shard::{Name, Naming, Shard, Store, Writer};
use crate::strip::{RuleSet, Stripper};
use crate::write::record::Reject;

pub(super) use documents::complete;
pub(super) use files::with_text;
pub(super) use records::{Kind, Lines, Objects};
pub(super) use web_archive::line_of;

/// What a portion is of.
#[derive(Debug)]
pub(super) enum Of {
    /// Text files that can be used, each with its SHA-256, in the order of the rows.
    Files(Vec<(u32, String)>),
    /// A slice of a plain file: its bytes, and where it ends.
    Slice { source: usize, bytes: Vec<u8>, end: u64 },
    /// A piece of a stream; with the last one, what is known at its end.
    Piece { source: usize, end: Option<End> },
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
    /// Bytes that were cut, and those of all texts, since they were last told.
    stripped: (u64, u64),
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
            stripper: Stripper::new(rules),
            fingerprinter: Fingerprinter::new(options.shingle),
            stripped: (0, 0),
        }
    }

    /// Sees to it that the documents of a task stand in a shard: in that of a former run, or in a new one.
    ///
    /// # Errors
    /// Where the store cannot be written. What cannot be read is noted in the portion.
    pub(super) fn read(&mut self, task: Task, progress: &dyn Progress) -> Result<Portion> {
        let portion = self.portion(task, progress);
        let (cut, text) = std::mem::take(&mut self.stripped);
        progress.found(cut, text);
        portion
    }

    fn portion(&mut self, task: Task, progress: &dyn Progress) -> Result<Portion> {
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

    /// A piece of a stream.
    fn piece(&mut self, mut piece: Piece, progress: &dyn Progress) -> Result<Portion> {
        let entry = &self.sources[piece.source];
        let mut portion = Portion::of(Of::Piece { source: piece.source, end: piece.end });
        if let Some((_, cause)) = piece.broken.take_if(|_| entry.format == Format::Parquet) {
            // Nothing of a table is written without all of it.
            portion.failed = Some(cause);
        }
        if let Some((range, cause)) = piece.broken {
            let (file, bytes) = (entry.key.clone(), Some(range));
            portion.rejects.push(Reject { file, record: None, bytes, cause });
        }
        let converted = piece.converted;
        let made = match piece.content {
            Content::Nothing => None,
            Content::Text(text) => self.text(entry, &text, &mut portion.rejects)?.map(|made| (0, made)),
            Content::Table(rows) => Some((0, self.table(&entry.key, &rows)?)),
            Content::Lines(block) => {
                Some((block.offset, self.block(entry, &block, &records::Lines, converted)?))
            }
            Content::Rows(block, header) => {
                Some((block.offset, self.block(entry, &block, &*header, converted)?))
            }
            Content::Objects(block) => {
                Some((block.offset, self.block(entry, &block, &records::Objects, converted)?))
            }
            Content::Archive(items) => self.web_archive(&entry.key, items)?,
        };
        if let Some((offset, (shard, reused))) = made {
            portion.offset = offset;
            (portion.shard, portion.reused) = (Some(shard), reused);
        }
        let documents = portion.shard.as_ref().map_or(0, Shard::documents);
        progress.advance(piece.read, documents.into());
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

    /// The bytes of a shard whose documents were all given to `writer`.
    fn finish(&mut self, writer: Writer, records: u64, span: u64) -> Vec<u8> {
        writer.finish(records, span, &self.fingerprinter.digests())
    }
}

/// Why a slice has no shard.
enum Broken {
    Source(std::io::Error),
    Store(Error),
}

impl From<std::io::Error> for Broken {
    fn from(error: std::io::Error) -> Self {
        Self::Source(error)
    }
}
