//! Names of members as paths that stay inside.

use crate::read::walk::escaped;

/// Longest part of a path that file systems take, and longest path that makes sense.
const MOST_PART: usize = 255;
const MOST_PATH: usize = 1024;

/// `raw` as a relative path, parts joined by `/`.
///
/// # Errors
/// The cause, if the path leads elsewhere or cannot be one.
pub(super) fn safe(raw: &[u8]) -> Result<String, &'static str> {
    if raw.contains(&0) {
        return Err("its name holds a NUL");
    }
    // Some programs write `\`, and where it separates it would lead out as `/` does.
    let mut parts = raw.split(|&b| b == b'/' || b == b'\\').peekable();
    match parts.peek() {
        Some([]) => return Err("its name is empty or an absolute path"),
        Some([drive, b':', ..]) if drive.is_ascii_alphabetic() => {
            return Err("its name begins with a drive letter");
        }
        _ => {}
    }
    let mut path = String::new();
    for part in parts {
        match part {
            b"" | b"." => continue,
            b".." => return Err("its name leads out of the archive"),
            _ => {}
        }
        let part = escaped(part);
        if part.len() > MOST_PART {
            return Err("its name is too long");
        }
        if !path.is_empty() {
            path.push('/');
        }
        path.push_str(&part);
    }
    match path.len() {
        0 => Err("its name is empty or an absolute path"),
        1..=MOST_PATH => Ok(path),
        _ => Err("its name is too long"),
    }
}

/// Whether a name says that it is an archive of many files.
pub(super) fn is_archive(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [".zip", ".tar", ".tgz", ".tar.gz", ".tar.zst", ".tar.xz", ".tar.bz2", ".7z", ".rar"]
        .iter()
        .any(|end| name.ends_with(end))
}
