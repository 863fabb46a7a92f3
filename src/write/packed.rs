//! Files that are compressed on the way to their place.
//!
//! The bytes depend on what is written alone: one thread, a fixed level, no time, no name, and encoders that are fed in
//! blocks of one size however the bytes come in.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use flate2::write::GzEncoder;
use zstd::stream::write::Encoder as ZstdEncoder;

use super::durable::CANNOT_WRITE;
use super::staging::{Staged, Staging};
use crate::error::{Error, Result};

/// How text-like files of the clean corpus are compressed. Parquet is compressed inside, whatever this says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compress {
    /// Not at all.
    #[default]
    None,
    /// gzip, level 6.
    Gzip,
    /// Zstandard, level 3.
    Zstd,
}

const GZIP_LEVEL: u32 = 6;
const ZSTD_LEVEL: i32 = 3;
/// Bytes that an encoder is fed at a time.
const BLOCK: usize = 128 << 10;

impl Compress {
    /// Its word on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gz",
            Self::Zstd => "zst",
        }
    }

    /// The path of a file that is compressed so.
    pub fn path(self, path: &Path) -> PathBuf {
        let mut path = path.to_path_buf();
        if self != Self::None {
            path.as_mut_os_string().push(".");
            path.as_mut_os_string().push(self.name());
        }
        path
    }

    /// A whole file.
    ///
    /// # Errors
    /// None in practice: memory does not fail.
    pub fn whole(self, bytes: Vec<u8>) -> io::Result<Vec<u8>> {
        if self == Self::None {
            return Ok(bytes);
        }
        let mut encoder = Encoder::new(self, Vec::new())?;
        for block in bytes.chunks(BLOCK) {
            encoder.write_all(block)?;
        }
        encoder.finish()
    }
}

enum Encoder<W: Write> {
    None(W),
    Gzip(GzEncoder<W>),
    Zstd(ZstdEncoder<'static, W>),
}

impl<W: Write> Encoder<W> {
    fn new(compress: Compress, output: W) -> io::Result<Self> {
        Ok(match compress {
            Compress::None => Self::None(output),
            Compress::Gzip => Self::Gzip(GzEncoder::new(output, flate2::Compression::new(GZIP_LEVEL))),
            Compress::Zstd => {
                let mut encoder = ZstdEncoder::new(output, ZSTD_LEVEL)?;
                encoder.include_checksum(true)?;
                Self::Zstd(encoder)
            }
        })
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::None(output) => output.write_all(bytes),
            Self::Gzip(encoder) => encoder.write_all(bytes),
            Self::Zstd(encoder) => encoder.write_all(bytes),
        }
    }

    fn finish(self) -> io::Result<W> {
        match self {
            Self::None(output) => Ok(output),
            Self::Gzip(encoder) => encoder.finish(),
            Self::Zstd(encoder) => encoder.finish(),
        }
    }
}

/// A file being staged, compressed; [`Packed::finish`] it, or it is not published.
pub struct Packed {
    path: PathBuf,
    encoder: Encoder<Staged>,
    /// Bytes that do not fill a block yet.
    held: Vec<u8>,
}

impl Packed {
    /// Begins the file that will stand at `relative` in OUT, with the ending of its compression.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn begin(staging: &Staging, relative: &Path, compress: Compress) -> Result<Self> {
        let path = compress.path(relative);
        let encoder = Encoder::new(compress, staging.begin(&path)?);
        let encoder = encoder.map_err(Error::io(&path, CANNOT_WRITE))?;
        Ok(Self { path, encoder, held: Vec::new() })
    }

    /// Appends `bytes`.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.feed(bytes).map_err(Error::io(&self.path, CANNOT_WRITE))
    }

    fn feed(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        if matches!(self.encoder, Encoder::None(_)) {
            return self.encoder.write_all(bytes);
        }
        while self.held.len() + bytes.len() >= BLOCK {
            let (now, later) = bytes.split_at(BLOCK - self.held.len());
            self.held.extend_from_slice(now);
            self.encoder.write_all(&self.held)?;
            self.held.clear();
            bytes = later;
        }
        self.held.extend_from_slice(bytes);
        Ok(())
    }

    /// Ends the file and enters it into `staging`.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn finish(mut self, staging: &mut Staging) -> Result<()> {
        let held = std::mem::take(&mut self.held);
        let ended = self.encoder.write_all(&held).and_then(|()| self.encoder.finish());
        ended.map_err(Error::io(&self.path, CANNOT_WRITE))?.finish(staging)
    }
}

impl std::fmt::Debug for Packed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Packed").field("path", &self.path).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    /// Bytes that do not compress to nothing.
    fn bytes(length: usize) -> Vec<u8> {
        (0..length as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8 & 0x1F).collect()
    }

    #[test]
    fn the_bytes_do_not_depend_on_the_pieces_in_which_they_come() {
        for compress in [Compress::None, Compress::Gzip, Compress::Zstd] {
            for length in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 7] {
                let bytes = bytes(length);
                let mut staging = Staging::nowhere();
                for (name, piece) in [("a", 1000), ("b", BLOCK), ("c", 5 * BLOCK)] {
                    let mut packed = Packed::begin(&staging, Path::new(name), compress).unwrap();
                    bytes.chunks(piece).for_each(|piece| packed.append(piece).unwrap());
                    packed.finish(&mut staging).unwrap();
                }
                staging.file(&compress.path(Path::new("d")), &compress.whole(bytes).unwrap()).unwrap();
                let hashes: Vec<_> = staging.hashes().into_iter().map(|f| (f.bytes, f.sha256)).collect();
                assert!(hashes.len() == 4 && hashes.windows(2).all(|w| w[0] == w[1]), "{length}");
            }
        }
    }

    #[test]
    fn what_was_packed_comes_out_again_and_names_no_time() {
        let text = bytes(300_000);
        let gzip = Compress::Gzip.whole(text.clone()).unwrap();
        assert_eq!(gzip[3..8], [0; 5], "no flags, so no name; no time");
        let mut out = Vec::new();
        flate2::read::GzDecoder::new(&gzip[..]).read_to_end(&mut out).unwrap();
        assert!(out == text);
        assert!(zstd::decode_all(&Compress::Zstd.whole(text.clone()).unwrap()[..]).unwrap() == text);
    }
}
