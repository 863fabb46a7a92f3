//! Reads a saved web page: its article as plain lines, and what the page says about itself.
//!
//! Invariants: bounded time and memory whatever the bytes are (a cap on bytes, on depth and on tags, all before a tree is
//! built), no page with visible text comes out empty, and what is chosen are lines of the page. The article is found by the
//! `trafilatura` crate; which lines of the page that are (`blocks`, `extracted`), and which beside them, a small model of
//! their structure says (`choice`). Where next to nothing is found, the whole visible text stands in for it and the rules get their
//! turn.

mod article;
mod blocks;
mod bound;
mod charset;
mod choice;
mod extracted;
mod lines;
mod linked_data;
mod metadata;
mod tokens;
mod words;

pub use article::training;

use crate::document::Metadata;

/// Bytes of a page, before and after decoding.
pub const MAX_BYTES: usize = 32 << 20;

/// The article of a page, and what the page says about itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// One block element a line, white space folded, no empty lines, no line break at the end. Empty where the page has
    /// no visible text.
    pub text: String,
    /// The title without the name of the site; the canonical http(s) address, else the one that was given; its host;
    /// day of publication; language. A page has no id.
    pub meta: Metadata,
    /// Names of the authors, joined by `, `.
    pub author: Option<String>,
}

/// Reads the page `html`, which came with the charset label `declared_charset` from `url`.
///
/// # Errors
///
/// The reason, if the page is larger than [`MAX_BYTES`].
///
/// ```
/// let html = b"<title>Bridge</title><nav>Home</nav><p>The bridge was opened on Monday.</p>";
/// let page = tamis::read::html::page(html, None, Some("https://news.example/1"))?;
/// assert_eq!(page.meta.site.as_deref(), Some("news.example"));
/// assert!(page.text.contains("The bridge was opened"));
/// # Ok::<(), String>(())
/// ```
pub fn page(html: &[u8], declared_charset: Option<&str>, url: Option<&str>) -> Result<Page, String> {
    let too_large = |len: usize| format!("page of {len} bytes: more than {MAX_BYTES}");
    if html.len() > MAX_BYTES {
        return Err(too_large(html.len()));
    }
    let html = charset::decode(html, declared_charset);
    if html.len() > MAX_BYTES {
        return Err(too_large(html.len()));
    }
    let (meta, author) = metadata::metadata(&html, url);
    Ok(Page { text: article::text(&html, meta.title.as_deref()), meta, author })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(html: &str) -> String {
        page(html.as_bytes(), None, None).unwrap_or_default().text
    }

    fn article() -> String {
        let one =
            "The old bridge over the river was opened to traffic again on Monday, two years after the flood.";
        (1..8)
            .map(|i| format!("<p>{one} It carried {i} carts, three tractors and a brass band.</p>"))
            .collect()
    }

    #[test]
    fn the_article_is_found_beside_menu_and_cookie_box() {
        let html = format!(
            "<body><nav><ul><li><a href=/>Home</a><li><a href=/s>Sport</a></ul></nav><div class=cookie-banner><p>We use cookies.</p>\
             </div><article><h1>Bridge open</h1>{}</article><footer><p>All rights reserved</p></footer>",
            article()
        );
        let text = text(&html);
        assert_eq!(text.lines().filter(|l| l.starts_with("The old bridge")).count(), 7, "{text}");
        assert!(!["Sport", "cookies", "All rights"].iter().any(|c| text.contains(c)), "{text}");
    }

    #[test]
    fn paragraphs_without_an_element_of_their_own_are_found() {
        let body = |first: &str| format!("<article><h1>Bridge open</h1>{first}{}</article>", article());
        let loose =
            "Nobody had thought that the mayor herself would drive the first cart over the new planks.";
        for first in
            [loose.to_owned(), format!("<ul><li>one</li></ul>{loose}"), format!("<span>{loose}</span>")]
        {
            assert!(text(&body(&first)).contains(loose), "{first}");
        }
    }

    #[test]
    fn a_heading_between_paragraphs_stays_and_hidden_text_goes() {
        let hidden = "<p style='display: none'>Nobody sees this sentence, which is as long as the others are here.</p>";
        let page = format!(
            "<body><nav><a href=/>Home</a></nav><article><h1>Bridge open</h1>{}{hidden}<h2>Who paid for it</h2>{}</article>\
             <aside><h2>More stories</h2><ul><li><a href=/1>The ferry stops in winter</a></ul></aside>",
            article(),
            article()
        );
        let text = text(&page);
        assert!(text.contains("\nWho paid for it\n"), "{text}");
        assert!(!["Nobody sees", "More stories", "ferry stops"].iter().any(|c| text.contains(c)), "{text}");
    }

    #[test]
    fn a_paragraph_that_the_extraction_misses_is_found_beside_the_others() {
        // The class is one of those that the library throws away.
        let lead =
            "The first paragraph of the story says who opened the bridge, when, and for whom it was built.";
        let page = format!(
            "<body><article><h1>Bridge open</h1><p class=subscribe>{lead}</p>{}</article>",
            article()
        );
        let text = text(&page);
        assert!(text.contains(lead), "{text}");
    }

    #[test]
    fn how_letters_are_spelt_loses_no_paragraph() {
        let spelt = |page: &str| page.replace("bridge", "br\u{ad}idge").replace("brass", "bra\u{301}ss");
        let text = text(&format!("<article><h1>Bridge open</h1>{}</article>", spelt(&article())));
        assert_eq!(text.lines().filter(|l| l.starts_with("The old bridge")).count(), 7, "{text}");
        assert!(text.contains("a br\u{e1}ss band") && !text.contains('\u{ad}'), "{text}");
    }

    #[test]
    fn elements_of_no_standard_break_no_sentence() {
        let page = article()
            .replace("two years", "<x:time>two years</x:time>")
            .replace("brass", "<button>brass</button>");
        let text = text(&format!("<article><h1>Bridge open</h1>{page}</article>"));
        let whole = |l: &&str| {
            l.starts_with("The old bridge") && l.contains("two years after") && l.ends_with("a brass band.")
        };
        assert_eq!(text.lines().filter(whole).count(), 7, "{text}");
    }

    #[test]
    fn a_hidden_copy_does_not_stand_in_for_the_article() {
        let first = article().split_inclusive("</p>").next().unwrap_or_default().to_owned();
        let page = format!(
            "<div style=display:none>{first}</div><article><h1>Bridge open</h1>{}</article>",
            article()
        );
        let text = text(&page);
        assert_eq!(text.lines().filter(|l| l.starts_with("The old bridge")).count(), 7, "{text}");
    }

    #[test]
    fn a_page_without_article_gives_all_its_text() {
        let links =
            (0..60).map(|i| format!("<li><a href=/{i}>Entry number {i} of the list</a>")).collect::<String>();
        assert!(text(&format!("<ul>{links}</ul>")).contains("Entry number 59 of the list"));
        assert_eq!(text("word"), "word");
        assert_eq!(text(""), "");
    }

    #[test]
    fn a_hostile_page_keeps_its_text() {
        let deep = format!("{}A sentence at the bottom.", "<div><b>".repeat(100_000));
        assert!(text(&deep).contains("A sentence at the bottom."));
        assert!(text("<p>a\0b</p><table><td><p>c").contains('c'));
    }

    #[test]
    fn a_page_beyond_the_cap_is_an_error() {
        assert!(page(&vec![b' '; MAX_BYTES + 1], None, None).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(page(&bytes, None, None).is_ok());
        }

        #[test]
        fn every_line_is_one_of_the_page(parts in prop::collection::vec(prop::sample::select(vec![
            "<p>", "</p>", "<div>", "</div>", "<article>", "</article>", "<h2>", "</h2>", "<a href=/>Home</a>", "<b>The mayor</b>", "<br>", " ",
            "The old bridge over the river was opened again. ", "Home", "Nobody had thought of it, she said, but it was so.",
        ]), 0..60)) {
            let page = parts.concat();
            let dense = |text: &str| text.split_whitespace().collect::<String>();
            let seen = dense(&lines::lines(&page));
            for line in text(&page).lines() {
                prop_assert!(seen.contains(&dense(line)), "{line} in {page}");
            }
        }

        #[test]
        fn no_tag_soup_panics(soup in r#"(</?(p|div|table|td|li|b|a|title|script|meta|time)( [a-z]{1,8}="[^"]{0,5}")?>|[ -~é]{1,20}){0,40}"#) {
            prop_assert!(page(soup.as_bytes(), None, None).is_ok());
        }
    }
}
