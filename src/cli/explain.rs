//! `tamis explain`: why a document looks as it does.

use std::process::ExitCode;

use tamis::Result;

use super::args::ExplainArgs;
use super::{output, words};

/// Runs the verb.
///
/// # Errors
/// If OUT is none or has no such document.
pub(crate) fn run(args: &ExplainArgs) -> Result<ExitCode> {
    let mut text = words::printable_lines(&tamis::run::explain(&args.out, &args.doc)?);
    if !text.ends_with('\n') {
        text.push('\n');
    }
    output::data(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
