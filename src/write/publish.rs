//! Publishes a set of files into OUT, all or nothing as far as a reader of the manifest can tell.
//!
//! Order: every file is written to a staging folder inside OUT, flushed and synced; a journal that names them all is
//! synced; files are renamed into place; stale ones are deleted (those that stand in the way before that); folders are
//! synced; `manifest.json` is renamed last.
//! Only files that a manifest of tamis names and that still have their hash are ever replaced or deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::durable::{hash_file, sync_folder, write_synced};
use super::manifest::{FileHash, Manifest};
use super::names::{name_of, path_of, sums_line};
use super::staging::Staging;
use crate::document::hex;
use crate::error::{Error, Result, on_one_line};

/// Folder inside OUT for what is not published.
pub const PRIVATE: &str = ".tamis";
const MANIFEST: &str = "manifest.json";
const SUMS: &str = "SHA256SUMS";
const JOURNAL: &str = "publishing.json";

/// OUT as a former run left it.
#[derive(Debug, Default)]
pub struct Former {
    /// Hash of every file that a former run wrote or was about to write, by path.
    owned: BTreeMap<String, Vec<FileHash>>,
    /// Those of them that were deleted or edited since.
    disturbed: BTreeSet<String>,
    /// Size and hash of those that stand there now, by name.
    intact: BTreeMap<String, (u64, String)>,
    /// The former manifest, if there is one.
    pub manifest: Option<Manifest>,
}

impl Former {
    /// Looks at `out`.
    ///
    /// # Errors
    /// [`Error::Usage`] if OUT is neither absent, empty nor of tamis, or holds published files that were edited (unless
    /// `force`).
    pub fn read(out: &Path, force: bool) -> Result<Self> {
        let mut former = Self::default();
        let entries = match fs::read_dir(out) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(former),
            Err(e) if e.kind() == io::ErrorKind::NotADirectory => {
                return Err(Error::usage(
                    format!("{}: this is a file; the output is a folder", on_one_line(out.display())),
                    "choose another -o OUT",
                ));
            }
            Err(source) => {
                return Err(Error::Io { path: out.into(), what: "cannot read the output folder", source });
            }
        };
        let names = entries.map(|e| e.map(|e| e.file_name())).collect::<io::Result<Vec<_>>>();
        let names = names.map_err(Error::io(out, "cannot read the output folder"))?;
        former.manifest = read_manifest(&out.join(MANIFEST));
        let journal = read_manifest(&out.join(PRIVATE).join(JOURNAL));
        // A run that was stopped before its first file was in place leaves nothing but the private folder.
        let empty = names.iter().all(|n| n == PRIVATE);
        if former.manifest.is_none() && journal.is_none() && !empty {
            return Err(Error::usage(
                format!(
                    "{}: not empty, and not an output of tamis; nothing was touched",
                    on_one_line(out.display())
                ),
                "choose a new or an empty folder with -o OUT",
            ));
        }
        for manifest in [&former.manifest, &journal].into_iter().flatten() {
            for file in &manifest.outputs {
                former.owned.entry(file.path.clone()).or_default().push(file.clone());
            }
        }
        former.look_for_edits(out, force)?;
        Ok(former)
    }

    fn look_for_edits(&mut self, out: &Path, force: bool) -> Result<()> {
        let (mut edited, mut deleted) = (Vec::new(), Vec::new());
        for (name, hashes) in &self.owned {
            let path = out.join(path_of(name));
            match hash_file(&path) {
                Ok((bytes, sha256)) => {
                    if !hashes.iter().any(|h| h.bytes == bytes && h.sha256 == sha256) {
                        edited.push(name.as_str());
                    }
                    self.intact.insert(name.clone(), (bytes, sha256));
                }
                Err(e) if is_absent(&e) => deleted.push(name.as_str()),
                Err(_) if force => edited.push(name.as_str()),
                Err(e) => return Err(Error::io(&path, "cannot read a published file")(e)),
            }
        }
        if force || edited.is_empty() {
            self.disturbed = edited.into_iter().chain(deleted).map(str::to_owned).collect();
            return Ok(());
        }
        let shown = edited.iter().take(5).map(on_one_line).collect::<Vec<_>>().join(", ");
        let more = if edited.len() > 5 { format!(" and {} more", edited.len() - 5) } else { String::new() };
        Err(Error::usage(
            format!(
                "{}: published files were edited since: {shown}{more}; nothing was touched",
                on_one_line(out.display())
            ),
            "move your changes elsewhere, or give up these files with --force",
        ))
    }

    /// Published files as they stand there now: size and hash by name.
    pub(super) fn intact(&self) -> &BTreeMap<String, (u64, String)> {
        &self.intact
    }

    /// Names of the files that publishing `files` would add, change or delete.
    pub fn changes(&self, files: &[FileHash]) -> Vec<String> {
        let before: BTreeMap<&str, &str> = self
            .manifest
            .iter()
            .flat_map(|m| &m.outputs)
            .map(|f| (f.path.as_str(), f.sha256.as_str()))
            .collect();
        let after: BTreeMap<&str, &str> =
            files.iter().map(|f| (f.path.as_str(), f.sha256.as_str())).collect();
        let names: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
        let changes = |n: &&str| before.get(n) != after.get(n) || self.disturbed.contains(*n);
        names.into_iter().filter(changes).map(str::to_owned).collect()
    }
}

