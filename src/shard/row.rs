//! What is known of one document.

use std::io;
use std::ops::Range;

use super::bytes::{In, Out, damaged};
use crate::dates::Date;
use crate::document::{Digest, Origin};
use crate::read::Encoding;

/// The part of fixed width. Offsets count from the slice that the document stands in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    /// Where the record begins: in the slice of the source, or among the bytes that the shard carries.
    pub offset: u64,
    /// Number of the record in the slice; rejected ones count.
    pub record: u32,
    /// Bytes of the record, terminator included.
    pub len: u32,
    /// Where its text begins, from `offset`.
    pub body: u32,
    /// Raw bytes of its text.
    pub body_len: u32,
    /// Decoded bytes of its text.
    pub bytes_in: u32,
    /// Decoded bytes that rules left of it.
    pub bytes_out: u32,
    /// XXH3 of the raw bytes of the record: tells whether a source is still what was read.
    pub raw_hash: u64,
    /// XXH3 of the canonical form of its address; 0 where it has none.
    pub page: u64,
    /// Digest of the normal form.
    pub digest: Digest,
    /// 64-bit simhash of the shingle set.
    pub simhash: u64,
    /// Number of distinct shingles.
    pub shingles: u32,
    /// Number of words.
    pub words: u32,
    /// Words in lines that end like sentences.
    pub sentence_words: u32,
    /// Names of site and language, by number in the shard's list; 0 for none.
    pub site: u32,
    /// As `site`.
    pub lang: u32,
    /// Date of publication and where it was found.
    pub date: Option<(Date, Origin)>,
    /// Whether the rules left nothing of it.
    pub emptied: bool,
    /// Whether the shard carries its record; otherwise it stands in the source.
    pub carried: bool,
    /// How its bytes spell its text.
    pub encoding: Encoding,
    /// Its cuts: number of the first one in the shard, and how many.
    pub cuts: (u32, u32),
    /// Its sketch: number of the first hash in the shard, and how many.
    pub sketch: (u32, u32),
    /// Its details: first byte and number of bytes.
    pub details: (u32, u32),
}

/// What few documents have, or what is only printed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Details {
    /// The record's own id.
    pub id: Option<String>,
    /// Its address, as it stands there.
    pub url: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// What its text was converted from: a charset.
    pub converted: Option<String>,
    /// Named groups of capturing rules, as (name, text), in text order.
    pub captures: Vec<(String, String)>,
}

const ENCODINGS: [Encoding; 4] =
    [Encoding::Plain, Encoding::JsonString, Encoding::CsvQuoted, Encoding::CsvBare];
const ORIGINS: [Origin; 4] = [Origin::Field, Origin::FileName, Origin::Chrome, Origin::Text];

impl Row {
    /// Bytes of a row.
    pub(super) const WIDTH: usize = 8 + 6 * 4 + 16 + 32 + 8 + 5 * 4 + 8 + 6 * 4;

    /// Where its digest stands.
    pub(super) const DIGEST: Range<usize> = 8 + 6 * 4 + 16..8 + 6 * 4 + 16 + 32;

    pub(super) fn write(&self, out: &mut Out) {
        out.u64(self.offset);
        for n in [self.record, self.len, self.body, self.body_len, self.bytes_in, self.bytes_out] {
            out.u32(n);
        }
        out.u64(self.raw_hash).u64(self.page);
        out.0.extend(self.digest);
        out.u64(self.simhash);
        for n in [self.shingles, self.words, self.sentence_words, self.site, self.lang] {
            out.u32(n);
        }
        let date = self.date.map(|(date, _)| date);
        out.date(date);
        let origin = self.date.and_then(|(_, origin)| ORIGINS.iter().position(|o| *o == origin));
        out.u8(origin.map_or(0, |place| place as u8 + 1));
        let encoding = ENCODINGS.iter().position(|e| *e == self.encoding).unwrap_or_default();
        out.u8(u8::from(self.emptied)).u8(u8::from(self.carried)).u8(encoding as u8);
        for (start, count) in [self.cuts, self.sketch, self.details] {
            out.u32(start).u32(count);
        }
    }

    /// Whether its cuts and its sketch stand where those of `before` end.
    pub(super) fn follows(&self, before: &Self) -> bool {
        before.cuts.0 + before.cuts.1 == self.cuts.0 && before.sketch.0 + before.sketch.1 == self.sketch.0
    }

    /// Reads a row of which every sum of a place and a length is a number.
    pub(super) fn read(bytes: &[u8]) -> io::Result<Self> {
        let mut from = In(bytes);
        let mut row = Self { offset: from.u64()?, ..Self::default() };
        for field in [
            &mut row.record,
            &mut row.len,
            &mut row.body,
            &mut row.body_len,
            &mut row.bytes_in,
            &mut row.bytes_out,
        ] {
            *field = from.u32()?;
        }
        row.raw_hash = from.u64()?;
        row.page = from.u64()?;
        row.digest = from.take(32)?.try_into().map_err(|_| damaged())?;
        row.simhash = from.u64()?;
        for field in
            [&mut row.shingles, &mut row.words, &mut row.sentence_words, &mut row.site, &mut row.lang]
        {
            *field = from.u32()?;
        }
        let date = from.date()?;
        row.date = match from.u8()? {
            0 => None,
            place => {
                let origin = ORIGINS.get(usize::from(place) - 1).ok_or_else(damaged)?;
                Some((date, *origin))
            }
        };
        row.emptied = from.u8()? == 1;
        row.carried = from.u8()? == 1;
        row.encoding = *ENCODINGS.get(usize::from(from.u8()?)).ok_or_else(damaged)?;
        for range in [&mut row.cuts, &mut row.sketch, &mut row.details] {
            *range = (from.u32()?, from.u32()?);
            range.0.checked_add(range.1).ok_or_else(damaged)?;
        }
        row.offset.checked_add(row.len.into()).ok_or_else(damaged)?;
        row.body.checked_add(row.body_len).ok_or_else(damaged)?;
        Ok(row)
    }
}

impl Details {
    /// Appends them; returns where they stand. Nothing takes no room.
    pub(super) fn write(&self, out: &mut Out) -> (u32, u32) {
        let start = out.0.len();
        if self != &Self::default() {
            for word in [&self.id, &self.url, &self.title, &self.converted] {
                out.u8(u8::from(word.is_some())).text(word.as_deref().unwrap_or_default());
            }
            for (name, value) in &self.captures {
                out.text(name).text(value);
            }
        }
        (start as u32, (out.0.len() - start) as u32)
    }

    pub(super) fn read(bytes: &[u8]) -> io::Result<Self> {
        let mut details = Self::default();
        if bytes.is_empty() {
            return Ok(details);
        }
        let mut from = In(bytes);
        for word in [&mut details.id, &mut details.url, &mut details.title, &mut details.converted] {
            let is_there = from.u8()? == 1;
            let text = from.text()?;
            *word = is_there.then(|| text.to_owned());
        }
        while !from.0.is_empty() {
            details.captures.push((from.text()?.to_owned(), from.text()?.to_owned()));
        }
        Ok(details)
    }
}
