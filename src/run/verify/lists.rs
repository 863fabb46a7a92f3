//! Reads the lists of an output, a line at a time: the one place that knows how they are written.

use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::marker::PhantomData;
use std::path::Path;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, SeqAccess, Visitor};

use crate::read::walk::plain;
use crate::write::lists::{List, REJECTS};
use crate::write::record::{DocumentLine, Kind, Reject, Relation};

/// A cluster without its members: there may be a million.
#[derive(Debug, Deserialize)]
pub(super) struct Outline {
    pub(super) relation: Relation,
    pub(super) size: u64,
    pub(super) members: Members,
}

/// How many members a cluster has, and how many of them were removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Members {
    pub(super) all: u64,
    pub(super) removed: u64,
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Member {
            kind: Kind,
        }
        struct Count;
        impl<'de> Visitor<'de> for Count {
            type Value = Members;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("members")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Members, A::Error> {
                let mut members = Members::default();
                while let Some(Member { kind }) = list.next_element()? {
                    members.all += 1;
                    members.removed += u64::from(matches!(kind, Kind::Identical | Kind::Near));
                }
                Ok(members)
            }
        }
        deserializer.deserialize_seq(Count)
    }
}

/// The lines of a list. After one that cannot be read comes none.
pub(super) struct Lines<T> {
    file: BufReader<File>,
    line: Vec<u8>,
    number: u64,
    ended: bool,
    of: PhantomData<T>,
}

impl<T: DeserializeOwned> Iterator for Lines<T> {
    type Item = Result<T, String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        self.line.clear();
        self.number += 1;
        let parsed = match self.file.read_until(b'\n', &mut self.line) {
            Ok(0) => return None,
            Ok(_) => serde_json::from_slice(&self.line).map_err(|e| format!("line {}: {e}", self.number)),
            Err(e) => Err(plain(&e)),
        };
        self.ended = parsed.is_err();
        Some(parsed)
    }
}

fn lines<T>(file: File) -> Lines<T> {
    let file = BufReader::with_capacity(1 << 18, file);
    Lines { file, line: Vec::new(), number: 0, ended: false, of: PhantomData }
}

/// What the list of documents is called, however it is written.
pub(super) const DOCUMENTS: &str = "documents";
/// What the list of clusters is called, however it is written.
pub(super) const CLUSTERS: &str = "clusters";

/// All documents, in the order of their keys.
///
/// # Errors
/// In plain words, as for each line.
pub(super) fn documents(out: &Path) -> Result<Lines<DocumentLine>, String> {
    List::Documents.as_lines(out).map(lines).map_err(|e| e.to_string())
}

/// All rejects, sorted.
///
/// # Errors
/// As [`documents`].
pub(super) fn rejects(out: &Path) -> Result<Lines<Reject>, String> {
    File::open(out.join(REJECTS)).map(lines).map_err(|e| format!("cannot be read: {}", plain(&e)))
}

/// Calls `each` for every cluster; no line is ever held.
///
/// # Errors
/// As [`documents`].
pub(super) fn clusters(out: &Path, each: &mut dyn FnMut(Outline)) -> Result<(), String> {
    let file = List::Clusters.as_lines(out).map_err(|e| e.to_string())?;
    let file = BufReader::with_capacity(1 << 18, file);
    for cluster in serde_json::Deserializer::from_reader(file).into_iter::<Outline>() {
        each(cluster.map_err(|e| e.to_string())?);
    }
    Ok(())
}
