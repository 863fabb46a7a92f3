//! The records of a stream, one after the other.

use std::io::{self, Read};

use super::boundary::{Format, Search, WARC_START, arc_line, search, version_line};
use super::fields::{Fields, header_len};
use super::stream::Stream;
use super::{Broken, MAX_HEADER_LEN, MAX_LEN, Record, arc, record};

/// The records of a web archive, in their order.
///
/// An item is a record, a range that could not be used, or the error that ended the stream: after one comes nothing,
/// and the whole records before it have been given.
///
/// ```
/// use tamis::read::warc::{Kind, Records, is_document};
///
/// let archive = b"WARC/1.0\r\nWARC-Type: conversion\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nHello\r\n\r\n";
/// for item in Records::new(&archive[..]) {
///     match item? {
///         Ok(record) => assert!(is_document(&record) && record.payload == b"Hello"),
///         Err(broken) => panic!("bytes {} to {}: {}", broken.offset, broken.end, broken.cause),
///     }
/// }
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Records<R> {
    stream: Stream<R>,
    format: Option<Format>,
}

/// A header that was understood.
struct Header {
    len: usize,
    block_len: u64,
    format: Format,
}

impl<R: Read> Iterator for Records<R> {
    type Item = io::Result<Result<Record, Broken>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.skip_empty_lines();
        if self.stream.bytes().is_empty() {
            return self.stream.failure().map(Err);
        }
        Some(Ok(self.record()))
    }
}

impl<R: Read> Records<R> {
    /// Reads a decompressed stream. The format is found out from the first record.
    pub fn new(stream: R) -> Self {
        Self { stream: Stream::new(stream), format: None }
    }

    fn skip_empty_lines(&mut self) {
        loop {
            let bytes = self.stream.want(1);
            let len = bytes.iter().position(|b| !matches!(b, b'\r' | b'\n')).unwrap_or(bytes.len());
            if len == 0 {
                return;
            }
            self.stream.skip(len);
        }
    }

    /// The record at the beginning of the window, which is not empty.
    fn record(&mut self) -> Result<Record, Broken> {
        let header = match self.header() {
            Ok(header) => header,
            Err((from, cause)) => return Err(self.reject(from, |_| cause)),
        };
        self.format = Some(header.format);
        let (from, declared) = (header.len, header.block_len);
        if declared > MAX_LEN {
            return Err(self.reject(from, |_| {
                format!("the record has {declared} bytes; at most {} MiB are read", MAX_LEN >> 20)
            }));
        }
        // At most MAX_LEN, so it fits.
        let end = header.len + declared as usize;
        if self.stream.want(end + header.format.lookahead()).len() < end {
            return Err(self.reject(from, |found| {
                format!("the record is cut short: its header says {declared} bytes, {found} follow")
            }));
        }
        let (whole, rest) = self.stream.bytes().split_at(end);
        if !ends_well(&whole[from..], rest, header.format, self.stream.ended()) {
            return Err(self.reject(from, |found| {
                format!(
                    "wrong length: the header says {declared} bytes, the next record begins after {found}"
                )
            }));
        }
        let bytes = self.stream.bytes();
        let (head, block) = (&bytes[..header.len], &bytes[header.len..end]);
        let record = match header.format {
            Format::Warc => record::warc(&Fields::parse(head), block),
            Format::Arc => match arc_line(head, true) {
                Some((line, _)) => record::arc(line, block),
                None => Err("the line of the record cannot be read".to_owned()),
            },
        };
        let offset = self.stream.offset();
        self.stream.skip(end);
        let end = self.stream.offset();
        match record {
            Ok(record) => Ok(Record { offset, end, ..record }),
            Err(cause) => Err(Broken { offset, end, cause }),
        }
    }

