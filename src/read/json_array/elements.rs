//! Finds the elements of an array, and objects that stand one after the other.
//!
//! Brackets are counted and strings are passed over; nothing else is looked at, so that a broken element costs only
//! itself as long as its brackets and quotes are closed. Where they are not, the next place is sought at which an object
//! begins that can be read, and looking for it has a price that what was read has to pay for.

use memchr::{memchr, memchr2};

use super::Shape;
use crate::read::blocks::{Budget, MOST_RECORD, Next, Resume, Scan};
use crate::read::jsonl;
use crate::run::options::Fields;

const OPEN: &str = "not valid JSON: a bracket or a quote is not closed";

/// Where in an object a scan stands.
#[derive(Debug, Default)]
pub(super) struct Nesting {
    depth: usize,
    /// For each open bracket a bit: whether it opened a list. Below 64 levels they are not compared.
    lists: u64,
    deep: bool,
    in_string: bool,
    /// The byte before was a backslash in a string.
    escaped: bool,
    /// A bracket was closed by one of the other kind.
    crossed: bool,
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
                    b'{' | b'[' => self.open(bytes[at] == b'['),
                    b'}' | b']' if self.close(bytes[at] == b']') => return Some(at + 1),
                    _ => {}
                }
                at += 1;
            }
        }
        None
    }

    fn open(&mut self, list: bool) {
        self.depth += 1;
        self.deep |= self.depth > 64;
        self.lists = self.lists << 1 | u64::from(list);
    }

    /// Whether that was the outermost bracket.
    fn close(&mut self, list: bool) -> bool {
        self.crossed |= !self.deep && (self.lists & 1 == 1) != list;
        self.lists >>= 1;
        self.depth = self.depth.saturating_sub(1);
        self.depth == 0
    }
}

/// Finds elements in blocks.
#[derive(Debug)]
pub struct Elements<'a> {
    shape: Shape,
    fields: &'a Fields,
    opened: bool,
    closed: bool,
    budget: Budget,
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
            budget: Budget::default(),
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

    /// Where the element that begins at `at` and went wrong before `until` may end: before the next one that is a record.
    fn resume(&mut self, bytes: &[u8], at: usize, until: usize, last: bool) -> Resume {
        let price = self.budget.price(until - at);
        let window = bytes.len().min(until.saturating_add(price));
        let last = last || window < bytes.len();
        let bytes = &bytes[..window];
        let (mut spent, mut from) = (0, at + 1);
        let mut found = if last { Resume::Nowhere } else { Resume::More };
        while spent < price {
            let Some(next) = memchr(b'{', &bytes[from..]).map(|next| from + next) else { break };
            from = next + 1;
            let before = bytes[at..next].trim_ascii_end();
            let parted = match self.shape {
                Shape::Array => before.ends_with(b","),
                _ => bytes[at..next].ends_with(b"\n"),
            };
            if !parted {
                continue;
            }
            let Some(end) = Nesting::default().end(&bytes[next..]) else {
                spent += bytes.len() - next;
                if last { continue } else { break }
            };
            spent += end;
            if jsonl::parse(&bytes[next..next + end], self.fields).is_ok() {
                let before = before.strip_suffix(b",").unwrap_or(before);
                found = Resume::At(at + before.trim_ascii_end().len());
                break;
            }
            if spent >= price {
                found = Resume::Nowhere;
            }
        }
        if !matches!(found, Resume::More) {
            self.budget.spend(spent + until - at);
        }
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
        let bound = self.budget.bound();
        let limit = bytes.len().min(at.saturating_add(bound));
        let whole = limit - at < bound;
        let last = (last && limit == bytes.len()) || !whole;
        let mut nesting = Nesting::default();
        let end = nesting.end(&bytes[at..limit]).map(|end| at + end);
        match end {
            Some(end) if !nesting.crossed => {
                self.budget.earn(end - at);
                return Next::Record { end };
            }
            None if !last => return Next::More,
            _ => {}
        }
        match self.resume(&bytes[..limit], at, end.unwrap_or(limit), last) {
            Resume::More => Next::More,
            Resume::At(next) => Next::Broken { end: next, cause: OPEN.into() },
            Resume::Nowhere => match end {
                Some(end) => Next::Broken { end, cause: OPEN.into() },
                None if whole => Next::Broken { end: limit, cause: OPEN.into() },
                None => self.too_long(),
            },
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
