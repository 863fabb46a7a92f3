//! `tamis verify`: whether an output still is what was written, and whether nothing of the input is lost.
//!
//! The invariant: what is not checked is said. A byte that differs is a failure with its place; what lies no more at hand
//! (a source, a ledger that was deleted) is listed as not checked, and never counts as checked.
//!
//! Three questions, each in its own modules. Is what was published whole: `published` hashes every file that the manifest
//! names, `counts` adds up the lists, which `lists` reads. Is the ledger whole: its seal, and the checksum of each shard
//! and pack, in `inputs`. Is every byte of the input accounted for: `inputs` walks the sources in the order of their keys,
//! in step with documents.jsonl (`listed`); `records`, `singles`, `web_archives` and `tables` decode them once more (`at_hand` says from where), `document` checks each, and
//! `clean` holds what the ledger leaves of them against the clean corpus. One document is held at a time, or one part of
//! a source. The inputs are checked beside what was published; what is found is told in the same order all the same.

mod at_hand;
mod clean;
mod counts;
mod dealt;
mod document;
mod findings;
mod inputs;
mod listed;
mod lists;
mod published;
mod records;
mod singles;
mod tables;
mod web_archives;

use std::path::Path;

pub use self::findings::{Failure, Unchecked, Verified};

use self::findings::Findings;
use super::options::Input;
use crate::error::{Error, Result, on_one_line};
use crate::write::publish::was_stopped;

/// Checks the output in `out`. `sources`: where inputs lie now, if not where the run found them.
///
/// # Errors
/// [`Error::Usage`] if `out` is no output of tamis. What is damaged is no error but a failure in the answer.
pub fn verify(out: &Path, sources: &[Input]) -> Result<Verified> {
    let written = ["manifest.json", "SHA256SUMS", "documents.jsonl", "documents.parquet"];
    if !written.iter().any(|name| out.join(name).is_file()) && !was_stopped(out) {
        return Err(Error::usage(
            format!("{}: no output of tamis", on_one_line(out.display())),
            "tamis clean INPUT -o OUT makes one",
        ));
    }
    let mut findings = Findings::default();
    if let Some(manifest) = published::manifest(out, &mut findings) {
        let mut of_inputs = Findings::default();
        rayon::join(
            || {
                published::files(out, &manifest, &mut findings);
                let languages = counts::check(out, &manifest, &mut findings);
                published::card(out, &manifest, languages, &mut findings);
            },
            || inputs::check(out, &manifest, sources, &mut of_inputs),
        );
        findings.join(of_inputs);
    }
    Ok(findings.finish())
}
