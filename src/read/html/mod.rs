//! Reads a saved web page: its article as plain lines, and what the page says about itself.
//!
//! Invariants: bounded time and memory whatever the bytes are (a cap on bytes, on depth and on tags, all before a tree is
//! built), and no page with visible text comes out empty. The article is found by the `trafilatura` crate; where it finds
//! next to nothing, the whole visible text stands in for it and the rules get their turn.

mod article;
mod bound;
mod charset;
mod lines;
mod metadata;
mod tokens;

pub use charset::label_in_head;

/// Bytes of a page, before and after decoding.
pub const MAX_BYTES: usize = 32 << 20;

/// The article of a page and its metadata, each None where the page does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// One block element a line, white space folded, no empty lines, no line break at the end.
    pub text: String,
    /// Without the name of the site.
    pub title: Option<String>,
    /// Day of publication as `2017-12-30`, or the part of it that is known.
    pub date: Option<String>,
    /// Names, joined by `, `.
    pub author: Option<String>,
    /// Host of the canonical address, else of the address given, in lower case.
    pub site: Option<String>,
    /// Primary language subtag in lower case, as in `fr`.
    pub lang: Option<String>,
    /// An absolute http(s) address.
    pub canonical_url: Option<String>,
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
/// assert_eq!(page.site.as_deref(), Some("news.example"));
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
    let metadata = metadata::metadata(&html, url);
    Ok(Page {
        text: article::text(&html),
        title: metadata.title,
        date: metadata.date,
        author: metadata.author,
        site: metadata.site,
        lang: metadata.lang,
        canonical_url: metadata.canonical_url,
    })
}
