//! Inputs whose clean twins would be one file, or of which one would be a folder of the other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use xxhash_rust::xxh3::xxh3_64;

use super::source::Source;

/// Bytes of a name that systems hold, and of those what is left free for the ending of a compressed twin.
const LONGEST: usize = 255;
const ENDING: usize = 4;
/// Bytes that are left of a name that is too long.
const LEFT: usize = 200;

/// The beginning of a name that is too long, with a hash of `whole`.
pub fn shortened(name: &str, whole: &str) -> String {
    let end = (0..=name.len().min(LEFT)).rev().find(|end| name.is_char_boundary(*end)).unwrap_or(0);
    format!("{}~{:016x}", &name[..end], xxh3_64(whole.as_bytes()))
}

/// Shortens the names of clean twins that are longer than systems hold: those of files whose name grows on the way.
pub(super) fn shorten(sources: &mut [Source]) {
    for source in sources {
        let Some(name) = source.mirror.file_name().filter(|name| name.len() + ENDING > LONGEST) else {
            continue;
        };
        let short = shortened(&name.to_string_lossy(), &source.key);
        match source.mirror.extension().filter(|extension| extension.len() <= LONGEST - LEFT - ENDING - 20) {
            Some(extension) => {
                let extension = extension.to_string_lossy().into_owned();
                source.mirror.set_file_name(format!("{short}.{extension}"));
            }
            None => source.mirror.set_file_name(short),
        }
    }
}

/// Parts sources that have one clean twin, such as `a.jsonl` and `a.jsonl.gz`: that of a file whose name changes on the
/// way then keeps its whole name, and ends like the other one.
pub(super) fn part(sources: &mut [Source]) {
    // No file stands where others need a folder. That of a file that keeps its name is one in the input, too.
    let mut taken: BTreeSet<PathBuf> = BTreeSet::new();
    for source in sources.iter() {
        let folders = source.mirror.ancestors().skip(1).take_while(|folder| !folder.as_os_str().is_empty());
        for folder in folders {
            if !taken.insert(folder.to_path_buf()) {
                break;
            }
        }
    }
    let mut twins = Vec::new();
    for renamed in [false, true] {
        for (i, source) in sources.iter().enumerate() {
            if is_renamed(source) == renamed && !taken.insert(source.mirror.clone()) {
                twins.push(i);
            }
        }
    }
    for twin in twins {
        let source = &mut sources[twin];
        let extension = source.mirror.extension().map(ToOwned::to_owned).unwrap_or_default();
        let mut name = source.mirror.clone();
        if let Some(last) = source.key.rsplit('/').next() {
            name.set_file_name(last);
        }
        loop {
            name.as_mut_os_string().push(".");
            name.as_mut_os_string().push(&extension);
            if taken.insert(name.clone()) {
                break;
            }
        }
        source.mirror = name;
    }
}

/// Whether the clean twin has another name than the source.
fn is_renamed(source: &Source) -> bool {
    let name = source.key.rsplit('/').next().unwrap_or_default();
    source.mirror.file_name().is_some_and(|mirror| mirror != name)
}

/// Names that differ only in case become one file where the file system does not tell them apart: a note for each.
pub(super) fn in_case(sources: &[Source]) -> Vec<String> {
    let mut by_folded: BTreeMap<String, &str> = BTreeMap::new();
    let mut notes = Vec::new();
    for source in sources {
        if let Some(other) = by_folded.insert(source.key.to_lowercase(), &source.key) {
            notes.push(format!(
                "{other} and {} differ only in case: some file systems cannot hold both",
                source.key
            ));
        }
    }
    notes
}
