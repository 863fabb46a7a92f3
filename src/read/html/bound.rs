//! Rewrites a page so that a tree builder needs bounded time for it.
//!
//! Invariant: the tree of what [`bounded`] writes is at most [`MAX_DEPTH`] + [`MAX_STYLES`] + a few elements deep and is built
//! from at most [`MAX_ELEMENTS`] tags and [`MAX_WRITTEN`] bytes. Tags beyond that depth are left out; their text stays.
//! Tree builders are quadratic in depth, and open a page's unclosed `<b>`, `<a>`, … anew in each of its blocks, hence the
//! second limit.
//!
//! The tree builder sees only tags written here, so that both agree about where tags begin and end.
//!
//! Text that stands loose behind a block (`</h1>The bridge was …`) becomes a paragraph, as a browser shows it: the
//! extraction would pass it over.

use std::collections::HashMap;

use super::lines::{is_phrasing, is_stranger};
use super::tokens::{Token, push_inert, tokens};

/// Elements open at one time.
pub(super) const MAX_DEPTH: usize = 400;
/// Elements of character style open at one time.
const MAX_STYLES: usize = 16;
/// Tags of a page.
const MAX_ELEMENTS: usize = 20_000;
/// Bytes of what is written: the extraction goes over its text many times.
const MAX_WRITTEN: usize = 4 << 20;

/// Attributes of a tag: they are looked through for each further one.
const MAX_ATTRIBUTES: usize = 64;

/// Opened anew in each block until they are closed.
const STYLES: [&str; 14] =
    ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];
const VOID: [&str; 20] = [
    "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "image", "img", "input",
    "keygen", "link", "meta", "param", "source", "track", "wbr", "nextid",
];
/// Tags that change how the builder reads what follows, or that may stand once.
const LEFT_OUT: [&str; 5] = ["plaintext", "frameset", "frame", "xmp", "listing"];
const HEADINGS: [&str; 6] = ["h1", "h2", "h3", "h4", "h5", "h6"];
const CELLS: [&str; 2] = ["td", "th"];
const ROW_GROUPS: [&str; 5] = ["tbody", "thead", "tfoot", "caption", "colgroup"];
/// A closing tag inside does not reach an element outside.
const SCOPES: [&str; 9] =
    ["applet", "button", "caption", "table", "td", "th", "marquee", "object", "template"];
/// Further elements of pages.
const OTHERS: [&str; 15] = [
    "applet",
    "body",
    "head",
    "html",
    "legend",
    "listing",
    "marquee",
    "meter",
    "object",
    "option",
    "optgroup",
    "plaintext",
    "progress",
    "tr",
    "xmp",
];
/// Elements in which text may stand beside blocks.
const CONTAINERS: [&str; 4] = ["article", "section", "main", "div"];
/// Elements of text, beside those of style.
const PHRASES: [&str; 12] =
    ["abbr", "bdi", "bdo", "cite", "data", "dfn", "mark", "q", "span", "sub", "sup", "time"];
/// Blocks that end an open paragraph.
const BLOCKS: [&str; 38] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "center",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "header",
    "hgroup",
    "main",
    "menu",
    "nav",
    "ol",
    "p",
    "search",
    "section",
    "summary",
    "ul",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "pre",
    "form",
    "li",
    "dd",
    "dt",
    "hr",
    "table",
];

/// Whether the element `name` is a block or a part of one, of those that are known.
pub(super) fn is_block(name: &str) -> bool {
    BLOCKS.contains(&name)
        || CELLS.contains(&name)
        || ROW_GROUPS.contains(&name)
        || VOID.contains(&name)
        || OTHERS.contains(&name)
        || super::tokens::is_hidden(name)
}

/// `page` without comments, scripts and what exceeds the limits; none if too many tags or bytes are left.
pub(super) fn bounded(page: &str) -> Option<String> {
    within(page, MAX_DEPTH)
}

fn within(page: &str, depth: usize) -> Option<String> {
    let mut out = String::with_capacity(page.len().min(MAX_WRITTEN) / 2);
    let mut model = Model { depth, ..Model::default() };
    let mut elements = 0;
    for token in tokens(page) {
        if out.len() > MAX_WRITTEN {
            return None;
        }
        if model.is_loose(&token) && model.open("p") {
            elements += 1;
            out.push_str("<p>");
        }
        match token {
            Token::Text(text) => push_text(&mut out, text),
            Token::Hidden(tag, text) if tag.name == "title" => {
                out.push_str("<title>");
                push_text(&mut out, text);
                out.push_str("</title>");
            }
            Token::Hidden(..) => {}
            Token::Open(tag) => {
                if model.is_phrase() && is_stranger(&tag.name) {
                    model.dropped(&tag.name);
                    continue;
                }
                if !model.open(&tag.name) {
                    continue;
                }
                elements += 1;
                if elements > MAX_ELEMENTS {
                    return None;
                }
                out.push('<');
                push_name(&mut out, &tag.name);
                for (name, value) in tag.attributes().take(MAX_ATTRIBUTES) {
                    out.push(' ');
                    push_name(&mut out, name);
                    out.push_str("=\"");
                    push_inert(&mut out, value);
                    out.push('"');
                }
                out.push('>');
            }
            Token::Close(name) => {
                if model.close(&name) {
                    out.push_str("</");
                    push_name(&mut out, &name);
                    out.push('>');
                }
            }
        }
    }
    (out.len() <= MAX_WRITTEN).then_some(out)
}

