//! A table of records: columns that are known beforehand, and values under their names.

use std::io::{self, Write};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::Schema;
use parquet::arrow::ArrowWriter;
use serde::Serialize;
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

    /// Adds a row: the fields of `record`, which is written as a JSON object and held whole.
    ///
    /// # Errors
    /// As [`RecordWriter::write`], and whatever `record` fails with when it is written.
    pub fn record(&mut self, record: &impl Serialize) -> Result<()> {
        match serde_json::to_value(record) {
            Ok(Value::Object(fields)) => self.write(fields),
            Ok(_) => Err(unfit("not an object".into())),
            Err(error) => Err(Error::io("the Parquet output", "cannot be written")(error.into())),
        }
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

#[cfg(test)]
mod tests {
    use arrow_array::Array;
    use arrow_array::cast::AsArray;
    use arrow_array::types::Int64Type;
    use serde_json::json;

    use super::super::tests::decoded;
    use super::super::{Kind, lists};
    use super::*;

    fn records(columns: Vec<Column>, rows: &[Value]) -> Result<RecordBatch> {
        let mut writer = RecordWriter::new(Vec::new(), columns)?;
        for row in rows {
            writer.write(row.as_object().unwrap().clone())?;
        }
        writer.finish().map(decoded)
    }

    #[test]
    fn records_come_back_as_the_columns_that_they_were_given_for() {
        let rows: Vec<Value> = (0..2500)
            .map(|r| match r % 2 {
                0 => json!({"text": format!("Text of record {r}."), "id": "an id"}),
                _ => json!({"text": format!("Text of record {r}."), "date": "2017-12", "id": null}),
            })
            .collect();
        let table = records(lists::corpus(), &rows).unwrap();
        let names: Vec<_> = table.schema().fields().iter().map(|f| f.name().clone()).collect();
        assert_eq!(names, ["id", "url", "date", "title", "lang", "site", "text"]);
        let texts: Vec<_> = table.column(6).as_string::<i32>().iter().flatten().collect();
        assert_eq!(texts, rows.iter().map(|r| r["text"].as_str().unwrap()).collect::<Vec<_>>());
        assert_eq!((table.column(0).null_count(), table.column(5).null_count()), (1250, 2500));
        assert!(table.schema().fields().iter().all(|f| f.is_nullable() == (f.name() != "text")));

        let empty = records(lists::corpus(), &[]).unwrap();
        assert_eq!((empty.num_rows(), empty.num_columns()), (0, 7));
    }

    #[test]
    fn nested_values_keep_what_is_null_and_what_is_empty_apart() {
        let inner =
            Kind::Object(vec![Column::required("a", Kind::Integer), Column::optional("b", Kind::Flag)]);
        let columns = vec![
            Column::optional("lists", Kind::List(Box::new(Kind::List(Box::new(Kind::Number))))),
            Column::optional("object", inner.clone()),
            Column::optional("objects", Kind::List(Box::new(inner))),
            Column::optional("entries", Kind::Entries(Box::new(Kind::Integer))),
        ];
        let rows = [
            json!({"lists": [[1, 2.5], [], null], "object": {"a": 1, "b": true}, "entries": {"x": 1, "y": null}}),
            json!({"lists": [], "objects": [{"a": 1}, null, {"a": -2, "b": false}], "entries": {}}),
            json!({}),
        ];
        let table = records(columns, &rows).unwrap();
        let shown = |column: usize, row: usize| {
            let array = table.column(column).slice(row, 1);
            format!("{:?}", array).split_whitespace().collect::<String>()
        };
        let nulls: Vec<_> = table.columns().iter().map(|c| c.null_count()).collect();
        assert_eq!(nulls, [1, 2, 2, 1]);
        let lists = table.column(0).as_list::<i32>();
        assert_eq!((lists.value(0).len(), lists.value(0).null_count(), lists.value(1).len()), (3, 1, 0));
        assert!(shown(0, 0).contains("1.0,2.5"), "{}", shown(0, 0));
        let objects = table.column(2).as_list::<i32>().value(1);
        assert_eq!(objects.as_struct().column(0).as_primitive::<Int64Type>().value(2), -2);
        assert_eq!((objects.null_count(), objects.as_struct().column(1).null_count()), (1, 2));
        let entries = table.column(3).as_list::<i32>().value(0);
        assert_eq!(
            entries.as_struct().column(0).as_string::<i32>().iter().flatten().collect::<Vec<_>>(),
            ["x", "y"]
        );
        assert_eq!(entries.as_struct().column(1).null_count(), 1);
    }

    #[test]
    fn a_record_that_does_not_fit_is_refused_and_the_table_goes_on() {
        let columns = vec![Column::required("text", Kind::Text), Column::optional("n", Kind::Integer)];
        let mut writer = RecordWriter::new(Vec::new(), columns).unwrap();
        let mut write =
            |row: Value| writer.write(row.as_object().unwrap().clone()).map_err(|e| e.to_string());
        let refused = |result: std::result::Result<(), String>| result.unwrap_err();
        assert!(refused(write(json!({"text": "a", "m": 1}))).ends_with("there is no column for `m`"));
        assert!(refused(write(json!({"n": 1}))).ends_with("the record has no `text`"));
        assert!(refused(write(json!({"text": "a", "n": 1.5}))).ends_with("`n`: not of the type Int64"));
        assert!(refused(write(json!({"text": ["a"]}))).ends_with("`text`: not of the type Utf8"));
        write(json!({"text": "a", "n": 7})).unwrap();
        assert_eq!(decoded(writer.finish().unwrap()).num_rows(), 1);
    }
}
