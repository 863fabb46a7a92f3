//! The members of a cluster, as a list.

use super::compare::lang_attr;
use super::html::{Html, clip, clipped};
use super::when::{When, date};
use super::{About, ReportInput};
use crate::write::lists::List;
use crate::write::record::{Cluster, Kind, Member, Relation};

/// A member with what is known of its document.
pub(super) struct Known<'a> {
    pub(super) member: &'a Member,
    pub(super) about: About,
    pub(super) when: Option<When>,
}

impl Known<'_> {
    /// Its title, if it says anything.
    pub(super) fn title(&self) -> Option<&str> {
        self.about.title.as_deref().map(str::trim).filter(|title| !title.is_empty())
    }
}

/// The members of a cluster that were read, an event's in the order of the news.
pub(super) struct Members<'a> {
    read: Vec<Known<'a>>,
    listed: usize,
}

impl<'a> Members<'a> {
    /// Of a cluster, of which the first `most` are listed: they have something to be called by.
    pub(super) fn of(input: &ReportInput<'_>, cluster: &'a Cluster, most: usize) -> Self {
        let known = |member: &'a Member| {
            let about = (input.about_of)(&member.doc).unwrap_or_default();
            let when = about.date.as_deref().and_then(When::read);
            Known { member, about, when }
        };
        let mut read: Vec<Known<'a>> = cluster.members.iter().map(known).collect();
        if cluster.relation == Relation::Event {
            read.sort_by(|a, b| {
                let order = |m: &Known<'_>| When::order(m.when);
                order(a)
                    .cmp(&order(b))
                    .then_with(|| (&a.about.site, &a.member.doc).cmp(&(&b.about.site, &b.member.doc)))
            });
        }
        let listed = read.len().min(most);
        for Known { member, about, .. } in &mut read[..listed] {
            about.title = about.title.take().or_else(|| (input.first_line_of)(&member.doc));
        }
        Self { read, listed }
    }

    /// All that were read: those of a cluster that is not very large.
    pub(super) fn read(&self) -> &[Known<'a>] {
        &self.read
    }

    /// Those that are listed.
    pub(super) fn listed(&self) -> &[Known<'a>] {
        &self.read[..self.listed]
    }
}

/// Members that are seen at once; the others open.
const SEEN: usize = 8;

/// The members, one below the other.
pub(super) fn list(html: &mut Html, input: &ReportInput<'_>, cluster: &Cluster, members: &[Known<'_>]) {
    // One more is not worth a click.
    let seen = if members.len() > SEEN + 1 { SEEN } else { members.len() };
    let (first, others) = members.split_at(seen);
    html.raw("<ol class=\"members\">");
    first.iter().for_each(|known| item(html, known));
    html.raw("</ol>");
    if !others.is_empty() {
        html.raw("<details class=\"numbers\"><summary>").number(others.len() as u64);
        html.raw(" more</summary><ol class=\"members\" start=\"").number(seen as u64 + 1).raw("\">");
        others.iter().for_each(|known| item(html, known));
        html.raw("</ol></details>");
    }
    if cluster.size > members.len() {
        html.raw("<p class=\"note\">").number((cluster.size - members.len()) as u64);
        html.raw(" more in <code>").text(&List::Clusters.file(input.lists)).raw("</code>.</p>");
    }
}

fn item(html: &mut Html, known: &Known<'_>) {
    html.raw("<li>");
    if let Some(title) = known.title() {
        html.raw("<bdi");
        lang_attr(html, known.about.lang.as_deref()).raw(">");
        clipped(html, title, 160).raw("</bdi> ");
    }
    html.raw("<span class=\"facts\">");
    facts(html, known);
    html.raw("</span><span class=\"key\">");
    clipped(html, &known.member.doc, 300);
    if let Some(id) = known.member.id.as_deref().filter(|id| *id != known.member.doc) {
        html.raw(" · id ");
        link(html, id);
    }
    html.raw("</span></li>");
}

fn facts(html: &mut Html, known: &Known<'_>) {
    let member = known.member;
    let mut separate = "";
    if member.kind == Kind::Coverage {
        // When and where come first: that is what a reader of an event looks for.
        when_and_where(html, known, &mut separate);
        html.raw(separate).raw("similarity ").text(&member.similarity.unwrap_or_default().to_string());
        return;
    }
    html.raw("<b class=\"kind\">").raw(kind(member.kind)).raw("</b>");
    if let Some(similarity) = member.similarity.filter(|_| member.kind != Kind::Identical) {
        html.raw(if member.kind == Kind::Excerpt { " · contained " } else { " · similarity " });
        html.text(&similarity.to_string());
    }
    if let Some(distance) = member.distance.filter(|_| member.kind != Kind::Identical) {
        html.raw(" · simhash ").count(u64::from(distance), "bit apart", "bits apart");
    }
    separate = " · ";
    when_and_where(html, known, &mut separate);
}

fn when_and_where(html: &mut Html, known: &Known<'_>, separate: &mut &'static str) {
    if let Some(site) = &known.about.site {
        html.raw(separate).text(clip(site, 80).0);
        *separate = " · ";
    }
    if let Some(text) = &known.about.date {
        html.raw(separate);
        date(html, text);
        *separate = " · ";
    }
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
