//! Wires the stages: the one place with threads.
//!
//! A run reads its input twice: once to find out about every document, once to copy what stays. In between it decides.
//! Nothing is published before everything was written.

mod clusters;
mod comparisons;
mod corpus;
mod data;
mod differences;
mod emit;
mod explain;
mod feed;
mod grouping;
mod inputs;
mod intake;
mod learn;
mod ledger;
mod memory;
pub mod options;
mod ordered;
mod origin;
pub mod progress;
mod reader;
mod report;
mod restore;
mod spool;
mod stream;
mod verify;
mod worker;

use std::path::{Path, PathBuf};

pub use explain::explain;
pub use learn::{Learned, suggest};
pub use options::Options;
pub use progress::{Phase, Progress, Silent};
pub use report::{Reported, report};
pub use restore::{Restored, restore};
pub use stream::strip_stream;
pub use verify::{Failure, Unchecked, Verified, verify};
pub use worker::{finish, plan, read, write};

use crate::shard::{Shard, Store};
use crate::strip::RuleSet;
use crate::write::card::{self, CardInput};
use crate::write::croissant;
use crate::write::lists::List;
use crate::write::lock::Lock;
use crate::write::manifest::Manifest;
use crate::write::publish::{self, Former};
use crate::write::staging::Staging;
use crate::{Error, Result};
use clusters::Groups;
use inputs::Inputs;
use intake::{Intake, Reading};
use learn::Learner;
use ledger::{Known, packs};
use options::Strip;
use worker::{Dealer, Workers};

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
    /// Parts of the input, and those of them that a former run had read already.
    pub parts: u64,
    /// See `parts`.
    pub reused: u64,
}

/// File of the rules that a run learned.
const LEARNED: &str = "rules.learned.toml";

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
    clean_with(options, None, progress)
}

/// As [`clean`], perhaps with what workers have read.
fn clean_with(options: &Options, workers: Option<Workers<'_>>, progress: &dyn Progress) -> Result<Outcome> {
    options.check()?;
    let rules = match options.strip {
        Strip::None => RuleSet::empty()?,
        Strip::Rules | Strip::Repeats | Strip::Page | Strip::Main => RuleSet::load(&options.rules)?,
    };
    inputs::refuse_nested(options)?;
    let writes = !options.dry_run && !options.check;
    let _lock = if writes { Some(Lock::take(&options.out)?) } else { None };
    let former = Former::read(&options.out, options.force)?;
    let threads = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build();
    let threads =
        threads.map_err(|e| Error::usage(format!("cannot start threads: {e}"), "give a smaller -j"))?;
    threads.install(|| clean_inside(options, &rules, &former, (writes, workers), progress))
}

fn clean_inside(
    options: &Options,
    rules: &RuleSet,
    former: &Former,
    (writes, mut workers): (bool, Option<Workers<'_>>),
    progress: &dyn Progress,
) -> Result<Outcome> {
    let mut found = inputs::find(options, progress)?;
    let cache = ledger::cache(&options.out, options.cache.as_deref());
    let store = if writes { Store::open(&cache)? } else { Store::look_into(&cache)? };
    let store = store.holding(memory::for_shards(options));
    loop {
        let learns = options.strip.learns();
        let done = if learns { learn_first(options, rules, &found, &store, progress) } else { Ok(None) };
        let done = done.and_then(|learned| {
            let rules = learned.as_ref().map_or(rules, |(_, rules, _)| rules);
            let stage = reader::stage(rules, options);
            let learned = learned.as_ref().map(|(toml, _, shards)| (toml.as_str(), shards.as_slice()));
            let job = Job { options, rules, stage: &stage, learned, former, writes, store: &store, progress };
            // Answers are to the input as it was planned: what is read once more is read here.
            job.attempt(&found, &Known::read(&options.out, &stage), workers.take())
        });
        match done {
            // An input that changed after it was read is left out, and everything is decided without it; what is
            // known of the others stands in the store.
            Err(Error::Lost { path, cause }) if found.reject(&path, &cause) => {}
            done => return done,
        }
    }
}

/// Rules learned from the input as a file, all rules with them, and the shards that they were learned from.
type LearnedFirst = (String, RuleSet, Vec<PathBuf>);

fn learn_first(
    options: &Options,
    rules: &RuleSet,
    found: &Inputs,
    store: &Store,
    progress: &dyn Progress,
) -> Result<Option<LearnedFirst>> {
    let (learned, shards) = Learner { rules, store, options, progress }.repeats(found)?;
    let file = (learned.rules > 0).then_some((LEARNED, learned.toml.as_str()));
    let rules = RuleSet::load_with(&options.rules, file)?;
    Ok(Some((learned.toml, rules, shards)))
}

/// What a run works with.
struct Job<'a> {
    options: &'a Options,
    rules: &'a RuleSet,
    stage: &'a str,
    /// Rules that were learned, as a file, and the shards of the pass that learned them.
    learned: Option<(&'a str, &'a [PathBuf])>,
    former: &'a Former,
    writes: bool,
    store: &'a Store,
    progress: &'a dyn Progress,
}

