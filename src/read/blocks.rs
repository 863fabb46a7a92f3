//! A stream cut into blocks that end where records end, for formats in which only reading from the start can tell.
//!
//! Every byte of the stream is in one block or behind its last piece, in order; where blocks and pieces end depends on
//! the bytes alone, not on how the stream hands them out. The blocks can then be read in parallel.

use std::io::{self, Read};

/// The most that one record may have, in bytes.
pub const MOST_RECORD: usize = 256 << 20;

/// About how many bytes a block has.
pub const BLOCK: usize = 4 << 20;

/// One record, or bytes that are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Its first byte in the stream.
    pub start: u64,
    /// The byte behind its last, line end included.
    pub end: u64,
    /// Why it cannot be a record; `None`: it may be one.
    pub cause: Option<String>,
}

/// Some records, and all that stands before and between them.
#[derive(Debug, PartialEq, Eq)]
pub struct Block {
    /// Where it begins in the stream.
    pub offset: u64,
    /// Its bytes. A last piece that was too long to be held goes on behind them, and has a cause.
    pub bytes: Vec<u8>,
    /// Its records, in order.
    pub pieces: Vec<Piece>,
}

impl Block {
    /// The bytes of a piece; those that are held, if it was too long.
    pub fn piece(&self, piece: &Piece) -> &[u8] {
        let place = |at: u64| ((at - self.offset) as usize).min(self.bytes.len());
        &self.bytes[place(piece.start)..place(piece.end)]
    }

    /// The byte of the stream behind its last.
    pub fn end(&self) -> u64 {
        let last = self.pieces.last().map_or(0, |piece| piece.end);
        last.max(self.offset + self.bytes.len() as u64)
    }
}

/// What stands at a place of a stream.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// A record.
    Record {
        /// The byte behind its last.
        end: usize,
    },
    /// Bytes that are no record.
    Broken {
        /// The byte behind their last.
        end: usize,
        /// Why.
        cause: String,
    },
    /// Bytes that belong to no record.
    Between {
        /// The byte behind their last.
        end: usize,
    },
    /// More bytes are needed to tell.
    More,
    /// A record that is too long to be held, or does not end where it should: [`Scan::skip`] is to find its end.
    TooLong {
        /// Why it is none.
        cause: String,
    },
}

/// Finds records in a stream, one after the other.
pub trait Scan {
    /// What stands at `at` in `bytes`; always at a place where something begins. `last`: no bytes follow.
    fn next(&mut self, bytes: &[u8], at: usize, last: bool) -> Next;

    /// Called after [`Next::TooLong`], first with the bytes from the beginning of that piece, then with those that
    /// follow, until one holds its end: the offset of it in `bytes`.
    fn skip(&mut self, bytes: &[u8]) -> Option<usize>;
}

/// Cuts what it reads into blocks.
#[derive(Debug)]
pub struct Blocks<R, S> {
    input: R,
    scan: S,
    size: usize,
    /// The bytes that are in no block yet.
    held: Vec<u8>,
    offset: u64,
    /// Where to look first.
    at: usize,
    ended: bool,
    /// Why the input ended too early.
    failed: Option<io::Error>,
}

/// Why a stream ended too early.
#[derive(Debug)]
pub struct Broken {
    /// The bytes of the stream that were read and are in no block: the beginning of a record.
    pub bytes: [u64; 2],
    /// What the input says.
    pub error: io::Error,
}

impl<R: Read, S: Scan> Blocks<R, S> {
    /// Blocks of about `size` bytes of `input`, in which `scan` looks for records from byte `start` on.
    pub fn new(input: R, scan: S, start: usize, size: usize) -> Self {
        Self {
            input,
            scan,
            size: size.max(1),
            held: Vec::new(),
            offset: 0,
            at: start,
            ended: false,
            failed: None,
        }
    }

