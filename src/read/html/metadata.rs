//! What a page says about itself: meta tags, JSON-LD, links and its title, by a fixed order of trust.

use super::linked_data::{Article, is_linked_data};
use super::tokens::{Tag, Token, tokens};
use crate::dates::Date;
use crate::document::{Metadata, Origin};
use crate::read::language;
use crate::read::metadata::host;

/// Names of meta tags that hold the date of publication, most trusted first.
const DATES: [&str; 18] = [
    "article:published_time",
    "og:article:published_time",
    "og:published_time",
    "datepublished",
    "rnews:datepublished",
    "parsely-pub-date",
    "sailthru.date",
    "originalpublicationdate",
    "cxenseparse:recs:publishtime",
    "publication_date",
    "publishdate",
    "publish-date",
    "pubdate",
    "dcterms.created",
    "dc.date.issued",
    "dcterms.date",
    "dc.date",
    "date",
];
const TITLES: [&str; 4] = ["og:title", "twitter:title", "dc.title", "parsely-title"];
const AUTHORS: [&str; 6] =
    ["author", "article:author", "parsely-author", "sailthru.author", "dc.creator", "byl"];
/// What stands between a title and the name of the site.
const BARS: [&str; 8] = [" | ", " - ", " – ", " — ", " · ", " » ", " : ", " :: "];
/// Bytes of a field: more is no title, name or address.
const LONGEST: usize = 1000;
/// Meta tags, and dates in the text, that are looked at.
const MOST: usize = 1000;

/// What the page says, all of which was seen in one pass.
#[derive(Default)]
struct Seen {
    /// Lower-case names of meta tags with their values.
    metas: Vec<(String, String)>,
    title: Option<String>,
    canonical: Option<String>,
    lang: Option<String>,
    /// `<time datetime>`: whether it says that it is the date of publication, and the date.
    times: Vec<(bool, String)>,
    article: Article,
}

/// Reads what `page`, which was at `url`, says about itself, and who wrote it: names, joined by `, `.
pub(super) fn metadata(page: &str, url: Option<&str>) -> (Metadata, Option<String>) {
    let mut seen = Seen::default();
    for token in tokens(page) {
        match token {
            Token::Open(tag) => seen.tag(&tag),
            Token::Hidden(tag, text) if tag.name == "title" => {
                seen.title = seen.title.take().or_else(|| tidy(&html_escape::decode_html_entities(text)));
            }
            Token::Hidden(tag, text) if is_linked_data(&tag) => seen.article.read(text),
            _ => {}
        }
    }
    seen.metadata(url)
}

impl Seen {
    fn tag(&mut self, tag: &Tag<'_>) {
        match &*tag.name {
            "meta" if self.metas.len() < MOST => {
                let name = tag.get("property").or_else(|| tag.get("name")).or_else(|| tag.get("itemprop"));
                if let (Some(name), Some(value)) = (name, tag.get("content").and_then(|c| tidy(&c))) {
                    self.metas.push((name.trim().to_ascii_lowercase(), value));
                }
            }
            "link" if self.canonical.is_none() => {
                let rel = tag.get("rel").unwrap_or_default();
                if rel.split_ascii_whitespace().any(|r| r.eq_ignore_ascii_case("canonical")) {
                    self.canonical = tag.get("href").and_then(|h| tidy(&h));
                }
            }
            "html" if self.lang.is_none() => {
                self.lang = tag.get("lang").or_else(|| tag.get("xml:lang")).and_then(|l| tidy(&l));
            }
            "time" if self.times.len() < MOST => {
                let named = tag.get("itemprop").is_some_and(|p| p.eq_ignore_ascii_case("datepublished"));
                let named = named || tag.get("pubdate").is_some();
                self.times.extend(tag.get("datetime").map(|d| (named, d.into_owned())));
            }
            _ => {}
        }
    }

    fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|n| self.values(n).next())
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.metas.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    fn metadata(self, url: Option<&str>) -> (Metadata, Option<String>) {
        let named = [self.canonical.as_deref(), self.first(&["og:url"])];
        let canonical = named.into_iter().flatten().find_map(|u| absolute(u, url));
        let url = canonical.or_else(|| url.map(str::to_owned));
        let site = url.as_deref().and_then(host);
        let name = self.first(&["og:site_name", "application-name"]);
        let title = self
            .first(&TITLES[..1])
            .or(self.article.headline.as_deref())
            .or_else(|| self.first(&TITLES[1..]));
        let title = title.map(|t| without_site(t, name, None).to_owned());
        let title =
            title.or_else(|| Some(without_site(self.title.as_deref()?, name, site.as_deref()).to_owned()));
        let named =
            self.times.iter().filter(|t| t.0).chain(self.times.iter().filter(|t| !t.0)).map(|t| t.1.as_str());
        let date = (DATES[..4].iter().flat_map(|n| self.values(n)))
            .chain(self.article.published.as_deref())
            .chain(DATES[4..].iter().flat_map(|n| self.values(n)))
            .chain(named)
            .filter_map(Date::parse)
            .find(|d| d.year.is_some());
        let author = AUTHORS.iter().flat_map(|n| self.values(n)).find(|a| !a.contains("://"));
        let author = self.article.author.as_deref().or(author).map(str::to_owned);
        let lang = self.lang.as_deref().or_else(|| self.first(&["content-language", "og:locale"]));
        let meta = Metadata {
            title,
            site,
            lang: lang.and_then(|l| language::normalise(l.split([',', ';', '.', ' ']).next()?)),
            date: date.map(|date| (date, Origin::Field)),
            url,
            ..Metadata::default()
        };
        (meta, author)
    }
}

