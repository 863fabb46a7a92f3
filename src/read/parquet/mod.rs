//! Tables in Parquet files: rows as documents.
//!
//! A file that is damaged is refused as a whole, with its cause, and costs no more memory than an honest one: what its
//! footer claims is held against the file's length before anything is allocated.
//!
//! Rows are read in batches of at most 1,024 rows and about 16 MiB, whatever the size of a row group. Held at a time:
//! the footer (decoded, some 50 times its bytes at worst), of each column that is read one page and its dictionary, and
//! one batch. What a page and the texts of a row group may unpack to is bounded as in compressed files
//! ([`Limits`]). One row is never split: a
//! row with a large text, or with a list of many elements in [`rewrite`](crate::write::parquet::rewrite), is held whole.

mod cells;
mod chunks;
mod columns;
mod footer;
mod shapes;
mod thrift;

use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::{Array, RecordBatch};
use arrow_schema::Schema;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};
use parquet::file::reader::Length;

use self::chunks::Chunks;
use self::columns::Columns;
use crate::document::Metadata;
use crate::error::on_one_line;
use crate::read::compressed::Limits;
use crate::read::{guard, source};
use crate::run::options::Fields;

/// Rows in a batch, at most.
const BATCH_ROWS: u64 = 1024;
/// Bytes in a batch, about: tables with large texts are read in smaller batches.
const BATCH_BYTES: u64 = 16 << 20;
/// Bytes of a decoded value, about, with what tells where it stands in a list.
const VALUE_BYTES: u64 = 8;

/// The text of a row, or why it has none, in words for a reject.
pub type Text<'a> = Result<&'a str, &'static str>;

/// An open table of which the text column is known. May be read by several threads at once.
#[derive(Debug)]
pub struct Table {
    chunks: Chunks,
    meta: ArrowReaderMetadata,
    columns: Columns,
    /// First row of each row group, and the number of rows after them.
    starts: Vec<u64>,
}

