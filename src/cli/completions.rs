//! `tamis completions`: scripts that complete the command line.

use std::process::ExitCode;

use tamis::Result;

use super::args::{self, CompletionsArgs};
use super::output;

/// Runs the verb.
///
/// # Errors
/// If standard output cannot be written.
pub(crate) fn run(args: &CompletionsArgs) -> Result<ExitCode> {
    // Into memory first: the generator panics where a write fails.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut args::command(), "tamis", &mut script);
    output::data(&script)?;
    Ok(ExitCode::SUCCESS)
}
