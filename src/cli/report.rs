//! `tamis report`: makes the page of an output again.

use std::process::ExitCode;

use tamis::Result;

use super::args::ReportArgs;
use super::output::{self, Paint};
use super::words::{bytes, count, shell_word};

/// Runs the verb.
///
/// # Errors
/// If OUT is none, was edited, or its ledger is not at hand; if the page cannot be written.
pub(crate) fn run(args: &ReportArgs) -> Result<ExitCode> {
    let reported = tamis::run::report(&args.out, &args.place.source)?;
    let paint = Paint(output::colored());
    if reported.missing > 0 {
        let texts = count(reported.missing, "text");
        output::say(&format!(
            "{} {texts} for it not at hand: say where the inputs lie with --source\n",
            paint.note("note:")
        ));
    }
    let page = shell_word(&args.out.join("report.html").to_string_lossy());
    let changed = if reported.changed { "changed" } else { "the same as before" };
    output::say(&format!("{page}, {}, {changed}\n", bytes(reported.bytes)));
    Ok(ExitCode::SUCCESS)
}
