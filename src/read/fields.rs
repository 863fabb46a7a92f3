//! The usual names of a record's fields, the same for every kind of record, and what their values mean.

use crate::dates::Date;
use crate::document::{Metadata, Origin};
use crate::read::{language, metadata};
use crate::run::options::Fields;

pub(crate) const TEXT: &[&str] =
    &["text", "content", "body", "article", "maintext", "raw_content", "article_text", "full_text"];
pub(super) const ID: &[&str] = &["id", "_id", "doc_id", "docid", "uuid", "guid"];
pub(super) const URL: &[&str] = &["url", "link", "source_url", "canonical_url", "uri", "href"];
pub(super) const DATE: &[&str] = &[
    "date",
    "date_publish",
    "published",
    "publish_date",
    "published_at",
    "publication_date",
    "pub_date",
    "pubdate",
    "date_published",
    "datetime",
    "created_at",
    "timestamp",
];
pub(super) const TITLE: &[&str] = &["title", "headline"];
pub(super) const LANG: &[&str] = &["lang", "language"];

/// What the fields of a record hold, as text.
#[derive(Debug, Default)]
pub(super) struct Values {
    pub(super) id: Option<String>,
    pub(super) url: Option<String>,
    pub(super) date: Option<Date>,
    pub(super) title: Option<String>,
    pub(super) lang: Option<String>,
}

impl Values {
    /// What they mean.
    pub(super) fn metadata(self) -> Metadata {
        Metadata {
            id: self.id,
            site: self.url.as_deref().and_then(metadata::host),
            url: self.url,
            title: self.title,
            lang: self.lang.as_deref().and_then(language::normalise),
            date: self.date.map(|date| (date, Origin::Field)),
            captures: Vec::new(),
        }
    }
}

/// Metadata from the fields of a record: `value` is asked for each by the name that was given, and the usual ones.
pub(super) fn metadata(
    fields: &Fields,
    mut value: impl FnMut(Option<&str>, &[&str]) -> Option<String>,
) -> Metadata {
    let values = Values {
        id: value(fields.id.as_deref(), ID),
        url: value(fields.url.as_deref(), URL),
        date: value(fields.date.as_deref(), DATE).and_then(|d| Date::parse(&d)),
        title: value(fields.title.as_deref(), TITLE),
        lang: value(None, LANG),
    };
    values.metadata()
}

/// What the text field that is wanted is called.
pub(super) fn wanted(fields: &Fields) -> String {
    fields.text.as_deref().map_or("text field (text, content, body …)".into(), |f| format!("`{f}`"))
}

/// The names that are there instead: the first twelve, each as far as a name goes that people give.
pub(super) fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const MOST: usize = 60;
    let short = |name: &'a str| match name.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    };
    names.take(12).map(short).collect::<Vec<_>>().join(", ")
}
