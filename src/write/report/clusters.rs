//! Clusters of copies, of excerpts and of coverage, each opening to its members and its evidence.
//!
//! Invariant: a section stays within its share of the page, and so does the work: a few hundred clusters at most come
//! with their texts, some thousands with their members only, and the rest is counted. The first cluster that does not
//! fit ends a tier, so that what is shown is always the head of one order.

use std::collections::BTreeSet;

use super::html::{Html, clip, clipped};
use super::members::{self, Known, Members};
use super::sites::Sites;
use super::when::When;
use super::{Outline, ReportInput, choose, compare, event};
use crate::document::Decimal4;
use crate::error::Result;
use crate::write::lists::List;
use crate::write::record::{Cluster, Kind, Relation};

/// Most members that are listed of a cluster with texts, and of one without.
const LISTED: usize = 60;
const LISTED_BRIEF: usize = 3;

/// Clusters whose texts are compared, and clusters that are shown at all.
const WITH_TEXTS: usize = 300;
const SHOWN: usize = 2500;

/// A cluster with its texts is at most this long, or it goes without them.
const MAX_CLUSTER_BYTES: usize = 150_000;
const MAX_UNUSUAL: usize = 20;

/// Room for the headings and the note about what is left out.
const NOTE_BYTES: usize = 2_500;

/// The section of one relation, in at most `budget` bytes (an empty section is a little more than nothing).
pub(super) fn render(
    input: &ReportInput<'_>,
    relation: Relation,
    budget: usize,
    sites: &mut Sites,
) -> Result<Html> {
    let all: Vec<(usize, Outline)> = (0..input.clusters.len())
        .map(|place| (place, input.clusters.outline(place)))
        .filter(|(_, outline)| outline.relation == relation)
        .collect();
    let words = words(relation);
    let mut html = Html::default();
    html.raw("<section id=\"").raw(words.anchor).raw("\"><h2>").raw(words.heading).raw("</h2>");
    if all.is_empty() {
        let looked_for = input.manifest.looked_for(relation);
        html.raw("<p>").raw(if looked_for { words.none } else { "Not looked for." }).raw("</p></section>");
        return Ok(html);
    }
    html.raw("<p>").raw(words.about).raw("</p>");
    let budget = budget.saturating_sub(NOTE_BYTES);
    // Texts take up to half of the room: what can be found is worth as much as what can be compared.
    let with_texts = budget / 2;
    let (mut full, mut brief, mut unusual) = (0, 0, 0);
    let mut texts = true;
    'groups: for group in choose::groups(&all, relation) {
        let mut items = Html::default();
        let mut full_up = false;
        for place in group.places {
            if full + brief >= SHOWN {
                full_up = true;
                break;
            }
            let cluster = &input.clusters.cluster(place)?;
            let so_far = html.len() + items.len();
            if texts {
                let item = Item::new(input, cluster, true, sites);
                if item.html.len() > MAX_CLUSTER_BYTES && unusual < MAX_UNUSUAL {
                    // A few unusual clusters are no reason to show the others without texts.
                    unusual += 1;
                } else if so_far + item.html.len() <= with_texts && full < WITH_TEXTS {
                    item.push(&mut items, sites);
                    full += 1;
                    continue;
                } else {
                    texts = false;
                }
            }
            let item = Item::new(input, cluster, false, sites);
            if so_far + item.html.len() > budget {
                full_up = true;
                break;
            }
            item.push(&mut items, sites);
            brief += 1;
        }
        if items.len() > 0 {
            html.raw("<div class=\"group\" id=\"").raw(words.anchor).raw(group.anchor).raw("\"><h3>");
            html.raw(group.heading).raw("</h3>").push(&items).raw("</div>");
        }
        if full_up {
            break 'groups;
        }
    }
    left_out(&mut html, input, [all.len(), full, brief]);
    html.raw("</section>");
    Ok(html)
}

/// What the page does not show, and where it is.
fn left_out(html: &mut Html, input: &ReportInput<'_>, [all, full, brief]: [usize; 3]) {
    let hidden = all - full - brief;
    if brief + hidden == 0 {
        return;
    }
    html.raw("<p class=\"note left-out\">This page is kept to a few megabytes. Of ");
    html.count(all as u64, "cluster", "clusters").raw(" here, ");
    html.number(full as u64).raw(" come with their texts, ").number(brief as u64);
    html.raw(" with their members only, and ").number(hidden as u64);
    html.raw(" are not shown. All of them stand in <code>").text(&List::Clusters.file(input.lists));
    html.raw("</code>; <code>tamis explain OUT DOC</code> shows the differing passages of any document.</p>");
}

struct Words {
    anchor: &'static str,
    heading: &'static str,
    about: &'static str,
    none: &'static str,
}

