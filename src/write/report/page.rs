//! The frame of the page, the overview, the rejects and the settings.
//!
//! Invariant: the style and the script in the page are the ones whose hashes stand in its content security policy;
//! the bars are drawn from the same integers as the table below them.

use sha2::{Digest, Sha256};

use super::ReportInput;
use super::html::{Html, base64, clip, grouped, percent, size};
use crate::write::manifest::{Counts, Manifest};
use crate::write::record::Reject;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("page.js");

/// Length of a bar in its own units.
const BAR: u64 = 1000;

/// The whole page around its sections.
pub(super) fn frame(input: &ReportInput<'_>, sections: &Html) -> Html {
    let mut html = Html::default();
    html.raw("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    html.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-");
    html.attr(&hash(STYLE)).raw("'; script-src 'sha256-").attr(&hash(SCRIPT));
    html.raw("'; base-uri 'none'; form-action 'none'\">");
    html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    html.raw(
        "<meta name=\"referrer\" content=\"no-referrer\"><meta name=\"color-scheme\" content=\"light dark\">",
    );
    html.raw("<title>tamis report</title><style>").raw(STYLE).raw("</style></head><body>");
    html.raw("<a class=\"skip\" href=\"#main\">Skip to the report</a><header><h1>tamis report</h1>");
    html.raw(
        "<p>What was kept of a corpus, what was taken out of it, and why.</p><nav aria-label=\"Sections\">",
    );
    html.raw("<a href=\"#overview\">Overview</a> <a href=\"#copies\">Copies</a> <a href=\"#excerpts\">Excerpts</a> ");
    html.raw("<a href=\"#events\">Events</a> <a href=\"#cuts\">Cuts</a> <a href=\"#rejects\">Rejects</a> ");
    html.raw("<a href=\"#settings\">Settings</a></nav></header><main id=\"main\">");
    overview(&mut html, input.manifest);
    if !input.clusters.is_empty() {
        // Without its script the page has everything but the search, so the search is hidden until the script runs.
        html.raw("<div class=\"search\" id=\"search\" hidden><label for=\"q\">Search the clusters on this page</label>");
        html.raw(
            "<div class=\"bar\"><input id=\"q\" type=\"search\" autocomplete=\"off\" spellcheck=\"false\">",
        );
        html.raw("<button type=\"button\" id=\"open\">Open</button><button type=\"button\" id=\"close\">Close all</button>");
        html.raw("</div><p id=\"found\" role=\"status\"></p></div>");
    }
    html.push(sections).raw("</main><footer><p>Written by tamis ").text(clip(&input.manifest.version, 40).0);
    html.raw(". The same input, rules and options give the same page.</p></footer><script>").raw(SCRIPT);
    html.raw("</script></body></html>\n");
    html
}

fn hash(source: &str) -> String {
    base64(&Sha256::digest(source.as_bytes()))
}

/// One share of a whole: what it is called, its class in the style sheet, how much.
type Share = (&'static str, &'static str, u64);

fn overview(html: &mut Html, manifest: &Manifest) {
    let counts = &manifest.counts;
    html.raw("<section id=\"overview\"><h2>Overview</h2><p class=\"lead\"><b>").number(counts.kept);
    html.raw("</b> of <b>").number(counts.read).raw(if counts.read == 1 {
        "</b> document"
    } else {
        "</b> documents"
    });
    html.raw(" kept, <b>").text(&size(counts.bytes_out)).raw("</b> of <b>").text(&size(counts.bytes_in));
    html.raw("</b> of text.</p>");
    if super::tagged(manifest) {
        html.raw("<p class=\"note\">Copies were tagged, not removed: they still stand in the corpus.</p>");
    }
    let accounted = counts.kept + counts.identical + counts.near + counts.emptied + counts.rejected;
    let documents = [
        ("Kept", "a", counts.kept),
        ("Identical to a kept one", "b", counts.identical),
        ("Near copy of a kept one", "c", counts.near),
        ("Emptied by the rules", "d", counts.emptied),
        ("Rejected", "e", counts.rejected),
        ("Not accounted for", "f", counts.read.saturating_sub(accounted)),
    ];
    shares(html, "Documents", "number", "read", counts.read, &documents, grouped);
    let text = text_shares(counts);
    shares(html, "Text", "size", "read", counts.bytes_in, &text, size);
    html.raw("<p>").count(counts.copy_clusters, "cluster of copies", "clusters of copies").raw(", ");
    html.count(counts.excerpts, "cluster of excerpts", "clusters of excerpts").raw(", ");
    html.count(counts.events, "event", "events").raw(" with more than one article.</p></section>");
}

