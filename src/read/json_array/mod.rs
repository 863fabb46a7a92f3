//! Files of JSON that are no JSON lines: one array of objects, or objects one after the other (one alone as a rule),
//! spread over lines.
//!
//! Elements are found as ranges of bytes in a stream; each is then read by [`jsonl::parse`](super::jsonl::parse), which
//! also decides whether it is valid. With nothing removed the bytes that [`Joiner`] writes are those that were read; with
//! any elements removed from valid JSON they are valid JSON.

mod elements;
mod join;

use super::jsonl::mark_len;
pub use elements::Elements;
pub use join::Joiner;

/// How a file holds its JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One object a line.
    Lines,
    /// One array of objects.
    Array,
    /// Objects one after the other that take several lines each.
    Objects,
}

/// Which shape a file has that begins with `head`; `None`: it is no JSON of objects.
///
/// Objects are lines if the first one ends in its line, or does not end in `head` and has no line end in it either.
pub fn shape(head: &[u8]) -> Option<Shape> {
    let start = mark_len(head);
    let start = start + head[start..].iter().position(|b| !b.is_ascii_whitespace())?;
    match head[start] {
        b'[' => {
            let first = head[start + 1..].iter().find(|b| !b.is_ascii_whitespace());
            matches!(first, None | Some(b'{' | b']')).then_some(Shape::Array)
        }
        b'{' => {
            let line = memchr::memchr(b'\n', &head[start..]).map_or(head.len(), |found| start + found);
            let ended = elements::Nesting::default().end(&head[start..line]).is_some();
            Some(if ended || line == head.len() { Shape::Lines } else { Shape::Objects })
        }
        _ => None,
    }
}

/// Whether a file that begins with `head` holds one record a line.
pub fn looks_like_lines(head: &[u8]) -> bool {
    shape(head) == Some(Shape::Lines)
}

#[cfg(test)]
mod tests;
