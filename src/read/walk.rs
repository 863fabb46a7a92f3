//! Finds the files of the inputs: sorted by the bytes of their keys, links never followed, devices never opened.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result, on_one_line};
use crate::read::format::{Format, Holds, by_name};
use crate::read::source::{Source, Stamp};
use crate::read::{members, twins};
use crate::run::options::Input;
use crate::write::record::Reject;

/// What the inputs hold.
#[derive(Debug, Default)]
pub struct Found {
    /// Files to read, sorted by key.
    pub sources: Vec<Source>,
    /// What cannot be used, with its cause.
    pub rejects: Vec<Reject>,
    /// What was passed over and is no reject.
    pub notes: Vec<String>,
}

/// A folder nested deeper than this is rejected; real trees are not, loops made by mounts are.
const MOST_DEPTH: usize = 128;

/// Walks `inputs`; with `several`, keys begin with the name of their input. Standard input is not walked: the caller
/// has spooled it. Archives are listed; `tick` is called for every file and member, and may stop the walk.
///
/// # Errors
/// [`Error::Usage`] if an input does not exist or two have the same keys; those of `tick`.
pub fn walk(
    inputs: &[Input],
    format: Option<Format>,
    several: bool,
    tick: &mut dyn FnMut() -> Result<()>,
) -> Result<Found> {
    let mut found = Found::default();
    let mut hidden = 0_u64;
    for input in inputs {
        let meta = fs::metadata(&input.path).map_err(|e| {
            let name = on_one_line(input.path.display());
            if e.kind() == std::io::ErrorKind::NotFound {
                Error::usage(
                    format!("{name}: no such file or folder"),
                    "give a file, a folder, or - for standard input",
                )
            } else {
                Error::Io { path: input.path.clone(), what: "cannot read the input", source: e }
            }
        })?;
        let name = match &input.name {
            Some(name) => Some(PathBuf::from(name)),
            None => last_component(&input.path).map(PathBuf::from),
        };
        let mut walker = Walker { found: &mut found, format, hidden: &mut hidden, tick: &mut *tick };
        if meta.is_dir() {
            let root =
                if several || input.name.is_some() { name.unwrap_or_default() } else { PathBuf::new() };
            walker.folder(&input.path, &root, 0)?;
        } else {
            walker.file(&input.path, &name.unwrap_or_else(|| PathBuf::from("input")), &meta)?;
        }
    }
    if hidden > 0 {
        found
            .notes
            .push(format!("{hidden} hidden files or folders (names that begin with a dot) were passed over"));
    }
    found.sources.sort_by(|a, b| a.key.as_bytes().cmp(b.key.as_bytes()));
    found.rejects.sort();
    if let Some(pair) = found.sources.windows(2).find(|pair| pair[0].key == pair[1].key) {
        return Err(Error::usage(
            format!(
                "{}: two inputs have this key ({} and {})",
                on_one_line(&pair[0].key),
                on_one_line(pair[0].path.display()),
                on_one_line(pair[1].path.display())
            ),
            "name the inputs apart: tamis clean one=PATH two=PATH -o OUT",
        ));
    }
    let keys = &found.sources;
    let of_a_record = |source: &&Source| {
        let (file, record) = source.key.rsplit_once('#')?;
        let is_number = !record.is_empty() && record.bytes().all(|b| b.is_ascii_digit());
        let place = keys.binary_search_by(|other| other.key.as_bytes().cmp(file.as_bytes())).ok()?;
        (is_number && source.format.is_single() && !keys[place].format.is_single()).then_some(())
    };
    if let Some(source) = keys.iter().find(|source| of_a_record(source).is_some()) {
        return Err(Error::usage(
            format!("{}: a file and a record would have this key", on_one_line(&source.key)),
            "rename the file, or name the inputs apart: tamis clean one=PATH two=PATH -o OUT",
        ));
    }
    twins::shorten(&mut found.sources);
    twins::part(&mut found.sources);
    found.notes.extend(twins::in_case(&found.sources));
    Ok(found)
}

