//! Tables as Parquet files: a table of the input with fewer rows and other texts, or a table of records.
//!
//! The bytes depend on the rows alone: one thread, no time, no version, and page borders that follow from the values
//! (content-defined chunking), so that two versions of a corpus share most of their bytes.
//!
//! Held at a time: what is encoded of one row group, at most 131,072 rows and about 128 MiB, and one batch of rows (see
//! [`read::parquet`](crate::read::parquet) and [`RecordWriter`]).

mod column;
pub mod lists;
mod read_back;
mod records;
mod rewrite;
mod schema;

use std::io::{self, Write};

use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{CdcOptions, WriterProperties, WriterPropertiesBuilder};

pub use column::{Column, Kind};
pub use read_back::RecordReader;
pub use records::RecordWriter;
pub use rewrite::{Row, rewrite, rewrite_kept};

use crate::error::Error;

/// Rows in a row group, at most.
const GROUP_ROWS: usize = 128 << 10;
/// Encoded bytes in a row group, about: what the writer holds in memory.
const GROUP_BYTES: usize = 128 << 20;

/// Bytes in a value, at most: lengths are 32-bit numbers in the format.
const VALUE_BYTES: usize = i32::MAX as usize;

/// Fails for a value that the format cannot hold.
fn check_len(bytes: usize) -> Result<(), Error> {
    if bytes < VALUE_BYTES {
        return Ok(());
    }
    let what = io::Error::new(io::ErrorKind::InvalidInput, "a record is larger than 2 GiB");
    Err(Error::io("the Parquet output", "cannot be written")(what))
}

/// How every table is written.
fn properties() -> Result<WriterPropertiesBuilder, ParquetError> {
    Ok(WriterProperties::builder()
        .set_created_by("tamis".to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_content_defined_chunking(Some(CdcOptions::default()))
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_max_row_group_bytes(Some(GROUP_BYTES)))
}

/// The output, which remembers the error of its own that stopped the encoder, and is handed back at the end.
struct Output<W> {
    inner: Option<W>,
    failed: Option<io::Error>,
}

impl<W: Write> Output<W> {
    fn new(inner: W) -> Self {
        Self { inner: Some(inner), failed: None }
    }

    fn attempt<T>(&mut self, what: impl FnOnce(&mut W) -> io::Result<T>) -> io::Result<T> {
        let inner = self.inner.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        what(inner).map_err(|error| {
            let kind = error.kind();
            if kind != io::ErrorKind::Interrupted {
                self.failed.get_or_insert(error);
            }
            kind.into()
        })
    }
}

impl<W: Write> Write for Output<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.attempt(|inner| inner.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.attempt(W::flush)
    }
}

/// Ends a file: writes the footer, flushes, and hands back the output.
fn finish<W: Write + Send>(writer: &mut ArrowWriter<Output<W>>) -> Result<W, Error> {
    let finished = writer.finish().map(drop);
    checked(writer, finished)?;
    writer.inner_mut().inner.take().ok_or_else(|| unwritable(None, ParquetError::EOF("ended twice".into())))
}

/// The result of a step of `writer` as one of ours.
fn checked<W: Write + Send, T>(
    writer: &mut ArrowWriter<Output<W>>,
    result: Result<T, ParquetError>,
) -> Result<T, Error> {
    result.map_err(|e| unwritable(writer.inner_mut().failed.take(), e))
}

/// The error of a writer: the system's own words where the output failed, else those of the encoder.
fn unwritable(failed: Option<io::Error>, error: ParquetError) -> Error {
    Error::io("the Parquet output", "cannot be written")(failed.unwrap_or_else(|| io::Error::other(error)))
}

#[cfg(test)]
mod tests;
