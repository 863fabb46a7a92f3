//! The lines of a page, each with its place in the tree of elements.

use trafilatura::dom::{Document, NodeId};

use super::lines::{Lines, is_inline};

/// A line that a reader of the page sees as one.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Block {
    /// White space folded; not empty.
    pub(super) text: String,
    /// The innermost element around its first word that is no inline one.
    pub(super) element: String,
    /// Which element is around that, by number: lines in one container have the same.
    pub(super) container: usize,
    /// Bytes of the text that lead elsewhere.
    pub(super) linked: usize,
    /// Whether it begins in an `h1`.
    pub(super) is_headline: bool,
    /// Whether some of it is not hidden by the page's own markup.
    pub(super) is_shown: bool,
}

/// The lines of `page` in order.
pub(super) fn blocks(page: &Document) -> Vec<Block> {
    let mut reader = Reader { page, lines: Lines::default(), blocks: Vec::new() };
    let mut containers = 0;
    let mut steps = vec![Step::Enter(page.root(), Around::nothing(page.root()))];
    while let Some(step) = steps.pop() {
        match step {
            Step::Leave(node) if is_layout(page, node) => reader.lines.end_line(),
            Step::Leave(node) => reader.lines.close(page.tag_name(node)),
            Step::Enter(node, around) if page.is_text(node) => reader.text(node, &around),
            Step::Enter(node, _) if page.tag_name(node) == "title" => {}
            Step::Enter(node, mut around) => {
                if page.is_element(node) {
                    if is_layout(page, node) {
                        reader.lines.end_line();
                    } else {
                        reader.lines.open(page.tag_name(node));
                    }
                    around.enter(page, node, &mut containers);
                    steps.push(Step::Leave(node));
                }
                let children = page.child_nodes(node).into_iter().rev();
                steps.extend(children.map(|child| Step::Enter(child, around)));
            }
        }
    }
    let Reader { lines, mut blocks, .. } = reader;
    for (block, line) in blocks.iter_mut().zip(lines.text.split('\n')) {
        line.clone_into(&mut block.text);
    }
    blocks
}

enum Step {
    Enter(NodeId, Around),
    Leave(NodeId),
}

/// What is open around a node.
#[derive(Debug, Clone, Copy)]
struct Around {
    /// The innermost element that is no inline one, its number, and that of the one around it.
    block: NodeId,
    number: usize,
    container: usize,
    is_link: bool,
    is_headline: bool,
    is_shown: bool,
}

impl Around {
    fn nothing(root: NodeId) -> Self {
        Self { block: root, number: 0, container: 0, is_link: false, is_headline: false, is_shown: true }
    }

    /// Notes that `node` was opened; `blocks` counts elements that are no inline ones.
    fn enter(&mut self, page: &Document, node: NodeId, blocks: &mut usize) {
        let name = page.tag_name(node);
        self.is_link |= name == "a";
        self.is_headline |= name == "h1";
        self.is_shown &= !is_hidden(page, node);
        if !is_inline(name) {
            *blocks += 1;
            (self.block, self.container, self.number) = (node, self.number, *blocks);
        }
    }
}

/// Whether `node` is the cell of a table that arranges a page: it holds blocks, or lines that end.
fn is_layout(page: &Document, node: NodeId) -> bool {
    matches!(page.tag_name(node), "td" | "th")
        && page.children(node).into_iter().any(|child| !is_inline(page.tag_name(child)))
}

/// Whether the markup itself hides `node`.
fn is_hidden(page: &Document, node: NodeId) -> bool {
    let has = |name: &str| page.get_attribute(node, name);
    let hides = |rule: &str| {
        let rule: String = rule.split_whitespace().collect();
        matches!(rule.as_str(), "display:none" | "visibility:hidden")
    };
    has("hidden").is_some()
        || has("aria-hidden").is_some_and(|value| value.trim() == "true")
        || has("style").is_some_and(|style| style.to_ascii_lowercase().split(';').any(hides))
}

struct Reader<'d> {
    page: &'d Document,
    lines: Lines,
    /// One for each line that has begun, without text.
    blocks: Vec<Block>,
}

impl Reader<'_> {
    fn text(&mut self, node: NodeId, around: &Around) {
        let before = self.lines.text.len();
        self.lines.text(&self.page.text_content(node));
        let added = self.lines.text.get(before..).unwrap_or_default();
        if added.is_empty() {
            return;
        }
        if before == 0 || added.starts_with('\n') {
            self.blocks.push(Block {
                element: self.page.tag_name(around.block).to_owned(),
                container: around.container,
                is_headline: around.is_headline,
                ..Block::default()
            });
        }
        if let Some(block) = self.blocks.last_mut() {
            block.is_shown |= around.is_shown;
            if around.is_link {
                block.linked += added.trim_start().len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines::lines;
    use super::*;
    use proptest::prelude::*;

    fn read(page: &str) -> Vec<Block> {
        blocks(&Document::parse(page))
    }

    #[test]
    fn a_line_knows_its_place() {
        let page = "<title>t</title><div><h1><a href=/>Bridge</a> open</h1><p>One <b>two</b></p>three<ul hidden><li>four</ul></div>";
        let found = read(page);
        let text: Vec<&str> = found.iter().map(|b| b.text.as_str()).collect();
        assert_eq!(text, ["Bridge open", "One two", "three", "four"]);
        let elements: Vec<&str> = found.iter().map(|b| b.element.as_str()).collect();
        assert_eq!(elements, ["h1", "p", "div", "li"]);
        assert_eq!(found.iter().map(|b| b.linked).collect::<Vec<_>>(), [6, 0, 0, 0]);
        assert_eq!(found.iter().map(|b| b.is_shown).collect::<Vec<_>>(), [true, true, true, false]);
        assert!(found[0].is_headline && !found[1].is_headline);
        assert_eq!(found[0].container, found[1].container);
        assert_ne!(found[1].container, found[3].container);
        assert!(read("<p style='color: red; DISPLAY : none'>x").iter().all(|b| !b.is_shown));
    }

    #[test]
    fn cells_that_hold_lines_are_lines_and_others_stand_in_a_row() {
        let page = "<table><tr><td>Home</td><td>One.<br>Two.</td><td>More</td></tr><tr><td>a</td><td>b</td></tr></table>";
        assert_eq!(
            read(page).into_iter().map(|b| b.text).collect::<Vec<_>>(),
            ["Home", "One.", "Two.", "More", "a b"]
        );
    }

    proptest! {
        #[test]
        fn the_lines_are_those_of_the_markup(parts in prop::collection::vec(prop::sample::select(vec![
            "<div>one</div>", "<p>two <b>th</b>ree</p>", "<br>", " ", "four", "<h1> five </h1>six &amp; ", "<ul><li>7<li>8</ul>",
        ]), 0..20)) {
            let page = parts.concat();
            let text: Vec<String> = read(&page).into_iter().map(|b| b.text).collect();
            prop_assert_eq!(text.join("\n"), lines(&page));
        }
    }
}
