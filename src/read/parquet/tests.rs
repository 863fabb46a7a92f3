use std::io::Write;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::{
    ArrayRef, Date32Array, DictionaryArray, Int64Array, LargeStringArray, StringArray, types::Int8Type,
};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;

use super::*;

/// A file with these bytes.
pub(crate) fn file(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

/// A file with these rows, in row groups of `group` rows.
pub(crate) fn encoded(batch: &RecordBatch, group: usize) -> Vec<u8> {
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(group)).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

/// Rows with an id, a text and a list.
pub(crate) fn small(rows: usize) -> RecordBatch {
    let mut tags = ListBuilder::new(StringBuilder::new());
    for row in 0..rows {
        tags.append_value((0..row % 3).map(|tag| Some(format!("tag {tag}"))));
    }
    let columns: [(&str, ArrayRef); 3] = [
        ("id", Arc::new(Int64Array::from_iter_values(0..rows as i64))),
        ("text", Arc::new((0..rows).map(|r| (r % 5 != 4).then(|| text_of(r))).collect::<StringArray>())),
        ("tags", Arc::new(tags.finish())),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn text_of(row: usize) -> String {
    format!("Text of row {row}, long enough not to be held in a view.")
}

pub(crate) fn open(bytes: &[u8]) -> Result<Table, String> {
    Table::open(file(bytes), &Fields::default())
}

type Seen = Vec<(u64, Result<String, &'static str>, Metadata)>;

fn read(table: &Table, rows: Range<u64>) -> Result<Seen, String> {
    let mut seen = Vec::new();
    table.rows(rows, &mut |row, text, meta| seen.push((row, text.map(str::to_owned), meta)))?;
    Ok(seen)
}

#[test]
fn any_range_of_rows_is_read_with_numbers_and_nulls_named() {
    let table = open(&encoded(&small(2500), 1100)).unwrap();
    assert_eq!(table.num_rows(), 2500);
    assert_eq!(table.row_groups().collect::<Vec<_>>(), [0..1100, 1100..2200, 2200..2500]);
    let all = read(&table, 0..2500).unwrap();
    for (at, (row, text, meta)) in all.iter().enumerate() {
        assert_eq!(*row, at as u64);
        assert_eq!(*text, if at % 5 == 4 { Err("the text is null") } else { Ok(text_of(at)) });
        assert_eq!(meta.id, Some(at.to_string()));
    }
    for range in [0..0, 0..1, 1099..1101, 1023..1025, 7..2203, 2499..2500, 2499..9999, 3000..4000] {
        let end = range.end.min(2500) as usize;
        let wanted = &all[(range.start as usize).min(end)..end];
        assert_eq!(read(&table, range).unwrap(), wanted);
    }
}

#[test]
fn metadata_is_read_from_columns_of_any_suitable_type() {
    let lang: DictionaryArray<Int8Type> = vec![Some("FR-fr"), None].into_iter().collect();
    let columns: [(&str, ArrayRef); 5] = [
        ("body", Arc::new(LargeStringArray::from(vec!["a", ""]))),
        ("url", Arc::new(StringArray::from(vec![Some("https://www.example.org/a"), None]))),
        ("published", Arc::new(Date32Array::from(vec![Some(17_530), None]))),
        ("headline", Arc::new(StringArray::from(vec!["Title", ""]))),
        ("language", Arc::new(lang)),
    ];
    let table = open(&encoded(&RecordBatch::try_from_iter(columns).unwrap(), 10)).unwrap();
    let rows = read(&table, 0..2).unwrap();
    let first = &rows[0].2;
    assert_eq!(first.site.as_deref(), Some("example.org"));
    assert_eq!(first.date.map(|(d, _)| d.to_string()).as_deref(), Some("2017-12-30"));
    assert_eq!((first.title.as_deref(), first.lang.as_deref()), (Some("Title"), Some("fr")));
    assert_eq!(rows[1], (1, Ok(String::new()), Metadata::default()));
}

#[test]
fn an_empty_table_has_no_rows() {
    let table = open(&encoded(&small(0), 10)).unwrap();
    assert_eq!((table.num_rows(), table.row_groups().len()), (0, 0));
    assert_eq!(read(&table, 0..9).unwrap(), []);
}

#[test]
fn texts_that_unpack_to_a_thousand_times_their_size_are_refused() {
    let bytes = |rows: usize| {
        let long = "x".repeat(100_000);
        let texts: DictionaryArray<Int8Type> = (0..rows).map(|_| Some(long.as_str())).collect();
        encoded(&RecordBatch::try_from_iter([("text", Arc::new(texts) as ArrayRef)]).unwrap(), 10_000)
    };
    let count = |bytes: &[u8]| {
        let mut rows = 0;
        open(bytes)
            .unwrap()
            .rows(0..u64::MAX, &mut |_, text, _| rows += text.unwrap().len() / 100_000)
            .map(|()| rows)
    };
    assert_eq!(count(&bytes(600)), Ok(600));
    assert!(count(&bytes(2000)).unwrap_err().contains("taken for a bomb"));
}

/// Reads all rows of what may be a table: an error, or the right rows.
fn assert_refused_or_right(bytes: &[u8], right: &Seen, what: &str) -> bool {
    let Ok(rows) = open(bytes).and_then(|table| read(&table, 0..u64::MAX)) else { return false };
    assert_eq!(rows.len(), right.len(), "{what}");
    for (row, right) in rows.iter().zip(right) {
        assert_eq!((row.0, &row.1), (right.0, &right.1), "{what}");
    }
    true
}

#[test]
fn a_footer_with_any_byte_changed_is_refused_or_read_right() {
    let bytes = encoded(&small(12), 5);
    let right = read(&open(&bytes).unwrap(), 0..12).unwrap();
    let length = u32::from_le_bytes(bytes[bytes.len() - 8..bytes.len() - 4].try_into().unwrap());
    let footer = bytes.len() - 8 - length as usize;
    let mut refused = 0;
    for at in footer..bytes.len() {
        for mask in [0x01, 0x10, 0x80, 0xFF] {
            let mut copy = bytes.clone();
            copy[at] ^= mask;
            let what = format!("byte {} of the footer ^ {mask:#x}", at - footer);
            refused += usize::from(!assert_refused_or_right(&copy, &right, &what));
        }
    }
    assert!(refused > (bytes.len() - footer), "most of the footer matters, yet only {refused} were refused");
}

#[test]
fn pages_with_any_byte_changed_do_no_harm() {
    let bytes = encoded(&small(12), 5);
    for at in 0..bytes.len() {
        for mask in [0x01, 0x80, 0xFF] {
            let mut copy = bytes.clone();
            copy[at] ^= mask;
            let _ = open(&copy).and_then(|table| read(&table, 0..u64::MAX));
        }
    }
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let bytes = encoded(&small(12), 5);
    for length in 0..bytes.len() {
        assert!(open(&bytes[..length]).is_err(), "{length}");
    }
}
