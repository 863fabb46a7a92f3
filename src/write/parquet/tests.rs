use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{
    FixedSizeListBuilder, Int32Builder, Int64Builder, LargeListBuilder, ListBuilder, MapBuilder,
    StringBuilder,
};
use arrow_array::cast::AsArray;
use arrow_array::types::{Int8Type, Int32Type};
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Date64Array, Decimal128Array, DictionaryArray,
    FixedSizeBinaryArray, Float64Array, LargeStringArray, NullArray, RecordBatch, StringArray,
    StringViewArray, StructArray, Time64NanosecondArray, TimestampMicrosecondArray, TimestampSecondArray,
    UInt64Array,
};
use arrow_schema::{DataType, Field, Schema};
use arrow_select::concat::concat_batches;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use super::*;
use crate::error::Result;
use crate::read::parquet::Text;
use crate::read::parquet::tests::{encoded, file, open, small};

/// Every row of every third value null.
fn some<T>(rows: usize, value: impl Fn(usize) -> T) -> impl Iterator<Item = Option<T>> {
    (0..rows).map(move |row| (row % 3 != 2).then(|| value(row)))
}

/// A table with a column of each kind of type.
fn of_all_types(rows: usize) -> RecordBatch {
    let mut lists = ListBuilder::new(ListBuilder::new(Int32Builder::new()));
    let mut large = LargeListBuilder::new(StringBuilder::new());
    let mut fixed = FixedSizeListBuilder::new(Int32Builder::new(), 2);
    let mut maps = MapBuilder::new(None, StringBuilder::new(), Int64Builder::new());
    for row in 0..rows {
        for inner in 0..row % 4 {
            (0..inner).for_each(|i| lists.values().values().append_option((i != 1).then_some(i as i32)));
            lists.values().append(inner != 2);
        }
        lists.append(row % 5 != 3);
        (0..row % 3).for_each(|i| large.values().append_value(format!("item {i}")));
        large.append(row % 4 != 3);
        fixed.values().append_slice(&[row as i32, -1]);
        fixed.append(true);
        for key in 0..row % 3 {
            maps.keys().append_value(format!("key {key}"));
            maps.values().append_option((key == 0).then_some(row as i64));
        }
        maps.append(true).unwrap();
    }
    let dictionary: DictionaryArray<Int32Type> = some(rows, |r| ["fr", "de", "en"][r % 3]).collect();
    let narrow: DictionaryArray<Int8Type> = some(rows, |r| ["x", "y"][r % 2]).collect();
    let pairs = StructArray::from(vec![
        (
            Arc::new(Field::new("a", DataType::Int32, true)),
            Arc::new(some(rows, |r| r as i32).collect::<arrow_array::Int32Array>()) as ArrayRef,
        ),
        (
            Arc::new(Field::new("b", DataType::Utf8, true)),
            Arc::new(some(rows, |r| format!("b {r}")).collect::<StringArray>()) as ArrayRef,
        ),
    ]);
    let decimals: Decimal128Array = some(rows, |r| -(r as i128) * 1_000_000_007).collect();
    let bytes =
        FixedSizeBinaryArray::try_from_sparse_iter_with_size(some(rows, |r| (r as u32).to_le_bytes()), 4)
            .unwrap();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("text", Arc::new(some(rows, |r| format!("The text of row {r} is long.")).collect::<StringArray>())),
        ("lists", Arc::new(lists.finish())),
        ("large", Arc::new(large.finish())),
        ("fixed", Arc::new(fixed.finish())),
        ("maps", Arc::new(maps.finish())),
        ("dictionary", Arc::new(dictionary)),
        ("narrow", Arc::new(narrow)),
        ("pairs", Arc::new(pairs)),
        ("decimals", Arc::new(decimals.with_precision_and_scale(30, 4).unwrap())),
        ("bytes", Arc::new(bytes)),
        ("binary", Arc::new(BinaryArray::from_iter(some(rows, |r| vec![0xFF; r % 4])))),
        ("large_text", Arc::new(some(rows, |r| format!("{r}")).collect::<LargeStringArray>())),
        ("view", Arc::new(some(rows, |r| format!("a view of row {r}")).collect::<StringViewArray>())),
        (
            "zoned",
            Arc::new(
                some(rows, |r| r as i64 * 86_400_000_001)
                    .collect::<TimestampMicrosecondArray>()
                    .with_timezone("Europe/Paris"),
            ),
        ),
        ("seconds", Arc::new(some(rows, |r| r as i64).collect::<TimestampSecondArray>())),
        ("date32", Arc::new(some(rows, |r| r as i32).collect::<Date32Array>())),
        ("date64", Arc::new(some(rows, |r| r as i64 * 86_400_000).collect::<Date64Array>())),
        ("time", Arc::new(some(rows, |r| r as i64).collect::<Time64NanosecondArray>())),
        ("float", Arc::new(some(rows, |r| r as f64 / 3.0).collect::<Float64Array>())),
        ("unsigned", Arc::new(some(rows, |r| u64::MAX - r as u64).collect::<UInt64Array>())),
        ("flag", Arc::new(some(rows, |r| r % 2 == 0).collect::<BooleanArray>())),
        ("null", Arc::new(NullArray::new(rows))),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true))).unwrap()
}

