//! What the documents are like, as pictures and tables: sizes, similarities, dates, sites, languages, and who lost most.
//!
//! Invariant: every histogram has a table with the same numbers, and says what has no place in it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::ReportInput;
use super::charts::histogram;
use super::html::{Html, clip, clipped, grouped, percent, size};
use super::plot::{KEPT, NEAR};
use super::profile::{Bins, Fate};

/// Sites and languages that are listed.
const SITES: usize = 15;
const LANGUAGES: usize = 10;

/// The section.
pub(super) fn render(html: &mut Html, input: &ReportInput<'_>) {
    let profile = input.profile;
    html.raw("<section id=\"documents\"><h2>What the documents are like</h2><div class=\"two\">");
    let kinds = if super::tagged(input.manifest) { ["kept", "tagged"] } else { ["kept", "removed"] };
    Picture {
        title: "Size of the clean text",
        kinds: Some(kinds),
        beside: "were emptied by the rules and have no size.",
        none: "No document has any text.",
    }
    .render(html, &profile.sizes(), input.manifest.counts.emptied);
    let threshold = input.manifest.options.get("similarity").and_then(|text| text.parse::<f64>().ok());
    let threshold = threshold.map_or(0, |t| (t.clamp(0.0, 1.0) * 100.0).round() as u32);
    Picture {
        title: "Similarity of near copies to the kept document",
        kinds: None,
        beside: "have the same words as a kept document, and are not in the picture.",
        none: "There are no near copies.",
    }
    .render(html, &profile.similarities(threshold), input.manifest.counts.identical);
    let (unit, dates) = profile.dates();
    let beside = dates.beside;
    Picture {
        title: match unit {
            "day" => "Documents by day",
            "month" => "Documents by month",
            _ => "Documents by year",
        },
        kinds: Some(kinds),
        beside: "have no date, or one outside of this picture.",
        none: "No document has a date with a year.",
    }
    .render(html, &dates, beside);
    lost(html, input);
    html.raw("</div><div class=\"two\">");
    fates(html, ["Sites", "site"], kinds[1], &profile.sites, SITES);
    fates(html, ["Languages", "language"], kinds[1], &profile.langs, LANGUAGES);
    html.raw("</div></section>");
}

/// A histogram and what is said around it.
struct Picture {
    title: &'static str,
    /// What the parts of a bar are, if it has two.
    kinds: Option<[&'static str; 2]>,
    /// What is said of documents that have no place in it.
    beside: &'static str,
    /// What is said if there is nothing to see.
    none: &'static str,
}

impl Picture {
    fn render(&self, html: &mut Html, bins: &Bins, beside: u64) {
        html.raw("<figure class=\"panel\"><h3>").raw(self.title).raw("</h3>");
        if bins.bars.is_empty() {
            html.raw("<p class=\"note\">").raw(self.none).raw("</p>");
            self.beside(html, beside);
            html.raw("</figure>");
            return;
        }
        let all: u64 = bins.bars.iter().flatten().sum();
        let alternative = format!("{}: {}. The table below has the figures.", self.title, words(bins, all));
        let colors = if self.kinds.is_some() { [KEPT, NEAR] } else { [NEAR, NEAR] };
        html.push(&histogram(&alternative, &bins.edges, &bins.bars, colors));
        if let Some([first, second]) = self.kinds {
            html.raw("<p class=\"legend\"><span class=\"key-a\"></span>").raw(first);
            html.raw(" <span class=\"key-c\"></span>").raw(second).raw("</p>");
        }
        self.beside(html, beside);
        self.table(html, bins);
        html.raw("</figure>");
    }

    fn beside(&self, html: &mut Html, beside: u64) {
        if beside > 0 {
            html.raw("<p class=\"note\">").count(beside, "document", "documents").raw(" ");
            html.raw(self.beside).raw("</p>");
        }
    }

