//! Sources that hold records one after the other: lines of JSON, JSON objects, rows of CSV.
//!
//! Their documents, their rejects and what stands between them tile the unpacked stream: no byte is passed over, none
//! belongs to two, and between them stand only blanks, the header of a table, and the marks of an array.

use std::io::{Cursor, Read};
use std::ops::Range;

use xxhash_rust::xxh3::xxh3_64;

use super::at_hand::Bytes;
use super::clean::Clean;
use super::document::Written;
use super::findings::Findings;
use super::inputs::{Entry, Part, Walk};
use crate::read::blocks::MOST_RECORD;
use crate::read::csv::MOST_HEADER as SAMPLE;
use crate::read::format::Format;
use crate::read::json_array::{Joiner, Shape, shape};
use crate::read::walk::plain;
use crate::read::{charset, jsonl};
use crate::shard::Row;

/// A stream that is read to the end, piece by piece.
struct Tape {
    stream: Box<dyn Read>,
    at: u64,
    /// Why it ended, if not well.
    broken: Option<String>,
}

impl Tape {
    /// The next bytes; fewer at the end.
    fn take(&mut self, count: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        if let Err(e) = self.stream.by_ref().take(count).read_to_end(&mut bytes) {
            self.broken.get_or_insert_with(|| plain(&e));
        }
        self.at += bytes.len() as u64;
        bytes
    }

    /// Passes over bytes; fewer at the end.
    fn skip(&mut self, count: u64) {
        match std::io::copy(&mut self.stream.by_ref().take(count), &mut std::io::sink()) {
            Ok(n) => self.at += n,
            Err(e) => {
                self.broken.get_or_insert_with(|| plain(&e));
            }
        }
    }
}

/// How what stays of an array is joined.
#[derive(Default)]
struct Objects {
    joiner: Option<Joiner>,
    between: Vec<u8>,
}

impl Walk<'_> {
    /// Walks the records of a source. Whether every byte of it was found.
    pub(super) fn records(&mut self, entry: &Entry<'_>, bytes: &Bytes, clean: &mut Clean<'_>) -> bool {
        self.check_rejects(entry);
        let mut tape = self.tape(entry, bytes);
        let (mut at, mut objects, mut same) = (0, Objects::default(), true);
        for known in &entry.parts {
            let Some(part) = self.part(known) else { return false };
            if part.shard.span() == 0 {
                continue;
            }
            if known.offset != at {
                self.fail_input(
                    entry.line,
                    None,
                    at.min(known.offset),
                    "the parts of this input do not join",
                );
                clean.give_up();
                (tape, same) = (None, false);
            }
            if !self.slice(entry, &part, &mut tape, (&mut *clean, &mut objects)) {
                clean.give_up();
                (tape, same) = (None, false);
            }
            at = known.offset + part.shard.span();
        }
        if let Some(joiner) = objects.joiner.take() {
            let mut end = Vec::new();
            joiner.finish(&objects.between, &mut end);
            clean.hold(&end, self.findings);
        }
        match tape {
            Some(tape) => self.tail(entry, tape),
            None => same && matches!(bytes, Bytes::Shards),
        }
    }

    /// The stream of a source, converted as the run converted it.
    fn tape(&mut self, entry: &Entry<'_>, bytes: &Bytes) -> Option<Tape> {
        let mut stream = self.open(entry.line, bytes)?;
        let first = entry.parts.iter().find(|part| part.count > 0).and_then(|known| self.part(known));
        let details = first.and_then(|part| part.shard.details_of(part.rows.first()?).ok());
        let converted = match details {
            Some(details) => details.converted.is_some(),
            // No document tells: as the run, by how the stream begins.
            None => {
                let mut head = Vec::new();
                stream.by_ref().take(SAMPLE as u64).read_to_end(&mut head).ok()?;
                let is_foreign = charset::is_foreign(&head);
                stream = Box::new(Cursor::new(head).chain(stream));
                is_foreign
            }
        };
        if converted {
            if !self.is_same_stage {
                self.findings.skip(&entry.line.key, "conversions that another version of tamis made");
                return None;
            }
            let mut all = Vec::new();
            stream.take(MOST_RECORD as u64).read_to_end(&mut all).ok()?;
            stream = Box::new(Cursor::new(charset::decode(&all, None).text.into_owned()));
        }
        Some(Tape { stream, at: 0, broken: None })
    }

    /// Walks a slice. Whether it is what the ledger says.
    fn slice(
        &mut self,
        entry: &Entry<'_>,
        part: &Part,
        tape: &mut Option<Tape>,
        (clean, objects): (&mut Clean<'_>, &mut Objects),
    ) -> bool {
        let (line, offset, span) = (entry.line, part.at.offset, part.shard.span());
        let is_json = line.format == Format::Json;
        let rows = part.rows.iter().map(|row| (row.offset, row.offset + u64::from(row.len), Some(row)));
        let rejects = part.shard.rejects().unwrap_or_default();
        let rejects = rejects.iter().map(|reject| (reject.start, reject.end, None));
        let mut places: Vec<(u64, u64, Option<&Row>)> = rows.chain(rejects).collect();
        places.sort_by_key(|place| place.0);
        let (mut same, mut at) = (true, 0);
        for (start, end, row) in places {
            if start < at || end < start || end > span {
                self.fail_input(line, None, offset + start, "two records claim the same bytes");
                return false;
            }
            let gap = self.between(part, tape, at..start);
            same &= self.gap(entry, offset + at, gap.as_deref(), clean);
            at = end;
            let Some(row) = row else {
                if let Some(tape) = tape {
                    tape.skip(end - start);
                }
                if is_json {
                    let nothing = (Written::Nothing, line.key.as_str());
                    objects.element(gap.as_deref(), nothing, clean, self.findings);
                }
                continue;
            };
            let doc = format!("{}#{}", line.key, part.at.record + u64::from(row.record));
            let mut record = self.between(part, tape, start..end);
            if let Some((byte, cause)) = record.as_deref().and_then(|record| differs(record, part, row)) {
                self.fail_input(line, Some(&doc), offset + start + byte, cause);
                // What follows would differ too.
                (record, same, *tape) = (None, false, None);
            }
            match self.document(&doc, part, row, record.as_deref()) {
                written if is_json => {
                    objects.element(gap.as_deref(), (written, &doc), clean, self.findings);
                }
                Written::Bytes(bytes) => clean.document(&bytes, &doc, self.findings),
                Written::Unknown => clean.give_up(),
                Written::Nothing => {}
            }
        }
        let gap = self.between(part, tape, at..span);
        same &= self.gap(entry, offset + at, gap.as_deref(), clean);
        if is_json {
            objects.between.extend(gap.unwrap_or_default());
        }
        same
    }

    /// Bytes of a slice, from the stream or from what the shard carries; `None` if neither is at hand.
    fn between(&self, part: &Part, tape: &mut Option<Tape>, range: Range<u64>) -> Option<Vec<u8>> {
        if let Some(tape) = tape {
            return Some(tape.take(range.end - range.start));
        }
        let mut bytes = Vec::new();
        let carried = part.shard.carries() && part.shard.carried(range, &mut bytes).is_ok();
        carried.then_some(bytes)
    }

    /// Whether what stands between records may. What stands before all rows of a table is written before them.
    fn gap(&mut self, entry: &Entry<'_>, at: u64, gap: Option<&[u8]>, clean: &mut Clean<'_>) -> bool {
        let Some(gap) = gap else { return true };
        if at == 0 && entry.line.format == Format::Csv {
            clean.hold(gap, self.findings);
            return true;
        }
        let Some(byte) = stray(entry, at, gap) else { return true };
        self.fail_input(entry.line, None, byte, "belongs to no record and to no reject");
        false
    }

    /// What stands behind the last part must be blank, or rejected.
    fn tail(&mut self, entry: &Entry<'_>, mut tape: Tape) -> bool {
        let mut odd = None;
        loop {
            let (at, bytes) = (tape.at, tape.take(1 << 18));
            if bytes.is_empty() {
                break;
            }
            odd = odd.or_else(|| stray(entry, at, &bytes));
        }
        let from = odd.unwrap_or(tape.at);
        let rejected = entry
            .listed
            .iter()
            .any(|reject| reject.record.is_none() && reject.bytes.is_none_or(|[start, _]| start <= from));
        if rejected || (odd.is_none() && tape.broken.is_none()) {
            return true;
        }
        let cause = match &tape.broken {
            Some(broken) => format!("{broken}; no reject says so"),
            None => "belongs to no record and to no reject".to_owned(),
        };
        self.fail_input(entry.line, None, from, &cause);
        false
    }
}

