//! The page of an event: when which outlet reported, what the articles share, what each adds.
//!
//! Invariant: what stands here as evidence is what `clusters` holds of the event; the time line and what each article
//! adds are made from dates and texts of the articles listed, and nothing else.

use std::collections::BTreeMap;

use super::ReportInput;
use super::adds;
use super::charts::{Dot, day_name, timeline};
use super::compare::lang_attr;
use super::html::{Html, clip, clipped};
use super::members::{self, Known, Members};
use super::when::{When, date};
use crate::write::record::Cluster;

const MAX_TERMS: usize = 30;
const MAX_SENTENCES: usize = 12;
/// Outlets that have a line of their own, those of most articles.
const MAX_LANES: usize = 12;
/// Articles that are compared with each other.
const MAX_ARTICLES: usize = 12;

/// The inside of an event, with or without what the texts say.
pub(super) fn render(
    html: &mut Html,
    input: &ReportInput<'_>,
    cluster: &Cluster,
    members: &Members<'_>,
    texts: bool,
) {
    if texts {
        lanes(html, cluster, members);
    }
    html.raw("<h4>Articles by time and outlet</h4>");
    members::list(html, input, cluster, members.listed());
    shared(html, cluster, members.read(), texts);
    if texts {
        each_adds(html, input, members.listed());
    }
}

/// What stands for an outlet that is not known.
const NO_OUTLET: &str = "outlet unknown";

/// The time line, if any article has a day.
fn lanes(html: &mut Html, cluster: &Cluster, all: &Members<'_>) {
    let members = all.read();
    // A day without a year is put into the year of the others, if they have one in common.
    let mut years: Vec<u16> = members.iter().filter_map(|m| m.when?.year()).collect();
    years.sort_unstable();
    years.dedup();
    let year = (years.len() == 1).then(|| years[0]);
    let day = |known: &Known<'_>| known.when.and_then(|when: When| when.day(year));
    let mut outlets: BTreeMap<&str, (u64, i64)> = BTreeMap::new();
    let outlet = |known: &Known<'_>| known.about.site.as_deref().unwrap_or(NO_OUTLET).to_owned();
    let names: Vec<String> = members.iter().map(outlet).collect();
    for (name, known) in names.iter().zip(members) {
        let Some((day, _)) = day(known) else { continue };
        let entry = outlets.entry(name).or_insert((0, day));
        *entry = (entry.0 + 1, entry.1.min(day));
    }
    let placed: u64 = outlets.values().map(|(articles, _)| articles).sum();
    if placed == 0 {
        html.raw("<p class=\"note\">No article of this event has a known day.</p>");
        return;
    }
    // Those of most articles are shown; whoever was first stands on top.
    let mut order: Vec<(&str, u64, i64)> = outlets.iter().map(|(name, (n, day))| (*name, *n, *day)).collect();
    order.sort_by_key(|(name, articles, _)| (std::cmp::Reverse(*articles), *name));
    let hidden = order.split_off(order.len().min(MAX_LANES));
    order.sort_by_key(|(name, _, first)| (*first, *name));
    let mut dots: BTreeMap<(usize, i64, bool), u64> = BTreeMap::new();
    for (name, known) in names.iter().zip(members) {
        let lane = order.iter().position(|(lane, ..)| lane == name);
        if let (Some(lane), Some((day, guessed))) = (lane, day(known)) {
            *dots.entry((lane, day, guessed)).or_default() += 1;
        }
    }
    let dot = |((lane, day, guessed), articles)| Dot { lane, day, guessed, articles };
    let dots: Vec<Dot> = dots.into_iter().map(dot).collect();
    let lanes: Vec<String> = order.iter().map(|(name, ..)| clip(name, 50).0.to_owned()).collect();
    let first = dots.iter().map(|d| d.day).min().unwrap_or_default();
    let last = dots.iter().map(|d| d.day).max().unwrap_or_default();
    let is_listed = all.listed().len() == cluster.size;
    let alternative = format!(
        "Time line of {placed} articles by outlet, {} to {}. First: {}. The list below has {}.",
        day_name(first),
        day_name(last),
        lanes.first().map_or("", String::as_str),
        if is_listed { "every article" } else { "the first of them" }
    );
    html.raw("<figure class=\"timeline\">").push(&timeline(&alternative, &lanes, &dots)).raw("<figcaption>");
    html.raw("A dot is a day on which an outlet had an article.");
    if dots.iter().any(|dot| dot.guessed) {
        html.raw(" Hollow: its date names no year.");
    }
    if !hidden.is_empty() {
        html.raw(" ").count(hidden.len() as u64, "more outlet", "more outlets").raw(" had fewer articles.");
    }
    let undated = members.len() as u64 - placed;
    if undated > 0 {
        html.raw(" ").count(undated, "article has", "articles have").raw(" no known day.");
    }
    html.raw("</figcaption></figure>");
}

