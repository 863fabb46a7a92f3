//! Writes `data/`: of every source what stays, as it stood there.

use std::ops::Range;
use std::path::Path;

use super::corpus::{Corpus, Document, Segment};
use super::options::{Copies, Format, Options};
use super::ordered::{in_order, width};
use super::progress::{Phase, Progress};
use crate::document::Status;
use crate::error::{Error, Result};
use crate::read::json_array::{Joiner, Shape, shape};
use crate::write::staging::{Staged, Staging};

/// Whether a document stands in the clean corpus.
pub(super) fn is_written(status: Status, copies: Copies) -> bool {
    match status {
        Status::Kept => true,
        Status::Identical | Status::Near => copies == Copies::Tag,
        Status::Emptied | Status::Reference => false,
    }
}

/// What is written of a segment.
enum Clean {
    /// Whole files, by source.
    Files(Vec<(u32, Vec<u8>)>),
    /// Records one after the other, below what stands before all records of the source.
    Records { lead: Vec<u8>, records: Vec<u8> },
    /// JSON objects, and what stands between them.
    Objects(Objects),
}

/// The objects of a segment.
#[derive(Default)]
struct Objects {
    /// What stands before each object, and what is written for it; none if it does not stay.
    objects: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    /// What stands behind the last one.
    rest: Vec<u8>,
}

/// Writes the clean corpus.
///
/// # Errors
/// An interruption, a source that is no longer what was read, and files that cannot be written.
pub(super) fn write(
    corpus: &Corpus,
    options: &Options,
    staging: &mut Staging,
    progress: &dyn Progress,
) -> Result<()> {
    progress.begin(Phase::Write, Some(corpus.segments.iter().map(|s| span(corpus, s)).sum()));
    let mut writer = Writer { corpus, staging, open: None };
    in_order(
        corpus.segments.iter(),
        width(options.memory),
        || (),
        |(), segment| (segment, clean(corpus, segment, options.copies)),
        |(segment, clean)| {
            if let Some(signal) = progress.stop() {
                return Err(Error::Interrupted(signal));
            }
            writer.take(segment, clean?)?;
            progress.advance(span(corpus, segment), segment.rows.len() as u64);
            Ok(())
        },
    )?;
    writer.close()
}

/// Bytes of input that a segment stands for.
fn span(corpus: &Corpus, segment: &Segment) -> u64 {
    if segment.files {
        let first = segment.source as usize;
        corpus.sources[first..first + segment.rows.len()].iter().map(|s| s.bytes).sum()
    } else {
        corpus.shards[segment.shard as usize].span()
    }
}

/// What stays of a segment.
fn clean(corpus: &Corpus, segment: &Segment, copies: Copies) -> Result<Clean> {
    match corpus.sources[segment.source as usize].format {
        _ if segment.files => clean_files(corpus, segment, copies),
        Format::Json => clean_objects(corpus, segment, copies),
        format => clean_records(corpus, segment, copies, format),
    }
}

fn clean_files(corpus: &Corpus, segment: &Segment, copies: Copies) -> Result<Clean> {
    let cuts = corpus.cuts_of_segment(segment)?;
    let mut record = Vec::new();
    let written = corpus.documents_of(segment)?.filter(|d| is_written(corpus.status[d.index], copies));
    let clean = |document: Document<'_>| {
        corpus.record(&document, &mut record)?;
        let mut clean = Vec::with_capacity(document.row.bytes_out as usize);
        corpus.append_clean_record(&document, &record, cuts.of(&document.row), &mut clean);
        Ok((document.source, clean))
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

/// Puts what segments give into files, in their order.
struct Writer<'a> {
    corpus: &'a Corpus,
    staging: &'a mut Staging,
    open: Option<Open>,
}

/// The file of a source that holds records.
struct Open {
    source: u32,
    /// None as long as no record is written: of a source that leaves nothing there is no file.
    staged: Option<Staged>,
    /// What stands before all records and is not written yet.
    held: Vec<u8>,
    joiner: Option<Joiner>,
    /// What stood behind the last object.
    between: Vec<u8>,
}

impl Writer<'_> {
    fn take(&mut self, segment: &Segment, clean: Clean) -> Result<()> {
        let mirror = |source: u32| Path::new("data").join(&self.corpus.sources[source as usize].mirror);
        if let Clean::Files(files) = clean {
            for (source, text) in files {
                let path = mirror(source);
                self.staging.file(&path, &text)?;
            }
            return Ok(());
        }
        let path = mirror(segment.source);
        if self.open.as_ref().is_none_or(|open| open.source != segment.source) {
            self.close()?;
        }
        let open = self.open.get_or_insert_with(|| Open::of(segment.source));
        match clean {
            Clean::Files(_) => {}
            Clean::Records { lead, records } => {
                open.held.extend(lead);
                if !records.is_empty() {
                    open.begin(self.staging, &path)?.append(&records)?;
                }
            }
            Clean::Objects(objects) => open.objects(objects, self.staging, &path)?,
        }
        Ok(())
    }

    /// Ends the file that is open.
    fn close(&mut self) -> Result<()> {
        let Some(mut open) = self.open.take() else { return Ok(()) };
        let mut end = Vec::new();
        if let Some(joiner) = open.joiner.take() {
            joiner.finish(&open.between, &mut end);
        }
        match open.staged {
            Some(mut staged) => {
                staged.append(&end)?;
                staged.finish(self.staging)
            }
            None => Ok(()),
        }
    }
}

impl Open {
    fn of(source: u32) -> Self {
        Self { source, staged: None, held: Vec::new(), joiner: None, between: Vec::new() }
    }

    /// The file, begun with what stands before all records.
    fn begin(&mut self, staging: &Staging, path: &Path) -> Result<&mut Staged> {
        let staged = match self.staged.take() {
            Some(staged) => staged,
            None => staging.begin(path)?,
        };
        let staged = self.staged.insert(staged);
        if !self.held.is_empty() {
            staged.append(&std::mem::take(&mut self.held))?;
        }
        Ok(staged)
    }

    fn objects(&mut self, objects: Objects, staging: &Staging, path: &Path) -> Result<()> {
        let mut out = Vec::new();
        let mut any = false;
        for (before, object) in objects.objects {
            self.between.extend(before);
            let between = std::mem::take(&mut self.between);
            // What stands before the first one tells whether it is in an array.
            let array = || if shape(&between) == Some(Shape::Array) { Shape::Array } else { Shape::Objects };
            let joiner = self.joiner.get_or_insert_with(|| Joiner::new(array()));
            joiner.element(&between, object.as_deref(), &mut out);
            any |= object.is_some();
        }
        self.between.extend(objects.rest);
        self.held.extend(out);
        if any || self.staged.is_some() {
            self.begin(staging, path)?;
        }
        Ok(())
    }
}
