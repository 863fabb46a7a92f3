//! A table of records: columns that are known beforehand, and values under their names.

use std::io::{self, Write};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::Schema;
use parquet::arrow::ArrowWriter;
use serde_json::Value;

use super::{Column, Output, check_len, checked, finish, properties, unwritable};
use crate::error::{Error, Result};

/// Records and bytes that are collected before they are encoded.
const BATCH_ROWS: usize = 1024;
const BATCH_BYTES: usize = 8 << 20;

/// Writes records as one Parquet file: first in, first row.
///
/// Holds at most 1,024 records and about 8 MiB of them, or one larger one, beside the row group that is being encoded.
///
/// ```
/// use tamis::write::parquet::{Column, Kind, RecordWriter};
/// let columns = vec![Column::required("text", Kind::Text), Column::optional("words", Kind::Integer)];
/// let mut table = RecordWriter::new(Vec::new(), columns)?;
/// table.write([("text".to_owned(), "A word.".into()), ("words".to_owned(), 2.into())])?;
/// assert!(table.finish()?.starts_with(b"PAR1"));
/// # Ok::<(), tamis::error::Error>(())
/// ```
pub struct RecordWriter<W: Write + Send> {
    writer: ArrowWriter<Output<W>>,
    schema: Arc<Schema>,
    columns: Vec<Column>,
    /// Values that are to be encoded, by column.
    values: Vec<Vec<Value>>,
    rows: usize,
    bytes: usize,
}

impl<W: Write + Send> RecordWriter<W> {
    /// Begins a file with these columns in `output`.
    ///
    /// # Errors
    /// [`Error::Io`] if the output fails, or if an object without fields is to be a column: the format has none.
    pub fn new(output: W, columns: Vec<Column>) -> Result<Self> {
        let schema = Arc::new(Schema::new(columns.iter().map(Column::field).collect::<Vec<_>>()));
        let writer = properties()
            .and_then(|p| ArrowWriter::try_new(Output::new(output), Arc::clone(&schema), Some(p.build())))
            .map_err(|e| unwritable(None, e))?;
        let values = columns.iter().map(|_| Vec::new()).collect();
        Ok(Self { writer, schema, columns, values, rows: 0, bytes: 0 })
    }

    /// Adds a row: values under the names of columns, such as the fields of a JSON object. Columns that are not named
    /// are null; of values under one name the last counts.
    ///
    /// # Errors
    /// [`Error::Io`] if the output fails, if a name has no column, if a value is not of its column's type, or if the
    /// record is larger than 2 GiB. The table may be gone on with after the last three.
    pub fn write(&mut self, record: impl IntoIterator<Item = (String, Value)>) -> Result<()> {
        let mut row = vec![Value::Null; self.columns.len()];
        for (name, value) in record {
            let column = self.columns.iter().position(|c| c.name() == name);
            let place = column.and_then(|i| row.get_mut(i));
            *place.ok_or_else(|| unfit(format!("there is no column for `{name}`")))? = value;
        }
        self.columns.iter().zip(&row).try_for_each(|(column, value)| column.accepts(value)).map_err(unfit)?;
        let bytes: usize = row.iter().map(size).sum();
        check_len(bytes)?;
        if self.rows == BATCH_ROWS || self.rows > 0 && self.bytes + bytes > BATCH_BYTES {
            self.encode()?;
        }
        for (values, value) in self.values.iter_mut().zip(row) {
            values.push(value);
        }
        self.rows += 1;
        self.bytes += bytes;
        Ok(())
    }

    /// Writes the rest and the footer, and returns the output, flushed. Without this there is no table.
    ///
    /// # Errors
    /// [`Error::Io`] if the output fails.
    pub fn finish(mut self) -> Result<W> {
        self.encode()?;
        finish(&mut self.writer)
    }

    /// Encodes the records that were collected.
    fn encode(&mut self) -> Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        let arrays = self
            .columns
            .iter()
            .zip(&self.values)
            .map(|(column, values)| column.array(&values.iter().collect::<Vec<_>>()));
        let batch = arrays
            .collect::<Result<Vec<_>, _>>()
            .and_then(|arrays| RecordBatch::try_new(Arc::clone(&self.schema), arrays))
            .map_err(|e| unwritable(None, e.into()))?;
        self.values.iter_mut().for_each(Vec::clear);
        (self.rows, self.bytes) = (0, 0);
        let written = self.writer.write(&batch);
        checked(&mut self.writer, written)
    }
}

/// An error of the caller.
fn unfit(what: String) -> Error {
    Error::io("the Parquet output", "a record does not fit")(io::Error::new(
        io::ErrorKind::InvalidInput,
        what,
    ))
}

/// Bytes of a value in memory, about.
fn size(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::String(text) => text.len(),
            Value::Array(values) => values.iter().map(size).sum(),
            Value::Object(fields) => fields.iter().map(|(name, value)| name.len() + size(value)).sum(),
            _ => 0,
        }
}

impl<W: Write + Send> std::fmt::Debug for RecordWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordWriter").field("rows", &self.rows).finish_non_exhaustive()
    }
}
