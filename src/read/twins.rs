//! Inputs whose clean twins would be one file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::source::Source;

/// Parts sources that have one clean twin, such as `a.jsonl` and `a.jsonl.gz`: that of a file whose name changes on the
/// way then keeps its whole name, and ends like the other one.
pub(super) fn part(sources: &mut [Source]) {
    let mut taken: BTreeSet<PathBuf> = BTreeSet::new();
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
