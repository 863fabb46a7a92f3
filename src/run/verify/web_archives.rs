//! Web archives: every record is a document, a reject, or holds none.

use std::collections::VecDeque;

use super::at_hand::Bytes;
use super::clean::Clean;
use super::document::Written;
use super::inputs::{Entry, Part, Walk};
use crate::read::walk::plain;
use crate::read::warc::{self, Record, Records};
use crate::run::reader::line_of;
use crate::shard::Row;

impl Walk<'_> {
    /// Walks the records of an archive. Whether each of them was found.
    pub(super) fn web_archive(&mut self, entry: &Entry<'_>, bytes: &Bytes, clean: &mut Clean<'_>) -> bool {
        self.check_rejects(entry);
        let stream = if self.is_same_stage { self.open(entry.line, bytes) } else { None };
        if !self.is_same_stage {
            self.findings.skip(&entry.line.key, "conversions that another version of tamis made");
        }
        let mut whole = stream.is_some();
        let mut records = stream.map(|stream| Numbered { records: Records::new(stream), next: 0, end: 0 });
        let rejects: VecDeque<u64> = entry.listed.iter().filter_map(|reject| reject.record).collect();
        let mut rejected = rejects;
        for known in &entry.parts {
            let Some(part) = self.part(known) else { return false };
            for row in &part.rows {
                let number = known.record + u64::from(row.record);
                let doc = format!("{}#{number}", entry.line.key);
                let mut carried = Vec::new();
                let range = row.offset..row.offset + u64::from(row.len);
                let read = part.shard.carried(range, &mut carried).is_ok();
                if let Some(records) = &mut records {
                    whole &= self.skip_to(entry, records, number, &mut rejected);
                    whole &= self.page(entry, records, (&doc, &carried), (&part, row));
                }
                match self.document(&doc, &part, row, read.then_some(carried.as_slice())) {
                    Written::Bytes(bytes) => clean.document(&bytes, &doc, self.findings),
                    Written::Unknown => clean.give_up(),
                    Written::Nothing => {}
                }
            }
        }
        if let Some(records) = &mut records {
            whole &= self.skip_to(entry, records, u64::MAX, &mut rejected);
        }
        whole
    }

    /// Passes over the records before the one with this number: they are rejected or hold nothing.
    fn skip_to(
        &mut self,
        entry: &Entry<'_>,
        records: &mut Numbered,
        number: u64,
        rejected: &mut VecDeque<u64>,
    ) -> bool {
        while records.next < number {
            let Some(item) = records.records.next() else { return true };
            let at = records.next;
            records.next += 1;
            let (offset, is_document) = match item {
                Err(e) => {
                    let told = entry.listed.iter().any(|reject| reject.record.is_none());
                    if !told {
                        self.fail_input(
                            entry.line,
                            None,
                            records.end,
                            &format!("{}; no reject says so", plain(&e)),
                        );
                    }
                    return told;
                }
                Ok(Ok(record)) => {
                    records.end = record.end;
                    (record.offset, warc::is_document(&record))
                }
                Ok(Err(broken)) => {
                    records.end = broken.end;
                    (broken.offset, true)
                }
            };
            let listed = rejected.pop_front_if(|next| *next == at).is_some();
            if is_document && !listed {
                let doc = format!("{}#{at}", entry.line.key);
                self.fail_input(entry.line, Some(&doc), offset, "neither a document nor a reject came of it");
                return false;
            }
        }
        true
    }

    /// Whether the next record is the page that a row was made of.
    fn page(
        &mut self,
        entry: &Entry<'_>,
        records: &mut Numbered,
        (doc, carried): (&str, &[u8]),
        (part, row): (&Part, &Row),
    ) -> bool {
        let end = records.end;
        let record: Option<Record> = records.records.next().and_then(Result::ok).and_then(Result::ok);
        records.next = part.at.record + u64::from(row.record) + 1;
        let same =
            record.as_ref().map(line_of).is_some_and(|made| made.is_ok_and(|(line, _)| line == carried));
        if !same {
            let offset = record.as_ref().map_or(end, |record| record.offset);
            self.fail_input(entry.line, Some(doc), offset, "this document is not what was read");
        }
        records.end = record.map_or(end, |record| record.end);
        same
    }
}

/// The records of an archive, counted.
struct Numbered {
    records: Records<Box<dyn std::io::Read>>,
    next: u64,
    /// Where the last one ended.
    end: u64,
}
