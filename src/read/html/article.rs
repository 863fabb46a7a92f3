//! Finds the article of a page.

use trafilatura::{ExtractionFocus, Options, extract};

use super::bound::bounded;
use super::lines::lines;
use crate::read::guard::guarded;

/// An article with fewer bytes than this is next to nothing ...
const TINY: usize = 200;
/// ... if the page has this many times as much.
const SHARE: usize = 10;

/// The article of `page` as lines; all its visible text if no article is found.
pub(super) fn text(page: &str) -> String {
    let article = bounded(page).and_then(|html| guarded(|| main_content(&html))?).unwrap_or_default();
    if article.len() >= TINY {
        return article;
    }
    let all = lines(page);
    if all.len() >= article.len().max(1).saturating_mul(SHARE) { all } else { article }
}

/// What the extraction takes for the article. It favours precision: what it misses is rare (measured: benches/peers/html).
fn main_content(html: &str) -> Option<String> {
    let options = Options::default()
        .with_fallback(true)
        .with_focus(ExtractionFocus::FavorPrecision)
        .with_exclude_comments(true);
    Some(lines(&extract(html, &options).ok()?.content_html))
}
