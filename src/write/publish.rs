//! Publishes a set of files into OUT, all or nothing as far as a reader of the manifest can tell.
//!
//! Order: every file is written to a staging folder inside OUT, flushed and synced; a journal that names them all is
//! synced; files are renamed into place; stale ones are deleted; folders are synced; `manifest.json` is renamed last.
//! Only files that a manifest of tamis names and that still have their hash are ever replaced or deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::durable::{hash_file, sync_folder, write_synced};
use super::manifest::{FileHash, Manifest};
use super::names::{path_of, sums_line};
use super::staging::Staging;
use crate::document::hex;
use crate::error::{Error, Result, on_one_line};

/// Folder inside OUT for what is not published.
pub const PRIVATE: &str = ".tamis";
/// Name of the manifest.
pub const MANIFEST: &str = "manifest.json";
/// Name of the list of hashes that `sha256sum -c` reads.
pub const SUMS: &str = "SHA256SUMS";
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
                Err(e) if e.kind() == io::ErrorKind::NotFound => deleted.push(name.as_str()),
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
    let sums = sums(&manifest.outputs, &hex(&Sha256::digest(&text)));
    staging.file(Path::new(SUMS), &sums)?;
    for (name, bytes) in extra {
        staging.file(Path::new(name), bytes)?;
    }
    staging.file(Path::new(MANIFEST), &text)?;
    staging.sync()?;
    let journal = out.join(PRIVATE).join(JOURNAL);
    write_synced(&journal, &text)?;
    let mut folders = BTreeSet::from([out.to_path_buf()]);
    let named = |p: &Path| p == Path::new(MANIFEST);
    for (relative, hash) in staging.files.iter().filter(|(p, _)| !named(p)) {
        put(&folder.join(relative), &out.join(relative), hash, &mut folders)?;
    }
    let stays: BTreeSet<String> = staging.files.values().map(|f| f.path.clone()).collect();
    for name in former.owned.keys().filter(|n| !stays.contains(*n)) {
        let path = out.join(path_of(name));
        match fs::remove_file(&path) {
            Ok(()) => remove_empty_parents(&path, out),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(Error::io(&path, "cannot delete a stale file")(e)),
        }
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

/// SHA256SUMS over the published files and the manifest.
pub fn sums(outputs: &[FileHash], manifest_sha256: &str) -> Vec<u8> {
    let mut sums = Vec::new();
    for file in outputs {
        sums_line(&path_of(&file.path), &file.sha256, &mut sums);
    }
    sums_line(Path::new(MANIFEST), manifest_sha256, &mut sums);
    sums
}

/// Whether a run was stopped while it put files into place: some may be of that run, some of the one before.
pub fn was_stopped(out: &Path) -> bool {
    out.join(PRIVATE).join(JOURNAL).exists()
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

/// Files that people put where the run wants to write are not overwritten.
fn refuse_foreign(out: &Path, staging: &Staging, former: &Former) -> Result<()> {
    let foreign = staging.files.iter().find(|(path, file)| {
        !former.owned.contains_key(&file.path) && fs::symlink_metadata(out.join(path)).is_ok()
    });
    match foreign {
        None => Ok(()),
        Some((path, _)) => Err(Error::usage(
            format!(
                "{}: stands where the run wants to write, and is not of tamis",
                on_one_line(out.join(path).display())
            ),
            "move it away, or choose another -o OUT",
        )),
    }
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
