//! A string of HTML that data cannot break out of.
//!
//! Invariant: markup comes from the source code only ([`Html::raw`] takes `&'static str`) and from the plotting library,
//! which sees nothing but numbers ([`Html::drawn`]); all data goes through
//! [`Html::text`], [`Html::marked`] or [`Html::attr`], where it can neither open a tag, close a quote, reorder the
//! line nor hide.

pub(super) use crate::figures::{bytes as size, number as grouped};

/// A piece of the page.
#[derive(Debug, Default)]
pub(super) struct Html(String);

impl Html {
    /// Number of bytes so far.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The finished markup.
    pub(super) fn into_string(self) -> String {
        self.0
    }

    /// Markup as it stands in the source code.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Markup that [`super::plot`] made of numbers.
    pub(super) fn drawn(&mut self, markup: &str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// A piece that was built before.
    pub(super) fn push(&mut self, piece: &Html) -> &mut Self {
        self.0.push_str(&piece.0);
        self
    }

    /// Data as text between tags. Characters that a reader would not see are shown by their number.
    pub(super) fn text(&mut self, data: &str) -> &mut Self {
        self.escape(data, false)
    }

    /// Data inside a mark: as [`Html::text`], and the white space that differs can be seen as well.
    pub(super) fn marked(&mut self, data: &str) -> &mut Self {
        self.escape(data, true)
    }

    /// Data as the value of an attribute, between double quotes; also as text where no element may stand: in an option,
    /// in a drawing.
    pub(super) fn attr(&mut self, data: &str) -> &mut Self {
        for c in data.chars() {
            if is_hidden(c) || c.is_control() {
                self.0.push_str(&code_point(c));
            } else {
                self.char(c);
            }
        }
        self
    }

    /// A number, with a comma between groups of three digits.
    pub(super) fn number(&mut self, number: u64) -> &mut Self {
        self.0.push_str(&grouped(number));
        self
    }

    /// A count with its noun: `1 copy`, `2 copies`.
    pub(super) fn count(&mut self, number: u64, one: &'static str, many: &'static str) -> &mut Self {
        self.number(number).raw(" ").raw(if number == 1 { one } else { many })
    }

    fn escape(&mut self, data: &str, visible_space: bool) -> &mut Self {
        let mut rest = data;
        loop {
            let plain = rest.bytes().position(|b| !is_plain(b)).unwrap_or(rest.len());
            let (plain, other) = rest.split_at(plain);
            self.0.push_str(plain);
            let Some(c) = other.chars().next() else { return self };
            rest = other.strip_prefix(c).unwrap_or_default();
            if c == '\r' && rest.starts_with('\n') {
                continue; // part of the line terminator, which the page shows as a new line
            }
            if is_hidden(c) {
                let behind = rest.trim_start_matches(c);
                let run = 1 + ((rest.len() - behind.len()) / c.len_utf8()) as u64;
                rest = behind;
                self.0.push_str("<code class=\"u\">");
                self.0.push_str(&code_point(c));
                if run > 1 {
                    self.0.push_str(" ×");
                    self.number(run);
                }
                self.0.push_str("</code>");
                continue;
            }
            match c {
                '\n' if visible_space => self.0.push_str("<i class=\"n\"></i>\n"),
                '\u{a0}' | '\u{202f}' if visible_space => {
                    self.0.push_str("<i class=\"s\">");
                    self.0.push(c);
                    self.0.push_str("</i>");
                }
                _ => self.char(c),
            }
        }
    }

    fn char(&mut self, c: char) {
        match c {
            '&' => self.0.push_str("&amp;"),
            '<' => self.0.push_str("&lt;"),
            '>' => self.0.push_str("&gt;"),
            '"' => self.0.push_str("&quot;"),
            '\'' => self.0.push_str("&#39;"),
            _ => self.0.push(c),
        }
    }
}

/// Whether a page shows a character of ASCII as it is.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && !matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\'')
}

