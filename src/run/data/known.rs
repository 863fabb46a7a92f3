//! What is known of a document, as a record of the corpus.

use serde::Serialize;

use super::plan::Clean;
use crate::document::Cut;
use crate::error::Result;
use crate::read::Decoded;
use crate::run::corpus::damaged;
use crate::strip::remaining;

/// A record: the columns of [`lists::corpus`](crate::write::parquet::lists::corpus), those that are known.
#[derive(Debug, Serialize)]
pub(super) struct Known {
    /// The record's own id, else the document's key.
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lang: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    site: Option<String>,
    text: String,
}

impl Clean<'_> {
    /// The raw bytes of its record, and what is cut from its text.
    ///
    /// # Errors
    /// A source that is no longer what was read.
    pub(super) fn record(&self) -> Result<(Vec<u8>, Vec<Cut>)> {
        let Self { corpus, document, .. } = self;
        let mut record = Vec::new();
        corpus.record(document, &mut record)?;
        let cuts = document.shard.cuts_of(&document.row).map_err(damaged(document.shard))?;
        Ok((record, cuts))
    }

    /// Its clean text.
    ///
    /// # Errors
    /// As [`Clean::record`].
    pub(super) fn text(&self) -> Result<Vec<u8>> {
        let (record, cuts) = self.record()?;
        let row = &self.document.row;
        let body = record.get(row.body as usize..(row.body + row.body_len) as usize).unwrap_or_default();
        let decoded = Decoded::new(body, row.encoding);
        Ok(remaining(&decoded.text, &cuts).into_owned())
    }

    /// Everything that is known of it.
    ///
    /// # Errors
    /// As [`Clean::record`].
    pub(super) fn known(&self) -> Result<Known> {
        let Self { corpus, document, names } = self;
        let details = document.details()?;
        let name = |number| names.get(number).map(str::to_owned);
        let text = self.text()?;
        Ok(Known {
            id: details.id.unwrap_or_else(|| corpus.key_of(document)),
            url: details.url,
            date: document.row.date.map(|(date, _)| date.to_string()),
            title: details.title,
            lang: name(document.row.lang),
            site: name(document.row.site),
            text: String::from_utf8(text)
                .unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::write::parquet::{Column, lists};

    #[test]
    fn the_fields_of_a_record_are_the_columns_of_the_corpus() {
        let some = || Some("a".to_owned());
        let (url, date, title, lang, site) = (some(), some(), some(), some(), some());
        let known = Known { id: "a".into(), url, date, title, lang, site, text: "a".into() };
        let value = serde_json::to_value(known).unwrap();
        assert!(value.as_object().unwrap().keys().eq(lists::corpus().iter().map(Column::name)));
    }
}
