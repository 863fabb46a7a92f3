//! Records of web archives, as lines of JSON.
//!
//! A page becomes one line with its id, address, date and text, which from then on is a record like any other. Records
//! are numbered as they stand in the archive, so that a key leads to the record itself; what holds no document has a
//! number and nothing else.

use std::borrow::Cow;

use serde::Serialize;

use super::Reader;
use super::documents::{HTML, Place};
use super::files::with_text;
use super::records::{Kind, Lines};
use crate::error::Result;
use crate::read::{charset, html, warc};
use crate::run::feed::ArchiveItem;
use crate::run::options::Fields;
use crate::shard::{Shard, SliceReject, Writer};

/// What is written of a record.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    /// Of publication as the page says, else of the crawl.
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    crawled: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lang: Option<&'a str>,
    text: &'a str,
}

impl Reader<'_> {
    /// The shard of consecutive records, and where they begin; `None` if there are none.
    pub(super) fn web_archive(
        &mut self,
        key: &str,
        items: Vec<ArchiveItem>,
    ) -> Result<Option<(u64, (Shard, bool))>> {
        if items.is_empty() {
            return Ok(None);
        }
        let offset = items.iter().find_map(|item| match item {
            ArchiveItem::Document(record) => Some(record.offset),
            ArchiveItem::Broken(broken) => Some(broken.offset),
            ArchiveItem::Passed => None,
        });
        let offset = offset.unwrap_or(0);
        let mut naming = self.naming();
        naming.part(key.as_bytes()).part(b"web archive");
        for item in &items {
            match item {
                ArchiveItem::Passed => naming.part(b"passed"),
                ArchiveItem::Broken(broken) => {
                    let place = format!("broken {} {} ", broken.offset - offset, broken.end - offset);
                    naming.part(place.as_bytes()).part(broken.cause.as_bytes())
                }
                ArchiveItem::Document(record) => {
                    let warc::Record { url, date, record_id, payload_type, charset, truncated, .. } =
                        &**record;
                    let about = format!("{:?}", (url, date, record_id, payload_type, charset, truncated));
                    naming.part(about.as_bytes()).part(&record.payload)
                }
            };
        }
        let made = self.known_or(naming.name(), |reader| reader.archive_records(key, offset, &items))?;
        Ok(Some((offset, made)))
    }

    fn archive_records(&mut self, key: &str, offset: u64, items: &[ArchiveItem]) -> Vec<u8> {
        let mut writer = Writer::default();
        for (number, item) in (0..).zip(items) {
            match item {
                ArchiveItem::Passed => {}
                ArchiveItem::Broken(broken) => {
                    let (start, end) = (broken.offset - offset, broken.end - offset);
                    writer.reject(&SliceReject { record: number, start, end, cause: broken.cause.clone() });
                }
                ArchiveItem::Document(record) => {
                    if let Err(cause) = self.archive_record(key, number, record, &mut writer) {
                        let (start, end) = (record.offset - offset, record.end - offset);
                        writer.reject(&SliceReject { record: number, start, end, cause });
                    }
                }
            }
        }
        let end = items.iter().rev().find_map(|item| match item {
            ArchiveItem::Document(record) => Some(record.end),
            ArchiveItem::Broken(broken) => Some(broken.end),
            ArchiveItem::Passed => None,
        });
        self.finish(writer, items.len() as u64, end.map_or(0, |end| end - offset))
    }

    /// Adds the document of one record.
    ///
    /// # Errors
    /// In plain words, why it has none.
    fn archive_record(
        &mut self,
        key: &str,
        number: u32,
        record: &warc::Record,
        writer: &mut Writer,
    ) -> std::result::Result<(), String> {
        let (line, converted) = line_of(record)?;
        // The line is our own: its fields have the usual names.
        let found = Lines.parse(&line, false, &Fields::default())?.ok_or("an empty record")?;
        let place = Place {
            key,
            record: number,
            offset: writer.carry(&line),
            carried: true,
            body: found.body,
            encoding: found.encoding,
            converted,
        };
        self.document(place, &line, found.meta, writer);
        Ok(())
    }
}

/// The line of JSON that is made of a record, and what its text was converted from.
///
/// # Errors
/// In plain words, why it has none.
pub(in crate::run) fn line_of(
    record: &warc::Record,
) -> std::result::Result<(Vec<u8>, Option<String>), String> {
    let crawled = record.date.as_deref();
    let url = record.url.as_deref();
    let (page, charset_of);
    let (text, title, date, lang, converted) = if record.payload_type.as_deref() == Some("text/plain") {
        charset_of = charset::decode(&record.payload, record.charset.as_deref());
        let converted = charset_of.is_converted().then(|| charset_of.charset.name());
        // A line of JSON is UTF-8: broken bytes cannot stand in it.
        (String::from_utf8_lossy(&charset_of.text), None, None, None, converted)
    } else {
        page = html::page(&record.payload, record.charset.as_deref(), url).and_then(with_text)?;
        let meta = &page.meta;
        let date = meta.date.map(|(date, _)| date.to_string());
        let (title, lang) = (meta.title.as_deref(), meta.lang.as_deref());
        (Cow::Borrowed(page.text.as_str()), title, date, lang, Some(HTML.to_owned()))
    };
    let line = Line {
        id: record.record_id.as_deref(),
        url,
        date: date.as_deref().or(crawled),
        crawled: crawled.filter(|_| date.is_some()),
        title,
        lang,
        text: &text,
    };
    let mut line = serde_json::to_vec(&line).map_err(|e| e.to_string())?;
    line.push(b'\n');
    Ok((line, converted))
}