fn code_point(c: char) -> String {
    format!("U+{:04X}", u32::from(c))
}

/// Characters that change what a reader sees without being seen: controls (a tab and a line feed are layout), bidi
/// marks, embeddings and isolates, zero-width characters but the joiners that scripts and emoji need, tags, and code
/// points that are no characters.
fn is_hidden(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}' => true,
        '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fdd0}'..='\u{fdef}' => true,
        '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => true,
        _ => c.is_control() || u32::from(c) & 0xfffe == 0xfffe,
    }
}

/// `part` of `whole` in percent with one decimal; what is there is never shown as nothing, nor as all if it is not.
pub(super) fn percent(part: u64, whole: u64) -> String {
    if part == 0 || whole == 0 {
        return "0 %".to_owned();
    }
    let (part, whole) = (u128::from(part), u128::from(whole));
    match (part * 2000 + whole) / (2 * whole) {
        0 => "< 0.1 %".to_owned(),
        1000 if part < whole => "> 99.9 %".to_owned(),
        tenths => format!("{}.{} %", tenths / 10, tenths % 10),
    }
}

/// The first `max` characters of `text`, and whether that is less than all.
pub(super) fn clip(text: &str, max: usize) -> (&str, bool) {
    match text.char_indices().nth(max) {
        Some((end, _)) => (&text[..end], true),
        None => (text, false),
    }
}

/// The first `max` characters of `data`, and a sign where that is not all.
pub(super) fn clipped<'h>(html: &'h mut Html, data: &str, max: usize) -> &'h mut Html {
    let (data, more) = clip(data, max);
    html.text(data).raw(if more { "…" } else { "" })
}

/// Standard base64 with padding (RFC 4648), for the hashes in the content security policy.
pub(super) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group =
            chunk.iter().enumerate().fold(0_usize, |sum, (i, b)| sum | usize::from(*b) << (16 - 8 * i));
        for i in 0..4 {
            let digit = ALPHABET[group >> (18 - 6 * i) & 63];
            out.push(if i <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(data: &str) -> String {
        let mut html = Html::default();
        html.text(data);
        html.into_string()
    }

    #[test]
    fn data_cannot_open_a_tag_or_close_a_quote() {
        assert_eq!(text("</script><b a='\"&"), "&lt;/script&gt;&lt;b a=&#39;&quot;&amp;");
        let mut html = Html::default();
        html.attr("\" onload=\"x\n\u{202e}");
        assert_eq!(html.into_string(), "&quot; onload=&quot;xU+000AU+202E");
    }

    #[test]
    fn what_cannot_be_seen_is_shown_by_its_number() {
        assert_eq!(text("a\u{202e}b"), "a<code class=\"u\">U+202E</code>b");
        assert_eq!(text("\0\0\0"), "<code class=\"u\">U+0000 ×3</code>");
        assert_eq!(text("a\r\nb\rc"), "a\nb<code class=\"u\">U+000D</code>c");
        assert_eq!(text("می\u{200c}خواهم"), "می\u{200c}خواهم");
    }

    #[test]
    fn numbers_read_well_and_never_hide_a_remainder() {
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(123), "123");
        assert_eq!(
            (size(999), size(1000), size(1_550_000)),
            ("999 bytes".into(), "1.0 kB".into(), "1.6 MB".into())
        );
        assert_eq!(size(999_999), "1.0 MB");
        assert_eq!(
            (percent(1, 1_000_000), percent(999_999, 1_000_000)),
            ("< 0.1 %".into(), "> 99.9 %".into())
        );
        assert_eq!(
            (percent(1, 3), percent(3, 3), percent(0, 0)),
            ("33.3 %".into(), "100.0 %".into(), "0 %".into())
        );
    }

    #[test]
    fn base64_is_that_of_rfc_4648() {
        let cases = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
        for (plain, coded) in cases {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }
}
