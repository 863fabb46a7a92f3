//! `report.html`: one self-contained page for people.
//!
//! Invariants: the page loads nothing and runs only its own script (the content security policy names it by hash);
//! all data is text; it is at most [`MAX_BYTES`] long whatever the corpus, and says what it left out and where that
//! is found; the same input gives the same bytes. What `tamis report` cannot know again from the written files is not
//! used: [`Manifest::outputs`] is ignored, since the page itself is one of them.
//!
//! `html` keeps data inert; `plot` draws, and `charts` says what; `profile` holds what the documents are like, and
//! `overview` and `portrait` show it. `choose` puts clusters in order, `clusters` lists them with their `members`;
//! `extract` says which members of a large cluster are read; `diff` compares two texts and `compare` shows them side by side; `event` is the page of an event, with what each
//! article `adds`, and `when` reads dates. `cuts` and `appendix` end the page, and `page` is the frame, with the choice of
//! `sites`.

mod adds;
mod appendix;
mod charts;
mod choose;
mod clusters;
mod compare;
mod cuts;
mod diff;
mod event;
mod extract;
mod html;
mod members;
mod overview;
mod page;
mod plot;
mod portrait;
mod profile;
mod sites;
mod when;

pub use diff::{Differences, NoDifferences, Stretch};
pub use extract::Extract;
pub use profile::Profile;

/// The passages in which two texts differ, as (first, second), in text order; one side may be empty.
pub fn differing_passages<'a>(left: &'a str, right: &'a str) -> Vec<(&'a str, &'a str)> {
    diff::words(left, right)
        .into_iter()
        .filter(|part| !part.same)
        .map(|part| (part.left, part.right))
        .collect()
}

#[cfg(test)]
mod tests;

use super::lists::Form;
use super::manifest::Manifest;
use super::record::{Cluster, Reject, Relation};
use crate::document::Decimal4;
use crate::error::Result;
use html::Html;
use sites::Sites;

/// Most bytes of a page.
pub const MAX_BYTES: usize = 5_000_000;

/// What is set aside for each part, so that none can crowd out another.
const CUTS_BYTES: usize = 900_000;
const REJECTS_BYTES: usize = 200_000;
const SETTINGS_BYTES: usize = 150_000;
/// Head, style, script, overview, pictures and the choice of sites.
const FRAME_BYTES: usize = 250_000;

/// What the page is made from.
pub struct ReportInput<'a> {
    /// Counts, rules, options, inputs.
    pub manifest: &'a Manifest,
    /// What the documents are like.
    pub profile: &'a Profile,
    /// All clusters.
    pub clusters: &'a dyn Clusters,
    /// How the lists are written.
    pub lists: Form,
    /// Rules that cut, with examples, in any order; a rule without examples may be missing.
    pub rules: &'a [RuleExample],
    /// Inputs that could not be used.
    pub rejects: &'a [Reject],
    /// Clean text of a document by key; `None` where it is not at hand.
    pub text_of: &'a dyn Fn(&str) -> Option<String>,
    /// What is known about a document by key.
    pub about_of: &'a dyn Fn(&str) -> Option<About>,
    /// Something to call a document by that has no title, by key: its first line.
    pub first_line_of: &'a dyn Fn(&str) -> Option<String>,
    /// What former runs compared.
    pub differences: &'a dyn Differences,
}

/// What a cluster is like, without its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outline {
    /// Why its members stand together.
    pub relation: Relation,
    /// Number of members.
    pub size: usize,
    /// The smallest similarity of a member.
    pub least: Decimal4,
}

/// The clusters of a run, in the order of their ids. Only those that the page shows are asked for.
pub trait Clusters {
    /// Number of clusters.
    fn len(&self) -> usize;
    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// What one is like.
    fn outline(&self, place: usize) -> Outline;
    /// One of them, with the members that an [`Extract`] takes.
    ///
    /// # Errors
    /// Where it cannot be read.
    fn cluster(&self, place: usize) -> Result<Cluster>;
}

impl Clusters for Vec<Cluster> {
    fn len(&self) -> usize {
        self.len()
    }

    fn outline(&self, place: usize) -> Outline {
        let Cluster { relation, size, min_similarity: least, .. } = self[place];
        Outline { relation, size, least }
    }

    fn cluster(&self, place: usize) -> Result<Cluster> {
        let mut cluster = self[place].clone();
        let mut extract = Extract::default();
        for member in cluster.members {
            extract.add(member.kind, member.similarity, member);
        }
        cluster.members = extract.members();
        Ok(cluster)
    }
}

/// A rule with some of its cuts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleExample {
    /// Rule id, as in [`Manifest::rules`].
    pub id: String,
    /// What the rule is for, in its own words.
    pub about: String,
    /// Some cuts; the page shows the first few.
    pub examples: Vec<CutExample>,
}

/// One cut in its context.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CutExample {
    /// Document key.
    pub doc: String,
    /// Text before the cut.
    pub before: String,
    /// What was cut.
    pub cut: String,
    /// Text after the cut.
    pub after: String,
}

/// What the page says about a document beside its key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// Title.
    pub title: Option<String>,
    /// Site.
    pub site: Option<String>,
    /// Date as far as it is known: `2017-12-30`, `2017-12`, `2017`, `--12-30`.
    pub date: Option<String>,
    /// Language code.
    pub lang: Option<String>,
}

/// Whether copies were only tagged, so that the page must not call them removed.
fn tagged(manifest: &Manifest) -> bool {
    manifest.options.iter().any(|(name, value)| name.trim_start_matches('-') == "copies" && value == "tag")
}

/// The whole page.
///
/// # Errors
/// Where a cluster cannot be read.
pub fn render(input: &ReportInput<'_>) -> Result<String> {
    let cuts = cuts::render(input, CUTS_BYTES);
    let rejects = appendix::rejects(input.rejects, REJECTS_BYTES);
    let settings = appendix::settings(input.manifest, SETTINGS_BYTES);
    let left = MAX_BYTES - FRAME_BYTES - cuts.len() - rejects.len() - settings.len();

    // What is left is divided among the kinds of clusters that occur; copies are what people look for first.
    let kinds = [(Relation::Copy, 6), (Relation::Excerpt, 1), (Relation::Event, 3)];
    let mut occurring: Vec<Relation> =
        (0..input.clusters.len()).map(|place| input.clusters.outline(place).relation).collect();
    occurring.sort_unstable();
    occurring.dedup();
    let weights: usize =
        kinds.iter().filter(|(kind, _)| occurring.contains(kind)).map(|(_, weight)| weight).sum();
    let (mut sections, mut sites) = (Html::default(), Sites::default());
    for (kind, weight) in kinds {
        let share = if occurring.contains(&kind) { left / weights * weight } else { 0 };
        sections.push(&clusters::render(input, kind, share, &mut sites)?);
    }
    sections.push(&cuts).push(&rejects).push(&settings);
    Ok(page::frame(input, &sections, &sites).into_string())
}
