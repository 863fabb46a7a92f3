//! Files that are about to be published: written beside their place, hashed on the way.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::durable::{CANNOT_WRITE, sync_file_system};
use super::former::Intact;
use super::manifest::FileHash;
use super::names::name_of;
use super::publish::{Former, PRIVATE};
use crate::document::hex;
use crate::error::{Error, Result};

/// Files that are synced one by one; of more, the whole file system is synced once, which is much faster.
const FEW_FILES: usize = 64;

/// Where files go before they are published: on disk, or nowhere (hashes only).
#[derive(Debug)]
pub struct Staging {
    pub(super) folder: Option<PathBuf>,
    pub(super) files: BTreeMap<PathBuf, FileHash>,
    /// Files of a former run that stand in OUT now, by name.
    intact: Arc<BTreeMap<String, Intact>>,
    /// Whether files were staged that are not synced yet.
    unsynced: bool,
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
        Self { folder: None, files: BTreeMap::new(), intact: Arc::default(), unsynced: false }
    }

    /// Stages in OUT; what an interrupted run left there is removed.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn inside(out: &Path, former: &Former) -> Result<Self> {
        let folder = out.join(PRIVATE).join("staging");
        empty_folder(&folder)?;
        Ok(Self { intact: former.intact().clone(), ..Self::at(folder) })
    }

    /// Stages in an empty folder, for another machine to [`take`](Staging::take) the files over.
    pub fn at(folder: PathBuf) -> Self {
        Self { folder: Some(folder), ..Self::nowhere() }
    }

    /// An empty one of the same place, for another thread; [`Staging::join`] brings its files back.
    pub fn beside(&self) -> Self {
        let (folder, intact) = (self.folder.clone(), self.intact.clone());
        Self { folder, files: BTreeMap::new(), intact, unsynced: false }
    }

    /// Takes over what was staged in another one of the same place.
    pub fn join(&mut self, other: Self) {
        self.files.extend(other.files);
        self.unsynced |= other.unsynced;
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

    /// Stages a whole file. One that already stands in OUT, byte for byte, is not written again.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn file(&mut self, relative: &Path, bytes: &[u8]) -> Result<()> {
        let name = name_of(relative);
        let size = bytes.len() as u64;
        if self.intact.get(&name).is_some_and(|there| there.bytes == size) {
            let sha256 = hex(&Sha256::digest(bytes));
            if self.leave(relative, &FileHash { path: name, bytes: size, sha256 }) {
                return Ok(());
            }
        }
        let mut staged = self.begin(relative)?;
        staged.append(bytes)?;
        staged.finish(self)
    }

    /// Leaves a file of OUT where it stands, if it is the one that `hash` tells of. Whether it is.
    pub fn leave(&mut self, relative: &Path, hash: &FileHash) -> bool {
        let there = self.intact.get(&hash.path);
        let is_same = there.is_some_and(|there| there.bytes == hash.bytes && there.sha256 == hash.sha256);
        if is_same {
            self.files.insert(relative.to_path_buf(), hash.clone());
        }
        is_same
    }

    /// Takes over the file that another machine staged for `relative` in `folder`, and that `hash` tells of.
    ///
    /// # Errors
    /// [`Error::Io`], also if it is not there or has another length.
    pub fn take(&mut self, relative: &Path, folder: &Path, hash: &FileHash) -> Result<()> {
        let from = folder.join(relative);
        let failed =
            || Error::io(&from, "cannot take over what another machine wrote (nothing was published)");
        let bytes = fs::metadata(&from).map_err(failed())?.len();
        if bytes != hash.bytes {
            let other = format!("it has {bytes} bytes instead of {}", hash.bytes);
            return Err(failed()(io::Error::new(io::ErrorKind::InvalidData, other)));
        }
        if self.leave(relative, hash) {
            return Ok(());
        }
        if let Some(folder) = &self.folder {
            let to = folder.join(relative);
            let parent = to.parent().unwrap_or(folder);
            fs::create_dir_all(parent).map_err(Error::io(parent, "cannot make a folder"))?;
            // It may stand on another file system, or in a folder of another user.
            if fs::rename(&from, &to).is_err() {
                fs::copy(&from, &to).map_err(Error::io(&to, CANNOT_WRITE))?;
            }
        }
        self.unsynced = true;
        self.files.insert(relative.to_path_buf(), hash.clone());
        Ok(())
    }

    /// Size and hash of what was staged for `relative`.
    pub fn staged(&self, relative: &Path) -> Option<&FileHash> {
        self.files.get(relative)
    }

    /// Makes everything staged survive a power cut.
    ///
    /// # Errors
    /// [`Error::Io`]; a failed sync is not tried again.
    pub fn sync(&mut self) -> Result<()> {
        if let Some(folder) = self.folder.as_ref().filter(|_| self.unsynced) {
            sync_file_system(folder)?;
            self.unsynced = false;
        }
        Ok(())
    }

    /// What was staged so far, sorted by path.
    pub fn hashes(&self) -> Vec<FileHash> {
        self.files.values().cloned().collect()
    }
}

/// Makes a folder, without anything in it.
///
/// # Errors
/// [`Error::Io`].
pub fn empty_folder(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(Error::io(folder, "cannot empty the staging folder"))?;
    }
    fs::create_dir_all(folder).map_err(Error::io(folder, "cannot make the staging folder"))
}

impl Write for Staged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        if let Some(file) = &mut self.file {
            file.write_all(bytes)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), BufWriter::flush)
    }
}

impl Staged {
    /// Appends `bytes`.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.write_all(bytes).map_err(Error::io(&self.path, CANNOT_WRITE))
    }

    /// Appends a line of JSON.
    ///
    /// # Errors
    /// [`Error::Io`], and whatever `record` fails with when it is written.
    pub fn json(&mut self, record: &impl serde::Serialize) -> Result<()> {
        serde_json::to_writer(&mut *self, record)
            .map_err(|e| Error::io(&self.path, CANNOT_WRITE)(e.into()))?;
        self.append(b"\n")
    }

    /// Flushes the file and enters it into `staging`. It is synced now, or together with many others before they are published.
    ///
    /// # Errors
    /// [`Error::Io`]; a failed sync is not tried again.
    pub fn finish(self, staging: &mut Staging) -> Result<()> {
        if let Some(file) = self.file {
            let file = file.into_inner().map_err(|e| Error::io(&self.path, CANNOT_WRITE)(e.into_error()))?;
            if staging.files.len() < FEW_FILES || !cfg!(target_os = "linux") {
                file.sync_all().map_err(Error::io(&self.path, CANNOT_WRITE))?;
            } else {
                staging.unsynced = true;
            }
        }
        let path = name_of(&self.relative);
        let hash = FileHash { path, bytes: self.bytes, sha256: hex(&self.hash.finalize()) };
        staging.files.insert(self.relative, hash);
        Ok(())
    }
}
