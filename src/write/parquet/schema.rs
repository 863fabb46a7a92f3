//! The Parquet schema of a rewritten table: that of the input, wherever the encoder can fill it.

use arrow_schema::Schema;
use parquet::arrow::ArrowSchemaConverter;
use parquet::basic::{ConvertedType, LogicalType, Type};
use parquet::errors::Result;
use parquet::schema::types::{ColumnDescriptor, SchemaDescriptor};

/// The schema to write: the input's own, with all its annotations, if each of its columns is stored as the encoder
/// stores values of the Arrow types in `arrow`; else the encoder's. So 96-bit timestamps, for one, become 64-bit ones.
pub(super) fn to_write(input: &SchemaDescriptor, arrow: &Schema) -> Result<SchemaDescriptor> {
    let own = ArrowSchemaConverter::new().schema_root(input.name()).convert(arrow)?;
    let is_same = own.num_columns() == input.num_columns()
        && own.columns().iter().zip(input.columns()).all(|(own, input)| is_stored_alike(own, input));
    Ok(if is_same { input.clone() } else { own })
}

fn is_stored_alike(own: &ColumnDescriptor, input: &ColumnDescriptor) -> bool {
    let levels = |c: &ColumnDescriptor| (c.max_def_level(), c.max_rep_level());
    // A type's length counts where the type has one.
    let length =
        |c: &ColumnDescriptor| (c.physical_type() == Type::FIXED_LEN_BYTE_ARRAY).then(|| c.type_length());
    let storage = |c: &ColumnDescriptor| (c.physical_type(), length(c));
    levels(own) == levels(input)
        && if is_decimal(input) {
            is_decimal_of_the_encoder(input)
        } else {
            storage(own) == storage(input) && (is_meant_alike(own, input) || is_plain_bytes(input))
        }
}

/// Whether the encoder fills the column with decimals of the right size: it writes integers of any width, and bytes as
/// few as the precision needs.
fn is_decimal_of_the_encoder(column: &ColumnDescriptor) -> bool {
    match column.physical_type() {
        Type::INT32 | Type::INT64 => true,
        Type::FIXED_LEN_BYTE_ARRAY => {
            let bits = (10f64.powi(column.type_precision()) + 1.0).log2() + 1.0;
            column.type_length() == (bits / 8.0).ceil() as i32
        }
        _ => false,
    }
}

/// Whether both say the same of unit, scale and sign.
fn is_meant_alike(own: &ColumnDescriptor, input: &ColumnDescriptor) -> bool {
    own.logical_type_ref() == input.logical_type_ref()
        || own.converted_type() == input.converted_type() && own.converted_type() != ConvertedType::NONE
}

/// Whether a value is its bytes, whatever they mean.
fn is_plain_bytes(column: &ColumnDescriptor) -> bool {
    matches!(column.physical_type(), Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY)
}

fn is_decimal(column: &ColumnDescriptor) -> bool {
    column.converted_type() == ConvertedType::DECIMAL
        || matches!(column.logical_type_ref(), Some(LogicalType::Decimal { .. }))
}
