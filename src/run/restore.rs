//! `tamis restore`: writes what a run read back, byte for byte.
//!
//! The invariant: a file is written only if its bytes are those that were read: their SHA-256 is compared before it gets
//! its name. Nothing is overwritten, nothing is written outside of the folder that was given.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Component, Path, PathBuf};

use rustc_hash::FxHashSet;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use super::inputs;
use super::ledger::packs::Packs;
use super::ledger::{self, Head, Ledger, Line, seal_of};
use super::options::Input;
use super::origin::{Finder, Opener, Place, read_all};
use crate::document::hex;
use crate::error::{Error, Result, on_one_line};
use crate::read::source::Packing;
use crate::read::walk::plain;
use crate::shard::Store;
use crate::temporary;
use crate::write::durable::sync_folder;
use crate::write::names::path_of;

/// What was written back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// Files that were written.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What could not be given back, and why.
    pub missing: Vec<(String, String)>,
}

/// Writes all inputs of the run that made `out` to the folder `to`; or those that `names` names, by key, by folder of
/// keys, or as documents. `sources`: where inputs lie now, if not where the run found them.
///
/// A file stands there under its key. What was compressed is written unpacked, without `.gz` or `.zst`, or, if that is
/// another input's key, as `KEY.unpacked`; members of an archive stand in a folder of the archive's name. A document of a file of records becomes `KEY#N.txt`, with its text
/// before the cuts.
///
/// # Errors
/// [`Error::Usage`] if there is no ledger, or a name names nothing; what cannot be written.
pub fn restore(out: &Path, to: &Path, names: &[String], sources: &[Input]) -> Result<Restored> {
    let path = ledger::path_in(out);
    let no_ledger = |what: &str| {
        let hint = "`tamis clean INPUT -o OUT` writes one; the inputs themselves are where they were";
        Error::usage(format!("{}: {what}", on_one_line(path.display())), hint)
    };
    if let (Some(place), Some(published)) = (inputs::real(to, "folder")?, inputs::real(out, "folder")?)
        && place.starts_with(&published)
    {
        let what = format!("{}: lies inside the output, which is published", on_one_line(to.display()));
        return Err(Error::usage(what, "choose another folder: --to DIR"));
    }
    let seal = seal_of(&path).map_err(|_| no_ledger("there is no ledger"))?;
    if !seal.is_whole {
        return Err(no_ledger("the ledger is damaged"));
    }
    let other = || no_ledger("another version of tamis wrote this ledger");
    let read = || -> Result<(Head, _)> {
        let file = File::open(&path).map_err(Error::io(&path, "cannot read"))?;
        let mut lines = BufReader::with_capacity(1 << 18, file.take(seal.bytes)).lines();
        let head = lines.next().and_then(io::Result::ok).and_then(|line| serde_json::from_str(&line).ok());
        let parse = |line: io::Result<String>| serde_json::from_str::<Line>(&line.ok()?).ok();
        Ok((head.ok_or_else(other)?, lines.map(move |line| parse(line).ok_or_else(other))))
    };
    let mut taken: FxHashSet<u128> = FxHashSet::default();
    for line in read()?.1 {
        let line = line?;
        if line.name() == Path::new(&line.key) {
            taken.insert(hash_of(&line.name()));
        }
    }
    let (head, lines) = read()?;
    let mut job = Job {
        to,
        finder: Finder { given: sources },
        opener: Opener::default(),
        packs: Packs::of(out),
        store: Store::look_into(&ledger::cache(out, head.cache.as_deref()))?,
        done: Restored::default(),
    };
    let mut unused: Vec<&String> = names.iter().collect();
    for line in lines {
        let line = line?;
        let mut name = line.name();
        if name != Path::new(&line.key) && !taken.insert(hash_of(&name)) {
            name = PathBuf::from(format!("{}.unpacked", line.key));
        }
        let names_it = |name: &str| {
            let below = |rest: &str| rest.is_empty() || rest.starts_with('/') || name.ends_with('/');
            line.key.strip_prefix(name).is_some_and(below)
        };
        let named = names.iter().any(|name| names_it(name));
        unused.retain(|name| !names_it(name));
        if named || (names.is_empty() && !line.reference) {
            job.file(&line, &name)?;
        }
    }
    if !unused.is_empty() {
        let ledger = Ledger::open(out).ok_or_else(other)?;
        for doc in unused {
            job.document(&ledger, doc)?;
        }
    }
    Ok(job.done)
}

