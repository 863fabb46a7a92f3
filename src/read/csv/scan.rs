//! Where records end, and where their fields stand.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memchr2, memchr3};

use super::Dialect;
use super::text::decode;

/// How a record ends in the bytes that are there.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// With a line end; the byte behind it.
    Line(usize),
    /// Not, and nothing is open: at the end of a file it would be whole.
    Bare,
    /// Inside quotes.
    Open,
    /// A quoted field of several lines goes on behind its closing quote, which is here: that quote opened another field.
    Stray(usize),
}

/// A field of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    /// Its bytes, without quotes around them.
    pub(super) inside: Range<usize>,
    /// What stands between its closing quote and the next delimiter.
    pub(super) behind: Range<usize>,
    pub(super) quoted: bool,
    pub(super) closed: bool,
}

impl Field {
    /// What the field says.
    pub(super) fn value<'a>(&self, record: &'a [u8]) -> Cow<'a, [u8]> {
        let inside = &record[self.inside.clone()];
        if !self.quoted {
            return Cow::Borrowed(inside);
        }
        let mut value = decode(inside).0;
        if !self.behind.is_empty() {
            value.to_mut().extend_from_slice(&record[self.behind.clone()]);
        }
        value
    }
}

impl Dialect {
    /// End of the record that begins at `from`, its line end included; `None` if it does not end in `bytes`. A CR in the
    /// last place does not end it: an LF may follow.
    pub fn record_end(&self, bytes: &[u8], from: usize) -> Option<usize> {
        match self.end(bytes, from, false) {
            End::Line(end) => Some(end),
            _ => None,
        }
    }

    /// As [`Dialect::record_end`], with what is the case otherwise. `strict`: stops at a stray quote.
    pub(super) fn end(&self, bytes: &[u8], from: usize, strict: bool) -> End {
        let mut at = from;
        loop {
            let rest = &bytes[at..];
            let found =
                if self.quoting { memchr3(b'"', b'\n', b'\r', rest) } else { memchr2(b'\n', b'\r', rest) };
            let Some(place) = found.map(|found| at + found) else { return End::Bare };
            match bytes[place] {
                b'\n' => return End::Line(place + 1),
                b'\r' => match bytes.get(place + 1) {
                    None => return End::Bare,
                    Some(b'\n') => return End::Line(place + 2),
                    Some(_) => return End::Line(place + 1),
                },
                // Only at the beginning of a field does a quote open.
                _ if place > from && Some(bytes[place - 1]) != self.delimiter => at = place + 1,
                _ => {
                    let Some(close) = closing_quote(bytes, place + 1) else { return End::Open };
                    at = close + 1;
                    let follows = |b: &u8| !matches!(b, b'\n' | b'\r' | b' ') && Some(*b) != self.delimiter;
                    if strict
                        && bytes.get(at).is_some_and(follows)
                        && memchr2(b'\n', b'\r', &bytes[place..close]).is_some()
                    {
                        return End::Stray(close);
                    }
                }
            }
        }
    }

    /// The fields of a record; at least one.
    pub(super) fn fields<'a>(&self, record: &'a [u8]) -> Fields<'a> {
        let whole = record.strip_suffix(b"\n").unwrap_or(record);
        let whole = whole.strip_suffix(b"\r").unwrap_or(whole);
        Fields { record: whole, dialect: *self, at: Some(0) }
    }
}

/// The quote that closes what was opened before `from`: the first one that is not written twice.
fn closing_quote(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let quote = at + memchr(b'"', bytes.get(at..)?)?;
        if bytes.get(quote + 1) != Some(&b'"') {
            return Some(quote);
        }
        at = quote + 2;
    }
}

/// See [`Dialect::fields`].
pub(super) struct Fields<'a> {
    record: &'a [u8],
    dialect: Dialect,
    at: Option<usize>,
}

impl Iterator for Fields<'_> {
    type Item = Field;

    fn next(&mut self) -> Option<Field> {
        let start = self.at?;
        let record = self.record;
        let quoted = self.dialect.quoting && record.get(start) == Some(&b'"');
        let close = if quoted { closing_quote(record, start + 1) } else { None };
        let open_end = quoted && close.is_none();
        let from = if open_end { record.len() } else { close.map_or(start, |close| close + 1) };
        let delimiter = self.dialect.delimiter.and_then(|d| memchr(d, &record[from..]));
        let end = delimiter.map_or(record.len(), |found| from + found);
        self.at = delimiter.map(|_| end + 1);
        let inside = if quoted { start + 1..close.unwrap_or(end) } else { start..end };
        let behind = if quoted { from..end } else { end..end };
        Some(Field { inside, behind, quoted, closed: !open_end })
    }
}
