//! Sources that are one document each: texts and pages.

use std::io::Read;

use super::at_hand::Bytes;
use super::clean::Clean;
use super::document::Written;
use super::inputs::{Entry, Part, Walk};
use crate::read::blocks::MOST_RECORD;
use crate::read::format::Format;
use crate::read::{charset, html};
use crate::run::reader::with_text;

impl Walk<'_> {
    /// Checks the document of a source. Whether every byte of it was found.
    pub(super) fn single(&mut self, entry: &Entry<'_>, bytes: &Bytes, clean: &mut Clean<'_>) -> bool {
        let line = entry.line;
        let Some(known) = entry.parts.first() else {
            if entry.listed.is_empty() {
                self.findings.fail(&line.key, "neither a document nor a reject came of this input");
            }
            return !entry.listed.is_empty();
        };
        let Some(part) = self.part(known).filter(|part| part.rows.len() == 1) else { return false };
        let row = &part.rows[0];
        let mut carried = Vec::new();
        let range = row.offset..row.offset + u64::from(row.len);
        let is_carried = row.carried && part.shard.carried(range, &mut carried).is_ok();
        let text = self.text(entry, &part, bytes);
        let mut whole = text.is_some() || matches!(bytes, Bytes::Shards);
        if let Some(text) = &text {
            let known = is_carried.then_some(carried.as_slice());
            let same = known.map(|known| known.iter().zip(text).take_while(|(a, b)| a == b).count() as u64);
            if xxhash_rust::xxh3::xxh3_64(text) != row.raw_hash || known.is_some_and(|known| known != text) {
                let cause = "this document is not what was read";
                self.findings.fail_at(&line.key, Some(&line.key), same, cause);
                whole = false;
            }
        }
        // What is carried is what the clean corpus was made of, whatever became of the input.
        let record = if is_carried { Some(carried) } else { text.filter(|_| whole) };
        match self.document(&line.key, &part, row, record.as_deref()) {
            Written::Bytes(bytes) => clean.document(&bytes, &line.key, self.findings),
            Written::Unknown => clean.give_up(),
            Written::Nothing => {}
        }
        whole
    }

    /// The text of the document, read once more; none where its input is not at hand.
    fn text(&mut self, entry: &Entry<'_>, part: &Part, bytes: &Bytes) -> Option<Vec<u8>> {
        let line = entry.line;
        let mut raw = Vec::new();
        if let Err(e) = self.open(line, bytes)?.take(MOST_RECORD as u64 + 1).read_to_end(&mut raw) {
            self.fail_input(line, Some(&line.key), raw.len() as u64, &e.to_string());
            return None;
        }
        let row = part.rows.first()?;
        let converted = part.shard.details_of(row).is_ok_and(|details| details.converted.is_some());
        if converted && !self.is_same_stage {
            self.findings.skip(&line.key, "conversions that another version of tamis made");
            return None;
        }
        if line.format != Format::Html {
            return Some(if converted { charset::decode(&raw, None).text.into_owned() } else { raw });
        }
        match html::page(&raw, None, None).and_then(with_text) {
            Ok(page) => Some(page.text.into_bytes()),
            Err(cause) => {
                self.fail_input(line, Some(&line.key), 0, &cause);
                None
            }
        }
    }
}
