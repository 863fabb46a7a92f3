//! Writes twins on any machine: each unit into a folder of its own, which the machine that finishes takes over.

use std::fs;
use std::io::{BufRead, Write};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::lines::{Lines, flush, line, mark, say};
use super::twins::Twins;
use super::{here, prepare, same_machine, wrong};
use crate::error::{Error, Result};
use crate::run::data::{Left, write_twins};
use crate::run::options::Options;
use crate::run::progress::Progress;
use crate::shard::Store;
use crate::temporary::NEW;
use crate::write::manifest::FileHash;
use crate::write::staging::Staging;

/// The first line of a plan of writing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    /// What the bytes depend on beside documents: program, rules and options, as a hash.
    pub(super) stage: String,
    /// Folder of the shards, and the one for what is written; all machines see both.
    pub(super) cache: PathBuf,
    pub(super) into: PathBuf,
    /// How many units follow, and how many bytes of input they are made of.
    pub(super) units: u64,
    pub(super) bytes: u64,
}

/// The answer to a unit.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Written {
    pub(super) unit: u64,
    /// What tells the line of the plan that was asked; the folder of the files.
    pub(super) plan: String,
    /// Its twins, by their names in OUT.
    pub(super) files: Vec<FileHash>,
    /// A source of the unit that is no longer what was read, and why.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) lost: Option<(u32, String)>,
}

/// What the bytes of twins depend on, beside documents.
pub(super) fn spelling(stage: &str, options: &Options) -> String {
    mark(&format!("{stage} {:?} {:?}", options.compress, options.fields))
}

/// Writes the units that come after the head of the plan, and prints what was written.
///
/// # Errors
/// A plan made by another program, with other rules or options; an input, a cache or a folder for the result that is
/// not here; a file that cannot be written; an interruption. An input that changed is part of the answer.
pub fn write(
    options: &Options,
    progress: &dyn Progress,
    plan: &mut (dyn BufRead + Send),
    out: &mut dyn Write,
) -> Result<()> {
    let (_, stage) = prepare(options)?;
    let mut plan = Lines::new(plan);
    let Some((head, _)) = plan.next::<Head>("head of a plan of writing")? else {
        return Err(wrong("standard input holds no plan of writing".into()));
    };
    same_machine(&head.stage, &spelling(&stage, options), &[&head.cache, &head.into])?;
    let store = Store::open(&head.cache)?;
    // The engine runs as many of these as there are cores.
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let alone = alone.map_err(|e| wrong(format!("cannot start a thread: {e}")))?;
    while let Some((unit, text)) = plan.next::<Twins>("unit of a plan of writing")? {
        here(&unit.sources)?;
        let plan = mark(&text);
        let written = alone.install(|| twins(unit, &plan, &head, (options, &store), progress))?;
        say(out, &line(&written)?)?;
        flush(out)?;
    }
    Ok(())
}

fn twins(
    unit: Twins,
    plan: &str,
    head: &Head,
    (options, store): (&Options, &Store),
    progress: &dyn Progress,
) -> Result<Written> {
    let number = unit.unit;
    let corpus = unit.corpus(store)?;
    let failed = || Error::io(&head.into, "cannot write what was dealt out (nothing was published)");
    // Two machines may write the same unit at a time.
    let folder = tempfile::Builder::new().prefix(NEW).tempdir_in(&head.into).map_err(failed())?;
    let mut staging = Staging::at(folder.path().to_path_buf());
    let left = Left::none(corpus.sources.len());
    let lost = match write_twins(&corpus, options, &left, &mut staging, progress) {
        Ok(()) => None,
        Err(Error::Lost { path, cause }) => {
            match corpus.sources.iter().position(|source| source.path == path) {
                Some(source) => Some((source as u32, cause)),
                None => return Err(Error::Lost { path, cause }),
            }
        }
        Err(error) => return Err(error),
    };
    let files = if lost.is_none() { staging.hashes() } else { Vec::new() };
    if !files.is_empty() {
        staging.sync()?;
        let place = head.into.join(plan);
        match fs::rename(folder.path(), &place) {
            // What another machine made of the same line has the same bytes.
            Err(_) if place.is_dir() => {}
            // The temporary folder is gone, and nothing is left to be removed.
            moved => moved.map(|()| drop(folder.keep())).map_err(failed())?,
        }
    }
    Ok(Written { unit: number, plan: plan.to_owned(), files, lost })
}
