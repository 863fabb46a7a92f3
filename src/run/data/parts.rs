//! The corpus as files of records, all of one format: `data/part-00000-of-00002.jsonl` and so on.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::columns::Columns;
use super::own::Finder;
use super::plan::{Clean, Plan};
use crate::error::{Error, Result};
use crate::read::jsonl;
use crate::read::source::Source;
use crate::run::corpus::Corpus;
use crate::run::options::{Compress, Format, Options};
use crate::run::progress::Progress;
use crate::write::packed::Packed;
use crate::write::parquet::RecordWriter;
use crate::write::staging::{Staged, Staging};

/// A file of records.
trait Part: Sized {
    /// What is made of some documents beside each other, before it comes into the file.
    type Piece: Default + Send;
    /// Ending of its name, without the dot.
    const ENDING: &'static str;

    fn begin(staging: &Staging, path: &Path, form: &Form) -> Result<Self>;
    fn add(document: &Clean<'_>, finder: &mut Finder<'_>, form: &Form, piece: &mut Self::Piece)
    -> Result<()>;
    fn append(&mut self, piece: Self::Piece) -> Result<()>;
    fn finish(self, staging: &mut Staging) -> Result<()>;
}

/// What all files have in common.
#[derive(Default)]
struct Form {
    compress: Compress,
    /// Of tables.
    columns: Columns,
}

/// Writes the corpus as JSON lines.
///
/// # Errors
/// As [`write`](super::write).
pub(super) fn jsonl(
    corpus: &Corpus,
    options: &Options,
    staging: &mut Staging,
    progress: &dyn Progress,
) -> Result<()> {
    let plan = Plan::new(corpus, options, options.shards)?;
    let form = Form { compress: options.compress, ..Form::default() };
    write::<Packed>(&plan, corpus, (options, &form), staging, progress)
}

/// Writes the corpus as tables. Which columns hold JSON text.
///
/// # Errors
/// As [`write`](super::write).
pub(super) fn parquet(
    corpus: &Corpus,
    options: &Options,
    staging: &mut Staging,
    progress: &dyn Progress,
) -> Result<Vec<String>> {
    let plan = Plan::new(corpus, options, options.shards)?;
    let mut form = Form::default();
    let has_fields = |source: &Source| !source.reference && !source.format.is_single();
    if corpus.sources.iter().any(has_fields) {
        let note = |document: &Clean<'_>, finder: &mut Finder<'_>, columns: &mut Columns| {
            if let Some(own) = finder.of(document)? {
                columns.note(&own);
            }
            Ok(())
        };
        plan.each(corpus, options, progress, note, |_, columns| {
            form.columns.join(columns);
            Ok(())
        })?;
    }
    write::<RecordWriter<Staged>>(&plan, corpus, (options, &form), staging, progress)?;
    Ok(form.columns.json())
}

/// One file after the other, so that one is open at a time. All are written, also those that no document came to: the
/// name says how many there are.
fn write<P: Part>(
    plan: &Plan,
    corpus: &Corpus,
    (options, form): (&Options, &Form),
    staging: &mut Staging,
    progress: &dyn Progress,
) -> Result<()> {
    let begin =
        |staging: &Staging, file: usize| P::begin(staging, &path(file, plan.files(), P::ENDING), form);
    let (mut part, mut at) = (begin(staging, 0)?, 0);
    let mut go_to = |part: &mut P, file: usize, staging: &mut Staging| {
        while at < file {
            at += 1;
            std::mem::replace(part, begin(staging, at)?).finish(staging)?;
        }
        Ok(())
    };
    let add = |document: &Clean<'_>, finder: &mut Finder<'_>, piece: &mut P::Piece| {
        P::add(document, finder, form, piece)
    };
    plan.each(corpus, options, progress, add, |file, piece| {
        go_to(&mut part, file, staging)?;
        part.append(piece)
    })?;
    go_to(&mut part, plan.files() - 1, staging)?;
    part.finish(staging)
}

fn path(file: usize, files: usize, ending: &str) -> PathBuf {
    PathBuf::from(format!("data/part-{file:05}-of-{files:05}.{ending}"))
}