/// The first of these bytes, which stand at `at` outside of all records, that may not stand there.
fn stray(entry: &Entry<'_>, at: u64, bytes: &[u8]) -> Option<u64> {
    let marks: &[u8] = if entry.line.format == Format::Json { b"[,]" } else { b"" };
    let mark = if at == 0 { jsonl::mark_len(bytes) } else { 0 };
    let byte = bytes[mark..].iter().position(|b| !b.is_ascii_whitespace() && !marks.contains(b))?;
    Some(at + (mark + byte) as u64)
}

/// Where a record differs from what the shard says of it, and how.
fn differs(record: &[u8], part: &Part, row: &Row) -> Option<(u64, &'static str)> {
    if row.carried {
        let mut carried = Vec::new();
        let range = row.offset..row.offset + u64::from(row.len);
        if part.shard.carried(range, &mut carried).is_ok() && carried != record {
            let same = carried.iter().zip(record).take_while(|(a, b)| a == b).count();
            return Some((same as u64, "is not what was read"));
        }
    }
    if record.len() < row.len as usize {
        return Some((record.len() as u64, "the input ends here, inside this document"));
    }
    (xxh3_64(record) != row.raw_hash).then_some((0, "this document is not what was read"))
}

impl Objects {
    /// Takes over the next object, as the run did.
    fn element(
        &mut self,
        gap: Option<&[u8]>,
        (written, doc): (Written, &str),
        clean: &mut Clean<'_>,
        findings: &mut Findings,
    ) {
        let (Some(gap), false) = (gap, clean.is_over()) else { return clean.give_up() };
        self.between.extend_from_slice(gap);
        let between = std::mem::take(&mut self.between);
        let object = match written {
            Written::Nothing => None,
            Written::Bytes(bytes) => Some(bytes).filter(|bytes| !bytes.is_empty()),
            Written::Unknown => return clean.give_up(),
        };
        let array = || if shape(&between) == Some(Shape::Array) { Shape::Array } else { Shape::Objects };
        let mut out = Vec::new();
        self.joiner.get_or_insert_with(|| Joiner::new(array())).element(
            &between,
            object.as_deref(),
            &mut out,
        );
        match object {
            Some(_) => clean.document(&out, doc, findings),
            None => clean.hold(&out, findings),
        }
    }
}
