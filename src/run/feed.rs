//! Cuts the input into tasks: parts that one thread reads at a time.
//!
//! Tasks depend on the input alone, and come in the order in which they were cut. Plain files are cut by arithmetic and
//! read by whoever takes the task. A stream (a compressed file) can only be read from its beginning: it is decoded
//! here, piece by piece, as workers ask for more, so that no more of it is held than they work on.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

use super::options::Format;
use super::reader::MOST_RECORD;
use crate::document::hex;
use crate::read::compressed;
use crate::read::source::{Packing, Source};
use crate::read::walk::plain;

/// Bytes of records that one task holds.
const SLICE: u64 = 4 << 20;
/// Text files that one task reads.
const BATCH_FILES: usize = 256;

/// A part of the input that one thread reads at a time.
#[derive(Debug)]
pub(super) enum Task {
    /// Text files, by position.
    Texts(Vec<u32>),
    /// The records that begin in a range of bytes of one source.
    Slice { source: usize, bytes: Range<u64> },
    /// What was decoded of a stream.
    Piece(Piece),
}

/// Whole records of a stream, or a whole text.
#[derive(Debug, Default)]
pub(super) struct Piece {
    pub(super) source: usize,
    /// Where it begins in the decoded stream.
    pub(super) offset: u64,
    pub(super) bytes: Vec<u8>,
    /// Bytes of the file that were read for it.
    pub(super) read: u64,
    /// A range of the decoded stream that cannot be used, and why.
    pub(super) broken: Option<([u64; 2], String)>,
    /// Whether this range is one record.
    pub(super) is_record: bool,
    /// Set with the last piece of a stream: SHA-256 of the file as it lies there, if it could be read to its end.
    pub(super) end: Option<Option<String>>,
}

/// The tasks of a run.
pub(super) struct Feed<'a> {
    sources: &'a [Source],
    plain: VecDeque<Task>,
    streams: VecDeque<usize>,
    open: Option<Stream>,
}

impl<'a> Feed<'a> {
    /// What is `wanted` of the input.
    pub(super) fn new(sources: &'a [Source], wanted: impl Fn(usize) -> bool) -> Self {
        let (mut plain, mut streams, mut batch) = (VecDeque::new(), VecDeque::new(), Vec::new());
        let mut bytes = 0;
        for (i, source) in sources.iter().enumerate().filter(|(i, _)| wanted(*i)) {
            match (source.packing, source.format) {
                (Packing::Compressed, _) => streams.push_back(i),
                (Packing::Plain, Format::Jsonl) => plain.extend(slices(i, source.bytes())),
                (Packing::Plain, Format::Text) => {
                    if batch.len() == BATCH_FILES || (bytes + source.bytes() > SLICE && !batch.is_empty()) {
                        plain.push_back(Task::Texts(std::mem::take(&mut batch)));
                        bytes = 0;
                    }
                    batch.push(i as u32);
                    bytes += source.bytes();
                }
            }
        }
        if !batch.is_empty() {
            plain.push_back(Task::Texts(batch));
        }
        Self { sources, plain, streams, open: None }
    }
}

/// An empty file is read too: it has a hash.
fn slices(source: usize, size: u64) -> impl Iterator<Item = Task> {
    (0..size.div_ceil(SLICE).max(1))
        .map(move |n| Task::Slice { source, bytes: n * SLICE..((n + 1) * SLICE).min(size) })
}

impl Iterator for Feed<'_> {
    type Item = Task;

    fn next(&mut self) -> Option<Task> {
        if let Some(task) = self.plain.pop_front() {
            return Some(task);
        }
        loop {
            if let Some(stream) = &mut self.open {
                match stream.next() {
                    Some(piece) => return Some(Task::Piece(piece)),
                    None => self.open = None,
                }
            }
            let source = self.streams.pop_front()?;
            self.open = Some(Stream::open(source, &self.sources[source]));
        }
    }
}

/// A compressed file that is being decoded.
struct Stream {
    source: usize,
    format: Format,
    decoder: io::Result<Box<dyn Read + Send>>,
    raw: Arc<Mutex<Hashed>>,
    /// Decoded and not yet handed over, and where it begins.
    pending: Vec<u8>,
    offset: u64,
    over: bool,
}

impl Stream {
    fn open(source: usize, entry: &Source) -> Self {
        let raw = Arc::new(Mutex::new(Hashed::default()));
        let open = || -> io::Result<Box<dyn Read + Send>> {
            let file = HashedFile { file: entry.open()?, raw: raw.clone() };
            compressed::open(file)
        };
        let decoder = open();
        let (pending, offset) = (Vec::new(), 0);
        Self { source, format: entry.format, decoder, raw, pending, offset, over: false }
    }

