//! Records of JSON lines: one object a line, of which only the text field is ever touched.

use std::borrow::Cow;

use super::fields::{TEXT, metadata, wanted};
use super::json_object::Object;
use super::{Encoding, Record};
use crate::run::options::Fields;

/// Length of the mark of byte order at the `start` of a file: it is no part of the first record.
pub fn mark_len(start: &[u8]) -> usize {
    if start.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 }
}

/// Whether a stream that begins like this holds records.
pub fn begins_like_records(start: &[u8]) -> bool {
    start[mark_len(start)..].iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'{')
}

/// Whether a line holds no record.
pub fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'))
}

/// Reads the record in `line`, one JSON object; it may also stand on several lines. Bytes that are no UTF-8 are let through where they stand inside strings.
///
/// # Errors
/// In plain words, why the line cannot be used.
pub fn parse(line: &[u8], fields: &Fields) -> Result<Record, String> {
    let readable = readable(line);
    let object: Object<'_> = serde_json::from_slice(&readable).map_err(|e| match e.classify() {
        serde_json::error::Category::Data => "not a JSON object".to_owned(),
        serde_json::error::Category::Eof => "the JSON ends too early".to_owned(),
        _ => format!("not valid JSON: {}", without_position(&e.to_string())),
    })?;
    let text = object.find(fields.text.as_deref(), TEXT).ok_or_else(|| {
        format!("the record has no {}; {}", wanted(fields), object.instead_of(fields.text.as_deref()))
    })?;
    let value = text.get();
    if value.len() < 2 || !value.starts_with('"') {
        return Err("the text field is not a string".into());
    }
    let start = value.as_ptr() as usize - readable.as_ptr() as usize + 1;
    let meta = metadata(fields, |name, usual| object.string(name, usual));
    Ok(Record { body: start..start + value.len() - 2, encoding: Encoding::JsonString, meta })
}

/// The line as a JSON parser accepts it: bytes that are no UTF-8 replaced one by one, so that offsets stay.
fn readable(line: &[u8]) -> Cow<'_, [u8]> {
    if std::str::from_utf8(line).is_ok() {
        return Cow::Borrowed(line);
    }
    let mut copy = Vec::with_capacity(line.len());
    for chunk in line.utf8_chunks() {
        copy.extend_from_slice(chunk.valid().as_bytes());
        copy.resize(copy.len() + chunk.invalid().len(), b'?');
    }
    Cow::Owned(copy)
}

fn without_position(message: &str) -> &str {
    message.split(" at line ").next().unwrap_or(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Record, String> {
        parse(line.as_bytes(), &Fields::default())
    }

    #[test]
    fn the_text_is_found_where_it_stands_and_numbers_keep_their_digits() {
        let line = r#" {"id": 12345678901234567890123, "n":{"text":"no"}, "text": "a\nb", "lang":"FR-fr"}"#;
        let record = read(line).unwrap();
        assert_eq!(&line[record.body], r"a\nb");
        assert_eq!(record.meta.id.as_deref(), Some("12345678901234567890123"));
        assert_eq!(record.meta.lang.as_deref(), Some("fr"));
    }

    #[test]
    fn of_duplicate_keys_the_last_is_the_text() {
        let line = r#"{"text":"one","text":"two"}"#;
        assert_eq!(&line[read(line).unwrap().body], "two");
    }

    #[test]
    fn a_named_field_that_is_missing_lists_those_that_are_there() {
        let fields = Fields { text: Some("corps".into()), ..Fields::default() };
        let cause = parse(br#"{"id":1,"text":"x"}"#, &fields).unwrap_err();
        assert!(cause.contains("`corps`") && cause.ends_with("id, text"), "{cause}");
    }

    #[test]
    fn broken_bytes_and_lone_surrogates_do_not_reject_a_record() {
        let line = b"{\"text\":\"caf\xC3 \\ud83d\",\"id\":\"\xFF\"}";
        let record = parse(line, &Fields::default()).unwrap();
        assert_eq!(&line[record.body], b"caf\xC3 \\ud83d");
    }

    #[test]
    fn what_is_no_object_with_a_text_is_refused_in_plain_words() {
        assert_eq!(read("[1]").unwrap_err(), "not a JSON object");
        assert_eq!(read(r#"{"text":null}"#).unwrap_err(), "the text field is not a string");
        assert_eq!(read(r#"{"text":"x""#).unwrap_err(), "the JSON ends too early");
        assert!(read(r#"{"text":"x"} y"#).unwrap_err().starts_with("not valid JSON"));
        let deep = format!("{{\"text\":\"x\",\"d\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(read(&deep).is_ok(), "nesting outside the text field is not looked at");
    }
}
