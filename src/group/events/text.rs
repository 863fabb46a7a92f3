//! The paragraphs of a document that are prose. Each is made of the text's own characters in their order, with the
//! lines of a hard-wrapped paragraph joined by one space.
//!
//! Blank lines separate paragraphs; where there are none, line ends do. A paragraph stays if it is the first, or if it
//! is a sentence (closing punctuation, or 25 words) and neither a short list item nor mostly links. If hardly anything
//! is left, all paragraphs stay: a bad guess must not leave a document without words.

use super::words;

/// Words from which a paragraph counts as prose whatever ends it.
const LONG: usize = 25;
/// Words that a closed sentence needs.
const SENTENCE: usize = 4;
/// Words that a list item needs.
const ITEM: usize = 12;
/// Words from which links no longer matter.
const LINKED: usize = 40;
/// Bytes of a text that are looked at: no report of an event is longer.
const LONGEST: usize = 4 << 20;
/// Words below which the choice is not trusted.
const ENOUGH: usize = 20;

/// A paragraph without what is no reading matter: link targets, addresses, invisible characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Paragraph {
    /// The paragraph as it is read.
    pub(super) text: String,
    /// Hash of its folded words; the same paragraph on two pages has the same.
    pub(super) key: u64,
}

/// The prose paragraphs of `text`, or of its beginning if it is very long.
pub(super) fn paragraphs(text: &str) -> Vec<Paragraph> {
    let text = text.get(..text.floor_char_boundary(LONGEST)).unwrap_or(text);
    let (mut every, mut prose, mut prose_words) = (Vec::new(), Vec::new(), 0);
    for raw in split(text) {
        let visible = without_addresses(&without_links(&raw, true)).replace('\\', "");
        let count = words::count(&visible);
        if count == 0 {
            continue;
        }
        let mostly_links = raw.contains("](") || raw.contains("://") || raw.contains("www.");
        let mostly_links =
            mostly_links && 10 * words::count(&without_addresses(&without_links(&raw, false))) < 4 * count;
        let item = is_list_item(&visible);
        let sentence = count >= LONG || count >= SENTENCE && is_closed(&visible);
        if every.is_empty() || sentence && !(mostly_links && count < LINKED) && !(item && count < ITEM) {
            prose.push(every.len());
            prose_words += count;
        }
        let key = key(&visible);
        every.push(Paragraph { text: visible, key });
    }
    if prose_words < ENOUGH {
        return every;
    }
    let mut at = 0;
    every.retain(|_| {
        at += 1;
        prose.binary_search(&(at - 1)).is_ok()
    });
    every
}

/// Hash of the folded words of a paragraph.
pub(super) fn key(paragraph: &str) -> u64 {
    let (mut all, mut word) = (String::with_capacity(paragraph.len()), String::new());
    for token in words::tokens(paragraph) {
        words::fold(paragraph.get(token.range).unwrap_or(""), &mut word);
        all.push_str(&word);
        all.push(' ');
    }
    words::hash(&[all.as_bytes()])
}

/// Paragraphs as they stand, lines joined, soft hyphens and zero-width spaces gone.
fn split(text: &str) -> Vec<String> {
    let text = text.replace(['\u{ad}', '\u{200b}', '\u{feff}'], "");
    let lines: Vec<&str> = text.split('\n').map(str::trim).collect();
    let inner = lines.get(1..lines.len().saturating_sub(1)).unwrap_or(&[]);
    if !inner.iter().any(|l| l.is_empty()) {
        return lines.into_iter().filter(|l| !l.is_empty()).map(str::to_owned).collect();
    }
    lines.split(|l| l.is_empty()).filter(|block| !block.is_empty()).map(|block| block.join(" ")).collect()
}

/// Markdown links replaced by their words (`keep`) or by a space.
fn without_links(text: &str, keep: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let last_brace = text.rfind('}');
    while let Some(middle) = rest.find("](") {
        let (head, tail) = rest.split_at(middle);
        let Some(open) = opening(head) else {
            // No link here: go on behind the two signs.
            out.push_str(rest.get(..middle + 2).unwrap_or(rest));
            rest = rest.get(middle + 2..).unwrap_or("");
            continue;
        };
        let Some(close) = tail.find(')') else { break };
        let before = head.get(..open).unwrap_or("");
        out.push_str(before.strip_suffix('!').unwrap_or(before));
        out.push_str(if keep { head.get(open + 1..).unwrap_or("") } else { " " });
        rest = tail.get(close + 1..).unwrap_or("");
        // Where none follows, nobody looks for one again and again.
        let is_closed = last_brace.is_some_and(|last| text.len() - rest.len() <= last);
        if rest.starts_with('{')
            && is_closed
            && let Some(end) = rest.find('}')
        {
            rest = rest.get(end + 1..).unwrap_or("");
        }
    }
    out.push_str(rest);
    out
}