fn read_manifest(path: &Path) -> Option<Manifest> {
    let manifest: Manifest = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    (manifest.tool == "tamis").then_some(manifest)
}

/// Publishes what was staged, with `manifest` (whose `outputs` are filled in here).
///
/// # Errors
/// [`Error::Io`]; the former manifest then still names only whole files.
pub fn publish(
    out: &Path,
    mut staging: Staging,
    mut manifest: Manifest,
    former: &Former,
    extra: &[(&str, Vec<u8>)],
) -> Result<Manifest> {
    let Some(folder) = staging.folder.clone() else {
        manifest.outputs = staging.hashes();
        return Ok(manifest);
    };
    manifest.outputs = staging.hashes();
    refuse_foreign(out, &staging, former)?;
    let text = manifest_text(&manifest)?;
    let mut sums = Vec::new();
    for (path, file) in &staging.files {
        sums_line(path, &file.sha256, &mut sums);
    }
    sums_line(Path::new(MANIFEST), &hex(&Sha256::digest(&text)), &mut sums);
    staging.file(Path::new(SUMS), &sums)?;
    for (name, bytes) in extra {
        staging.file(Path::new(name), bytes)?;
    }
    staging.file(Path::new(MANIFEST), &text)?;
    staging.sync()?;
    let journal = out.join(PRIVATE).join(JOURNAL);
    write_synced(&journal, &text)?;
    let (in_the_way, stale) = stale(out, &staging, former);
    for path in &in_the_way {
        delete(path, out)?;
    }
    let mut folders = BTreeSet::from([out.to_path_buf()]);
    let named = |p: &Path| p == Path::new(MANIFEST);
    for (relative, hash) in staging.files.iter().filter(|(p, _)| !named(p)) {
        put(&folder.join(relative), &out.join(relative), hash, &mut folders)?;
    }
    for path in &stale {
        delete(path, out)?;
    }
    for folder in folders.iter().filter(|f| f.exists()) {
        sync_folder(folder)?;
    }
    put(&folder.join(MANIFEST), &out.join(MANIFEST), &staging.files[Path::new(MANIFEST)], &mut folders)?;
    sync_folder(out)?;
    let tidy = fs::remove_file(&journal).and_then(|()| fs::remove_dir_all(&folder));
    tidy.map_err(Error::io(&journal, "published, but cannot tidy up"))?;
    Ok(manifest)
}

/// `manifest.json` as text.
///
/// # Errors
/// None in practice: a manifest is always valid JSON.
pub fn manifest_text(manifest: &Manifest) -> Result<Vec<u8>> {
    let text = serde_json::to_vec_pretty(manifest).map_err(|e| Error::io(MANIFEST, "cannot write")(e.into()));
    text.map(|mut text| {
        text.push(b'\n');
        text
    })
}

