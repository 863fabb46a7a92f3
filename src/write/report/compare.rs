//! Two texts side by side, one row a paragraph, with the words marked that differ.
//!
//! Invariant: every word that differs within the compared length is in the view or counted in a gap that says how
//! much it hides; what both texts share is shown once, as far as it is needed to find the place.

use super::ReportInput;
use super::diff::{self, Differences, Part};
use super::html::{Html, clip, clipped};
use crate::write::record::{Cluster, Kind, Member, Relation};

/// Most copies of a cluster that are compared with the kept document.
pub(super) const MAX_PAIRS: usize = 3;

/// Most bytes of each text that are compared.
const MAX_COMPARED: usize = 40_000;

/// A longer stretch that both texts share is shown by its two ends, of this many characters.
const SHARED_MAX: usize = 420;
const SHARED_END: usize = 160;

/// Characters that are shown of a stretch that only the right text has, in two halves.
const RIGHT_ONLY: usize = 1400;

/// What the two sides are called.
struct Names {
    /// Heading of the left side.
    left: &'static str,
    /// Heading of the right side.
    right: &'static str,
    /// Characters that are shown of a stretch that only the left text has, in two halves.
    left_only: usize,
}

/// A longer word is cut.
const WORD: usize = 30;

/// One row: parts up to a line feed that both sides share.
type Row<'a> = Vec<Part<'a>>;

/// The kept document beside its least similar copies (those are the ones to doubt), near ones before identical ones.
pub(super) fn cluster(html: &mut Html, input: &ReportInput<'_>, cluster: &Cluster) {
    let Some((kept, others)) = cluster.members.split_first() else { return };
    let Some(left) = (input.text_of)(&kept.doc) else {
        html.raw("<p class=\"note\">The text of the kept document is not at hand.</p>");
        return;
    };
    let lang_of = |doc: &str| (input.about_of)(doc).and_then(|about| about.lang);
    let mut others: Vec<&Member> = others.iter().collect();
    others.sort_by_key(|member| (member.kind == Kind::Identical, member.similarity));
    let names = match cluster.relation {
        Relation::Excerpt => Names { left: "Longer document", right: "Excerpt", left_only: 240 },
        _ if super::tagged(input.manifest) => Names { left: "Kept", right: "Tagged copy", left_only: 1400 },
        _ => Names { left: "Kept", right: "Removed", left_only: 1400 },
    };
    for member in others.iter().take(MAX_PAIRS) {
        html.raw("<h4>").raw(names.right).raw(": <span class=\"key\">");
        clipped(html, &member.doc, 300).raw("</span></h4>");
        match (input.text_of)(&member.doc) {
            Some(right) => {
                let langs = [lang_of(&kept.doc), lang_of(&member.doc)];
                let langs = [langs[0].as_deref(), langs[1].as_deref()];
                html.push(&render((&left, &right), &names, langs, input.differences));
            }
            None => {
                html.raw("<p class=\"note\">The text is not at hand.</p>");
            }
        }
    }
    if others.len() > MAX_PAIRS {
        html.raw("<p class=\"note\">The ").number(MAX_PAIRS as u64);
        html.raw(
            " least similar are compared here; <code>tamis explain OUT DOC</code> compares any other.</p>",
        );
    }
}

/// The view of two texts; `langs` are their languages.
fn render(
    (left, right): (&str, &str),
    names: &Names,
    langs: [Option<&str>; 2],
    known: &dyn Differences,
) -> Html {
    let mut html = Html::default();
    if left == right {
        html.raw("<p class=\"note\">The clean texts are the same, byte for byte.</p>");
    }
    let (head, other) = (capped(left), capped(right));
    let parts = diff::known_words(head, other, known);
    html.raw("<table class=\"cmp\"><thead><tr><th scope=\"col\">").raw(names.left);
    html.raw("</th><th scope=\"col\">").raw(names.right).raw("</th></tr></thead><tbody>");
    let rows: Vec<Row<'_>> = rows(&parts).into_iter().filter(|row| !is_blank(row)).collect();
    let changed: Vec<bool> = rows.iter().map(|row| row.iter().any(|part| !part.same)).collect();
    let nothing_changed = !changed.contains(&true);
    let mut hidden: Vec<&Row<'_>> = Vec::new();
    for (i, row) in rows.iter().enumerate() {
        let beside = changed[i] || (i > 0 && changed[i - 1]) || changed.get(i + 1) == Some(&true);
        if beside || i == 0 || (nothing_changed && i < 3) {
            fold(&mut html, &hidden, langs[0]);
            hidden.clear();
            if changed[i] {
                two_cells(&mut html, row, names, langs);
            } else {
                one_cell(&mut html, row, langs[0]);
            }
        } else {
            hidden.push(row);
        }
    }
    fold(&mut html, &hidden, langs[0]);
    html.raw("</tbody></table>");
    for (text, shown, name) in [(left, head, names.left), (right, other, names.right)] {
        if shown.len() < text.len() {
            html.raw("<p class=\"note\">").raw(name).raw(": ");
            html.number((text.len() - shown.len()) as u64).raw(" more bytes were not compared here.</p>");
        }
    }
    html
}

/// The start of `text` that is compared.
fn capped(text: &str) -> &str {
    let mut end = text.len().min(MAX_COMPARED);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn rows<'a>(parts: &[Part<'a>]) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    let mut row = Vec::new();
    for part in parts {
        if !part.same {
            row.push(*part);
            continue;
        }
        for line in part.left.split_inclusive('\n') {
            row.push(Part { same: true, left: line, right: line });
            if line.ends_with('\n') {
                rows.push(std::mem::take(&mut row));
            }
        }
    }
    if !row.is_empty() {
        rows.push(row);
    }
    rows
}

