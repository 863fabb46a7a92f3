//! Compressed files as streams of what they hold.
//!
//! The invariant: every byte that can be decoded is delivered, and only then the error that ends the stream. All
//! members of a gzip file and all frames of a Zstandard file are read; zero padding after them is no error. What one
//! stream holds is not unpacked again.

mod gzip;

use std::io::{self, BufRead, BufReader, Read};

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip: RFC 1952.
    Gzip,
    /// Zstandard: RFC 8878.
    Zstd,
}

/// What a stream may become before it is taken for a bomb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// So many bytes are never too many.
    pub free: u64,
    /// Beyond them, so many bytes may come out for each that went in.
    pub ratio: u64,
    /// So many members an archive may have.
    pub members: u64,
}

impl Default for Limits {
    /// 64 MiB, 1000 to 1, a million members.
    fn default() -> Self {
        Self { free: 64 << 20, ratio: 1000, members: 1_000_000 }
    }
}

impl Limits {
    /// As much of a buffer as is filled between two checks.
    pub(super) fn step(into: &mut [u8]) -> &mut [u8] {
        let n = into.len().min(BUFFER);
        &mut into[..n]
    }

    /// Fails if `out` bytes made of `input` bytes are too many.
    pub(super) fn check(&self, input: u64, out: u64) -> io::Result<()> {
        if out > self.free && out / self.ratio > input {
            let cause = format!("unpacks to more than {} times its size: taken for a bomb", self.ratio);
            return Err(invalid(cause));
        }
        Ok(())
    }
}

/// Largest window of a Zstandard frame, as a power of two: 128 MiB of memory.
const WINDOW: u32 = 27;
const BUFFER: usize = 64 << 10;

/// How a file that begins with `head` is compressed: four bytes are enough.
pub fn sniff(head: &[u8]) -> Compression {
    match head {
        [0x1F, 0x8B, 8, ..] => Compression::Gzip,
        [0x28, 0xB5, 0x2F, 0xFD, ..] | [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Compression::Zstd,
        _ => Compression::None,
    }
}

/// What `file` holds, however its first bytes say that it is compressed; as it is, if they say nothing.
///
/// Reading fails, after all good bytes, with [`io::ErrorKind::UnexpectedEof`] if the file is cut short, and with
/// [`io::ErrorKind::InvalidData`] and a cause in plain words if it is damaged, followed by something else, or a bomb.
///
/// # Errors
/// If the first bytes cannot be read or the decoder cannot be made.
pub fn open<'a>(mut file: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut head = Vec::new();
    (&mut file).take(4).read_to_end(&mut head)?;
    let compression = sniff(&head);
    open_as(io::Cursor::new(head).chain(file), compression)
}

/// As [`open`], where the compression is known.
///
/// # Errors
/// If the decoder cannot be made.
pub fn open_as<'a>(file: impl Read + 'a, compression: Compression) -> io::Result<Box<dyn Read + 'a>> {
    open_within(file, compression, Limits::default())
}

/// As [`open_as`], with other `limits`.
///
/// # Errors
/// If the decoder cannot be made.
pub fn open_within<'a>(
    file: impl Read + 'a,
    compression: Compression,
    limits: Limits,
) -> io::Result<Box<dyn Read + 'a>> {
    let packed = Counted { inner: BufReader::with_capacity(BUFFER, file), read: 0 };
    Ok(match compression {
        Compression::None => Box::new(packed.inner),
        Compression::Gzip => Box::new(Bounded { inner: gzip::Members::new(packed), out: 0, limits }),
        Compression::Zstd => Box::new(Bounded { inner: Frames::new(packed)?, out: 0, limits }),
    })
}

/// What the beginning of a compressed file, `packed`, holds, as far as it can be decoded.
pub fn head(packed: &[u8]) -> Vec<u8> {
    let mut head = Vec::new();
    if let Ok(stream) = open(packed) {
        // Most heads end in the middle; what was decoded before that stays.
        let _ = stream.take(BUFFER as u64).read_to_end(&mut head);
    }
    head
}

/// An error of damaged data.
pub(super) fn invalid(cause: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, cause.into())
}

/// The error of a stream that is cut short.
fn cut_short() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the compressed data is cut short")
}

/// A buffered reader that knows how much was taken from it.
struct Counted<R> {
    inner: BufReader<R>,
    read: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(into)?;
        self.read += n as u64;
        Ok(n)
    }
}

impl<R: Read> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        retry(|| self.inner.fill_buf().map(|_| ()))?;
        Ok(self.inner.buffer())
    }

    fn consume(&mut self, n: usize) {
        self.inner.consume(n);
        self.read += n as u64;
    }
}

fn retry<T>(mut read: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match read() {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// A decoder that knows how many compressed bytes it took.
trait Taken: Read {
    fn taken(&self) -> u64;
}

/// A decoder that stops when too much comes out.
struct Bounded<D> {
    inner: D,
    out: u64,
    limits: Limits,
}

impl<D: Taken> Read for Bounded<D> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.limits.check(self.inner.taken(), self.out)?;
        let n = self.inner.read(Limits::step(into))?;
        self.out += n as u64;
        Ok(n)
    }
}

/// Skips zeros to the end of the file; something else there is an error.
fn skip_padding(packed: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = packed.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        if buffer.iter().any(|&b| b != 0) {
            return Err(invalid("something else follows the compressed data"));
        }
        let n = buffer.len();
        packed.consume(n);
    }
}

/// The frames of a Zstandard file, one after the other.
struct Frames<R: Read> {
    decoder: zstd::stream::raw::Decoder<'static>,
    packed: Counted<R>,
    inside: bool,
}

impl<R: Read> Frames<R> {
    fn new(packed: Counted<R>) -> io::Result<Self> {
        let mut decoder = zstd::stream::raw::Decoder::new()?;
        decoder.set_parameter(zstd::stream::raw::DParameter::WindowLogMax(WINDOW))?;
        Ok(Self { decoder, packed, inside: false })
    }
}

impl<R: Read> Taken for Frames<R> {
    fn taken(&self) -> u64 {
        self.packed.read
    }
}

impl<R: Read> Read for Frames<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        use zstd::stream::raw::Operation;
        if into.is_empty() {
            return Ok(0);
        }
        loop {
            let buffer = self.packed.fill_buf()?;
            if !self.inside {
                match buffer {
                    [] => return Ok(0),
                    [0, ..] => return skip_padding(&mut self.packed).map(|()| 0),
                    _ => self.inside = true,
                }
                continue;
            }
            let at_end = buffer.is_empty();
            let done = self
                .decoder
                .run_on_buffers(buffer, into)
                .map_err(|e| invalid(format!("damaged Zstandard data: {}", e.to_string().to_lowercase())))?;
            self.packed.consume(done.bytes_read);
            if done.remaining == 0 {
                self.inside = false;
                self.decoder.reinit()?;
            }
            if done.bytes_written > 0 {
                return Ok(done.bytes_written);
            }
            if at_end && self.inside {
                return Err(cut_short());
            }
        }
    }
}

#[cfg(test)]
mod tests;