/// Files of a former run that the new one does not have: those that stand where a file needs a folder, or where a folder
/// was and a file is to be, and all others.
fn stale(out: &Path, staging: &Staging, former: &Former) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let stays: BTreeSet<&str> = staging.files.values().map(|f| f.path.as_str()).collect();
    let folders: BTreeSet<&Path> = staging.files.keys().flat_map(|path| path.ancestors().skip(1)).collect();
    let gone = former.owned.keys().filter(|name| !stays.contains(name.as_str())).map(|name| path_of(name));
    let (in_the_way, stale): (Vec<_>, Vec<_>) = gone.partition(|path| {
        folders.contains(path.as_path())
            || path.ancestors().skip(1).any(|folder| staging.files.contains_key(folder))
    });
    let inside = |paths: Vec<PathBuf>| paths.into_iter().map(|path| out.join(path)).collect();
    (inside(in_the_way), inside(stale))
}

/// Deletes a file of a former run, if it is still there, and the folders that this leaves empty.
fn delete(path: &Path, out: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Ok(()) => remove_empty_parents(path, out),
        Err(e) if is_absent(&e) || path.is_dir() => {}
        Err(e) => return Err(Error::io(path, "cannot delete a stale file")(e)),
    }
    Ok(())
}

/// Whether a file is not there, though something else may be.
fn is_absent(error: &io::Error) -> bool {
    use io::ErrorKind::{IsADirectory, NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory | IsADirectory)
}

/// Files that people put where the run wants to write are not overwritten.
fn refuse_foreign(out: &Path, staging: &Staging, former: &Former) -> Result<()> {
    let is_owned = |path: &Path| former.owned.contains_key(&name_of(path));
    let is_free = |path: &Path| match fs::symlink_metadata(out.join(path)) {
        Ok(meta) if meta.is_dir() => is_all_owned(out, path, former),
        Ok(_) => is_owned(path),
        Err(_) => true,
    };
    let may_be_folder = |path: &Path| {
        fs::symlink_metadata(out.join(path)).map_or(true, |meta| !meta.is_file() || is_owned(path))
    };
    let folders: BTreeSet<&Path> = staging.files.keys().flat_map(|path| path.ancestors().skip(1)).collect();
    let foreign = folders.into_iter().find(|path| !may_be_folder(path));
    match foreign.or_else(|| staging.files.keys().map(PathBuf::as_path).find(|path| !is_free(path))) {
        None => Ok(()),
        Some(path) => Err(Error::usage(
            format!(
                "{}: stands where the run wants to write, and is not of tamis",
                on_one_line(out.join(path).display())
            ),
            "move it away, or choose another -o OUT",
        )),
    }
}

/// Whether a folder holds files of a former run and nothing else.
fn is_all_owned(out: &Path, folder: &Path, former: &Former) -> bool {
    let Ok(entries) = fs::read_dir(out.join(folder)) else { return false };
    let mut entries = entries.peekable();
    let is_owned = |entry: io::Result<fs::DirEntry>| {
        let Ok(entry) = entry else { return false };
        let path = folder.join(entry.file_name());
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => is_all_owned(out, &path, former),
            _ => former.owned.contains_key(&name_of(&path)),
        }
    };
    entries.peek().is_some() && entries.all(is_owned)
}

/// Moves a staged file into place, unless the same bytes already stand there.
fn put(from: &Path, to: &Path, hash: &FileHash, folders: &mut BTreeSet<PathBuf>) -> Result<()> {
    let same_size = fs::symlink_metadata(to).is_ok_and(|meta| meta.is_file() && meta.len() == hash.bytes);
    if same_size && hash_file(to).is_ok_and(|(_, sha256)| sha256 == hash.sha256) {
        return Ok(());
    }
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent).map_err(Error::io(parent, "cannot make a folder"))?;
        for folder in parent.ancestors() {
            if !folders.insert(folder.to_path_buf()) {
                break;
            }
        }
    }
    fs::rename(from, to).map_err(Error::io(to, "cannot put a file into place"))
}