fn push_text(out: &mut String, text: &str) {
    for part in text.split('\0') {
        push_inert(out, part);
    }
}

/// A name as it is, but for characters that would end it.
fn push_name(out: &mut String, name: &str) {
    out.extend(
        name.chars().map(|c| if matches!(c, '<' | '>' | '"' | '\'' | '=' | '/' | '\0') { '_' } else { c }),
    );
}

/// The elements that a tree builder has open, never fewer than it has.
#[derive(Default)]
struct Model {
    depth: usize,
    open: Vec<String>,
    styles: Vec<String>,
    /// Elements of which a page has one.
    once: Vec<String>,
    /// Elements beyond the depth, by name: their closing tags are left out too.
    left_out: HashMap<String, usize>,
    /// Whether a block has just been closed.
    after_block: bool,
}

impl Model {
    /// Whether what comes next stands in a paragraph or the like.
    fn is_phrase(&self) -> bool {
        self.open.last().is_some_and(|last| is_phrasing(last))
    }

    /// Notes that the tag `name` is not written: its closing tag is left out too.
    fn dropped(&mut self, name: &str) {
        *self.left_out.entry(name.to_owned()).or_default() += 1;
    }

    /// Whether text begins with `token` that stands loose behind a block.
    fn is_loose(&self, token: &Token<'_>) -> bool {
        let is_text = match token {
            Token::Text(text) => !text.trim().is_empty(),
            Token::Open(tag) => STYLES.contains(&&*tag.name) || PHRASES.contains(&&*tag.name),
            _ => false,
        };
        let is_beside = self.open.last().is_none_or(|last| CONTAINERS.contains(&last.as_str()));
        self.after_block && is_text && is_beside && self.styles.is_empty()
    }

    /// Notes an opening tag; whether it is to be written.
    fn open(&mut self, name: &str) -> bool {
        if VOID.contains(&name) {
            return true;
        }
        self.after_block = false;
        if LEFT_OUT.contains(&name) || super::tokens::is_hidden(name) {
            return false;
        }
        if matches!(name, "html" | "head" | "body") {
            let first = !self.once.iter().any(|o| o == name);
            if first {
                self.once.push(name.to_owned());
            }
            return first;
        }
        if STYLES.contains(&name) {
            if name == "a" {
                self.styles.retain(|s| s != "a");
            }
            let room = self.styles.len() < MAX_STYLES;
            if room {
                self.styles.push(name.to_owned());
            }
            return room;
        }
        let table_part = CELLS.contains(&name) || ROW_GROUPS.contains(&name) || name == "tr";
        if table_part && !self.open.iter().any(|o| o == "table") {
            return false;
        }
        if BLOCKS.contains(&name) {
            self.end(&["p"], |o| SCOPES.contains(&o));
        }
        match name {
            "li" => self.end(&["li"], ends_item),
            "dd" | "dt" => self.end(&["dd", "dt"], ends_item),
            "td" | "th" => self.end(&CELLS, |o| o == "table"),
            "tr" => self.end(&["tr"], |o| o == "table"),
            _ if ROW_GROUPS.contains(&name) => self.end(&ROW_GROUPS, |o| o == "table"),
            _ if HEADINGS.contains(&name) => self.end(&HEADINGS, |_| true),
            "rb" | "rt" | "rp" | "rtc" => self.end(&["rb", "rt", "rp", "rtc"], |_| true),
            _ => {}
        }
        let room = self.open.len() < self.depth;
        if room {
            self.open.push(name.to_owned());
        } else {
            self.dropped(name);
        }
        room
    }

