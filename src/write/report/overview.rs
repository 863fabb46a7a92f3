//! What went in, what came out, where the rest went, and how to check it.
//!
//! Invariant: every picture is drawn from the integers that stand in the table below it, and what is not accounted for
//! is called so.

use super::charts::{Share, flow};
use super::html::{Html, clip, grouped, percent, size};
use super::plot::{CUT, IDENTICAL, KEPT, NEAR, REJECTED, UNKNOWN};
use super::{ReportInput, choose};
use crate::write::manifest::{Counts, Manifest};

/// The first section.
pub(super) fn render(html: &mut Html, input: &ReportInput<'_>) {
    let (manifest, counts) = (input.manifest, &input.manifest.counts);
    html.raw("<section id=\"overview\"><h2>Overview</h2><p class=\"lead\"><b>").number(counts.kept);
    html.raw("</b> of <b>").number(counts.read);
    html.raw(if counts.read == 1 { "</b> document" } else { "</b> documents" });
    html.raw(" kept, <b>").text(&size(counts.bytes_out)).raw("</b> of <b>").text(&size(counts.bytes_in));
    html.raw("</b> of text.</p>");
    if super::tagged(manifest) {
        html.raw("<p class=\"note\">Copies were tagged, not removed: they still stand in the corpus.</p>");
    }
    tiles(html, manifest);
    html.raw("<div class=\"two\">");
    let (documents, text) = (document_shares(counts), text_shares(counts));
    whole(html, "Documents", "document", "documents", counts.read, &documents, grouped);
    whole(html, "Text", "", "", counts.bytes_in, &text, size);
    html.raw("</div>");
    belief(html, input);
    html.raw("</section>");
}