fn words(relation: Relation) -> Words {
    match relation {
        Relation::Copy => Words {
            anchor: "copies",
            heading: "Copies",
            about: "Each cluster is one document that was kept and its copies. Open one to compare: marked words \
                    stand in one of the two texts only.",
            none: "No copies were found.",
        },
        Relation::Excerpt => Words {
            anchor: "excerpts",
            heading: "Excerpts",
            about: "Most of a short document stands inside a longer one. Both are kept.",
            none: "No excerpts were found.",
        },
        Relation::Event => Words {
            anchor: "events",
            heading: "Events",
            about: "Kept documents that report the same happening. They are no copies: all of them stay. Open one \
                    to see when which outlet reported, what the articles share, and what each adds.",
            none: "No coverage of the same event was found.",
        },
    }
}

/// A cluster as markup, with what it can be found by.
struct Item {
    html: Html,
    sites: BTreeSet<String>,
}

impl Item {
    fn new(input: &ReportInput<'_>, cluster: &Cluster, texts: bool, sites: &mut Sites) -> Self {
        let listed = if texts { LISTED } else { LISTED_BRIEF };
        let all = Members::of(input, cluster, listed);
        let (members, listed) = (all.read(), all.listed());
        let names: BTreeSet<String> = members.iter().filter_map(|m| m.about.site.clone()).collect();
        let mut html = Html::default();
        html.raw("<details class=\"cluster\" id=\"").attr(clip(&cluster.id, 80).0).raw("\" data-r=\"");
        html.raw(words(cluster.relation).anchor).raw("\" data-s=\"");
        for (n, name) in names.iter().enumerate() {
            html.raw(if n > 0 { " " } else { "" }).text(&sites.number(name).to_string());
        }
        let ranges = || members.iter().filter_map(|member| member.when?.range());
        let (from, to) = (ranges().map(|(from, _)| from).min(), ranges().map(|(_, to)| to).max());
        for (name, day) in [("\" data-f=\"", from), ("\" data-t=\"", to)] {
            html.raw(name).attr(&day.unwrap_or_default());
        }
        html.raw("\"><summary><span class=\"name\">");
        name(&mut html, cluster, members);
        html.raw("</span> <span class=\"facts\">");
        facts(&mut html, cluster, members);
        html.raw("</span></summary><div class=\"inside\">");
        if cluster.relation == Relation::Event {
            event::render(&mut html, input, cluster, &all, texts);
        } else {
            members::list(&mut html, input, cluster, listed);
            if texts {
                compare::cluster(&mut html, input, cluster);
            }
        }
        html.raw("<p class=\"key\"><a href=\"#").attr(clip(&cluster.id, 80).0).raw("\">");
        html.text(clip(&cluster.id, 80).0).raw("</a></p></div></details>");
        Self { html, sites: names }
    }

    fn push(self, html: &mut Html, sites: &mut Sites) {
        html.push(&self.html);
        sites.count(&self.sites);
    }
}

/// The title of the first member, or its key.
fn name(html: &mut Html, cluster: &Cluster, members: &[Known<'_>]) {
    let first = members.first();
    html.raw("<bdi");
    compare::lang_attr(html, first.and_then(|m| m.about.lang.as_deref())).raw(">");
    let name = first.and_then(Known::title).or(first.map(|m| m.member.doc.as_str()));
    clipped(html, name.unwrap_or(&cluster.id), 160).raw("</bdi>");
}

/// How many, how alike, when.
fn facts(html: &mut Html, cluster: &Cluster, members: &[Known<'_>]) {
    let others = cluster.size.saturating_sub(1) as u64;
    match cluster.relation {
        Relation::Copy => {
            html.count(others, "copy", "copies");
            let is_near = cluster.members.iter().any(|m| m.kind == Kind::Near);
            if is_near || cluster.min_similarity < Decimal4::ratio(1, 1) {
                html.raw(" · similarity from ").text(&cluster.min_similarity.to_string());
            } else {
                html.raw(" · same words");
            }
        }
        Relation::Excerpt => {
            html.raw("contained ").text(&cluster.min_similarity.to_string());
        }
        Relation::Event => {
            html.count(cluster.size as u64, "article", "articles");
            if cluster.size > members.len() {
                html.raw(" · of the first ").number(members.len() as u64).raw(":");
            }
            let sites: BTreeSet<&String> = members.iter().filter_map(|m| m.about.site.as_ref()).collect();
            if sites.len() > 1 {
                html.raw(" · ").count(sites.len() as u64, "outlet", "outlets");
            }
            let dates = || members.iter().filter(|m| m.when.and_then(When::year).is_some());
            let dates = || dates().filter_map(|m| m.about.date.as_deref());
            if let (Some(from), Some(to)) = (dates().min(), dates().max()) {
                html.raw(" · ").text(clip(from, 20).0);
                if from != to {
                    html.raw(" to ").text(clip(to, 20).0);
                }
            }
        }
    }
}
