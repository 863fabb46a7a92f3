//! Columns of a table of records, and how the values of many records become one.
//!
//! The invariant: [`Kind::array`] is given only what [`Kind::accepts`] let through, so it cannot fail.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Float64Array, Int64Array, ListArray, StringArray, StructArray};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Fields};
use serde_json::Value;

/// A column of a table, or a field of a structure in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    name: String,
    kind: Kind,
    is_required: bool,
}

/// What a column holds. Any value may be null, but for those of [`Column::required`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Strings.
    Text,
    /// 64-bit integers.
    Integer,
    /// 64-bit floating-point numbers; integers are taken as such.
    Number,
    /// True or false.
    Flag,
    /// Lists.
    List(Box<Kind>),
    /// Objects with these fields and no others.
    Object(Vec<Column>),
    /// Objects with any names, written as lists of objects with the fields `key` and `value`.
    Entries(Box<Kind>),
}

impl Column {
    /// A column whose value a record may lack.
    pub fn optional(name: &str, kind: Kind) -> Self {
        Self { name: name.to_owned(), kind, is_required: false }
    }

    /// A column with a value in every record.
    pub fn required(name: &str, kind: Kind) -> Self {
        Self { name: name.to_owned(), kind, is_required: true }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(in crate::write) fn kind(&self) -> &Kind {
        &self.kind
    }

    pub(super) fn field(&self) -> Field {
        Field::new(&self.name, self.kind.data_type(), !self.is_required)
    }

    /// Fails, in plain words, for a value that the column cannot hold.
    pub(super) fn accepts(&self, value: &Value) -> Result<(), String> {
        if value.is_null() && self.is_required {
            return Err(format!("the record has no `{}`", self.name));
        }
        self.kind.accepts(value).map_err(|what| format!("`{}`: {what}", self.name))
    }

    pub(super) fn array(&self, values: &[&Value]) -> Result<ArrayRef, ArrowError> {
        self.kind.array(values)
    }
}

impl Kind {
    fn data_type(&self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Integer => DataType::Int64,
            Self::Number => DataType::Float64,
            Self::Flag => DataType::Boolean,
            Self::List(kind) => DataType::List(item(kind.data_type())),
            Self::Object(columns) => DataType::Struct(columns.iter().map(Column::field).collect()),
            Self::Entries(kind) => DataType::List(item(DataType::Struct(entry(kind)))),
        }
    }

    fn accepts(&self, value: &Value) -> Result<(), String> {
        match (self, value) {
            (_, Value::Null) | (Self::Text, Value::String(_)) | (Self::Flag, Value::Bool(_)) => Ok(()),
            (Self::Number, Value::Number(_)) => Ok(()),
            (Self::Integer, Value::Number(number)) if number.is_i64() => Ok(()),
            (Self::List(kind), Value::Array(values)) => values.iter().try_for_each(|v| kind.accepts(v)),
            (Self::Object(columns), Value::Object(fields)) => {
                if let Some(name) = fields.keys().find(|name| !columns.iter().any(|c| c.name == **name)) {
                    return Err(format!("there is no column for `{name}`"));
                }
                columns.iter().try_for_each(|c| c.accepts(fields.get(&c.name).unwrap_or(&Value::Null)))
            }
            (Self::Entries(kind), Value::Object(fields)) => fields.values().try_for_each(|v| kind.accepts(v)),
            _ => Err(format!("not of the type {}", self.data_type())),
        }
    }

    /// One value a row.
    fn array(&self, values: &[&Value]) -> Result<ArrayRef, ArrowError> {
        Ok(match self {
            Self::Text => Arc::new(values.iter().map(|v| v.as_str()).collect::<StringArray>()),
            Self::Integer => Arc::new(values.iter().map(|v| v.as_i64()).collect::<Int64Array>()),
            Self::Number => Arc::new(values.iter().map(|v| v.as_f64()).collect::<Float64Array>()),
            Self::Flag => Arc::new(values.iter().map(|v| v.as_bool()).collect::<BooleanArray>()),
            Self::List(kind) => {
                let lists: Vec<_> = values.iter().map(|v| v.as_array()).collect();
                let items: Vec<&Value> = lists.iter().flatten().copied().flatten().collect();
                list(item(kind.data_type()), lists.iter().map(|l| l.map(Vec::len)), kind.array(&items)?)?
            }
            Self::Object(columns) => {
                let inner = columns.iter().map(|column| {
                    let inner = values.iter().map(|v| v.get(&column.name).unwrap_or(&Value::Null));
                    column.array(&inner.collect::<Vec<_>>())
                });
                let inner = inner.collect::<Result<Vec<_>, _>>()?;
                let fields: Fields = columns.iter().map(Column::field).collect();
                let there = NullBuffer::from_iter(values.iter().map(|v| v.is_object()));
                Arc::new(StructArray::try_new_with_length(fields, inner, Some(there), values.len())?)
            }
            Self::Entries(kind) => {
                let maps: Vec<_> = values.iter().map(|v| v.as_object()).collect();
                let entries = || maps.iter().flatten().copied().flatten();
                let keys: ArrayRef = Arc::new(StringArray::from_iter_values(entries().map(|(key, _)| key)));
                let inner = kind.array(&entries().map(|(_, value)| value).collect::<Vec<_>>())?;
                let pairs = StructArray::try_new(entry(kind), vec![keys, inner], None)?;
                let lengths = maps.iter().map(|m| m.map(serde_json::Map::len));
                list(item(DataType::Struct(entry(kind))), lengths, Arc::new(pairs))?
            }
        })
    }
}

/// The elements of a list, called as the format wants it.
fn item(data_type: DataType) -> FieldRef {
    Arc::new(Field::new("element", data_type, true))
}

fn entry(kind: &Kind) -> Fields {
    [Field::new("key", DataType::Utf8, false), Field::new("value", kind.data_type(), true)]
        .into_iter()
        .collect()
}

/// Lists of these lengths, none where a list is null.
fn list(
    item: FieldRef,
    lengths: impl Iterator<Item = Option<usize>> + Clone,
    items: ArrayRef,
) -> Result<ArrayRef, ArrowError> {
    let offsets = OffsetBuffer::from_lengths(lengths.clone().map(Option::unwrap_or_default));
    let there = NullBuffer::from_iter(lengths.map(|length| length.is_some()));
    Ok(Arc::new(ListArray::try_new(item, offsets, items, Some(there))?))
}
