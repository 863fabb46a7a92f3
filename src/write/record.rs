//! The lines of `clusters.jsonl`, `documents.jsonl` and `rejects.jsonl`.
//!
//! Field order is the order of the file; every number that was measured is an exact decimal.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::document::{Decimal4, Origin, Status};

/// Why documents stand in one cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// A kept document and the copies of it that were removed.
    Copy,
    /// A short document most of which stands inside a longer one; both are kept.
    Excerpt,
    /// Kept documents that report the same event.
    Event,
}

/// What a member is to its cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The kept document of a copy cluster; the longer document of an excerpt cluster.
    Kept,
    /// Same normal form as the kept document.
    Identical,
    /// Similar to the kept document, at or above the threshold.
    Near,
    /// The short document of an excerpt cluster.
    Excerpt,
    /// A member of an event.
    Coverage,
}

/// One member of a cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// Document key.
    pub doc: String,
    /// The record's own id.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub id: Option<String>,
    /// What it is to the cluster.
    pub kind: Kind,
    /// To the kept document (copy: Jaccard), to the longer one (excerpt: containment), to the event (event).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub similarity: Option<Decimal4>,
    /// Hamming distance of the simhashes to the kept document, in bits of 64.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub distance: Option<u32>,
    /// Digest of the normal form, 64 hex digits.
    pub sha256: String,
    /// Simhash, 16 hex digits.
    pub simhash: String,
}

/// Two sentences of different members that say the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentencePair {
    /// Key of the first document.
    pub doc: String,
    /// Its sentence.
    pub text: String,
    /// Key of the second document.
    pub other_doc: String,
    /// Its sentence.
    pub other_text: String,
}

/// One line of `clusters.jsonl`. `M`: its members, where they are not at hand but made as they are written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cluster<M = Vec<Member>> {
    /// `c-`, `x-` or `e-` and 16 hex digits.
    pub id: String,
    /// Why these documents stand together.
    pub relation: Relation,
    /// Number of members.
    pub size: usize,
    /// The smallest similarity of a member.
    pub min_similarity: Decimal4,
    /// Members: the kept one first, then by key.
    pub members: M,
    /// Event only: what the articles share, heaviest first.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub terms: Vec<String>,
    /// Event only: the best pairs of sentences.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub sentences: Vec<SentencePair>,
    /// Event only: dates that at least two members name, as `2017-12-30` or `--12-30`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub dates: Vec<String>,
}

/// A date with where it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DateLine {
    /// As far as it is known: `2017-12-30`, `2017-12`, `2017`, `--12-30`.
    pub value: String,
    /// Where it was found.
    pub source: Origin,
}

/// One line of `documents.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocumentLine {
    /// Document key.
    pub doc: String,
    /// The record's own id.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub id: Option<String>,
    /// What became of it.
    pub status: Status,
    /// Key of the kept document that it is a copy of.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub of: Option<String>,
    /// Similarity to that document.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub similarity: Option<Decimal4>,
    /// Key of the first document with the same canonical address.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub recrawl_of: Option<String>,
    /// Site.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub site: Option<String>,
    /// Language.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lang: Option<String>,
    /// Date with its source.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub date: Option<DateLine>,
    /// What capturing rules read, by name; each name's values in text order.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub captures: BTreeMap<String, Vec<String>>,
    /// What its text was converted from: a charset.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub converted: Option<String>,
    /// Decoded bytes that came in.
    pub bytes_in: u64,
    /// Decoded bytes that remain (0 where emptied; for a removed copy, what would remain).
    pub bytes_out: u64,
    /// Decoded bytes cut, by rule id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub cut: BTreeMap<String, u64>,
}

/// One line of `rejects.jsonl`: an input that could not be used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reject {
    /// The file, as the first part of a document key.
    pub file: String,
    /// Record number in the file, from 0, where the cause is one record.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub record: Option<u64>,
    /// Byte range in the file, half open.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bytes: Option<[u64; 2]>,
    /// Why, in plain words.
    pub cause: String,
}
