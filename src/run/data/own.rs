//! The fields that records have of their own, whatever their format: names, and values as JSON.
//!
//! Invariant: the text field holds the clean text, and nothing else is changed. Fields of CSV are strings under the names
//! of the header, values of tables are spelt as `arrow-json` spells them. What has no records has no fields.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, RecordBatch, StringArray};
use arrow_json::writer::{LineDelimited, WriterBuilder};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use arrow_select::filter::filter_record_batch;
use rustc_hash::FxHashMap;

use super::plan::Clean;
use crate::error::{Error, Result};
use crate::read::csv::{self, Header};
use crate::read::fields::TEXT;
use crate::read::parquet::Table;
use crate::read::{json_object, source};
use crate::run::corpus::Corpus;
use crate::run::options::{Fields, Format};

/// Rows of a table between two that are wanted, from which on those between are not read.
const GAP: u64 = 1024;

/// The fields of a record, in order, each name once.
pub(super) struct Own {
    /// Name and value, as JSON.
    fields: Vec<(String, String)>,
    /// Which of them is the text, if it is a field of its own.
    text: Option<usize>,
}

impl Own {
    /// Of fields with the same name the last.
    fn new(all: impl IntoIterator<Item = (String, String)>, text: Option<&str>) -> Self {
        let mut fields: Vec<(String, String)> = Vec::new();
        let mut places: FxHashMap<String, usize> = FxHashMap::default();
        for (name, value) in all {
            match places.get(&name) {
                Some(place) => fields[*place].1 = value,
                None => {
                    places.insert(name.clone(), fields.len());
                    fields.push((name, value));
                }
            }
        }
        Self { text: text.and_then(|text| places.get(text).copied()), fields }
    }

    /// All of them, as a line of JSON.
    pub(super) fn line(&self, into: &mut Vec<u8>) {
        let mut before = b'{';
        for (name, value) in &self.fields {
            into.push(before);
            into.extend(quoted(name).bytes());
            into.push(b':');
            into.extend(value.bytes());
            before = b',';
        }
        into.extend(b"}\n");
    }

    /// All but the text.
    pub(super) fn others(&self) -> impl Iterator<Item = (&str, &str)> {
        let others = self.fields.iter().enumerate().filter(|(place, _)| Some(*place) != self.text);
        others.map(|(_, (name, value))| (name.as_str(), value.as_str()))
    }
}

/// A string as JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The name under which the text of a column of CSV is written: one that a reader of JSON takes for the text too. In a
/// header the case of usual names does not matter.
pub(super) fn text_name(name: &str, fields: &Fields) -> String {
    let usual = TEXT.iter().find(|usual| fields.text.is_none() && usual.eq_ignore_ascii_case(name));
    usual.map_or(name, |usual| *usual).to_owned()
}

