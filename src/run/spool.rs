//! Standard input as a file: a run reads its input twice, a pipe can be read once.

use std::io::{self, Read, Write};

use tempfile::NamedTempFile;

use super::emit::stdin_mirror;
use super::options::Format;
use crate::error::{Error, Result};
use crate::read::source::{Source, Stamp};

/// Standard input, copied to a temporary file that is deleted when this is dropped.
pub(super) struct Spooled {
    file: NamedTempFile,
    format: Format,
}

/// Copies standard input to a temporary file. Without a given format, an opening brace means JSON lines.
///
/// # Errors
/// [`Error::Io`].
pub(super) fn standard_input(format: Option<Format>) -> Result<Spooled> {
    let copy = || -> io::Result<Spooled> {
        let mut file = NamedTempFile::new()?;
        let mut input = io::stdin().lock();
        let mut buffer = vec![0; 1 << 18];
        let mut first = None;
        loop {
            match input.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => {
                    first = first.or_else(|| buffer[..n].iter().copied().find(|b| !b.is_ascii_whitespace()));
                    file.write_all(&buffer[..n])?;
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        file.flush()?;
        let guess = if first == Some(b'{') { Format::Jsonl } else { Format::Text };
        Ok(Spooled { file, format: format.unwrap_or(guess) })
    };
    copy().map_err(Error::io("standard input", "cannot be copied to a temporary file"))
}

impl Spooled {
    /// As a source; its key is `-`.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub(super) fn source(&self) -> Result<Source> {
        let path = self.file.path().to_path_buf();
        let meta =
            std::fs::metadata(&path).map_err(Error::io(&path, "cannot read the copy of standard input"))?;
        let mirror = stdin_mirror(self.format);
        Ok(Source { key: "-".into(), mirror, path, format: self.format, stamp: Stamp::of(&meta) })
    }
}