/// What tells names apart; the names themselves are not held.
fn hash_of(name: &Path) -> u128 {
    xxhash_rust::xxh3::xxh3_128(name.as_os_str().as_encoded_bytes())
}

struct Job<'a> {
    to: &'a Path,
    finder: Finder<'a>,
    opener: Opener,
    packs: Packs,
    store: Store,
    done: Restored,
}

impl Job<'_> {
    /// Writes one input.
    fn file(&mut self, line: &Line, name: &Path) -> Result<()> {
        let mut staged = self.begin(name)?;
        let cause = match self.give_back(line, &mut staged)? {
            Ok(()) => return self.end(staged),
            Err(cause) => cause,
        };
        self.done.missing.push((line.key.clone(), cause));
        Ok(())
    }

    /// Writes what a source holds to `staged`: out of its file, the full ledger, or the shards. In words, why it cannot.
    fn give_back(&mut self, line: &Line, staged: &mut Staged) -> Result<std::result::Result<(), String>> {
        let mut why = "its file is not there: say where it is with --source".to_owned();
        if let Some(path) = self.finder.path(line) {
            let place = Place { path: &path, member: line.member_inside() };
            match self.opener.raw(&place).and_then(|raw| staged.take(raw, line.packing)) {
                Ok(read) if line.sha256.as_ref() == Some(&read.0) => return Ok(Ok(())),
                Ok(_) => why = "its file is not what was read".into(),
                Err(e) => why = plain(&e),
            }
            staged.failed()?;
            staged.empty()?;
        }
        if let Some(held) = &line.unpacked {
            match staged.take(self.packs.stream(held), Packing::Plain) {
                Ok(read) if read.1 == held.sha256 => return Ok(Ok(())),
                Ok(_) => why = "the full ledger does not hold it".into(),
                Err(e) => why = e.to_string(),
            }
            staged.failed()?;
            staged.empty()?;
        }
        if line.fleeting && line.packing == Packing::Plain && self.carried(line, staged)? {
            if line.sha256.as_ref() == Some(&hex(&staged.hash.clone().finalize())) {
                return Ok(Ok(()));
            }
            why = "the shards do not carry all of it".into();
        }
        Ok(Err(why))
    }

    /// Writes what the shards carry of a source, whether it is all of it or not.
    fn carried(&self, line: &Line, staged: &mut Staged) -> Result<bool> {
        for part in line.parts().unwrap_or_default() {
            let Some(shard) = self.store.get(part.shard).filter(|shard| shard.carries()) else {
                return Ok(false);
            };
            let mut bytes = Vec::new();
            if shard.carried(0..shard.span(), &mut bytes).is_err() {
                return Ok(false);
            }
            staged.append(&bytes).map_err(Error::io(&staged.path, CANNOT_WRITE))?;
        }
        Ok(true)
    }

    /// Writes the text of one document.
    fn document(&mut self, ledger: &Ledger, doc: &str) -> Result<()> {
        let (found, is_known) = ledger.text_of(doc, &self.finder, &mut self.opener, &self.packs);
        if !is_known {
            return Err(Error::usage(
                format!("the ledger knows no input and no document `{}`", on_one_line(doc)),
                "the keys stand in documents.jsonl (`doc`)",
            ));
        }
        let Some(text) = found else {
            let cause = "its input is not at hand, or is not what was read".to_owned();
            self.done.missing.push((doc.to_owned(), cause));
            return Ok(());
        };
        let mut staged = self.begin(Path::new(&format!("{doc}.txt")))?;
        staged.append(&text).map_err(Error::io(&staged.path, CANNOT_WRITE))?;
        self.end(staged)
    }

    /// Begins a file of the folder.
    ///
    /// # Errors
    /// [`Error::Usage`] if something stands there, or the name leads out.
    fn begin(&self, name: &Path) -> Result<Staged> {
        let path = self.to.join(name);
        let refuse = |what: &str| {
            let what = format!("{}: {what}; what was written before stays", on_one_line(path.display()));
            Err(Error::usage(what, "choose another folder with --to DIR"))
        };
        let inside = name.components().all(|part| matches!(part, Component::Normal(_)));
        if !inside || name.as_os_str().is_empty() {
            return refuse("this name leads out of the folder");
        }
        if fs::symlink_metadata(&path).is_ok() {
            return refuse("stands there already, and is not overwritten");
        }
        let parent = path.parent().unwrap_or(self.to).to_path_buf();
        let above = parent.ancestors().take_while(|above| *above != self.to);
        for folder in above.collect::<Vec<_>>().into_iter().rev() {
            if fs::symlink_metadata(folder).is_ok_and(|meta| !meta.is_dir()) {
                return refuse("a file or a link stands in its way");
            }
        }
        fs::create_dir_all(&parent).map_err(Error::io(&parent, "cannot make a folder"))?;
        let file = temporary::file_in(&parent);
        let file = file.map_err(Error::io(&parent, CANNOT_WRITE))?;
        let file = BufWriter::with_capacity(1 << 18, file);
        Ok(Staged { path, file, hash: Sha256::new(), bytes: 0, failed: None })
    }

    /// Gives a file its name.
    fn end(&mut self, staged: Staged) -> Result<()> {
        let Staged { path, file, bytes, .. } = staged;
        let put = || -> io::Result<()> {
            let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.as_file().sync_all()?;
            file.persist_noclobber(&path)?;
            Ok(())
        };
        put().map_err(Error::io(&path, CANNOT_WRITE))?;
        path.parent().map_or(Ok(()), sync_folder)?;
        self.done.files += 1;
        self.done.bytes += bytes;
        Ok(())
    }
}

