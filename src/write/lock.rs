//! One run at a time in one OUT.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;

use super::former;
use super::publish::PRIVATE;
use crate::error::{Error, Result};

/// Holds OUT against other runs, as long as it lives.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of `out`, making the folder if need be. What stands there must be looked at afterwards: until then
    /// another run may change it.
    ///
    /// # Errors
    /// [`Error::Usage`] if `out` is neither absent, empty nor of tamis: nothing is made there. [`Error::Locked`] if another
    /// run holds it.
    pub fn take(out: &Path) -> Result<Self> {
        former::refuse_folder_of_others(out)?;
        let folder = out.join(PRIVATE);
        fs::create_dir_all(&folder).map_err(Error::io(&folder, "cannot make the output folder"))?;
        let path = folder.join("lock");
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(Error::io(&path, "cannot lock the output folder"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.read_to_string(&mut holder);
                return Err(Error::Locked { out: out.into(), holder: holder.trim().to_owned() });
            }
            Err(fs::TryLockError::Error(e)) => {
                return Err(Error::io(&path, "cannot lock the output folder")(e));
            }
        }
        let named = file.set_len(0).and_then(|()| writeln!(file, "process {}", std::process::id()));
        named.map_err(Error::io(&path, "cannot lock the output folder"))?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_run_at_the_same_time_is_told_who_works_there() {
        let dir = tempfile::tempdir().unwrap();
        let _lock = Lock::take(dir.path()).unwrap();
        let error = Lock::take(dir.path()).unwrap_err();
        assert_eq!(error.exit_code(), 11);
        assert!(error.to_string().contains(&std::process::id().to_string()), "{error}");
    }
}
