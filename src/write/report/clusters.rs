//! Clusters of copies, of excerpts and of coverage: largest first, each opening to its members and its evidence.
//!
//! Invariant: a section stays within its share of the page. The largest clusters come with their texts, then clusters
//! come with their members only, and the rest is counted. The first cluster that does not fit ends a tier, so that
//! what is shown is always the head of one order.

use std::cmp::Reverse;

use super::compare::{self, Names, lang_attr};
use super::html::{Html, clip};
use super::{About, ReportInput};
use crate::error::Result;
use crate::write::lists::List;
use crate::write::record::{Cluster, Kind, Member, Relation};

/// Most members that are listed, and most that are compared with the kept one.
const MAX_LISTED: usize = 60;
const MAX_LISTED_BRIEF: usize = 6;
const MAX_COMPARED: usize = 4;
const MAX_TERMS: usize = 30;
const MAX_SENTENCES: usize = 12;

/// A cluster with its texts is at most this long, or it goes without them.
const MAX_CLUSTER_BYTES: usize = 150_000;
const MAX_UNUSUAL: usize = 20;

/// Room for the heading and the note about what is left out.
const NOTE_BYTES: usize = 1_500;

/// The section of one relation, in at most `budget` bytes (an empty section is a little more than nothing).
pub(super) fn render(input: &ReportInput<'_>, relation: Relation, budget: usize) -> Result<Html> {
    let sized = |place| (input.clusters.outline(place), place);
    let of_relation = (0..input.clusters.len()).map(sized).filter(|((of, _), _)| *of == relation);
    let mut clusters: Vec<(Reverse<usize>, usize)> =
        of_relation.map(|((_, size), place)| (Reverse(size), place)).collect();
    clusters.sort_unstable();
    let mut html = Html::default();
    html.raw("<section id=\"")
        .raw(words(relation).anchor)
        .raw("\"><h2>")
        .raw(words(relation).heading)
        .raw("</h2>");
    if clusters.is_empty() {
        html.raw("<p>").raw(words(relation).none).raw("</p></section>");
        return Ok(html);
    }
    html.raw("<p>").raw(words(relation).about).raw("</p>");
    let budget = budget.saturating_sub(NOTE_BYTES);
    let with_texts = budget / 4 * 3;
    let (mut full, mut brief) = (0, 0);
    let (mut texts, mut unusual) = (true, 0);
    for (_, place) in &clusters {
        let cluster = &input.clusters.cluster(*place, 10 * MAX_LISTED)?;
        if texts {
            let item = self::cluster(input, cluster, true);
            if item.len() > MAX_CLUSTER_BYTES && unusual < MAX_UNUSUAL {
                // A few unusual clusters are no reason to show the others without texts.
                unusual += 1;
            } else if html.len() + item.len() <= with_texts {
                html.push(&item);
                full += 1;
                continue;
            } else {
                texts = false;
            }
        }
        let item = self::cluster(input, cluster, false);
        if html.len() + item.len() > budget {
            break;
        }
        html.push(&item);
        brief += 1;
    }
    let hidden = clusters.len() - full - brief;
    if brief > 0 || hidden > 0 {
        html.raw("<p class=\"note left-out\">This page is kept to a few megabytes. Of ");
        html.count(clusters.len() as u64, "cluster", "clusters").raw(" here, ");
        html.number(full as u64).raw(" come with their texts, ").number(brief as u64);
        html.raw(" with their members only, and ").number(hidden as u64);
        html.raw(" are not shown. All of them stand in <code>")
            .text(&List::Clusters.file(input.lists))
            .raw("</code>; ");
        html.raw("<code>tamis explain OUT DOC</code> shows the differing passages of any document.</p>");
    }
    html.raw("</section>");
    Ok(html)
}

struct Words {
    anchor: &'static str,
    heading: &'static str,
    about: &'static str,
    none: &'static str,
    names: Names,
}

fn words(relation: Relation) -> Words {
    match relation {
        Relation::Copy => Words {
            anchor: "copies",
            heading: "Copies",
            about: "Each cluster is one document that was kept and its copies. Largest first; open one to compare. \
                    Marked words stand in one of the two texts only.",
            none: "No copies were found.",
            names: Names { left: "Kept", right: "Removed", left_only: 1400 },
        },
        Relation::Excerpt => Words {
            anchor: "excerpts",
            heading: "Excerpts",
            about: "Most of a short document stands inside a longer one. Both are kept.",
            none: "No excerpts were found.",
            names: Names { left: "Longer document", right: "Excerpt", left_only: 240 },
        },
        Relation::Event => Words {
            anchor: "events",
            heading: "Events",
            about: "Kept documents that report the same happening. They are no copies: all of them stay.",
            none: "No coverage of the same event was found.",
            names: Names { left: "One", right: "The other", left_only: 1400 },
        },
    }
}