/// All rows of a file, with the Arrow types that it names.
pub(super) fn decoded(bytes: Vec<u8>) -> RecordBatch {
    let reader = ParquetRecordBatchReaderBuilder::try_new(file(&bytes)).unwrap();
    let schema = Arc::clone(reader.schema());
    let batches: Vec<_> = reader.build().unwrap().map(|b| b.unwrap()).collect();
    concat_batches(&schema, &batches).unwrap()
}

fn rewritten(bytes: &[u8], fate: impl Fn(u64) -> Row) -> Vec<u8> {
    let table = open(bytes).unwrap();
    let (_, output) = rewrite(&table, Path::new("a.parquet"), Vec::new(), &mut |r, _| Ok(fate(r))).unwrap();
    output
}

/// What [`rewritten`] should hold, made without it.
fn expected(batch: &RecordBatch, fate: impl Fn(u64) -> Row) -> RecordBatch {
    let texts = batch.column_by_name("text").unwrap().as_string::<i32>();
    let fates: Vec<Row> = (0..batch.num_rows() as u64).map(fate).collect();
    let texts: StringArray = (texts.iter().zip(&fates))
        .map(|(text, fate)| match fate {
            Row::Cleaned(text) => Some(text.as_str()),
            _ => text,
        })
        .collect();
    let mut columns = batch.columns().to_vec();
    columns[batch.schema().index_of("text").unwrap()] = Arc::new(texts);
    let batch = RecordBatch::try_new(batch.schema(), columns).unwrap();
    let stays: BooleanArray = fates.iter().map(|f| Some(*f != Row::Dropped)).collect();
    arrow_select::filter::filter_record_batch(&batch, &stays).unwrap()
}

fn mixed(row: u64) -> Row {
    match row % 4 {
        0 => Row::Dropped,
        1 => Row::Cleaned(format!("clean text of row {row}")),
        2 => Row::Cleaned(String::new()),
        _ => Row::Kept,
    }
}

#[test]
fn only_the_texts_change_whatever_the_types_of_the_other_columns() {
    for (rows, group) in [(1, 1), (37, 10), (3000, 1700)] {
        let batch = of_all_types(rows);
        let bytes = encoded(&batch, group);
        for fate in [mixed, |_| Row::Kept, |_| Row::Cleaned("same".into())] {
            let clean = rewritten(&bytes, fate);
            let stored = |b: &[u8]| open(b).unwrap().metadata().file_metadata().schema().clone();
            assert_eq!(stored(&clean), stored(&bytes), "the types in the file");
            assert_eq!(decoded(clean), expected(&batch, fate), "{rows} rows");
        }
    }
}

#[test]
fn a_table_of_which_every_row_is_dropped_is_still_a_table() {
    let batch = of_all_types(20);
    for batch in [batch.clone(), batch.slice(0, 0)] {
        let left = decoded(rewritten(&encoded(&batch, 7), |_| Row::Dropped));
        assert_eq!((left.num_rows(), left.schema()), (0, batch.schema()));
    }
}

#[test]
fn the_callback_sees_each_row_once_with_its_text() {
    let table = open(&encoded(&small(2100), 1500)).unwrap();
    let mut next = 0;
    let mut fate = |row, text: Text<'_>| {
        assert_eq!(row, next);
        next += 1;
        assert_eq!(text.is_err(), row % 5 == 4);
        Ok(if text.is_err() { Row::Dropped } else { Row::Kept })
    };
    let (written, bytes) = rewrite(&table, Path::new("a"), Vec::new(), &mut fate).unwrap();
    assert_eq!(written, 1680);
    let groups: Vec<_> = open(&bytes).unwrap().row_groups().collect();
    assert_eq!(groups, [0..1200, 1200..1680], "row groups stay those of the input");
}

#[test]
fn the_metadata_of_schema_and_file_stays() {
    let metadata: std::collections::HashMap<_, _> = [("info".to_owned(), "of the schema".to_owned())].into();
    let batch = small(3);
    let schema = Arc::new(Schema::new_with_metadata(batch.schema().fields().clone(), metadata));
    let batch = batch.with_schema(Arc::clone(&schema)).unwrap();
    let properties = WriterProperties::builder()
        .set_key_value_metadata(Some(vec![KeyValue::new("key".to_owned(), "value".to_owned())]))
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), schema, Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    let bytes = writer.into_inner().unwrap();
    let clean = rewritten(&bytes, mixed);
    let (before, after) = (open(&bytes).unwrap(), open(&clean).unwrap());
    let file = |t: &crate::read::parquet::Table| t.metadata().file_metadata().clone();
    assert_eq!(file(&before).key_value_metadata(), file(&after).key_value_metadata());
    assert_eq!(file(&before).schema(), file(&after).schema());
    assert_eq!(before.schema(), after.schema());
    assert_eq!(decoded(clean).schema().metadata()["info"], "of the schema");
    assert_eq!(file(&after).created_by(), Some("tamis"));
}

