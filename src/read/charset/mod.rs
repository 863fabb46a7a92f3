//! Says which charset a text is in, and gives it in UTF-8.
//!
//! The invariant: a text is converted only if converting it back gives the very same bytes, so [`Charset::encode`]
//! undoes what [`decode`] did. What is UTF-8, or UTF-8 but for some broken bytes, is never changed. A mark of byte
//! order stays, as the character that it is.
//!
//! The order: a mark, UTF-16 or UTF-32 without one, ISO-2022-JP by its escapes, valid UTF-8, nearly valid UTF-8, the
//! declared label, what the bytes look like.

mod codec;
mod cyrillic;
mod detect;
mod utf8;
mod wide;

use std::borrow::Cow;

pub use codec::Charset;

/// What a decision rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// A mark of byte order.
    Mark,
    /// The bytes are well formed, and by chance they would not be.
    Form,
    /// The bytes are UTF-8 but for some broken ones.
    NearlyUtf8,
    /// A label from outside that the bytes do not contradict.
    Declared,
    /// What the bytes look like.
    Detected,
}

/// The charset of a text, and the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision<'a> {
    /// The charset of the bytes.
    pub charset: Charset,
    /// What says so.
    pub basis: Basis,
    /// The text in UTF-8 if it was converted, else the bytes as they are.
    pub text: Cow<'a, [u8]>,
}

impl Decision<'_> {
    /// Whether the text is no longer the bytes.
    pub fn is_converted(&self) -> bool {
        matches!(self.text, Cow::Owned(_))
    }

    /// Whether the bytes stayed as they are although they are not UTF-8: the charset is unknown, or converting back
    /// would not give the same bytes.
    pub fn is_left_as_is(&self) -> bool {
        !self.is_converted() && self.charset != Charset::UTF_8
    }
}

/// Decides on the charset of `bytes`, a whole text; `declared` is a label from a header, in any case.
///
/// Linear in the length; the detector itself sees at most some hundred kilobytes of samples.
pub fn decode<'a>(bytes: &'a [u8], declared: Option<&str>) -> Decision<'a> {
    let (charset, basis) = decide(bytes, declared);
    let text = match charset.decode(bytes) {
        Some(text) => Cow::Owned(text),
        None => Cow::Borrowed(bytes),
    };
    Decision { charset, basis, text }
}

/// Whether a stream that begins with `head` may have to be converted: it is not UTF-8 as far as `head` tells.
pub fn is_foreign(head: &[u8]) -> bool {
    let wide = wide::by_mark(head).is_some_and(|charset| charset != Charset::UTF_8);
    // A character that `head` cuts in two is none that is broken.
    let broken = std::str::from_utf8(head).is_err_and(|e| e.error_len().is_some());
    wide || broken || memchr::memchr(0, head).is_some() || detect::is_iso_2022_jp(head)
}

fn decide(bytes: &[u8], declared: Option<&str>) -> (Charset, Basis) {
    if let Some(charset) = wide::by_mark(bytes) {
        return (charset, Basis::Mark);
    }
    if let Some(charset) = wide::by_form(bytes) {
        return (charset, Basis::Form);
    }
    if detect::is_iso_2022_jp(bytes) {
        return (Charset::ISO_2022_JP, Basis::Form);
    }
    match utf8::judge(bytes) {
        utf8::Verdict::Valid => return (Charset::UTF_8, Basis::Form),
        utf8::Verdict::Nearly => return (Charset::UTF_8, Basis::NearlyUtf8),
        utf8::Verdict::No => {}
    }
    let declared = declared.and_then(Charset::of_label).filter(|&c| c != Charset::UTF_8);
    if let Some(charset) = declared.filter(|c| c.decode(bytes).is_some()) {
        return (charset, Basis::Declared);
    }
    (detect::detect(bytes), Basis::Detected)
}

#[cfg(test)]
mod tests;
