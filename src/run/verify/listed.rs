//! The lists in step with the ledger: both stand in the order of the keys.

use std::iter::Peekable;
use std::path::Path;

use super::findings::Findings;
use super::lists::{self, DOCUMENTS, Lines};
use crate::run::ledger::Line;
use crate::write::lists::REJECTS;
use crate::write::record::{DocumentLine, Reject};

/// Documents and rejects, as far as the ledger was walked.
pub(super) struct Listed {
    documents: Peekable<Lines<DocumentLine>>,
    rejects: Peekable<Lines<Reject>>,
}

/// Key of the file of a document.
fn file_of<'d>(doc: &'d str, line: &Line) -> &'d str {
    if line.records { doc.rsplit_once('#').map_or(doc, |(file, _)| file) } else { doc }
}

impl Listed {
    /// The lists of an output; `None` if they cannot be read, which was said before.
    pub(super) fn of(out: &Path) -> Option<Self> {
        let (documents, rejects) = (lists::documents(out).ok()?, lists::rejects(out).ok()?);
        Some(Self { documents: documents.peekable(), rejects: rejects.peekable() })
    }

    /// Passes over documents that stand before those of a source: the ledger should hold them.
    pub(super) fn begin(&mut self, line: &Line, findings: &mut Findings) {
        let key = line.key.as_bytes();
        // Before the key, and not a record of this file.
        let before = |doc: &str| file_of(doc, line) != line.key && doc.as_bytes() < key;
        while let Some(other) = self.next_if(|doc| before(doc)) {
            unknown(&other, findings);
        }
    }

    /// The document with this key, if it is the next one.
    pub(super) fn document(&mut self, doc: &str) -> Option<DocumentLine> {
        self.next_if(|next| next == doc)
    }

    /// Passes over documents of a source that the ledger does not hold.
    pub(super) fn end(&mut self, line: &Line, findings: &mut Findings) {
        while let Some(other) = self.next_if(|doc| file_of(doc, line) == line.key) {
            unknown(&other, findings);
        }
    }

    /// Passes over the documents of a source that cannot be walked.
    pub(super) fn pass(&mut self, line: &Line) {
        while self.next_if(|doc| file_of(doc, line) == line.key).is_some() {}
    }

    /// What is left when all sources were walked.
    pub(super) fn finish(mut self, findings: &mut Findings) {
        while let Some(other) = self.next_if(|_| true) {
            unknown(&other, findings);
        }
    }

    fn next_if(&mut self, is_it: impl Fn(&str) -> bool) -> Option<DocumentLine> {
        let next = self.documents.next_if(|next| next.as_ref().is_ok_and(|next| is_it(&next.doc)));
        next.and_then(Result::ok)
    }

    /// The rejects of a source.
    pub(super) fn rejects(&mut self, key: &str) -> Vec<Reject> {
        let mut found = Vec::new();
        let until = |next: &Result<Reject, String>| {
            next.as_ref().is_ok_and(|next| next.file.as_bytes() <= key.as_bytes())
        };
        while let Some(Ok(reject)) = self.rejects.next_if(until) {
            if reject.file == key {
                found.push(reject);
            }
        }
        found
    }
}

fn unknown(line: &DocumentLine, findings: &mut Findings) {
    findings.fail_at(DOCUMENTS, Some(&line.doc), None, "the ledger does not hold this document");
}

/// Whether records that cannot be used are listed as the shards have them: number, range and cause.
pub(super) fn same_rejects(line: &Line, shards: &[Reject], listed: &[Reject], findings: &mut Findings) {
    let listed: Vec<&Reject> = listed.iter().filter(|reject| reject.record.is_some()).collect();
    if shards.iter().collect::<Vec<_>>() == listed {
        return;
    }
    let differs = shards.iter().zip(&listed).position(|(a, b)| a != *b);
    let place = differs.unwrap_or(shards.len().min(listed.len()));
    let record = shards.get(place).or(listed.get(place).copied()).and_then(|reject| reject.record);
    let doc = record.map(|record| format!("{}#{record}", line.key));
    findings.fail_at(REJECTS, doc.as_deref(), None, "ledger and list do not agree about this reject");
}
