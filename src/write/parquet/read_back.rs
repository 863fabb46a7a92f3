//! A table of records, read back: what [`RecordWriter`](super::RecordWriter) was given comes out again.

use std::fs::File;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Map, Value};

use super::{Column, Kind};
use crate::read::guard::guarded;

/// Rows that are decoded at a time.
const BATCH_ROWS: usize = 256;

/// An open table with the columns that are expected of it.
pub struct RecordReader {
    file: File,
    columns: Vec<Column>,
}

impl RecordReader {
    /// Opens a table.
    ///
    /// # Errors
    /// In plain words, why it cannot be read, or which column it does not have as it is expected.
    pub fn open(file: File, columns: Vec<Column>) -> Result<Self, String> {
        let again = file.try_clone().map_err(|e| e.to_string())?;
        let table = answer(|| ParquetRecordBatchReaderBuilder::try_new(again).map_err(|e| e.to_string()))?;
        for column in &columns {
            let there = table.schema().field_with_name(column.name());
            if there.ok().map(|field| field.data_type()) != Some(column.field().data_type()) {
                return Err(format!("not a table of tamis: the column `{}` is another one", column.name()));
            }
        }
        Ok(Self { file, columns })
    }

    /// Calls `each` with every row in order: its values under the names of columns. What is null is left out.
    ///
    /// # Errors
    /// In plain words, where the table is damaged; `each` may have seen some rows by then.
    pub fn each(&self, mut each: impl FnMut(Value)) -> Result<(), String> {
        let file = self.file.try_clone().map_err(|e| e.to_string())?;
        let mut batches = answer(|| {
            let table = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| e.to_string())?;
            table.with_batch_size(BATCH_ROWS).build().map_err(|e| e.to_string())
        })?;
        while let Some(batch) = answer(|| batches.next().transpose().map_err(|e| e.to_string()))? {
            for row in 0..batch.num_rows() {
                let value = |column: &Column| column.value(batch.column_by_name(column.name())?, row);
                each(object(&self.columns, value));
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for RecordReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordReader").field("columns", &self.columns).finish_non_exhaustive()
    }
}

/// What a decoder gives; its panics are answers too.
fn answer<T>(step: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    guarded(step).unwrap_or_else(|| Err("the table is damaged".into()))
}

fn object(columns: &[Column], value: impl Fn(&Column) -> Option<Value>) -> Value {
    let fields = columns.iter().filter_map(|column| Some((column.name().to_owned(), value(column)?)));
    Value::Object(fields.collect::<Map<String, Value>>())
}

impl Column {
    fn value(&self, array: &dyn Array, row: usize) -> Option<Value> {
        self.kind().value(array, row)
    }
}

impl Kind {
    /// The value of a row; none if it is null. The array is of this kind's type.
    fn value(&self, array: &dyn Array, row: usize) -> Option<Value> {
        if array.is_null(row) {
            return None;
        }
        Some(match self {
            Self::Text => array.as_string::<i32>().value(row).into(),
            Self::Integer => array.as_primitive::<Int64Type>().value(row).into(),
            Self::Number => array.as_primitive::<Float64Type>().value(row).into(),
            Self::Flag => array.as_boolean().value(row).into(),
            Self::List(kind) => {
                let items = array.as_list::<i32>().value(row);
                let value = |i| kind.value(&items, i).unwrap_or(Value::Null);
                Value::Array((0..items.len()).map(value).collect())
            }
            Self::Object(columns) => {
                let inner = array.as_struct();
                object(columns, |column| column.value(inner.column_by_name(column.name())?, row))
            }
            Self::Entries(kind) => {
                let entries = array.as_list::<i32>().value(row);
                let entries = entries.as_struct();
                let (keys, values) = (entries.column(0).as_string::<i32>(), entries.column(1));
                let entry = |i| (keys.value(i).to_owned(), kind.value(values, i).unwrap_or(Value::Null));
                Value::Object((0..entries.len()).map(entry).collect())
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, Write};

    use serde_json::json;

    use super::super::RecordWriter;
    use super::*;

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.rewind().unwrap();
        file
    }

    fn columns() -> Vec<Column> {
        let pair = Kind::Object(vec![
            Column::required("n", Kind::Integer),
            Column::optional("list", Kind::List(Box::new(Kind::Text))),
        ]);
        vec![
            Column::required("text", Kind::Text),
            Column::optional("flag", Kind::Flag),
            Column::optional("number", Kind::Number),
            Column::optional("pairs", Kind::List(Box::new(pair))),
            Column::optional("entries", Kind::Entries(Box::new(Kind::List(Box::new(Kind::Text))))),
        ]
    }

    fn written(rows: &[Value]) -> Vec<u8> {
        let mut table = RecordWriter::new(Vec::new(), columns()).unwrap();
        rows.iter().for_each(|row| table.record(row).unwrap());
        table.finish().unwrap()
    }

    #[test]
    fn records_come_back_as_they_were_written_with_nulls_left_out() {
        let rows: Vec<Value> = (0..1000)
            .map(|r| match r % 3 {
                0 => json!({"text": format!("{r}"), "flag": r % 2 == 0, "number": 0.5}),
                1 => json!({"text": "", "pairs": [{"n": r, "list": ["a", "b"]}, {"n": -1}]}),
                _ => json!({"text": "é", "pairs": [], "entries": {"a": ["x", "y"], "b": []}}),
            })
            .collect();
        let table = RecordReader::open(file(&written(&rows)), columns()).unwrap();
        let mut read = Vec::new();
        table.each(|row| read.push(row)).unwrap();
        assert_eq!(read, rows);
    }

    #[test]
    fn another_table_and_a_damaged_one_are_refused_in_plain_words() {
        let bytes = written(&[json!({"text": "a"})]);
        let others = vec![Column::optional("doc", Kind::Text)];
        assert!(RecordReader::open(file(&bytes), others).unwrap_err().contains("`doc`"));
        assert!(RecordReader::open(file(&bytes[..bytes.len() / 2]), columns()).is_err());
        assert!(RecordReader::open(file(b""), columns()).is_err());
    }
}
