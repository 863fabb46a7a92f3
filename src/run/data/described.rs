//! What loaders must be told of the records: what they hold, and what their text is called.

use std::fs::File;
use std::io::Read;

use serde_json::{Map, Value};

use super::own::text_name;
use crate::document::Status;
use crate::read::csv;
use crate::read::fields::TEXT;
use crate::read::parquet::Table;
use crate::read::source::{Packing, Source};
use crate::run::corpus::Corpus;
use crate::run::options::{Format, Options, To};
use crate::write::card::Records;

/// Bytes of a file of rows in which its header stands.
const HEAD: u64 = 1 << 18;

/// What the records of the corpus hold.
pub(in crate::run) fn records(corpus: &Corpus, options: &Options) -> Records {
    let mut sources = corpus.sources.iter().filter(|source| !source.reference);
    match options.to {
        Some(To::Text) => Records::Texts,
        None if sources.all(|source| source.format.is_single()) => Records::Texts,
        Some(To::Jsonl) if sources.any(|source| has_fields(source.format)) => Records::Own,
        Some(To::Jsonl | To::Parquet) => Records::Known,
        None => Records::Own,
    }
}

/// Whether records of a format have fields of their own.
fn has_fields(format: Format) -> bool {
    matches!(format, Format::Jsonl | Format::Json | Format::Csv | Format::Parquet)
}

/// What the text of a record is called in the first source of records that leaves some; `None` if that cannot be told, or if it lies deeper.
pub(in crate::run) fn text_field(corpus: &Corpus, options: &Options) -> Option<String> {
    if let Some(name) = &options.fields.text {
        return (!name.starts_with('/')).then(|| name.clone());
    }
    let is_json = |format: Format| matches!(format, Format::Jsonl | Format::Json);
    let kept = corpus.segments.iter().filter(|segment| !segment.files).find_map(|segment| {
        let written = |index: &usize| corpus.status[*index] == Status::Kept;
        let first = segment.first as usize;
        (first..first + segment.rows.len()).find(written)
    })?;
    let document = corpus.document(kept).ok()?;
    let source = &corpus.sources[document.source as usize];
    match source.format {
        _ if options.to == Some(To::Parquet) => Some("text".to_owned()),
        format if is_json(format) => {
            let mut record = Vec::new();
            corpus.record(&document, &mut record).ok()?;
            let record: Map<String, Value> = serde_json::from_slice(record.trim_ascii()).ok()?;
            TEXT.iter()
                .find(|name| record.get(**name).is_some_and(Value::is_string))
                .map(|name| (*name).to_owned())
        }
        Format::Csv => {
            let name = header(source, options)?;
            Some(if options.to.is_none() { name } else { text_name(&name, &options.fields) })
        }
        Format::Parquet => {
            let table = Table::open(File::open(&source.path).ok()?, &options.fields).ok()?;
            table.schema().fields().get(table.text_column()).map(|column| column.name().clone())
        }
        _ => Some("text".to_owned()),
    }
}

/// The text column of a file of rows that is not packed.
fn header(source: &Source, options: &Options) -> Option<String> {
    if source.packing != Packing::Plain {
        return None;
    }
    let mut head = Vec::new();
    File::open(&source.path).ok()?.take(HEAD).read_to_end(&mut head).ok()?;
    let dialect = csv::sniff(&head, csv::is_tsv(&source.key));
    let header = csv::header(&head, dialect, &options.fields).ok()?;
    header.names.get(header.text).cloned()
}
