//! The members of a gzip file, one after the other.

use std::io::{self, BufRead, Read};

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::{Counted, Taken, cut_short, invalid, skip_padding};

/// Longest name or comment in a header.
const MOST_HEADER: usize = 1 << 20;

pub(super) struct Members<R> {
    packed: Counted<R>,
    inflate: Decompress,
    crc: Crc,
    state: State,
    /// The error that follows the bytes already delivered.
    pending: Option<io::Error>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before a member; `true` before the first.
    Header(bool),
    Body,
    Trailer,
    End,
}

impl<R: Read> Members<R> {
    pub(super) fn new(packed: Counted<R>) -> Self {
        Self {
            packed,
            inflate: Decompress::new(false),
            crc: Crc::new(),
            state: State::Header(true),
            pending: None,
        }
    }

    fn byte(&mut self) -> io::Result<u8> {
        let byte = *self.packed.fill_buf()?.first().ok_or_else(cut_short)?;
        self.packed.consume(1);
        Ok(byte)
    }

    fn skip(&mut self, n: usize) -> io::Result<()> {
        (0..n).try_for_each(|_| self.byte().map(drop))
    }

    fn skip_string(&mut self) -> io::Result<()> {
        for _ in 0..MOST_HEADER {
            if self.byte()? == 0 {
                return Ok(());
            }
        }
        Err(invalid("damaged gzip header"))
    }

    fn word(&mut self) -> io::Result<u32> {
        let mut word = [0; 4];
        for byte in &mut word {
            *byte = self.byte()?;
        }
        Ok(u32::from_le_bytes(word))
    }

    fn header(&mut self, first: bool) -> io::Result<State> {
        match self.packed.fill_buf()? {
            [] if !first => return Ok(State::End),
            [0x1F, ..] => {}
            _ => return skip_padding(&mut self.packed).map(|()| State::End),
        }
        self.byte()?;
        if self.byte()? != 0x8B {
            return Err(invalid("something else follows the compressed data"));
        }
        let method = self.byte()?;
        let flags = self.byte()?;
        if method != 8 || flags & 0xE0 != 0 {
            return Err(invalid("damaged gzip header"));
        }
        self.skip(6)?;
        if flags & 4 != 0 {
            let extra = usize::from(u16::from_le_bytes([self.byte()?, self.byte()?]));
            self.skip(extra)?;
        }
        for flag in [8, 16] {
            if flags & flag != 0 {
                self.skip_string()?;
            }
        }
        if flags & 2 != 0 {
            self.skip(2)?;
        }
        self.inflate.reset(false);
        self.crc.reset();
        Ok(State::Body)
    }

    fn trailer(&mut self) -> io::Result<State> {
        if self.word()? != self.crc.sum() || self.word()? != self.crc.amount() {
            return Err(invalid("damaged gzip data: the checksum does not match"));
        }
        Ok(State::Header(false))
    }

    /// Decodes some bytes of a body; an error waits until they are delivered.
    fn body(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let buffer = self.packed.fill_buf()?;
        let at_end = buffer.is_empty();
        let (read, written) = (self.inflate.total_in(), self.inflate.total_out());
        let status = self.inflate.decompress(buffer, into, FlushDecompress::None);
        let n = (self.inflate.total_out() - written) as usize;
        self.packed.consume((self.inflate.total_in() - read) as usize);
        self.crc.update(&into[..n]);
        match status {
            Ok(Status::StreamEnd) => self.state = State::Trailer,
            Ok(_) if at_end && n == 0 => self.pending = Some(cut_short()),
            Ok(_) => {}
            Err(_) => self.pending = Some(invalid("damaged gzip data")),
        }
        Ok(n)
    }
}

impl<R: Read> Taken for Members<R> {
    fn taken(&self) -> u64 {
        self.packed.read
    }
}

impl<R: Read> Read for Members<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        loop {
            if let Some(error) = self.pending.take() {
                self.state = State::End;
                return Err(error);
            }
            let next = match self.state {
                State::End => return Ok(0),
                State::Header(first) => self.header(first),
                State::Trailer => self.trailer(),
                State::Body => match self.body(into)? {
                    0 => continue,
                    n => return Ok(n),
                },
            };
            match next {
                Ok(state) => self.state = state,
                Err(error) => self.pending = Some(error),
            }
        }
    }
}
