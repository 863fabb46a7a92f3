//! Nearest misses: the kept document that comes closest to being the same as a document, and the coverage that comes
//! closest to being of the same event, each with its score and the one that would have been needed.
//!
//! Nothing of that is written by a run: it is found out again, from shards and sources.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde::Deserialize;

use crate::document::{Decimal4, Status};
use crate::error::{Error, Result, on_one_line};
use crate::figures::number;
use crate::group::copies::LEAST_WORDS;
use crate::group::events::{self, Search};
use crate::group::nearest;
use crate::run::Silent;
use crate::run::corpus::Corpus;
use crate::run::grouping::{Kept, Prints};
use crate::run::report::again;
use crate::write::lists::List;
use crate::write::manifest::Manifest;
use crate::write::publish;
use crate::write::record::DocumentLine;

/// Documents that are compared word by word.
const COMPARED: usize = 16;
/// Kept documents among which coverage is looked for again: all of their texts are read.
const COVERED: usize = 10_000;
/// Documents of a cluster that are named.
const NAMED: usize = 3;

/// Adds what `line`, a document of `out`, was not joined with, to `text`.
pub(super) fn misses(out: &Path, line: &DocumentLine, text: &mut String) {
    if !matches!(line.status, Status::Kept | Status::Identical | Status::Near) {
        return;
    }
    text.push_str("\nnearest that were not joined:\n");
    if told(out, line, text).is_err() {
        text.push_str("  (the ledger, the cache or the inputs are not at hand or changed since)\n");
    }
}

fn told(out: &Path, line: &DocumentLine, text: &mut String) -> Result<()> {
    let manifest = publish::read(out)?;
    let mut corpus = again::read(out, &manifest, &[])?;
    read_status(out, &mut corpus)?;
    let gone = || Error::usage("the ledger is that of another run", "");
    let document = corpus.index_of(&line.doc).ok_or_else(gone)?;
    let copy = copy(&corpus, &manifest, document, line)?;
    let coverage = coverage(&corpus, &manifest, document)?;
    let _ = writeln!(text, "  as a copy: {copy}");
    if let Some(coverage) = coverage {
        let _ = writeln!(text, "  as coverage: {coverage}");
    }
    Ok(())
}

/// What became of each document.
fn read_status(out: &Path, corpus: &mut Corpus) -> Result<()> {
    #[derive(Deserialize)]
    struct Line {
        status: Status,
    }
    let (path, _) = List::Documents.find(out)?;
    let mut lines = BufReader::with_capacity(1 << 18, List::Documents.as_lines(out)?).lines();
    for status in &mut corpus.status {
        let line = lines.next().unwrap_or_else(|| Err(std::io::ErrorKind::UnexpectedEof.into()));
        let line = line.and_then(|line| Ok(serde_json::from_str::<Line>(&line)?));
        *status = line.map_err(Error::io(&path, "cannot read"))?.status;
    }
    Ok(())
}

/// The most similar kept document that it is no copy of.
fn copy(corpus: &Corpus, manifest: &Manifest, document: usize, line: &DocumentLine) -> Result<String> {
    let option = |name: &str| manifest.options.get(name).map_or("", String::as_str);
    let shingle = option("shingle").parse().unwrap_or(5);
    let of = line.of.as_deref().and_then(|of| corpus.index_of(of));
    let others =
        |other: usize| matches!(corpus.status[other], Status::Kept | Status::Reference) && Some(other) != of;
    let found = nearest(&Prints { corpus, shingle, comparisons: None }, document, &others, COMPARED)?;
    let Some(near) = found.first() else {
        return Ok(format!("no kept document was found that shares a run of {shingle} words with it"));
    };
    let too_short = [document, near.of].iter().any(|i| u32::from(corpus.words[*i]) < LEAST_WORDS);
    let bar = match option("copies") {
        "off" => "copies were not looked for".to_owned(),
        _ if too_short => format!("under {LEAST_WORDS} words only the identical is a copy"),
        _ => format!("a copy from {} on", option("similarity")),
    };
    let similarity = Decimal4::ratio(near.shared, near.union);
    Ok(format!("{}  similarity {similarity} ({bar})", on_one_line(corpus.key(near.of)?)))
}

/// The cluster of coverage, perhaps of one document, that it came closest to.
fn coverage(corpus: &Corpus, manifest: &Manifest, document: usize) -> Result<Option<String>> {
    let search = match manifest.options.get("events").map(String::as_str) {
        Some("report") => Search::Fast,
        Some("exact") => Search::Exact,
        _ => return Ok(None),
    };
    let is_kept = |i: &u32| corpus.status[*i as usize] == Status::Kept;
    let kept: Vec<u32> = (0..corpus.len() as u32).filter(is_kept).collect();
    let Ok(article) = kept.binary_search(&(document as u32)) else { return Ok(None) };
    if kept.len() > COVERED {
        let most = number(COVERED as u64);
        return Ok(Some(format!("not looked for among more than {most} documents")));
    }
    let articles = Kept::read(corpus, None, kept)?;
    let Some(miss) = events::nearest(&articles, search, article, &Silent)? else {
        return Ok(Some("nothing resembles it".to_owned()));
    };
    let key = |article: &usize| corpus.key(articles.kept[*article] as usize).map(on_one_line);
    let mut names = miss.members.iter().take(NAMED).map(key).collect::<Result<Vec<String>>>()?.join(", ");
    if miss.members.len() > NAMED {
        let _ = write!(names, " and {} more", number((miss.members.len() - NAMED) as u64));
    }
    Ok(Some(format!("{names}  similarity {} (joined from {} on)", miss.similarity, miss.needed)))
}
