//! Publishes a set of files into OUT, all or nothing as far as a reader of the manifest can tell.
//!
//! Order: every file is written to a staging folder inside OUT, flushed and synced; a journal that names them all, and
//! those that stand there, is synced; the former manifest is withdrawn; files are renamed into place; stale ones are
//! deleted (those that stand in the way before that); folders are synced; `manifest.json` is renamed last. So as long as
//! there is a manifest, what it names is whole, whenever the run is stopped.
//! Only files that a manifest of tamis names and that still have their hash are ever replaced or deleted.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize as _;
use sha2::{Digest as _, Sha256};

use super::durable::{CANNOT_WRITE, hash_file, sync_folder, write_synced};
pub use super::former::Former;
use super::former::{is_absent, read_manifest};
use super::manifest::{FileHash, Manifest};
use super::names::{path_of, sums_line};
use super::outline::Outline;
use super::seen;
use super::staging::Staging;
use crate::document::hex;
use crate::error::{Error, Result, on_one_line};
use crate::read::source::Stamp;

/// Folder inside OUT for what is not published.
pub const PRIVATE: &str = ".tamis";
/// Name of the manifest.
pub const MANIFEST: &str = "manifest.json";
/// Name of the list of hashes that `sha256sum -c` reads.
pub const SUMS: &str = "SHA256SUMS";
pub(super) const JOURNAL: &str = "publishing.json";

const NOT_IN_PLACE: &str = "cannot put a file into place (the same command, run again, will)";

/// A private file that belongs to what is published: written and synced, it takes its place in the same moment.
#[derive(Debug)]
pub struct Companion {
    /// Where it was written.
    pub written: PathBuf,
    /// Where it is to stand.
    pub place: PathBuf,
}

/// Publishes what was staged, with `manifest` (whose `outputs` are filled in here), and `private` with it.
///
/// # Errors
/// [`Error::Io`]; a manifest that stands in OUT then still names only whole files.
pub fn publish(
    out: &Path,
    mut staging: Staging,
    mut manifest: Manifest,
    former: &Former,
    extra: &[(&str, Vec<u8>)],
    private: &[Companion],
) -> Result<Manifest> {
    let Some(folder) = staging.folder.clone() else {
        manifest.outputs = staging.hashes();
        return Ok(manifest);
    };
    manifest.outputs = staging.hashes();
    former.refuse_foreign(out, &staging)?;
    let text = manifest_text(&manifest)?;
    let sums = sums(&manifest.outputs, &hex(&Sha256::digest(&text)));
    staging.file(Path::new(SUMS), &sums)?;
    for (name, bytes) in extra {
        staging.file(Path::new(name), bytes)?;
    }
    staging.file(Path::new(MANIFEST), &text)?;
    staging.sync()?;
    let journal = out.join(PRIVATE).join(JOURNAL);
    write_synced(out, &journal, &journal_text(&manifest, former)?)?;
    let (in_the_way, stale) = stale(out, &staging, former);
    make_folders(out, &staging, &in_the_way)?;
    withdraw(out, &text)?;
    for path in &in_the_way {
        delete(path, out)?;
    }
    let mut folders = BTreeSet::from([out.to_path_buf()]);
    let is_last = |p: &Path| p == Path::new(MANIFEST) || p == Path::new(SUMS);
    for (relative, hash) in staging.files.iter().filter(|(p, _)| !is_last(p)) {
        put(&folder.join(relative), &out.join(relative), (hash, former), &mut folders)?;
    }
    for path in &stale {
        delete(path, out)?;
    }
    for Companion { written, place } in private {
        fs::rename(written, place).map_err(Error::io(place, NOT_IN_PLACE))?;
        folders.extend(place.parent().map(Path::to_path_buf));
    }
    for last in [SUMS, MANIFEST] {
        for folder in folders.iter().filter(|f| f.exists()) {
            sync_folder(folder)?;
        }
        folders = BTreeSet::from([out.to_path_buf()]);
        let hash = &staging.files[Path::new(last)];
        put(&folder.join(last), &out.join(last), (hash, former), &mut folders)?;
    }
    sync_folder(out)?;
    seen::note(out, &manifest.outputs)?;
    let tidy = fs::remove_file(&journal).and_then(|()| fs::remove_dir_all(&folder));
    tidy.map_err(Error::io(&journal, "published, but cannot tidy up"))?;
    Ok(manifest)
}

/// The manifest of an output.
///
/// # Errors
/// [`Error::Usage`] if `out` is no output of tamis, or a run on it was stopped while it put files into place.
pub fn read(out: &Path) -> Result<Manifest> {
    let is_none = || {
        let what = format!("{}: no output of tamis", on_one_line(out.display()));
        Error::usage(what, "tamis clean INPUT -o OUT makes one")
    };
    if was_stopped(out) {
        return Err(Error::usage(
            format!("{}: a run was stopped while it put files into place", on_one_line(out.display())),
            "run `tamis clean` again: it goes on where it was",
        ));
    }
    read_manifest(&out.join(MANIFEST)).ok_or_else(is_none)
}

