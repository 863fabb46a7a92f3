//! Bytes on disk: hashing them, and making them survive a power cut.
//!
//! A sync that fails is never tried again: the system may have dropped the bytes that it could not write.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::publish::PRIVATE;
use crate::document::hex;
use crate::error::{Error, Result};

pub(crate) const CANNOT_WRITE: &str = "cannot write (nothing was published)";

/// Size and SHA-256 of a file.
///
/// # Errors
/// Whatever the system says.
pub(crate) fn hash_file(path: &Path) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    let mut bytes = 0;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok((bytes, hex(&hash.finalize()))),
            Ok(n) => {
                hash.update(&buffer[..n]);
                bytes += n as u64;
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

/// Writes a file in `out` so that it survives a power cut: beside everything that is published, then put into its place.
///
/// # Errors
/// [`Error::Io`].
pub(super) fn write_synced(out: &Path, path: &Path, bytes: &[u8]) -> Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".tmp");
    let temporary = out.join(PRIVATE).join(name);
    let write = || -> io::Result<()> {
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    write().map_err(Error::io(path, CANNOT_WRITE))?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Makes the names in a folder survive a power cut.
#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> Result<()> {
    File::open(folder).and_then(|f| f.sync_all()).map_err(Error::io(folder, "cannot sync the folder"))
}

/// Makes the names in a folder survive a power cut, where the system can.
#[cfg(not(unix))]
pub(crate) fn sync_folder(_: &Path) -> Result<()> {
    Ok(())
}

/// Makes everything on the file system of `folder` survive a power cut, in one call.
#[cfg(target_os = "linux")]
pub(super) fn sync_file_system(folder: &Path) -> Result<()> {
    let sync = || -> io::Result<()> { Ok(rustix::fs::syncfs(File::open(folder)?)?) };
    sync().map_err(Error::io(folder, CANNOT_WRITE))
}

/// Elsewhere there is no such call: files are synced one by one.
#[cfg(not(target_os = "linux"))]
pub(super) fn sync_file_system(_: &Path) -> Result<()> {
    Ok(())
}