/// The first `[` behind the last `]` of `head`: the one that opens the link.
fn opening(head: &str) -> Option<usize> {
    let from = head.rfind(']').map_or(0, |at| at + 1);
    head.get(from..)?.find('[').map(|at| from + at)
}

/// Web addresses replaced by a space.
fn without_addresses(text: &str) -> String {
    if !text.contains("://") && !text.contains("www.") {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    let mut starts = ["http://", "https://", "www."].map(|sign| text.match_indices(sign).peekable());
    // Those inside the address before are passed over.
    let mut next = |from: usize| {
        let first = |signs: &mut std::iter::Peekable<_>| -> Option<usize> {
            while signs.next_if(|(start, _)| *start < from).is_some() {}
            signs.peek().map(|(start, _)| *start)
        };
        starts.iter_mut().filter_map(first).min()
    };
    while let Some(start) = next(at) {
        out.push_str(text.get(at..start).unwrap_or(""));
        out.push(' ');
        let address = text.get(start..).unwrap_or("");
        at = start + address.find(char::is_whitespace).unwrap_or(address.len());
    }
    out.push_str(text.get(at..).unwrap_or(""));
    out
}

/// Whether the paragraph begins like `- `, `• ` or `3. `.
fn is_list_item(text: &str) -> bool {
    let text = text.trim_start();
    let digits = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let after = if digits.len() < text.len() {
        digits.strip_prefix('.')
    } else {
        text.strip_prefix(['-', '*', '•', '+'])
    };
    after.is_some_and(|rest| rest.starts_with(char::is_whitespace))
}

/// Whether the paragraph ends as sentences end.
fn is_closed(text: &str) -> bool {
    text.trim_end().ends_with([
        '.', '!', '?', '…', '»', '"', '”', '\'', '’', ')', ']', '。', '！', '？', '」', '』', '）', '।', '؟',
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        paragraphs(text).into_iter().map(|p| p.text).collect()
    }

    const LONG_ENOUGH: &str = "The council met on Monday evening to vote on the new bridge, which will cross the river at \
                               the old mill and carry two lanes of traffic.";

    #[test]
    fn menus_go_and_sentences_stay() {
        let text = format!(
            "A headline\n\nHome | Sport | Weather\n\n{LONG_ENOUGH}\n\n- share\n\nIt was a long night."
        );
        assert_eq!(shown(&text), ["A headline", LONG_ENOUGH, "It was a long night."]);
    }

    #[test]
    fn hard_wrapped_lines_are_joined() {
        assert_eq!(
            shown("One two\nthree\u{ad} four.\r\n\r\nFive six."),
            ["One two three four.", "Five six."]
        );
        assert_eq!(shown("One line.\nAnother line."), ["One line.", "Another line."]);
    }

    #[test]
    fn links_keep_their_words_and_lose_their_targets() {
        assert_eq!(
            shown("See [the report](http://a.example/x) at https://b.example now"),
            ["See the report at   now"]
        );
        assert_eq!(without_links("![alt](x){.big} [a](b) [c] d](", true), "alt a [c] d](");
        assert_eq!(without_links("[a](b)c", false), " c");
    }

    #[test]
    fn texts_made_of_nothing_but_signs_of_links_take_linear_time() {
        let start = std::time::Instant::now();
        let braces = format!("{}{}", "[a](b){".repeat(1 << 19), "{[](");
        assert_eq!(without_links(&braces, true), format!("{}{}", "a{".repeat(1 << 19), "{[]("));
        for (piece, end) in [("](", ")"), ("[](", ""), ("www. ", ""), ("https:// ", "www.x"), ("[", "](")] {
            let text = format!("{}{end}", piece.repeat(1 << 20));
            assert_eq!(without_links(&text, true), text);
            assert!(without_addresses(&text).len() <= text.len());
        }
        assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
        assert_eq!(without_addresses("at www.a, http://b/www.c or www. d"), "at     or   d");
    }

    #[test]
    fn a_document_of_scraps_keeps_them_all() {
        assert_eq!(shown("Home\n\nSport\n\nWeather"), ["Home", "Sport", "Weather"]);
    }

    #[test]
    fn the_key_of_a_paragraph_sees_words_only() {
        assert_eq!(key("Été, 2017 !"), key("ete 2017"));
        assert_ne!(key("ete 2017"), key("ete 2018"));
    }
}
