//! Deals the writing of the corpus out: prints units, waits for the answers, and takes over what was written.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::lines::{Lines, flush, line, mark, say};
use super::twins::{Dealt, units};
use super::write::{Head, Written, spelling};
use super::wrong;
use crate::error::{Error, Result};
use crate::run::corpus::Corpus;
use crate::run::data::{Elsewhere, Left, twin_path};
use crate::run::options::Options;
use crate::run::progress::{Phase, Progress};
use crate::write::staging::{Staging, empty_folder};

/// Folder of the cache for what other machines write.
const FOLDER: &str = "twins";

/// The machines that write.
pub(in crate::run) struct Dealer<'a, 'b> {
    pub(super) stage: &'a str,
    pub(super) cache: &'a Path,
    pub(super) answers: &'a mut Lines<'b>,
    pub(super) units: &'a mut (dyn Write + Send),
}

/// What is written by others, which goes with the run.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
        // Only an empty folder goes.
        let _ = self.0.parent().map(std::fs::remove_dir);
    }
}

/// A unit that was dealt out: its mark, and the sources whose twins it makes.
struct Asked {
    plan: String,
    places: Vec<(u32, bool)>,
}

impl Elsewhere for Dealer<'_, '_> {
    fn write(
        &mut self,
        corpus: &Corpus,
        options: &Options,
        left: &mut Left,
        staging: &mut Staging,
        progress: &dyn Progress,
    ) -> Result<()> {
        let dealt = units(corpus, left, options.copies)?;
        // One cache may serve several outputs.
        let out = mark(&absolute(&options.out)?.to_string_lossy());
        let folder = Folder(absolute(self.cache)?.join(FOLDER).join(out));
        let into = folder.0.as_path();
        empty_folder(into)?;
        progress.begin(Phase::Write, Some(dealt.iter().map(|unit| unit.bytes).sum()));
        let asked = self.ask(dealt, options, into)?;
        for (unit, (asked, bytes)) in (0..).zip(&asked) {
            let Some((written, _)) = self.answers.next::<Written>("answer to a unit of writing")? else {
                return Err(progress.stop().map_or_else(
                    || wrong(format!("the answers end before unit {unit} of writing: some are missing")),
                    Error::Interrupted,
                ));
            };
            if written.unit != unit || written.plan != asked.plan {
                return Err(wrong(format!(
                    "standard input, line {}: an answer to unit {} of writing where one to unit {unit} should be; \
                     they come sorted, each once",
                    self.answers.number, written.unit
                )));
            }
            if let Some((place, cause)) = written.lost {
                return Err(match asked.places.get(place as usize) {
                    Some((source, _)) => {
                        Error::Lost { path: corpus.sources[*source as usize].path.clone(), cause }
                    }
                    None => wrong(format!("unit {unit} of writing lost a source that is not of it")),
                });
            }
            asked.take(&written, corpus, options, into, staging)?;
            asked.places.iter().for_each(|(source, _)| left.hold(*source));
            progress.advance(*bytes, 0);
        }
        if let Some((_, text)) = self.answers.next::<serde_json::Value>("line")? {
            let short: String = text.chars().take(60).collect();
            return Err(wrong(format!("more answers than units of writing: {short} …")));
        }
        Ok(())
    }

    fn nothing(&mut self, options: &Options) -> Result<()> {
        let cache = self.cache;
        self.ask(Vec::new(), options, &absolute(cache)?).map(drop)
    }
}

/// A path as all machines know it.
fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(Error::io(path, "cannot be named"))
}

impl Dealer<'_, '_> {
    /// Prints the units, and an empty line behind them. What was asked, each with its bytes.
    fn ask(&mut self, dealt: Vec<Dealt>, options: &Options, into: &Path) -> Result<Vec<(Asked, u64)>> {
        let head = Head {
            stage: spelling(self.stage, options),
            cache: absolute(self.cache)?,
            into: into.to_path_buf(),
            units: dealt.len() as u64,
            bytes: dealt.iter().map(|unit| unit.bytes).sum(),
        };
        say(self.units, &line(&head)?)?;
        let mut asked = Vec::with_capacity(dealt.len());
        for Dealt { twins, places, bytes } in dealt {
            let line = line(&twins)?;
            say(self.units, &line)?;
            asked.push((Asked { plan: mark(&line), places }, bytes));
        }
        say(self.units, "")?;
        flush(self.units)?;
        Ok(asked)
    }
}

impl Asked {
    /// Takes over the files of an answer: those of all sources of which something stays, and no others.
    fn take(
        &self,
        written: &Written,
        corpus: &Corpus,
        options: &Options,
        into: &Path,
        staging: &mut Staging,
    ) -> Result<()> {
        let staying = self.places.iter().filter(|(_, stays)| *stays);
        let paths = staying.map(|(source, _)| twin_path(corpus, *source as usize, options.compress));
        let mut paths: BTreeMap<String, PathBuf> =
            paths.map(|path| (crate::write::names::name_of(&path), path)).collect();
        let folder = into.join(&self.plan);
        for file in &written.files {
            let Some(path) = paths.remove(&file.path) else {
                return Err(wrong(format!(
                    "unit {} of writing made {}, which is not of it",
                    written.unit, file.path
                )));
            };
            staging.take(&path, &folder, file)?;
        }
        match paths.keys().next() {
            None => Ok(()),
            Some(path) => Err(wrong(format!("unit {} of writing did not make {path}", written.unit))),
        }
    }
}
