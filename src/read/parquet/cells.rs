//! Single values of a batch, as metadata needs them.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, TimeUnit};

use super::Text;
use super::columns::Columns;
use crate::dates::Date;
use crate::document::Metadata;
use crate::read::fields::Values;

/// The text of a row, or why it has none.
pub(super) fn text(column: &dyn Array, row: usize) -> Text<'_> {
    if column.is_null(row) {
        return Err("the text is null");
    }
    match column.data_type() {
        DataType::Utf8View => Ok(column.as_string_view().value(row)),
        _ => std::str::from_utf8(column.as_binary_view().value(row)).map_err(|_| "the text is not UTF-8"),
    }
}

/// What the other columns say of a row of `batch`.
pub(super) fn metadata(batch: &RecordBatch, columns: &Columns, row: usize) -> Metadata {
    let string = |column: Option<usize>| string(batch.column(column?), row);
    let values = Values {
        id: string(columns.id),
        url: string(columns.url),
        date: columns.date.and_then(|c| date(batch.column(c), row)),
        title: string(columns.title),
        lang: string(columns.lang),
    };
    values.metadata()
}

/// Strings as they are, integers in their digits; nothing for anything else, for nulls and for empty strings.
fn string(column: &dyn Array, row: usize) -> Option<String> {
    if column.is_null(row) {
        return None;
    }
    fn digits<T: ArrowPrimitiveType<Native: ToString>>(column: &dyn Array, row: usize) -> String {
        column.as_primitive::<T>().value(row).to_string()
    }
    let text = match column.data_type() {
        DataType::Utf8View => column.as_string_view().value(row).to_owned(),
        DataType::BinaryView => String::from_utf8_lossy(column.as_binary_view().value(row)).into_owned(),
        DataType::Int8 => digits::<Int8Type>(column, row),
        DataType::Int16 => digits::<Int16Type>(column, row),
        DataType::Int32 => digits::<Int32Type>(column, row),
        DataType::Int64 => digits::<Int64Type>(column, row),
        DataType::UInt8 => digits::<UInt8Type>(column, row),
        DataType::UInt16 => digits::<UInt16Type>(column, row),
        DataType::UInt32 => digits::<UInt32Type>(column, row),
        DataType::UInt64 => digits::<UInt64Type>(column, row),
        _ => return None,
    };
    Some(text).filter(|t| !t.is_empty())
}

/// Dates and times by their day (in UTC, as they are stored), everything else as it is written.
fn date(column: &dyn Array, row: usize) -> Option<Date> {
    if column.is_null(row) {
        return None;
    }
    const DAY: i64 = 86_400;
    let of = |time: i64, a_day: i64| Date::from_unix_day(time.div_euclid(a_day));
    match column.data_type() {
        DataType::Date32 => Date::from_unix_day(column.as_primitive::<Date32Type>().value(row).into()),
        DataType::Date64 => of(column.as_primitive::<Date64Type>().value(row), DAY * 1_000),
        DataType::Timestamp(TimeUnit::Second, _) => {
            of(column.as_primitive::<TimestampSecondType>().value(row), DAY)
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            of(column.as_primitive::<TimestampMillisecondType>().value(row), DAY * 1_000)
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            of(column.as_primitive::<TimestampMicrosecondType>().value(row), DAY * 1_000_000)
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            of(column.as_primitive::<TimestampNanosecondType>().value(row), DAY * 1_000_000_000)
        }
        _ => Date::parse(&string(column, row)?),
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::{BinaryViewArray, Date32Array, Int64Array, StringViewArray, TimestampMillisecondArray};

    use super::*;

    fn shown(column: &dyn Array) -> Option<String> {
        date(column, 0).map(|d| d.to_string())
    }

    #[test]
    fn a_date_is_read_whatever_its_type() {
        assert_eq!(shown(&Date32Array::from(vec![17_530])).as_deref(), Some("2017-12-30"));
        assert_eq!(shown(&Date32Array::from(vec![-1])).as_deref(), Some("1969-12-31"));
        let time = TimestampMillisecondArray::from(vec![1_514_628_000_123]).with_timezone("Asia/Tokyo");
        assert_eq!(shown(&time).as_deref(), Some("2017-12-30"));
        assert_eq!(shown(&StringViewArray::from(vec!["30 Dec 2017"])).as_deref(), Some("2017-12-30"));
        assert_eq!(shown(&Int64Array::from(vec![1_514_628_000])).as_deref(), Some("2017-12-30"));
        assert_eq!(shown(&Date32Array::from(vec![None])), None);
        assert_eq!(shown(&Date32Array::from(vec![i32::MIN])), None, "no year of four digits");
        assert_eq!(shown(&TimestampMillisecondArray::from(vec![i64::MAX])), None);
    }

    #[test]
    fn an_id_is_a_string_or_the_digits_of_an_integer() {
        assert_eq!(string(&Int64Array::from(vec![-7]), 0).as_deref(), Some("-7"));
        assert_eq!(string(&StringViewArray::from(vec!["a/../b"]), 0).as_deref(), Some("a/../b"));
        assert_eq!(string(&StringViewArray::from(vec![""]), 0), None);
        assert_eq!(string(&Int64Array::from(vec![None]), 0), None);
    }

    #[test]
    fn a_text_that_is_none_says_why() {
        let bytes = BinaryViewArray::from(vec![Some(b"caf\xC3\xA9".as_slice()), Some(b"caf\xC3"), None]);
        assert_eq!(text(&bytes, 0), Ok("café"));
        assert_eq!(text(&bytes, 1), Err("the text is not UTF-8"));
        assert_eq!(text(&bytes, 2), Err("the text is null"));
    }
}
