//! Wires the stages: the one place with threads.

pub mod options;
pub mod progress;

pub use options::Options;
pub use progress::{Phase, Progress};

use std::io::{BufRead, Write};
use std::path::Path;

use crate::write::manifest::{Counts, Manifest};
use crate::{Error, Result};

/// What a run did, for the summary; the manifest holds the counts.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// The manifest as written (or as it would be, for a dry run).
    pub manifest: Manifest,
    /// The first rejects (at most 20), as `FILE#RECORD: cause`.
    pub rejects: Vec<String>,
    /// Things that the user may want to know and that are no rejects (hidden files that were passed over, …).
    pub notes: Vec<String>,
    /// Published files that changed, were added or were deleted (for `--check` and the summary).
    pub changed: Vec<String>,
}

/// `tamis clean`: strip, find copies and coverage, write corpus and report.
///
/// # Errors
/// Anything that stops the run; inputs that cannot be used are rejects, not errors.
pub fn clean(_options: &Options, _progress: &dyn Progress) -> Result<Outcome> {
    Err(Error::usage("not built yet", ""))
}

/// `tamis strip`: records in, cleaned records out, in the same format.
///
/// # Errors
/// Rules with problems, and input or output that fails.
pub fn strip_stream(_input: &mut dyn BufRead, _output: &mut dyn Write, _options: &Options) -> Result<Counts> {
    Err(Error::usage("not built yet", ""))
}

/// `tamis explain`: why a document of a former run looks as it does, as lines of text.
///
/// # Errors
/// If `out` is no folder of tamis or has no such document.
pub fn explain(_out: &Path, _doc: &str) -> Result<String> {
    Err(Error::usage("not built yet", ""))
}