/// The last component of a path as given; `.` and `..` have none of their own, so the real folder's is taken.
fn last_component(path: &Path) -> Option<std::ffi::OsString> {
    match path.file_name() {
        Some(name) => Some(name.to_owned()),
        None => fs::canonicalize(path).ok()?.file_name().map(OsStr::to_owned),
    }
}

struct Walker<'a> {
    found: &'a mut Found,
    format: Option<Format>,
    hidden: &'a mut u64,
    tick: &'a mut dyn FnMut() -> Result<()>,
}

impl Walker<'_> {
    fn reject(&mut self, relative: &Path, cause: impl Into<String>) {
        self.found.rejects.push(Reject {
            file: key_of(relative),
            record: None,
            bytes: None,
            cause: cause.into(),
        });
    }

    fn folder(&mut self, path: &Path, relative: &Path, depth: usize) -> Result<()> {
        if depth > MOST_DEPTH {
            self.reject(relative, "folders nested too deep");
            return Ok(());
        }
        let entries = match fs::read_dir(path).and_then(Iterator::collect::<std::io::Result<Vec<_>>>) {
            Ok(entries) => entries,
            Err(e) => {
                self.reject(relative, format!("cannot read the folder: {}", plain(&e)));
                return Ok(());
            }
        };
        let mut names: Vec<_> = entries.into_iter().map(|e| e.file_name()).collect();
        names.sort_by(|a, b| a.as_encoded_bytes().cmp(b.as_encoded_bytes()));
        for name in names {
            if name.as_encoded_bytes().starts_with(b".") {
                *self.hidden += 1;
                continue;
            }
            let (path, relative) = (path.join(&name), relative.join(&name));
            match fs::symlink_metadata(&path) {
                Ok(meta) if meta.is_dir() => self.folder(&path, &relative, depth + 1)?,
                Ok(meta) => self.file(&path, &relative, &meta)?,
                Err(e) => self.reject(&relative, format!("cannot read: {}", plain(&e))),
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, relative: &Path, meta: &fs::Metadata) -> Result<()> {
        (self.tick)()?;
        let kind = meta.file_type();
        if kind.is_symlink() {
            self.reject(relative, "a symbolic link: links are not followed");
        } else if !kind.is_file() {
            self.reject(relative, "neither a file nor a folder: pipes and devices are not opened");
        } else {
            match by_name(path, self.format) {
                Err(cause) => self.reject(relative, cause),
                Ok(Holds::Documents(format, packing)) => self.found.sources.push(Source {
                    key: key_of(relative),
                    mirror: format.mirror(relative, packing),
                    path: path.to_path_buf(),
                    format,
                    packing,
                    member: None,
                    bytes: meta.len(),
                    stamp: Stamp::of(meta),
                    reference: false,
                    fleeting: false,
                }),
                Ok(Holds::Files(kind)) => {
                    let archive = members::Archive { path, relative, kind, stamp: Stamp::of(meta) };
                    let listed = members::list(&archive, self.format, self.tick)?;
                    self.found.sources.extend(listed.sources);
                    self.found.rejects.extend(listed.rejects);
                    *self.hidden += listed.hidden;
                }
            }
        }
        Ok(())
    }
}

/// What the system says, without its number.
pub fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

/// The key of a relative path: parts joined by `/`, bytes that are no UTF-8 written `\xHH`.
pub(super) fn key_of(path: &Path) -> String {
    let mut key = String::new();
    for part in path.iter() {
        if !key.is_empty() {
            key.push('/');
        }
        key.push_str(&escaped(part.as_encoded_bytes()));
    }
    key
}

/// A name, its bytes that are no UTF-8 written `\xHH`.
pub(super) fn escaped(name: &[u8]) -> String {
    let mut escaped = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        escaped.push_str(chunk.valid());
        for byte in chunk.invalid() {
            escaped.push_str(&format!("\\x{byte:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        dir
    }

    fn input(name: Option<&str>, path: &Path) -> Input {
        Input { name: name.map(str::to_owned), path: path.to_path_buf() }
    }

    fn keys(found: &Found) -> Vec<&str> {
        found.sources.iter().map(|s| s.key.as_str()).collect()
    }

    #[test]
    fn keys_are_relative_and_sorted_by_bytes() {
        let dir = tree(&["b.txt", "a/z.txt", "a.txt", "B.txt", ".git/x.txt", "a-.txt"]);
        let found = walk(&[input(None, dir.path())], None, false, &mut || Ok(())).unwrap();
        assert_eq!(keys(&found), ["B.txt", "a-.txt", "a.txt", "a/z.txt", "b.txt"]);
        assert!(found.notes.iter().any(|n| n.starts_with("1 hidden")), "{:?}", found.notes);
        assert!(found.notes.iter().any(|n| n.contains("only in case")), "{:?}", found.notes);
    }

    #[test]
    fn with_several_inputs_keys_begin_with_the_inputs_name_and_collisions_are_refused() {
        let dir = tree(&["x/in/a.txt", "y/in/a.txt"]);
        let (x, y) = (dir.path().join("x/in"), dir.path().join("y/in"));
        assert!(walk(&[input(None, &x), input(None, &y)], None, true, &mut || Ok(())).is_err());
        let found = walk(&[input(Some("one"), &x), input(None, &y)], None, true, &mut || Ok(())).unwrap();
        assert_eq!(keys(&found), ["in/a.txt", "one/a.txt"]);
    }

    #[test]
    fn folders_are_read_so_deep_and_those_below_are_listed() {
        let depth = |folders: usize| "d/".repeat(folders) + "a.txt";
        let dir = tree(&[&depth(MOST_DEPTH), &depth(MOST_DEPTH + 1)]);
        let found = walk(&[input(None, dir.path())], None, false, &mut || Ok(())).unwrap();
        assert_eq!(keys(&found), [depth(MOST_DEPTH)]);
        let rejects: Vec<(&str, &str)> =
            found.rejects.iter().map(|r| (r.file.as_str(), r.cause.as_str())).collect();
        assert_eq!(rejects, [(depth(MOST_DEPTH + 1).trim_end_matches("/a.txt"), "folders nested too deep")]);
    }

    #[cfg(unix)]
    #[test]
    fn what_the_system_says_is_told_without_its_number() {
        let error = std::io::Error::from_raw_os_error(2);
        assert_eq!(error.to_string(), "No such file or directory (os error 2)");
        assert_eq!(plain(&error), "no such file or directory");
    }

    #[test]
    fn an_input_that_is_not_there_is_a_mistake_and_one_that_cannot_be_looked_at_is_none() {
        let dir = tree(&["a.txt"]);
        let walk = |path: &str| walk(&[input(None, &dir.path().join(path))], None, false, &mut || Ok(()));
        assert!(matches!(walk("b.txt"), Err(Error::Usage { .. })));
        // A file is no folder.
        assert!(matches!(walk("a.txt/b.txt"), Err(Error::Io { .. })));
    }

    #[test]
    fn what_is_not_read_is_listed_with_its_cause() {
        let dir = tree(&["a.txt", "b.pdf"]);
        #[cfg(unix)]
        std::os::unix::fs::symlink(dir.path().join("a.txt"), dir.path().join("link.txt")).unwrap();
        let found = walk(&[input(None, dir.path())], None, false, &mut || Ok(())).unwrap();
        let causes: Vec<(&str, &str)> =
            found.rejects.iter().map(|r| (r.file.as_str(), r.cause.as_str())).collect();
        assert_eq!(causes[0], ("b.pdf", "files of type .pdf are not read yet"));
        #[cfg(unix)]
        assert_eq!(causes[1], ("link.txt", "a symbolic link: links are not followed"));
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_no_utf8_are_kept_apart() {
        use std::os::unix::ffi::OsStrExt;
        let dir = tree(&[]);
        for name in [&b"a\xFF.txt"[..], b"a\xFE.txt"] {
            fs::write(dir.path().join(OsStr::from_bytes(name)), "x").unwrap();
        }
        let found = walk(&[input(None, dir.path())], None, false, &mut || Ok(())).unwrap();
        assert_eq!(keys(&found), ["a\\xFE.txt", "a\\xFF.txt"]);
    }
}
