//! The lists of a former run, as far as the report needs them.
//!
//! Invariant: a list is read only if it still has the hash that the manifest names. One line is held at a time; of a
//! cluster only the members that are asked for.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Lines, Seek, SeekFrom};
use std::marker::PhantomData;
use std::path::Path;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, SeqAccess, Visitor};

use crate::document::Decimal4;
use crate::error::{Error, Result, on_one_line};
use crate::write::durable::hash_file;
use crate::write::lists::{Form, List, REJECTS};
use crate::write::manifest::Manifest;
use crate::write::record::{Cluster, DocumentLine, Member, Reject, Relation};
use crate::write::report::{Clusters, Extract, Outline};

/// The lists in one OUT.
pub(super) struct Lists<'a> {
    out: &'a Path,
    pub(super) form: Form,
}

impl<'a> Lists<'a> {
    /// Finds the lists of a run with this manifest.
    ///
    /// # Errors
    /// [`Error::Usage`] if one is missing or was edited.
    pub(super) fn open(out: &'a Path, manifest: &Manifest) -> Result<Self> {
        let (_, form) = List::Clusters.find(out)?;
        for name in [List::Clusters.file(form), List::Documents.file(form), REJECTS.to_owned()] {
            let named = manifest.outputs.iter().find(|file| file.path == name);
            let there = hash_file(&out.join(&name)).ok();
            if named.map(|file| &file.sha256) != there.as_ref().map(|(_, sha256)| sha256) || named.is_none() {
                return Err(Error::usage(
                    format!(
                        "{}: edited or deleted since; nothing was touched",
                        on_one_line(out.join(name).display())
                    ),
                    "`tamis clean INPUT -o OUT` writes it, and the report with it",
                ));
            }
        }
        Ok(Self { out, form })
    }

    /// The list of documents, line by line.
    pub(super) fn documents(&self) -> Result<JsonLines<DocumentLine>> {
        let (path, _) = List::Documents.find(self.out)?;
        Ok(JsonLines {
            path: path.display().to_string(),
            lines: BufReader::with_capacity(1 << 18, List::Documents.as_lines(self.out)?).lines(),
            of: PhantomData,
        })
    }

    /// The rejects.
    pub(super) fn rejects(&self) -> Result<Vec<Reject>> {
        let path = self.out.join(REJECTS);
        let file = File::open(&path).map_err(Error::io(&path, "cannot read"))?;
        let lines = BufReader::new(file).lines();
        JsonLines { path: path.display().to_string(), lines, of: PhantomData }.collect()
    }

    /// The clusters; each is read when it is asked for.
    pub(super) fn clusters(&self) -> Result<ClusterList> {
        let (path, _) = List::Clusters.find(self.out)?;
        let mut file = List::Clusters.as_lines(self.out)?;
        let mut read = || -> io::Result<Vec<(u64, Outline)>> {
            let mut outlines = Vec::new();
            let buffered = BufReader::with_capacity(1 << 18, &mut file);
            let mut stream = serde_json::Deserializer::from_reader(buffered).into_iter::<Head>();
            let mut start = 0;
            while let Some(head) = stream.next() {
                let Head { relation, size, min_similarity: least } = head?;
                outlines.push((start, Outline { relation, size, least }));
                start = stream.byte_offset() as u64;
            }
            Ok(outlines)
        };
        let outlines = read().map_err(Error::io(&path, "cannot read"))?;
        Ok(ClusterList { path: path.display().to_string(), outlines, file: RefCell::new(file) })
    }
}

/// The lines of a file, each an object.
pub(super) struct JsonLines<T> {
    path: String,
    lines: Lines<BufReader<File>>,
    of: PhantomData<T>,
}

impl<T: DeserializeOwned> Iterator for JsonLines<T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.lines.next()?;
        let read = line.and_then(|line| Ok(serde_json::from_str(&line)?));
        Some(read.map_err(Error::io(&self.path, "cannot read")))
    }
}

/// A cluster without its members.
#[derive(Deserialize)]
struct Head {
    relation: Relation,
    size: usize,
    min_similarity: Decimal4,
}

/// The clusters of a former run: where each begins, and what it is like.
pub(super) struct ClusterList {
    path: String,
    outlines: Vec<(u64, Outline)>,
    file: RefCell<File>,
}

impl Clusters for ClusterList {
    fn len(&self) -> usize {
        self.outlines.len()
    }

    fn outline(&self, place: usize) -> Outline {
        self.outlines[place].1
    }

    fn cluster(&self, place: usize) -> Result<Cluster> {
        let read = || -> io::Result<Cluster> {
            let mut file = self.file.borrow_mut();
            file.seek(SeekFrom::Start(self.outlines[place].0))?;
            let mut text = serde_json::Deserializer::from_reader(BufReader::new(&mut *file));
            let Cluster { id, relation, size, min_similarity, members, terms, sentences, dates } =
                Cluster::<Extracted>::deserialize(&mut text)?;
            Ok(Cluster { id, relation, size, min_similarity, members: members.0, terms, sentences, dates })
        };
        read().map_err(Error::io(&self.path, "cannot read"))
    }
}

/// Those members of a cluster that the report asks for.
#[derive(Default)]
struct Extracted(Vec<Member>);

impl<'de> Deserialize<'de> for Extracted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Extracted;

            fn expecting(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                to.write_str("members")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> std::result::Result<Extracted, A::Error> {
                let mut extract = Extract::default();
                while let Some(member) = all.next_element::<Member>()? {
                    extract.add(member.kind, member.similarity, member);
                }
                Ok(Extracted(extract.members()))
            }
        }
        deserializer.deserialize_seq(Members)
    }
}
