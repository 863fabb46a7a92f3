//! The last line of the ledger: SHA-256 of all bytes before it. So no byte of the ledger can change unseen.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::document::hex;

const BEGIN: &str = "{\"seal\":\"";
const END: &str = "\"}\n";

/// A writer that hashes what goes through it.
pub(in crate::run) struct Sealed<W: Write> {
    inner: W,
    hash: Sha256,
}

impl<W: Write> Sealed<W> {
    /// Seals what will be written to `inner`.
    pub(in crate::run) fn new(inner: W) -> Self {
        Self { inner, hash: Sha256::new() }
    }

    /// Writes the seal.
    pub(in crate::run) fn finish(mut self) -> io::Result<W> {
        write!(self.inner, "{BEGIN}{}{END}", hex(&self.hash.finalize()))?;
        Ok(self.inner)
    }
}

impl<W: Write> Write for Sealed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// What the seal of a ledger says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::run) struct Seal {
    /// Whether it is there and holds, and nothing stands behind it.
    pub(in crate::run) is_whole: bool,
    /// Bytes before it.
    pub(in crate::run) bytes: u64,
}

/// Looks at the seal of the ledger at `path`.
///
/// # Errors
/// Whatever the system says.
pub(in crate::run) fn seal_of(path: &Path) -> io::Result<Seal> {
    let mut file = BufReader::with_capacity(1 << 18, File::open(path)?);
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    let (mut line, mut last) = (Vec::new(), Vec::new());
    while file.read_until(b'\n', &mut line)? > 0 {
        hash.update(&last);
        bytes += last.len() as u64;
        std::mem::swap(&mut line, &mut last);
        line.clear();
    }
    let seal = format!("{BEGIN}{}{END}", hex(&hash.finalize()));
    Ok(Seal { is_whole: last == seal.as_bytes(), bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_holds_until_any_byte_changes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger");
        let mut sealed = Sealed::new(Vec::new());
        sealed.write_all(b"{\"a\":1}\n{\"b\":2}\n").unwrap();
        let whole = sealed.finish().unwrap();
        std::fs::write(&path, &whole).unwrap();
        assert_eq!(seal_of(&path).unwrap(), Seal { is_whole: true, bytes: 16 });
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut damaged = whole.clone();
                damaged[at] ^= 1 << bit;
                std::fs::write(&path, &damaged).unwrap();
                assert!(!seal_of(&path).unwrap().is_whole, "byte {at}, bit {bit}");
            }
            std::fs::write(&path, &whole[..at]).unwrap();
            assert!(!seal_of(&path).unwrap().is_whole, "cut at {at}");
        }
        std::fs::write(&path, [&whole[..], b"\n"].concat()).unwrap();
        assert!(!seal_of(&path).unwrap().is_whole);
    }
}
