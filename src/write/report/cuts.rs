//! What the rules cut: a table over all rules, and examples in context.
//!
//! Invariant: every rule of the manifest that cut is listed or counted among those left out; heaviest first.

use std::collections::BTreeMap;

use super::charts::bars;
use super::html::{Html, clip, percent, size};
use super::plot::CUT;
use super::{CutExample, ReportInput, RuleExample};
use crate::write::manifest::RuleCount;

const MAX_EXAMPLES: usize = 5;
const CONTEXT: usize = 160;
const MAX_CUT: usize = 700;
/// Rules in the picture.
const MAX_BARS: usize = 10;

/// The section, in at most `budget` bytes.
pub(super) fn render(input: &ReportInput<'_>, budget: usize) -> Html {
    let counts = &input.manifest.counts;
    let mut html = Html::default();
    html.raw("<section id=\"cuts\"><h2>Cuts by rule</h2>");
    let mut rules: Vec<(&String, &RuleCount)> =
        input.manifest.rules.iter().filter(|(_, c)| c.cuts > 0).collect();
    rules.sort_by(|(a_id, a), (b_id, b)| b.bytes.cmp(&a.bytes).then_with(|| a_id.cmp(b_id)));
    let idle = input.manifest.rules.len() - rules.len();
    if rules.is_empty() {
        html.raw("<p>No rule cut anything.</p></section>");
        return html;
    }
    html.raw("<p>Heaviest first. Open a rule to see what it cut, marked in its context. ");
    html.raw("<code>tamis explain OUT DOC</code> shows every cut of a document.</p>");

    picture(&mut html, &rules, counts.bytes_in);
    let examples: BTreeMap<&str, &RuleExample> =
        input.rules.iter().rev().map(|r| (r.id.as_str(), r)).collect();
    let (mut listed, mut bare) = (0, 0_u64);
    for (id, count) in &rules {
        let example = examples.get(id.as_str()).copied();
        let mut item = rule(id, count, counts.bytes_in, example, true);
        // The last tenth of the budget is kept for rules without their examples.
        if html.len() + item.len() > budget / 10 * 9 {
            item = rule(id, count, counts.bytes_in, example, false);
            bare += u64::from(example.is_some_and(|e| !e.examples.is_empty()));
        }
        if html.len() + item.len() + 1000 > budget {
            break;
        }
        html.push(&item);
        listed += 1;
    }
    if bare > 0 {
        html.raw("<p class=\"note\">For ").count(bare, "rule", "rules");
        html.raw(" there was no room for examples.</p>");
    }
    if listed < rules.len() {
        html.raw("<p class=\"note\">").count((rules.len() - listed) as u64, "rule", "rules");
        html.raw(" that cut less are not shown; all of them stand in <code>manifest.json</code>.</p>");
    }
    if idle > 0 {
        html.raw("<p class=\"note\">").count(idle as u64, "rule", "rules").raw(" cut nothing.</p>");
    }
    html.raw("</section>");
    html
}

/// The rules that cut most.
fn picture(html: &mut Html, rules: &[(&String, &RuleCount)], whole: u64) {
    let shown: Vec<(String, String, u64)> = rules
        .iter()
        .take(MAX_BARS)
        .map(|(id, count)| {
            let said = format!("{} · {}", size(count.bytes), percent(count.bytes, whole));
            (clip(id, 36).0.to_owned(), said, count.bytes)
        })
        .collect();
    let words: Vec<String> = shown.iter().map(|(id, said, _)| format!("{id}: {said}")).collect();
    let alternative = format!("Text cut, by rule. {}.", words.join("; "));
    html.raw("<figure class=\"panel narrow\">").push(&bars(&alternative, &shown, CUT));
    html.raw("<figcaption>Text cut, and its share of all text read.</figcaption></figure>");
}

fn rule(id: &str, count: &RuleCount, whole: u64, example: Option<&RuleExample>, examples: bool) -> Html {
    let mut html = Html::default();
    html.raw("<details class=\"rule\"><summary><span class=\"name\"><code>").text(clip(id, 200).0);
    html.raw("</code></span> <span class=\"facts\">").text(&size(count.bytes)).raw(" · ");
    html.count(count.cuts, "cut", "cuts").raw(" · ").count(count.documents, "document", "documents");
    html.raw("</span></summary>");
    let about = example.map(|e| e.about.trim()).filter(|about| !about.is_empty());
    if let Some(about) = about {
        let (about, more) = clip(about, 500);
        html.raw("<p>").text(about).raw(if more { "…</p>" } else { "</p>" });
    }
    html.raw("<p class=\"note\">").number(count.bytes).raw(" bytes, ").text(&percent(count.bytes, whole));
    html.raw(" of all text read.</p>");
    let cuts = example.map(|e| e.examples.as_slice()).unwrap_or_default();
    if examples && !cuts.is_empty() {
        html.raw("<ul class=\"cuts\">");
        for cut in cuts.iter().take(MAX_EXAMPLES) {
            self::cut(&mut html, cut);
        }
        html.raw("</ul>");
    }
    html.raw("</details>");
    html
}

fn cut(html: &mut Html, example: &CutExample) {
    html.raw("<li><div class=\"t\" dir=\"auto\">");
    let chars = example.before.chars().count();
    let before = &example.before[clip(&example.before, chars.saturating_sub(CONTEXT)).0.len()..];
    html.raw(if chars > CONTEXT { "…" } else { "" }).text(before.trim_start());
    let (cut, more) = clip(&example.cut, MAX_CUT);
    html.raw("<del>").marked(cut);
    if more {
        let left = example.cut.chars().count() - MAX_CUT;
        html.raw("<span class=\"gap\">… ").number(left as u64).raw(" more characters cut</span>");
    }
    let (after, more) = clip(&example.after, CONTEXT);
    html.raw("</del>").text(after).raw(if more { "…" } else { "" });
    html.raw("</div><p class=\"key\">").text(clip(&example.doc, 300).0).raw("</p></li>");
}
