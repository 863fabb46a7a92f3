//! Tables: the text of every row, in the input and in the clean corpus.

use std::fs::File;
use std::io;

use super::at_hand::Bytes;
use super::clean::Clean;
use super::document::Written;
use super::inputs::{Entry, Part, Walk};
use crate::read::parquet::Table;
use crate::read::walk::plain;
use crate::strip::remaining;
use crate::write::names::path_of;

/// What becomes of the rows of a table.
#[derive(Default)]
struct Rows {
    /// XXH3 of the text of each row with a document, and its number.
    read: Vec<(u64, u64)>,
    /// XXH3 of the text of each row that is written, and its number.
    written: Vec<(u64, u64)>,
    /// Whether one of them is not known.
    unknown: bool,
}

impl Walk<'_> {
    /// Walks the rows of a table. Whether the text of each of them was found.
    pub(super) fn table(&mut self, entry: &Entry<'_>, bytes: &Bytes, clean: &mut Clean<'_>) -> bool {
        self.check_rejects(entry);
        let mut rows = Rows::default();
        for known in &entry.parts {
            let Some(part) = self.part(known) else { return false };
            self.rows(entry, &part, &mut rows);
        }
        // The clean twin is a table too: it is not compared as bytes.
        clean.give_up();
        let name = clean.name.clone();
        let clean_file = self.out.join(path_of(&name));
        let mut whole = true;
        if self.dealt.is_some() {
            // The corpus is no mirror: its documents are added up.
        } else if !rows.unknown && rows.written.is_empty() {
            if clean_file.exists() {
                self.findings.fail(&name, "is there, and no document of its input is kept");
            }
        } else if !rows.unknown {
            whole &= self.compare(&name, File::open(clean_file), &rows.written, entry);
        }
        let file = match bytes {
            Bytes::File(path) => File::open(path),
            Bytes::Packs => self.spooled(entry, bytes),
            Bytes::Shards | Bytes::Nowhere => return false,
        };
        let rejected: Vec<u64> = entry.listed.iter().filter_map(|reject| reject.record).collect();
        let key = entry.line.key.clone();
        let counted = self.compare_numbered(&key, file, &rows.read, &rejected);
        whole && counted
    }

    fn rows(&mut self, entry: &Entry<'_>, part: &Part, rows: &mut Rows) {
        for row in &part.rows {
            let number = part.at.record + u64::from(row.record);
            let doc = format!("{}#{number}", entry.line.key);
            let mut text = Vec::new();
            let range = row.offset..row.offset + u64::from(row.len);
            let read = part.shard.carried(range, &mut text).is_ok();
            rows.read.push((number, xxhash_rust::xxh3::xxh3_64(&text)));
            match self.document(&doc, part, row, read.then_some(text.as_slice())) {
                Written::Bytes(_) => {
                    let cuts = part.shard.cuts_of(row).unwrap_or_default();
                    rows.written.push((number, xxhash_rust::xxh3::xxh3_64(&remaining(&text, &cuts))));
                }
                Written::Unknown => rows.unknown = true,
                Written::Nothing => {}
            }
        }
    }

    /// A table of the full ledger as a file.
    fn spooled(&mut self, entry: &Entry<'_>, bytes: &Bytes) -> io::Result<File> {
        let mut stream = self.open(entry.line, bytes).ok_or(io::ErrorKind::NotFound)?;
        let mut file = tempfile::tempfile()?;
        io::copy(&mut stream, &mut file)?;
        Ok(file)
    }

    /// Whether the rows of a clean table are `expected`, in their order.
    fn compare(
        &mut self,
        name: &str,
        file: io::Result<File>,
        expected: &[(u64, u64)],
        entry: &Entry<'_>,
    ) -> bool {
        let mut left = expected.iter();
        let mut differs = None;
        let read = self.each_text(file, &mut |_, text| {
            let next = left.next();
            let same =
                next.is_some_and(|(_, hash)| text.is_some_and(|t| xxhash_rust::xxh3::xxh3_64(t) == *hash));
            if !same && differs.is_none() {
                differs = Some(next.map(|(number, _)| *number));
            }
        });
        if let Err(cause) = read {
            self.findings.fail(name, cause);
            return false;
        }
        if differs.is_none() {
            differs = left.next().map(|(number, _)| Some(*number));
        }
        let Some(row) = differs else { return true };
        let doc = row.map(|number| format!("{}#{number}", entry.line.key));
        self.findings.fail_at(
            name,
            doc.as_deref(),
            None,
            "this row is not what the input leaves after the cuts",
        );
        false
    }

    /// Whether each row of a table is one of `expected` or rejected.
    fn compare_numbered(
        &mut self,
        key: &str,
        file: io::Result<File>,
        expected: &[(u64, u64)],
        rejected: &[u64],
    ) -> bool {
        let (mut left, mut rejected) = (expected.iter().peekable(), rejected.iter().peekable());
        let mut differs = None;
        let read = self.each_text(file, &mut |number, text| {
            let same = match text {
                Some(text) => left
                    .next_if(|(next, _)| *next == number)
                    .is_some_and(|(_, hash)| xxhash_rust::xxh3::xxh3_64(text) == *hash),
                None => rejected.next_if(|next| **next == number).is_some(),
            };
            if !same && differs.is_none() {
                differs = Some(number);
            }
        });
        if let Err(cause) = read {
            self.findings.fail(key, cause);
            return false;
        }
        if differs.is_none() {
            differs = left.next().map(|(number, _)| *number);
        }
        let Some(number) = differs else { return true };
        let doc = format!("{key}#{number}");
        self.findings.fail_at(key, Some(&doc), None, "this document is not what was read");
        false
    }

    /// Calls `each` with number and text of every row.
    fn each_text(
        &self,
        file: io::Result<File>,
        each: &mut dyn FnMut(u64, Option<&[u8]>),
    ) -> Result<(), String> {
        let table = Table::open(file.map_err(|e| plain(&e))?, &self.fields)?;
        table.rows(0..table.num_rows(), &mut |number, text, _| each(number, text.ok().map(str::as_bytes)))
    }
}