    /// The next block; `None` at the end.
    ///
    /// # Errors
    /// What the input says, after all whole records that were read before; then nothing follows.
    pub fn next_block(&mut self) -> Result<Option<Block>, Broken> {
        let mut wanted = self.size.max(self.at);
        loop {
            self.fill(wanted);
            if self.held.is_empty() && self.failed.is_none() {
                return Ok(None);
            }
            let mut pieces = Vec::new();
            let mut at = self.at.min(self.held.len());
            while at < self.held.len() {
                let mut push = |end: usize, cause: Option<String>| {
                    let place = |at: usize| self.offset + at as u64;
                    pieces.push(Piece { start: place(at), end: place(end), cause });
                    end
                };
                at = match self.scan.next(&self.held, at, self.ended) {
                    Next::Record { end } => push(end, None),
                    Next::Broken { end, cause } => push(end, Some(cause)),
                    Next::Between { end } => end,
                    Next::More => break,
                    Next::TooLong { cause } => {
                        let start = self.offset + at as u64;
                        let (keep, end) = self.pass(at);
                        pieces.push(Piece { start, end, cause: Some(cause) });
                        return Ok(Some(self.block(keep, end, pieces)));
                    }
                };
            }
            if pieces.is_empty()
                && let Some(error) = self.failed.take()
            {
                let start = self.offset + at as u64;
                let bytes = [start, self.offset + self.held.len() as u64];
                self.held.clear();
                self.ended = true;
                return Err(Broken { bytes, error });
            }
            let whole = self.ended || at >= self.held.len();
            if !pieces.is_empty() || whole {
                let keep = if self.ended { self.held.len() } else { at };
                return Ok(Some(self.block(keep, self.offset + keep as u64, pieces)));
            }
            // What stands before the record has been looked at.
            self.at = at;
            wanted = self.held.len() * 2;
        }
    }

    /// Reads until `wanted` bytes are held or the input ends or fails.
    fn fill(&mut self, wanted: usize) {
        while !self.ended && self.failed.is_none() && self.held.len() < wanted {
            let missing = (wanted - self.held.len()) as u64;
            // What was read before an error is held too.
            match self.input.by_ref().take(missing).read_to_end(&mut self.held) {
                Ok(read) => self.ended = read == 0,
                Err(error) => self.failed = Some(error),
            }
        }
    }

    /// Passes over the piece at `at`. How many bytes from there on are held for the block, and the piece's end.
    fn pass(&mut self, at: usize) -> (usize, u64) {
        if let Some(end) = self.scan.skip(&self.held[at..]) {
            return (at + end, self.offset + (at + end) as u64);
        }
        let mut end = self.offset + self.held.len() as u64;
        // The bytes are of no more use; those before the piece belong to the block.
        self.held.truncate(at);
        let mut part = Vec::new();
        while !self.ended && self.failed.is_none() {
            part.clear();
            match self.input.by_ref().take(BLOCK as u64).read_to_end(&mut part) {
                Ok(read) => self.ended = read == 0,
                Err(error) => self.failed = Some(error),
            }
            if let Some(found) = self.scan.skip(&part) {
                self.held.extend_from_slice(&part[found..]);
                return (at, end + found as u64);
            }
            end += part.len() as u64;
        }
        (at, end)
    }

    /// The first `keep` bytes that are held, as a block; what follows begins at `next`.
    fn block(&mut self, keep: usize, next: u64, pieces: Vec<Piece>) -> Block {
        let rest = self.held.split_off(keep);
        let bytes = std::mem::replace(&mut self.held, rest);
        let offset = std::mem::replace(&mut self.offset, next);
        self.at = 0;
        Block { offset, bytes, pieces }
    }
}

/// What looking ahead in vain may cost: so much at first, and more with all that is read well. So hostile files take
/// linear time.
#[derive(Debug)]
pub(super) struct Budget(usize);

/// What a record may have even after much was looked at in vain.
const LEAST: usize = 64 << 10;

impl Default for Budget {
    fn default() -> Self {
        Self(4 * MOST_RECORD)
    }
}

impl Budget {
    /// The most that the next record may have.
    pub(super) fn bound(&self) -> usize {
        self.0.clamp(LEAST, MOST_RECORD)
    }

    /// How many bytes may be looked at to find where to go on after so many that went wrong.
    pub(super) fn price(&self, wrong: usize) -> usize {
        (4 * wrong + LEAST).min(self.0.max(LEAST / 16))
    }

    pub(super) fn earn(&mut self, bytes: usize) {
        self.0 = self.0.saturating_add(16 * bytes).min(4 * MOST_RECORD);
    }

    pub(super) fn spend(&mut self, bytes: usize) {
        self.0 = self.0.saturating_sub(bytes);
    }
}

/// Where to go on after bytes that are no record.
pub(super) enum Resume {
    At(usize),
    Nowhere,
    /// More bytes are needed to tell.
    More,
}

