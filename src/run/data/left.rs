//! Clean twins that a former run wrote and that stay where they are.
//!
//! Invariant: a twin is left only if the same build would make it of the same parts of the same source, with the same
//! documents staying, and if the file has the hash that it had when it was made. What it is made of is its *recipe*: the
//! hash of the source, the names of its shards, which are hashes of content and rules, and which of their documents stay.
//! So nothing of the source is read to know it.

use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::Xxh3;

use super::is_written;
use crate::read::source::Source;
use crate::run::corpus::{Corpus, Segment};
use crate::run::ledger::{Known, Made};
use crate::run::options::{Compress, Format, Options};
use crate::write::staging::Staging;

/// What the twin of each source is made of, by position; none of those that have no twin.
pub(in crate::run) struct Recipes {
    recipes: Vec<Option<u128>>,
    compress: Compress,
}

impl Recipes {
    /// No twins.
    pub(super) fn none() -> Self {
        Self { recipes: Vec::new(), compress: Compress::None }
    }

    /// Those of all sources, whose hashes are given by position.
    pub(super) fn of(corpus: &Corpus, hashes: &[Option<String>], options: &Options) -> Self {
        let mut recipes = vec![None; corpus.sources.len()];
        // The options that decide how what stays is spelt; fields are those of tables, whose texts are found again.
        let begin = format!("{} {:?} {:?}", env!("TAMIS_BUILD"), options.compress, options.fields);
        let mut open: Option<(u32, Xxh3, bool)> = None;
        for segment in corpus.segments.iter().filter(|segment| !corpus.is_reference(segment)) {
            let shard = corpus.shards[segment.shard as usize].name().to_string();
            let stays = |row: u32| {
                let document = segment.first + (row - segment.rows.start);
                is_written(corpus.status[document as usize], options.copies)
            };
            if segment.files {
                for row in segment.rows.clone().filter(|row| stays(*row)) {
                    let source = segment.source_of(row) as usize;
                    let Some(hash) = &hashes[source] else { continue };
                    let recipe = format!("{begin} {hash} {shard} {row}");
                    recipes[source] = Some(xxhash_rust::xxh3::xxh3_128(recipe.as_bytes()));
                }
                continue;
            }
            let Some(sha256) = &hashes[segment.source as usize] else { continue };
            if open.as_ref().is_none_or(|(source, _, _)| *source != segment.source) {
                close(open.take(), &mut recipes);
                let mut hash = Xxh3::new();
                hash.update(format!("{begin} {sha256}").as_bytes());
                open = Some((segment.source, hash, false));
            }
            let Some((_, hash, any)) = &mut open else { continue };
            let Segment { rows, offset, record, .. } = segment;
            hash.update(format!("\n{shard} {rows:?} {offset} {record} ").as_bytes());
            let stay: Vec<u8> = rows.clone().map(|row| u8::from(stays(row))).collect();
            *any |= stay.contains(&1);
            hash.update(&stay);
        }
        close(open, &mut recipes);
        Self { recipes, compress: options.compress }
    }

    /// Leaves those that a former run made of the same; which, by position.
    pub(super) fn leave(&self, corpus: &Corpus, known: &Known, staging: &mut Staging) -> Left {
        let mut left = vec![false; corpus.sources.len()];
        for (source, recipe) in self.recipes.iter().enumerate() {
            let made = known.made(&corpus.sources[source].key).filter(|made| made.is_of(*recipe));
            left[source] = made.is_some_and(|made| {
                let path = path(corpus, source, self.compress);
                staging.leave(&path, &made.file(&path))
            });
        }
        Left(left)
    }

    /// What was made of the twin of a source, for the next run.
    pub(in crate::run) fn made(&self, corpus: &Corpus, source: usize, staging: &Staging) -> Option<Made> {
        let recipe = (*self.recipes.get(source)?)?;
        Some(Made::new(recipe, staging.staged(&path(corpus, source, self.compress))?))
    }
}

/// Where the twin of a source stands in OUT.
pub(in crate::run) fn path(corpus: &Corpus, source: usize, compress: Compress) -> PathBuf {
    let Source { mirror, format, .. } = &corpus.sources[source];
    let twin = Path::new("data").join(mirror);
    // Tables are compressed inside.
    if *format == Format::Parquet { twin } else { compress.path(&twin) }
}

fn close(open: Option<(u32, Xxh3, bool)>, recipes: &mut [Option<u128>]) {
    if let Some((source, hash, true)) = open {
        recipes[source as usize] = Some(hash.digest128());
    }
}

/// Sources whose twins need not be made.
pub(in crate::run) struct Left(Vec<bool>);

impl Left {
    /// None of them, of so many.
    pub(in crate::run) fn none(sources: usize) -> Self {
        Self(vec![false; sources])
    }

    /// Leaves the twin of a source.
    pub(in crate::run) fn hold(&mut self, source: u32) {
        self.0[source as usize] = true;
    }

    /// Whether the twin of a source is.
    pub(in crate::run) fn holds(&self, source: u32) -> bool {
        self.0[source as usize]
    }

    /// Whether nothing of a segment is to be written.
    pub(in crate::run) fn holds_all(&self, segment: &Segment) -> bool {
        segment.rows.clone().all(|row| self.holds(segment.source_of(row)))
            && (!segment.rows.is_empty() || self.holds(segment.source))
    }
}
