//! Reads a shard in parts: what a stage needs, and no more.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::VERSION;
use super::bytes::{In, damaged};
use super::row::{Details, Row};
use super::store::{Name, Room};
use super::writer::{CUT, HEAD, MAGIC, SliceReject, checksum};
use crate::document::Cut;
use crate::read::source::read_exact_at;

/// A shard of the store. Cheap to hold: its parts are read when they are asked for.
#[derive(Debug)]
pub struct Shard {
    name: Name,
    path: PathBuf,
    /// Kept open if the store has room for it.
    file: Option<OnceLock<File>>,
    /// What is read again and again of it, if the store has room for that.
    held: Option<Held>,
    documents: u32,
    records: u64,
    span: u64,
    lead: u64,
    /// Where each section begins, and where the last one ends.
    sections: [u64; SECTIONS + 1],
}

/// The sections before those that are read once: rows, sketches, cuts and details.
#[derive(Debug)]
struct Held {
    bytes: Box<[u8]>,
    room: Arc<Room>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.room.give_back(self.bytes.len());
    }
}

const SECTIONS: usize = 7;
const ROWS: usize = 0;
const SKETCHES: usize = 1;
const CUTS: usize = 2;
const DETAILS: usize = 3;
const NAMES: usize = 4;
const REJECTS: usize = 5;
const CARRIED: usize = 6;

impl Shard {
    /// Opens a shard of which all bytes are at hand, checking each of them.
    pub(super) fn checked(
        name: Name,
        path: &Path,
        bytes: &[u8],
        (keep_open, room): (bool, &Arc<Room>),
    ) -> io::Result<Self> {
        let head = bytes.get(..HEAD).ok_or_else(damaged)?;
        let stated = u64::from_le_bytes(head[16..24].try_into().map_err(|_| damaged())?);
        if checksum(bytes) != stated {
            return Err(damaged());
        }
        let mut shard = Self::from_head(name, path, head, keep_open)?;
        if shard.sections[SECTIONS] != bytes.len() as u64 {
            return Err(damaged());
        }
        let often = &bytes[HEAD..shard.sections[NAMES] as usize];
        if room.take(often.len()) {
            shard.held = Some(Held { bytes: often.into(), room: room.clone() });
        }
        Ok(shard)
    }

    fn from_head(name: Name, path: &Path, head: &[u8], keep_open: bool) -> io::Result<Self> {
        let mut from = In(head);
        if from.take(MAGIC.len())? != MAGIC || from.u32()? != VERSION {
            return Err(damaged());
        }
        let documents = from.u32()?;
        from.u64()?;
        let mut sections = [HEAD as u64; SECTIONS + 1];
        for i in 0..SECTIONS {
            sections[i + 1] = sections[i].checked_add(from.u64()?).ok_or_else(damaged)?;
        }
        if sections[ROWS + 1] - sections[ROWS] != u64::from(documents) * Row::WIDTH as u64 {
            return Err(damaged());
        }
        let (records, span, lead) = (from.u64()?, from.u64()?, from.u64()?);
        let file = keep_open.then(OnceLock::new);
        let path = path.to_path_buf();
        Ok(Self { name, path, file, held: None, documents, records, span, lead, sections })
    }

