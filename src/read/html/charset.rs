//! The charset of a page: which label counts. The decision itself is that of [`crate::read::charset`].

use std::borrow::Cow;

use super::tokens::{Token, tokens};
use crate::read::charset::{self, Basis, Charset};

/// Bytes in which a page has to name its charset.
const HEAD: usize = 4096;

/// The page as text, without a mark of byte order. The label that counts, unless the bytes contradict it, is `declared`,
/// from outside the page, else the one that the page names. Labels that nobody knows are passed over.
///
/// What is malformed becomes U+FFFD: an article is taken out of its page for good, there is no way back to keep.
pub(super) fn decode<'a>(html: &'a [u8], declared: Option<&'a str>) -> Cow<'a, str> {
    let known = |label: &&str| Charset::of_label(label).is_some();
    // A label in ASCII bytes cannot tell the truth about UTF-16 or UTF-32.
    let can_be = |label: &&str| Charset::of_label(label).is_some_and(|c| !c.name().starts_with("utf-"));
    let label = declared.filter(known).or_else(|| label_in_head(html).filter(can_be));
    let decision = charset::decode(html, label);
    let named = label.and_then(Charset::of_label).filter(|_| decision.basis == Basis::Detected);
    let text = if let Some(text) = named.map(|named| named.read_lossy(html)).filter(|t| is_mostly_sound(t)) {
        text.into()
    } else if decision.is_left_as_is() {
        decision.charset.read_lossy(html).into()
    } else {
        match decision.text {
            Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
            Cow::Owned(bytes) => match String::from_utf8(bytes) {
                Ok(text) => text.into(),
                Err(e) => String::from_utf8_lossy(e.as_bytes()).into_owned().into(),
            },
        }
    };
    match text {
        Cow::Borrowed(text) => text.strip_prefix(MARK).unwrap_or(text).into(),
        Cow::Owned(mut text) => {
            if text.starts_with(MARK) {
                text.remove(0);
            }
            text.into()
        }
    }
}

/// Whether few characters were malformed: a label that some broken bytes contradict is better than a guess.
fn is_mostly_sound(text: &str) -> bool {
    let all = text.chars().filter(|c| !c.is_ascii()).count();
    let broken = text.matches(char::REPLACEMENT_CHARACTER).count();
    broken * 5 <= all
}

/// The mark of byte order.
const MARK: char = '\u{FEFF}';

/// The label of `<meta charset>` or `<meta http-equiv=content-type>` within the first 4096 bytes, as it is written.
pub(super) fn label_in_head(html: &[u8]) -> Option<&str> {
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
    fn an_unnamed_charset_is_utf_8_where_it_can_be_else_what_the_bytes_look_like() {
        assert_eq!(decode("é".as_bytes(), None), "é");
        assert_eq!(decode("<meta charset=utf-16>é".as_bytes(), None), "<meta charset=utf-16>é");
        let page = b"<meta charset=utf-16><p>L'\xe9t\xe9 dernier, la for\xeat a br\xfbl\xe9 pr\xe8s d'ici.";
        assert!(decode(page, None).contains("L'été dernier, la forêt a brûlé"));
        let french =
            b"<p>L'\xe9t\xe9 dernier, la for\xeat a br\xfbl\xe9 pr\xe8s d'ici; il en a co\xfbt\xe9 12 \x80.";
        assert!(
            decode(french, None).contains("L'été dernier, la forêt a brûlé près d'ici; il en a coûté 12 €")
        );
    }

    #[test]
    fn one_broken_byte_does_not_lose_the_others() {
        let page = b"<meta charset=shift_jis><p>\x93\xfa\x96\x7b\x8c\xea\x82\xcc\x95\xb6\x8f\xcd \xfd";
        assert!(decode(page, None).contains("日本語の文章"), "{}", decode(page, None));
        assert!(decode("<meta charset=utf-8>déjà vu\u{FEFF}".as_bytes(), None).ends_with('\u{FEFF}'));
    }
}