/// White space folded; none if nothing remains or if it is too long.
pub(super) fn tidy(text: &str) -> Option<String> {
    let mut tidy = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()) {
        if !tidy.is_empty() {
            tidy.push(' ');
        }
        tidy.push_str(word);
        if tidy.len() > LONGEST {
            return None;
        }
    }
    (!tidy.is_empty()).then_some(tidy)
}

/// A title without the name of the site at its end or start: `name` or, in what a bar divides, the host's.
fn without_site<'a>(title: &'a str, name: Option<&str>, host: Option<&str>) -> &'a str {
    let plain =
        |t: &str| t.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let hosts: Vec<String> = host.map(|h| h.split('.').map(plain).collect()).unwrap_or_default();
    let is_site = |part: &str| {
        let part = plain(part);
        !part.is_empty()
            && (name.is_some_and(|n| plain(n) == part)
                || hosts.iter().any(|h| part.len() > 2 && part.starts_with(h.as_str()) && h.len() > 2))
    };
    for bar in BARS {
        if let Some((left, right)) = title.rsplit_once(bar)
            && is_site(right)
        {
            return left.trim();
        }
        if let Some((left, right)) = title.split_once(bar)
            && is_site(left)
        {
            return right.trim();
        }
    }
    title
}

/// An http address as it is, or one without host completed from `base`.
fn absolute(address: &str, base: Option<&str>) -> Option<String> {
    if is_http(address) {
        return Some(address.to_owned());
    }
    let (scheme, rest) = base?.split_once("://")?;
    let full = match address.strip_prefix("//") {
        Some(rest) => format!("{scheme}://{rest}"),
        None if address.starts_with('/') => {
            let authority = rest.split(['/', '?', '#', '\\']).next()?;
            format!("{scheme}://{authority}{address}")
        }
        None => return None,
    };
    is_http(&full).then_some(full)
}

fn is_http(address: &str) -> bool {
    let scheme = address.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|s| s.eq_ignore_ascii_case("http") || s.eq_ignore_ascii_case("https"))
        && host(address).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(page: &str) -> Metadata {
        metadata(page, Some("https://www.gazette.example/a/1?x=2")).0
    }

    fn author(page: &str) -> Option<String> {
        metadata(page, None).1
    }

    fn date(page: &str) -> Option<String> {
        of(page).date.map(|(date, _)| date.to_string())
    }

    #[test]
    fn meta_tags_name_title_date_author_and_address() {
        let page = r#"<html lang="de-CH"><head><title>x</title>
            <meta property="og:title" content="Die Br&uuml;cke | Gazette"><meta property='og:site_name' content=Gazette>
            <meta property="article:published_time" content="2021-03-04T05:06:07+01:00">
            <meta name="author" content=" Eva  Muster ">
            <link rel="canonical shortlink" href="https://user@Gazette.example:443/bruecke">"#;
        let m = of(page);
        assert_eq!(m.title.as_deref(), Some("Die Brücke"));
        assert_eq!(date(page).as_deref(), Some("2021-03-04"));
        assert_eq!(author(page).as_deref(), Some("Eva Muster"));
        assert_eq!(m.site.as_deref(), Some("gazette.example"));
        assert_eq!(m.lang.as_deref(), Some("de"));
        assert_eq!(m.url.as_deref(), Some("https://user@Gazette.example:443/bruecke"));
    }

    #[test]
    fn the_title_loses_the_name_of_the_site() {
        let title = |t: &str| of(&format!("<title>{t}</title>")).title;
        assert_eq!(title("Bridge - reopened - The Times").as_deref(), Some("Bridge - reopened - The Times"));
        assert_eq!(title("Bridge - reopened | Gazette").as_deref(), Some("Bridge - reopened"));
        assert_eq!(title("Gazette.example: news"), Some("Gazette.example: news".into()));
        assert_eq!(title(" \n"), None);
    }

    #[test]
    fn the_element_time_is_the_last_resort() {
        assert_eq!(
            date("<time datetime='2019-01-02'><time pubdate datetime=2018-05-06>").as_deref(),
            Some("2018-05-06")
        );
        assert_eq!(
            date("<meta name=date content=nonsense><time datetime='2019-01-02'>").as_deref(),
            Some("2019-01-02")
        );
    }

    #[test]
    fn an_address_is_http_and_has_a_host() {
        let url = |href: &str| of(&format!("<link rel=canonical href='{href}'>")).url;
        assert_eq!(url("/b").as_deref(), Some("https://www.gazette.example/b"));
        assert_eq!(url("//c.example/b").as_deref(), Some("https://c.example/b"));
        for wrong in ["javascript:alert(1)", "ftp://c.example/b", "//", "b"] {
            assert_eq!(url(wrong).as_deref(), Some("https://www.gazette.example/a/1?x=2"), "{wrong}");
        }
        assert_eq!(of("").site.as_deref(), Some("gazette.example"));
        assert_eq!(metadata("", None), Default::default());
    }
}
