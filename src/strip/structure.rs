//! Structure that a regular expression cannot say: a line against the other lines of its document.

use std::ops::Range;

use rustc_hash::FxHashSet;

/// Lower-case words of `bytes`, joined by one space: what two passages are compared by.
pub(super) fn folded(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut out = String::with_capacity(text.len());
    let mut between = false;
    for c in text.chars() {
        if !is_letter(c) {
            between = true;
            continue;
        }
        if between && !out.is_empty() {
            out.push(' ');
        }
        between = false;
        if c.is_ascii() { out.push(c.to_ascii_lowercase()) } else { out.extend(c.to_lowercase()) }
    }
    out
}

/// Letters and digits: what folding keeps.
fn is_letter(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() } else { c.is_alphanumeric() }
}

/// Letters at either end of a passage that are compared first.
const END: usize = 6;

/// A number made of the first and the last letters of a passage, folded: where it differs, the passages differ.
/// `None` if the bytes looked at are no UTF-8.
pub(super) fn ends(bytes: &[u8]) -> Option<u64> {
    let mix = |hash: u64, c: char| {
        (hash ^ u64::from(u32::from(c))).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23)
    };
    let (mut hash, mut letters) = (0, 0);
    let (mut tail_hash, mut tail_letters) = (0, 0);
    // Mostly the letters at the ends are ASCII, and nothing between them needs to be looked at.
    let ascii = |b: &&u8| b.is_ascii();
    for byte in bytes.iter().take_while(ascii).filter(|b| b.is_ascii_alphanumeric()).take(END) {
        hash = mix(hash, byte.to_ascii_lowercase().into());
        letters += 1;
    }
    for byte in bytes.iter().rev().take_while(ascii).filter(|b| b.is_ascii_alphanumeric()).take(END) {
        tail_hash = mix(tail_hash, byte.to_ascii_lowercase().into());
        tail_letters += 1;
    }
    if letters < END || tail_letters < END {
        let text = std::str::from_utf8(bytes).ok()?;
        let first = text.chars().filter(|c| is_letter(*c)).flat_map(char::to_lowercase).take(END);
        hash = first.fold(0, mix);
        let last =
            text.chars().rev().filter(|c| is_letter(*c)).flat_map(|c| c.to_lowercase().rev()).take(END);
        tail_hash = last.fold(0, mix);
    }
    Some(hash ^ tail_hash.rotate_left(32))
}

/// Calls `found` with the place of every quotation in `line` that may have `min_words` words: what stands between the
/// marks.
///
/// Marks in use: `«…»`, `“…”`, `„…“`, `„…”`, `"…"`.
pub(super) fn each_quotation(line: &[u8], min_words: usize, mut found: impl FnMut(Range<usize>)) {
    let mut open: Option<(&[u8], usize)> = None;
    // The first bytes of all marks.
    for at in memchr::memchr3_iter(b'"', 0xC2, 0xE2, line) {
        let mark: &[u8] = match line[at..] {
            [b'"', ..] => b"\"",
            [0xC2, 0xAB | 0xBB, ..] => &line[at..at + 2],
            [0xE2, 0x80, 0x9C..=0x9E, ..] => &line[at..at + 3],
            _ => continue,
        };
        match (open, mark) {
            (None, b"\"" | b"\xC2\xAB" | b"\xE2\x80\x9C" | b"\xE2\x80\x9E") => {
                open = Some((mark, at + mark.len()));
            }
            (Some((b"\xC2\xAB", from)), b"\xC2\xBB")
            | (Some((b"\xE2\x80\x9C", from)), b"\xE2\x80\x9D")
            | (Some((b"\xE2\x80\x9E", from)), b"\xE2\x80\x9C" | b"\xE2\x80\x9D")
            | (Some((b"\"", from)), b"\"") => {
                open = None;
                // A word and what separates it from the next take two bytes at least.
                if at - from + 1 >= 2 * min_words {
                    found(from..at);
                }
            }
            _ => {}
        }
    }
}

/// The quotations in `line` (their content, folded) that have at least `min_words` words and are only part of it, among
/// those whose [`ends`] are `wanted`.
///
/// A quotation that is the whole of its line says nothing of where another line was taken from.
pub(super) fn quotations(
    line: &[u8],
    min_words: usize,
    wanted: impl Fn(Option<u64>) -> bool,
    into: &mut FxHashSet<String>,
) {
    let mut whole: Option<usize> = None;
    each_quotation(line, min_words, |place| {
        if !wanted(ends(&line[place.clone()])) {
            return;
        }
        let quotation = folded(&line[place]);
        let whole = *whole.get_or_insert_with(|| folded(line).len());
        if quotation.len() < whole && quotation.split(' ').count() >= min_words {
            into.insert(quotation);
        }
    });
}

/// Where `line` begins with `title` and goes on: the rest, without white space around it.
pub(super) fn after_title<'l>(line: &'l [u8], title: &[u8]) -> Option<&'l [u8]> {
    let (line, title) = (line.trim_ascii(), title.trim_ascii());
    if title.is_empty() || line.len() <= title.len() {
        return None;
    }
    Some(line.strip_prefix(title)?.trim_ascii()).filter(|rest| !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(line: &str, min_words: usize) -> Vec<String> {
        let mut set = FxHashSet::default();
        quotations(line.as_bytes(), min_words, |_| true, &mut set);
        let mut list: Vec<String> = set.into_iter().collect();
        list.sort();
        list
    }

    #[test]
    fn only_whole_quotations_inside_a_longer_line_count() {
        assert_eq!(
            found("Il a dit : «La mer était calme ce soir», puis il est parti.", 4),
            ["la mer était calme ce soir"]
        );
        assert!(found("«La mer était calme ce soir.»", 4).is_empty());
        assert_eq!(found("She said \"the sea was calm\" and \"so was I\".", 4), ["the sea was calm"]);
    }

    #[test]
    fn folding_leaves_lower_case_words_parted_by_single_spaces() {
        assert_eq!(folded("  «L’Été», dit-IL: 3 fois… ".as_bytes()), "l été dit il 3 fois");
        assert_eq!(folded(b"\xFF--"), "");
    }

    proptest! {
        #[test]
        fn passages_that_fold_alike_have_the_same_ends(
            a in "[aAkK\u{212a}İiéÉß日 ’'.-]{0,16}",
            b in "[aAkK\u{212a}İiéÉß日 ’'.-]{0,16}",
        ) {
            let spaced: String = a.chars().map(|c| if c.is_alphanumeric() { c } else { '…' }).collect();
            for b in [&b, &spaced, &a.to_lowercase()] {
                if folded(a.as_bytes()) == folded(b.as_bytes()) {
                    prop_assert_eq!(ends(a.as_bytes()), ends(b.as_bytes()));
                }
            }
        }
    }

    #[test]
    fn a_title_echo_must_go_on_after_the_title() {
        assert_eq!(after_title(b"A calm seaPhoto: X", b"A calm sea"), Some(&b"Photo: X"[..]));
        assert_eq!(after_title(b"A calm sea", b"A calm sea"), None);
    }
}
