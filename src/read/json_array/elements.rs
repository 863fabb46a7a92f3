//! Finds the elements of an array, and objects that stand one after the other.
//!
//! Brackets are counted and strings are passed over; nothing else is looked at, so that a broken element costs only
//! itself as long as its brackets and quotes are closed. Where they are not, the next place is sought at which an object
//! begins that can be read, and looking for it has a price that what was read has to pay for.

use memchr::{memchr, memchr2};

use super::Shape;
use crate::read::blocks::{MOST_RECORD, Next, Scan};
use crate::read::jsonl;
use crate::run::options::Fields;

/// What an element may have even after much was looked at in vain.
const LEAST: usize = 64 << 10;

/// Where in an object a scan stands.
#[derive(Debug, Default)]
pub(super) struct Nesting {
    depth: usize,
    in_string: bool,
    /// The byte before was a backslash in a string.
    escaped: bool,
}

impl Nesting {
    /// Goes on over `bytes`, the first of which opens an object or a list at depth 0; where that one is closed: the
    /// offset behind it.
    pub(super) fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while at < bytes.len() {
            if self.escaped {
                self.escaped = false;
                at += 1;
            } else if self.in_string {
                at += memchr2(b'"', b'\\', &bytes[at..])? + 1;
                self.escaped = bytes[at - 1] == b'\\';
                self.in_string = self.escaped;
            } else {
                match bytes[at] {
                    b'"' => self.in_string = true,
                    b'{' | b'[' => self.depth += 1,
                    b'}' | b']' => {
                        self.depth = self.depth.saturating_sub(1);
                        if self.depth == 0 {
                            return Some(at + 1);
                        }
                    }
                    _ => {}
                }
                at += 1;
            }
        }
        None
    }
}

/// Finds elements in blocks.
#[derive(Debug)]
pub struct Elements<'a> {
    shape: Shape,
    fields: &'a Fields,
    opened: bool,
    closed: bool,
    /// How many bytes may still be looked at in vain.
    budget: usize,
    /// Of an element that is passed over.
    nesting: Nesting,
}

impl<'a> Elements<'a> {
    /// Elements of a file of this shape; an element is sound if it is a record with these `fields`.
    pub fn new(shape: Shape, fields: &'a Fields) -> Self {
        Self {
            shape,
            fields,
            opened: shape != Shape::Array,
            closed: false,
            budget: 4 * MOST_RECORD,
            nesting: Nesting::default(),
        }
    }

    /// What stands between elements is no more than white space, commas, and the brackets of the array.
    fn between(&mut self, bytes: &[u8], at: usize) -> usize {
        let mut end = at;
        for byte in &bytes[at..] {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => {}
                b',' if self.shape == Shape::Array && !self.closed => {}
                b'[' if !self.opened => self.opened = true,
                b']' if self.shape == Shape::Array && !self.closed => self.closed = true,
                _ => break,
            }
            end += 1;
        }
        end
    }

    /// Where the element that begins at `at` and is not closed may end: before the next one that is a record.
    fn resume(&mut self, bytes: &[u8], at: usize) -> Option<usize> {
        let price = (4 * (bytes.len() - at)).min(self.budget.max(LEAST / 16));
        let (mut spent, mut from, mut found) = (0, at + 1, None);
        while spent < price && found.is_none() {
            let Some(next) = memchr(b'{', &bytes[from..]).map(|next| from + next) else { break };
            from = next + 1;
            let before = bytes[at..next].trim_ascii_end();
            let parted = if self.shape == Shape::Array {
                before.ends_with(b",")
            } else {
                bytes[at..next].ends_with(b"\n")
            };
            if !parted {
                continue;
            }
            let window = &bytes[next..bytes.len().min(next + (price - spent))];
            let end = Nesting::default().end(window);
            spent += end.unwrap_or(window.len());
            if end.is_some_and(|end| jsonl::parse(&window[..end], self.fields).is_ok()) {
                let before = before.strip_suffix(b",").unwrap_or(before);
                found = Some(at + before.trim_ascii_end().len());
            }
        }
        self.budget = self.budget.saturating_sub(spent + bytes.len() - at);
        found
    }
}

impl Scan for Elements<'_> {
    fn next(&mut self, bytes: &[u8], at: usize, last: bool) -> Next {
        let between = self.between(bytes, at);
        if between > at {
            return Next::Between { end: between };
        }
        if self.closed {
            return match memchr(b'\n', &bytes[at..]).map(|found| at + found) {
                Some(end) => Next::Broken { end, cause: "it stands behind the end of the array".into() },
                None if last => {
                    Next::Broken { end: bytes.len(), cause: "it stands behind the end of the array".into() }
                }
                None => self.more_or_too_long(bytes.len() - at),
            };
        }
        if !matches!(bytes[at], b'{' | b'[') {
            return self.scalar(bytes, at, last);
        }
        let bound = self.budget.clamp(LEAST, MOST_RECORD);
        let limit = bytes.len().min(at.saturating_add(bound));
        if let Some(end) = Nesting::default().end(&bytes[at..limit]) {
            self.budget = self.budget.saturating_add(16 * end).min(4 * MOST_RECORD);
            return Next::Record { end: at + end };
        }
        if !last && limit - at < bound {
            return Next::More;
        }
        let cause = "the JSON ends too early: a bracket or a quote is not closed";
        match self.resume(&bytes[..limit], at) {
            Some(end) => Next::Broken { end, cause: cause.into() },
            None if limit - at < bound => Next::Broken { end: limit, cause: cause.into() },
            None => self.too_long(),
        }
    }

    fn skip(&mut self, bytes: &[u8]) -> Option<usize> {
        if self.closed {
            return memchr(b'\n', bytes);
        }
        self.nesting.end(bytes)
    }
}

impl Elements<'_> {
    /// A number, a word, a string, or anything else that is no object.
    fn scalar(&mut self, bytes: &[u8], at: usize, last: bool) -> Next {
        let rest = &bytes[at..];
        let end = if rest[0] == b'"' {
            string_end(rest)
        } else {
            let ends = |b: &u8| matches!(b, b',' | b']' | b' ' | b'\t' | b'\r' | b'\n');
            // One byte at least: a bracket that closes nothing is an element of its own.
            rest.iter().skip(1).position(ends).map(|found| found + 1)
        };
        match end {
            Some(end) => Next::Record { end: at + end },
            None if last => Next::Record { end: bytes.len() },
            None => self.more_or_too_long(rest.len()),
        }
    }

    fn more_or_too_long(&mut self, length: usize) -> Next {
        if length < MOST_RECORD { Next::More } else { self.too_long() }
    }

    fn too_long(&mut self) -> Next {
        self.nesting = Nesting::default();
        Next::TooLong {
            cause: format!("longer than {} MiB, the most that one record may have", MOST_RECORD >> 20),
        }
    }
}

/// The byte behind the string at the beginning of `bytes`.
fn string_end(bytes: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}
