//! Cuts a page into tags and text, in one pass and in time linear in its length.
//!
//! What no reader sees (comments, scripts, styles, pictures, widgets) comes as [`Token::Hidden`] or not at all.

use std::borrow::Cow;
use std::collections::HashMap;

use memchr::{memchr, memchr2, memmem};

/// Elements whose content is no markup or no text of the page.
const HIDDEN: [&str; 16] = [
    "script", "style", "noscript", "template", "iframe", "svg", "math", "textarea", "select", "datalist",
    "canvas", "audio", "video", "noembed", "noframes", "title",
];

/// A piece of a page.
#[derive(Debug, PartialEq)]
pub(super) enum Token<'a> {
    /// `<name attributes>`
    Open(Tag<'a>),
    /// `</name>`, the name in lower case.
    Close(Cow<'a, str>),
    /// Text between tags, entities as they are written.
    Text(&'a str),
    /// An element of [`HIDDEN`] with all that it holds.
    Hidden(Tag<'a>, &'a str),
}

/// An opening tag.
#[derive(Debug, PartialEq)]
pub(super) struct Tag<'a> {
    /// In lower case.
    pub(super) name: Cow<'a, str>,
    /// All that follows the name, without the closing bracket.
    attributes: &'a str,
}

impl<'a> Tag<'a> {
    /// Names as written and values, entities as they are written.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let (text, mut at) = (self.attributes, 0);
        std::iter::from_fn(move || attribute(text, &mut at))
    }

    /// The value of the first attribute `name`, its entities decoded.
    pub(super) fn get(&self, name: &str) -> Option<Cow<'a, str>> {
        let (_, value) = self.attributes().find(|(n, _)| n.eq_ignore_ascii_case(name))?;
        Some(html_escape::decode_html_entities(value))
    }
}

/// Whether the content of `name` is no text of the page.
pub(super) fn is_hidden(name: &str) -> bool {
    HIDDEN.contains(&name)
}

/// The tokens of `page`.
pub(super) fn tokens(page: &str) -> Tokens<'_> {
    Tokens { page, at: 0, ends: HashMap::new() }
}

/// Iterator over the tokens of a page.
pub(super) struct Tokens<'a> {
    page: &'a str,
    at: usize,
    /// Where the next closing tag of a hidden element stands, so that no stretch is searched twice for one.
    ends: HashMap<&'static str, Option<usize>>,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let rest = self.page.get(self.at..).filter(|r| !r.is_empty())?;
            let bytes = rest.as_bytes();
            if bytes[0] != b'<' {
                return Some(self.text(rest, memchr(b'<', bytes).unwrap_or(rest.len())));
            }
            match bytes.get(1) {
                Some(b) if b.is_ascii_alphabetic() => return self.open(),
                Some(b'/') if bytes.get(2).is_some_and(u8::is_ascii_alphabetic) => {
                    let name = name(&rest[2..]);
                    self.at = self.tag_end(self.at + 2 + name.len())?.1;
                    return Some(Token::Close(lower(name)));
                }
                Some(b'!') if rest.starts_with("<!--") => self.at += comment(rest),
                Some(b'!' | b'?' | b'/') => self.at += memchr(b'>', bytes).map_or(rest.len(), |e| e + 1),
                _ => {
                    let end = memchr(b'<', &bytes[1..]).map_or(rest.len(), |e| e + 1);
                    return Some(self.text(rest, end));
                }
            }
        }
    }
}

impl<'a> Tokens<'a> {
    fn text(&mut self, rest: &'a str, end: usize) -> Token<'a> {
        self.at += end;
        Token::Text(&rest[..end])
    }

    fn open(&mut self) -> Option<Token<'a>> {
        let name = name(&self.page[self.at + 1..]);
        let (attributes, end) = self.tag_end(self.at + 1 + name.len())?;
        let tag = Tag { name: lower(name), attributes };
        self.at = end;
        let Some(hidden) = HIDDEN.into_iter().find(|h| *h == tag.name) else { return Some(Token::Open(tag)) };
        if attributes.ends_with('/') && matches!(hidden, "svg" | "math") {
            return Some(Token::Hidden(tag, ""));
        }
        match self.closing(hidden) {
            Some(close) => {
                let content = &self.page[end..close];
                self.at = self.tag_end(close + 2 + hidden.len()).map_or(self.page.len(), |(_, e)| e);
                Some(Token::Hidden(tag, content))
            }
            // A script that never ends hides the rest of the page, in a browser too.
            None if matches!(hidden, "script" | "style") => {
                self.at = self.page.len();
                Some(Token::Hidden(tag, &self.page[end..]))
            }
            None => Some(Token::Open(tag)),
        }
    }

    /// Where the next `</name` begins.
    fn closing(&mut self, name: &'static str) -> Option<usize> {
        if let Some(known) = self.ends.get(name)
            && known.is_none_or(|k| k >= self.at)
        {
            return *known;
        }
        let bytes = self.page.as_bytes();
        let found = memmem::find_iter(&bytes[self.at..], b"</").map(|i| self.at + i).find(|i| {
            let after = i + 2 + name.len();
            bytes.get(i + 2..after).is_some_and(|n| n.eq_ignore_ascii_case(name.as_bytes()))
                && bytes.get(after).is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/'))
        });
        self.ends.insert(name, found);
        found
    }

