//! Publishes a set of files into OUT, all or nothing as far as a reader of the manifest can tell.
//!
//! Order: every file is written to a staging folder inside OUT, flushed and synced; a journal that names them all is
//! synced; files are renamed into place; stale ones are deleted; folders are synced; `manifest.json` is renamed last.
//! Only files that a manifest of tamis names and that still have their hash are ever replaced or deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::manifest::{FileHash, Manifest};
use crate::document::hex;
use crate::error::{Error, Result, on_one_line};

/// Folder inside OUT for what is not published.
pub const PRIVATE: &str = ".tamis";
const MANIFEST: &str = "manifest.json";
const SUMS: &str = "SHA256SUMS";
const JOURNAL: &str = "publishing.json";

/// Where files go before they are published: on disk, or nowhere (hashes only).
#[derive(Debug)]
pub struct Staging {
    folder: Option<PathBuf>,
    files: BTreeMap<PathBuf, FileHash>,
}

/// A file being staged; [`Staged::finish`] it, or it is not published.
#[derive(Debug)]
pub struct Staged {
    relative: PathBuf,
    path: PathBuf,
    file: Option<BufWriter<File>>,
    hash: Sha256,
    bytes: u64,
}

impl Staging {
    /// Stages nothing on disk: for dry runs and `--check`.
    pub fn nowhere() -> Self {
        Self { folder: None, files: BTreeMap::new() }
    }

    /// Stages in OUT; what an interrupted run left there is removed.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn inside(out: &Path) -> Result<Self> {
        let folder = out.join(PRIVATE).join("staging");
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(Error::io(&folder, "cannot empty the staging folder"))?;
        }
        fs::create_dir_all(&folder).map_err(Error::io(&folder, "cannot make the staging folder"))?;
        Ok(Self { folder: Some(folder), files: BTreeMap::new() })
    }

    /// Begins the file that will stand at `relative` in OUT.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn begin(&self, relative: &Path) -> Result<Staged> {
        let mut staged = Staged {
            relative: relative.to_path_buf(),
            path: PathBuf::new(),
            file: None,
            hash: Sha256::new(),
            bytes: 0,
        };
        if let Some(folder) = &self.folder {
            staged.path = folder.join(relative);
            let parent = staged.path.parent().unwrap_or(folder);
            fs::create_dir_all(parent).map_err(Error::io(parent, "cannot make a folder"))?;
            let file = File::create(&staged.path).map_err(Error::io(&staged.path, "cannot write"))?;
            staged.file = Some(BufWriter::with_capacity(1 << 18, file));
        }
        Ok(staged)
    }

    /// Stages a whole file.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn file(&mut self, relative: &Path, bytes: &[u8]) -> Result<()> {
        let mut staged = self.begin(relative)?;
        staged.write(bytes)?;
        staged.finish(self)
    }

    /// What was staged so far, sorted by path.
    pub fn hashes(&self) -> Vec<FileHash> {
        self.files.values().cloned().collect()
    }
}

impl Staged {
    /// Appends `bytes`.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        match &mut self.file {
            Some(file) => file.write_all(bytes).map_err(Error::io(&self.path, CANNOT_WRITE)),
            None => Ok(()),
        }
    }

    /// Flushes and syncs the file and enters it into `staging`.
    ///
    /// # Errors
    /// [`Error::Io`]; a failed sync is not tried again.
    pub fn finish(self, staging: &mut Staging) -> Result<()> {
        if let Some(file) = self.file {
            let file = file.into_inner().map_err(|e| Error::io(&self.path, CANNOT_WRITE)(e.into_error()))?;
            file.sync_all().map_err(Error::io(&self.path, CANNOT_WRITE))?;
        }
        let path = name_of(&self.relative);
        let hash = FileHash { path, bytes: self.bytes, sha256: hex(&self.hash.finalize()) };
        staging.files.insert(self.relative, hash);
        Ok(())
    }
}

const CANNOT_WRITE: &str = "cannot write (nothing was published)";

/// OUT as a former run left it.
#[derive(Debug, Default)]
pub struct Former {
    /// Hash of every file that a former run wrote or was about to write, by path.
    owned: BTreeMap<String, Vec<FileHash>>,
    /// Those of them that were deleted or edited since.
    disturbed: BTreeSet<String>,
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
        let names: Vec<_> = entries.filter_map(|e| Some(e.ok()?.file_name())).collect();
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

/// Size and SHA-256 of a file.
///
/// # Errors
/// Whatever the system says.
pub fn hash_file(path: &Path) -> io::Result<(u64, String)> {
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

/// Writes a private file so that it survives a power cut.
///
/// # Errors
/// [`Error::Io`].
pub fn write_synced(path: &Path, bytes: &[u8]) -> Result<()> {
    let temporary = path.with_extension("tmp");
    let write = || -> io::Result<()> {
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    write().map_err(Error::io(path, CANNOT_WRITE))?;
    path.parent().map_or(Ok(()), sync_folder)
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> Result<()> {
    File::open(folder).and_then(|f| f.sync_all()).map_err(Error::io(folder, "cannot sync the folder"))
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> Result<()> {
    Ok(())
}

/// A line of SHA256SUMS, as `sha256sum` writes it: a name with a line break or a backslash is escaped and marked.
fn sums_line(path: &Path, sha256: &str, into: &mut Vec<u8>) {
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

/// Holds OUT against other runs, as long as it lives.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of `out`, making the folder if need be.
    ///
    /// # Errors
    /// [`Error::Locked`] if another run holds it.
    pub fn take(out: &Path) -> Result<Self> {
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

    fn run(out: &Path, files: &[(&str, &str)]) -> Result<Manifest> {
        let former = Former::read(out, false)?;
        let _lock = Lock::take(out)?;
        let mut staging = Staging::inside(out)?;
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

    #[test]
    fn a_second_run_at_the_same_time_is_told_who_works_there() {
        let dir = tempfile::tempdir().unwrap();
        let _lock = Lock::take(dir.path()).unwrap();
        let error = Lock::take(dir.path()).unwrap_err();
        assert_eq!(error.exit_code(), 11);
        assert!(error.to_string().contains(&std::process::id().to_string()), "{error}");
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