    /// Its name.
    pub fn name(&self) -> Name {
        self.name
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Number of documents.
    pub fn documents(&self) -> u32 {
        self.documents
    }

    /// Number of records of the slice, rejected ones included.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Bytes of the slice.
    pub fn span(&self) -> u64 {
        self.span
    }

    /// Bytes at the beginning of the slice that belong to no record and are written before all of them: a header.
    pub fn lead(&self) -> u64 {
        self.lead
    }

    /// Whether it carries raw bytes of records: of a slice of records all bytes, or none.
    pub fn carries(&self) -> bool {
        self.sections[CARRIED] < self.sections[CARRIED + 1]
    }

    /// A part of a section: read into `buffer`, unless it is held.
    fn part<'a>(
        &'a self,
        section: usize,
        bytes: Range<u64>,
        buffer: &'a mut Vec<u8>,
    ) -> io::Result<&'a [u8]> {
        let start = self.sections[section].checked_add(bytes.start).ok_or_else(damaged)?;
        let length = bytes.end.checked_sub(bytes.start).ok_or_else(damaged)?;
        if start.checked_add(length).is_none_or(|end| end > self.sections[section + 1]) {
            return Err(damaged());
        }
        if let Some(held) = self.held.as_ref().filter(|_| section < NAMES) {
            let start = (start - HEAD as u64) as usize;
            return Ok(&held.bytes[start..start + length as usize]);
        }
        buffer.resize(length as usize, 0);
        match &self.file {
            None => read_exact_at(&File::open(&self.path)?, buffer, start)?,
            Some(slot) => {
                if slot.get().is_none() {
                    // Two threads may both open it; one of the two is dropped.
                    let _ = slot.set(File::open(&self.path)?);
                }
                read_exact_at(slot.get().ok_or_else(damaged)?, buffer, start)?;
            }
        }
        Ok(buffer)
    }

    fn whole<'a>(&'a self, section: usize, buffer: &'a mut Vec<u8>) -> io::Result<&'a [u8]> {
        self.part(section, 0..self.sections[section + 1] - self.sections[section], buffer)
    }

    /// Some of its documents.
    ///
    /// # Errors
    /// Whatever the system says; [`io::ErrorKind::InvalidData`] if the shard is damaged. So for all parts.
    pub fn rows(&self, rows: Range<u32>) -> io::Result<Vec<Row>> {
        let (mut buffer, width) = (Vec::new(), Row::WIDTH as u64);
        let place = u64::from(rows.start) * width..u64::from(rows.end) * width;
        let bytes = self.part(ROWS, place, &mut buffer)?;
        let rows = bytes.chunks_exact(Row::WIDTH).map(Row::read).collect::<io::Result<Vec<Row>>>()?;
        // A checksum finds damage; nobody keeps people from making shards of their own.
        if rows.windows(2).all(|pair| pair[1].follows(&pair[0])) { Ok(rows) } else { Err(damaged()) }
    }

    /// One of its documents.
    ///
    /// # Errors
    /// As [`Shard::rows`].
    pub fn row(&self, row: u32) -> io::Result<Row> {
        self.rows(row..row + 1)?.pop().ok_or_else(damaged)
    }

    /// Hashes of the sketches, by number in the shard, to `into` (former content dropped).
    ///
    /// # Errors
    /// As [`Shard::rows`].
    pub fn sketches(&self, hashes: Range<u32>, into: &mut Vec<u64>) -> io::Result<()> {
        let mut buffer = Vec::new();
        let place = u64::from(hashes.start) * 8..u64::from(hashes.end) * 8;
        let bytes = self.part(SKETCHES, place, &mut buffer)?;
        into.clear();
        into.extend(
            bytes.chunks_exact(8).map(|hash| u64::from_le_bytes(hash.try_into().unwrap_or_default())),
        );
        Ok(())
    }

    /// The cuts of some documents, by number in the shard.
    ///
    /// # Errors
    /// As [`Shard::rows`].
    pub fn cuts(&self, cuts: Range<u32>) -> io::Result<Vec<Cut>> {
        let (mut buffer, width) = (Vec::new(), CUT as u64);
        let place = u64::from(cuts.start) * width..u64::from(cuts.end) * width;
        let bytes = self.part(CUTS, place, &mut buffer)?;
        let cut = |bytes: &[u8]| {
            let mut from = In(bytes);
            let (start, end) = (from.u32()? as usize, from.u32()? as usize);
            Ok(Cut { start, end, rule: from.u32()? })
        };
        bytes.chunks_exact(CUT).map(cut).collect()
    }

    /// The cuts of one document.
    ///
    /// # Errors
    /// As [`Shard::rows`].
    pub fn cuts_of(&self, row: &Row) -> io::Result<Vec<Cut>> {
        let (start, count) = row.cuts;
        if count == 0 { Ok(Vec::new()) } else { self.cuts(start..start + count) }
    }

    /// What few documents have.
    ///
    /// # Errors
    /// As [`Shard::rows`].
    pub fn details_of(&self, row: &Row) -> io::Result<Details> {
        let (start, length) = (u64::from(row.details.0), u64::from(row.details.1));
        let mut buffer = Vec::new();
        Details::read(self.part(DETAILS, start..start + length, &mut buffer)?)
    }

    /// The details of all documents: a look-up by row.
    ///
    /// # Errors
    /// As [`Shard::rows`].
    pub fn all_details(&self) -> io::Result<impl Fn(&Row) -> io::Result<Details>> {
        let mut buffer = Vec::new();
        let bytes = self.whole(DETAILS, &mut buffer)?.to_vec();
        Ok(move |row: &Row| {
            let (start, length) = (row.details.0 as usize, row.details.1 as usize);
            Details::read(bytes.get(start..start + length).ok_or_else(damaged)?)
        })
    }

    /// Names of sites and languages; the first one has number 1.
    ///
    /// # Errors
    /// As [`Shard::rows`].
    pub fn names(&self) -> io::Result<Vec<String>> {
        let mut buffer = Vec::new();
        let mut from = In(self.whole(NAMES, &mut buffer)?);
        let mut names = Vec::new();
        while !from.0.is_empty() {
            names.push(from.text()?.to_owned());
        }
        Ok(names)
    }

    /// Records that cannot be used.
    ///
    /// # Errors
    /// As [`Shard::rows`].
    pub fn rejects(&self) -> io::Result<Vec<SliceReject>> {
        let mut buffer = Vec::new();
        let mut from = In(self.whole(REJECTS, &mut buffer)?);
        let mut rejects = Vec::new();
        while !from.0.is_empty() {
            let (record, start, end) = (from.u32()?, from.u64()?, from.u64()?);
            rejects.push(SliceReject { record, start, end, cause: from.text()?.to_owned() });
        }
        Ok(rejects)
    }

    /// Raw bytes of a record that the shard carries.
    ///
    /// # Errors
    /// As [`Shard::rows`].
    pub fn carried(&self, bytes: Range<u64>, into: &mut Vec<u8>) -> io::Result<()> {
        self.part(CARRIED, bytes, into).map(|_| ())
    }
}