    /// Notes a closing tag; whether it is to be written.
    fn close(&mut self, name: &str) -> bool {
        self.after_block = BLOCKS.contains(&name);
        if STYLES.contains(&name) {
            return self.styles.iter().rposition(|s| s == name).map(|i| self.styles.remove(i)).is_some();
        }
        if let Some(n) = self.left_out.get_mut(name).filter(|n| **n > 0) {
            *n -= 1;
            return false;
        }
        if name == "form" {
            // It ends alone: what was opened in it stays open.
            return self.open.iter().rposition(|o| o == name).map(|i| self.open.remove(i)).is_some();
        }
        let table_part =
            CELLS.contains(&name) || ROW_GROUPS.contains(&name) || matches!(name, "tr" | "table");
        let before = self.open.len();
        if table_part {
            self.end(&[name], |o| o == "table");
        } else if HEADINGS.contains(&name) {
            self.end(&HEADINGS, |o| SCOPES.contains(&o));
        } else if BLOCKS.contains(&name) || SCOPES.contains(&name) {
            self.end(&[name], |o| SCOPES.contains(&o) || (name == "li" && matches!(o, "ol" | "ul")));
        } else {
            self.end(&[name], |o| SCOPES.contains(&o) || BLOCKS.contains(&o));
        }
        self.open.len() < before
    }

    /// Ends the innermost element of `names` and all within it, unless an element that is `last` stands between.
    fn end(&mut self, names: &[&str], last: impl Fn(&str) -> bool) {
        for (i, open) in self.open.iter().enumerate().rev() {
            if names.contains(&open.as_str()) {
                self.open.truncate(i);
                return;
            }
            if last(open) {
                return;
            }
        }
    }
}

fn ends_item(open: &str) -> bool {
    !matches!(open, "address" | "div" | "p")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use trafilatura::dom::Document;

    /// Depth of the tree that is built from `html`, html and body not counted.
    fn depth(html: &str) -> usize {
        let tree = Document::parse(html);
        let all = tree.iter_descendants(tree.root(), &[]);
        let above = |id| std::iter::successors(tree.parent(id), |i| tree.parent(*i)).count();
        all.into_iter().map(above).max().unwrap_or(0).saturating_sub(2)
    }

    #[test]
    fn an_ordinary_page_keeps_its_tags_and_loses_its_scripts() {
        let page = "<p CLASS=x>a<b>b</b><!-- c --><script>d</script><br/>e</p>";
        assert_eq!(within(page, 400).as_deref(), Some(r#"<p CLASS="x">a<b>b</b><br>e</p>"#));
    }

    #[test]
    fn text_that_stands_loose_behind_a_block_is_a_paragraph() {
        let bounded = |page: &str| within(page, 400).unwrap_or_default();
        assert_eq!(
            bounded("<div><h1>t</h1>one <b>two</b> three<p>four</p> <span>five</span></div>"),
            "<div><h1>t</h1><p>one <b>two</b> three<p>four</p> <p><span>five</span></div>"
        );
        for page in
            ["<div>one<p>two</p> </div>", "<ul><li>a</li>b</ul>", "<b><h1>t</h1>one</b>", "<p>a<br>b</p>"]
        {
            assert_eq!(bounded(page), page);
        }
    }

    #[test]
    fn tags_beyond_the_depth_are_left_out_and_their_text_stays() {
        let tag = "<div>".repeat(MAX_DEPTH);
        let page = format!("{}deep{}after", "<div>".repeat(1000), "</div>".repeat(1000));
        assert_eq!(within(&page, MAX_DEPTH), Some(format!("{tag}deep{}<p>after", tag.replace('<', "</"))));
    }

    #[test]
    fn more_markup_than_the_extraction_can_bear_is_none() {
        let page = |bytes: usize| format!("<p>{}", "<".repeat(bytes / 4));
        assert!(bounded(&page(MAX_WRITTEN - 8)).is_some());
        assert_eq!(bounded(&page(MAX_WRITTEN + 8)), None);
        assert_eq!(bounded(&"<p>".repeat(MAX_ELEMENTS + 1)), None);
    }

    #[test]
    fn unclosed_styles_are_not_opened_anew_without_end() {
        let page = (0..1000).map(|i| format!("<p><b id={i}>x")).collect::<String>();
        let html = bounded(&page).unwrap_or_default();
        assert_eq!((html.matches("<b ").count(), html.matches('x').count()), (MAX_STYLES, 1000));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn the_tree_is_never_deeper_than_promised(tags in prop::collection::vec(
            (any::<bool>(), prop::sample::select(vec!["div", "p", "b", "a", "table", "tr", "td", "li", "ul", "form", "h1", "span", "button", "x-y"])), 0..300)) {
            let page: String = tags.iter().map(|(open, n)| if *open { format!("<{n}>t") } else { format!("</{n}>t") }).collect();
            let html = within(&page, 10).unwrap_or_default();
            // A table may get a tbody and a row that nobody wrote.
            prop_assert!(depth(&html) <= 3 * 10 + MAX_STYLES, "{} deep: {html}", depth(&html));
            prop_assert_eq!(html.matches('t').count() >= page.matches(">t").count(), true);
        }
    }
}
