//! Finds what a run is to read, and refuses what cannot be told apart.

use std::path::{Component, Path, PathBuf};

use super::options::{Input, Options};
use super::progress::{Phase, Progress};
use super::spool::{self, Spooled};
use crate::error::{Error, Result, on_one_line};
use crate::read::source::Source;
use crate::read::walk;
use crate::write::publish::{PRIVATE, was_stopped};
use crate::write::record::Reject;

/// What a run is to read.
pub(super) struct Inputs {
    /// Sorted by key.
    pub(super) sources: Vec<Source>,
    /// What cannot be used, with its cause.
    pub(super) rejects: Vec<Reject>,
    /// What was passed over and is no reject.
    pub(super) notes: Vec<String>,
    /// Lives until the run ends.
    _stdin: Option<Spooled>,
}

impl Inputs {
    /// Leaves out the input at `path`, for this cause. Whether it is one.
    pub(super) fn reject(&mut self, path: &Path, cause: &str) -> bool {
        // Members of one archive are lost together.
        let (lost, left): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.sources).into_iter().partition(|source| source.path == path);
        self.sources = left;
        let found = !lost.is_empty();
        self.rejects.extend(lost.into_iter().map(|source| {
            let bytes = Some([0, source.bytes]);
            Reject { file: source.key, record: None, bytes, cause: cause.to_owned() }
        }));
        found
    }
}

/// Walks the inputs, and copies standard input if it is one.
///
/// # Errors
/// Inputs that are not there or have the same keys; an interruption.
pub(super) fn find(options: &Options, progress: &dyn Progress) -> Result<Inputs> {
    progress.begin(Phase::Scan, None);
    let (from_stdin, paths): (Vec<Input>, Vec<Input>) =
        options.inputs.iter().cloned().partition(|i| i.path == Path::new("-"));
    let mut tick = || match progress.stop() {
        Some(signal) => Err(Error::Interrupted(signal)),
        None => Ok(()),
    };
    let mut found = walk::walk(&paths, options.format, options.inputs.len() > 1, &mut tick)?;
    let against = options.against.iter().map(as_written).collect::<Result<Vec<Input>>>()?;
    let mut references = walk::walk(&against, options.format, true, &mut tick)?;
    references.sources.iter_mut().for_each(|source| source.reference = true);
    refuse_same_keys(&found.sources, &references.sources)?;
    found.sources.extend(references.sources);
    found.sources.sort_by(|a, b| a.key.as_bytes().cmp(b.key.as_bytes()));
    found.rejects.extend(references.rejects);
    found.notes.extend(references.notes);
    let spooled =
        if from_stdin.is_empty() { None } else { Some(spool::standard_input(options.format, progress)?) };
    if let Some(spooled) = &spooled {
        let source = spooled.source()?;
        refuse_twins(&source, &found.sources, from_stdin.len())?;
        found.sources.push(source);
        found.sources.sort_by(|a, b| a.key.as_bytes().cmp(b.key.as_bytes()));
    }
    progress.advance(found.sources.len() as u64, 0);
    Ok(Inputs { sources: found.sources, rejects: found.rejects, notes: found.notes, _stdin: spooled })
}

/// Of a folder that a former run wrote, the clean corpus in it, under the folder's name.
///
/// # Errors
/// [`Error::Usage`] if that run was stopped while it published.
fn as_written(input: &Input) -> Result<Input> {
    if was_stopped(&input.path) {
        return Err(Error::usage(
            format!("{}: a run was stopped while it published there", on_one_line(input.path.display())),
            "run that `tamis clean` again first",
        ));
    }
    let data = input.path.join("data");
    if !(data.is_dir() && input.path.join("manifest.json").is_file()) {
        return Ok(input.clone());
    }
    let real = || std::fs::canonicalize(&input.path).ok()?.file_name()?.to_str().map(str::to_owned);
    Ok(Input { name: input.name.clone().or_else(real), path: data })
}

