//! A table of records: the same seven columns whatever the inputs were.

use std::io::Write;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::errors::ParquetError;

use super::{Output, check_len, checked, finish, properties, unwritable};
use crate::error::Result;

/// Names of the columns; only the last has a value in every row.
const COLUMNS: [&str; 7] = ["id", "url", "date", "title", "lang", "site", "text"];
/// Records and bytes that are collected before they are encoded.
const BATCH_ROWS: usize = 1024;
const BATCH_BYTES: usize = 8 << 20;

/// One row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Record<'a> {
    /// The record's own id.
    pub id: Option<&'a str>,
    /// Address of the page.
    pub url: Option<&'a str>,
    /// Date as far as it is known, such as `2017-12-30`.
    pub date: Option<&'a str>,
    /// Title.
    pub title: Option<&'a str>,
    /// Language code.
    pub lang: Option<&'a str>,
    /// Site.
    pub site: Option<&'a str>,
    /// The clean text.
    pub text: &'a str,
}

/// Writes records as one Parquet file.
pub struct RecordWriter<W: Write + Send> {
    writer: ArrowWriter<Output<W>>,
    schema: Arc<Schema>,
    columns: [StringBuilder; COLUMNS.len()],
    rows: usize,
    bytes: usize,
}

impl<W: Write + Send> RecordWriter<W> {
    /// Begins a file in `output`.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) if the output fails.
    pub fn new(output: W) -> Result<Self> {
        let fields: Vec<_> =
            COLUMNS.iter().map(|name| Field::new(*name, DataType::Utf8, *name != "text")).collect();
        let schema = Arc::new(Schema::new(fields));
        let writer = properties()
            .and_then(|p| ArrowWriter::try_new(Output::new(output), Arc::clone(&schema), Some(p.build())))
            .map_err(|e| unwritable(None, e))?;
        let columns = std::array::from_fn(|_| StringBuilder::new());
        Ok(Self { writer, schema, columns, rows: 0, bytes: 0 })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) if the output fails or the record is larger than 2 GiB.
    pub fn write(&mut self, record: &Record<'_>) -> Result<()> {
        let Record { id, url, date, title, lang, site, text } = *record;
        let values = [id, url, date, title, lang, site, Some(text)];
        let bytes: usize = values.iter().flatten().map(|v| v.len()).sum();
        check_len(bytes)?;
        if self.rows == BATCH_ROWS || self.rows > 0 && self.bytes + bytes > BATCH_BYTES {
            self.encode()?;
        }
        for (column, value) in self.columns.iter_mut().zip(values) {
            column.append_option(value);
        }
        self.rows += 1;
        self.bytes += bytes;
        Ok(())
    }

    /// Writes the rest and the footer, and returns the output, flushed. Without this there is no table.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) if the output fails.
    pub fn finish(mut self) -> Result<W> {
        self.encode()?;
        finish(&mut self.writer)
    }

    /// Encodes the records that were collected.
    fn encode(&mut self) -> Result<()> {
        let columns = self.columns.iter_mut().map(|c| Arc::new(c.finish()) as ArrayRef).collect();
        (self.rows, self.bytes) = (0, 0);
        let written = RecordBatch::try_new(Arc::clone(&self.schema), columns)
            .map_err(ParquetError::from)
            .and_then(|batch| self.writer.write(&batch));
        checked(&mut self.writer, written)
    }
}

impl<W: Write + Send> std::fmt::Debug for RecordWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordWriter").field("rows", &self.rows).finish_non_exhaustive()
    }
}
