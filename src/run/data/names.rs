//! Paths for documents, from their keys: safe on every system, and never two the same.
//!
//! What some system cannot have in a name is written `%` and its two hex digits, `%` too, so that different keys give
//! different names. Names that are too long, and those that some system takes for another one (it may not tell case
//! or ways to compose a letter apart), end in a hash of the key. Folders never end like the files, so that no name has
//! to be both.

use std::collections::BTreeSet;
use std::path::PathBuf;

use unicode_normalization::UnicodeNormalization;

use crate::read::source::Source;
use crate::read::twins::shortened;

const ENDING: &str = ".txt";
/// Bytes of a part of a path, at most: 255 is what systems allow, and an ending comes to it.
const MOST_BYTES: usize = 200;
/// Names that are devices on Windows, with any ending.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// Where the documents of each source go.
pub(super) struct Names(Vec<Name>);

enum Name {
    /// The file of its one document.
    File(PathBuf),
    /// The folder of its records.
    Folder(PathBuf),
}

impl Names {
    /// Names for the documents of `sources`, which are sorted by key. Of those that are taken for one, the first keeps
    /// its name.
    pub(super) fn new(sources: &[Source]) -> Self {
        let sources = sources.iter().map(|source| (source.key.as_str(), source.format.is_single()));
        Self(named(sources.collect()))
    }

    /// The path of a document in OUT.
    pub(super) fn path(&self, source: usize, record: u64) -> PathBuf {
        match &self.0[source] {
            Name::File(path) => path.clone(),
            Name::Folder(path) => path.join(format!("{record}{ENDING}")),
        }
    }
}

/// Names for keys, each with whether it is one document.
fn named(keys: Vec<(&str, bool)>) -> Vec<Name> {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    // The folder of a record file belongs to it alone: also no folder of others has its name.
    let mut folders: BTreeSet<String> = BTreeSet::new();
    for (key, _) in &keys {
        let parts = parts(key);
        let above = &parts[..parts.len() - 1];
        folders.extend((1..=above.len()).map(|n| folded(&joined(&above[..n], ""))));
    }
    let mut names = Vec::with_capacity(keys.len());
    for (key, is_single) in keys {
        let mut parts = parts(key);
        let last = parts.pop().unwrap_or_default();
        let (last, ending) = match is_single {
            true => (last.strip_suffix(ENDING).unwrap_or(&last).to_owned(), ENDING),
            false => (last, ""),
        };
        let mut tries = (0..).map(|number| match number {
            0 => short(&last, last.len() > MOST_BYTES, key),
            _ => shortened(&last, &format!("{}{key}", "+".repeat(number - 1))),
        });
        let path = tries.find_map(|name| {
            parts.push(if is_single { name } else { as_folder(&name) });
            let path = joined(&parts, ending);
            parts.pop();
            let fold = folded(&path);
            ((is_single || !folders.contains(&fold)) && taken.insert(fold)).then_some(path)
        });
        let path = PathBuf::from("data").join(path.unwrap_or_default());
        names.push(if is_single { Name::File(path) } else { Name::Folder(path) });
    }
    names
}

/// The safe parts of the path of a key; all but the last are folders.
fn parts(key: &str) -> Vec<String> {
    let key = if key == "-" { "stdin" } else { key };
    let mut parts: Vec<String> = key.split('/').map(safe).collect();
    let last = parts.len() - 1;
    for part in &mut parts[..last] {
        *part = as_folder(&short(part, part.len() > MOST_BYTES, part));
    }
    parts
}

fn joined(parts: &[String], ending: &str) -> String {
    parts.join("/") + ending
}

/// A part of a path that every system can have, apart from its length.
fn safe(part: &str) -> String {
    let escape = |c: char, into: &mut String| {
        let mut bytes = [0; 4];
        c.encode_utf8(&mut bytes).bytes().for_each(|b| into.push_str(&format!("%{b:02X}")));
    };
    let kept = part.trim_end_matches(['.', ' ']).len();
    let stem = part.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let port = stem.strip_prefix("com").or(stem.strip_prefix("lpt"));
    let is_port = port.is_some_and(|n| n.chars().count() == 1 && n.chars().all(char::is_numeric));
    let is_device = is_port || DEVICES.contains(&stem.as_str());
    let mut safe = String::with_capacity(part.len());
    for (at, c) in part.char_indices() {
        let is_odd = c.is_control() || "<>:\"|?*\\%".contains(c);
        if is_odd || at >= kept || at == 0 && (is_device || c == '.') {
            escape(c, &mut safe);
        } else {
            safe.push(c);
        }
    }
    if safe.is_empty() { "%".into() } else { safe }
}