    fn table(&self, html: &mut Html, bins: &Bins) {
        html.raw("<details class=\"numbers\"><summary>In figures</summary><table><thead><tr>");
        html.raw("<th scope=\"col\">from</th>");
        for kind in self.kinds.as_ref().map_or(&["documents"][..], |kinds| &kinds[..]) {
            html.raw("<th scope=\"col\" class=\"num\">").raw(kind).raw("</th>");
        }
        html.raw("</tr></thead><tbody>");
        for (edge, bar) in bins.edges.iter().zip(&bins.bars).filter(|(_, bar)| bar[0] + bar[1] > 0) {
            html.raw("<tr><th scope=\"row\">").text(edge).raw("</th>");
            for part in bar.iter().take(if self.kinds.is_some() { 2 } else { 1 }) {
                html.raw("<td class=\"num\">").number(*part).raw("</td>");
            }
            html.raw("</tr>");
        }
        html.raw("</tbody></table></details>");
    }
}

/// A histogram in words: where the most are, where the middle one is.
fn words(bins: &Bins, all: u64) -> String {
    let heights = || bins.bars.iter().map(|[a, b]| a + b);
    let named = |n: usize| format!("{} to {}", bins.edges[n], bins.edges[n + 1]);
    let highest = heights().enumerate().max_by_key(|(n, height)| (*height, Reverse(*n)));
    let (most, at) = highest.map_or((0, 0), |(n, height)| (height, n));
    let mut so_far = 0;
    let middle = heights().position(|height| {
        so_far += height;
        so_far * 2 >= all
    });
    format!(
        "{} documents, most of them ({}) from {}, the middle one from {}",
        grouped(all),
        grouped(most),
        named(at),
        named(middle.unwrap_or_default())
    )
}

/// The documents that lost the largest share to rules.
fn lost(html: &mut Html, input: &ReportInput<'_>) {
    html.raw("<div class=\"panel\"><h3>Documents that lost most to rules</h3>");
    if input.profile.lost().next().is_none() {
        html.raw("<p class=\"note\">No document lost text to a rule.</p></div>");
        return;
    }
    html.raw("<table><thead><tr><th scope=\"col\">document</th><th scope=\"col\" class=\"num\">before</th>");
    html.raw(
        "<th scope=\"col\" class=\"num\">after</th><th scope=\"col\" class=\"num\">cut</th></tr></thead>",
    );
    html.raw("<tbody>");
    for lost in input.profile.lost() {
        html.raw("<tr><th scope=\"row\" class=\"key\">");
        clipped(html, &lost.doc.0, 80).raw("</th><td class=\"num\">").text(&size(lost.bytes_in));
        html.raw("</td><td class=\"num\">").text(&size(lost.bytes_out)).raw("</td><td class=\"num\">");
        html.text(&percent(lost.bytes_in - lost.bytes_out, lost.bytes_in)).raw("</td></tr>");
    }
    html.raw("</tbody></table><p class=\"note\">Texts of less than 500 bytes are left out. ");
    html.raw("<code>tamis explain OUT DOC</code> shows each cut.</p></div>");
}

/// Sites or languages by number of documents.
fn fates(
    html: &mut Html,
    [title, each]: [&'static str; 2],
    gone: &'static str,
    names: &BTreeMap<String, Fate>,
    most: usize,
) {
    html.raw("<div class=\"panel\"><h3>").raw(title).raw("</h3>");
    if names.is_empty() {
        html.raw("<p class=\"note\">None is known.</p></div>");
        return;
    }
    let mut order: Vec<(Reverse<u64>, &String, &Fate)> =
        names.iter().map(|(name, fate)| (Reverse(fate.all()), name, fate)).collect();
    order.sort_unstable_by_key(|(documents, name, _)| (*documents, *name));
    html.raw("<table><thead><tr><th scope=\"col\">").raw(each);
    html.raw("</th><th scope=\"col\" class=\"num\">documents</th><th scope=\"col\" class=\"num\">").raw(gone);
    html.raw("</th><th scope=\"col\" class=\"num\">of text cut</th></tr></thead><tbody>");
    for (documents, name, fate) in order.iter().take(most) {
        html.raw("<tr><th scope=\"row\">");
        html.text(clip(name, 60).0).raw("</th><td class=\"num\">").number(documents.0);
        html.raw("</td><td class=\"num\">").text(&percent(fate.gone, fate.all()));
        html.raw("</td><td class=\"num\">").text(&percent(fate.bytes_cut, fate.bytes_in)).raw("</td></tr>");
    }
    html.raw("</tbody></table>");
    if order.len() > most {
        html.raw("<p class=\"note\">").number((order.len() - most) as u64);
        html.raw(" more in the list of documents.</p>");
    }
    html.raw("</div>");
}