    /// Reads the header at the beginning of the window; or says from where to look for the next, and what is wrong.
    fn header(&mut self) -> Result<Header, (usize, String)> {
        let bytes = self.stream.want(WARC_START);
        if self.format != Some(Format::Arc)
            && let Some(line) = version_line(bytes)
        {
            return self.warc_header(line);
        }
        if self.format != Some(Format::Warc) {
            self.stream.want(arc::MAX_LINE);
            if let Some((line, len)) = arc_line(self.stream.bytes(), self.stream.ended()) {
                self.format = Some(Format::Arc);
                let block_len =
                    line.len.ok_or_else(|| (len, "the record has no length that can be read".to_owned()))?;
                return Ok(Header { len, block_len, format: Format::Arc });
            }
        }
        Err((1, "no record begins here".to_owned()))
    }

    fn warc_header(&mut self, version_line: usize) -> Result<Header, (usize, String)> {
        self.format = Some(Format::Warc);
        let mut searched = 0;
        let len = loop {
            let bytes = self.stream.bytes();
            match header_len(&bytes[..bytes.len().min(MAX_HEADER_LEN)], searched) {
                Some(len) => break len,
                None if bytes.len() >= MAX_HEADER_LEN => {
                    let cause = format!("the header of the record has over {MAX_HEADER_LEN} bytes");
                    return Err((version_line, cause));
                }
                None if self.stream.ended() => {
                    return Err((version_line, "the header of the record is cut short".to_owned()));
                }
                None => searched = bytes.len(),
            }
            self.stream.read();
        };
        let declared = Fields::parse(&self.stream.bytes()[..len]).get("Content-Length");
        let cause = match declared.as_deref().map(arc::length) {
            Some(Some(block_len)) => return Ok(Header { len, block_len, format: Format::Warc }),
            Some(None) => "the record has no length that can be read",
            None => "the record has no length",
        };
        Err((version_line, cause.to_owned()))
    }

    /// Leaves behind all up to the next beginning of a record at or after `from`. `cause` gets the bytes between.
    fn reject(&mut self, from: usize, cause: impl FnOnce(u64) -> String) -> Broken {
        let offset = self.stream.offset();
        let mut next = from.min(self.stream.bytes().len());
        loop {
            match search(self.stream.bytes(), next, self.format, self.stream.ended()) {
                Search::Found(at, _) => {
                    self.stream.skip(at);
                    break;
                }
                Search::NoneBefore(at) if self.stream.ended() => {
                    self.stream.skip(at);
                    break;
                }
                Search::NoneBefore(at) => {
                    // The byte before a line decides whether it is one.
                    self.stream.skip(at.saturating_sub(1));
                    next = at.min(1);
                    self.stream.read();
                }
            }
        }
        let end = self.stream.offset();
        Broken { offset, end, cause: cause(end - offset - from as u64) }
    }
}

impl Format {
    /// Bytes after a block that say whether it ends there.
    fn lookahead(self) -> usize {
        match self {
            Self::Warc => 2 * WARC_START,
            Self::Arc => WARC_START + arc::MAX_LINE,
        }
    }
}

/// Whether a block is followed as a block should be: by empty lines, all ended alike, and then by a record or nothing.
/// Or, in a WARC, by the two empty lines that end a record and then by anything, if no record begins in the block.
fn ends_well(block: &[u8], rest: &[u8], format: Format, ended: bool) -> bool {
    let gap = rest.iter().position(|b| !matches!(b, b'\r' | b'\n')).unwrap_or(rest.len());
    let (gap, next) = rest.split_at(gap);
    let crlf = gap.chunks(2).all(|pair| pair == b"\r\n" || pair == b"\r" && next.is_empty());
    let alike = crlf || gap.iter().all(|&b| b == b'\n');
    let halved = block.last() == Some(&b'\r') && gap.first() == Some(&b'\n');
    let follows = match format {
        _ if next.is_empty() => true,
        Format::Warc => version_line(next).is_some(),
        Format::Arc => arc_line(next, ended).is_some(),
    };
    let garbage = format == Format::Warc && gap.starts_with(b"\r\n\r\n");
    alike && !halved && follows
        || garbage && !matches!(search(block, 0, Some(format), true), Search::Found(..))
}