fn cluster(input: &ReportInput<'_>, cluster: &Cluster, texts: bool) -> Html {
    let mut html = Html::default();
    let first = cluster.members.first();
    let about = first.and_then(|m| (input.about_of)(&m.doc)).unwrap_or_default();
    html.raw("<details class=\"cluster\" id=\"")
        .attr(clip(&cluster.id, 80).0)
        .raw("\"><summary><span class=\"name\"><bdi");
    lang_attr(&mut html, about.lang.as_deref()).raw(">");
    let title = about.title.as_deref().map(str::trim).filter(|title| !title.is_empty());
    let name = title.or(first.map(|m| m.doc.as_str())).unwrap_or(&cluster.id);
    clipped(&mut html, name, 160).raw("</bdi></span> <span class=\"facts\">");
    facts(&mut html, input, cluster);
    html.raw("</span></summary>");
    members(&mut html, input, cluster, if texts { MAX_LISTED } else { MAX_LISTED_BRIEF });
    if cluster.relation == Relation::Event {
        evidence(&mut html, cluster, texts);
    } else if texts {
        comparisons(&mut html, input, cluster);
    }
    html.raw("<p class=\"key\">").text(clip(&cluster.id, 80).0).raw("</p></details>");
    html
}

fn facts(html: &mut Html, input: &ReportInput<'_>, cluster: &Cluster) {
    let others = cluster.size.saturating_sub(1) as u64;
    match cluster.relation {
        Relation::Copy => {
            html.count(others, "copy", "copies");
            if cluster.members.iter().any(|m| m.kind == Kind::Near) {
                html.raw(" · similarity from ").text(&cluster.min_similarity.to_string());
            } else {
                html.raw(" · same words");
            }
        }
        Relation::Excerpt => {
            html.count(others, "excerpt", "excerpts").raw(" · contained from ");
            html.text(&cluster.min_similarity.to_string());
        }
        Relation::Event => {
            html.count(cluster.size as u64, "article", "articles");
            let mut dates: Vec<String> = cluster
                .members
                .iter()
                .take(MAX_LISTED)
                .filter_map(|m| (input.about_of)(&m.doc)?.date)
                .filter(|date| !date.starts_with('-'))
                .collect();
            dates.sort();
            if let (Some(from), Some(to)) = (dates.first(), dates.last()) {
                html.raw(" · ").text(clip(from, 20).0);
                if from != to {
                    html.raw(" to ").text(clip(to, 20).0);
                }
            }
        }
    }
}

fn members(html: &mut Html, input: &ReportInput<'_>, cluster: &Cluster, max: usize) {
    let mut members: Vec<(&Member, About)> = cluster
        .members
        .iter()
        .take(if cluster.relation == Relation::Event { 10 * max } else { max })
        .map(|m| (m, (input.about_of)(&m.doc).unwrap_or_default()))
        .collect();
    if cluster.relation == Relation::Event {
        // In the order of the news: full dates, then dates without a year, then none; outlets by name.
        let class = |about: &About| match about.date.as_deref() {
            Some(date) if !date.starts_with('-') => 0,
            Some(_) => 1,
            None => 2,
        };
        members.sort_by(|(a, x), (b, y)| {
            (class(x), &x.date, &x.site, &a.doc).cmp(&(class(y), &y.date, &y.site, &b.doc))
        });
        members.truncate(max);
    }
    html.raw("<ol class=\"members\">");
    for (member, about) in &members {
        html.raw("<li>");
        if let Some(title) = about.title.as_deref().filter(|title| !title.trim().is_empty()) {
            html.raw("<bdi");
            lang_attr(html, about.lang.as_deref()).raw(">");
            clipped(html, title, 160).raw("</bdi> ");
        }
        html.raw("<span class=\"facts\"><b class=\"kind ")
            .raw(kind(member.kind))
            .raw("\">")
            .raw(kind(member.kind));
        html.raw("</b>");
        if let Some(similarity) = member.similarity {
            html.raw(" · ").raw(match member.kind {
                Kind::Excerpt => "contained ",
                _ => "similarity ",
            });
            html.text(&similarity.to_string());
        }
        if let Some(distance) = member.distance {
            html.raw(" · simhash ").count(u64::from(distance), "bit apart", "bits apart");
        }
        if let Some(site) = &about.site {
            html.raw(" · ").text(clip(site, 80).0);
        }
        if let Some(date) = &about.date {
            html.raw(" · ");
            self::date(html, date);
        }
        html.raw("</span><span class=\"key\">");
        clipped(html, &member.doc, 300);
        if let Some(id) = member.id.as_deref().filter(|id| *id != member.doc) {
            html.raw(" · id ");
            link(html, id);
        }
        html.raw("</span></li>");
    }
    html.raw("</ol>");
    if cluster.members.len() > members.len() {
        html.raw("<p class=\"note\">").number((cluster.members.len() - members.len()) as u64);
        html.raw(" more in <code>").text(&List::Clusters.file(input.lists)).raw("</code>.</p>");
    }
}