impl Part for Packed {
    type Piece = Vec<u8>;
    const ENDING: &'static str = "jsonl";

    fn begin(staging: &Staging, path: &Path, form: &Form) -> Result<Self> {
        Packed::begin(staging, path, form.compress)
    }

    /// A record of JSON keeps all its bytes but the text; it only comes on a line of its own.
    fn add(document: &Clean<'_>, finder: &mut Finder<'_>, _: &Form, lines: &mut Vec<u8>) -> Result<()> {
        let Clean { corpus, document: d, .. } = document;
        match corpus.sources[d.source as usize].format {
            Format::Jsonl | Format::Json => {
                let (record, cuts) = document.record()?;
                let mut line = Vec::with_capacity(record.len() + 1);
                corpus.append_clean_record(d, &record, &cuts, &mut line);
                add_line(&line, lines);
            }
            _ => match finder.of(document)? {
                Some(own) => own.line(lines),
                None => {
                    serde_json::to_writer(&mut *lines, &document.known()?)
                        .map_err(|e| Error::io("a record", "cannot be written")(e.into()))?;
                    lines.push(b'\n');
                }
            },
        }
        Ok(())
    }

    fn append(&mut self, lines: Vec<u8>) -> Result<()> {
        Packed::append(self, &lines)
    }

    fn finish(self, staging: &mut Staging) -> Result<()> {
        Packed::finish(self, staging)
    }
}

impl Part for RecordWriter<Staged> {
    type Piece = Vec<Map<String, Value>>;
    const ENDING: &'static str = "parquet";

    fn begin(staging: &Staging, path: &Path, form: &Form) -> Result<Self> {
        RecordWriter::new(staging.begin(path)?, form.columns.all())
    }

    /// What is known of a record comes first, then its own fields.
    fn add(document: &Clean<'_>, finder: &mut Finder<'_>, form: &Form, rows: &mut Self::Piece) -> Result<()> {
        match serde_json::to_value(document.known()?) {
            Ok(Value::Object(mut row)) => {
                if let Some(own) = finder.of(document)? {
                    form.columns.fill(&own, &mut row);
                }
                rows.push(row);
            }
            Ok(_) => {}
            Err(e) => return Err(Error::io("a record", "cannot be written")(e.into())),
        }
        Ok(())
    }

    fn append(&mut self, rows: Self::Piece) -> Result<()> {
        rows.into_iter().try_for_each(|row| self.write(row))
    }

    fn finish(self, staging: &mut Staging) -> Result<()> {
        RecordWriter::finish(self)?.finish(staging)
    }
}

/// Appends a JSON object as a line. A break inside can only stand between its tokens, where nothing need be; one at its
/// end stays as it is, and a mark of byte order is no part of a record.
fn add_line(object: &[u8], lines: &mut Vec<u8>) {
    let object = &object[jsonl::mark_len(object)..];
    let end = object.trim_ascii_end().len();
    let (inside, after) = object.split_at(end);
    lines.extend(inside.iter().filter(|b| !matches!(b, b'\n' | b'\r')));
    match after.strip_suffix(b"\n") {
        Some(space) if !space.contains(&b'\n') => lines.extend_from_slice(after),
        _ => lines.push(b'\n'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_comes_on_one_line_and_a_line_stays_as_it_is() {
        for (object, line) in [
            (&b"{\"a\":1}\n"[..], &b"{\"a\":1}\n"[..]),
            (b" {\"a\": 1} \r\n", b" {\"a\": 1} \r\n"),
            (b"{\"a\":1}", b"{\"a\":1}\n"),
            (b"\xEF\xBB\xBF{\"a\":1}\n", b"{\"a\":1}\n"),
            (b"{\r\n  \"a\": [1,\n2]\n}", b"{  \"a\": [1,2]}\n"),
            (b"{\"a\":\"\xFF\\n\"}\n\n", b"{\"a\":\"\xFF\\n\"}\n"),
        ] {
            let mut lines = Vec::new();
            add_line(object, &mut lines);
            assert_eq!(lines, line, "{}", String::from_utf8_lossy(object));
        }
    }
}
