//! The line with which a record of an ARC begins: five fields in version 1, ten in version 2, the address first.
//!
//! Addresses may hold spaces, so a line is read from its end.

use memchr::memrchr;

use super::fields::text;

/// Longest line that is taken for the beginning of a record.
pub(super) const MAX_LINE: usize = 1 << 16;

/// What the line says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) url: String,
    pub(super) date: String,
    pub(super) content_type: String,
    /// Bytes of the block; none where the field holds no length.
    pub(super) len: Option<u64>,
}

/// Reads a line without its end, or says that it begins no record.
pub(super) fn parse(line: &[u8]) -> Option<Line> {
    if !line.first()?.is_ascii_alphabetic() || line.len() > MAX_LINE {
        return None;
    }
    let line = line.trim_ascii_end();
    fields::<5>(line).or_else(|| fields::<10>(line))
}

fn fields<const N: usize>(line: &[u8]) -> Option<Line> {
    let mut fields: [&[u8]; N] = [&[]; N];
    let mut rest = line;
    for field in fields[1..].iter_mut().rev() {
        let space = memrchr(b' ', rest)?;
        *field = &rest[space + 1..];
        rest = &rest[..space];
    }
    let (address, date, kind, len) = (fields[1], fields[2], fields[3], fields[N - 1]);
    let scheme = rest.iter().position(|b| !(b.is_ascii_alphanumeric() || b"+-.".contains(b)))?;
    let dated = (12..=18).contains(&date.len()) && date.iter().all(u8::is_ascii_digit);
    if rest[scheme] != b':' || address.is_empty() || !dated || kind.is_empty() {
        return None;
    }
    Some(Line {
        url: text(rest),
        date: text(date),
        content_type: text(kind),
        len: std::str::from_utf8(len).ok().and_then(length),
    })
}

/// A length in decimal digits and nothing else.
pub(super) fn length(text: &str) -> Option<u64> {
    if text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}
