//! Fields of a header, `Name: value` a line, as WARC and HTTP write them; lenient about line ends and folded lines.

use std::borrow::Cow;

use memchr::memchr;

/// The fields of a header in their order.
#[derive(Debug)]
pub(super) struct Fields<'a>(Vec<(&'a [u8], Cow<'a, [u8]>)>);

impl<'a> Fields<'a> {
    /// Reads the lines after the first one up to an empty one; lines without a colon are passed over.
    pub(super) fn parse(header: &'a [u8]) -> Self {
        let mut fields: Vec<(&[u8], Cow<'_, [u8]>)> = Vec::with_capacity(16);
        for line in header.split(|&b| b == b'\n').skip(1) {
            let text = line.trim_ascii();
            if text.is_empty() {
                break;
            }
            if matches!(line[0], b' ' | b'\t') {
                if let Some((_, value)) = fields.last_mut() {
                    let value = value.to_mut();
                    value.push(b' ');
                    value.extend_from_slice(text);
                }
            } else if let Some(colon) = memchr(b':', text) {
                fields.push((text[..colon].trim_ascii_end(), text[colon + 1..].trim_ascii_start().into()));
            }
        }
        Self(fields)
    }

    /// The value of the first field of that name, in any case. Bytes that are no UTF-8 are read as Latin-1.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let (_, value) = self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes()))?;
        Some(text(value))
    }

    /// The values of all fields of that name, and of lists in them, in order, in lower case.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        let named = self.0.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes()));
        named
            .flat_map(|(_, value)| value.split(|&b| b == b','))
            .map(|item| text(item.trim_ascii()).to_ascii_lowercase())
            .filter(|item| !item.is_empty())
            .collect()
    }
}

/// Bytes as text: UTF-8, else Latin-1.
pub(super) fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&b| char::from(b)).collect(),
    }
}

/// Length of a header with the empty line that ends it; `from` is a length at which there was none.
pub(super) fn header_len(bytes: &[u8], from: usize) -> Option<usize> {
    // The empty line may have begun before `from`.
    let mut line = memchr::memrchr(b'\n', &bytes[..from.min(bytes.len())]).map_or(0, |at| at + 1);
    while let Some(len) = memchr(b'\n', &bytes[line..]) {
        let end = line + len + 1;
        if bytes[line..end].trim_ascii().is_empty() {
            return Some(end);
        }
        line = end;
    }
    None
}

/// The media type in lower case without its parameters, and the `charset` among them.
pub(super) fn media_type(value: &str) -> (Option<String>, Option<String>) {
    let mut parts = value.split(';');
    let named = parts.next().unwrap_or_default().split(',').next().unwrap_or_default().trim();
    let charset = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']).trim();
        (name.trim().eq_ignore_ascii_case("charset") && !value.is_empty()).then(|| value.to_owned())
    });
    (Some(named.to_ascii_lowercase()).filter(|n| !n.is_empty()), charset)
}
