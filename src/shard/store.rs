//! The folder of shards.

use std::fmt;
use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustc_hash::FxHashSet;
use tempfile::TempDir;
use xxhash_rust::xxh3::Xxh3;

use super::reader::Shard;
use crate::document::hex;
use crate::error::{Error, Result};
use crate::temporary::{self, NEW};

/// Shards that are kept open; the parts of others are read by opening them again.
const MOST_OPEN: usize = 256;
const EXTENSION: &str = "shard";
const SEED: &str = "seed";

/// The name of a shard: a hash of everything that its content depends on.
///
/// It is seeded by the folder: nobody who does not know the seed can make two slices of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(u128);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0.to_be_bytes()))
    }
}

impl Name {
    /// The name as a number.
    pub fn number(self) -> u128 {
        self.0
    }

    /// Reads a name as it is displayed.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() == 32 { u128::from_str_radix(text, 16).ok().map(Self) } else { None }
    }
}

/// Hashes what a shard depends on, part by part.
pub struct Naming(Xxh3);

impl Naming {
    /// Adds a part. Its length counts too, so that parts cannot run into each other.
    pub fn part(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    /// The name.
    pub fn name(&self) -> Name {
        Name(self.0.digest128())
    }
}

/// Bytes that shards may hold in memory, all together.
#[derive(Debug, Default)]
pub(super) struct Room(AtomicUsize);

impl Room {
    /// Whether there was room for so many bytes; then there is less.
    pub(super) fn take(&self, bytes: usize) -> bool {
        let less = |left: usize| left.checked_sub(bytes);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }

    pub(super) fn give_back(&self, bytes: usize) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
pub(super) fn left(store: &Store) -> usize {
    store.room.0.load(Ordering::Relaxed)
}

/// Where shards are kept.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    /// New shards go here instead, and vanish with it: for runs that write nothing.
    aside: Option<TempDir>,
    seed: u64,
    opened: AtomicUsize,
    room: Arc<Room>,
}

impl Store {
    /// The store in `folder`, which is made if it is not there.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn open(folder: &Path) -> Result<Self> {
        let failed = || Error::io(folder, "cannot make the cache folder (nothing was published)");
        fs::create_dir_all(folder).map_err(failed())?;
        let seed = seed(folder).map_err(failed())?;
        Ok(Self {
            folder: folder.to_path_buf(),
            aside: None,
            seed,
            opened: AtomicUsize::new(0),
            room: Arc::default(),
        })
    }

    /// As [`Store::open`], but nothing is written there: new shards go to a temporary folder.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn look_into(folder: &Path) -> Result<Self> {
        let failed = || Error::io("the temporary folder", "cannot be made");
        let aside = TempDir::new().map_err(failed())?;
        let seed = match read_seed(folder) {
            Some(seed) => seed,
            None => seed(aside.path()).map_err(failed())?,
        };
        let folder = folder.to_path_buf();
        Ok(Self { folder, aside: Some(aside), seed, opened: AtomicUsize::new(0), room: Arc::default() })
    }

    /// Its shards that former runs made may hold up to so many bytes in memory: what of them is read again and again.
    pub fn holding(mut self, bytes: usize) -> Self {
        self.room = Arc::new(Room(bytes.into()));
        self
    }

    /// Begins a name.
    pub fn naming(&self) -> Naming {
        Naming(Xxh3::with_seed(self.seed))
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn seed(&self) -> u64 {
        self.seed
    }

    pub(super) fn is_looked_into(&self) -> bool {
        self.aside.is_some()
    }

    pub(super) fn place(folder: &Path, name: Name) -> PathBuf {
        let text = name.to_string();
        folder.join(&text[..2]).join(text).with_extension(EXTENSION)
    }

    /// The shard of this name, if it is there and whole.
    pub fn get(&self, name: Name) -> Option<Shard> {
        self.look_up(name).ok().flatten()
    }

    /// The shard of this name, if it is there.
    ///
    /// # Errors
    /// Whatever the system says; [`io::ErrorKind::InvalidData`] if it is damaged.
    pub fn look_up(&self, name: Name) -> io::Result<Option<Shard>> {
        let mut failed = None;
        for folder in
            [Some(self.folder.as_path()), self.aside.as_ref().map(TempDir::path)].into_iter().flatten()
        {
            let path = Self::place(folder, name);
            let read = fs::read(&path);
            match read.and_then(|bytes| Shard::checked(name, &path, &bytes, (self.keeps_open(), &self.room)))
            {
                Ok(shard) => return Ok(Some(shard)),
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => failed = Some(e),
            }
        }
        failed.map_or(Ok(None), Err)
    }

    /// Writes a shard and opens it. It is not synced: what a power cut tears fails its checksum and is made again. Nothing of
    /// it is held: making it took longer than it takes to read it some times.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn put(&self, name: Name, bytes: &[u8]) -> Result<Shard> {
        let path = Self::place(self.aside.as_ref().map_or(&self.folder, |aside| aside.path()), name);
        let write = || -> io::Result<Shard> {
            let parent = path.parent().unwrap_or(&self.folder);
            fs::create_dir_all(parent)?;
            // Two threads, or two runs on one cache, may make the same shard at a time.
            let mut temporary = temporary::file_in(parent)?;
            temporary.write_all(bytes)?;
            temporary.persist(&path)?;
            Shard::checked(name, &path, bytes, (self.keeps_open(), &Arc::default()))
        };
        write().map_err(Error::io(&path, "cannot write (nothing was published)"))
    }

    fn keeps_open(&self) -> bool {
        self.opened.fetch_add(1, Ordering::Relaxed) < MOST_OPEN
    }

    /// Deletes everything but the shards, and notes on shards, that a run used. What cannot be deleted stays.
    pub fn sweep(&self, used: &[&Path]) {
        let used: FxHashSet<&Path> = used.iter().copied().collect();
        for folder in files(&self.folder) {
            if folder.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(NEW.as_bytes())) {
                let _ = fs::remove_file(&folder);
                continue;
            }
            for path in files(&folder) {
                if !used.contains(path.as_path()) {
                    // A folder is what a run left that was killed while others wrote for it.
                    let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir_all(&path));
                }
            }
            // Only an empty folder goes.
            let _ = fs::remove_dir(folder);
        }
    }
}

/// What stands in a folder; nothing if it cannot be read.
fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).map_or(Vec::new(), |entries| entries.filter_map(|e| Some(e.ok()?.path())).collect())
}

fn read_seed(folder: &Path) -> Option<u64> {
    u64::from_str_radix(fs::read_to_string(folder.join(SEED)).ok()?.trim(), 16).ok()
}

/// The seed of a store; a new store gets a random one.
fn seed(folder: &Path) -> io::Result<u64> {
    if let Some(seed) = read_seed(folder) {
        return Ok(seed);
    }
    let seed = RandomState::new().build_hasher().finish();
    let mut file = temporary::file_in(folder)?;
    writeln!(file, "{seed:016x}")?;
    match file.persist_noclobber(folder.join(SEED)) {
        Ok(_) => Ok(seed),
        // Another run was first, or what stands there is no seed.
        Err(failed) => match read_seed(folder) {
            Some(seed) => Ok(seed),
            None => File::create(folder.join(SEED))
                .and_then(|mut file| writeln!(file, "{seed:016x}"))
                .map(|()| seed)
                .map_err(|_| failed.error),
        },
    }
}
