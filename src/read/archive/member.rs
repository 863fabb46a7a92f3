//! A member while it is read: what it holds is held against what was said of it.

use std::io::{self, Read};

use crate::read::compressed::invalid;

pub(super) struct Member<'a> {
    content: &'a mut dyn Read,
    /// What was looked at ahead, and how much of it was delivered.
    head: Vec<u8>,
    at: usize,
    left: u64,
    failed: Option<(io::ErrorKind, String)>,
}

impl<'a> Member<'a> {
    pub(super) fn new(content: &'a mut dyn Read, size: u64) -> Self {
        Self { content, head: Vec::new(), at: 0, left: size, failed: None }
    }

    /// Up to `n` bytes of the beginning, which stay to be read; an error shows when they are.
    pub(super) fn peek(&mut self, n: usize) -> &[u8] {
        let mut head = vec![0; n];
        let mut filled = 0;
        while filled < n {
            match self.take(&mut head[filled..]) {
                Ok(0) | Err(_) => break,
                Ok(more) => filled += more,
            }
        }
        head.truncate(filled);
        self.head = head;
        &self.head
    }

    /// Why it could not be read, if it could not.
    pub(super) fn failed(&self) -> Option<&str> {
        self.failed.as_ref().map(|(_, cause)| cause.as_str())
    }

    fn take(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if let Some((kind, cause)) = &self.failed {
            return Err(io::Error::new(*kind, cause.clone()));
        }
        let read = loop {
            match self.content.read(into) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        let checked = read.and_then(|n| match self.left.checked_sub(n as u64) {
            None => Err(invalid("holds more than the archive says")),
            Some(left) if n == 0 && left > 0 && !into.is_empty() => {
                Err(io::Error::new(io::ErrorKind::UnexpectedEof, "is cut short"))
            }
            Some(left) => {
                self.left = left;
                Ok(n)
            }
        });
        if let Err(e) = &checked {
            self.failed = Some((e.kind(), e.to_string()));
        }
        checked
    }
}

impl Read for Member<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let ahead = &self.head[self.at..];
        if ahead.is_empty() {
            return self.take(into);
        }
        let n = ahead.len().min(into.len());
        into[..n].copy_from_slice(&ahead[..n]);
        self.at += n;
        Ok(n)
    }
}
