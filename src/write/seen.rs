//! What published files looked like when they were published, so that the next run need not read them to know them.
//!
//! Invariant: a file is known by its looks only if it has size and times of then, and these are older than the note by
//! so much that whoever changes the file later gives it another time. No program sets back when a file was changed last.
//! `tamis verify` does not look here: it reads everything.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::durable::{CANNOT_WRITE, write_synced};
use super::manifest::FileHash;
use super::names::path_of;
use super::publish::PRIVATE;
use crate::error::{Error, Result};
use crate::read::source::Stamp;

const NAME: &str = "seen.jsonl";
/// A clock of the system ticks every hundredth of a second at worst, that of some file systems every two seconds.
const TICK: Duration = Duration::from_millis(50);
const SLOW_TICK: Duration = Duration::from_secs(2);

/// Bytes that are worth waiting for so long that they need not be read by the next run.
const MANY: u64 = 4 << 20;

/// One file.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    path: String,
    sha256: String,
    stamp: Stamp,
}

/// Files as they looked.
#[derive(Debug, Default)]
pub(super) struct Seen {
    lines: FxHashMap<String, Line>,
    /// When this was noted.
    noted: Option<SystemTime>,
}

impl Seen {
    /// What the last run on `out` noted; nothing if that is damaged.
    pub(super) fn read(out: &Path) -> Self {
        let path = out.join(PRIVATE).join(NAME);
        let Ok(text) = fs::read_to_string(&path) else { return Self::default() };
        let noted = fs::metadata(&path).and_then(|meta| meta.modified()).ok();
        let Some((lines, sum)) = text.trim_end().rsplit_once('\n') else { return Self::default() };
        if sum != checksum(lines) {
            return Self::default();
        }
        let lines = lines.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok());
        Self { lines: lines.map(|line| (line.path.clone(), line)).collect(), noted }
    }

    /// SHA-256 of the file `name` if it looks as it did.
    pub(super) fn sha256(&self, name: &str, stamp: &Stamp) -> Option<&str> {
        let line = self.lines.get(name).filter(|line| line.stamp == *stamp)?;
        let tick = if stamp.is_coarse() { SLOW_TICK } else { TICK };
        stamp.is_before(self.noted?.checked_sub(tick)?).then_some(line.sha256.as_str())
    }
}

/// Notes what `files` look like in `out`.
///
/// # Errors
/// [`Error::Io`].
pub(super) fn note(out: &Path, files: &[FileHash]) -> Result<()> {
    let mut lines = Vec::with_capacity(files.len());
    let (now, mut recent) = (SystemTime::now(), 0);
    for file in files {
        let Ok(meta) = fs::symlink_metadata(out.join(path_of(&file.path))) else { continue };
        let stamp = Stamp::of(&meta);
        if stamp.bytes != file.bytes {
            continue;
        }
        if now.checked_sub(TICK).is_none_or(|before| !stamp.is_before(before)) {
            recent += stamp.bytes;
        }
        let line = Line { path: file.path.clone(), sha256: file.sha256.clone(), stamp };
        lines.push(serde_json::to_string(&line).map_err(|e| Error::io(NAME, CANNOT_WRITE)(e.into()))?);
    }
    let lines = lines.join("\n");
    let sum = checksum(&lines);
    if recent >= MANY {
        // Both times are those of the last tick of a clock: twice as long is enough wherever that falls.
        std::thread::sleep(2 * TICK);
    }
    write_synced(out, &out.join(PRIVATE).join(NAME), format!("{lines}\n{sum}\n").as_bytes())
}

fn checksum(lines: &str) -> String {
    format!("{:016x}", xxh3_64(lines.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_bytes_need_not_be_read_again_though_they_were_written_just_now() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path();
        fs::create_dir(out.join(PRIVATE)).unwrap();
        fs::write(out.join("a"), vec![b'a'; MANY as usize]).unwrap();
        note(out, &[FileHash { path: "a".into(), bytes: MANY, sha256: "x".into() }]).unwrap();
        let stamp = Stamp::of(&fs::metadata(out.join("a")).unwrap());
        // Where times are coarse they tell too little, however long one waits.
        let known = Seen::read(out).sha256("a", &stamp).map(str::to_owned);
        assert_eq!(known.as_deref(), (!stamp.is_coarse()).then_some("x"));
    }

    #[test]
    fn a_file_is_known_by_its_looks_until_anything_about_it_changes() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path();
        fs::create_dir(out.join(PRIVATE)).unwrap();
        fs::write(out.join("a"), "a").unwrap();
        let file = FileHash { path: "a".into(), bytes: 1, sha256: "x".into() };
        let stamp = || Stamp::of(&fs::metadata(out.join("a")).unwrap());
        let known = || Seen::read(out).sha256("a", &stamp()).map(str::to_owned);
        note(out, std::slice::from_ref(&file)).unwrap();
        let just_now = known();
        std::thread::sleep(Duration::from_millis(2100));
        note(out, &[file]).unwrap();
        assert_eq!((just_now, known().as_deref()), (None, Some("x")));
        // The same bytes, and the old time.
        let modified = fs::metadata(out.join("a")).unwrap().modified().unwrap();
        fs::write(out.join("a"), "b").unwrap();
        fs::File::options().write(true).open(out.join("a")).unwrap().set_modified(modified).unwrap();
        assert_eq!(known(), None);
        let notes = out.join(PRIVATE).join(NAME);
        let text = fs::read_to_string(&notes).unwrap();
        fs::write(&notes, text.replace("\"x\"", "\"y\"")).unwrap();
        assert!(Seen::read(out).lines.is_empty());
    }
}
