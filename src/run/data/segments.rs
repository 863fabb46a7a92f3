//! What stays of a part of the input, as it stood there.

use std::ops::Range;

use super::is_written;
use super::left::Left;
use crate::error::{Error, Result};
use crate::run::corpus::{Corpus, Document, Segment};
use crate::run::options::{Compress, Copies, Format};

/// What is written of a segment.
pub(super) enum Clean {
    /// Whole files, by source, as they are written.
    Files(Vec<(u32, Vec<u8>)>),
    /// Records one after the other, below what stands before all records of the source.
    Records { lead: Vec<u8>, records: Vec<u8> },
    /// JSON objects, and what stands between them.
    Objects(Objects),
    /// Rows of a table, which is written when all of them are known.
    Rows,
}

/// The objects of a segment.
#[derive(Default)]
pub(super) struct Objects {
    /// What stands before each object, and what is written for it; none if it does not stay.
    pub(super) objects: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    /// What stands behind the last one.
    pub(super) rest: Vec<u8>,
}

/// What stays of a segment, but for files that are left.
pub(super) fn clean(
    corpus: &Corpus,
    segment: &Segment,
    left: &Left,
    (copies, compress): (Copies, Compress),
) -> Result<Clean> {
    match corpus.sources[segment.source as usize].format {
        _ if segment.files => clean_files(corpus, segment, left, (copies, compress)),
        Format::Parquet => Ok(Clean::Rows),
        Format::Json => clean_objects(corpus, segment, copies),
        format => clean_records(corpus, segment, copies, format),
    }
}

fn clean_files(
    corpus: &Corpus,
    segment: &Segment,
    left: &Left,
    (copies, compress): (Copies, Compress),
) -> Result<Clean> {
    let cuts = corpus.cuts_of_segment(segment)?;
    let mut record = Vec::new();
    let is_made = |d: &Document<'_>| is_written(corpus.status[d.index], copies) && !left.holds(d.source);
    let written = corpus.documents_of(segment)?.filter(is_made);
    let clean = |document: Document<'_>| {
        corpus.record(&document, &mut record)?;
        let mut clean = Vec::with_capacity(document.row.bytes_out as usize);
        corpus.append_clean_record(&document, &record, cuts.of(&document.row), &mut clean);
        let packed = compress.whole(clean).map_err(Error::io("a text", "cannot be compressed"))?;
        Ok((document.source, packed))
    };
    Ok(Clean::Files(written.map(clean).collect::<Result<_>>()?))
}

fn clean_records(corpus: &Corpus, segment: &Segment, copies: Copies, format: Format) -> Result<Clean> {
    let shard = &corpus.shards[segment.shard as usize];
    let lead = match format {
        Format::Csv if segment.offset == 0 => corpus.slice(segment, 0..shard.lead())?,
        _ => Vec::new(),
    };
    let all = corpus.documents_of(segment)?;
    let written: Vec<Document<'_>> = all.filter(|d| is_written(corpus.status[d.index], copies)).collect();
    let (Some(first), Some(last)) = (written.first(), written.last()) else {
        return Ok(Clean::Records { lead, records: Vec::new() });
    };
    let cuts = corpus.cuts_of_segment(segment)?;
    let span = corpus.span(first, last)?;
    let mut records = Vec::with_capacity(span.len());
    for document in &written {
        let at = (document.row.offset - first.row.offset) as usize;
        let record = &span[at..at + document.row.len as usize];
        corpus.check(document, record)?;
        corpus.append_clean_record(document, record, cuts.of(&document.row), &mut records);
    }
    Ok(Clean::Records { lead, records })
}

fn clean_objects(corpus: &Corpus, segment: &Segment, copies: Copies) -> Result<Clean> {
    let shard = &corpus.shards[segment.shard as usize];
    let cuts = corpus.cuts_of_segment(segment)?;
    let documents: Vec<Document<'_>> = corpus.documents_of(segment)?.collect();
    let place = |d: &Document<'_>| d.row.offset..d.row.offset + u64::from(d.row.len);
    let rejects = corpus.rejects_of(segment)?;
    // Rejected objects are removed like others; all in their order.
    let mut places: Vec<(Range<u64>, Option<&Document<'_>>)> =
        documents.iter().map(|document| (place(document), Some(document))).collect();
    places.extend(rejects.iter().map(|reject| (reject.start..reject.end, None)));
    places.sort_by_key(|(place, _)| place.start);
    // Of an object that was too long to be held nothing is read.
    let end = places.last().filter(|(place, d)| d.is_none() && place.end == shard.span());
    let bytes = corpus.slice(segment, 0..end.map_or(shard.span(), |(place, _)| place.start))?;
    let part = |part: Range<u64>| bytes.get(part.start as usize..part.end as usize).unwrap_or_default();
    let mut objects = Objects::default();
    let mut at = 0;
    for (place, document) in places {
        let written = match document {
            Some(document) => {
                let record = part(place.clone());
                corpus.check(document, record)?;
                let mut clean = Vec::new();
                if is_written(corpus.status[document.index], copies) {
                    corpus.append_clean_record(document, record, cuts.of(&document.row), &mut clean);
                }
                Some(clean).filter(|clean| !clean.is_empty())
            }
            None => None,
        };
        objects.objects.push((part(at..place.start).to_vec(), written));
        at = place.end;
    }
    objects.rest = bytes.get(at as usize..).unwrap_or_default().to_vec();
    Ok(Clean::Objects(objects))
}
