//! Bytes of a Parquet file, for the decoder. Never reads outside the file, and never lets a page be unpacked that
//! claims to be far larger than any honest one.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::sync::Arc;

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

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
    type T = Page;

    fn get_read(&self, start: u64) -> Result<Page> {
        self.check(start, 0)?;
        let at = Cursor { file: Arc::clone(&self.file), at: start, end: self.len };
        Ok(Page { rest: BufReader::with_capacity(1024, at), is_checked: false })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        self.check(start, length as u64)?;
        let mut buffer = vec![0; length];
        read_exact_at(&self.file, &mut buffer, start).map_err(|e| ParquetError::External(Box::new(e)))?;
        Ok(buffer.into())
    }
}

/// A cursor of its own over a shared file.
struct Cursor {
    file: Arc<File>,
    at: u64,
    end: u64,
}

impl Read for Cursor {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(usize::try_from(self.end - self.at).unwrap_or(usize::MAX));
        read_exact_at(&self.file, &mut buffer[..length], self.at)?;
        self.at += length as u64;
        Ok(length)
    }
}

/// Bytes that begin with the header of a page. The sizes in it are looked at before the first byte is handed out.
pub(super) struct Page {
    rest: BufReader<Cursor>,
    is_checked: bool,
}

impl Read for Page {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.is_checked {
            self.is_checked = true;
            if let Some((unpacked, packed)) = sizes(io::BufRead::fill_buf(&mut self.rest)?) {
                Limits::default().check(packed, unpacked)?;
            }
        }
        self.rest.read(buffer)
    }
}

/// Unpacked and packed size, the second and third field of a page's header (Thrift's compact protocol: each field
/// begins with 0x15, a 32-bit integer one field on). None where the header does not begin like one.
fn sizes(header: &[u8]) -> Option<(u64, u64)> {
    let mut rest = header;
    let mut field = || -> Option<u64> {
        let (0x15, mut tail) = rest.split_first().map(|(first, tail)| (*first, tail))? else { return None };
        let mut value = 0u64;
        for shift in (0..35).step_by(7) {
            let (byte, next) = tail.split_first()?;
            tail = next;
            value |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                rest = tail;
                // Even numbers are the positive ones; the decoder refuses the others itself.
                return Some(value / 2);
            }
        }
        None
    };
    field()?;
    Some((field()?, field()?))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

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

    #[test]
    fn a_page_that_claims_to_be_enormous_is_refused_before_it_is_unpacked() {
        // Type 0; then 2^31 - 1 bytes from 100; then 2^31 - 1 bytes from as many.
        let bomb = [0x15, 0, 0x15, 0xFE, 0xFF, 0xFF, 0xFF, 0x0F, 0x15, 0xC8, 0x01, 0];
        assert_eq!(sizes(&bomb), Some((0x7FFF_FFFF, 100)));
        let mut bytes = Vec::new();
        assert!(chunks(&bomb).get_read(0).unwrap().read_to_end(&mut bytes).is_err());
        let honest = [0x15, 0, 0x15, 0xFE, 0xFF, 0xFF, 0xFF, 0x0F, 0x15, 0xFE, 0xFF, 0xFF, 0xFF, 0x0F, 0];
        assert_eq!(chunks(&honest).get_read(0).unwrap().read_to_end(&mut bytes).unwrap(), honest.len());
        assert_eq!(sizes(b"\x15\x80\x80\x80\x80\x80\x80"), None);
        assert_eq!(sizes(b""), None);
    }
}
