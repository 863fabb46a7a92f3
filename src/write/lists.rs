//! The lists of what became of every document, in either of their forms: JSON lines, or a table beside a corpus of
//! tables.
//!
//! Who writes or reads a list says which one and gets its lines; the form shows in the file's name and nowhere else.
//! As JSON lines no line is ever held: a cluster of a million members is written as its members come. A table holds
//! a row whole, about a kilobyte for each member.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::parquet::{Column, RecordReader, RecordWriter, lists};
use super::staging::{Staged, Staging};
use crate::error::{Error, Result, on_one_line};

/// Name of the list of inputs and records that could not be used: JSON lines in either form.
pub const REJECTS: &str = "rejects.jsonl";

/// A list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// Of [`Cluster`](super::record::Cluster).
    Clusters,
    /// Of [`DocumentLine`](super::record::DocumentLine).
    Documents,
}

/// How lists are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// JSON, one object a line.
    #[default]
    Lines,
    /// Parquet, one object a row.
    Table,
}

impl Form {
    /// Ending of a list's file, without the dot.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Lines => "jsonl",
            Self::Table => "parquet",
        }
    }
}

impl List {
    /// The name of its file in OUT.
    pub fn file(self, form: Form) -> String {
        let name = match self {
            Self::Clusters => "clusters",
            Self::Documents => "documents",
        };
        format!("{name}.{}", form.ending())
    }

    fn columns(self) -> Vec<Column> {
        match self {
            Self::Clusters => lists::clusters(),
            Self::Documents => lists::documents(),
        }
    }

    /// Where it stands in `out`, and how it is written.
    ///
    /// # Errors
    /// [`Error::Usage`] if `out` has no such list.
    pub fn find(self, out: &Path) -> Result<(PathBuf, Form)> {
        let mut forms = [Form::Lines, Form::Table].map(|form| (out.join(self.file(form)), form)).into_iter();
        forms.find(|(path, _)| path.is_file()).ok_or_else(|| {
            Error::usage(
                format!("{}: no output of tamis", on_one_line(out.display())),
                "tamis clean INPUT -o OUT makes one",
            )
        })
    }

    /// The list in `out` as lines of JSON, whatever its form: a table is copied to a temporary file.
    ///
    /// # Errors
    /// As [`List::with_word`].
    pub fn as_lines(self, out: &Path) -> Result<File> {
        let (path, form) = self.find(out)?;
        let file = File::open(&path).map_err(Error::io(&path, "cannot read"))?;
        if form == Form::Lines {
            return Ok(file);
        }
        let copy = || -> std::io::Result<File> {
            let mut lines = BufWriter::with_capacity(1 << 18, tempfile::tempfile()?);
            let mut failed = Ok(());
            let read = RecordReader::open(file, self.columns()).and_then(|rows| {
                rows.each(|row| {
                    if failed.is_ok() {
                        failed = serde_json::to_writer(&mut lines, &row)
                            .map_err(Into::into)
                            .and_then(|()| lines.write_all(b"\n"));
                    }
                })
            });
            failed?;
            read.map_err(std::io::Error::other)?;
            let mut file = lines.into_inner().map_err(std::io::IntoInnerError::into_error)?;
            file.rewind()?;
            Ok(file)
        };
        copy().map_err(Error::io(&path, "cannot read"))
    }

    /// The lines of the list in `out` that hold the string `word`, as a value.
    ///
    /// # Errors
    /// [`Error::Usage`] if `out` has no such list, [`Error::Io`] if it cannot be read.
    pub fn with_word<T: DeserializeOwned>(self, out: &Path, word: &str) -> Result<Vec<T>> {
        let (path, form) = self.find(out)?;
        let file = File::open(&path).map_err(Error::io(&path, "cannot read"))?;
        let mut found = Vec::new();
        match form {
            Form::Lines => {
                let word = serde_json::to_string(word).unwrap_or_default();
                for line in BufReader::with_capacity(1 << 18, file).lines() {
                    let line = line.map_err(Error::io(&path, "cannot read"))?;
                    if line.contains(&word) {
                        found.extend(serde_json::from_str(&line).ok());
                    }
                }
            }
            Form::Table => {
                let damaged = Error::io(&path, "cannot read");
                let read = RecordReader::open(file, self.columns()).and_then(|rows| {
                    rows.each(|row| {
                        if holds(&row, word) {
                            found.extend(serde_json::from_value(row).ok());
                        }
                    })
                });
                read.map_err(|cause| damaged(std::io::Error::other(cause)))?;
            }
        }
        Ok(found)
    }
}

/// Whether a string stands in a value, however deep.
fn holds(value: &Value, word: &str) -> bool {
    match value {
        Value::String(text) => text == word,
        Value::Array(values) => values.iter().any(|value| holds(value, word)),
        Value::Object(fields) => fields.values().any(|value| holds(value, word)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A list being written; [`ListWriter::finish`] it, or it is not published.
#[derive(Debug)]
pub enum ListWriter {
    /// JSON lines.
    Lines(Staged),
    /// A table.
    Table(Box<RecordWriter<Staged>>),
}

impl ListWriter {
    /// Begins `list` in this form.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn begin(staging: &Staging, list: List, form: Form) -> Result<Self> {
        let staged = staging.begin(Path::new(&list.file(form)))?;
        Ok(match form {
            Form::Lines => Self::Lines(staged),
            Form::Table => Self::Table(Box::new(RecordWriter::new(staged, list.columns())?)),
        })
    }

    /// Appends a line.
    ///
    /// # Errors
    /// [`Error::Io`], and whatever `line` fails with when it is written.
    pub fn push(&mut self, line: &impl Serialize) -> Result<()> {
        match self {
            Self::Lines(staged) => staged.json(line),
            Self::Table(table) => table.record(line),
        }
    }

    /// Ends the list and enters it into `staging`.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn finish(self, staging: &mut Staging) -> Result<()> {
        match self {
            Self::Lines(staged) => staged.finish(staging),
            Self::Table(table) => table.finish()?.finish(staging),
        }
    }
}