impl Job<'_> {
    /// Reads, groups and writes.
    ///
    /// # Errors
    /// What stops the run, and [`Error::Lost`] for an input that cannot be read a second time.
    fn attempt(&self, found: &Inputs, known: &Known, mut workers: Option<Workers<'_>>) -> Result<Outcome> {
        let (options, rules, stage) = (self.options, self.rules, self.stage);
        let sources = found.sources.clone();
        let reading = Reading::begin(sources, known, rules, self.store, self.progress);
        let mut intake = match &mut workers {
            None => reading.all_here((rules, stage), self.store, options, self.progress),
            Some(workers) => {
                worker::gather(reading, (rules, stage), self.store, options, (workers, self.progress))
            }
        }?;
        intake.rejects.extend(found.rejects.iter().cloned());
        intake.rejects.sort();
        if !options.allow_heavy_cuts {
            let causes = emit::brake(&intake, rules);
            if !causes.is_empty() {
                return Err(Error::Brake(causes));
            }
        }
        let groups = grouping::group(&mut intake.corpus, options, self.store, self.progress)?;

        let nowhere = || Ok(Staging::nowhere());
        let staging = if self.writes { Staging::inside(&options.out, self.former) } else { nowhere() };
        let mut staging = staging?;
        if let Some((learned, _)) = self.learned {
            staging.file(Path::new(LEARNED), learned.as_bytes())?;
        }
        let cache = ledger::cache(&options.out, options.cache.as_deref());
        let dealer = workers.as_mut().and_then(|workers| workers.dealer(stage, &cache));
        let (mut written, tally) = self.corpus_and_lists(&intake, &groups, (known, dealer), &mut staging)?;
        let lists = data::form(&intake.corpus, options.to);
        let mut manifest = emit::manifest(&intake, &tally, rules, options);
        if let Some(written) = &mut written {
            manifest.json_columns = std::mem::take(&mut written.json_columns);
        }
        let twins = written.map(|written| written.recipes);
        let mut changed = Vec::new();
        if self.writes || options.check {
            emit::report(&intake, &groups, &tally, (rules, &manifest, lists), self.store, &mut staging)?;
            manifest.outputs = staging.hashes();
            let card = card_input(options, &intake, &tally, &manifest);
            let text_field = data::text_field(&intake.corpus, options);
            let described = croissant::render(&card, text_field.as_deref());
            let described = described.map_err(|e| Error::io(croissant::FILE, "cannot write")(e.into()))?;
            staging.file(Path::new(croissant::FILE), &described)?;
            let extra = companions(&options.out, &card);
            changed = self.former.changes(&staging.hashes());
            if self.writes {
                manifest = self.publish((&intake, twins.as_ref()), staging, manifest, &extra)?;
            } else {
                let differs = |name: &str, bytes: &[u8]| {
                    std::fs::read(options.out.join(name)).map_or(true, |there| there != bytes)
                };
                changed.extend(extra.iter().filter(|(n, b)| differs(n, b)).map(|(n, _)| (*n).to_owned()));
                manifest.outputs = staging.hashes();
                if self.former.manifest.as_ref().is_some_and(|m| *m != manifest) {
                    changed.push("manifest.json".into());
                }
            }
        }
        Ok(Outcome {
            rejects: intake.rejects.iter().take(REJECTS_SHOWN).map(emit::reject_in_words).collect(),
            manifest,
            notes: notes(found, &intake, &tally, options),
            changed,
            reused: intake.reused,
            parts: intake.parts,
        })
    }

    /// Writes the clean corpus, and the lists beside it. A run with a limit to its memory does one after the other.
    fn corpus_and_lists(
        &self,
        intake: &Intake,
        groups: &Groups,
        (known, mut dealer): (&Known, Option<Dealer<'_, '_>>),
        staging: &mut Staging,
    ) -> Result<(Option<data::Written>, emit::Tally)> {
        let (options, progress) = (self.options, self.progress);
        let mut beside = staging.beside();
        let mut corpus = || {
            let known = (known, intake.hashes.as_slice());
            let elsewhere = dealer.as_mut().map(|dealer| dealer as &mut dyn data::Elsewhere);
            let writes = self.writes || options.check;
            let write = || data::write(&intake.corpus, options, known, elsewhere, staging, progress);
            writes.then(write).transpose()
        };
        let mut lists = || emit::lists(intake, groups, (self.rules, options), &mut beside, progress);
        let (written, tally) = match options.memory {
            None => rayon::join(corpus, lists),
            Some(_) => (Ok(corpus()?), lists()),
        };
        let done = (written?, tally?);
        staging.join(beside);
        Ok(done)
    }

    fn publish(
        &self,
        (intake, twins): (&Intake, Option<&data::Recipes>),
        staging: Staging,
        manifest: Manifest,
        extra: &[(&str, Vec<u8>)],
    ) -> Result<Manifest> {
        let (out, cache) = (&self.options.out, self.options.cache.as_deref());
        let unpacked = match self.options.ledger {
            options::Ledger::Refs => Vec::new(),
            options::Ledger::Full => {
                packs::write(out, &intake.corpus.sources, &intake.hashes, self.progress)?
            }
        };
        let made = |source: usize| twins?.made(&intake.corpus, source, &staging);
        let ledger = ledger::write(out, intake, (self.rules, self.stage), cache, (&unpacked, &made))?;
        let manifest = publish::publish(out, staging, manifest, self.former, extra, &[ledger])?;
        packs::sweep(out, &unpacked);
        if cache.is_none() {
            let learned_from =
                self.learned.iter().flat_map(|(_, shards)| shards.iter().map(PathBuf::as_path));
            let notes: Vec<PathBuf> = intake.corpus.notes().map(|about| self.store.notes_at(about)).collect();
            let shards = intake.corpus.shards.iter().map(Shard::path);
            let used = shards.chain(learned_from).chain(notes.iter().map(PathBuf::as_path));
            self.store.sweep(&used.collect::<Vec<_>>());
        }
        Ok(manifest)
    }
}

