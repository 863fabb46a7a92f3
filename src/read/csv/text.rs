//! The text of a field.
//!
//! Decoding never fails, and every cut of the text is a cut of the field: `decode(raw - cuts) = decode(raw) - cuts`.
//!
//! A field without quotes holds no delimiter and no line end, and deleting cannot bring one in, nor does the place of
//! spaces matter: they belong to the field. Two rests alone would be read as something else. Nothing at all, in a file of
//! one column, is a blank line: it is written `""` ([`Encoding::emptied`](super::super::Encoding::emptied)). And a rest
//! that begins with a quote would be a quoted field: what was cut before that quote stays ([`refuse_unsafe`]).

use std::borrow::Cow;

use crate::document::Cut;
use crate::read::anchors::Anchors;

/// Decodes `raw`, the bytes between the quotes of a field: two quotes are one.
pub(in crate::read) fn decode(raw: &[u8]) -> (Cow<'_, [u8]>, Anchors) {
    let pair = |from: usize| memchr::memmem::find(&raw[from..], b"\"\"").map(|found| from + found);
    let mut next = pair(0);
    if next.is_none() {
        return (Cow::Borrowed(raw), Anchors::default());
    }
    let mut text = Vec::with_capacity(raw.len());
    let mut anchors = Anchors::default();
    let mut at = 0;
    while let Some(quotes) = next {
        text.extend_from_slice(&raw[at..quotes]);
        anchors.push(text.len(), quotes);
        text.push(b'"');
        at = quotes + 2;
        anchors.push(text.len(), at);
        next = pair(at);
    }
    text.extend_from_slice(&raw[at..]);
    (Cow::Owned(text), anchors)
}

/// Takes back the first of `cuts` (sorted, disjoint) from a field without quotes if what remains of it would begin with
/// a quote. The byte at which that cut begins is none, so one is enough.
pub(in crate::read) fn refuse_unsafe(text: &[u8], cuts: &mut Vec<Cut>) {
    let mut rest = 0;
    for cut in cuts.iter().filter(|cut| !cut.is_empty()) {
        if cut.start > rest {
            break;
        }
        rest = cut.end;
    }
    if rest > 0 && text.get(rest) == Some(&b'"') {
        let first = cuts.iter().position(|cut| !cut.is_empty()).unwrap_or(0);
        cuts.remove(first);
    }
}
