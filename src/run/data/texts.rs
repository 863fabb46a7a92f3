//! The corpus as texts: one document a file.

use std::path::PathBuf;

use super::names::Names;
use super::own::Finder;
use super::plan::{Clean, Plan};
use crate::error::{Error, Result};
use crate::run::corpus::Corpus;
use crate::run::options::Options;
use crate::run::progress::Progress;
use crate::write::staging::Staging;

/// Writes them.
///
/// # Errors
/// As [`write`](super::write).
pub(super) fn write(
    corpus: &Corpus,
    options: &Options,
    staging: &mut Staging,
    progress: &dyn Progress,
) -> Result<()> {
    let names = Names::new(&corpus.sources);
    let add = |clean: &Clean<'_>, _: &mut Finder<'_>, files: &mut Vec<(PathBuf, Vec<u8>)>| {
        let path = names.path(clean.document.source as usize, clean.document.record());
        let text = options.compress.whole(clean.text()?);
        files.push((options.compress.path(&path), text.map_err(Error::io(path, "cannot be compressed"))?));
        Ok(())
    };
    let plan = Plan::new(corpus, options, 1)?;
    plan.each(corpus, options, progress, add, |_, files| {
        files.into_iter().try_for_each(|(path, text)| staging.file(&path, &text))
    })
}