/// Things that the user may want to know.
fn notes(found: &Inputs, intake: &Intake, tally: &emit::Tally, options: &Options) -> Vec<String> {
    let (mut notes, recrawls) = (found.notes.clone(), tally.counts.recrawls);
    for (option, name) in tally.missing(&options.fields) {
        notes.push(format!("no record has anything that can be used in `{name}` ({option})"));
    }
    if intake.passed > 0 {
        notes.push(format!(
            "{} records of web archives hold no page and no text (requests, pictures, redirects) and were passed over",
            intake.passed
        ));
    }
    if recrawls > 0 {
        let documents = List::Documents.file(data::form(&intake.corpus, options.to));
        notes.push(format!(
            "{recrawls} documents have the address of another one: `recrawl_of` in {documents}"
        ));
    }
    notes
}

/// What the card says, and `croissant.json`.
fn card_input<'a>(
    options: &Options,
    intake: &Intake,
    tally: &emit::Tally,
    manifest: &'a Manifest,
) -> CardInput<'a> {
    CardInput {
        manifest,
        languages: tally.languages.iter().cloned().collect(),
        records: data::records(&intake.corpus, options),
        lists: data::form(&intake.corpus, options.to),
    }
}

/// The files that help a repository: the card, and what git must know. Those that people wrote stay theirs.
fn companions(out: &Path, card: &CardInput<'_>) -> Vec<(&'static str, Vec<u8>)> {
    let existing = std::fs::read_to_string(out.join("README.md")).ok();
    let mut files = vec![("README.md", card::render(existing.as_deref(), card).into_bytes())];
    for (name, text) in [(".gitignore", ".tamis/\n"), (".gitattributes", "data/** -text\n")] {
        if !out.join(name).exists() {
            files.push((name, text.into()));
        }
    }
    files
}
