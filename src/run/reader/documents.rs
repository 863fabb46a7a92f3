//! What is done with every document, wherever it comes from: strip, fingerprint, note.

use std::ops::Range;

use xxhash_rust::xxh3::xxh3_64;

use super::{Reader, Strip};
use crate::dates::Date;
use crate::document::{Metadata, Origin};
use crate::read::address::canonical;
use crate::read::{Decoded, Encoding, language, metadata};
use crate::shard::{Details, NewDocument, Row, Writer};
use crate::strip::{RuleSet, Scope, Stripped};

/// What a page was converted from.
pub(super) const HTML: &str = "html";

/// Where a record stands.
pub(super) struct Place<'k> {
    pub(super) key: &'k str,
    /// Its number in the slice.
    pub(super) record: u32,
    /// Where it begins in the slice, or among the bytes that the shard carries.
    pub(super) offset: u64,
    pub(super) carried: bool,
    /// Where the text stands in it.
    pub(super) body: Range<usize>,
    pub(super) encoding: Encoding,
    /// What it was converted from.
    pub(super) converted: Option<String>,
}

impl<'k> Place<'k> {
    /// A record that is nothing but its text.
    pub(super) fn whole(key: &'k str, text: &[u8]) -> Self {
        let (record, offset, body) = (0, 0, 0..text.len());
        Self { key, record, offset, carried: false, body, encoding: Encoding::Plain, converted: None }
    }
}

impl Reader<'_> {
    /// Strips and fingerprints one document.
    pub(super) fn document(
        &mut self,
        place: Place<'_>,
        record: &[u8],
        mut meta: Metadata,
        writer: &mut Writer,
    ) {
        let decoded = Decoded::new(&record[place.body.clone()], place.encoding);
        let text: &[u8] = &decoded.text;
        complete(&mut meta, place.key, text, self.rules);
        let mut found = match self.strip {
            Strip::None => Stripped::default(),
            Strip::Rules | Strip::Repeats | Strip::Page | Strip::Main => {
                let scope = Scope {
                    lang: meta.lang.as_deref(),
                    site: meta.site.as_deref(),
                    title: meta.title.as_deref(),
                };
                // Of a page the extraction has left the article alone.
                let is_article = place.converted.as_deref() == Some(HTML);
                self.stripper.seek_article(self.strip.seeks_article() && !is_article);
                self.stripper.strip(text, &scope, self.layout)
            }
        };
        place.encoding.refuse_unsafe(text, &mut found.cuts);
        read_captures(&mut meta, found.captures, place.key);
        let rest = crate::strip::remaining(text, &found.cuts);
        let print = self.fingerprinter.digest_later(&rest);
        self.stripped.0 += (text.len() - rest.len()) as u64;
        self.stripped.1 += text.len() as u64;
        let row = Row {
            offset: place.offset,
            record: place.record,
            len: record.len() as u32,
            body: place.body.start as u32,
            body_len: place.body.len() as u32,
            bytes_in: text.len() as u32,
            bytes_out: rest.len() as u32,
            raw_hash: xxh3_64(record),
            page: meta.url.as_deref().and_then(canonical).map_or(0, |page| xxh3_64(page.as_bytes()).max(1)),
            simhash: print.simhash,
            shingles: print.shingles,
            words: print.words,
            sentence_words: print.sentence_words,
            date: meta.date,
            emptied: rest.trim_ascii().is_empty() && !found.cuts.is_empty(),
            carried: place.carried,
            encoding: place.encoding,
            ..Row::default()
        };
        writer.push(NewDocument {
            row,
            cuts: &found.cuts,
            sketch: &print.sketch,
            site: meta.site.as_deref(),
            lang: meta.lang.as_deref(),
            details: Details {
                id: meta.id,
                url: meta.url,
                title: meta.title,
                converted: place.converted,
                captures: meta.captures,
            },
        });
    }
}

/// Fills in site and language: what rules are chosen by.
pub(in crate::run) fn complete(meta: &mut Metadata, key: &str, text: &[u8], rules: &RuleSet) {
    if meta.site.is_none() {
        // A folder that is named like a host says more than a signature, any other folder less.
        meta.site = metadata::host_folder(key)
            .or_else(|| rules.site_by_signature(text).map(str::to_owned))
            .or_else(|| metadata::outer_folder(key).map(str::to_owned));
    }
    if meta.lang.is_none() {
        meta.lang = language::detect(text).map(str::to_owned);
    }
}

/// Takes over what rules captured. A date from a field or the file's name is better than one from chrome.
fn read_captures(meta: &mut Metadata, captures: Vec<(String, String)>, key: &str) {
    let from_name = || Some((metadata::date_in_name(key)?, Origin::FileName));
    let from_chrome = || {
        let dates = captures.iter().filter(|(name, _)| name == "date");
        // The most precise one; of equals the first.
        let mut best: Option<Date> = None;
        for date in dates.filter_map(|(_, value)| Date::parse(value)) {
            let precision = |d: &Date| {
                u8::from(d.year.is_some()) + u8::from(d.month.is_some()) + u8::from(d.day.is_some())
            };
            if best.as_ref().is_none_or(|b| precision(b) < precision(&date)) {
                best = Some(date);
            }
        }
        best.map(|date| (date, Origin::Chrome))
    };
    meta.date = meta.date.or_else(from_name).or_else(from_chrome);
    meta.captures = captures;
}