/// A key names one document.
fn refuse_same_keys(inputs: &[Source], references: &[Source]) -> Result<()> {
    let same =
        |source: &&Source| inputs.binary_search_by(|s| s.key.as_bytes().cmp(source.key.as_bytes())).is_ok();
    match references.iter().find(same) {
        None => Ok(()),
        Some(source) => Err(Error::usage(
            format!("{}: an input and what --against names have this key", on_one_line(&source.key)),
            "name it apart: --against NAME=PATH",
        )),
    }
}

/// Standard input can be read once, and what comes of it must not stand where what comes of a file stands.
fn refuse_twins(stdin: &Source, others: &[Source], times: usize) -> Result<()> {
    if times > 1 {
        return Err(Error::usage("standard input is named more than once", "give - once"));
    }
    match others.iter().find(|s| s.key == stdin.key || s.mirror.starts_with(&stdin.mirror)) {
        None => Ok(()),
        Some(other) => Err(Error::usage(
            format!(
                "{}: this input and standard input would be the same file",
                on_one_line(other.path.display())
            ),
            "name it apart: tamis clean - NAME=PATH -o OUT",
        )),
    }
}

/// OUT inside an input would be read by the next run; an input inside OUT might be replaced by this one. So with the
/// cache, which is no part of what is published either.
pub(super) fn refuse_nested(options: &Options) -> Result<()> {
    let Some(out) = real(&options.out, "output folder")? else { return Ok(()) };
    let inputs = || options.inputs.iter().chain(&options.against);
    refuse_nested_in(inputs(), (&options.out, &out), ("output folder", "-o OUT"))?;
    let Some((place, cache)) = options.cache.as_deref().zip(cache_of(options)?) else { return Ok(()) };
    refuse_nested_in(inputs(), (place, &cache), ("cache", "--cache DIR"))?;
    if cache.starts_with(&out) && !cache.starts_with(out.join(PRIVATE)) {
        return Err(Error::usage(
            format!("{}: the cache lies inside the output folder", on_one_line(place.display())),
            "choose a folder of its own: --cache DIR",
        ));
    }
    Ok(())
}

fn cache_of(options: &Options) -> Result<Option<PathBuf>> {
    options.cache.as_deref().map_or(Ok(None), |cache| real(cache, "cache"))
}

fn refuse_nested_in<'a>(
    inputs: impl Iterator<Item = &'a Input>,
    (place, real): (&Path, &Path),
    (what, option): (&str, &str),
) -> Result<()> {
    for input in inputs.filter(|i| i.path != Path::new("-")) {
        let Ok(input_real) = std::fs::canonicalize(&input.path) else { continue };
        let nested = if real.starts_with(&input_real) {
            "lies inside the input"
        } else if input_real.starts_with(real) {
            "holds the input"
        } else {
            continue;
        };
        let (place, input) = (on_one_line(place.display()), on_one_line(input.path.display()));
        return Err(Error::usage(
            format!("{place}: the {what} {nested} {input}"),
            format!("choose a folder beside the input: {option}"),
        ));
    }
    Ok(())
}

/// Where a folder really is that need not exist: the nearest folder above it that does decides.
///
/// # Errors
/// [`Error::Usage`] for `..` below a folder that is not there.
pub(super) fn real(place: &Path, what: &str) -> Result<Option<PathBuf>> {
    let absolute = std::path::absolute(place).map_err(Error::io(place, "cannot find the folder"))?;
    let real = absolute.ancestors().find_map(|above| {
        let rest = absolute.strip_prefix(above).ok()?;
        Some((std::fs::canonicalize(above).ok()?, rest))
    });
    let Some((above, rest)) = real else { return Ok(None) };
    if rest.components().any(|part| part == Component::ParentDir) {
        return Err(Error::usage(
            format!("{}: `..` leads out of a folder that does not exist", on_one_line(place.display())),
            format!("name the {what} without `..`"),
        ));
    }
    Ok(Some(above.join(rest)))
}
