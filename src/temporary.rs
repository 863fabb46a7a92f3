//! Files on their way to a name: what a killed run leaves of them begins with [`NEW`].

use std::io;
use std::path::Path;

use tempfile::NamedTempFile;

/// Begins the name of what is being written.
pub(crate) const NEW: &str = ".new-";

/// A new file in `folder`, as readable as other new files: private ones would stay so, and several users may share a
/// folder.
///
/// # Errors
/// Whatever the system says.
pub(crate) fn file_in(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(NEW);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_temporary_file_is_as_readable_as_any_other() {
        use std::os::unix::fs::MetadataExt as _;
        let dir = tempfile::tempdir().unwrap();
        let other = dir.path().join("other");
        std::fs::write(&other, "").unwrap();
        let new = file_in(dir.path()).unwrap();
        assert_eq!(new.as_file().metadata().unwrap().mode(), other.metadata().unwrap().mode());
    }
}
