//! `manifest.json`: what was run on what, and what came out. Written last; readers believe only what it names.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::record::Relation;

/// Documents and bytes by what became of them. Always `kept + removed + emptied + rejected = read`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Documents read, rejected ones included.
    pub read: u64,
    /// Written to the clean corpus.
    pub kept: u64,
    /// Removed with the same normal form as a kept one.
    pub identical: u64,
    /// Removed as near copies.
    pub near: u64,
    /// Of which the rules left nothing.
    pub emptied: u64,
    /// That could not be used (see `rejects.jsonl`).
    pub rejected: u64,
    /// Documents that were kept before and are not written; no part of `read`.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub references: u64,
    /// Documents with the address of another one, crawled again.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub recrawls: u64,
    /// Decoded bytes of text read.
    pub bytes_in: u64,
    /// Decoded bytes of text cut by rules, removed copies included.
    pub bytes_cut: u64,
    /// Decoded bytes of clean text in removed copies.
    pub bytes_removed: u64,
    /// Decoded bytes of text in the clean corpus.
    pub bytes_out: u64,
    /// Clusters of copies, of excerpts, of coverage.
    pub copy_clusters: u64,
    /// Clusters of excerpts.
    pub excerpts: u64,
    /// Clusters of coverage.
    pub events: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// What one rule did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleCount {
    /// Number of cuts.
    pub cuts: u64,
    /// Documents in which it cut.
    pub documents: u64,
    /// Decoded bytes that it cut.
    pub bytes: u64,
}

/// One file, read or written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileHash {
    /// Relative to the input, or to OUT. Never absolute.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256, 64 hex digits.
    pub sha256: String,
}

/// The whole of `manifest.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// `tamis`.
    pub tool: String,
    /// Version of tamis.
    pub version: String,
    /// Options that affect the output, by long name, in the words of the command line.
    pub options: BTreeMap<String, String>,
    /// SHA-256 over the rules in use.
    pub rules_sha256: String,
    /// The token hash behind simhash and sketch.
    pub hasher: String,
    /// What became of the documents.
    pub counts: Counts,
    /// Documents whose text was converted, by what it was converted from: a charset.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub conversions: BTreeMap<String, u64>,
    /// Columns of the corpus that hold JSON text, since no other type holds all their values.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub json_columns: Vec<String>,
    /// By rule id.
    pub rules: BTreeMap<String, RuleCount>,
    /// Files read, sorted; members of archives and the archives themselves.
    pub inputs: Vec<FileHash>,
    /// Files that hold what was kept before, sorted.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub references: Vec<FileHash>,
    /// Files written, sorted; this file and README.md are not among them.
    pub outputs: Vec<FileHash>,
}

impl Manifest {
    /// Whether the run looked for clusters of this kind.
    pub fn looked_for(&self, relation: Relation) -> bool {
        let is_off = |option: &str| self.options.get(option).is_some_and(|value| value == "off");
        match relation {
            Relation::Copy | Relation::Excerpt => !is_off("copies"),
            Relation::Event => !is_off("events"),
        }
    }
}
