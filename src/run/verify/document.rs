//! One document: as the ledger has it, as the list has it, and what of it should stand in the clean corpus.

use std::collections::BTreeMap;

use super::dealt::Dealt;
use super::inputs::{LEDGER, Part, Walk};
use super::lists::DOCUMENTS;
use crate::document::{Cut, Status};
use crate::read::Decoded;
use crate::run::corpus::append_clean;
use crate::run::data::is_written;
use crate::shard::Row;
use crate::strip::remaining;

/// What of a document should stand in the clean corpus.
pub(super) enum Written {
    /// Nothing: it was not kept.
    Nothing,
    /// This.
    Bytes(Vec<u8>),
    /// That cannot be known.
    Unknown,
}

impl Walk<'_> {
    /// Checks one document: is it listed as the ledger has it, and is `record`, its raw bytes where they are at hand,
    /// less the cuts what should stand in the clean corpus?
    pub(super) fn document(&mut self, doc: &str, part: &Part, row: &Row, record: Option<&[u8]>) -> Written {
        let Some(listed) = self.listed.document(doc) else {
            self.findings.fail_at(
                DOCUMENTS,
                Some(doc),
                None,
                "the ledger holds this document, the list does not",
            );
            return Written::Unknown;
        };
        let Ok(cuts) = part.shard.cuts_of(row) else { return Written::Unknown };
        let emptied = listed.status == Status::Emptied;
        let cut: u64 = cuts.iter().map(|cut| cut.len() as u64).sum();
        let mut by_rule = BTreeMap::<&str, u64>::new();
        for cut in &cuts {
            let id = self.rules.get(cut.rule as usize).map_or("", String::as_str);
            *by_rule.entry(id).or_default() += cut.len() as u64;
        }
        let listed_cut = listed.cut.iter().map(|(id, bytes)| (id.as_str(), *bytes));
        let same = (listed.bytes_in, listed.bytes_out) == (u64::from(row.bytes_in), u64::from(row.bytes_out))
            && (emptied == row.emptied || listed.status == Status::Reference)
            && listed.bytes_in.checked_sub(cut) == Some(listed.bytes_out)
            && listed_cut.eq(by_rule);
        if !same {
            self.findings.fail_at(
                DOCUMENTS,
                Some(doc),
                None,
                "ledger and list do not agree about this document",
            );
            return Written::Unknown;
        }
        if !is_written(listed.status, self.copies) {
            return Written::Nothing;
        }
        let Some(record) = record else {
            self.dealt.iter_mut().for_each(Dealt::give_up);
            return Written::Unknown;
        };
        if !fits(row, record, &cuts) {
            self.findings.fail_at(LEDGER, Some(doc), None, "the cuts do not fit the text of this document");
            return Written::Unknown;
        }
        let mut clean = Vec::with_capacity(record.len());
        append_clean(row, record, &cuts, &mut clean);
        if let Some(dealt) = &mut self.dealt {
            let (start, length) = (row.body as usize, row.body_len as usize);
            let decoded = Decoded::new(&record[start..start + length], row.encoding);
            dealt.add(&remaining(&decoded.text, &cuts));
        }
        Written::Bytes(clean)
    }
}

/// Whether body and cuts lie inside the record, the cuts in order.
fn fits(row: &Row, record: &[u8], cuts: &[Cut]) -> bool {
    let (start, length) = (row.body as usize, row.body_len as usize);
    let Some(body) = start.checked_add(length).and_then(|end| record.get(start..end)) else { return false };
    let text = Decoded::new(body, row.encoding).text.len();
    let mut at = 0;
    text == row.bytes_in as usize
        && cuts.iter().all(|cut| {
            let fits = at <= cut.start && cut.start <= cut.end && cut.end <= text;
            at = cut.end;
            fits
        })
}
