//! The schema in a footer, read so that it can exhaust neither stack, memory nor time.
//!
//! The decoder builds the tree of a schema by recursion, makes room for as many children as an element claims and gives
//! each column a copy of the names above it. So the claims are looked at first. The invariant: a schema that the
//! decoder is given nests at most [`MAX_DEPTH`] deep, claims no more children than there are elements, and takes at
//! most [`MAX_PATHS`] bytes for the names of its columns; and it was read here as the decoder reads it, for nothing is
//! let through whose type is not the one that the decoder takes for granted.

use std::sync::Arc;

use bytes::Bytes;
use parquet::errors::Result;
use parquet::file::metadata::ParquetMetaDataReader;
use parquet::file::reader::{ChunkReader, Length};
use parquet::schema::types::SchemaDescriptor;

use super::thrift::{Thrift, kind, zigzag};
use super::{cause, shapes};

/// Groups inside one another; a list takes two.
const MAX_DEPTH: usize = 64;
/// Bytes of the full names of all columns.
const MAX_PATHS: usize = 64 << 20;

/// What ends a file: the length of the footer and the mark.
pub(super) const TAIL: u64 = 8;

/// The schema of the file in `chunks`.
///
/// # Errors
/// In plain words, why the file cannot be used.
pub(super) fn schema<C: ChunkReader + Length>(chunks: &C) -> Result<Arc<SchemaDescriptor>, String> {
    let footer = footer(chunks)?;
    check(&footer)?;
    ParquetMetaDataReader::decode_schema(&footer).map_err(cause)
}

fn footer<C: ChunkReader + Length>(chunks: &C) -> Result<Bytes, String> {
    let too_short = || "not valid Parquet: the file ends too early".to_owned();
    let end = chunks.len().checked_sub(TAIL).ok_or_else(too_short)?;
    let tail = chunks.get_bytes(end, TAIL as usize).map_err(cause)?;
    match tail.split_first_chunk() {
        Some((length, b"PAR1")) => {
            let length = u32::from_le_bytes(*length);
            let start = end.checked_sub(length.into()).ok_or_else(too_short)?;
            chunks.get_bytes(start, length as usize).map_err(cause)
        }
        Some((_, b"PARE")) => Err("Parquet of a kind that is not read: it is encrypted".to_owned()),
        _ => Err("not valid Parquet: the mark at its end is missing".to_owned()),
    }
}

/// Fails unless the decoder can take `footer` as it is.
fn check(footer: &[u8]) -> Result<(), String> {
    match Thrift::new(footer).schema() {
        Some(Ok(())) => {}
        Some(Err(why)) => return Err(format!("not valid Parquet: {why}")),
        None => return Err("not valid Parquet: its schema is damaged".to_owned()),
    }
    let whole = Thrift::new(footer).structure(shapes::FILE);
    whole.ok_or_else(|| "not valid Parquet: its footer is damaged".to_owned())
}

/// Fields of a schema's element that matter here.
const NAME: i64 = 4;
const CHILDREN: i64 = 5;
const LOGICAL_TYPE: i64 = 10;

