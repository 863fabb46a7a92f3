//! The charset that a page names for itself.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::tokens::{Token, tokens};

/// Bytes in which a page has to name its charset.
const HEAD: usize = 4096;

/// The page as text: by its byte order mark, the charset `declared` outside the page, the one that the page names, as UTF-8
/// if it is that, else as windows-1252. Labels that nobody knows are passed over.
pub(super) fn decode<'a>(html: &'a [u8], declared: Option<&str>) -> Cow<'a, str> {
    let known = |label: &str| Encoding::for_label(label.trim().as_bytes());
    let in_head = || {
        // A label in ASCII bytes cannot tell the truth about UTF-16.
        let named = known(label_in_head(html)?)?;
        Some(if named == UTF_16LE || named == UTF_16BE { UTF_8 } else { named })
    };
    if let Some((encoding, mark)) = Encoding::for_bom(html) {
        return encoding.decode_without_bom_handling(&html[mark..]).0;
    }
    match declared.and_then(known).or_else(in_head) {
        Some(encoding) => encoding.decode_without_bom_handling(html).0,
        None => match std::str::from_utf8(html) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => WINDOWS_1252.decode_without_bom_handling(html).0,
        },
    }
}

/// The label of `<meta charset>` or `<meta http-equiv=content-type>` within the first 4096 bytes, as it is written.
pub fn label_in_head(html: &[u8]) -> Option<&str> {
    let head = &html[..html.len().min(HEAD)];
    // Tags are ASCII; a run of other bytes between them ends the run, not the search.
    for chunk in head.utf8_chunks() {
        if let Some(label) = tokens(chunk.valid()).find_map(|t| label_of(&t)) {
            return Some(label);
        }
    }
    None
}

fn label_of<'a>(token: &Token<'a>) -> Option<&'a str> {
    let Token::Open(tag) = token else { return None };
    if tag.name != "meta" {
        return None;
    }
    let raw = |name: &str| tag.attributes().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v);
    if let Some(label) = raw("charset") {
        return Some(label.trim());
    }
    raw("http-equiv").filter(|v| v.trim().eq_ignore_ascii_case("content-type"))?;
    let content = raw("content")?;
    let at = content.to_ascii_lowercase().find("charset")?;
    let label = content[at + "charset".len()..].trim_start().strip_prefix('=')?;
    Some(label.split([';', ',']).next()?.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_names_its_charset_in_two_ways() {
        assert_eq!(label_in_head(b"<META CharSet='koi8-r'>"), Some("koi8-r"));
        let old = b"\xff<meta http-equiv=\"Content-Type\" content=\"text/html; charset=windows-1251\">";
        assert_eq!(label_in_head(old), Some("windows-1251"));
        assert_eq!(label_in_head(b"<!-- <meta charset=a> --><script>'<meta charset=b>'</script>"), None);
        assert_eq!(label_in_head(&[&[b' '; HEAD], &b"<meta charset=a>"[..]].concat()), None);
    }

    #[test]
    fn the_mark_outranks_the_server_and_the_server_the_page() {
        let page = b"<meta charset=iso-8859-2>\xb1";
        assert!(decode(page, None).ends_with('ą'));
        assert!(decode(page, Some("windows-1251")).ends_with('±'));
        assert!(decode(page, Some("no such charset")).ends_with('ą'));
        assert!(decode(b"\xef\xbb\xbf\xc4\x85", Some("windows-1251")) == "ą");
        assert!(decode(b"\xff\xfe\x05\x01", None) == "ą");
    }

    #[test]
    fn an_unnamed_charset_is_utf_8_where_it_can_be() {
        assert_eq!(decode("é".as_bytes(), None), "é");
        assert_eq!(decode(b"\xe9t\xe9 \x80", None), "été €");
        assert_eq!(decode("<meta charset=utf-16>é".as_bytes(), None), "<meta charset=utf-16>é");
    }
}
