//! Where a record begins: the one thing that is trusted when a length is not.

use memchr::{memchr, memmem};

use super::arc;

/// The two families of formats. A stream has one; it is known from its first record on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Warc,
    Arc,
}

/// Bytes after which it is certain whether a WARC record begins.
pub(super) const WARC_START: usize = 64;

/// What a search found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Search {
    /// A record of that format begins here.
    Found(usize, Format),
    /// None begins before here; what follows is too short to say.
    NoneBefore(usize),
}

/// Length of the line `WARC/1.0` with its end, if the bytes begin with one.
pub(super) fn version_line(bytes: &[u8]) -> Option<usize> {
    let head = &bytes[..bytes.len().min(WARC_START)];
    let end = memchr(b'\n', head)?;
    let version = head[..end].trim_ascii_end().strip_prefix(b"WARC/")?;
    let digits = version.iter().all(|&b| b.is_ascii_digit() || b == b'.');
    (digits && version.first()?.is_ascii_digit()).then_some(end + 1)
}

/// Whether a record begins with these bytes and none of its format could begin otherwise: the version, then a field
/// that only WARC has. A page about the format may well show the version on a line of its own.
fn certain_warc(bytes: &[u8]) -> bool {
    let Some(line) = version_line(bytes) else { return false };
    let begins = |name: &[u8]| bytes[line..].get(..name.len()).is_some_and(|b| b.eq_ignore_ascii_case(name));
    begins(b"WARC-") || begins(b"Content-")
}

/// The line of an ARC record with its length and its end, if the bytes begin with one.
pub(super) fn arc_line(bytes: &[u8], ended: bool) -> Option<(arc::Line, usize)> {
    let head = &bytes[..bytes.len().min(arc::MAX_LINE)];
    let end = match memchr(b'\n', head) {
        Some(end) => end,
        None if ended => head.len(),
        None => return None,
    };
    Some((arc::parse(&head[..end])?, (end + 1).min(bytes.len())))
}

/// Looks for the first record from `from` on, of one format or, if `None`, of either. `ended`: no byte follows.
pub(super) fn search(bytes: &[u8], from: usize, format: Option<Format>, ended: bool) -> Search {
    let warc = match format {
        Some(Format::Arc) => Search::NoneBefore(bytes.len()),
        _ => search_warc(bytes, from, ended),
    };
    let arc = match (format, &warc) {
        (Some(Format::Warc), _) => Search::NoneBefore(bytes.len()),
        (_, Search::Found(at, _)) => search_arc(&bytes[..*at], from, true),
        _ => search_arc(bytes, from, ended),
    };
    match (warc, arc) {
        (_, Search::Found(at, format)) | (Search::Found(at, format), _) => Search::Found(at, format),
        (Search::NoneBefore(a), Search::NoneBefore(b)) => Search::NoneBefore(a.min(b)),
    }
}

fn search_warc(bytes: &[u8], from: usize, ended: bool) -> Search {
    const NAME: &[u8] = b"WARC/";
    for at in memmem::find_iter(&bytes[from..], NAME).map(|at| from + at) {
        if !ended && bytes.len() - at < WARC_START {
            return Search::NoneBefore(at);
        }
        if certain_warc(&bytes[at..]) {
            return Search::Found(at, Format::Warc);
        }
    }
    Search::NoneBefore(if ended { bytes.len() } else { bytes.len().saturating_sub(NAME.len() - 1).max(from) })
}

fn search_arc(bytes: &[u8], from: usize, ended: bool) -> Search {
    // A record begins a line: the byte before it is looked at too.
    let mut at = from.saturating_sub(1);
    while let Some(end) = memchr(b'\n', &bytes[at..]) {
        let line = at + end + 1;
        let rest = &bytes[line..];
        if !ended && rest.len() < arc::MAX_LINE && memchr(b'\n', rest).is_none() {
            return Search::NoneBefore(line);
        }
        if arc_line(rest, ended).is_some() {
            return Search::Found(line, Format::Arc);
        }
        at = line;
    }
    Search::NoneBefore(bytes.len())
}