impl Thrift<'_> {
    /// A footer begins with its version; the schema follows.
    fn schema(&mut self) -> Option<Result<(), &'static str>> {
        if self.field(0)? != (1, kind::I32) {
            return None;
        }
        self.varint()?;
        if self.field(1)? != (2, kind::LIST) {
            return None;
        }
        let (count, kind) = self.list()?;
        if kind != kind::STRUCT {
            return None;
        }
        // Of each group that is open, how many children are to come, and the bytes of the names down to it.
        let mut open: Vec<(usize, usize)> = Vec::new();
        let mut paths = 0usize;
        for index in 0..count {
            let (name, children) = self.element()?;
            let above = match open.last_mut() {
                Some((left, above)) => {
                    *left -= 1;
                    *above
                }
                None if index == 0 => 0,
                // The tree is complete; what follows is not looked at.
                None => break,
            };
            if children == 0 {
                paths = paths.saturating_add(above + name);
                if paths > MAX_PATHS {
                    return Some(Err("the names of its columns are too long"));
                }
            } else if children > count - index - 1 {
                return Some(Err("a group of columns lacks some"));
            } else if open.len() == MAX_DEPTH {
                return Some(Err("its columns are nested too deep"));
            } else {
                open.push((children, above + name));
            }
            while open.last().is_some_and(|(left, _)| *left == 0) {
                open.pop();
            }
        }
        Some(Ok(()))
    }

    /// The bytes of an element's name, and how many children it claims.
    fn element(&mut self) -> Option<(usize, usize)> {
        let (mut name, mut children, mut last) = (0, 0, 0);
        loop {
            let (id, kind) = self.field(last)?;
            match (id, kind) {
                (_, kind::STOP) => return Some((name, children)),
                (NAME, kind::BINARY) => name = self.binary()?,
                (CHILDREN, kind::I32) => children = usize::try_from(zigzag(self.varint()?)).ok()?,
                (LOGICAL_TYPE, kind::STRUCT) => self.logical_type()?,
                (1..=9, kind::I32) if id != NAME => drop(self.varint()?),
                (1..=LOGICAL_TYPE, _) => return None,
                (_, kind) => self.plain(kind)?,
            }
            last = id;
        }
    }

    /// A union: one member with a few plain fields.
    fn logical_type(&mut self) -> Option<()> {
        let (id, kind) = self.field(0)?;
        match (id, kind) {
            // Strings, maps, lists, dates and the like have no fields.
            (1..=4 | 6 | 9 | 11..=15, kind::STRUCT) => self.nothing()?,
            (5, kind::STRUCT) => self.fields(&[&[kind::I32], &[kind::I32]])?,
            (7 | 8, kind::STRUCT) => self.fields(&[&[kind::TRUE, kind::FALSE], &[kind::STRUCT]])?,
            (10, kind::STRUCT) => self.fields(&[&[kind::BYTE], &[kind::TRUE, kind::FALSE]])?,
            (16, kind::STRUCT) => self.fields(&[&[kind::BYTE]])?,
            (17, kind::STRUCT) => self.fields(&[&[kind::BINARY]])?,
            (18, kind::STRUCT) => self.fields(&[&[kind::BINARY], &[kind::I32]])?,
            (19.., kind) => self.plain(kind)?,
            _ => return None,
        }
        self.nothing()
    }

    /// A structure whose fields 1, 2, … have one of these types each. One inside it is a unit of time: a union of
    /// structures without fields.
    fn fields(&mut self, kinds: &[&[u8]]) -> Option<()> {
        let mut last = 0;
        loop {
            let (id, kind) = self.field(last)?;
            if kind == kind::STOP {
                return Some(());
            }
            match usize::try_from(id - 1).ok().and_then(|i| kinds.get(i)) {
                Some(allowed) if !allowed.contains(&kind) => return None,
                Some(_) if kind == kind::STRUCT => {
                    if self.field(0)?.1 != kind::STRUCT {
                        return None;
                    }
                    self.nothing()?;
                    self.nothing()?;
                }
                _ => self.plain(kind)?,
            }
            last = id;
        }
    }

    /// The end of a structure.
    fn nothing(&mut self) -> Option<()> {
        (self.byte()? == kind::STOP).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An optional element: a group of `children`, or text.
    fn element(name: &str, children: u8) -> Vec<u8> {
        let mut bytes = if children == 0 { vec![0x15, 12, 0x25, 2, 0x18] } else { vec![0x35, 2, 0x18] };
        bytes.extend([name.len() as u8 | 0x80, (name.len() >> 7) as u8]);
        bytes.extend(name.as_bytes());
        if children > 0 {
            bytes.extend([0x15, children << 1 | 0x80, children >> 6]);
        }
        bytes.push(kind::STOP);
        bytes
    }

    /// A footer with that schema, without rows.
    fn footer_of(elements: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = vec![0x15, 4, 0x19, 0xFC];
        bytes.extend((0..4).map(|i| (elements.len() >> (7 * i)) as u8 & 0x7F | if i < 3 { 0x80 } else { 0 }));
        bytes.extend(elements.concat());
        bytes.extend([0x16, 0, 0x19, 0x0C, kind::STOP]);
        bytes
    }

    fn nested(depth: usize) -> Vec<u8> {
        let mut elements = vec![element("g", 1); depth];
        elements.push(element("text", 0));
        footer_of(&elements)
    }

    #[test]
    fn a_schema_nests_only_so_deep() {
        assert!(check(&nested(MAX_DEPTH)).is_ok());
        let schema = ParquetMetaDataReader::decode_schema(&nested(MAX_DEPTH)).unwrap();
        assert_eq!(schema.column(0).path().parts().len(), MAX_DEPTH);
        assert!(check(&nested(MAX_DEPTH + 1)).unwrap_err().contains("nested too deep"));
        assert!(check(&nested(1_000_000)).unwrap_err().contains("nested too deep"));
    }

    #[test]
    fn a_group_claims_no_more_children_than_there_are_elements() {
        let lacking = footer_of(&[element("root", 3), element("a", 0), element("b", 0)]);
        assert!(check(&lacking).unwrap_err().contains("lacks some"));
    }

    #[test]
    fn long_names_above_many_columns_are_refused() {
        let table = |name: &str| {
            let mut elements = vec![element(name, 1); 60];
            elements.push(element(name, 120));
            elements.extend(vec![element("c", 0); 120]);
            footer_of(&elements)
        };
        assert!(check(&table("name")).is_ok());
        assert!(check(&table(&"n".repeat(16_000))).unwrap_err().contains("too long"));
    }

    #[test]
    fn a_list_that_claims_more_than_there_are_bytes_is_refused() {
        let plain = footer_of(&[element("root", 1), element("text", 0)]);
        let with = |field: &[u8]| [&plain[..plain.len() - 1], field, &[kind::STOP]].concat();
        // Field 10, which nobody knows: a list of 2^31 - 1 elements, alone and in a structure.
        let many = |kind: u8| [0x69, 0xF0 | kind, 0xFF, 0xFF, 0xFF, 0xFF, 0x07];
        for kind in [kind::TRUE, kind::FALSE, kind::DOUBLE, kind::STRUCT] {
            assert!(check(&with(&many(kind))).is_err(), "{kind}");
            let inside = [&[0x6C, 0x19 | 0x40], &many(kind)[1..], &[kind::STOP]].concat();
            assert!(check(&with(&inside)).is_err(), "{kind}");
        }
        assert!(check(&with(&[0x69, 0x11, 0x01])).is_err(), "elements of no byte");
        for few in [&[0x69, 0x00][..], &[0x69, 0x25, 0x02, 0x04], &[0x69, 0x29, 0x13, 7, 0x03], &[0x61]] {
            assert!(check(&with(few)).is_ok(), "{few:?}");
        }
        let deep = [&[0x69][..], &[0x19; 40], &[0x15, 0]].concat();
        assert!(check(&with(&deep)).is_err(), "too deep");
    }

    #[test]
    fn a_field_of_another_type_than_the_decoder_takes_for_granted_is_refused() {
        let right = element("text", 0);
        assert!(check(&footer_of(&[element("root", 1), right.clone()])).is_ok());
        for at in [0, 2, 4] {
            let mut wrong = right.clone();
            wrong[at] = wrong[at] & 0xF0 | kind::TRUE;
            assert!(check(&footer_of(&[element("root", 1), wrong])).is_err(), "{at}");
        }
        assert!(check(b"").is_err());
        assert!(check(&[0x19, 0x0C]).is_err(), "no version");
    }
}
