//! Thrift's compact protocol, walked over before the decoder reads it.
//!
//! The decoder passes over a list of things that it does not know one element at a time, as many as the list claims, also
//! where an element takes no byte: a few bytes can keep it busy for hours. So everything is walked over first, and a list
//! that claims more elements than there are bytes is refused, and so is one whose elements take none. The decoder does
//! not look at the types of what it knows. Invariant: whatever [`Thrift::structure`] lets through has the types that the
//! decoder takes for granted, so the decoder reads the bytes as they were read here, in a time that is linear in them.

/// Types of values.
pub(super) mod kind {
    pub(in super::super) const STOP: u8 = 0;
    pub(in super::super) const TRUE: u8 = 1;
    pub(in super::super) const FALSE: u8 = 2;
    pub(in super::super) const BYTE: u8 = 3;
    pub(in super::super) const I16: u8 = 4;
    pub(in super::super) const I32: u8 = 5;
    pub(in super::super) const I64: u8 = 6;
    pub(in super::super) const DOUBLE: u8 = 7;
    pub(in super::super) const BINARY: u8 = 8;
    pub(in super::super) const LIST: u8 = 9;
    pub(in super::super) const SET: u8 = 10;
    pub(in super::super) const STRUCT: u8 = 12;
    pub(in super::super) const UUID: u8 = 13;
}

/// Structures and lists inside one another that nobody knows; the decoder goes a little deeper.
const MAX_DEPTH: usize = 32;

/// What the decoder takes a field for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    /// An integer of any width: all are written alike.
    Integer,
    /// One that whoever walks wants to know.
    Noted(Note),
    Flag,
    Double,
    Binary,
    List(&'static Shape),
    /// The fields that are known, by number.
    Struct(&'static [(i64, Shape)]),
}

/// An integer of the header of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Note {
    /// Sizes of the page, in bytes.
    Unpacked,
    Packed,
    /// Values of a dictionary.
    Values,
}

/// What is left. A step is none where the bytes are not what they should be.
pub(super) struct Thrift<'a> {
    pub(super) rest: &'a [u8],
    /// Whether a step failed since bytes are missing.
    pub(super) is_short: bool,
    notes: Vec<(Note, i64)>,
}

impl<'a> Thrift<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, is_short: false, notes: Vec::new() }
    }

    /// The integers that were noted under a name.
    pub(super) fn noted(&self, name: Note) -> impl Iterator<Item = i64> {
        self.notes.iter().filter(move |(note, _)| *note == name).map(|(_, value)| *value)
    }

    /// Walks over a structure, of which some fields are `known`.
    pub(super) fn structure(&mut self, known: &'static [(i64, Shape)]) -> Option<()> {
        let mut last = 0;
        loop {
            let (id, kind) = self.field(last)?;
            if kind == kind::STOP {
                return Some(());
            }
            match known.iter().find(|(known, _)| *known == id) {
                Some((_, shape)) => self.value(shape, kind)?,
                None => self.unknown(kind, MAX_DEPTH)?,
            }
            last = id;
        }
    }

    /// Walks over a value of a known shape.
    fn value(&mut self, shape: &'static Shape, kind: u8) -> Option<()> {
        match (shape, kind) {
            (Shape::Integer, _) if is_integer(kind) => self.varint().map(drop),
            (Shape::Noted(name), _) if is_integer(kind) => {
                let value = zigzag(self.varint()?);
                self.notes.push((*name, value));
                Some(())
            }
            (Shape::Flag, kind::TRUE | kind::FALSE) => Some(()),
            (Shape::Double, kind::DOUBLE) => self.take(8),
            (Shape::Binary, kind::BINARY) => self.binary().map(drop),
            (Shape::List(of), kind::LIST) => {
                let (count, kind) = self.list()?;
                (0..count).try_for_each(|_| self.value(of, kind))
            }
            (Shape::Struct(known), kind::STRUCT) => self.structure(known),
            _ => None,
        }
    }

    /// Walks over a value that the decoder passes over.
    fn unknown(&mut self, kind: u8, depth: usize) -> Option<()> {
        let deeper = depth.checked_sub(1)?;
        match kind {
            kind::LIST | kind::SET => {
                let (count, kind) = self.list()?;
                (0..count).try_for_each(|_| self.unknown(kind, deeper))
            }
            kind::STRUCT => {
                let mut last = 0;
                loop {
                    let (id, kind) = self.field(last)?;
                    if kind == kind::STOP {
                        return Some(());
                    }
                    self.unknown(kind, deeper)?;
                    last = id;
                }
            }
            kind::UUID => self.take(16),
            _ => self.plain(kind),
        }
    }

    /// Walks over a value that holds no others.
    pub(super) fn plain(&mut self, kind: u8) -> Option<()> {
        match kind {
            kind::TRUE | kind::FALSE => Some(()),
            kind::BYTE => self.byte().map(drop),
            kind::I16 | kind::I32 | kind::I64 => self.varint().map(drop),
            kind::DOUBLE => self.take(8),
            kind::BINARY => self.binary().map(drop),
            _ => None,
        }
    }

    /// Number and type of the next field of a structure, of which the field before had the number `last`.
    pub(super) fn field(&mut self, last: i64) -> Option<(i64, u8)> {
        let byte = self.byte()?;
        let id = match byte >> 4 {
            _ if byte & 0xF == kind::STOP => 0,
            0 => zigzag(self.varint()?),
            step => last + i64::from(step),
        };
        (0..=i64::from(i16::MAX)).contains(&id).then_some((id, byte & 0xF))
    }

    /// Length of a list and type of its elements, each of which takes at least a byte.
    pub(super) fn list(&mut self) -> Option<(usize, u8)> {
        let byte = self.byte()?;
        let count = if byte >> 4 == 15 { self.varint()? } else { u64::from(byte >> 4) };
        let kind = byte & 0xF;
        if count > self.rest.len() as u64 {
            self.is_short = true;
            return None;
        }
        let takes_none = matches!(kind, kind::TRUE | kind::FALSE);
        (count == 0 || !takes_none).then_some((count as usize, kind))
    }

    pub(super) fn binary(&mut self) -> Option<usize> {
        let length = usize::try_from(self.varint()?).ok()?;
        self.take(length)?;
        Some(length)
    }

    fn take(&mut self, length: usize) -> Option<()> {
        let rest = self.rest.get(length..);
        self.is_short |= rest.is_none();
        self.rest = rest?;
        Some(())
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        let first = self.rest.first().copied();
        self.take(1)?;
        first
    }

    pub(super) fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..70).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }
}

fn is_integer(kind: u8) -> bool {
    matches!(kind, kind::I16 | kind::I32 | kind::I64)
}

pub(super) fn zigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}