const CANNOT_WRITE: &str = "cannot write (what was written before stays)";

/// A file that has no name yet.
struct Staged {
    path: PathBuf,
    file: BufWriter<NamedTempFile>,
    hash: Sha256,
    bytes: u64,
    /// Why it could not be written.
    failed: Option<io::Error>,
}

impl Staged {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        self.file.write_all(bytes)
    }

    /// Appends what raw bytes hold. SHA-256 of the raw bytes and of what they hold.
    fn take(&mut self, raw: impl Read, packing: Packing) -> io::Result<(String, String)> {
        let read = read_all(raw, packing, &mut |bytes| {
            self.failed = self.append(bytes).err();
            self.failed.is_none()
        })?;
        Ok((read.raw_sha256, read.sha256))
    }

    /// Fails if it could not be written.
    fn failed(&mut self) -> Result<()> {
        self.failed.take().map_or(Ok(()), |e| Err(Error::io(&self.path, CANNOT_WRITE)(e)))
    }

    /// Begins anew.
    fn empty(&mut self) -> Result<()> {
        let mut truncate = || -> io::Result<()> {
            self.file.flush()?;
            self.file.get_mut().as_file_mut().set_len(0)?;
            io::Seek::rewind(self.file.get_mut())
        };
        truncate().map_err(Error::io(&self.path, CANNOT_WRITE))?;
        (self.hash, self.bytes) = (Sha256::new(), 0);
        Ok(())
    }
}

impl Line {
    /// The name of its unpacked bytes: its key without what says that it is compressed.
    fn name(&self) -> PathBuf {
        // What is no UTF-8 stands in the name of the clean twin as it is.
        let data = path_of(&self.data);
        let mut name = if self.key.contains("\\x") && data.to_str().is_none() {
            match self.format.written_as() {
                Some(_) => data.with_extension(""),
                None => data,
            }
        } else {
            PathBuf::from(&self.key)
        };
        let extension = name.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
        if self.packing != Packing::Plain && ["gz", "gzip", "zst", "zstd"].contains(&extension.as_str()) {
            name.set_extension("");
        }
        if self.key == "-" { PathBuf::from("stdin") } else { name }
    }
}
