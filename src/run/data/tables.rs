//! Tables of the input again, with the rows that stay.

use std::path::Path;

use super::is_written;
use crate::error::{Error, Result};
use crate::read::parquet::Table;
use crate::read::source;
use crate::run::corpus::{Corpus, Document, Segment};
use crate::run::options::{Copies, Fields};
use crate::write::parquet::rewrite_kept;
use crate::write::staging::Staging;

/// The number of a row that stays, and its text where that is another one.
type Stays = (u64, Option<String>);

/// Writes the table of a source, whose rows stand in `segments`. Of one that leaves nothing there is no file.
pub(super) fn write(
    corpus: &Corpus,
    (source, segments): (u32, &[&Segment]),
    (copies, fields): (Copies, &Fields),
    staging: &mut Staging,
) -> Result<()> {
    let entry = &corpus.sources[source as usize];
    let rows = |segment: &&Segment| -> Result<Vec<Result<Stays>>> {
        let all = corpus.documents_of(segment)?;
        let written = all.filter(|document| is_written(corpus.status[document.index], copies));
        Ok(written.map(|document| Ok((document.record(), cleaned(corpus, &document)?))).collect())
    };
    let mut kept =
        segments.iter().flat_map(|segment| rows(segment).unwrap_or_else(|e| vec![Err(e)])).peekable();
    if kept.peek().is_none() {
        return Ok(());
    }
    let lost = |cause: String| Error::Lost { path: entry.path.clone(), cause };
    let file = entry.open().map_err(|e| lost(source::cause(&e)))?;
    let table = Table::open(file, fields).map_err(lost)?;
    let staged = staging.begin(&Path::new("data").join(&entry.mirror))?;
    let (_, staged) = rewrite_kept(&table, &entry.path, staged, kept)?;
    entry.open().map_err(|e| lost(source::cause(&e)))?;
    staged.finish(staging)
}

/// The clean text of a row; none if nothing was cut.
fn cleaned(corpus: &Corpus, document: &Document<'_>) -> Result<Option<String>> {
    if document.row.cuts.1 == 0 {
        return Ok(None);
    }
    let text = corpus.clean_text(document.index)?;
    Ok(Some(String::from_utf8_lossy(&text).into_owned()))
}
