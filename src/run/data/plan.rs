//! Which documents stand in which file of the corpus, and the way through them.
//!
//! A document's file follows from what it is alone: its digest, and its own id (of a file its key). So files are about
//! equally large, as chance makes them, and a document that comes, goes or changes touches its own files and no others.
//! Parts of equal size cut from the sorted corpus would shift every border behind it, and so would the number that a
//! record has in its source: a line that is added at the top renumbers all others. Inside a file documents stand in
//! the order of their keys.

use xxhash_rust::xxh3::xxh3_64;

use super::is_written;
use super::own::Finder;
use crate::error::{Error, Result};
use crate::run::corpus::{Corpus, Document, Names};
use crate::run::options::Options;
use crate::run::ordered::{in_order, width};
use crate::run::progress::{Phase, Progress};
use crate::shard::Shard;

/// Documents, and bytes of their records, that are worked on together.
const BATCH_DOCUMENTS: usize = 256;
const BATCH_BYTES: u64 = 1 << 20;

/// The documents of each file, in batches; about four bytes a document.
pub(super) struct Plan {
    files: Vec<Vec<Box<[u32]>>>,
    /// Bytes of all records.
    bytes: u64,
}

/// The documents of one file that no batch holds yet.
#[derive(Default, Clone)]
struct Batch {
    documents: Vec<u32>,
    bytes: u64,
}

impl Plan {
    /// Deals the documents that are written to `files` files.
    ///
    /// # Errors
    /// Where a shard cannot be read.
    pub(super) fn new(corpus: &Corpus, options: &Options, files: u32) -> Result<Self> {
        let mut plan = Self { files: vec![Vec::new(); files as usize], bytes: 0 };
        let mut batches = vec![Batch::default(); files as usize];
        for segment in &corpus.segments {
            let details = corpus.details_of_segment(segment)?;
            for document in corpus.documents_of(segment)? {
                if !is_written(corpus.status[document.index], options.copies) {
                    continue;
                }
                let file = match files {
                    1 => 0,
                    _ => {
                        let source = &corpus.sources[document.source as usize];
                        let own = details(&document)?.id;
                        let name = own.as_deref().or(source.format.is_single().then_some(&*source.key));
                        file_of(&document, name.unwrap_or_default(), files)
                    }
                };
                let bytes = u64::from(document.row.len);
                plan.bytes += bytes;
                let batch = &mut batches[file];
                if batch.documents.len() == BATCH_DOCUMENTS || batch.bytes + bytes > BATCH_BYTES {
                    plan.files[file].extend(batch.take());
                }
                batch.documents.push(document.index as u32);
                batch.bytes += bytes;
            }
        }
        for (file, mut batch) in plan.files.iter_mut().zip(batches) {
            file.extend(batch.take());
        }
        Ok(plan)
    }

    /// Number of files.
    pub(super) fn files(&self) -> usize {
        self.files.len()
    }

    /// Makes a piece of every batch, on any thread, and hands the pieces to `consume` in order, each with the number of
    /// its file. `add` is also given the way to the fields of the records.
    ///
    /// # Errors
    /// The first error of `add` or `consume`; an interruption.
    pub(super) fn each<'c, T: Default + Send>(
        &'c self,
        corpus: &'c Corpus,
        options: &'c Options,
        progress: &dyn Progress,
        add: impl Fn(&Clean<'_>, &mut Finder<'c>, &mut T) -> Result<()> + Sync,
        mut consume: impl FnMut(usize, T) -> Result<()>,
    ) -> Result<()> {
        progress.begin(Phase::Write, Some(self.bytes));
        let batches = self.files.iter().enumerate().flat_map(|(f, all)| all.iter().map(move |b| (f, &**b)));
        type State<'c> = (Option<(&'c Shard, Names)>, Finder<'c>);
        let work = |(names, finder): &mut State<'c>, (file, batch): (usize, &'c [u32])| {
            let mut piece = T::default();
            let mut bytes = 0;
            finder.begin(batch);
            for index in batch {
                let document = corpus.document(*index as usize)?;
                if names.as_ref().is_none_or(|(shard, _)| !std::ptr::eq(*shard, document.shard)) {
                    *names = Some((document.shard, corpus.names_in(document.shard)?));
                }
                let Some((_, names)) = names else { continue };
                bytes += u64::from(document.row.len);
                add(&Clean { corpus, document, names }, finder, &mut piece)?;
            }
            Ok((file, piece, bytes, batch.len() as u64))
        };
        in_order(
            batches,
            width(options.memory),
            || (None, Finder::new(corpus, &options.fields)),
            work,
            |made: Result<_>| {
                if let Some(signal) = progress.stop() {
                    return Err(Error::Interrupted(signal));
                }
                let (file, piece, bytes, documents) = made?;
                consume(file, piece)?;
                progress.advance(bytes, documents);
                Ok(())
            },
        )
    }
}

impl Batch {
    fn take(&mut self) -> Option<Box<[u32]>> {
        let Self { documents, .. } = std::mem::take(self);
        (!documents.is_empty()).then(|| documents.into_boxed_slice())
    }
}

/// A document that is written.
pub(super) struct Clean<'a> {
    pub(super) corpus: &'a Corpus,
    pub(super) document: Document<'a>,
    /// Sites and languages.
    pub(super) names: &'a Names,
}

/// The file of a document, among so many.
fn file_of(document: &Document<'_>, name: &str, files: u32) -> usize {
    let mut identity = document.row.digest.to_vec();
    identity.extend_from_slice(name.as_bytes());
    ((u128::from(xxh3_64(&identity)) * u128::from(files)) >> 64) as usize
}
