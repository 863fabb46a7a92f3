//! Structure that a regular expression cannot say: a line against the other lines of its document.

use rustc_hash::FxHashSet;

/// Lower-case words of `bytes`, joined by one space: what two passages are compared by.
pub(super) fn folded(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut out = String::with_capacity(text.len());
    let mut between = false;
    for c in text.chars() {
        let letter = if c.is_ascii() { c.is_ascii_alphanumeric() } else { c.is_alphanumeric() };
        if !letter {
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

/// The quotations in `line` (their content, folded) that have at least `min_words` words and are only part of it.
///
/// Marks in use: `«…»`, `“…”`, `„…“`, `„…”`, `"…"`. A quotation that is the whole of its line says nothing of where
/// another line was taken from.
pub(super) fn quotations(line: &[u8], min_words: usize, into: &mut FxHashSet<String>) {
    // The first bytes of the four opening marks; most lines hold none of them.
    if memchr::memchr3(b'"', 0xC2, 0xE2, line).is_none() {
        return;
    }
    let text = String::from_utf8_lossy(line);
    if !text.contains(['«', '“', '„', '"']) {
        return;
    }
    let mut whole: Option<usize> = None;
    let mut open: Option<(char, usize)> = None;
    for (at, c) in text.char_indices() {
        match (open, c) {
            (None, '«' | '“' | '„' | '"') => open = Some((c, at + c.len_utf8())),
            (Some(('«', from)), '»')
            | (Some(('“', from)), '”')
            | (Some(('„', from)), '“' | '”')
            | (Some(('"', from)), '"') => {
                open = None;
                // A word and the space after it take two bytes at least.
                if at - from + 1 < 2 * min_words {
                    continue;
                }
                let quotation = folded(&text.as_bytes()[from..at]);
                let whole = *whole.get_or_insert_with(|| folded(line).len());
                if quotation.len() < whole && quotation.split(' ').count() >= min_words {
                    into.insert(quotation);
                }
            }
            _ => {}
        }
    }
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

    fn found(line: &str, min_words: usize) -> Vec<String> {
        let mut set = FxHashSet::default();
        quotations(line.as_bytes(), min_words, &mut set);
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

    #[test]
    fn a_title_echo_must_go_on_after_the_title() {
        assert_eq!(after_title(b"A calm seaPhoto: X", b"A calm sea"), Some(&b"Photo: X"[..]));
        assert_eq!(after_title(b"A calm sea", b"A calm sea"), None);
    }
}