/// What the articles share, as `clusters` has it.
fn shared(html: &mut Html, cluster: &Cluster, members: &[Known<'_>], texts: bool) {
    if cluster.terms.is_empty() && cluster.dates.is_empty() && cluster.sentences.is_empty() {
        return;
    }
    html.raw("<h4>What they share</h4>");
    if !cluster.terms.is_empty() {
        html.raw("<ul class=\"terms\" aria-label=\"Shared terms\">");
        for term in cluster.terms.iter().take(MAX_TERMS) {
            html.raw("<li><bdi>");
            clipped(html, term, 60).raw("</bdi></li>");
        }
        html.raw("</ul>");
    }
    if !cluster.dates.is_empty() {
        html.raw("<p>Dates that at least two name:</p><ul class=\"terms\">");
        for text in cluster.dates.iter().take(MAX_TERMS) {
            html.raw("<li>");
            date(html, text);
            html.raw("</li>");
        }
        html.raw("</ul>");
    }
    if !texts || cluster.sentences.is_empty() {
        return;
    }
    html.raw("<p>Sentences that say the same:</p>");
    for pair in cluster.sentences.iter().take(MAX_SENTENCES) {
        html.raw("<div class=\"pair\">");
        for (doc, text) in [(&pair.doc, &pair.text), (&pair.other_doc, &pair.other_text)] {
            let known = members.iter().find(|known| known.member.doc == *doc);
            html.raw("<blockquote><div class=\"t\" dir=\"auto\"");
            lang_attr(html, known.and_then(|known| known.about.lang.as_deref())).raw(">");
            clipped(html, text, 600).raw("</div><p class=\"key\">");
            if let Some(site) = known.and_then(|known| known.about.site.as_deref()) {
                html.text(clip(site, 80).0).raw(" · ");
            }
            clipped(html, doc, 300).raw("</p></blockquote>");
        }
        html.raw("</div>");
    }
}

/// What each article says that no other one does.
fn each_adds(html: &mut Html, input: &ReportInput<'_>, members: &[Known<'_>]) {
    let texts: Vec<Option<String>> =
        members.iter().take(MAX_ARTICLES).map(|known| (input.text_of)(&known.member.doc)).collect();
    let compared: Vec<&str> = texts.iter().flatten().map(String::as_str).collect();
    if compared.len() < 2 {
        html.raw("<p class=\"note\">The texts are not at hand.</p>");
        return;
    }
    let mut found = adds::find(&compared).into_iter();
    html.raw("<h4>What each adds</h4><ol class=\"adds\">");
    for (known, text) in members.iter().zip(&texts) {
        html.raw("<li><p>");
        let outlet = known.about.site.as_deref();
        if let Some(outlet) = outlet.or(if known.title().is_none() { Some(NO_OUTLET) } else { None }) {
            html.raw("<b>").text(clip(outlet, 80).0).raw("</b> ");
        }
        let lang = known.about.lang.as_deref();
        if let Some(title) = known.title() {
            html.raw("<bdi");
            lang_attr(html, lang).raw(">");
            clipped(html, title, 160).raw("</bdi> ");
        }
        let adds = text.as_ref().and_then(|_| found.next());
        let Some(adds) = adds else {
            html.raw("</p><p class=\"note\">The text is not at hand.</p></li>");
            continue;
        };
        html.raw("<span class=\"facts\">")
            .number(adds.own)
            .raw(" % of its words stand in no other</span></p>");
        for sentence in &adds.sentences {
            html.raw("<blockquote><div class=\"t\" dir=\"auto\"");
            lang_attr(html, lang).raw(">");
            clipped(html, sentence, 500).raw("</div></blockquote>");
        }
        if !adds.words.is_empty() {
            html.raw("<ul class=\"terms\" aria-label=\"Names and numbers that stand here only\">");
            for word in &adds.words {
                html.raw("<li><bdi>");
                clipped(html, word, 40).raw("</bdi></li>");
            }
            html.raw("</ul>");
        }
        html.raw("</li>");
    }
    html.raw("</ol>");
    if members.len() > MAX_ARTICLES {
        html.raw("<p class=\"note\">The first ").number(MAX_ARTICLES as u64);
        html.raw(" are compared with each other.</p>");
    }
}
