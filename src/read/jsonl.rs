//! Records of JSON lines: one object a line, of which only the text field is ever touched.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::dates::Date;
use crate::document::{Metadata, Origin};
use crate::read::{language, metadata};
use crate::run::options::Fields;

/// One record.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Where the text stands in the line, without its quotes.
    pub body: Range<usize>,
    /// What the other fields say.
    pub meta: Metadata,
}

pub(super) const TEXT: &[&str] =
    &["text", "content", "body", "article", "maintext", "raw_content", "article_text", "full_text"];
pub(super) const ID: &[&str] = &["id", "_id", "doc_id", "docid", "uuid", "guid"];
pub(super) const URL: &[&str] = &["url", "link", "source_url", "canonical_url", "uri", "href"];
pub(super) const DATE: &[&str] = &[
    "date",
    "date_publish",
    "published",
    "publish_date",
    "published_at",
    "publication_date",
    "pub_date",
    "pubdate",
    "date_published",
    "datetime",
    "created_at",
    "timestamp",
];
pub(super) const TITLE: &[&str] = &["title", "headline"];
pub(super) const LANG: &[&str] = &["lang", "language"];

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

/// Reads the record in `line`. Bytes that are no UTF-8 are let through where they stand inside strings.
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
        let wanted = fields
            .text
            .as_deref()
            .map_or("a text field (text, content, body …)".into(), |f| format!("`{f}`"));
        let there: Vec<&str> = object.0.iter().take(12).map(|(k, _)| &**k).collect();
        format!("the record has no {wanted}; its fields are: {}", there.join(", "))
    })?;
    let value = text.get();
    if value.len() < 2 || !value.starts_with('"') {
        return Err("the text field is not a string".into());
    }
    let start = value.as_ptr() as usize - readable.as_ptr() as usize + 1;
    let url = object.string(fields.url.as_deref(), URL);
    let meta = Metadata {
        id: object.string(fields.id.as_deref(), ID),
        site: url.as_deref().and_then(metadata::host),
        url,
        title: object.string(fields.title.as_deref(), TITLE),
        lang: object.string(None, LANG).as_deref().and_then(language::normalise),
        date: object
            .string(fields.date.as_deref(), DATE)
            .and_then(|d| Some((Date::parse(&d)?, Origin::Field))),
        captures: Vec::new(),
    };
    Ok(Record { body: start..start + value.len() - 2, meta })
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

/// The fields of an object in their order, duplicates included, values unparsed.
struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Object<'a> {
    /// The named field, else the first of the usual ones; of duplicates the last, as JSON parsers do.
    fn find(&self, name: Option<&str>, usual: &[&str]) -> Option<&'a RawValue> {
        let last = |name: &str| self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| *value);
        match name {
            Some(name) => last(name),
            None => usual.iter().find_map(|name| last(name)),
        }
    }

    /// As [`Object::find`], as text: strings decoded, numbers in their digits, anything else not.
    fn string(&self, name: Option<&str>, usual: &[&str]) -> Option<String> {
        let raw = self.find(name, usual)?.get();
        match raw.as_bytes().first()? {
            b'"' => {
                let inside = raw.as_bytes().get(1..raw.len() - 1)?;
                let (text, _) = super::json_string::decode(inside);
                Some(String::from_utf8_lossy(&text).into_owned()).filter(|s| !s.is_empty())
            }
            b'-' | b'0'..=b'9' => Some(raw.to_owned()),
            _ => None,
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::with_capacity(8);
                while let Some(key) = map.next_key::<Key<'de>>()? {
                    fields.push((key.0, map.next_value()?));
                }
                Ok(Object(fields))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

/// A key, borrowed where it has no escape.
struct Key<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(key)))
            }

            fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(key.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
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