/// Lines, each a record; empty ones are none.
#[derive(Debug, Default)]
pub struct Lines;

impl Scan for Lines {
    fn next(&mut self, bytes: &[u8], at: usize, last: bool) -> Next {
        let window = &bytes[at..];
        let end = match memchr::memchr(b'\n', window) {
            Some(newline) => newline + 1,
            None if window.len() > MOST_RECORD => {
                return Next::TooLong { cause: too_long() };
            }
            None if last => window.len(),
            None => return Next::More,
        };
        let end_at = at + end;
        if end > MOST_RECORD {
            Next::Broken { end: end_at, cause: too_long() }
        } else if window[..end].trim_ascii().is_empty() {
            Next::Between { end: end_at }
        } else {
            Next::Record { end: end_at }
        }
    }

    fn skip(&mut self, bytes: &[u8]) -> Option<usize> {
        memchr::memchr(b'\n', bytes).map(|newline| newline + 1)
    }
}

/// Why a record that is too long is not read.
pub fn too_long() -> String {
    format!("longer than {} MiB, the most that one record may have", MOST_RECORD >> 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stream that fails behind its bytes.
    struct Failing<'a>(&'a [u8]);

    impl Read for Failing<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            match self.0.read(into)? {
                0 => Err(io::Error::other("torn")),
                read => Ok(read),
            }
        }
    }

    #[test]
    fn whole_records_before_an_error_are_given_and_the_torn_one_is_named() {
        let text = b"one\n\ntwo\nthr";
        for size in 1..20 {
            let mut blocks = Blocks::new(Failing(text), Lines, 0, size);
            let mut lines = Vec::new();
            let broken = loop {
                match blocks.next_block() {
                    Ok(Some(block)) => {
                        lines.extend(block.pieces.iter().map(|piece| block.piece(piece).to_vec()));
                    }
                    Ok(None) => panic!("the error is lost"),
                    Err(broken) => break broken,
                }
            };
            assert_eq!(lines, [b"one\n", b"two\n"], "blocks of {size}");
            assert_eq!((broken.bytes, broken.error.to_string()), ([9, 12], "torn".into()));
            assert!(matches!(blocks.next_block(), Ok(None)));
        }
    }

    /// Lines, of which none may have more than eight bytes.
    struct ShortLines;

    impl Scan for ShortLines {
        fn next(&mut self, bytes: &[u8], at: usize, last: bool) -> Next {
            let window = &bytes[at..bytes.len().min(at + 8)];
            match memchr::memchr(b'\n', window) {
                Some(end) => Next::Record { end: at + end + 1 },
                None if window.len() == 8 => Next::TooLong { cause: "long".into() },
                None if last => Next::Record { end: bytes.len() },
                None => Next::More,
            }
        }

        fn skip(&mut self, bytes: &[u8]) -> Option<usize> {
            memchr::memchr(b'\n', bytes).map(|found| found + 1)
        }
    }

    #[test]
    fn a_record_that_is_too_long_is_passed_over_and_not_held() {
        let long = "x".repeat(3 * BLOCK);
        for end in ["\nc\nd", "\n", ""] {
            let text = format!("a\nb\n{long}{end}");
            let mut blocks = Blocks::new(text.as_bytes(), ShortLines, 0, 20);
            let (mut at, mut lines) = (0, Vec::new());
            while let Some(block) = blocks.next_block().unwrap() {
                assert_eq!(block.offset, at);
                assert!(block.bytes.len() <= 20);
                at = block.end();
                for piece in &block.pieces {
                    let line = &text[piece.start as usize..piece.end as usize];
                    assert_eq!(piece.cause.is_some(), line.len() > 8);
                    assert!(line.as_bytes().starts_with(block.piece(piece)));
                    lines.push(line.to_owned());
                }
            }
            assert_eq!(at, text.len() as u64);
            let expected: Vec<&str> = text.split_inclusive('\n').collect();
            assert_eq!(lines, expected);
        }
    }

    #[test]
    fn what_may_be_spent_in_vain_grows_with_what_is_read_well() {
        let mut budget = Budget::default();
        budget.spend(usize::MAX);
        assert_eq!((budget.bound(), budget.price(1 << 30)), (LEAST, LEAST / 16));
        budget.earn(1 << 20);
        assert_eq!(budget.bound(), 16 << 20);
    }
}
