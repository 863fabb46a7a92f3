//! `tamis restore`: writes input bytes back.

use std::process::ExitCode;

use tamis::{Error, Result};

use super::args::RestoreArgs;
use super::output::{self, Paint};
use super::words::{bytes, count, number, printable, shell_word};

/// What could not be given back, as far as it is shown.
const SHOWN: usize = 20;
/// Exit code if something could not be given back.
const NOT_ALL: u8 = 4;

/// Runs the verb.
///
/// # Errors
/// If there is no ledger, a name names nothing, or a file cannot be written.
pub(crate) fn run(args: &RestoreArgs) -> Result<ExitCode> {
    let restored = tamis::run::restore(&args.out, &args.to, &args.names, &args.place.source)?;
    if args.json {
        let json = serde_json::to_string(&restored);
        let json = json.map_err(|e| Error::io("the answer", "cannot be written")(e.into()))?;
        output::data(format!("{json}\n").as_bytes())?;
    }
    let paint = Paint(output::colored());
    for (key, cause) in restored.missing.iter().take(SHOWN) {
        output::say(&format!("{} {}: {}\n", paint.note("not restored:"), printable(key), printable(cause)));
    }
    if restored.missing.len() > SHOWN {
        output::say(&format!("and {} more\n", number((restored.missing.len() - SHOWN) as u64)));
    }
    let to = shell_word(&args.to.to_string_lossy());
    output::say(&format!("{} to {to}, {}\n", count(restored.files, "file"), bytes(restored.bytes)));
    Ok(if restored.missing.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(NOT_ALL) })
}