/// The figures that people look for first, each a link to what it sums up.
fn tiles(html: &mut Html, manifest: &Manifest) {
    let counts = &manifest.counts;
    let rules = manifest.rules.values().filter(|rule| rule.cuts > 0).count() as u64;
    let tiles: [(&'static str, u64, &'static str, &'static str); 5] = [
        ("#copies", counts.copy_clusters, "cluster of copies", "clusters of copies"),
        ("#excerpts", counts.excerpts, "excerpt", "excerpts"),
        ("#events", counts.events, "event with several articles", "events with several articles"),
        ("#cuts", rules, "rule cut something", "rules cut something"),
        ("#rejects", counts.rejected, "input could not be read", "inputs could not be read"),
    ];
    html.raw("<ul class=\"tiles\">");
    for (to, amount, one, many) in tiles {
        html.raw("<li><a href=\"").raw(to).raw("\"><b>").number(amount).raw("</b> ");
        html.raw(if amount == 1 { one } else { many }).raw("</a></li>");
    }
    html.raw("</ul>");
}

fn share(name: &'static str, color: plotters::style::RGBColor, amount: u64) -> Share {
    Share { name, said: String::new(), color, amount }
}

fn document_shares(counts: &Counts) -> Vec<Share> {
    let accounted = counts.kept + counts.identical + counts.near + counts.emptied + counts.rejected;
    vec![
        share("Kept", KEPT, counts.kept),
        share("Identical to a kept one", IDENTICAL, counts.identical),
        share("Near copy of a kept one", NEAR, counts.near),
        share("Emptied by the rules", CUT, counts.emptied),
        share("Rejected", REJECTED, counts.rejected),
        share("Not accounted for", UNKNOWN, counts.read.saturating_sub(accounted)),
    ]
}

fn text_shares(counts: &Counts) -> Vec<Share> {
    let accounted = counts.bytes_out + counts.bytes_cut + counts.bytes_removed;
    vec![
        share("In the clean corpus", KEPT, counts.bytes_out),
        share("In removed copies", NEAR, counts.bytes_removed),
        share("Cut by rules", CUT, counts.bytes_cut),
        share("Not accounted for", UNKNOWN, counts.bytes_in.saturating_sub(accounted)),
    ]
}

/// A whole and its parts: a picture, and a table that says the same. A part of nothing is left out, but for the first.
fn whole(
    html: &mut Html,
    title: &'static str,
    one: &str,
    many: &str,
    whole: u64,
    shares: &[Share],
    show: fn(u64) -> String,
) {
    let said = |share: &Share| format!("{} · {}", show(share.amount), percent(share.amount, whole));
    let shown: Vec<Share> = shares
        .iter()
        .enumerate()
        .filter(|(n, share)| *n == 0 || share.amount > 0)
        .map(|(_, share)| Share { said: said(share), ..*share })
        .collect();
    let noun = if whole == 1 { one } else { many };
    let read = format!("{} {noun}", show(whole));
    let parts: Vec<String> = shown.iter().map(|share| format!("{}: {}", share.name, share.said)).collect();
    let alternative = format!("{title}: {} read. {}.", read.trim(), parts.join("; "));
    html.raw("<figure class=\"panel\"><h3>").raw(title).raw("</h3>");
    html.push(&flow(&alternative, (&format!("{} read", read.trim()), whole), &shown));
    html.raw("<details class=\"numbers\"><summary>In figures</summary><table><thead><tr><th scope=\"col\">");
    html.raw(title).raw("</th><th scope=\"col\" class=\"num\">amount</th>");
    html.raw("<th scope=\"col\" class=\"num\">share</th></tr></thead><tbody>");
    for share in &shown {
        html.raw("<tr><th scope=\"row\">").raw(share.name).raw("</th><td class=\"num\">");
        html.text(&show(share.amount)).raw("</td><td class=\"num\">");
        html.text(&percent(share.amount, whole)).raw("</td></tr>");
    }
    html.raw("</tbody><tfoot><tr><th scope=\"row\">All that was read</th><td class=\"num\">");
    html.text(&show(whole)).raw("</td><td></td></tr></tfoot></table></details></figure>");
}

/// Whether the sums hold, and where to doubt.
fn belief(html: &mut Html, input: &ReportInput<'_>) {
    let counts = &input.manifest.counts;
    html.raw("<h3>Can I believe it?</h3><ul class=\"belief\">");
    let documents = [counts.kept, counts.identical, counts.near, counts.emptied, counts.rejected]
        .map(grouped)
        .join(" + ");
    sum(html, counts.read, &document_shares(counts), |html| {
        html.raw("Every document is accounted for: ").text(&documents).raw(" = ").number(counts.read);
        html.raw(" (kept, identical, near, emptied, rejected; read).");
    });
    let bytes = [counts.bytes_out, counts.bytes_removed, counts.bytes_cut].map(grouped).join(" + ");
    sum(html, counts.bytes_in, &text_shares(counts), |html| {
        html.raw("So is every byte of text: ").text(&bytes).raw(" = ").number(counts.bytes_in);
        html.raw(" (clean corpus, removed copies, cut by rules; read).");
    });
    if counts.near > 0 {
        html.raw(
            "<li>A near copy was removed only where its similarity to a kept document, computed exactly, ",
        );
        html.raw("reaches ");
        let threshold = input.manifest.options.get("similarity").map_or("the threshold", String::as_str);
        html.text(clip(threshold, 20).0);
        html.raw(". The ones to doubt are those <a href=\"#copies");
        html.raw(if counts.copy_clusters >= choose::DIVIDED_FROM as u64 { "-nearest" } else { "" });
        html.raw("\">nearest the threshold</a>.</li>");
    }
    if counts.rejected > 0 {
        html.raw("<li>What could not be read is listed under <a href=\"#rejects\">rejects</a>.</li>");
    }
    html.raw("<li><code>tamis verify OUT</code> decodes every input once more and compares; ");
    html.raw("<code>tamis explain OUT DOC</code> says why a document looks as it does.</li></ul>");
}

/// A line that says that a sum holds, or how much is missing.
fn sum(html: &mut Html, whole: u64, shares: &[Share], holds: impl FnOnce(&mut Html)) {
    let missing = shares.last().map_or(0, |share| share.amount);
    let all: u128 = shares.iter().map(|share| u128::from(share.amount)).sum();
    html.raw("<li>");
    if missing == 0 && all == u128::from(whole) {
        holds(html);
    } else {
        html.raw("<b>The sum does not hold:</b> of ").number(whole).raw(" read, ").number(missing);
        html.raw(" are not accounted for.");
    }
    html.raw("</li>");
}
