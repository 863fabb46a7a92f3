//! Finds the inputs and reads documents from them.
//!
//! A document is a range of bytes in a source, with an encoding that says how those bytes spell its text. Nothing is
//! copied and nothing is changed: whoever needs the text decodes the range, whoever writes copies slices of it.

pub mod compressed;
pub mod html;
pub mod json_string;
pub mod jsonl;
pub mod language;
pub mod metadata;
pub mod source;
pub mod walk;

use std::borrow::Cow;

use json_string::Anchors;

/// How the bytes of a document spell its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// They are the text.
    Plain,
    /// They are the inside of a JSON string.
    JsonString,
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
            Encoding::Plain => Self { text: Cow::Borrowed(raw), anchors: Anchors::default() },
            Encoding::JsonString => {
                let (text, anchors) = json_string::decode(raw);
                Self { text, anchors }
            }
        }
    }

    /// The raw byte at which the unit that begins at decoded byte `at` begins.
    pub fn raw_offset(&self, at: usize) -> usize {
        self.anchors.raw_offset(at)
    }
}