fn text_shares(counts: &Counts) -> [Share; 4] {
    let accounted = counts.bytes_out + counts.bytes_cut + counts.bytes_removed;
    [
        ("In the clean corpus", "a", counts.bytes_out),
        ("In removed copies", "c", counts.bytes_removed),
        ("Cut by rules", "d", counts.bytes_cut),
        ("Not accounted for", "f", counts.bytes_in.saturating_sub(accounted)),
    ]
}

/// A bar, and the table that says the same in numbers. A share of nothing is left out, but for the first.
fn shares(
    html: &mut Html,
    title: &'static str,
    unit: &'static str,
    whole_is: &'static str,
    whole: u64,
    shares: &[Share],
    show: fn(u64) -> String,
) {
    let shown: Vec<Share> =
        shares.iter().enumerate().filter(|(i, s)| *i == 0 || s.2 > 0).map(|(_, s)| *s).collect();
    let widths = widths(&shown.iter().map(|share| share.2).collect::<Vec<_>>());
    html.raw("<div class=\"shares\"><svg viewBox=\"0 0 1000 40\" preserveAspectRatio=\"none\" aria-hidden=\"true\">");
    let mut x = 0;
    for ((_, class, _), width) in shown.iter().zip(&widths) {
        html.raw("<rect class=\"fill-").raw(class).raw("\" y=\"0\" height=\"40\" x=\"").text(&x.to_string());
        html.raw("\" width=\"").text(&width.to_string()).raw("\"/>");
        x += width;
    }
    html.raw("</svg><table><caption>").raw(title).raw("</caption><thead><tr><th scope=\"col\">").raw(title);
    html.raw("</th><th scope=\"col\" class=\"num\">")
        .raw(unit)
        .raw("</th><th scope=\"col\" class=\"num\">share</th></tr>");
    html.raw("</thead><tbody>");
    for (name, class, amount) in &shown {
        html.raw("<tr><th scope=\"row\"><svg class=\"key-box\" viewBox=\"0 0 10 10\" aria-hidden=\"true\">");
        html.raw("<rect class=\"fill-").raw(class).raw("\" width=\"10\" height=\"10\"/></svg>").raw(name);
        html.raw("</th><td class=\"num\">").text(&show(*amount)).raw("</td><td class=\"num\">");
        html.text(&percent(*amount, whole)).raw("</td></tr>");
    }
    html.raw("</tbody><tfoot><tr><th scope=\"row\">All that was ")
        .raw(whole_is)
        .raw("</th><td class=\"num\">");
    html.text(&show(whole)).raw("</td><td class=\"num\"></td></tr></tfoot></table></div>");
}

/// Widths that fill the bar; what is there is wide enough to be seen, at the cost of the widest.
fn widths(amounts: &[u64]) -> Vec<u64> {
    const LEAST: u64 = 5;
    let whole: u128 = amounts.iter().map(|a| u128::from(*a)).sum();
    if whole == 0 {
        return vec![0; amounts.len()];
    }
    let share = |a: &u64| u64::try_from(u128::from(*a) * u128::from(BAR) / whole).unwrap_or(0);
    let mut widths: Vec<u64> =
        amounts.iter().map(|a| if *a == 0 { 0 } else { share(a).max(LEAST) }).collect();
    let sum: u64 = widths.iter().sum();
    if let Some(widest) = widths.iter_mut().max() {
        *widest = (*widest + BAR).saturating_sub(sum);
    }
    widths
}

