//! Wires the stages: the one place with threads.
//!
//! A run reads its input twice: once to find out about every document, once to copy what stays. In between it decides.
//! Nothing is published before everything was written.

mod clusters;
mod corpus;
mod emit;
mod explain;
mod grouping;
mod intake;
mod ledger;
pub mod options;
mod ordered;
pub mod progress;
mod reader;
mod spool;
mod stream;

use std::path::{Component, Path};

pub use explain::explain;
pub use options::Options;
pub use progress::{Phase, Progress, Silent};
pub use stream::strip_stream;

use crate::error::on_one_line;
use crate::read::source::Source;
use crate::read::walk;
use crate::shard::{Shard, Store};
use crate::strip::RuleSet;
use crate::write::card::{self, CardInput};
use crate::write::lock::Lock;
use crate::write::manifest::{FileHash, Manifest};
use crate::write::publish::{self, Former};
use crate::write::staging::Staging;
use crate::{Error, Result};
use ledger::Known;
use options::{Format, Input, Strip};

/// What a run did, for the summary; the manifest holds the counts.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// The manifest as written (or as it would be, for a dry run).
    pub manifest: Manifest,
    /// The first rejects (at most 20), as `FILE#RECORD: cause`.
    pub rejects: Vec<String>,
    /// Things that the user may want to know and that are no rejects (hidden files that were passed over, …).
    pub notes: Vec<String>,
    /// Published files that changed, were added or were deleted (for `--check` and the summary).
    pub changed: Vec<String>,
}

/// Rejects that an outcome names.
const REJECTS_SHOWN: usize = 20;

/// `tamis clean`: strip, find copies and coverage, write corpus and report.
///
/// ```
/// use tamis::run::{self, Options, Silent, options::Input};
///
/// let folder = tempfile::tempdir()?;
/// let (texts, out) = (folder.path().join("texts"), folder.path().join("clean"));
/// std::fs::create_dir(&texts)?;
/// std::fs::write(texts.join("a.txt"), "The bridge was opened on Monday.\nTerms of Use | Privacy Policy\n")?;
/// std::fs::write(texts.join("b.txt"), "The bridge was opened on Monday.\n")?;
///
/// let inputs = vec![Input { name: None, path: texts }];
/// let outcome = run::clean(&Options { inputs, out: out.clone(), ..Options::default() }, &Silent)?;
///
/// let counts = &outcome.manifest.counts;
/// assert_eq!((counts.read, counts.kept, counts.identical), (2, 1, 1));
/// assert_eq!(std::fs::read_to_string(out.join("data/a.txt"))?, "The bridge was opened on Monday.\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Anything that stops the run; inputs that cannot be used are rejects, not errors.
pub fn clean(options: &Options, progress: &dyn Progress) -> Result<Outcome> {
    let rules = match options.strip {
        Strip::None => RuleSet::empty()?,
        Strip::Rules => RuleSet::load(&options.rules)?,
    };
    refuse_nested(&options.inputs, &options.out)?;
    let former = Former::read(&options.out, options.force)?;
    let writes = !options.dry_run && !options.check;
    let _lock = if writes { Some(Lock::take(&options.out)?) } else { None };
    let threads = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build();
    let threads =
        threads.map_err(|e| Error::usage(format!("cannot start threads: {e}"), "give a smaller -j"))?;
    threads.install(|| clean_inside(options, &rules, &former, writes, progress))
}

