//! What ends the page: the inputs that could not be used, and how the corpus was made.
//!
//! Invariant: each stays within its share of the page, and says how much more there is and where.

use super::html::{Html, clip, size};
use crate::write::manifest::Manifest;
use crate::write::record::Reject;

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
