//! Names of published files: as the manifest and as SHA256SUMS write them.
//!
//! Any path has a name, and the path comes back from it.

use std::path::{Component, Path, PathBuf};

use super::publish::PRIVATE;

/// A line of SHA256SUMS, as `sha256sum` writes it: a name with a line break or a backslash is escaped and marked.
pub(super) fn sums_line(path: &Path, sha256: &str, into: &mut Vec<u8>) {
    let name = path.as_os_str().as_encoded_bytes();
    let odd = |b: &u8| matches!(b, b'\n' | b'\r' | b'\\');
    if name.iter().any(odd) {
        into.push(b'\\');
    }
    into.extend_from_slice(sha256.as_bytes());
    into.extend_from_slice(b"  ");
    for byte in name {
        match byte {
            b'\n' => into.extend_from_slice(b"\\n"),
            b'\r' => into.extend_from_slice(b"\\r"),
            b'\\' => into.extend_from_slice(b"\\\\"),
            other => into.push(*other),
        }
    }
    into.push(b'\n');
}

/// A relative path as the manifest names it: `/` between parts, backslashes doubled, bytes that are no UTF-8 as `\xHH`.
pub fn name_of(path: &Path) -> String {
    let mut name = String::new();
    for part in path.iter() {
        if !name.is_empty() {
            name.push('/');
        }
        for chunk in part.as_encoded_bytes().utf8_chunks() {
            name.push_str(&chunk.valid().replace('\\', "\\\\"));
            for byte in chunk.invalid() {
                name.push_str(&format!("\\x{byte:02X}"));
            }
        }
    }
    name
}

/// The path that [`name_of`] named.
#[cfg(unix)]
pub fn path_of(name: &str) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        let hex = |h: &[u8]| u8::from_str_radix(std::str::from_utf8(h).ok()?, 16).ok();
        match (first, tail) {
            (b'\\', [b'\\', after @ ..]) => {
                bytes.push(b'\\');
                rest = after;
            }
            (b'\\', [b'x', high, low, after @ ..]) => match hex(&[*high, *low]) {
                Some(byte) => {
                    bytes.push(byte);
                    rest = after;
                }
                None => bytes.push(b'\\'),
            },
            _ => bytes.push(*first),
        }
    }
    PathBuf::from(std::ffi::OsString::from_vec(bytes))
}

/// The path that [`name_of`] named.
#[cfg(not(unix))]
pub fn path_of(name: &str) -> PathBuf {
    PathBuf::from(name.replace("\\\\", "\\"))
}

/// Whether a name is that of a file that a run may publish: inside OUT, and outside its private folder.
pub(super) fn is_published(name: &str) -> bool {
    let path = path_of(name);
    let mut parts = path.components();
    let is_inside = parts.clone().all(|part| matches!(part, Component::Normal(_)));
    is_inside && parts.next().is_some_and(|first| first.as_os_str() != PRIVATE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_elsewhere_are_not_published_ones() {
        for name in
            ["", "..", "../a", "a/../../b", "/a", "./a", ".tamis/ledger.jsonl", ".tamis", "a\x2F../b/../.."]
        {
            assert!(!is_published(name), "{name}");
        }
        for name in ["a", "data/a b.txt", "data/..a", "data/.tamis/b", "..."] {
            assert!(is_published(name), "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn any_path_has_a_name_and_comes_back_from_it() {
        use std::os::unix::ffi::OsStrExt;
        for bytes in [&b"a/b.txt"[..], b"a\\xFF", b"a\xFF\\", b"\\\\x", "é/\u{202e}".as_bytes()] {
            let path = Path::new(std::ffi::OsStr::from_bytes(bytes));
            assert_eq!(path_of(&name_of(path)), path, "{}", name_of(path));
        }
    }
}
