//! Standard input as a file: a run reads its input twice, a pipe can be read once.

use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use tempfile::NamedTempFile;

use super::options::Format;
use super::progress::Progress;
use crate::error::{Error, Result};
use crate::read::format::by_head;
use crate::read::source::{Packing, Source, Stamp};

/// Standard input, copied to a temporary file that is deleted when this is dropped.
pub(super) struct Spooled {
    file: NamedTempFile,
    format: Format,
    packing: Packing,
}

/// Bytes from the start that tell the format; of Zstandard at least one block must be whole.
const HEAD: usize = 256 << 10;
/// How often a signal is looked for while nothing comes.
const PATIENCE: Duration = Duration::from_millis(50);

/// Copies standard input to a temporary file. How it is packed, and without a given format what it holds, its first
/// bytes tell.
///
/// # Errors
/// [`Error::Io`], what is not read from standard input, and an interruption, also while nothing comes.
pub(super) fn standard_input(format: Option<Format>, progress: &dyn Progress) -> Result<Spooled> {
    let failed = || Error::io("standard input", "cannot be copied to a temporary file");
    let mut file = NamedTempFile::new().map_err(failed())?;
    let mut head = Vec::new();
    let parts = parts();
    loop {
        if let Some(signal) = progress.stop() {
            return Err(Error::Interrupted(signal));
        }
        match parts.recv_timeout(PATIENCE) {
            Ok(part) => {
                let part = part.map_err(failed())?;
                head.extend(part.iter().take(HEAD - head.len()));
                file.write_all(&part).map_err(failed())?;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    file.flush().map_err(failed())?;
    let (format, packing) =
        by_head(&head, format).map_err(|what| Error::usage(what, "tamis clean FILE -o OUT"))?;
    Ok(Spooled { file, format, packing })
}

/// What comes on standard input, read by a thread of its own: a read that waits cannot be interrupted.
fn parts() -> Receiver<io::Result<Vec<u8>>> {
    let (sender, parts) = sync_channel(4);
    std::thread::spawn(move || {
        let mut input = io::stdin().lock();
        loop {
            let mut part = vec![0; 1 << 18];
            let read = match input.read(&mut part) {
                Ok(0) => break,
                Ok(n) => {
                    part.truncate(n);
                    Ok(part)
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => Err(e),
            };
            let failed = read.is_err();
            if sender.send(read).is_err() || failed {
                break;
            }
        }
    });
    parts
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
        Ok(Source {
            key: "-".into(),
            mirror: self.format.stdin_mirror(),
            path,
            format: self.format,
            packing: self.packing,
            member: None,
            bytes: meta.len(),
            stamp: Stamp::of(&meta),
            reference: false,
            fleeting: true,
        })
    }
}
