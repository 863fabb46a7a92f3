//! The frame of the page: head, search, foot.
//!
//! Invariant: the style and the script in the page are the ones whose hashes stand in its content security policy.

use sha2::{Digest, Sha256};

use super::html::{Html, base64, clip};
use super::sites::Sites;
use super::{ReportInput, overview, portrait};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("page.js");

/// The whole page around its sections, which show the clusters of `sites`.
pub(super) fn frame(input: &ReportInput<'_>, sections: &Html, sites: &Sites) -> Html {
    let mut html = Html::default();
    html.raw("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    html.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-");
    html.attr(&hash(STYLE)).raw("'; script-src 'sha256-").attr(&hash(SCRIPT));
    html.raw("'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types\">");
    html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    html.raw(
        "<meta name=\"referrer\" content=\"no-referrer\"><meta name=\"color-scheme\" content=\"light dark\">",
    );
    html.raw("<title>tamis report</title><style>").raw(STYLE).raw("</style></head><body>");
    html.raw("<a class=\"skip\" href=\"#main\">Skip to the report</a><header><h1>tamis report</h1>");
    html.raw("<p>What was kept of a corpus, what was taken out of it, and why.</p></header>");
    html.raw("<nav aria-label=\"Sections\">");
    let sections_of_page: [(&'static str, &'static str); 8] = [
        ("#overview", "Overview"),
        ("#documents", "Documents"),
        ("#copies", "Copies"),
        ("#excerpts", "Excerpts"),
        ("#events", "Events"),
        ("#cuts", "Cuts"),
        ("#rejects", "Rejects"),
        ("#settings", "Settings"),
    ];
    for (to, name) in sections_of_page {
        html.raw("<a href=\"").raw(to).raw("\">").raw(name).raw("</a> ");
    }
    html.raw("</nav><main id=\"main\">");
    overview::render(&mut html, input);
    portrait::render(&mut html, input);
    if !input.clusters.is_empty() {
        search(&mut html, sites);
    }
    html.push(sections).raw("</main><footer><p>Written by tamis ").text(clip(&input.manifest.version, 40).0);
    html.raw(". The same input, rules and options give the same page.</p></footer><script>").raw(SCRIPT);
    html.raw("</script></body></html>\n");
    html
}

/// Search and filters. Without its script the page has everything but these, so they are hidden until it runs.
fn search(html: &mut Html, sites: &Sites) {
    html.raw("<search class=\"search\" id=\"search\" aria-label=\"Clusters on this page\" hidden>");
    html.raw("<div class=\"wide\"><label for=\"q\">Search the clusters on this page</label>");
    html.raw("<input id=\"q\" type=\"search\" autocomplete=\"off\" spellcheck=\"false\"></div>");
    html.raw("<div><label for=\"relation\">Relation</label><select id=\"relation\">");
    html.raw("<option value=\"\">all</option><option value=\"copies\">copies</option>");
    html.raw("<option value=\"excerpts\">excerpts</option><option value=\"events\">events</option>");
    html.raw("</select></div><div><label for=\"site\">Site</label><select id=\"site\">");
    html.raw("<option value=\"\">all</option>");
    sites.options(html);
    html.raw("</select></div><div><label for=\"from\">From</label><input id=\"from\" type=\"date\"></div>");
    html.raw("<div><label for=\"to\">To</label><input id=\"to\" type=\"date\"></div>");
    html.raw("<div class=\"buttons\"><button type=\"button\" id=\"open\">Open</button>");
    html.raw("<button type=\"button\" id=\"close\">Close all</button>");
    html.raw("<button type=\"button\" id=\"clear\">Clear</button></div>");
    html.raw("<p id=\"found\" role=\"status\"></p></search>");
}

fn hash(source: &str) -> String {
    base64(&Sha256::digest(source.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_and_script_cannot_end_their_element_and_have_unix_line_ends() {
        for source in [STYLE, SCRIPT] {
            assert!(!source.contains("</") && !source.contains("<!--") && !source.contains('\r'));
        }
    }
}
