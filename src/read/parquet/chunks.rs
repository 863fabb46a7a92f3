//! Bytes of a Parquet file, for the decoder. Never reads outside the file, never lets a page be unpacked that claims to
//! be far larger than any honest one, and hands the header of a page out only once it was [walked over](super::thrift).

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use bytes::buf::Reader;
use bytes::{Buf as _, Bytes};
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

use super::footer::TAIL;
use super::shapes::PAGE;
use super::thrift::{Note, Thrift};
use crate::read::compressed::Limits;
use crate::read::source::read_exact_at;

/// An open file with the length that it had when it was opened. Has no cursor: any number of readers may share it.
#[derive(Debug, Clone)]
pub(super) struct Chunks {
    file: Arc<File>,
    len: u64,
}

impl Chunks {
    /// Wraps an open file.
    pub(super) fn new(file: File) -> io::Result<Self> {
        let len = file.metadata()?.len();
        Ok(Self { file: Arc::new(file), len })
    }

    /// Fails unless `start + length` lies inside the file.
    fn check(&self, start: u64, length: u64) -> Result<()> {
        match start.checked_add(length) {
            Some(end) if end <= self.len => Ok(()),
            _ => Err(ParquetError::EOF(format!("bytes {start}+{length} lie outside the file"))),
        }
    }
}

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.len
    }
}

impl ChunkReader for Chunks {
    type T = Header;

    fn get_read(&self, start: u64) -> Result<Header> {
        self.check(start, 0)?;
        Ok(Header { chunks: self.clone(), start, bytes: None })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        self.check(start, length as u64)?;
        self.read(start, length).map_err(|e| ParquetError::External(Box::new(e)))
    }
}

/// Bytes at the beginning of a page that are read at first.
const HEAD: u64 = 1 << 10;
/// Bytes of the longest header that is read: it may hold the least and the greatest text of its page.
const LONGEST: u64 = 64 << 20;

/// The header of a page, or what ends the file: the decoder reads nothing else in this way. It may ask for a header and
/// not read it, so nothing is looked at before that.
pub(super) struct Header {
    chunks: Chunks,
    start: u64,
    bytes: Option<Reader<Bytes>>,
}

impl Read for Header {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Self { chunks, start, bytes } = self;
        let bytes = match bytes {
            Some(bytes) => bytes,
            None if chunks.len - *start == TAIL => bytes.insert(chunks.read(*start, TAIL as usize)?.reader()),
            None => bytes.insert(chunks.header(*start)?.reader()),
        };
        bytes.read(buffer)
    }
}

impl Chunks {
    fn read(&self, start: u64, length: usize) -> io::Result<Bytes> {
        let mut buffer = vec![0; length];
        read_exact_at(&self.file, &mut buffer, start)?;
        Ok(buffer.into())
    }

    /// The header of the page that begins at `start`, once it is known that the decoder can take it as it is.
    fn header(&self, start: u64) -> io::Result<Bytes> {
        let left = (self.len - start).min(LONGEST);
        let mut length = HEAD.min(left);
        loop {
            let bytes = self.read(start, length as usize)?;
            let mut header = Thrift::new(&bytes);
            let walked = header.structure(PAGE);
            let noted = |name| header.noted(name).last().and_then(|value| u64::try_from(value).ok());
            match (walked, noted(Note::Unpacked).zip(noted(Note::Packed))) {
                (Some(()), Some((unpacked, packed))) => {
                    Limits::default().check(packed, unpacked)?;
                    // The decoder makes room for as many values as a dictionary claims; each takes a byte or more.
                    if header
                        .noted(Note::Values)
                        .any(|values| u64::try_from(values).is_ok_and(|n| n > unpacked))
                    {
                        return Err(damaged());
                    }
                    let header_len = bytes.len() - header.rest.len();
                    return Ok(bytes.slice(..header_len));
                }
                (None, _) if header.is_short && length < left => length = (16 * length).min(left),
                _ => return Err(damaged()),
            }
        }
    }
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the header of a page is damaged")
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn chunks(bytes: &[u8]) -> Chunks {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        Chunks::new(file).unwrap()
    }