/// A date; `--12-30` says in words that its year is unknown.
fn date(html: &mut Html, date: &str) {
    match date.strip_prefix("--") {
        Some(rest) => html.text(clip(rest, 40).0).raw(", year unknown"),
        None => html.text(clip(date, 40).0),
    };
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Kept => "kept",
        Kind::Identical => "identical",
        Kind::Near => "near",
        Kind::Excerpt => "excerpt",
        Kind::Coverage => "coverage",
    }
}

/// A record's own id; a link where it is an ordinary web address, and never to anything else.
fn link(html: &mut Html, id: &str) {
    let web = id.starts_with("https://") || id.starts_with("http://");
    if web && id.len() <= 1000 && id.bytes().all(|b| b.is_ascii_graphic()) {
        html.raw("<a rel=\"noopener noreferrer nofollow\" href=\"").attr(id).raw("\">");
        clipped(html, id, 120).raw("</a>");
    } else {
        clipped(html, id, 120);
    }
}

fn clipped<'h>(html: &'h mut Html, data: &str, max: usize) -> &'h mut Html {
    let (data, more) = clip(data, max);
    html.text(data).raw(if more { "…" } else { "" })
}

/// The kept document beside its least similar copies (those are the ones to doubt), near ones before identical ones.
fn comparisons(html: &mut Html, input: &ReportInput<'_>, cluster: &Cluster) {
    let Some((kept, others)) = cluster.members.split_first() else { return };
    let Some(left) = (input.text_of)(&kept.doc) else {
        html.raw("<p class=\"note\">The text of the kept document is not at hand.</p>");
        return;
    };
    let lang_of = |doc: &str| (input.about_of)(doc).and_then(|about| about.lang);
    let mut others: Vec<&Member> = others.iter().collect();
    others.sort_by(|a, b| {
        (a.kind == Kind::Identical, a.similarity, &a.doc).cmp(&(
            b.kind == Kind::Identical,
            b.similarity,
            &b.doc,
        ))
    });
    let mut names = words(cluster.relation).names;
    if super::tagged(input.manifest) && cluster.relation == Relation::Copy {
        names.right = "Tagged copy";
    }
    for member in others.iter().take(MAX_COMPARED) {
        html.raw("<h3>").raw(names.right).raw(": <span class=\"key\">");
        clipped(html, &member.doc, 300).raw("</span></h3>");
        match (input.text_of)(&member.doc) {
            Some(right) => {
                let langs = [lang_of(&kept.doc), lang_of(&member.doc)];
                let langs = [langs[0].as_deref(), langs[1].as_deref()];
                html.push(&compare::render(&left, &right, &names, langs));
            }
            None => {
                html.raw("<p class=\"note\">The text is not at hand.</p>");
            }
        }
    }
    if others.len() > MAX_COMPARED {
        html.raw("<p class=\"note\">The ").number(MAX_COMPARED as u64);
        html.raw(
            " least similar are compared here; <code>tamis explain OUT DOC</code> compares any other.</p>",
        );
    }
}

/// What the articles of an event share.
fn evidence(html: &mut Html, cluster: &Cluster, sentences: bool) {
    if !cluster.terms.is_empty() {
        html.raw("<h3>Shared terms</h3><ul class=\"terms\">");
        for term in cluster.terms.iter().take(MAX_TERMS) {
            html.raw("<li><bdi>");
            clipped(html, term, 60).raw("</bdi></li>");
        }
        html.raw("</ul>");
    }
    if !cluster.dates.is_empty() {
        html.raw("<h3>Shared dates</h3><ul class=\"terms\">");
        for date in cluster.dates.iter().take(MAX_TERMS) {
            html.raw("<li>");
            self::date(html, date);
            html.raw("</li>");
        }
        html.raw("</ul>");
    }
    if !sentences || cluster.sentences.is_empty() {
        return;
    }
    html.raw("<h3>Sentences that say the same</h3>");
    for pair in cluster.sentences.iter().take(MAX_SENTENCES) {
        html.raw("<div class=\"pair\">");
        for (doc, text) in [(&pair.doc, &pair.text), (&pair.other_doc, &pair.other_text)] {
            html.raw("<blockquote><div class=\"t\" dir=\"auto\">");
            clipped(html, text, 600).raw("</div><p class=\"key\">");
            clipped(html, doc, 300).raw("</p></blockquote>");
        }
        html.raw("</div>");
    }
}
