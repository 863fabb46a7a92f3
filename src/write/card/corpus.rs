//! What loaders must know of the corpus: what its files are called, and which builder of `datasets` reads them.
//!
//! A card has one builder for all of its configurations, that of the first one's files. So a corpus whose files are of
//! several kinds loads as those of its main kind, and the lists load with whatever builder that is.

use std::collections::{BTreeMap, BTreeSet};

use crate::write::manifest::FileHash;

/// Folder of the corpus in OUT.
pub(in crate::write) const FOLDER: &str = "data/";

/// What the records of a corpus hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Records {
    /// One text a file.
    Texts,
    /// Records that tamis made: the fields that are known of a document.
    Known,
    /// Records as they came, with fields of their own.
    Own,
}

/// What a file holds, as its name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::write) enum Kind {
    /// A text.
    Text,
    /// Objects of JSON: lines, or arrays.
    Json,
    /// Comma-separated rows.
    Csv,
    /// Rows separated by tabulators.
    Tsv,
    /// A table.
    Parquet,
}

impl Kind {
    /// What a file is called, without the name of a compression: `None` if the name says nothing to loaders.
    fn of(path: &str) -> Option<Self> {
        let path = path.strip_suffix(".gz").or_else(|| path.strip_suffix(".zst")).unwrap_or(path);
        let name = path.rsplit('/').next().unwrap_or_default();
        match name.rsplit_once('.')?.1 {
            "txt" => Some(Self::Text),
            "json" | "jsonl" | "ndjson" => Some(Self::Json),
            "csv" => Some(Self::Csv),
            "tsv" => Some(Self::Tsv),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }

    /// The builder's name.
    pub(in crate::write) fn builder(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Csv | Self::Tsv => "csv",
            Self::Parquet => "parquet",
        }
    }

    /// Media type of the files, where JSON stands in lines.
    pub(in crate::write) fn media_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain",
            Self::Json => "application/jsonlines",
            Self::Csv => "text/csv",
            Self::Tsv => "text/tsv",
            Self::Parquet => "application/x-parquet",
        }
    }
}

/// Files of the corpus that a loader reads together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::write) struct Layout {
    pub(in crate::write) kind: Kind,
    pub(in crate::write) records: Records,
    /// Patterns of their paths.
    pub(in crate::write) files: Vec<String>,
    /// Endings of the files beside them that are no part of it; empty if these are all.
    pub(in crate::write) others: BTreeSet<String>,
    /// Bytes of the files.
    pub(in crate::write) bytes: u64,
}

impl Layout {
    /// The layout of what was written; `None` if there is nothing, or nothing that a loader knows by its name.
    pub(in crate::write) fn of(outputs: &[FileHash], records: Records) -> Option<Self> {
        let corpus = || outputs.iter().filter(|file| file.path.starts_with(FOLDER));
        let mut bytes: BTreeMap<Kind, u64> = BTreeMap::new();
        for (kind, size) in corpus().filter_map(|file| Some((Kind::of(&file.path)?, file.bytes))) {
            let sum = bytes.entry(kind).or_default();
            *sum = sum.saturating_add(size);
        }
        // Of what is equally large the first.
        let (kind, bytes) =
            bytes.into_iter().max_by_key(|(kind, bytes)| (*bytes, std::cmp::Reverse(*kind)))?;
        let (mut own, mut others) = (BTreeSet::new(), BTreeSet::new());
        let mut is_flat = true;
        for file in corpus() {
            let into = if Kind::of(&file.path) == Some(kind) { &mut own } else { &mut others };
            into.insert(ending(&file.path));
            is_flat &= !file.path[FOLDER.len()..].contains('/');
        }
        let folder = if is_flat { FOLDER.to_owned() } else { format!("{FOLDER}**/") };
        let files = own.into_iter().map(|ending| format!("{folder}*{ending}")).collect();
        Some(Self { kind, records, files, others, bytes })
    }

    /// Whether the records stand in files that are each one value of JSON, mostly an array.
    pub(in crate::write) fn is_whole_json(&self) -> bool {
        let is_value =
            |file: &String| [".json", ".json.gz", ".json.zst"].iter().any(|end| file.ends_with(end));
        self.files.iter().all(is_value)
    }

    /// Media type of the files.
    pub(in crate::write) fn media_type(&self) -> &'static str {
        if self.is_whole_json() { "application/json" } else { self.kind.media_type() }
    }

    /// Whether all files of the corpus are part of it.
    pub(in crate::write) fn is_whole(&self) -> bool {
        self.others.is_empty()
    }
}

/// What a file's name ends in, with that of a compression: `.jsonl.gz`; empty if in nothing.
fn ending(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or_default();
    let (rest, packed) = ["gz", "zst"]
        .iter()
        .find_map(|end| Some((name.strip_suffix(&format!(".{end}"))?, format!(".{end}"))))
        .unwrap_or((name, String::new()));
    let plain = |end: &&str| !end.is_empty() && end.bytes().all(|b| b.is_ascii_alphanumeric());
    let inner = rest.rsplit_once('.').map(|(_, end)| end).filter(plain);
    inner.map_or(packed.clone(), |end| format!(".{end}{packed}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(files: &[(&str, u64)]) -> Option<Layout> {
        let file = |(path, bytes): &(&str, u64)| FileHash {
            path: (*path).to_owned(),
            bytes: *bytes,
            sha256: String::new(),
        };
        Layout::of(&files.iter().map(file).collect::<Vec<_>>(), Records::Own)
    }

    #[test]
    fn files_of_one_kind_are_all_of_the_corpus() {
        let one = layout(&[("clusters.jsonl", 9), ("data/a.jsonl.gz", 1), ("data/b.jsonl.gz", 2)]).unwrap();
        assert_eq!(
            (one.kind, one.files.as_slice(), one.bytes),
            (Kind::Json, &["data/*.jsonl.gz".to_owned()][..], 3)
        );
        assert!(one.is_whole());
        let deep = layout(&[("data/a/b.json", 1), ("data/a.jsonl", 2)]).unwrap();
        assert_eq!(deep.files, ["data/**/*.json", "data/**/*.jsonl"]);
        assert!(deep.is_whole());
        assert_eq!(deep.media_type(), "application/jsonlines");
        let array = layout(&[("data/a.json.gz", 1), ("data/b.json", 1)]).unwrap();
        assert_eq!(array.media_type(), "application/json");
    }

    #[test]
    fn of_several_kinds_the_largest_is_the_corpus_and_the_others_are_named() {
        let mixed =
            layout(&[("data/a.csv", 5), ("data/README", 100), ("data/b.x.txt", 3), ("data/c.txt", 3)])
                .unwrap();
        assert_eq!((mixed.kind, mixed.files.as_slice()), (Kind::Text, &["data/*.txt".to_owned()][..]));
        assert!(mixed.others.iter().eq(["", ".csv"]) && !mixed.is_whole());
        assert_eq!(layout(&[("data/a.md", 5)]), None);
        assert_eq!(layout(&[]), None);
    }
}
