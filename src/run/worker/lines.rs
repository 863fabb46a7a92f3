//! Lines of JSON, which are all that machines tell each other.

use std::io::{BufRead, Write};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::wrong;
use crate::error::{Error, Result};

/// The lines of standard input.
pub(super) struct Lines<'a> {
    input: &'a mut (dyn BufRead + Send),
    /// Lines so far.
    pub(super) number: u64,
}

impl<'a> Lines<'a> {
    pub(super) fn new(input: &'a mut (dyn BufRead + Send)) -> Self {
        Self { input, number: 0 }
    }

    /// Reads a line, and gives it also as it was written; `what` it should be, for the error. None at the end of the input
    /// and at an empty line.
    ///
    /// # Errors
    /// If it is something else, or cannot be read.
    pub(super) fn next<T: for<'d> Deserialize<'d>>(&mut self, what: &str) -> Result<Option<(T, String)>> {
        let mut line = String::new();
        self.input.read_line(&mut line).map_err(Error::io("standard input", "cannot be read"))?;
        let text = line.trim_end();
        if text.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        let parsed = serde_json::from_str(text);
        let parsed =
            parsed.map_err(|e| wrong(format!("standard input, line {}: no {what}: {e}", self.number)))?;
        Ok(Some((parsed, text.to_owned())))
    }
}

/// Something as a line, without its end.
///
/// # Errors
/// What has no form in JSON.
pub(super) fn line(of: &impl Serialize) -> Result<String> {
    serde_json::to_string(of).map_err(|e| wrong(format!("a line cannot be written: {e}")))
}

/// Writes a line.
///
/// # Errors
/// What standard output does not take.
pub(super) fn say(out: &mut dyn Write, line: &str) -> Result<()> {
    writeln!(out, "{line}").map_err(unsaid())
}

/// Sends off what was said.
///
/// # Errors
/// As [`say`].
pub(super) fn flush(out: &mut dyn Write) -> Result<()> {
    out.flush().map_err(unsaid())
}

fn unsaid() -> impl FnOnce(std::io::Error) -> Error {
    Error::io("standard output", "cannot be written")
}

/// What tells one line of a plan from another.
pub(super) fn mark(line: &str) -> String {
    format!("{:016x}", xxh3_64(line.as_bytes()))
}
