//! A window on a stream: what is in it is whole bytes in order, and it never grows by more than what was read.

use std::io::{self, Read};

/// Bytes of the window at rest, and the least that is asked of the source at once.
const CHUNK: usize = 1 << 20;

/// A window on a source, with the place of its first byte in the stream.
#[derive(Debug)]
pub(super) struct Stream<R> {
    source: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    offset: u64,
    ended: bool,
    failure: Option<io::Error>,
}

impl<R: Read> Stream<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source, buffer: Vec::new(), start: 0, end: 0, offset: 0, ended: false, failure: None }
    }

    /// What is in the window.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Where the window begins in the stream.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether nothing comes after the window.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// The error that ended the stream, once.
    pub(super) fn failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    /// Reads until the window holds `len` bytes or the stream ends; gives the window. An error ends the stream.
    pub(super) fn want(&mut self, len: usize) -> &[u8] {
        while self.end - self.start < len && !self.ended {
            self.read_towards(len);
        }
        self.bytes()
    }

    /// Reads once: the window grows, or the stream ends.
    pub(super) fn read(&mut self) {
        self.read_towards(0);
    }

    /// Reads once. The buffer doubles at most, and stops growing where it can hold `len` bytes.
    fn read_towards(&mut self, len: usize) {
        if self.buffer.len() - self.end < CHUNK / 2 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            if self.buffer.len() - self.end < CHUNK / 2 {
                let most = self.buffer.len().max(len) + CHUNK;
                self.buffer.resize(most.min(2 * self.buffer.len().max(CHUNK)), 0);
            }
        }
        match self.source.read(&mut self.buffer[self.end..]) {
            Ok(0) => self.ended = true,
            Ok(read) => self.end += read,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => {
                self.ended = true;
                self.failure = Some(e);
            }
        }
    }

    /// Leaves `len` bytes of the window behind.
    pub(super) fn skip(&mut self, len: usize) {
        let len = len.min(self.end - self.start);
        self.start += len;
        self.offset += len as u64;
        if self.buffer.len() > 16 * CHUNK && self.end - self.start < CHUNK {
            let mut small = self.bytes().to_vec();
            self.end = small.len();
            self.start = 0;
            small.resize(2 * CHUNK, 0);
            self.buffer = small;
        }
    }
}