fn is_blank(row: &Row<'_>) -> bool {
    row.iter().all(|part| part.same && part.left.trim().is_empty())
}

/// Rows that both texts share, far from any change: counted if there are several, else shown.
fn fold(html: &mut Html, rows: &[&Row<'_>], lang: Option<&str>) {
    match rows {
        [] => {}
        [row] => one_cell(html, row, lang),
        _ => {
            let chars =
                rows.iter().flat_map(|row| row.iter()).map(|part| part.left.chars().count()).sum::<usize>();
            html.raw("<tr class=\"fold\"><td colspan=\"2\">… ").number(rows.len() as u64);
            html.raw(" paragraphs the same (").number(chars as u64).raw(" characters) …</td></tr>");
        }
    }
}

fn one_cell(html: &mut Html, row: &Row<'_>, lang: Option<&str>) {
    html.raw("<tr><td colspan=\"2\"><div class=\"t\" dir=\"auto\"");
    lang_attr(html, lang).raw(">");
    for (i, part) in row.iter().enumerate() {
        let text = if i + 1 == row.len() { part.left.trim_end_matches(['\n', '\r']) } else { part.left };
        ends(html, text, SHARED_MAX, SHARED_END, "the same", false);
    }
    html.raw("</div></td></tr>");
}

fn two_cells(html: &mut Html, row: &Row<'_>, names: &Names, langs: [Option<&str>; 2]) {
    let left: Vec<(bool, &str)> = row.iter().map(|part| (part.same, part.left)).collect();
    let right: Vec<(bool, &str)> = row.iter().map(|part| (part.same, part.right)).collect();
    html.raw("<tr><td class=\"l\">");
    cell(html, &left, names.left, names.left_only, langs[0]);
    html.raw("</td><td class=\"r\">");
    cell(html, &right, names.right, RIGHT_ONLY, langs[1]);
    html.raw("</td></tr>");
}

/// One side of a row. Its name stands in it for narrow screens and for readers who cannot see the columns.
fn cell(html: &mut Html, parts: &[(bool, &str)], name: &'static str, only: usize, lang: Option<&str>) {
    html.raw("<b class=\"w\">").raw(name).raw("</b>");
    if parts.iter().all(|(same, text)| text.is_empty() || *same && text.trim().is_empty()) {
        html.raw("<span class=\"none\">not here</span>");
        return;
    }
    html.raw("<div class=\"t\" dir=\"auto\"");
    lang_attr(html, lang).raw(">");
    for (i, &(same, text)) in parts.iter().enumerate() {
        if same {
            let text = if i + 1 == parts.len() { text.trim_end_matches(['\n', '\r']) } else { text };
            ends(html, text, SHARED_MAX, SHARED_END, "the same", false);
        } else if !text.is_empty() {
            html.raw("<mark>");
            ends(html, text, only + only / 4, only / 2, "only here", true);
            html.raw("</mark>");
        }
    }
    html.raw("</div>");
}

/// Both ends of a long stretch, and how much stands between.
fn ends(html: &mut Html, text: &str, max: usize, end: usize, what: &'static str, marked: bool) {
    let write = |html: &mut Html, text: &str| {
        if marked {
            html.marked(text)
        } else {
            html.text(text)
        };
    };
    let count = text.chars().count();
    if count <= max {
        write(html, text);
        return;
    }
    // The ends are cut between words where there is a space not far away.
    let first = clip(text, end).0;
    let first = first.rfind(' ').filter(|at| first.len() - at < WORD).map_or(first, |at| &first[..=at]);
    let last = &text[clip(text, count - end).0.len()..];
    let last = last.find(' ').filter(|at| *at < WORD).map_or(last, |at| &last[at..]);
    let hidden = count - first.chars().count() - last.chars().count();
    write(html, first);
    html.raw("<span class=\"gap\">… ").number(hidden as u64).raw(" characters ").raw(what).raw(" …</span>");
    write(html, last);
}

/// ` lang="…"` where the language is a code that a browser knows what to do with.
pub(super) fn lang_attr<'h>(html: &'h mut Html, lang: Option<&str>) -> &'h mut Html {
    let good = |code: &&str| {
        (2..=16).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    if let Some(code) = lang.filter(good) {
        html.raw(" lang=\"").attr(code).raw("\"");
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: Names = Names { left: "Kept", right: "Removed", left_only: 100 };

    fn view(left: &str, right: &str) -> String {
        render((left, right), &NAMES, [Some("fr"), Some("\"x")], &diff::NoDifferences).into_string()
    }

    #[test]
    fn paragraphs_that_differ_stand_beside_each_other_and_the_rest_is_counted() {
        let shared = "one\ntwo\nthree\nfour\nfive\n";
        let html = view(&format!("{shared}The king died.\nend"), &format!("{shared}The queen died.\nend"));
        assert!(html.contains("The <mark>king</mark> died."), "{html}");
        assert!(html.contains("The <mark>queen</mark> died."), "{html}");
        assert!(html.contains("3 paragraphs the same (15 characters)"), "{html}");
        assert!(html.contains("lang=\"fr\"") && !html.contains("\"x"));
    }

    #[test]
    fn a_paragraph_that_only_one_text_has_is_called_absent_in_the_other() {
        let html = view("a\nonly left\nb\n", "a\nb\n");
        assert!(html.contains("<mark>only left<i class=\"n\"></i>\n</mark>"), "{html}");
    }

    #[test]
    fn what_is_beyond_the_compared_length_is_said() {
        let html = view(&"a".repeat(MAX_COMPARED + 7), "b");
        assert!(html.contains("Kept: 7 more bytes were not compared here."), "{html}");
    }
}