/// Puts `bytes` into the place of the published file `name`; manifest and sums follow. Whether they had to.
///
/// # Errors
/// [`Error::Usage`] if the manifest does not name the file, [`Error::Io`].
pub fn replace(out: &Path, name: &str, bytes: &[u8], mut manifest: Manifest) -> Result<bool> {
    let sha256 = hex(&Sha256::digest(bytes));
    let Some(file) = manifest.outputs.iter_mut().find(|file| file.path == name) else {
        let what = format!("{}: this run wrote no {name}", on_one_line(out.display()));
        return Err(Error::usage(what, "tamis clean INPUT -o OUT writes one"));
    };
    let former = file.clone();
    let changed = file.sha256 != sha256;
    let path = out.join(path_of(name));
    if !changed {
        let is_there = hash_file(&path).is_ok_and(|(_, there)| there == sha256);
        return if is_there { Ok(false) } else { write_synced(out, &path, bytes).map(|()| false) };
    }
    (file.bytes, file.sha256) = (bytes.len() as u64, sha256);
    let text = manifest_text(&manifest)?;
    let sums = sums(&manifest.outputs, &hex(&Sha256::digest(&text)));
    // As in `publish`: whoever is stopped on the way leaves no manifest, and a journal that owns the old and the new.
    let journal = out.join(PRIVATE).join(JOURNAL);
    let mut owned = manifest.clone();
    owned.outputs.push(former);
    write_synced(out, &journal, &manifest_text(&owned)?)?;
    withdraw(out, &text)?;
    write_synced(out, &path, bytes)?;
    write_synced(out, &out.join(SUMS), &sums)?;
    write_synced(out, &out.join(MANIFEST), &text)?;
    fs::remove_file(&journal).map_err(Error::io(&journal, "published, but cannot tidy up"))?;
    Ok(true)
}

/// What the journal holds: the manifest, which also names what earlier runs wrote or were about to write, so that those
/// files are known for tamis' own whatever becomes of this run.
fn journal_text(manifest: &Manifest, former: &Former) -> Result<Vec<u8>> {
    let mut journal = manifest.clone();
    journal.outputs.extend(former.owned.values().flatten().cloned());
    manifest_text(&journal)
}

/// Makes the folders of what was staged while nothing is lost yet if there is no room for them; those with a file in
/// their way have to wait.
fn make_folders(out: &Path, staging: &Staging, in_the_way: &[PathBuf]) -> Result<()> {
    let parents: BTreeSet<PathBuf> =
        staging.files.keys().filter_map(|relative| Some(out.join(relative.parent()?))).collect();
    let waits = |folder: &Path| folder.ancestors().any(|above| in_the_way.iter().any(|path| path == above));
    for folder in parents.iter().filter(|folder| !waits(folder)) {
        fs::create_dir_all(folder).map_err(Error::io(folder, CANNOT_WRITE))?;
    }
    Ok(())
}

/// Takes the former manifest away, before anything that it names is touched; one that will stand there again stays.
fn withdraw(out: &Path, next: &[u8]) -> Result<()> {
    if fs::read(out.join(MANIFEST)).is_ok_and(|there| there == next) {
        return Ok(());
    }
    for name in [MANIFEST, SUMS] {
        delete(&out.join(name), out)?;
    }
    sync_folder(out)
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

/// Whether a run was stopped while it put files into place: some may be of that run, some of the one before, and no
/// manifest names them.
pub fn was_stopped(out: &Path) -> bool {
    out.join(PRIVATE).join(JOURNAL).exists() && !out.join(MANIFEST).exists()
}

/// `manifest.json` as text: a line for each file and each rule, so that a change of one is a change of a line.
///
/// # Errors
/// None in practice: a manifest is always valid JSON.
pub fn manifest_text(manifest: &Manifest) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    let mut writer = serde_json::Serializer::with_formatter(&mut text, Outline::of_depth(2));
    manifest.serialize(&mut writer).map_err(|e| Error::io(MANIFEST, "cannot write")(e.into()))?;
    text.push(b'\n');
    Ok(text)
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

/// Moves a staged file into place, unless the same bytes already stand there: they were read when the run began, and
/// the file did not change since, or they are read now.
fn put(
    from: &Path,
    to: &Path,
    (hash, former): (&FileHash, &Former),
    folders: &mut BTreeSet<PathBuf>,
) -> Result<()> {
    let there = fs::symlink_metadata(to).ok().filter(|meta| meta.is_file() && meta.len() == hash.bytes);
    let known = former.intact().get(&hash.path);
    let known = known.filter(|known| there.as_ref().is_some_and(|meta| Stamp::of(meta) == known.stamp));
    let is_same = match known {
        Some(known) => known.sha256 == hash.sha256,
        None => there.is_some() && hash_file(to).is_ok_and(|(_, sha256)| sha256 == hash.sha256),
    };
    if is_same {
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
    fs::rename(from, to).map_err(Error::io(to, NOT_IN_PLACE))
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
        publish(out, staging, Manifest { tool: "tamis".into(), ..Manifest::default() }, &former, &[], &[])
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