/// A name of a folder: no file has it.
fn as_folder(name: &str) -> String {
    let file = |ending: &str| name.to_lowercase().ends_with(ending);
    if [ENDING, ".txt.gz", ".txt.zst"].into_iter().any(file) { format!("{name}%") } else { name.to_owned() }
}

/// The beginning of a name, with a hash of `whole`, if it is too long.
fn short(name: &str, is_long: bool, whole: &str) -> String {
    if is_long { shortened(name, whole) } else { name.to_owned() }
}

/// What systems that take the most for the same see of a path.
fn folded(path: &str) -> String {
    path.nfkd().flat_map(char::to_lowercase).nfkc().flat_map(char::to_lowercase).nfkd().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn paths(keys: &[(&str, bool)]) -> Vec<String> {
        let names = Names(named(keys.to_vec()));
        let paths = (0..keys.len()).map(|i| names.path(i, 7).to_string_lossy().into_owned());
        paths.collect()
    }

    #[test]
    fn plain_keys_give_plain_names() {
        let keys = [("-", true), ("a", true), ("b/c.html", true), ("d.jsonl", false), ("e.txt", true)];
        let names = ["stdin.txt", "a.txt", "b/c.html.txt", "d.jsonl/7.txt", "e.txt"];
        assert_eq!(paths(&keys), names.map(|name| format!("data/{name}")));
    }

    #[test]
    fn what_a_system_cannot_name_is_escaped() {
        for (key, name) in [
            ("a:b?.txt", "a%3Ab%3F.txt"),
            ("..\\x/100%", "%2E.%5Cx/100%25.txt"),
            ("CON.html", "%43ON.html.txt"),
            ("lpt¹/a", "%6Cpt¹/a.txt"),
            ("console/a. ", "console/a%2E%20.txt"),
            ("a.TXT/b", "a.TXT%/b.txt"),
            ("../b", "%2E%2E/b.txt"),
        ] {
            assert_eq!(paths(&[(key, true)]), [format!("data/{name}")], "{key}");
        }
    }

    #[test]
    fn names_that_some_system_takes_for_one_are_told_apart() {
        let keys = [
            ("A.txt", true),
            ("a", true),
            ("a.jsonl", false),
            ("a.jsonl/7", true),
            ("a.txt", true),
            ("e\u{301}", true),
            ("é", true),
        ];
        let mut paths = paths(&keys);
        assert_eq!(paths[0], "data/A.txt");
        assert!(paths[1].starts_with("data/a~") && paths[2].starts_with("data/a.jsonl~"), "{paths:?}");
        paths.iter_mut().for_each(|path| *path = folded(path));
        assert_eq!(paths.iter().collect::<BTreeSet<_>>().len(), keys.len(), "{paths:?}");
    }

    fn key() -> impl Strategy<Value = String> {
        let part = proptest::sample::select(vec![
            "a", "A", "a.txt", "a.TXT", "a.jsonl", "a.jsonl%", "7", "7.txt", "%", "%25", "ａ", "é",
            "E\u{301}", "con", ".", "..", "a ", "a~", "a.txt.gz", "\\xFF", "ß", "ss", "K", "\u{212a}",
        ]);
        let long = (190usize..300).prop_map(|n| "x".repeat(n));
        let part = prop_oneof![9 => part.prop_map(str::to_owned), 1 => long];
        proptest::collection::vec(part, 1..4).prop_map(|parts| parts.join("/"))
    }

    proptest! {
        #[test]
        fn no_two_documents_have_one_path_and_none_is_also_a_folder(
            keys in proptest::collection::btree_map(key(), any::<bool>(), 1..40),
        ) {
            let keys: Vec<(&str, bool)> = keys.iter().map(|(key, single)| (key.as_str(), *single)).collect();
            let names = Names(named(keys.clone()));
            let mut files = BTreeSet::new();
            let mut folders = BTreeSet::new();
            for (i, (key, is_single)) in keys.iter().enumerate() {
                for record in if *is_single { 0..1 } else { 0..9 } {
                    let path = names.path(i, record).to_string_lossy().into_owned();
                    prop_assert!(path.split('/').all(|part| part.len() <= 255 && !part.starts_with('.')), "{}", path);
                    let fold = folded(&path);
                    folders.extend(fold.match_indices('/').map(|(at, _)| fold[..at].to_owned()));
                    prop_assert!(files.insert(fold), "{} for {}", path, key);
                }
            }
            prop_assert!(files.is_disjoint(&folders));
        }
    }
}
