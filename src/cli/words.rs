//! Numbers and names as people read them, without floats and without surprises for a terminal.

pub(crate) use tamis::figures::{bytes, count, number};

use std::borrow::Cow;

/// A name that came from outside, safe to show: control characters and those that change the direction or the
/// lines of the text around them are written as escapes. Everything else, accents and emoji included, stays.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(unsafe_to_show) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => safe.extend(c.escape_default()),
            c if unsafe_to_show(c) => safe.extend(c.escape_unicode()),
            c => safe.push(c),
        }
    }
    Cow::Owned(safe)
}

/// As [`printable`], for text of several lines: line feeds and tabs stay.
pub(crate) fn printable_lines(text: &str) -> String {
    let lines = text.split('\n').map(|line| {
        let cells: Vec<_> = line.split('\t').map(printable).collect();
        cells.join("\t")
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn unsafe_to_show(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' // direction
            | '\u{2028}' | '\u{2029}' | '\u{feff}') // lines, byte order mark
}

/// A name as a word of a command to type: quoted where a shell would take it apart.
pub(crate) fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:,+@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", printable(text).replace('\'', r"'\''"))
}

/// Part of a whole as `12.3 %`, rounded to the nearest tenth; a dash where there is no whole.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "-".into();
    }
    let tenths = (u128::from(part) * 1000 + u128::from(whole) / 2) / u128::from(whole);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// A duration in words that are true to the precision that matters: `42 s`, `12 min`, `3 h 05 min`.
pub(crate) fn seconds(s: u64) -> String {
    match s {
        0..120 => format!("{s} s"),
        120..7200 => format!("{} min", s / 60),
        _ => format!("{} h {:02} min", s / 3600, s % 3600 / 60),
    }
}

/// The name closest to what was typed, if one is close enough to be meant.
pub(crate) fn closest<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    names
        .into_iter()
        .map(|name| (strsim::jaro_winkler(typed, name), name))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_direction_characters_are_escaped_and_all_others_stay() {
        assert_eq!(printable("\u{1b}]52;c;x\u{7}.txt"), r"\u{1b}]52;c;x\u{7}.txt");
        assert_eq!(printable("a\u{202e}txt.exe"), r"a\u{202e}txt.exe");
        assert_eq!(printable("a\nerror: b\t\u{9b}"), r"a\nerror: b\t\u{9b}");
        assert_eq!(printable("é 日本 👩‍👩‍👧 \\n"), "é 日本 👩‍👩‍👧 \\n");
        assert_eq!(printable_lines("a\tb\n\u{1b}c\r\n"), "a\tb\n\\u{1b}c\\r\n");
    }

    #[test]
    fn a_name_with_a_space_or_a_quote_is_one_word_of_the_command() {
        assert_eq!(shell_word("out/clean-1"), "out/clean-1");
        assert_eq!(shell_word("my out"), "'my out'");
        assert_eq!(shell_word("it's"), r"'it'\''s'");
        assert_eq!(shell_word(""), "''");
    }

    #[test]
    fn shares_and_times_are_rounded_without_floats() {
        assert_eq!(percent(1, 3), "33.3 %");
        assert_eq!(percent(u64::MAX, u64::MAX), "100.0 %");
        assert_eq!(percent(0, 0), "-");
        assert_eq!([1, 119, 120, 7500].map(seconds), ["1 s", "119 s", "2 min", "2 h 05 min"]);
    }
}