#[test]
fn the_same_rows_give_the_same_bytes() {
    let bytes = encoded(&of_all_types(1000), 300);
    assert_eq!(rewritten(&bytes, mixed), rewritten(&bytes, mixed));
}

#[test]
fn a_text_of_bytes_stays_bytes() {
    let columns: [(&str, ArrayRef); 1] = [(
        "text",
        Arc::new(BinaryArray::from(vec![Some(b"one".as_slice()), Some(b"\xFF\xFE"), None, Some(b"four")])),
    )];
    let bytes = encoded(&RecordBatch::try_from_iter(columns).unwrap(), 10);
    let left = decoded(rewritten(&bytes, |r| if r == 0 { Row::Cleaned("1".into()) } else { Row::Kept }));
    let texts: Vec<_> = left.column(0).as_binary::<i32>().iter().collect();
    assert_eq!(texts, [Some(b"1".as_slice()), Some(b"\xFF\xFE"), None, Some(b"four")]);
}

#[test]
fn the_schema_of_the_file_stays_whatever_wrote_it() {
    let message = "message other {
        required int64 id = 7;
        optional binary text (UTF8);
        optional binary json (JSON);
        optional fixed_len_byte_array(6) price (DECIMAL(12, 2));
        optional int64 small (DECIMAL(5, 2));
        optional int32 day (DATE);
        optional int64 time (TIMESTAMP_MILLIS);
        required group old (LIST) { repeated int32 array; }
    }";
    let schema = Arc::new(parse_message_type(message).unwrap());
    let properties = Arc::new(WriterProperties::default());
    let bytes = SerializedFileWriter::new(Vec::new(), Arc::clone(&schema), properties).unwrap();
    let clean = rewritten(&bytes.into_inner().unwrap(), |_| Row::Kept);
    assert_eq!(open(&clean).unwrap().metadata().file_metadata().schema(), schema.as_ref());
}

/// An output that takes so many bytes and no more.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.0 -= bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn is_full<T>(result: Result<T>) -> bool {
    matches!(result, Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::StorageFull)
}

#[test]
fn a_full_output_is_an_error_of_the_output_wherever_it_fills() {
    let bytes = encoded(&small(40), 15);
    let table = open(&bytes).unwrap();
    let size = rewritten(&bytes, |_| Row::Kept).len();
    for room in (0..size).step_by(7) {
        assert!(is_full(rewrite(&table, Path::new("a"), Full(room), &mut |_, _| Ok(Row::Kept))), "{room}");
    }
    assert!(rewrite(&table, Path::new("a"), Full(size), &mut |_, _| Ok(Row::Kept)).is_ok());
}

#[test]
fn a_stop_by_the_caller_comes_back_as_it_was() {
    let table = open(&encoded(&small(40), 15)).unwrap();
    let result = rewrite(&table, Path::new("a"), Vec::new(), &mut |row, _| {
        if row == 20 { Err(Error::Interrupted(2)) } else { Ok(Row::Kept) }
    });
    assert!(matches!(result, Err(Error::Interrupted(2))));
}

#[test]
fn a_damaged_table_is_lost_or_rewritten_and_nothing_worse() {
    let bytes = encoded(&of_all_types(4), 3);
    // Every seventh byte, so that all parts of all pages and of the footer are met.
    for at in (0..bytes.len()).step_by(7) {
        let mut copy = bytes.clone();
        copy[at] ^= 0xFF;
        let Ok(table) = open(&copy) else { continue };
        let result = rewrite(&table, Path::new("a"), io::sink(), &mut |row, _| Ok(mixed(row)));
        assert!(matches!(result, Ok(_) | Err(Error::Lost { .. })), "byte {at}: {:?}", result.map(|_| ()));
    }
}

#[test]
fn rows_that_are_known_beforehand_stay_with_their_texts_and_no_others() {
    let bytes = encoded(&of_all_types(37), 10);
    let table = open(&bytes).unwrap();
    let kept = |rows: &[u64]| {
        let rows: Vec<_> = rows.iter().map(|r| Ok((*r, (r % 2 == 1).then(|| format!("new {r}"))))).collect();
        rewrite_kept(&table, Path::new("a"), Vec::new(), rows)
            .map(|(written, bytes)| (written, decoded(bytes)))
    };
    let fate = |row| match row {
        3 | 9 | 33 => Row::Cleaned(format!("new {row}")),
        0 | 10 | 36 => Row::Kept,
        _ => Row::Dropped,
    };
    assert_eq!(kept(&[0, 3, 9, 10, 33, 36]).unwrap(), (6, expected(&of_all_types(37), fate)));
    assert_eq!(kept(&[]).unwrap().0, 0);
    for wrong in [&[3, 1][..], &[3, 3], &[37]] {
        assert!(matches!(kept(wrong), Err(Error::Lost { .. })), "{wrong:?}");
    }
    let stopped = rewrite_kept(&table, Path::new("a"), Vec::new(), [Err(Error::Interrupted(2))]);
    assert!(matches!(stopped, Err(Error::Interrupted(2))));
}