    /// Reads on until `pending` holds so many bytes, or the stream ends. Whether it ended.
    fn fill(&mut self, bytes: u64) -> io::Result<bool> {
        let decoder = match &mut self.decoder {
            Ok(decoder) => decoder,
            Err(e) => return Err(io::Error::new(e.kind(), e.to_string())),
        };
        let wanted = bytes.saturating_sub(self.pending.len() as u64);
        // What was decoded before an error stays in `pending`.
        let read = decoder.take(wanted).read_to_end(&mut self.pending)?;
        Ok((read as u64) < wanted)
    }

    /// The end of the stream, with what is left of it.
    fn finish(&mut self, broken: Option<io::Error>) -> Piece {
        self.over = true;
        let mut bytes = std::mem::take(&mut self.pending);
        let broken = broken.map(|e| {
            // A record that was cut off is none; nor is a text.
            let whole = match self.format {
                Format::Jsonl => memchr::memrchr(b'\n', &bytes).map_or(0, |newline| newline + 1),
                Format::Text => 0,
            };
            let range = [self.offset + whole as u64, self.offset + bytes.len() as u64];
            bytes.truncate(whole);
            (range, words(&e))
        });
        let sha256 = self.decoder.as_mut().ok().and_then(|decoder| {
            // What stands behind the end of the compressed stream belongs to the file.
            drop(std::mem::replace(decoder, Box::new(io::empty())));
            self.raw.lock().unwrap_or_else(PoisonError::into_inner).finish()
        });
        Piece { offset: self.offset, bytes, broken, end: Some(sha256), ..Piece::default() }
    }
}

impl Iterator for Stream {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        if self.over {
            return None;
        }
        let piece = self.piece();
        let mut raw = self.raw.lock().unwrap_or_else(PoisonError::into_inner);
        Some(Piece { source: self.source, read: std::mem::take(&mut raw.read), ..piece })
    }
}

impl Stream {
    fn piece(&mut self) -> Piece {
        let mut wanted = match self.format {
            Format::Jsonl => SLICE,
            Format::Text => MOST_RECORD + 1,
        };
        loop {
            match self.fill(wanted) {
                Err(e) => return self.finish(Some(e)),
                Ok(true) => return self.finish(None),
                Ok(false) => {}
            }
            let end = match self.format {
                Format::Jsonl => memchr::memrchr(b'\n', &self.pending).map(|newline| newline + 1),
                Format::Text => None,
            };
            if let Some(end) = end {
                let rest = self.pending.split_off(end);
                let bytes = std::mem::replace(&mut self.pending, rest);
                let offset = self.offset;
                self.offset += bytes.len() as u64;
                return Piece { offset, bytes, ..Piece::default() };
            }
            if wanted > MOST_RECORD {
                // The reader rejects what is longer than a record may be.
                return self.too_long();
            }
            wanted *= 2;
        }
    }

    /// Passes over a record that is too long to be held.
    fn too_long(&mut self) -> Piece {
        let start = self.offset;
        let cause = format!("longer than {} MiB, the most that one record may have", MOST_RECORD >> 20);
        let mut length = self.pending.len() as u64;
        self.pending.clear();
        loop {
            let done = self.fill(SLICE);
            let newline = memchr::memchr(b'\n', &self.pending).filter(|_| self.format == Format::Jsonl);
            let upto = newline.map_or(self.pending.len(), |newline| newline + 1);
            self.pending.drain(..upto);
            length += upto as u64;
            self.offset = start + length;
            let over = !matches!(done, Ok(false));
            if newline.is_none() && !over {
                continue;
            }
            let broken = Some(([start, self.offset], cause));
            if newline.is_none() {
                return Piece { broken, is_record: true, ..self.finish(done.err()) };
            }
            return Piece { offset: start, broken, is_record: true, ..Piece::default() };
        }
    }
}

/// Why a stream could not be decoded further.
fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "the compressed data ends too early".into(),
        _ => plain(error),
    }
}

/// A file that is hashed as it is read.
struct HashedFile {
    file: File,
    raw: Arc<Mutex<Hashed>>,
}

#[derive(Default)]
struct Hashed {
    hash: Sha256,
    /// Bytes read since this was asked last.
    read: u64,
    /// Set when the file is let go: what was not read yet.
    rest: Option<File>,
}

impl Hashed {
    /// The hash of the whole file.
    fn finish(&mut self) -> Option<String> {
        let mut buffer = vec![0; 1 << 16];
        let rest = self.rest.as_mut()?;
        loop {
            match rest.read(&mut buffer) {
                Ok(0) => return Some(hex(&std::mem::take(&mut self.hash).finalize())),
                Ok(n) => self.hash.update(&buffer[..n]),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return None,
            }
        }
    }
}

impl Read for HashedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        let mut raw = self.raw.lock().unwrap_or_else(PoisonError::into_inner);
        raw.hash.update(&buffer[..read]);
        raw.read += read as u64;
        Ok(read)
    }
}

impl Drop for HashedFile {
    fn drop(&mut self) {
        self.raw.lock().unwrap_or_else(PoisonError::into_inner).rest = self.file.try_clone().ok();
    }
}