/// Finds the fields of the records of a batch; one a thread. What is known of one source is held at a time.
pub(super) struct Finder<'a> {
    corpus: &'a Corpus,
    fields: &'a Fields,
    /// Documents that are asked for.
    batch: &'a [u32],
    header: Option<(u32, Header)>,
    table: Option<(u32, Table)>,
    /// Rows of the table, as lines of JSON, by document.
    rows: FxHashMap<u32, String>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(corpus: &'a Corpus, fields: &'a Fields) -> Self {
        Self { corpus, fields, batch: &[], header: None, table: None, rows: FxHashMap::default() }
    }

    /// Goes on to another batch.
    pub(super) fn begin(&mut self, batch: &'a [u32]) {
        (self.batch, self.rows) = (batch, FxHashMap::default());
    }

    /// The fields of a document of the batch; none of one that is no record of fields.
    ///
    /// # Errors
    /// A source that is no longer what was read.
    pub(super) fn of(&mut self, clean: &Clean<'_>) -> Result<Option<Own>> {
        match self.corpus.sources[clean.document.source as usize].format {
            Format::Jsonl | Format::Json => self.of_object(clean),
            Format::Csv => self.of_row(clean).map(Some),
            Format::Parquet => self.of_table(clean).map(Some),
            _ => Ok(None),
        }
    }

    fn lost(&self, source: u32, cause: String) -> Error {
        Error::Lost { path: self.corpus.sources[source as usize].path.clone(), cause }
    }

    fn of_object(&self, clean: &Clean<'_>) -> Result<Option<Own>> {
        let (record, cuts) = clean.record()?;
        let mut line = Vec::with_capacity(record.len());
        self.corpus.append_clean_record(&clean.document, &record, &cuts, &mut line);
        let line = String::from_utf8_lossy(&line[crate::read::jsonl::mark_len(&line)..]).into_owned();
        let Some(all) = json_object::fields(&line) else { return Ok(None) };
        let text = match self.fields.text.as_deref() {
            Some(name) => Some(name.strip_prefix('/').unwrap_or(name)),
            None => TEXT.iter().copied().find(|name| all.iter().any(|(key, _)| key == name)),
        };
        Ok(Some(Own::new(all, text)))
    }

    fn of_row(&mut self, clean: &Clean<'_>) -> Result<Own> {
        let source = clean.document.source;
        if self.header.as_ref().is_none_or(|(of, _)| *of != source) {
            let head = self.corpus.head(source, csv::MOST_HEADER)?;
            let is_tsv = csv::is_tsv(&self.corpus.sources[source as usize].key);
            let header = csv::header(&head, csv::sniff(&head, is_tsv), self.fields);
            self.header = Some((source, header.map_err(|cause| self.lost(source, cause))?));
        }
        let (record, _) = clean.record()?;
        let text = clean.text()?;
        let Some((_, header)) = &self.header else { return Ok(Own::new([], None)) };
        let name = header.names.get(header.text).map(|name| text_name(name, self.fields)).unwrap_or_default();
        let all = csv::values(&record, header).into_iter().enumerate().map(|(place, (own, value))| {
            if place == header.text {
                (name.clone(), quoted(&String::from_utf8_lossy(&text)))
            } else {
                (own, quoted(&value))
            }
        });
        Ok(Own::new(all, Some(&name)))
    }

    fn of_table(&mut self, clean: &Clean<'_>) -> Result<Own> {
        let (source, index) = (clean.document.source, clean.document.index as u32);
        if !self.rows.contains_key(&index) {
            self.read_rows(source)?;
        }
        let line = self.rows.remove(&index).unwrap_or_default();
        let lost = || self.lost(source, "the table has other rows than were read".into());
        let all = json_object::fields(&line).ok_or_else(lost)?;
        let text =
            self.table.as_ref().map(|(_, table)| table.schema().field(table.text_column()).name().clone());
        Ok(Own::new(all, text.as_deref()))
    }

    /// Reads all rows of the batch that stand in the table of `source`.
    fn read_rows(&mut self, source: u32) -> Result<()> {
        let entry = &self.corpus.sources[source as usize];
        if self.table.as_ref().is_none_or(|(of, _)| *of != source) {
            let file = entry.open().map_err(|e| self.lost(source, source::cause(&e)))?;
            let table = Table::open(file, self.fields).map_err(|cause| self.lost(source, cause))?;
            self.table = Some((source, table));
        }
        let Some((_, table)) = &self.table else { return Ok(()) };
        // Rows of the table in their order, each with its document.
        let mut wanted: Vec<(u64, u32)> = Vec::new();
        for index in self.batch {
            let document = self.corpus.document(*index as usize)?;
            if document.source == source {
                wanted.push((document.record(), *index));
            }
        }
        wanted.sort_unstable();
        let mut rows = FxHashMap::default();
        for near in wanted.chunk_by(|a, b| b.0 - a.0 < GAP) {
            let (Some((first, _)), Some((last, _))) = (near.first(), near.last()) else { continue };
            for (group, here) in table.row_groups().enumerate() {
                let part = *first.max(&here.start)..here.end.min(last + 1);
                if part.is_empty() {
                    continue;
                }
                let read = table.batches(group, part, None, &mut |first, batch| {
                    let end = first + batch.num_rows() as u64;
                    let inside = near.partition_point(|w| w.0 < first)..near.partition_point(|w| w.0 < end);
                    self.add_lines(table, (first, batch), &near[inside], &mut rows)
                });
                read.map_err(|failed| match failed {
                    Failed::Input(cause) => self.lost(source, cause),
                    Failed::Other(error) => error,
                })?;
            }
        }
        entry.open().map_err(|e| self.lost(source, source::cause(&e)))?;
        self.rows.extend(rows);
        Ok(())
    }

    /// Adds the `wanted` rows of a batch of a table, with their clean texts.
    fn add_lines(
        &self,
        table: &Table,
        (first, batch): (u64, &RecordBatch),
        wanted: &[(u64, u32)],
        rows: &mut FxHashMap<u32, String>,
    ) -> std::result::Result<(), Failed> {
        let mut stays = vec![false; batch.num_rows()];
        let mut texts = Vec::with_capacity(wanted.len());
        for (row, index) in wanted {
            stays[(row - first) as usize] = true;
            let text = self.corpus.clean_text(*index as usize).map_err(Failed::Other)?;
            texts.push(String::from_utf8_lossy(&text).into_owned());
        }
        let lines = lines_of(table, batch, stays, texts);
        let lines = lines.map_err(|e| Failed::Input(format!("a value has no form in JSON: {e}")))?;
        rows.extend(wanted.iter().zip(lines.lines()).map(|((_, index), line)| (*index, line.to_owned())));
        Ok(())
    }
}

/// Why the rows of a table could not be read.
enum Failed {
    /// The input, in plain words.
    Input(String),
    Other(Error),
}

impl From<String> for Failed {
    fn from(cause: String) -> Self {
        Self::Input(cause)
    }
}

/// Those rows that stay, as lines of JSON, with these texts.
fn lines_of(
    table: &Table,
    batch: &RecordBatch,
    stays: Vec<bool>,
    texts: Vec<String>,
) -> std::result::Result<String, ArrowError> {
    let rows = filter_record_batch(batch, &BooleanArray::from(stays))?;
    let mut columns: Vec<ArrayRef> = rows.columns().to_vec();
    columns[table.text_column()] = Arc::new(StringArray::from_iter_values(texts));
    let mut fields: Vec<Field> = rows.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
    let text = &mut fields[table.text_column()];
    *text = Field::new(text.name(), DataType::Utf8, true);
    let rows = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?;
    let mut writer =
        WriterBuilder::new().with_explicit_nulls(true).build::<_, LineDelimited>(Vec::<u8>::new());
    writer.write(&rows)?;
    writer.finish()?;
    Ok(String::from_utf8_lossy(&writer.into_inner()).into_owned())
}