    #[test]
    fn nothing_outside_the_file_is_read_or_allocated() {
        let file = chunks(b"0123456789");
        assert_eq!(&file.get_bytes(8, 2).unwrap()[..], b"89");
        assert!(file.get_bytes(8, 3).is_err());
        assert!(file.get_bytes(u64::MAX, 2).is_err());
        assert!(file.get_bytes(0, usize::MAX).is_err());
        assert!(file.get_read(11).is_err());
    }

    /// A header of type 0 with these sizes and more fields, and bytes behind it.
    fn page(unpacked: u64, packed: u64, more: &[u8]) -> (Vec<u8>, usize) {
        let mut bytes = vec![0x15, 0];
        for size in [unpacked, packed] {
            bytes.push(0x15);
            let mut zigzag = size * 2;
            while zigzag > 0x7F {
                bytes.push(zigzag as u8 | 0x80);
                zigzag >>= 7;
            }
            bytes.push(zigzag as u8);
        }
        bytes.extend(more);
        bytes.push(0);
        let length = bytes.len();
        bytes.extend([7; 100]);
        (bytes, length)
    }

    fn header(page: &(Vec<u8>, usize)) -> Result<Vec<u8>> {
        let mut header = Vec::new();
        chunks(&page.0).get_read(0)?.read_to_end(&mut header)?;
        Ok(header)
    }

    #[test]
    fn a_page_that_claims_to_be_enormous_is_refused_before_it_is_unpacked() {
        assert!(header(&page(0x7FFF_FFFF, 100, &[])).is_err());
        let honest = page(0x7FFF_FFFF, 0x7FFF_FFFF, &[]);
        assert_eq!(header(&honest).unwrap(), honest.0[..honest.1]);
    }

    #[test]
    fn a_dictionary_that_claims_more_values_than_bytes_is_refused() {
        // Field 7: a dictionary of so many values, in encoding 0.
        let dictionary = |values: u8| page(100, 50, &[0x4C, 0x15, values << 1, 0x15, 0, 0]);
        assert_eq!(header(&dictionary(50)).unwrap(), dictionary(50).0[..dictionary(50).1]);
        assert!(header(&page(49, 49, &[0x4C, 0x15, 50 << 1, 0x15, 0, 0])).is_err());
        assert!(header(&page(100, 50, &[0x4C, 0x15, 0xFE, 0xFF, 0xFF, 0xFF, 0x0F, 0x15, 0, 0])).is_err());
    }

    #[test]
    fn a_header_is_handed_out_whole_however_long_it_is() {
        // Field 5, statistics inside as field 5 of it: field 1 of them is the greatest text.
        for length in [0usize, 100, 1_000, 1_024, 5_000, 300_000] {
            let varint = [length as u8 | 0x80, (length >> 7) as u8 | 0x80, (length >> 14) as u8];
            let statistics = [&[0x2C, 0x5C, 0x18], &varint[..], &vec![b'a'; length], &[0, 0]].concat();
            let long = page(10, 10, &statistics);
            assert_eq!(header(&long).unwrap(), long.0[..long.1], "{length}");
        }
    }

    #[test]
    fn a_header_that_would_keep_the_decoder_busy_is_refused() {
        let many = |kind: u8| [0x69, 0xF0 | kind, 0xFF, 0xFF, 0xFF, 0xFF, 0x07];
        for kind in [1, 2, 7, 8, 12] {
            assert!(header(&page(10, 10, &many(kind))).is_err(), "{kind}");
        }
        assert!(header(&(vec![0x15, 0, 0x15], 3)).is_err());
        // A size that is no number.
        assert!(header(&(vec![0x15, 0, 0x18, 0, 0x15, 0, 0, 0, 0, 0, 0, 0], 7)).is_err());
    }
}