impl Table {
    /// Opens a table and chooses its columns: those that `fields` names, else the same usual names as in JSON lines.
    ///
    /// # Errors
    /// In plain words, why the file cannot be used.
    pub fn open(file: File, fields: &Fields) -> Result<Self, String> {
        let chunks = Chunks::new(file).map_err(|e| cause(e.into()))?;
        // Types as they are stored: what a writer noted of its own types is for readers, and is kept as it is.
        let schema = guarded(|| footer::schema(&chunks))?;
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true).with_parquet_schema(schema);
        let meta = guarded(|| ArrowReaderMetadata::load(&chunks, options).map_err(cause))?;
        let starts = row_group_starts(meta.metadata(), chunks.len())?;
        let columns = Columns::choose(meta.schema(), fields)?;
        let options = ArrowReaderOptions::new().with_schema(Arc::new(columns::with_views(meta.schema())));
        let meta =
            guarded(|| ArrowReaderMetadata::try_new(Arc::clone(meta.metadata()), options).map_err(cause))?;
        Ok(Self { chunks, meta, columns, starts })
    }

    /// Number of rows.
    pub fn num_rows(&self) -> u64 {
        self.starts.last().copied().unwrap_or_default()
    }

    /// The rows of each row group, in order.
    pub fn row_groups(&self) -> impl ExactSizeIterator<Item = Range<u64>> {
        self.starts.windows(2).map(|w| w[0]..w[1])
    }

    /// Names and types of the columns as they are stored; strings and bytes of the top level are read as views.
    pub fn schema(&self) -> &Arc<Schema> {
        self.meta.schema()
    }

    /// Index of the text column.
    pub fn text_column(&self) -> usize {
        self.columns.text
    }

    /// Calls `each` for every row of `rows` in order, with its number, its text or why it has none, and what the other
    /// columns say.
    ///
    /// # Errors
    /// In plain words, why the file cannot be used; `each` may have seen some rows by then.
    pub fn rows(
        &self,
        rows: Range<u64>,
        each: &mut dyn FnMut(u64, Text<'_>, Metadata),
    ) -> Result<(), String> {
        let chosen = self.columns.all();
        let columns = self.columns.among(&chosen);
        for (group, here) in self.row_groups().enumerate() {
            let part = here.start.max(rows.start)..here.end.min(rows.end);
            if part.is_empty() {
                continue;
            }
            // A text that is written once for many rows is many texts to whoever gets them.
            let (packed, mut unpacked) = (self.packed_texts(group), 0);
            self.batches::<String>(group, part, Some(&chosen), &mut |first, batch| {
                let texts = batch.column(columns.text);
                for (row, number) in (0..batch.num_rows()).zip(first..) {
                    let text = cells::text(texts, row);
                    unpacked += text.map_or(0, str::len) as u64;
                    Limits::default().check(packed, unpacked).map_err(|e| e.to_string())?;
                    each(number, text, cells::metadata(batch, &columns, row));
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Calls `each` for batches of the rows of `part`, which lie in one row group, with the number of the first row:
    /// all columns, or those of `chosen`.
    pub(crate) fn batches<E: From<String>>(
        &self,
        group: usize,
        part: Range<u64>,
        chosen: Option<&[usize]>,
        each: &mut dyn FnMut(u64, &RecordBatch) -> Result<(), E>,
    ) -> Result<(), E> {
        let too_large = |_| "a row group has too many rows for this machine".to_owned();
        let skip = usize::try_from(part.start - self.starts[group]).map_err(too_large)?;
        let count = usize::try_from(part.end - part.start).map_err(too_large)?;
        let meta = self.meta.metadata();
        let mask = match chosen {
            Some(chosen) => ProjectionMask::roots(self.meta.parquet_schema(), chosen.iter().copied()),
            None => ProjectionMask::all(),
        };
        let rows_at_once = batch_rows(meta.row_group(group), &mask);
        let mut batches = guarded(|| {
            ParquetRecordBatchReaderBuilder::new_with_metadata(self.chunks.clone(), self.meta.clone())
                .with_row_groups(vec![group])
                .with_projection(mask)
                .with_batch_size(rows_at_once)
                .with_offset(skip)
                .with_limit(count)
                .build()
                .map_err(cause)
        })?;
        let mut next = part.start;
        while let Some(batch) = guarded(|| batches.next().transpose().map_err(|e| cause(e.into())))? {
            each(next, &batch)?;
            next += batch.num_rows() as u64;
        }
        if next == part.end {
            Ok(())
        } else {
            Err("the Parquet file holds fewer rows than it says".to_owned().into())
        }
    }

    /// Bytes in the file that hold the texts of a row group.
    fn packed_texts(&self, group: usize) -> u64 {
        let mask = ProjectionMask::roots(self.meta.parquet_schema(), [self.columns.text]);
        let columns = self.meta.metadata().row_group(group).columns().iter().enumerate();
        let texts = columns.filter(|(leaf, _)| mask.leaf_included(*leaf));
        texts.fold(0, |sum: u64, (_, c)| {
            sum.saturating_add(u64::try_from(c.compressed_size()).unwrap_or_default())
        })
    }

    /// The text of a row of a batch, or why it has none.
    pub(crate) fn text(texts: &dyn Array, row: usize) -> Text<'_> {
        cells::text(texts, row)
    }

    /// What the footer says.
    pub(crate) fn metadata(&self) -> &ParquetMetaData {
        self.meta.metadata()
    }
}

/// Bytes of a column once it is decoded, about. A value that is written once for many elements is many values then.
fn unpacked(column: &ColumnChunkMetaData) -> u64 {
    let levels = u64::try_from(column.num_values()).unwrap_or_default();
    u64::try_from(column.uncompressed_size()).unwrap_or_default().max(levels.saturating_mul(VALUE_BYTES))
}

/// Rows to read at once, so that a batch has a bounded number of bytes where rows are alike.
fn batch_rows(group: &RowGroupMetaData, mask: &ProjectionMask) -> usize {
    let columns = group.columns().iter().enumerate().filter(|(i, _)| mask.leaf_included(*i));
    let bytes = columns.fold(0, |sum: u64, (_, c)| sum.saturating_add(unpacked(c)));
    let rows = (group.num_rows() as u64).saturating_mul(BATCH_BYTES) / bytes.max(1);
    rows.clamp(1, BATCH_ROWS) as usize
}

/// The first row of each row group and the number of rows, once sizes and places are known to lie inside the file.
fn row_group_starts(meta: &ParquetMetaData, file_len: u64) -> Result<Vec<u64>, String> {
    let invalid = |what: &str| format!("not valid Parquet: {what}");
    let mut starts = vec![0];
    let mut rows = 0u64;
    for group in meta.row_groups() {
        rows = u64::try_from(group.num_rows())
            .ok()
            .and_then(|n| rows.checked_add(n))
            .ok_or_else(|| invalid("an impossible number of rows"))?;
        starts.push(rows);
        if group.columns().len() != meta.file_metadata().schema_descr().num_columns() {
            return Err(invalid("a row group lacks a column"));
        }
        for column in group.columns() {
            let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
            let end = start.checked_add(column.compressed_size());
            let is_inside = start >= 0
                && column.data_page_offset() >= 0
                && column.compressed_size() >= 0
                && column.uncompressed_size() >= 0
                && end.and_then(|end| u64::try_from(end).ok()).is_some_and(|end| end <= file_len);
            if !is_inside {
                return Err(invalid("a column lies outside the file"));
            }
        }
    }
    if u64::try_from(meta.file_metadata().num_rows()) != Ok(rows) {
        return Err(invalid("the rows of its row groups do not add up"));
    }
    Ok(starts)
}

/// What `step` of the decoder gives, or that it came across damage: levels that run past their page, in the main.
fn guarded<T>(step: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    let damaged = || Err("not valid Parquet: its pages contradict themselves".to_owned());
    guard::guarded(step).unwrap_or_else(damaged)
}

/// An error of the decoder in words for a reject.
fn cause(error: ParquetError) -> String {
    let words = match error {
        ParquetError::General(w) | ParquetError::EOF(w) | ParquetError::ArrowError(w) => {
            format!("not valid Parquet: {w}")
        }
        ParquetError::NYI(w) => format!("Parquet of a kind that is not read: {w}"),
        ParquetError::External(e) => match e.downcast::<std::io::Error>() {
            // What a page claims; not that the file changed.
            Ok(e) if e.kind() == io::ErrorKind::InvalidData => format!("not valid Parquet: {e}"),
            Ok(e) => source::cause(&e),
            Err(e) => format!("not valid Parquet: {e}"),
        },
        other => format!("not valid Parquet: {other}"),
    };
    on_one_line(words)
}

#[cfg(test)]
pub(crate) mod tests;