fn remove_empty_parents(path: &Path, out: &Path) {
    for folder in path.ancestors().skip(1).take_while(|f| *f != out) {
        if fs::remove_dir(folder).is_err() {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::lock::Lock;
    use super::*;

    fn run(out: &Path, files: &[(&str, &str)]) -> Result<Manifest> {
        let former = Former::read(out, false)?;
        let _lock = Lock::take(out)?;
        let mut staging = Staging::inside(out, &former)?;
        for (name, text) in files {
            staging.file(Path::new(name), text.as_bytes())?;
        }
        publish(out, staging, Manifest { tool: "tamis".into(), ..Manifest::default() }, &former, &[])
    }

    #[test]
    fn a_second_run_replaces_and_deletes_only_its_own_files() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        run(&out, &[("data/a.txt", "a"), ("data/sub/b.txt", "b")]).unwrap();
        fs::write(out.join("notes.txt"), "mine").unwrap();
        run(&out, &[("data/a.txt", "A")]).unwrap();
        assert_eq!(fs::read(out.join("data/a.txt")).unwrap(), b"A");
        assert!(!out.join("data/sub").exists());
        assert_eq!(fs::read(out.join("notes.txt")).unwrap(), b"mine");
        let sums = fs::read_to_string(out.join(SUMS)).unwrap();
        assert!(sums.lines().any(|l| l.ends_with("  manifest.json")) && sums.lines().count() == 2);
    }

    #[test]
    fn a_folder_may_become_a_file_and_a_file_a_folder_unless_somebody_put_something_there() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        run(&out, &[("data/a", "a"), ("data/b/c/d", "d")]).unwrap();
        run(&out, &[("data/a/x/y", "y"), ("data/b", "b")]).unwrap();
        assert_eq!(fs::read(out.join("data/a/x/y")).unwrap(), b"y");
        assert_eq!(fs::read(out.join("data/b")).unwrap(), b"b");
        fs::write(out.join("data/a/mine"), "mine").unwrap();
        assert_eq!(run(&out, &[("data/a", "a")]).unwrap_err().exit_code(), 2);
        assert_eq!(fs::read(out.join("data/a/mine")).unwrap(), b"mine");
        assert_eq!(fs::read(out.join("data/b")).unwrap(), b"b");
        fs::write(out.join("file"), "mine").unwrap();
        assert_eq!(run(&out, &[("file/b", "b")]).unwrap_err().exit_code(), 2);
        assert_eq!(fs::read(out.join("file")).unwrap(), b"mine");
    }

    #[test]
    fn what_was_stopped_between_a_folder_and_a_file_is_gone_on_with() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        run(&out, &[("data/a", "a"), ("data/b/c", "c")]).unwrap();
        let journal = out.join(PRIVATE).join(JOURNAL);
        let manifest = fs::read(out.join(MANIFEST)).unwrap();
        run(&out, &[("data/a/x", "x"), ("data/b", "b")]).unwrap();
        // Everything is in place but the manifest.
        fs::rename(out.join(MANIFEST), &journal).unwrap();
        fs::write(out.join(MANIFEST), manifest).unwrap();
        run(&out, &[("data/a/x", "x"), ("data/b", "b")]).unwrap();
        run(&out, &[("data/a", "a"), ("data/b/c", "c")]).unwrap();
        assert_eq!(fs::read(out.join("data/b/c")).unwrap(), b"c");
    }

    #[test]
    fn an_edited_file_stops_the_next_run_and_stays() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        run(&out, &[("a.txt", "a")]).unwrap();
        fs::write(out.join("a.txt"), "edited").unwrap();
        assert!(run(&out, &[("a.txt", "A")]).unwrap_err().to_string().contains("a.txt"));
        assert_eq!(fs::read(out.join("a.txt")).unwrap(), b"edited");
    }

    #[test]
    fn a_foreign_folder_or_file_is_never_touched() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("x"), "x").unwrap();
        assert_eq!(run(dir.path(), &[("a.txt", "a")]).unwrap_err().exit_code(), 2);
        let out = dir.path().join("out");
        run(&out, &[("a.txt", "a")]).unwrap();
        fs::write(out.join("b.txt"), "mine").unwrap();
        assert_eq!(run(&out, &[("a.txt", "a"), ("b.txt", "b")]).unwrap_err().exit_code(), 2);
        assert_eq!(fs::read(out.join("b.txt")).unwrap(), b"mine");
    }
}
