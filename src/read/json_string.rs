//! The inside of a JSON string, and where each decoded byte was written.
//!
//! Decoding never fails: escapes that stand for half of a surrogate pair become their three generalised UTF-8 bytes, raw
//! bytes that are no UTF-8 stay as they are. So every cut of the text is a cut of the string, and
//! `decode(raw - cuts) = decode(raw) - cuts` as long as cuts take whole units.

use std::borrow::Cow;

use super::anchors::Anchors;

/// Decodes `raw`, the bytes between the quotes of a JSON string that a parser has accepted.
pub fn decode(raw: &[u8]) -> (Cow<'_, [u8]>, Anchors) {
    let Some(first) = memchr::memchr(b'\\', raw) else {
        return (Cow::Borrowed(raw), Anchors::default());
    };
    let mut text = Vec::with_capacity(raw.len());
    let mut anchors = Anchors::default();
    let mut at = 0;
    let mut next = Some(first);
    while let Some(escape) = next {
        text.extend_from_slice(&raw[at..escape]);
        anchors.push(text.len(), escape);
        at = escape + decode_escape(&raw[escape..], &mut text);
        anchors.push(text.len(), at);
        next = memchr::memchr(b'\\', &raw[at..]).map(|found| at + found);
    }
    text.extend_from_slice(&raw[at..]);
    (Cow::Owned(text), anchors)
}

/// Decodes the escape at the beginning of `raw` into `text`; the number of raw bytes that it takes, at least 1.
fn decode_escape(raw: &[u8], text: &mut Vec<u8>) -> usize {
    let plain = match raw.get(1) {
        Some(b'u') => {
            let Some(high) = hex4(&raw[2..]) else {
                text.extend_from_slice(b"\\u");
                return 2;
            };
            if (0xD800..0xDC00).contains(&high)
                && raw.get(6..8) == Some(b"\\u")
                && let Some(low) = hex4(&raw[8..]).filter(|low| (0xDC00..0xE000).contains(low))
            {
                push_code_point(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00), text);
                return 12;
            }
            push_code_point(high, text);
            return 6;
        }
        Some(b'b') => 0x08,
        Some(b'f') => 0x0C,
        Some(b'n') => b'\n',
        Some(b'r') => b'\r',
        Some(b't') => b'\t',
        Some(other) => *other,
        None => {
            text.push(b'\\');
            return 1;
        }
    };
    text.push(plain);
    2
}

fn hex4(raw: &[u8]) -> Option<u32> {
    raw.get(..4)?.iter().try_fold(0, |n, b| Some(n << 4 | char::from(*b).to_digit(16)?))
}

/// UTF-8, and for surrogates the three bytes that the same scheme gives.
fn push_code_point(code: u32, text: &mut Vec<u8>) {
    match char::from_u32(code) {
        Some(c) => text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        None => text.extend([
            0xE0 | (code >> 12) as u8,
            0x80 | (code >> 6 & 0x3F) as u8,
            0x80 | (code & 0x3F) as u8,
        ]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Cut;
    use crate::read::{Decoded, Encoding};
    use crate::strip::{RuleSet, Scope, remaining};
    use proptest::prelude::*;

    fn piece() -> impl Strategy<Value = &'static [u8]> {
        let pieces: Vec<&[u8]> = vec![
            b"Share\\n",
            b"\\nShare",
            b"\\r\\n",
            b"\\u000a",
            b"text",
            b" ",
            b"\\u00e9",
            b"\\ud83d\\ude00",
            b"\\ud83d",
            b"\\ude00",
            b"\\\"",
            b"\\\\",
            b"\\/",
            b"\xC3",
            b"\xA9",
            "é".as_bytes(),
            b"[x]",
            b"\\t",
        ];
        proptest::sample::select(pieces)
    }

    #[test]
    fn escapes_decode_as_the_standard_says() {
        let raw = br#"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00z"#;
        let expected: String = serde_json::from_slice(&[b"\"", &raw[..], b"\""].concat()).unwrap();
        assert_eq!(decode(raw).0, expected.as_bytes());
        assert_eq!(&*decode(br"\ud83d!").0, b"\xED\xA0\xBD!");
    }

    proptest! {
        #[test]
        fn cutting_the_string_is_cutting_the_text(pieces in proptest::collection::vec(piece(), 0..20)) {
            let raw = pieces.concat();
            let decoded = Decoded::new(&raw, Encoding::JsonString);
            let rules = RuleSet::from_texts(vec![("t".into(), "
[[rule]]
id='share'
about='x'
unit='line'
regex='^Share$'
[[rule]]
id='x'
about='x'
unit='span'
literal='[x]'
".into())]).unwrap();
            let found = rules.strip(&decoded.text, &Scope::default(), true);
            let raw_cuts: Vec<Cut> = found.cuts.iter()
                .map(|c| Cut { start: decoded.raw_offset(c.start), end: decoded.raw_offset(c.end), rule: c.rule })
                .collect();
            let from_raw = remaining(&raw, &raw_cuts).into_owned();
            let from_text = remaining(&decoded.text, &found.cuts).into_owned();
            prop_assert_eq!(decode(&from_raw).0.into_owned(), from_text);
        }

        #[test]
        fn decoding_agrees_with_serde_json(text in "\\PC{0,30}") {
            let raw = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(&*decode(&raw.as_bytes()[1..raw.len() - 1]).0, text.as_bytes());
        }
    }
}
