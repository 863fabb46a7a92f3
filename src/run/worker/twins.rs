//! Units of writing: the clean twins of some sources, with all that a machine must be told to make them.
//!
//! Which documents stay was decided where all of them are known. Here it is a bit a document; the rest stands in the
//! shards.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::unit::{can_be_named, named};
use super::{shard, wrong};
use crate::document::Status;
use crate::error::Result;
use crate::read::source::Source;
use crate::run::corpus::{Corpus, Segment};
use crate::run::data::{Left, is_written, span};
use crate::run::feed::SLICE;
use crate::run::options::Copies;
use crate::shard::Store;

/// A line: the twins of some sources.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Twins {
    /// Its number, from 0.
    pub(super) unit: u64,
    pub(super) sources: Vec<Source>,
    segments: Vec<Part>,
}

/// A segment, with the number of its source in the unit.
#[derive(Debug, Serialize, Deserialize)]
struct Part {
    shard: String,
    rows: [u32; 2],
    source: u32,
    files: bool,
    offset: u64,
    record: u64,
    /// A bit for each row, the first one the least of the first byte: whether it stays.
    stays: Vec<u8>,
}

/// A unit that is dealt out.
pub(super) struct Dealt {
    pub(super) twins: Twins,
    /// Where its sources stand among all, and whether anything of them stays.
    pub(super) places: Vec<(u32, bool)>,
    /// Bytes of input that it is made of.
    pub(super) bytes: u64,
}

/// The units for all twins that are not left and whose sources can be named: a source that is a slice or longer, or small
/// ones together.
///
/// # Errors
/// If a folder cannot be named, because the current one is gone.
pub(super) fn units(corpus: &Corpus, left: &Left, copies: Copies) -> Result<Vec<Dealt>> {
    let mut units: Vec<Dealt> = Vec::new();
    for segment in &corpus.segments {
        let mut all = sources(segment).map(|source| &corpus.sources[source as usize]);
        if corpus.is_reference(segment) || left.holds_all(segment) || !all.all(can_be_named) {
            continue;
        }
        let goes_on = |unit: &Dealt| unit.ends_with(segment) || unit.bytes < SLICE;
        if !units.last().is_some_and(goes_on) {
            let twins = Twins { unit: units.len() as u64, sources: Vec::new(), segments: Vec::new() };
            units.push(Dealt { twins, places: Vec::new(), bytes: 0 });
        }
        if let Some(unit) = units.last_mut() {
            unit.add(corpus, segment, left, copies)?;
        }
    }
    Ok(units)
}

/// The sources of a segment.
fn sources(segment: &Segment) -> Range<u32> {
    segment.source..segment.source + if segment.files { segment.rows.len() as u32 } else { 1 }
}

impl Dealt {
    /// Whether the last source is that of a segment of records: it is written by one machine.
    fn ends_with(&self, segment: &Segment) -> bool {
        !segment.files && self.places.last().is_some_and(|(source, _)| *source == segment.source)
    }

    fn add(&mut self, corpus: &Corpus, segment: &Segment, left: &Left, copies: Copies) -> Result<()> {
        if !self.ends_with(segment) {
            for source in sources(segment) {
                self.twins.sources.push(named(&corpus.sources[source as usize])?);
                self.places.push((source, false));
            }
        }
        self.bytes += span(corpus, segment);
        let first = self.places.len() - sources(segment).len();
        let mut bits = vec![0; segment.rows.len().div_ceil(8)];
        for (i, row) in segment.rows.clone().enumerate() {
            let source = segment.source_of(row);
            if is_written(corpus.status[segment.first as usize + i], copies) && !left.holds(source) {
                bits[i / 8] |= 1 << (i % 8);
                self.places[first + (source - segment.source) as usize].1 = true;
            }
        }
        self.twins.segments.push(Part {
            shard: corpus.shards[segment.shard as usize].name().to_string(),
            rows: [segment.rows.start, segment.rows.end],
            source: first as u32,
            files: segment.files,
            offset: segment.offset,
            record: segment.record,
            stays: bits,
        });
        Ok(())
    }
}

impl Twins {
    /// The documents of the unit; those that go have the status of documents of which nothing is left.
    ///
    /// # Errors
    /// A shard that is not in the cache, and what no plan says.
    pub(super) fn corpus(self, store: &Store) -> Result<Corpus> {
        let Self { unit, sources, segments } = self;
        let mut corpus = Corpus::new(sources);
        for part in segments {
            let Part { rows: [start, end], source, offset, record, .. } = part;
            let number = corpus.shards.len() as u32;
            let rows = start..end.max(start);
            let shard = shard(unit, &part.shard, store)?;
            let bits = part.stays;
            let sources = source as usize + if part.files { rows.len().max(1) } else { 1 };
            let fits = rows.end <= shard.documents()
                && sources <= corpus.sources.len()
                && bits.len() == rows.len().div_ceil(8);
            if !fits {
                return Err(wrong(format!("unit {unit}: shard {} is not what was planned", part.shard)));
            }
            corpus.shards.push(shard);
            let first = corpus.len();
            let segment = if part.files {
                Segment::of_files(number, rows, source)
            } else {
                Segment::of_slice(number, rows, source, offset, record)
            };
            corpus.append(segment, |_, _| Ok(()))?;
            for (i, status) in corpus.status[first..].iter_mut().enumerate() {
                *status = if bits[i / 8] >> (i % 8) & 1 == 1 { Status::Kept } else { Status::Emptied };
            }
        }
        Ok(corpus)
    }
}
