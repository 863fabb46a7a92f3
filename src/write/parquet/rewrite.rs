//! A table of the input again, with fewer rows and other texts.
//!
//! Every value of every other column stays what it was, and so do types, annotations and metadata of the file. Rows
//! stay in their order and in the row groups of the input, large ones cut up.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BinaryViewArray, BooleanArray, RecordBatch, StringViewArray};
use arrow_schema::{ArrowError, DataType};
use arrow_select::filter::filter_record_batch;
use arrow_select::interleave::interleave;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;

use super::{Output, check_len, checked, finish, properties, schema, unwritable};
use crate::error::{Error, Result};
use crate::read::parquet::{Table, Text};

/// What becomes of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// It is left out.
    Dropped,
    /// It stays as it is.
    Kept,
    /// It stays with this text.
    Cleaned(String),
}

/// Why a table could not be rewritten.
enum Failure {
    /// The input, in plain words.
    Input(String),
    /// The caller or the output.
    Other(Error),
}

impl From<String> for Failure {
    fn from(cause: String) -> Self {
        Self::Input(cause)
    }
}

/// Writes `table` to `output`, row by row as `fate` says: it is given each row's number and its text, or why it has
/// none, in order. A table of which every row is dropped is still a table, with its columns. Returns the number of
/// rows written and the output, flushed.
///
/// # Errors
/// [`Error::Lost`] with `name` as its path if the table turns out to be damaged, [`Error::Io`] if the output fails, and
/// whatever `fate` returns. What was written by then is no table.
pub fn rewrite<W: Write + Send>(
    table: &Table,
    name: &Path,
    output: W,
    fate: &mut dyn FnMut(u64, Text<'_>) -> Result<Row>,
) -> Result<(u64, W)> {
    let file = table.metadata().file_metadata();
    let arrow = table.schema();
    let mut writer = schema::to_write(file.schema_descr(), arrow)
        .and_then(|schema| {
            // What the input says of its Arrow types is among its keys and stays true.
            let properties = properties()?.set_key_value_metadata(file.key_value_metadata().cloned()).build();
            let options = ArrowWriterOptions::new()
                .with_properties(properties)
                .with_parquet_schema(schema)
                .with_skip_arrow_metadata(true);
            ArrowWriter::try_new_with_options(Output::new(output), Arc::clone(arrow), options)
        })
        .map_err(|e| unwritable(None, e))?;
    let mut written = 0;
    for (group, rows) in table.row_groups().enumerate() {
        let result = table.batches(group, rows, None, &mut |first, batch| {
            let Some(batch) = with_fates(batch, table.text_column(), first, fate)? else { return Ok(()) };
            written += batch.num_rows() as u64;
            let done = writer.write(&batch);
            checked(&mut writer, done).map_err(Failure::Other)
        });
        result.map_err(|failure| match failure {
            Failure::Input(cause) => Error::Lost { path: name.to_path_buf(), cause },
            Failure::Other(error) => error,
        })?;
        let done = writer.flush();
        checked(&mut writer, done)?;
    }
    Ok((written, finish(&mut writer)?))
}

/// As [`rewrite`], for who knows the rows that stay: their numbers, ascending, each with its new text, or none where the
/// text stays as it is.
///
/// # Errors
/// As [`rewrite`], the error of `kept`, and [`Error::Lost`] for a number that the table does not have or that does not
/// come after the one before.
pub fn rewrite_kept<W: Write + Send>(
    table: &Table,
    name: &Path,
    output: W,
    kept: impl IntoIterator<Item = Result<(u64, Option<String>)>>,
) -> Result<(u64, W)> {
    let mut kept = kept.into_iter();
    let mut next = kept.next().transpose()?;
    let done =
        rewrite(table, name, output, &mut |row, _| match next.take_if(|(number, _)| *number == row) {
            Some((_, text)) => {
                next = kept.next().transpose()?;
                Ok(text.map_or(Row::Kept, Row::Cleaned))
            }
            None => Ok(Row::Dropped),
        })?;
    match next {
        Some((row, _)) => {
            Err(Error::Lost { path: name.to_path_buf(), cause: format!("the table has no row {row} there") })
        }
        None => Ok(done),
    }
}

/// The rows of `batch` that stay, with their texts; none if no row stays.
fn with_fates(
    batch: &RecordBatch,
    column: usize,
    first: u64,
    fate: &mut dyn FnMut(u64, Text<'_>) -> Result<Row>,
) -> Result<Option<RecordBatch>, Failure> {
    let texts = batch.column(column);
    let mut stays = Vec::with_capacity(batch.num_rows());
    let mut cleaned: Vec<String> = Vec::new();
    // For each row where its text is: (0, row) in the batch, (1, i) among the cleaned ones.
    let mut sources = Vec::with_capacity(batch.num_rows());
    for (row, number) in (0..batch.num_rows()).zip(first..) {
        let fate = fate(number, Table::text(texts, row)).map_err(Failure::Other)?;
        stays.push(fate != Row::Dropped);
        sources.push(match fate {
            Row::Cleaned(text) => {
                check_len(text.len()).map_err(Failure::Other)?;
                cleaned.push(text);
                (1, cleaned.len() - 1)
            }
            Row::Dropped | Row::Kept => (0, row),
        });
    }
    if !stays.contains(&true) {
        return Ok(None);
    }
    let rows =
        if cleaned.is_empty() { Ok(batch.clone()) } else { replaced(batch, column, &cleaned, &sources) };
    let rows = match rows {
        Ok(rows) if stays.contains(&false) => filter_record_batch(&rows, &BooleanArray::from(stays)),
        rows => rows,
    };
    rows.map(Some).map_err(|e| Failure::Other(unwritable(None, e.into())))
}

/// `batch` with other texts. Texts that stay are not copied.
fn replaced(
    batch: &RecordBatch,
    column: usize,
    cleaned: &[String],
    sources: &[(usize, usize)],
) -> Result<RecordBatch, ArrowError> {
    let texts = batch.column(column);
    let cleaned: ArrayRef = match texts.data_type() {
        DataType::Utf8View => Arc::new(StringViewArray::from_iter_values(cleaned)),
        _ => Arc::new(BinaryViewArray::from_iter_values(cleaned)),
    };
    let mut columns = batch.columns().to_vec();
    columns[column] = interleave(&[texts.as_ref(), cleaned.as_ref()], sources)?;
    RecordBatch::try_new(batch.schema(), columns)
}
