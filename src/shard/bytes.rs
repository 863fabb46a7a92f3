//! Numbers and strings as bytes: little endian, lengths first.

use std::io;

use crate::dates::Date;

const NO_YEAR: u16 = u16::MAX;

/// Appends numbers and strings.
#[derive(Debug, Default)]
pub(crate) struct Out(pub(crate) Vec<u8>);

impl Out {
    pub(crate) fn u8(&mut self, n: u8) -> &mut Self {
        self.0.push(n);
        self
    }

    pub(crate) fn u16(&mut self, n: u16) -> &mut Self {
        self.0.extend(n.to_le_bytes());
        self
    }

    pub(crate) fn u32(&mut self, n: u32) -> &mut Self {
        self.0.extend(n.to_le_bytes());
        self
    }

    pub(crate) fn u64(&mut self, n: u64) -> &mut Self {
        self.0.extend(n.to_le_bytes());
        self
    }

    /// A date in four bytes.
    pub(crate) fn date(&mut self, date: Option<Date>) -> &mut Self {
        self.u16(date.and_then(|d| d.year).unwrap_or(NO_YEAR));
        self.u8(date.and_then(|d| d.month).unwrap_or(0)).u8(date.and_then(|d| d.day).unwrap_or(0))
    }

    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.u32(text.len() as u32);
        self.0.extend(text.as_bytes());
        self
    }
}

/// Reads what [`Out`] wrote; never past the end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct In<'a>(pub(crate) &'a [u8]);

/// The error for bytes that are not what was written.
pub(crate) fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the cache is damaged")
}

impl<'a> In<'a> {
    pub(crate) fn take(&mut self, count: usize) -> io::Result<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count).ok_or_else(damaged)?;
        self.0 = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| damaged())
    }

    pub(crate) fn u8(&mut self) -> io::Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    pub(crate) fn u16(&mut self) -> io::Result<u16> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    pub(crate) fn u32(&mut self) -> io::Result<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(crate) fn u64(&mut self) -> io::Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub(crate) fn date(&mut self) -> io::Result<Date> {
        let year = Some(self.u16()?).filter(|y| *y != NO_YEAR);
        let month = Some(self.u8()?).filter(|m| *m > 0);
        let day = Some(self.u8()?).filter(|d| *d > 0);
        Ok(Date { year, month, day })
    }

    pub(crate) fn text(&mut self) -> io::Result<&'a str> {
        let length = self.u32()? as usize;
        std::str::from_utf8(self.take(length)?).map_err(|_| damaged())
    }
}
