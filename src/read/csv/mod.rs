//! Records of delimiter-separated values (RFC 4180, and what is called CSV besides), of which only the text field is
//! ever touched.
//!
//! A field is a range of the record, without its quotes. Rows with fewer fields than the header lack the last ones; rows
//! with more are no records, for nobody knows which of their fields is the text. A line end is CR, LF or both. What
//! follows a closing quote, against the rule, belongs to the field up to the next delimiter, as the `csv` crate has it.
//!
//! The state machine is our own because `csv-core` copies fields out and does not tell where they stood; a test compares
//! the two on random input.

mod blocks;
mod header;
mod scan;
mod sniff;
mod text;

use std::borrow::Cow;

use super::fields::metadata;
use super::{Encoding, Record};
use crate::run::options::Fields;
pub use blocks::Rows;
pub use header::{Header, MOST_HEADER, header};
use scan::Field;
pub use sniff::sniff;
pub(super) use text::{decode, refuse_unsafe};

/// How the values of a file are parted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// Parts fields; `None`: a record is one field.
    pub delimiter: Option<u8>,
    /// Whether a field that begins with `"` is quoted. If not, a quote is a character like any other.
    pub quoting: bool,
}

/// Whether a line holds no record: a text of nothing but spaces is none either.
pub fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|b| matches!(b, b' ' | b'\r' | b'\n'))
}

/// Reads the record in `record`, which a line end may close.
///
/// # Errors
/// In plain words, why the row cannot be used.
pub fn parse(record: &[u8], header: &Header, fields: &Fields) -> Result<Record, String> {
    let columns = header.names.len();
    let mut places: Vec<Field> = Vec::with_capacity(columns);
    let mut count = 0;
    for field in header.dialect.fields(record) {
        count += 1;
        if count <= columns {
            places.push(field);
        } else if !field.inside.is_empty() {
            // Delimiters behind the last column are harmless, values are not.
            count += header.dialect.fields(record).skip(count).count();
            return Err(format!("the row has {count} fields, the header {columns}"));
        }
    }
    let Some(text) = places.get(header.text) else {
        let name = &header.names[header.text];
        return Err(format!(
            "the row has {count} fields, its text (`{name}`) would be number {}",
            header.text + 1
        ));
    };
    if !text.closed {
        return Err("the quote around the text is not closed".into());
    }
    if !is_blank(&record[text.behind.clone()]) {
        return Err("the text goes on behind its closing quote".into());
    }
    let value = |name: Option<&str>, usual: &[&str]| -> Option<String> {
        let field = places.get(header.find(name, usual)?)?;
        let value = String::from_utf8_lossy(&field.value(record)).trim().to_owned();
        Some(value).filter(|v| !v.is_empty())
    };
    let encoding = match (text.quoted, header.dialect.quoting) {
        (true, _) => Encoding::CsvQuoted,
        (false, true) => Encoding::CsvBare,
        (false, false) => Encoding::Plain,
    };
    Ok(Record { body: text.inside.clone(), encoding, meta: metadata(fields, value) })
}

/// Name and value of each field of a record that the header has a name for.
pub fn values(record: &[u8], header: &Header) -> Vec<(String, String)> {
    let values = header.dialect.fields(record).map(|field| name(&field.value(record)).into_owned());
    header.names.iter().cloned().zip(values).collect()
}

/// Whether the name of a file says that tabs part its fields, also where it is packed.
pub fn is_tsv(file_name: &str) -> bool {
    let name = file_name.to_lowercase();
    let packed = ["", ".gz", ".gzip", ".zst", ".zstd"];
    packed.iter().any(|packed| [".tsv", ".tab"].iter().any(|end| name.ends_with(&format!("{end}{packed}"))))
}

/// What a field says, as text.
fn name(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

#[cfg(test)]
mod tests;
