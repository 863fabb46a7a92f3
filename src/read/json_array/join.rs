//! Writes the elements that stay, with what stood between them.

use std::borrow::Cow;

use super::Shape;

/// Joins elements again: between two of them stands what stood before the second, before the first what stood before
/// all, behind the last what stood behind all.
///
/// With nothing removed nothing changes, valid or not. Otherwise there is one comma between elements of an array and
/// none behind the last.
#[derive(Debug)]
pub struct Joiner {
    array: bool,
    begun: bool,
    written: bool,
    /// An element was removed.
    removed: bool,
    /// An element was removed just before.
    gap: bool,
}

impl Joiner {
    /// Joins elements of a file of this shape.
    pub fn new(shape: Shape) -> Self {
        Self { array: shape == Shape::Array, begun: false, written: false, removed: false, gap: false }
    }

    /// Takes over the next element: `before` is what stood between the one before it, or the beginning of the file, and
    /// it; `element` what is to be written for it, `None` if it is removed.
    pub fn element(&mut self, before: &[u8], element: Option<&[u8]>, out: &mut Vec<u8>) {
        if !self.begun {
            self.begun = true;
            out.extend_from_slice(before);
        } else if element.is_some() && self.written {
            let commas = before.iter().filter(|b| **b == b',').count();
            let separator = if self.array && self.gap && commas != 1 { b"," } else { before };
            out.extend_from_slice(separator);
        }
        self.gap = element.is_none();
        self.removed |= element.is_none();
        if let Some(element) = element {
            out.extend_from_slice(element);
            self.written = true;
        }
    }

    /// Ends the file: `rest` is what stood behind the last element, the whole file if there was none.
    pub fn finish(self, rest: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(&self.ending(rest));
    }

    fn ending<'a>(&self, rest: &'a [u8]) -> Cow<'a, [u8]> {
        if !self.array || !self.removed {
            return Cow::Borrowed(rest);
        }
        // What ended too early is closed, if it was its end that was removed.
        let close = if rest.contains(&b']') || !self.gap { &b""[..] } else { b"]" };
        let rest = rest.iter().copied().filter(|b| *b != b',');
        Cow::Owned(rest.chain(close.iter().copied()).collect())
    }
}
