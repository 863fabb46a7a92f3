//! Finds the inputs and reads documents from them.
//!
//! A document is a range of bytes in a source, with an encoding that says how those bytes spell its text. Nothing is
//! copied and nothing is changed: whoever needs the text decodes the range, whoever writes copies slices of it.

pub mod address;
pub mod anchors;
pub mod archive;
pub mod blocks;
pub mod charset;
pub mod compressed;
pub mod csv;
pub(crate) mod fields;
pub mod format;
pub(crate) mod guard;
pub mod html;
pub mod json_array;
pub(crate) mod json_object;
pub mod json_string;
pub mod jsonl;
pub mod language;
pub(crate) mod members;
pub mod metadata;
pub mod parquet;
pub mod source;
pub mod twins;
pub mod walk;
pub mod warc;

use std::borrow::Cow;
use std::ops::Range;

use crate::document::{Cut, Metadata};
use anchors::Anchors;

/// How the bytes of a document spell its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// They are the text.
    #[default]
    Plain,
    /// They are the inside of a JSON string.
    JsonString,
    /// They are the inside of a quoted CSV field, where a quote is written twice.
    CsvQuoted,
    /// They are a CSV field without quotes, in a file where quotes have a meaning: they are the text, but not every
    /// rest of them could stand alone.
    CsvBare,
}

impl Encoding {
    /// Takes back those of `cuts` (sorted, disjoint) from `text` after which the bytes that remain would be read as
    /// something else. To be asked after stripping, before anything is counted.
    pub fn refuse_unsafe(self, text: &[u8], cuts: &mut Vec<Cut>) {
        if self == Self::CsvBare {
            csv::refuse_unsafe(text, cuts);
        }
    }

    /// What is written where a cut leaves nothing: an emptied CSV field is `""`, so that no record becomes a blank line.
    pub fn emptied(self) -> &'static [u8] {
        if self == Self::CsvBare { b"\"\"" } else { b"" }
    }
}

/// A document in the bytes of its record.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Where the text stands in the record, without its quotes.
    pub body: Range<usize>,
    /// How it is written there.
    pub encoding: Encoding,
    /// What the other fields say.
    pub meta: Metadata,
}

/// A decoded text, with the way back to the bytes that spell it.
#[derive(Debug)]
pub struct Decoded<'a> {
    /// The text: UTF-8 as a rule, bytes that are none kept as they are.
    pub text: Cow<'a, [u8]>,
    anchors: Anchors,
}

impl<'a> Decoded<'a> {
    /// Decodes `raw`.
    pub fn new(raw: &'a [u8], encoding: Encoding) -> Self {
        match encoding {
            Encoding::Plain | Encoding::CsvBare => {
                Self { text: Cow::Borrowed(raw), anchors: Anchors::default() }
            }
            Encoding::JsonString => {
                let (text, anchors) = json_string::decode(raw);
                Self { text, anchors }
            }
            Encoding::CsvQuoted => {
                let (text, anchors) = csv::decode(raw);
                Self { text, anchors }
            }
        }
    }

    /// The raw byte at which the unit that begins at decoded byte `at` begins.
    pub fn raw_offset(&self, at: usize) -> usize {
        self.anchors.raw_offset(at)
    }
}
