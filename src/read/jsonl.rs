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
    let object: Object<'_> = serde_json::from_str(&readable).map_err(|e| match e.classify() {
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
fn readable(line: &[u8]) -> Cow<'_, str> {
    if let Ok(line) = std::str::from_utf8(line) {
        return Cow::Borrowed(line);
    }
    let mut copy = String::with_capacity(line.len());
    for chunk in line.utf8_chunks() {
        copy.push_str(chunk.valid());
        copy.extend(std::iter::repeat_n('?', chunk.invalid().len()));
    }
    Cow::Owned(copy)
}

fn without_position(message: &str) -> &str {
    message.split(" at line ").next().unwrap_or(message)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    use super::*;
    use crate::document::Cut;
    use crate::read::Decoded;
    use crate::strip::remaining;

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

    #[test]
    fn a_pointer_finds_a_value_at_any_depth() {
        let line = r#"{"a/b":[{"~":"x"},{"text":"y\n","u":"http://z.org/"}],"text":"no"}"#;
        let find = |text: &str| {
            let fields =
                Fields { text: Some(text.into()), url: Some("/a~1b/1/u".into()), ..Fields::default() };
            parse(line.as_bytes(), &fields).map(|r| (&line[r.body], r.meta.site))
        };
        assert_eq!(find("/a~1b/0/~0"), Ok(("x", Some("z.org".into()))));
        assert_eq!(find("/a~1b/1/text").unwrap().0, r"y\n");
        let lost = |text| find(text).unwrap_err();
        assert_eq!(
            lost("/a~1b/1/corps"),
            "the record has no `/a~1b/1/corps`; the fields of `/a~1b/1` are: text, u"
        );
        assert!(lost("/a~1b/2/x").ends_with("`/a~1b` is a list, its elements are: 0 to 1"));
        assert!(lost("/a~1b/01").ends_with("0 to 1"));
        assert!(lost("/x/y").ends_with("its fields are: a/b, text"));
        assert!(lost("/text/y").ends_with("`/text` is neither an object nor a list"));
        assert_eq!(lost("/a~1b"), "the text field is not a string");
    }

    #[test]
    fn a_record_may_stand_on_several_lines() {
        let text = "{\n \"text\": \"a\",\r\n \"id\": 1\n}";
        assert_eq!(&text[read(text).unwrap().body], "a");
    }

    fn other() -> impl Strategy<Value = String> {
        let deep = format!("{}1{}", "[{\"text\":".repeat(40), "}]".repeat(40));
        proptest::sample::select(vec![
            r#""id":12345678901234567890123"#.to_owned(),
            r#""a" : "\ud83d\u00e9\/""#.to_owned(),
            r#""a":1.0e+05"#.to_owned(),
            r#""text":"an earlier duplicate""#.to_owned(),
            r#""n":{"text":"no"}"#.to_owned(),
            format!("\"deep\":{deep}"),
        ])
    }

    proptest! {
        #[test]
        fn only_the_text_field_changes(
            before in proptest::collection::vec(other(), 0..4),
            after in proptest::collection::vec(other().prop_filter("a later one is the text", |o| !o.starts_with("\"text")), 0..4),
            text in proptest::collection::vec(
                (proptest::sample::select(vec!["a", r"\n", r#"\""#, r"\ud83d", r"\u00e9", r"\ud83d\ude00", "é"]), any::<bool>()),
                0..8,
            ),
        ) {
            let body: String = text.iter().map(|(piece, _)| *piece).collect();
            let fields = [before, vec![format!("\"text\":\"{body}\"")], after].concat();
            let line = format!("{{{}}}", fields.join(" , "));
            let record = read(&line).unwrap();
            let decoded = Decoded::new(&line.as_bytes()[record.body.clone()], record.encoding);
            let (mut cuts, mut at) = (Vec::new(), 0);
            for (piece, cut) in &text {
                let length = Decoded::new(piece.as_bytes(), record.encoding).text.len();
                if *cut {
                    cuts.push(Cut { start: at, end: at + length, rule: 0 });
                }
                at += length;
            }
            let left = remaining(&decoded.text, &cuts).into_owned();
            let raw_cuts: Vec<Cut> = cuts.iter().map(|c| {
                let place = |at| record.body.start + decoded.raw_offset(at);
                Cut { start: place(c.start), end: place(c.end), rule: 0 }
            }).collect();
            let clean = remaining(line.as_bytes(), &raw_cuts).into_owned();

            let values = |json: &[u8]| -> Vec<(String, String)> {
                let Object(fields) = serde_json::from_slice(json).unwrap();
                fields.iter().map(|(k, v): &(_, &RawValue)| (k.to_string(), v.get().to_owned())).collect()
            };
            let (was, is) = (values(line.as_bytes()), values(&clean));
            prop_assert_eq!(was.len(), is.len());
            let place = was.iter().rposition(|(key, _)| key == "text").unwrap();
            for (i, (was, is)) in was.iter().zip(&is).enumerate() {
                prop_assert!(i == place || was == is);
            }
            let read = parse(&clean, &Fields::default()).unwrap();
            prop_assert_eq!(&*Decoded::new(&clean[read.body], read.encoding).text, &left[..]);
        }
    }
}
