//! Cuts the input into tasks: parts that one thread reads at a time.
//!
//! Tasks depend on the input alone. Plain files of lines are cut by arithmetic and read by whoever takes the task. What
//! can only be read from its beginning (compressed files, members of archives, formats in which only reading tells where
//! a record ends) is a stream: a thread of its own unpacks one after the other, and cuts them where records end.
//! It is never more than a piece ahead, so no more is held than workers work on.

mod streams;

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::Scope;

use serde::{Deserialize, Serialize};

use super::options::{Fields, Format};
use super::progress::Progress;
use crate::document::Metadata;
use crate::read::blocks::{Block, MOST_RECORD};
use crate::read::csv::Header;
use crate::read::source::{Packing, Source, read_exact_at};
use crate::read::{charset, warc};

/// Bytes of records that one task holds.
pub(super) const SLICE: u64 = 4 << 20;
/// Text files that one task reads.
const BATCH_FILES: usize = 256;
/// Bytes from the beginning of a file that tell its charset.
const HEAD: usize = 64 << 10;

/// A part of the input that one thread reads at a time.
#[derive(Debug)]
pub(super) enum Task {
    /// Text files, by position.
    Texts(Vec<u32>),
    /// The records that begin in a range of bytes of one source.
    Slice { source: usize, bytes: Range<u64> },
    /// What was unpacked of a stream.
    Piece(Piece),
}

/// A part of a stream.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) source: usize,
    pub(super) content: Content,
    /// Bytes of the file that were read for it.
    pub(super) read: u64,
    /// The charset that the stream was converted from.
    pub(super) converted: Option<String>,
    /// A range of the unpacked stream that cannot be used, and why.
    pub(super) broken: Option<([u64; 2], String)>,
    /// Set with the last piece of a stream.
    pub(super) end: Option<End>,
}

/// What is known of a stream at its end.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct End {
    /// SHA-256 of the file as it lies there, or of the member as the archive gives it, if it could be read to its end.
    pub(super) sha256: Option<String>,
    /// SHA-256 of the archive.
    pub(super) archive: Option<String>,
}

/// What stands in a piece.
#[derive(Debug)]
pub(super) enum Content {
    Nothing,
    /// A whole text.
    Text(Vec<u8>),
    /// Lines of JSON.
    Lines(Block),
    /// Rows below a header.
    Rows(Block, Arc<Header>),
    /// JSON objects, and what stands between them.
    Objects(Block),
    /// Records of a web archive.
    Archive(Vec<ArchiveItem>),
    /// Rows of a table, consecutive.
    Table(Vec<TableRow>),
}

/// A row of a table.
#[derive(Debug)]
pub(super) struct TableRow {
    /// Its text, or why there is none.
    pub(super) text: Result<String, &'static str>,
    pub(super) meta: Metadata,
}

/// A record of a web archive.
#[derive(Debug)]
pub(super) enum ArchiveItem {
    Document(Box<warc::Record>),
    /// One that holds no document: a request, a picture …
    Passed,
    Broken(warc::Broken),
}

/// The tasks of a run.
pub(super) struct Feed {
    plain: VecDeque<Task>,
    pieces: Receiver<Piece>,
    /// Tells the thread that unpacks that nobody wants more, also where it reads long without a piece.
    over: Arc<AtomicBool>,
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

/// The input as parts.
#[derive(Debug, Default)]
pub(super) struct Split {
    /// Parts of plain files.
    pub(super) plain: VecDeque<Task>,
    /// Sources that can only be read from their beginning; members of one archive stand together.
    pub(super) streams: Vec<usize>,
}

/// Splits what is `wanted` of the input.
pub(super) fn split(sources: &[Source], wanted: impl Fn(usize) -> bool) -> Split {
    let (mut plain, mut streams, mut batch) = (VecDeque::new(), Vec::new(), Vec::new());
    let mut bytes = 0;
    for (i, source) in sources.iter().enumerate().filter(|(i, _)| wanted(*i)) {
        match (source.packing, source.format) {
            (Packing::Plain, Format::Text | Format::Html) => {
                if batch.len() == BATCH_FILES || (bytes + source.bytes > SLICE && !batch.is_empty()) {
                    plain.push_back(Task::Texts(std::mem::take(&mut batch)));
                    bytes = 0;
                }
                batch.push(i as u32);
                bytes += source.bytes;
            }
            (Packing::Plain, Format::Jsonl) if !is_foreign(source) => {
                plain.extend(slices(i, source.bytes));
            }
            _ => streams.push(i),
        }
    }
    if !batch.is_empty() {
        plain.push_back(Task::Texts(batch));
    }
    Split { plain, streams }
}

impl Feed {
    /// The tasks of a part of the input. Streams are unpacked by a thread of `scope`, which ends when this is dropped.
    pub(super) fn new<'scope>(
        scope: &'scope Scope<'scope, '_>,
        sources: &'scope [Source],
        fields: &'scope Fields,
        progress: &'scope dyn Progress,
        Split { plain, streams }: Split,
    ) -> Self {
        let (sender, pieces) = sync_channel(1);
        let over = Arc::new(AtomicBool::new(false));
        if !streams.is_empty() {
            let over = over.clone();
            scope.spawn(move || {
                streams::unpack(sources, &streams, fields, &streams::Sink { pieces: sender, over, progress })
            });
        }
        Self { plain, pieces, over }
    }
}

/// An empty file is read too: it has a hash.
fn slices(source: usize, size: u64) -> impl Iterator<Item = Task> {
    (0..size.div_ceil(SLICE).max(1))
        .map(move |n| Task::Slice { source, bytes: n * SLICE..((n + 1) * SLICE).min(size) })
}

/// Whether a plain file is perhaps not in UTF-8, so that it has to be converted as a whole.
fn is_foreign(source: &Source) -> bool {
    let mut head = vec![0; source.bytes.min(HEAD as u64) as usize];
    // A file that cannot be read is rejected when its turn comes.
    let read = source.open().and_then(|file| read_exact_at(&file, &mut head, 0));
    read.is_ok() && source.bytes <= MOST_RECORD as u64 && charset::is_foreign(&head)
}

impl Iterator for Feed {
    type Item = Task;

    fn next(&mut self) -> Option<Task> {
        self.plain.pop_front().or_else(|| self.pieces.recv().ok().map(Task::Piece))
    }
}