    /// The attributes that begin at `from`, and where the tag ends; none if it never does.
    fn tag_end(&self, from: usize) -> Option<(&'a str, usize)> {
        let (rest, mut at) = (&self.page[from..], 0);
        while attribute(rest, &mut at).is_some() {}
        (rest.as_bytes().get(at) == Some(&b'>')).then(|| (&rest[..at], from + at + 1))
    }
}

fn name(text: &str) -> &str {
    let end = text.bytes().position(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/'));
    &text[..end.unwrap_or(text.len())]
}

fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) { name.to_ascii_lowercase().into() } else { name.into() }
}

/// Bytes of the comment at the start of `rest`.
fn comment(rest: &str) -> usize {
    if rest.starts_with("<!-->") || rest.starts_with("<!--->") {
        return memchr(b'>', rest.as_bytes()).map_or(rest.len(), |e| e + 1);
    }
    let ends = memmem::find_iter(rest.as_bytes(), b"--").skip(1);
    let mut ends = ends.filter_map(|i| match rest.as_bytes()[i + 2..] {
        [b'>', ..] => Some(i + 3),
        [b'!', b'>', ..] => Some(i + 4),
        // `--->`: the pair is the one before the last hyphen.
        [b'-', b'>', ..] => Some(i + 4),
        _ => None,
    });
    ends.next().unwrap_or(rest.len())
}

/// The attribute at or after `at`, which moves behind it: to the closing bracket or the end if there is none.
fn attribute<'a>(text: &'a str, at: &mut usize) -> Option<(&'a str, &'a str)> {
    let bytes = text.as_bytes();
    let skip =
        |from: usize, more: fn(&u8) -> bool| bytes[from..].iter().take_while(|b| more(b)).count() + from;
    let start = skip(*at, |b| b.is_ascii_whitespace() || *b == b'/');
    *at = start;
    if bytes.get(start).is_none_or(|b| *b == b'>') {
        return None;
    }
    // A name may begin with an equals sign.
    let end = skip(start + 1, |b| !b.is_ascii_whitespace() && !matches!(b, b'/' | b'>' | b'='));
    let name = text.get(start..end).unwrap_or_default();
    *at = end;
    let equals = skip(end, u8::is_ascii_whitespace);
    if bytes.get(equals) != Some(&b'=') {
        return Some((name, ""));
    }
    let value = skip(equals + 1, u8::is_ascii_whitespace);
    let (from, to) = match bytes.get(value) {
        Some(q @ (b'"' | b'\'')) => match memchr(*q, &bytes[value + 1..]) {
            Some(len) => (value + 1, value + 1 + len),
            None => (bytes.len(), bytes.len()),
        },
        _ => (value, skip(value, |b| !b.is_ascii_whitespace() && *b != b'>')),
    };
    *at = (to + usize::from(from > value)).min(bytes.len());
    Some((name, text.get(from..to).unwrap_or_default()))
}

/// Writes `text` so that no tag or value can begin or end in it.
pub(super) fn push_inert(out: &mut String, mut text: &str) {
    while let Some(i) = memchr2(b'<', b'"', text.as_bytes()) {
        out.push_str(&text[..i]);
        out.push_str(if text.as_bytes()[i] == b'<' { "&lt;" } else { "&quot;" });
        text = &text[i + 1..];
    }
    out.push_str(text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(page: &str) -> String {
        let one = |t| match t {
            Token::Open(t) => format!("<{}{:?}>", t.name, t.attributes().collect::<Vec<_>>()),
            Token::Close(n) => format!("</{n}>"),
            Token::Text(t) => format!("'{t}'"),
            Token::Hidden(t, text) => format!("{{{} {text}}}", t.name),
        };
        tokens(page).map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn tags_and_text_are_told_apart_as_a_browser_does() {
        assert_eq!(
            shown("a <B x=1 y='>' z>b</B\n>"),
            r#"'a ' <b[("x", "1"), ("y", ">"), ("z", "")]> 'b' </b>"#
        );
        assert_eq!(shown("1 < 2 <3>"), "'1 ' '< 2 ' '<3>'");
        assert_eq!(shown("<!doctype html><!-- <p> -->x<!-->y<!--->z<!--a--!>w"), "'x' 'y' 'z' 'w'");
        assert_eq!(shown("<a href=/x/>t<br/>"), r#"<a[("href", "/x/")]> 't' <br[]>"#);
        assert_eq!(shown("x<a href='never closed>y</a>"), "'x'");
    }

    #[test]
    fn hidden_elements_hold_no_tags() {
        assert_eq!(shown("<script>a<b></p></SCRIPT >c"), "{script a<b></p>} 'c'");
        assert_eq!(shown("<svg/>a<svg><title>t</title></svg>b"), "{svg } 'a' {svg <title>t</title>} 'b'");
        assert_eq!(shown("a<script>b"), "'a' {script b}");
        assert_eq!(shown("a<noscript>b"), "'a' <noscript[]> 'b'");
    }

    proptest! {
        #[test]
        fn no_page_panics(page in r#"([<>/!a-c"'= -]|script|</|<!--|é){0,60}"#) {
            tokens(&page).for_each(|t| if let Token::Open(t) | Token::Hidden(t, _) = t { t.attributes().for_each(drop) });
        }
    }
}
