//! The mirror: every source again, in its own format, with what stays of it.

use std::path::Path;

use super::left::Left;
use super::segments::{Clean, Objects, clean};
use super::{span, tables};
use crate::error::{Error, Result};
use crate::read::json_array::{Joiner, Shape, shape};
use crate::run::corpus::{Corpus, Segment};
use crate::run::options::{Compress, Copies, Fields, Options};
use crate::run::ordered::{in_order, width};
use crate::run::progress::{Phase, Progress};
use crate::write::packed::Packed;
use crate::write::staging::Staging;

/// Writes it, but for what is left.
///
/// # Errors
/// An interruption, a source that is no longer what was read, and files that cannot be written.
pub(in crate::run) fn write(
    corpus: &Corpus,
    options: &Options,
    left: &Left,
    staging: &mut Staging,
    progress: &dyn Progress,
) -> Result<()> {
    let segments = || corpus.segments.iter().filter(|segment| !left.holds_all(segment));
    progress.begin(Phase::Write, Some(segments().map(|s| span(corpus, s)).sum()));
    let mut writer = Writer {
        corpus,
        copies: options.copies,
        compress: options.compress,
        fields: &options.fields,
        staging,
        open: None,
    };
    in_order(
        segments(),
        width(options.memory),
        || (),
        |(), segment| (segment, clean(corpus, segment, left, (options.copies, options.compress))),
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

/// Puts what segments give into files, in their order.
struct Writer<'a> {
    corpus: &'a Corpus,
    copies: Copies,
    compress: Compress,
    fields: &'a Fields,
    staging: &'a mut Staging,
    open: Option<Open<'a>>,
}

/// The file of a source that holds records.
struct Open<'a> {
    source: u32,
    compress: Compress,
    /// None as long as no record is written: of a source that leaves nothing there is no file.
    staged: Option<Packed>,
    /// What stands before all records and is not written yet.
    held: Vec<u8>,
    joiner: Option<Joiner>,
    /// What stood behind the last object.
    between: Vec<u8>,
    /// Where the rows of a table stand.
    rows: Vec<&'a Segment>,
}

impl<'a> Writer<'a> {
    fn take(&mut self, segment: &'a Segment, clean: Clean) -> Result<()> {
        let mirror = |source: u32| Path::new("data").join(&self.corpus.sources[source as usize].mirror);
        if let Clean::Files(files) = clean {
            for (source, text) in files {
                self.staging.file(&self.compress.path(&mirror(source)), &text)?;
            }
            return Ok(());
        }
        let path = mirror(segment.source);
        if self.open.as_ref().is_none_or(|open| open.source != segment.source) {
            self.close()?;
        }
        let open = self.open.get_or_insert_with(|| Open::of(segment.source, self.compress));
        match clean {
            Clean::Files(_) => {}
            Clean::Rows => open.rows.push(segment),
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
        if !open.rows.is_empty() {
            let rows = (open.source, open.rows.as_slice());
            return tables::write(self.corpus, rows, (self.copies, self.fields), self.staging);
        }
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

impl Open<'_> {
    fn of(source: u32, compress: Compress) -> Self {
        Self {
            source,
            compress,
            staged: None,
            held: Vec::new(),
            joiner: None,
            between: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// The file, begun with what stands before all records.
    fn begin(&mut self, staging: &Staging, path: &Path) -> Result<&mut Packed> {
        let staged = match self.staged.take() {
            Some(staged) => staged,
            None => Packed::begin(staging, path, self.compress)?,
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