/// Inputs that could not be used, in at most `budget` bytes.
pub(super) fn rejects(rejects: &[Reject], budget: usize) -> Html {
    let mut html = Html::default();
    html.raw("<section id=\"rejects\"><h2>Rejects</h2>");
    if rejects.is_empty() {
        html.raw("<p>Everything could be read.</p></section>");
        return html;
    }
    let mut sorted: Vec<&Reject> = rejects.iter().collect();
    sorted.sort();
    html.raw("<p>").count(rejects.len() as u64, "input", "inputs").raw(" could not be used.</p>");
    html.raw("<ul class=\"plain\">");
    let mut listed = 0;
    for reject in &sorted {
        let mut item = Html::default();
        item.raw("<li><code>").text(clip(&reject.file, 300).0).raw("</code>");
        if let Some(record) = reject.record {
            item.raw(", record ").number(record);
        }
        if let Some([start, end]) = reject.bytes {
            item.raw(", bytes ").number(start).raw(" to ").number(end);
        }
        item.raw(": ").text(clip(&reject.cause, 400).0).raw("</li>");
        if html.len() + item.len() + 500 > budget {
            break;
        }
        html.push(&item);
        listed += 1;
    }
    html.raw("</ul>");
    if listed < sorted.len() {
        html.raw("<p class=\"note\">").number((sorted.len() - listed) as u64);
        html.raw(" more stand in <code>rejects.jsonl</code>.</p>");
    }
    html.raw("</section>");
    html
}

/// How the corpus was made, in at most `budget` bytes.
pub(super) fn settings(manifest: &Manifest, budget: usize) -> Html {
    let mut html = Html::default();
    html.raw("<section id=\"settings\"><h2>Settings</h2><dl class=\"settings\">");
    let facts: [(&'static str, &str); 4] = [
        ("Tool", &manifest.tool),
        ("Version", &manifest.version),
        ("Rules (SHA-256)", &manifest.rules_sha256),
        ("Token hash", &manifest.hasher),
    ];
    for (name, value) in facts.into_iter().filter(|(_, value)| !value.is_empty()) {
        html.raw("<dt>").raw(name).raw("</dt><dd><code>").text(clip(value, 200).0).raw("</code></dd>");
    }
    for (name, value) in manifest.options.iter().take(200) {
        let name = name.trim_start_matches('-');
        html.raw("<dt>--")
            .text(clip(name, 60).0)
            .raw("</dt><dd><code>")
            .text(clip(value, 300).0)
            .raw("</code></dd>");
    }
    html.raw("</dl>");
    inputs(&mut html, manifest, budget);
    html.raw("</section>");
    html
}

fn inputs(html: &mut Html, manifest: &Manifest, budget: usize) {
    if manifest.inputs.is_empty() {
        return;
    }
    html.raw(
        "<details class=\"inputs\"><summary><span class=\"name\">Files read</span> <span class=\"facts\">",
    );
    html.count(manifest.inputs.len() as u64, "file", "files").raw("</span></summary><ul class=\"plain\">");
    let mut listed = 0;
    for file in &manifest.inputs {
        let mut item = Html::default();
        item.raw("<li><code>")
            .text(clip(&file.path, 300).0)
            .raw("</code>, ")
            .text(&size(file.bytes))
            .raw("</li>");
        if html.len() + item.len() + 500 > budget {
            break;
        }
        html.push(&item);
        listed += 1;
    }
    html.raw("</ul>");
    if listed < manifest.inputs.len() {
        html.raw("<p class=\"note\">").number((manifest.inputs.len() - listed) as u64);
        html.raw(" more stand in <code>manifest.json</code>.</p>");
    }
    html.raw("</details>");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_filled_and_shows_every_share() {
        for amounts in [vec![1, 1_000_000, 0, 3], vec![5], vec![1, 1, 1], vec![u64::MAX, u64::MAX, 1]] {
            let widths = widths(&amounts);
            assert_eq!(widths.iter().sum::<u64>(), BAR, "{amounts:?}");
            assert!(
                amounts.iter().zip(&widths).all(|(a, w)| (*a == 0) == (*w == 0)),
                "{amounts:?} {widths:?}"
            );
        }
        assert_eq!(widths(&[0, 0]), [0, 0]);
    }

    #[test]
    fn style_and_script_cannot_end_their_element_and_have_unix_line_ends() {
        for source in [STYLE, SCRIPT] {
            assert!(!source.contains("</") && !source.contains("<!--") && !source.contains('\r'));
        }
    }
}
