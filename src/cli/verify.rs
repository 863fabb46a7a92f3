//! `tamis verify`: whether an output is whole, and nothing of its input lost.

use std::process::ExitCode;

use tamis::run::Verified;
use tamis::{Error, Result};

use super::args::VerifyArgs;
use super::output;
use super::words::{bytes, count, number, printable, shell_word};

/// Failures that are shown.
const SHOWN: usize = 20;
/// Exit code of an output that is not whole.
const NOT_WHOLE: u8 = 4;

/// Runs the verb.
///
/// # Errors
/// If OUT is none.
pub(crate) fn run(args: &VerifyArgs) -> Result<ExitCode> {
    let verified = tamis::run::verify(&args.out, &args.place.source)?;
    let whole = verified.failed == 0;
    let text = if args.json {
        let json = serde_json::to_string(&verified)
            .map_err(|e| Error::io("the answer", "cannot be written")(e.into()))?;
        format!("{json}\n")
    } else {
        text(&verified, &shell_word(&args.out.to_string_lossy()))
    };
    output::data(text.as_bytes())?;
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::from(NOT_WHOLE) })
}

/// The answer as text, made for 80 columns.
fn text(verified: &Verified, out: &str) -> String {
    let mut text = String::new();
    for failure in verified.failures.iter().take(SHOWN) {
        text += &format!("FAILED  {}", printable(&failure.file));
        if let Some(offset) = failure.offset {
            text += &format!(", byte {}", number(offset));
        }
        if let Some(doc) = failure.doc.as_ref().filter(|doc| **doc != failure.file) {
            text += &format!(", document {}", printable(doc));
        }
        text += &format!("\n        {}\n", printable(&failure.cause));
    }
    let shown = verified.failures.len().min(SHOWN) as u64;
    if verified.failed > shown {
        text += &format!("        and {} more\n", number(verified.failed - shown));
    }
    if verified.failed > 0 {
        text.push('\n');
    }
    let Verified { files, documents, rebuilt, inputs, rebuilt_bytes, .. } = verified;
    text += &format!("hashed       {}\n", count(*files, "file"));
    text += &format!("counted      {}\n", count(*documents, "document"));
    text += &format!(
        "rebuilt      {} of {}, {} unpacked\n",
        number(*rebuilt),
        count(*inputs, "input"),
        bytes(*rebuilt_bytes)
    );
    for unchecked in &verified.unchecked {
        text += &format!("not checked  {} ({}", printable(&unchecked.cause), printable(&unchecked.first));
        text += &match unchecked.count {
            1 => ")\n".to_owned(),
            n => format!(" and {} more)\n", number(n - 1)),
        };
    }
    text += &match (verified.failed, verified.unchecked.is_empty()) {
        (0, true) => format!("\n{out} is whole\n"),
        (0, false) => format!("\n{out} is whole, as far as it was checked\n"),
        (n, _) => format!("\n{out} is NOT whole: {}\n", count(n, "failure")),
    };
    text
}