fn clean_inside(
    options: &Options,
    rules: &RuleSet,
    former: &Former,
    writes: bool,
    progress: &dyn Progress,
) -> Result<Outcome> {
    progress.begin(Phase::Scan, None);
    let (from_stdin, paths): (Vec<Input>, Vec<Input>) =
        options.inputs.iter().cloned().partition(|i| i.path == Path::new("-"));
    let mut found = walk::walk(&paths, options.format, options.inputs.len() > 1)?;
    // The spooled copy of standard input lives until the run ends.
    let spooled =
        if from_stdin.is_empty() { None } else { Some(spool::standard_input(options.format, progress)?) };
    if let Some(spooled) = &spooled {
        let source = spooled.source()?;
        refuse_twins(&source, &found.sources, from_stdin.len())?;
        found.sources.push(source);
        found.sources.sort_by(|a, b| a.key.as_bytes().cmp(b.key.as_bytes()));
    }
    progress.advance(found.sources.len() as u64, 0);

    let stage = reader::stage(rules, options);
    let cache = ledger::cache(&options.out, options.cache.as_deref());
    let store = if writes { Store::open(&cache)? } else { Store::look_into(&cache)? };
    let known = Known::read(&options.out, &stage);
    let mut intake = intake::read(found.sources, &known, (rules, &stage), &store, options, progress)?;
    drop(known);
    intake.rejects.append(&mut found.rejects);
    intake.rejects.sort();
    if !options.allow_heavy_cuts {
        let causes = emit::brake(&intake, rules);
        if !causes.is_empty() {
            return Err(Error::Brake(causes));
        }
    }
    let groups = grouping::group(&mut intake.corpus, options, progress)?;

    let mut staging = if writes { Staging::inside(&options.out, former)? } else { Staging::nowhere() };
    if writes || options.check {
        emit::data(&intake.corpus, options.copies, &mut staging, progress)?;
    }
    let tally = emit::lists(&intake, &groups, (rules, options.copies), &mut staging, progress)?;
    let mut manifest = emit::manifest(&intake, tally.counts.clone(), rules, options);
    let mut changed = Vec::new();
    if writes || options.check {
        emit::report(&intake, &groups, &tally, (rules, &manifest), &mut staging)?;
        changed = former.changes(&staging.hashes());
        let extra = companions(&options.out, &intake, &tally, &manifest, &staging.hashes());
        if writes {
            ledger::write(&options.out, &intake, (rules, &stage), options.cache.as_deref())?;
            manifest = publish::publish(&options.out, staging, manifest, former, &extra)?;
            if options.cache.is_none() {
                let used: Vec<&Path> = intake.corpus.shards.iter().map(Shard::path).collect();
                store.sweep(&used);
            }
        } else {
            let differs = |name: &str, bytes: &[u8]| {
                std::fs::read(options.out.join(name)).map_or(true, |there| there != bytes)
            };
            changed.extend(extra.iter().filter(|(n, b)| differs(n, b)).map(|(n, _)| (*n).to_owned()));
            manifest.outputs = staging.hashes();
            if former.manifest.as_ref().is_some_and(|m| *m != manifest) {
                changed.push("manifest.json".into());
            }
        }
    }
    Ok(Outcome {
        rejects: intake.rejects.iter().take(REJECTS_SHOWN).map(emit::reject_in_words).collect(),
        manifest,
        notes: found.notes,
        changed,
    })
}

/// The files that help a repository: the card, and what git must know. Those that people wrote stay theirs.
fn companions(
    out: &Path,
    intake: &intake::Intake,
    tally: &emit::Tally,
    manifest: &Manifest,
    outputs: &[FileHash],
) -> Vec<(&'static str, Vec<u8>)> {
    let corpus = &intake.corpus;
    let languages: Vec<String> = tally.languages.iter().cloned().collect();
    let records = corpus.sources.iter().any(|s| s.format == Format::Jsonl);
    let texts = outputs.iter().any(|f| f.path.starts_with("data/"));
    let existing = std::fs::read_to_string(out.join("README.md")).ok();
    let card = CardInput { manifest, languages, text_files: texts && !records };
    let mut files = vec![("README.md", card::render(existing.as_deref(), &card).into_bytes())];
    for (name, text) in [(".gitignore", ".tamis/\n"), (".gitattributes", "data/** -text\n")] {
        if !out.join(name).exists() {
            files.push((name, text.into()));
        }
    }
    files
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

/// OUT inside an input would be read by the next run; an input inside OUT might be replaced by this one.
fn refuse_nested(inputs: &[Input], out: &Path) -> Result<()> {
    // OUT need not exist: the nearest folder above it that does decides.
    let absolute = std::path::absolute(out).map_err(Error::io(out, "cannot find the output folder"))?;
    let real = absolute.ancestors().find_map(|above| {
        let rest = absolute.strip_prefix(above).ok()?;
        Some((std::fs::canonicalize(above).ok()?, rest))
    });
    let Some((above, rest)) = real else { return Ok(()) };
    if rest.components().any(|part| part == Component::ParentDir) {
        return Err(Error::usage(
            format!("{}: `..` leads out of a folder that does not exist", on_one_line(out.display())),
            "name the output folder without `..`",
        ));
    }
    let out_real = above.join(rest);
    for input in inputs.iter().filter(|i| i.path != Path::new("-")) {
        let Ok(input_real) = std::fs::canonicalize(&input.path) else { continue };
        let nested = if out_real.starts_with(&input_real) {
            "lies inside the input"
        } else if input_real.starts_with(&out_real) {
            "holds the input"
        } else {
            continue;
        };
        return Err(Error::usage(
            format!(
                "{}: the output folder {nested} {}",
                on_one_line(out.display()),
                on_one_line(input.path.display())
            ),
            "choose an output folder beside the input: -o OUT",
        ));
    }
    Ok(())
}
