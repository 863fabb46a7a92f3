//! Writes `data/`, the clean corpus: of every source what stays, as it stood there ([`mirror`]), or all documents in
//! one format ([`parts`], [`texts`]).
//!
//! What is written depends on documents and options alone, in the order of the keys; threads and parts of the input do
//! not show. Only what is under way is held.

mod columns;
mod described;
mod known;
mod left;
mod mirror;
mod names;
mod own;
mod parts;
mod plan;
mod segments;
mod tables;
mod texts;

pub(super) use described::{records, text_field};
pub(super) use left::{Left, Recipes, path as twin_path};
pub(super) use mirror::write as write_twins;

use super::corpus::{Corpus, Segment};
use super::ledger::Known;
use super::options::{Copies, Format, Options, To};
use super::progress::Progress;
use crate::document::Status;
use crate::error::Result;
use crate::write::lists::Form;
use crate::write::staging::Staging;

/// Whether a document stands in the clean corpus.
pub(super) fn is_written(status: Status, copies: Copies) -> bool {
    match status {
        Status::Kept => true,
        Status::Identical | Status::Near => copies == Copies::Tag,
        Status::Emptied | Status::Reference => false,
    }
}

/// Twins that other machines make.
pub(super) trait Elsewhere {
    /// Has twins made that are not `left`, stages them, and leaves them.
    ///
    /// # Errors
    /// As [`write`].
    fn write(
        &mut self,
        corpus: &Corpus,
        options: &Options,
        left: &mut Left,
        staging: &mut Staging,
        progress: &dyn Progress,
    ) -> Result<()>;

    /// Tells them that there is nothing to write.
    ///
    /// # Errors
    /// What they cannot be told.
    fn nothing(&mut self, options: &Options) -> Result<()>;
}

/// Writes the clean corpus, but for what a former run made of the same. `known`: what a former
/// run left; `hashes`: those of the sources, by position; `elsewhere`: other machines, if there are.
///
/// # Errors
/// An interruption, a source that is no longer what was read, and files that cannot be written.
pub(super) fn write(
    corpus: &Corpus,
    options: &Options,
    (known, hashes): (&Known, &[Option<String>]),
    elsewhere: Option<&mut dyn Elsewhere>,
    staging: &mut Staging,
    progress: &dyn Progress,
) -> Result<Written> {
    let mut json_columns = Vec::new();
    match options.to {
        None => {
            let recipes = Recipes::of(corpus, hashes, options);
            let mut left = recipes.leave(corpus, known, staging);
            if let Some(elsewhere) = elsewhere {
                elsewhere.write(corpus, options, &mut left, staging, progress)?;
            }
            mirror::write(corpus, options, &left, staging, progress)?;
            return Ok(Written { recipes, json_columns });
        }
        Some(to) => {
            if let Some(elsewhere) = elsewhere {
                elsewhere.nothing(options)?;
            }
            match to {
                To::Jsonl => parts::jsonl(corpus, options, staging, progress)?,
                To::Parquet => json_columns = parts::parquet(corpus, options, staging, progress)?,
                To::Text => texts::write(corpus, options, staging, progress)?,
            }
        }
    }
    Ok(Written { recipes: Recipes::none(), json_columns })
}

/// What is to be known of a corpus that was written.
pub(super) struct Written {
    /// What each twin is made of.
    pub(super) recipes: Recipes,
    /// Columns of tables that hold JSON text, since no other type holds all their values.
    pub(super) json_columns: Vec<String>,
}

/// How the lists are written: as tables where the corpus is tables.
pub(super) fn form(corpus: &Corpus, to: Option<To>) -> Form {
    let mut inputs = corpus.sources.iter().filter(|source| !source.reference).peekable();
    let is_tables = match to {
        None => inputs.peek().is_some() && inputs.all(|source| source.format == Format::Parquet),
        Some(to) => to == To::Parquet,
    };
    if is_tables { Form::Table } else { Form::Lines }
}

/// Bytes of input that a segment stands for.
pub(super) fn span(corpus: &Corpus, segment: &Segment) -> u64 {
    if segment.files {
        let first = segment.source as usize;
        corpus.sources[first..first + segment.rows.len()].iter().map(|s| s.bytes).sum()
    } else {
        corpus.shards[segment.shard as usize].span()
    }
}
