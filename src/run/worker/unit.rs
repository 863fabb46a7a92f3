//! Units: parts of the input that any machine can read by itself.

use std::collections::VecDeque;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::lines::{line, mark};
use crate::error::{Error, Result};
use crate::read::source::Source;
use crate::run::feed::{SLICE, Split, Task, split};

/// Bytes of a unit of lines: some slices, so that beginning costs little.
const UNIT: u64 = 16 * SLICE;

/// The first line of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    /// What every answer depends on beside the bytes of the input: program, rules and options, as a hash.
    pub(super) stage: String,
    /// Folder of the shards, which all machines see.
    pub(super) cache: PathBuf,
    /// How many units follow, and how many bytes they hold.
    pub(super) units: u64,
    pub(super) bytes: u64,
}

/// What a unit asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum What {
    /// The documents of plain files.
    Texts,
    /// The records that begin in a range of bytes of one plain file.
    Slices([u64; 2]),
    /// The documents of one file, or of the members of one archive, which can only be read from their beginning.
    Stream,
    /// The SHA-256 of a file that is read in several units.
    Hash,
}

/// A line of a plan.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Unit {
    /// Its number, from 0.
    pub(super) unit: u64,
    pub(super) what: What,
    pub(super) sources: Vec<Source>,
}

impl Unit {
    fn bytes(&self) -> u64 {
        match self.what {
            What::Slices([start, end]) => end - start,
            What::Texts | What::Stream | What::Hash => self.sources.iter().map(|source| source.bytes).sum(),
        }
    }
}

/// A unit, its line, and where its sources stand among all.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) unit: Unit,
    pub(super) line: String,
    pub(super) places: Vec<usize>,
}

/// Whether a source can be named in a line of JSON. Others are read by the machine that finishes.
pub(super) fn can_be_named(source: &Source) -> bool {
    !source.fleeting && source.path.to_str().is_some() && source.mirror.to_str().is_some()
}

/// A source as any machine finds it.
///
/// # Errors
/// If its folder cannot be named, because the current one is gone.
pub(super) fn named(source: &Source) -> Result<Source> {
    let path = std::path::absolute(&source.path).map_err(Error::io(&source.path, "cannot be named"))?;
    Ok(Source { path, ..source.clone() })
}

/// The units for those of `sources` that are wanted and can be named: a function of the sources.
///
/// # Errors
/// If a folder cannot be named, because the current one is gone.
pub(super) fn units(sources: &[Source], wanted: impl Fn(usize) -> bool) -> Result<Vec<Planned>> {
    let Split { plain, streams } = split(sources, |i| wanted(i) && can_be_named(&sources[i]));
    let mut parts = of_plain(plain, sources);
    let same_file =
        |a: &usize, b: &usize| sources[*a].member.is_some() && sources[*a].path == sources[*b].path;
    parts.extend(streams.chunk_by(same_file).map(|members| (What::Stream, members.to_vec())));
    let plan = |(number, (what, places)): (u64, (What, Vec<usize>))| {
        let sources = places.iter().map(|place| named(&sources[*place]));
        let unit = Unit { unit: number, what, sources: sources.collect::<Result<_>>()? };
        Ok(Planned { line: line(&unit)?, unit, places })
    };
    (0..).zip(parts).map(plan).collect()
}

/// Units of plain files: slices of one file are put together, and a file of several units is hashed by one more.
fn of_plain(plain: VecDeque<Task>, sources: &[Source]) -> Vec<(What, Vec<usize>)> {
    let mut units: Vec<(What, Vec<usize>)> = Vec::new();
    for task in plain {
        match task {
            Task::Texts(texts) => units.push((What::Texts, texts.iter().map(|i| *i as usize).collect())),
            Task::Slice { source, bytes } => {
                match units.last_mut() {
                    Some((What::Slices([start, end]), of))
                        if of[..] == [source] && *end == bytes.start && bytes.end - *start <= UNIT =>
                    {
                        *end = bytes.end;
                    }
                    _ => units.push((What::Slices([bytes.start, bytes.end]), vec![source])),
                }
                if bytes.end == sources[source].bytes && bytes.start > 0 {
                    units.push((What::Hash, vec![source]));
                }
            }
            Task::Piece(_) => {}
        }
    }
    units
}

/// The head of a plan.
pub(super) fn head(stage: &str, cache: PathBuf, units: &[Planned]) -> Head {
    let bytes = units.iter().map(|planned| planned.unit.bytes()).sum();
    Head { stage: mark(stage), cache, units: units.len() as u64, bytes }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::options::Input;

    #[test]
    fn the_units_of_a_large_file_cover_it_and_one_more_hashes_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.jsonl");
        let size = 3 * UNIT + SLICE + 1;
        // How it begins tells how it is written; the rest is a hole.
        std::fs::write(&path, "{\"text\":\"\"}\n".repeat(8 << 10)).unwrap();
        std::fs::File::options().append(true).open(&path).unwrap().set_len(size).unwrap();
        let input = Input { name: None, path };
        let found = crate::read::walk::walk(&[input], None, false, &mut || Ok(())).unwrap();
        let units = units(&found.sources, |_| true).unwrap();
        let what: Vec<What> = units.iter().map(|planned| planned.unit.what).collect();
        let slices = |n: u64| What::Slices([n * UNIT, size.min((n + 1) * UNIT)]);
        assert_eq!(what, [slices(0), slices(1), slices(2), slices(3), What::Hash]);
        assert_eq!(head("", "".into(), &units).bytes, 2 * size);
    }
}
