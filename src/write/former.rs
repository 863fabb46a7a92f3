//! OUT as a former run left it: what the next run may replace, and what it must not touch.
//!
//! Only files that a manifest of tamis names and that still have their hash are ever replaced or deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::durable::hash_file;
use super::manifest::{FileHash, Manifest};
use super::names::{is_published, name_of, path_of};
use super::publish::{JOURNAL, MANIFEST, PRIVATE};
use super::seen::Seen;
use super::staging::Staging;
use crate::error::{Error, Result, on_one_line};
use crate::read::source::Stamp;

/// OUT as a former run left it.
#[derive(Debug, Default)]
pub struct Former {
    /// Hash of every file that a former run wrote or was about to write, by path.
    pub(super) owned: BTreeMap<String, Vec<FileHash>>,
    /// Those of them that were deleted or edited since.
    disturbed: BTreeSet<String>,
    /// Those that stand there now, by name.
    intact: Arc<BTreeMap<String, Intact>>,
    /// The former manifest, if there is one.
    pub manifest: Option<Manifest>,
}

/// A published file as it stands there now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Intact {
    /// Size in bytes.
    pub(super) bytes: u64,
    /// SHA-256.
    pub(super) sha256: String,
    /// What would tell that it changed since.
    pub(super) stamp: Stamp,
}

impl Former {
    /// Looks at `out`.
    ///
    /// # Errors
    /// [`Error::Usage`] if OUT is neither absent, empty nor of tamis, or holds published files that were edited (unless
    /// `force`).
    pub fn read(out: &Path, force: bool) -> Result<Self> {
        let mut former = Self::default();
        let Some((manifest, journal)) = manifests(out)? else { return Ok(former) };
        for manifest in [&manifest, &journal].into_iter().flatten() {
            for file in &manifest.outputs {
                former.owned.entry(file.path.clone()).or_default().push(file.clone());
            }
        }
        former.manifest = manifest;
        former.look_for_edits(out, force)?;
        Ok(former)
    }

    fn look_for_edits(&mut self, out: &Path, force: bool) -> Result<()> {
        let (mut edited, mut deleted) = (Vec::new(), Vec::new());
        let mut intact = BTreeMap::new();
        let seen = Seen::read(out);
        for (name, hashes) in &self.owned {
            let path = out.join(path_of(name));
            match look_at(&path, name, &seen) {
                Ok(there) => {
                    if !hashes.iter().any(|h| h.bytes == there.bytes && h.sha256 == there.sha256) {
                        edited.push(name.as_str());
                    }
                    intact.insert(name.clone(), there);
                }
                Err(e) if is_absent(&e) => deleted.push(name.as_str()),
                Err(_) if force => edited.push(name.as_str()),
                Err(e) => return Err(Error::io(&path, "cannot read a published file")(e)),
            }
        }
        self.intact = Arc::new(intact);
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

    /// Published files as they stand there now, by name.
    pub(super) fn intact(&self) -> &Arc<BTreeMap<String, Intact>> {
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

    /// Files that people put where the run wants to write are not overwritten.
    pub(super) fn refuse_foreign(&self, out: &Path, staging: &Staging) -> Result<()> {
        let is_owned = |path: &Path| self.owned.contains_key(&name_of(path));
        let is_free = |path: &Path| match fs::symlink_metadata(out.join(path)) {
            Ok(meta) if meta.is_dir() => self.is_all_owned(out, path),
            Ok(_) => is_owned(path),
            Err(_) => true,
        };
        let may_be_folder = |path: &Path| {
            fs::symlink_metadata(out.join(path)).map_or(true, |meta| !meta.is_file() || is_owned(path))
        };
        let folders: BTreeSet<&Path> =
            staging.files.keys().flat_map(|path| path.ancestors().skip(1)).collect();
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
    fn is_all_owned(&self, out: &Path, folder: &Path) -> bool {
        let Ok(entries) = fs::read_dir(out.join(folder)) else { return false };
        let mut entries = entries.peekable();
        let is_owned = |entry: io::Result<fs::DirEntry>| {
            let Ok(entry) = entry else { return false };
            let path = folder.join(entry.file_name());
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => self.is_all_owned(out, &path),
                _ => self.owned.contains_key(&name_of(&path)),
            }
        };
        entries.peek().is_some() && entries.all(is_owned)
    }
}

/// The manifest and the journal that stand in `out`; `None` if there is no such folder.
///
/// # Errors
/// As [`refuse_folder_of_others`].
fn manifests(out: &Path) -> Result<Option<(Option<Manifest>, Option<Manifest>)>> {
    let entries = match fs::read_dir(out) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
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
    let manifest = read_manifest(&out.join(MANIFEST));
    let journal = read_manifest(&out.join(PRIVATE).join(JOURNAL));
    // A run that was stopped before its first file was in place leaves nothing but the private folder.
    let empty = names.iter().all(|n| n == PRIVATE);
    if manifest.is_none() && journal.is_none() && !empty {
        return Err(Error::usage(
            format!(
                "{}: not empty, and not an output of tamis; nothing was touched",
                on_one_line(out.display())
            ),
            "choose a new or an empty folder with -o OUT",
        ));
    }
    Ok(Some((manifest, journal)))
}

/// Refuses a folder that is neither absent, empty nor of tamis.
///
/// # Errors
/// [`Error::Usage`]; what the system says.
pub(super) fn refuse_folder_of_others(out: &Path) -> Result<()> {
    manifests(out).map(|_| ())
}

/// A published file: as it was seen, or else read. Its stamp is older than what was read, or the same.
fn look_at(path: &Path, name: &str, seen: &Seen) -> io::Result<Intact> {
    let meta = fs::metadata(path)?;
    let stamp = Stamp::of(&meta);
    let known = seen.sha256(name, &stamp).filter(|_| meta.is_file()).map(str::to_owned);
    let (bytes, sha256) = match known {
        Some(sha256) => (meta.len(), sha256),
        None => hash_file(path)?,
    };
    Ok(Intact { bytes, sha256, stamp })
}

/// A manifest of tamis. One that names what lies outside OUT, or in its private folder, is none: whoever made it would
/// have it deleted.
pub(super) fn read_manifest(path: &Path) -> Option<Manifest> {
    let manifest: Manifest = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    let is_ours = manifest.tool == "tamis" && manifest.outputs.iter().all(|file| is_published(&file.path));
    is_ours.then_some(manifest)
}

/// Whether a file is not there, though something else may be.
pub(super) fn is_absent(error: &io::Error) -> bool {
    use io::ErrorKind::{IsADirectory, NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory | IsADirectory)
}
