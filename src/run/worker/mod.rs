//! The stages of a run as programs that a cluster engine starts on many machines: plan, read, write, finish.
//!
//! `plan` walks the input and prints it as units, one a line. `read` takes units on standard input, on any machine and in
//! any order, puts what it finds into shards, and prints a line for each part. `finish` takes these lines, sorted, and does
//! what [`clean`](super::clean) does after reading. If it deals out, it prints units in its turn: `write` makes the clean
//! twins of their sources, on any machine, and `finish` takes them over. It is the same code, so it gives the same bytes;
//! the engine only carries lines. All machines see the input and the cache under the same paths. Shards and twins are
//! named by what they are made of and renamed into place: a unit that is done twice, or by two machines at a time, does no
//! harm.

mod answer;
mod deal;
mod lines;
mod twins;
mod unit;
mod write;

use std::io::{BufRead, Write};
use std::path::Path;

use self::answer::{Answer, Found};
pub(super) use self::deal::Dealer;
use self::lines::{Lines, flush, line, mark, say};
use self::unit::{Head, Unit, What, head, units};
pub use self::write::write;
use super::feed::{Feed, SLICE, Split, Task};
use super::intake::{Intake, Reading};
use super::ledger::{self, Known};
use super::options::{Options, Strip};
use super::progress::Progress;
use super::reader::{self, Portion, Reader};
use super::{Outcome, inputs};
use crate::error::{Error, Result};
use crate::read::source::{Source, cause};
use crate::shard::{Name, Shard, Store};
use crate::strip::RuleSet;
use crate::write::durable::hash_file;
use crate::write::publish::Former;

/// Answers are wrong, or no answers.
fn wrong(what: String) -> Error {
    Error::usage(what, "start again from `tamis worker plan`: what was read stays in the cache")
}

/// Prints the input of a run as units: a head, then one unit a line.
///
/// # Errors
/// What [`clean`](super::clean) refuses before it reads, and what only one machine can do: standard input,
/// `--strip repeats`, dry runs.
pub fn plan(options: &Options, progress: &dyn Progress, out: &mut dyn Write) -> Result<()> {
    let (rules, stage) = prepare(options)?;
    inputs::refuse_nested(options)?;
    Former::read(&options.out, options.force)?;
    let found = inputs::find(options, progress)?;
    let cache = ledger::cache(&options.out, options.cache.as_deref());
    let store = Store::open(&cache)?;
    let known = Known::read(&options.out, &stage);
    let reading = Reading::begin(found.sources, &known, &rules, &store, progress);
    let planned = units(reading.sources(), |i| reading.is_open(i))?;
    let cache = std::path::absolute(&cache).map_err(Error::io(&cache, "cannot be named"))?;
    let head = line(&head(&stage, cache, &planned))?;
    let lines = std::iter::once(head.as_str()).chain(planned.iter().map(|planned| planned.line.as_str()));
    for line in lines {
        say(out, line)?;
    }
    flush(out)
}

/// Rules and stage of a run that is done by several machines.
fn prepare(options: &Options) -> Result<(RuleSet, String)> {
    options.check()?;
    let refuse = |what: &str, hint: &str| Err(Error::usage(what, hint));
    if options.inputs.iter().any(|input| input.path == Path::new("-")) {
        return refuse(
            "standard input is at one machine only",
            "name files or folders that all machines see",
        );
    }
    if options.dry_run || options.check {
        return refuse("workers write shards: no dry run, no --check", "tamis clean -n");
    }
    let rules = match options.strip {
        Strip::None => RuleSet::empty()?,
        Strip::Rules | Strip::Page => RuleSet::load(&options.rules)?,
        Strip::Repeats | Strip::Main => {
            let hint = "tamis rules suggest INPUT... -o learned.toml, then --rules learned.toml --rules rules, and \
                        --strip page instead of main";
            return refuse("workers do not learn rules: --strip repeats and main need one machine", hint);
        }
    };
    let stage = reader::stage(&rules, options);
    Ok((rules, stage))
}

/// Fails if a plan was made with another `stage` than this machine has, or if a folder of it is not here.
fn same_machine(planned: &str, stage: &str, folders: &[&Path]) -> Result<()> {
    if planned != stage {
        return Err(Error::usage(
            "the plan was made by another version of tamis, or with other rules or options than this machine has",
            "the same binary, rules, TAMIS_* and tamis.toml on all machines",
        ));
    }
    match folders.iter().find(|folder| !folder.is_dir()) {
        None => Ok(()),
        Some(folder) => Err(Error::usage(
            format!("{}: this folder of the plan is not here", folder.display()),
            "a folder that all machines see under this path",
        )),
    }
}

/// Fails if a source is not here. A file that one machine has seen and another one cannot is no bad input but a folder
/// that is not there.
fn here(sources: &[Source]) -> Result<()> {
    match sources.iter().find(|source| !source.path.exists()) {
        None => Ok(()),
        Some(source) => Err(Error::usage(
            format!("{}: this input is not here", source.path.display()),
            "a folder that all machines see under this path",
        )),
    }
}

/// The shard of a unit that has this name.
fn shard(unit: u64, name: &str, store: &Store) -> Result<Shard> {
    let found = Name::parse(name).and_then(|name| store.get(name));
    found.ok_or_else(|| {
        wrong(format!(
            "unit {unit}: shard {name} is not in the cache, or damaged: another run may have swept it"
        ))
    })
}

/// Reads the units that come after the head of the plan, and prints what was found.
///
/// # Errors
/// A plan made by another program, with other rules or options; an input or a cache that is not here; an interruption.
/// What cannot be read is part of the answer.
pub fn read(
    options: &Options,
    progress: &dyn Progress,
    plan: &mut (dyn BufRead + Send),
    out: &mut dyn Write,
) -> Result<()> {
    let (rules, stage) = prepare(options)?;
    let mut plan = Lines::new(plan);
    let Some((head, _)) = plan.next::<Head>("head of a plan")? else {
        return Err(wrong("standard input holds no plan".into()));
    };
    same_machine(&head.stage, &mark(&stage), &[&head.cache])?;
    let store = Store::open(&head.cache)?;
    while let Some((unit, text)) = plan.next::<Unit>("unit of a plan")? {
        let mut worker = Worker { rules: &rules, stage: &stage, store: &store, options, progress };
        let mut answers = Answers { unit: unit.unit, plan: mark(&text), part: 0, held: None, out };
        worker.read(&unit, &mut answers)?;
        answers.end()?;
    }
    Ok(())
}

/// Writes the answers to one unit; the last one is marked.
struct Answers<'a> {
    unit: u64,
    plan: String,
    part: u64,
    held: Option<Answer>,
    out: &'a mut dyn Write,
}

impl Answers<'_> {
    fn push(&mut self, answer: Answer) -> Result<()> {
        let answer = Answer { unit: self.unit, part: self.part, plan: self.plan.clone(), ..answer };
        self.part += 1;
        match self.held.replace(answer) {
            Some(former) => self.write(&former),
            None => Ok(()),
        }
    }

    fn write(&mut self, answer: &Answer) -> Result<()> {
        say(self.out, &line(answer)?)
    }

    fn end(mut self) -> Result<()> {
        if let Some(last) = self.held.take() {
            self.write(&Answer { last: true, ..last })?;
        }
        flush(self.out)
    }
}

struct Worker<'a> {
    rules: &'a RuleSet,
    stage: &'a str,
    store: &'a Store,
    options: &'a Options,
    progress: &'a dyn Progress,
}

impl Worker<'_> {
    fn read(&mut self, unit: &Unit, answers: &mut Answers<'_>) -> Result<()> {
        let sources = unit.sources.as_slice();
        here(sources)?;
        let mut reader = Reader::new(sources, self.rules, self.store, self.stage, self.options);
        match unit.what {
            What::Hash => answers.push(hash(sources)),
            What::Texts => {
                let texts = Task::Texts((0..sources.len() as u32).collect());
                answers.push(Answer::of(self.portion(&mut reader, texts)?))
            }
            What::Slices([start, end]) => {
                for start in (start..end.max(start + 1)).step_by(SLICE as usize) {
                    let bytes = start..(start + SLICE).min(end);
                    let portion = self.portion(&mut reader, Task::Slice { source: 0, bytes })?;
                    answers.push(Answer::of(portion))?;
                }
                let is_whole =
                    sources.first().is_some_and(|source| start == 0 && end == source.bytes && end <= SLICE);
                if is_whole { answers.push(hash(sources)) } else { Ok(()) }
            }
            What::Stream => std::thread::scope(|scope| {
                let streams = Split { streams: (0..sources.len()).collect(), ..Split::default() };
                for task in Feed::new(scope, sources, &self.options.fields, self.progress, streams) {
                    answers.push(Answer::of(self.portion(&mut reader, task)?))?;
                }
                Ok(())
            }),
        }
    }

    fn portion(&self, reader: &mut Reader<'_>, task: Task) -> Result<Portion> {
        match self.progress.stop() {
            Some(signal) => Err(Error::Interrupted(signal)),
            None => reader.read(task, self.progress),
        }
    }
}

/// The SHA-256 of a source as it lies there.
fn hash(sources: &[Source]) -> Answer {
    let hash = || {
        let Some(source) = sources.first() else { return Ok(None) };
        source.open()?;
        let (_, sha256) = hash_file(&source.path)?;
        source.open()?;
        Ok(Some(sha256))
    };
    let (sha256, failed) = match hash() {
        Ok(sha256) => (sha256, None),
        Err(e) => (None, Some(cause(&e))),
    };
    Answer {
        unit: 0,
        part: 0,
        last: false,
        plan: String::new(),
        found: Found::Hash(sha256),
        shard: None,
        reused: false,
        offset: 0,
        rejects: Vec::new(),
        failed,
    }
}

/// What workers are told, and what they answer.
pub(super) struct Workers<'a> {
    answers: Lines<'a>,
    /// Where units of writing go, if they are dealt out.
    units: Option<&'a mut (dyn Write + Send)>,
}

/// Does what [`clean`](super::clean) does, with what workers have read. With `units` the writing of the corpus is dealt
/// out: a head and units are written there, an empty line ends them, and the answers to them come behind the others.
///
/// # Errors
/// Those of [`clean`](super::clean); answers that are missing, out of order, or to another plan.
pub fn finish<'a>(
    options: &Options,
    progress: &dyn Progress,
    answers: &'a mut (dyn BufRead + Send),
    units: Option<&'a mut (dyn Write + Send)>,
) -> Result<Outcome> {
    prepare(options)?;
    super::clean_with(options, Some(Workers { answers: Lines::new(answers), units }), progress)
}

/// The intake of a run from the answers of workers. What cannot be named in a plan is read here.
///
/// # Errors
/// As [`finish`].
pub(super) fn gather(
    mut reading: Reading,
    (rules, stage): (&RuleSet, &str),
    store: &Store,
    options: &Options,
    (workers, progress): (&mut Workers<'_>, &dyn Progress),
) -> Result<Intake> {
    let planned = units(reading.sources(), |i| reading.is_open(i))?;
    answer::join(&planned, &mut workers.answers, store, &mut reading)?;
    if workers.units.is_none() {
        answer::end(&mut workers.answers)?;
    }
    reading.here(&|source| !unit::can_be_named(source), (rules, stage), store, options, progress)?;
    reading.end(rules)
}

impl<'a> Workers<'a> {
    /// Those that write, if the writing is dealt out.
    pub(super) fn dealer<'b>(&'b mut self, stage: &'b str, cache: &'b Path) -> Option<Dealer<'b, 'a>> {
        let Self { answers, units } = self;
        let units = units.as_deref_mut()?;
        Some(Dealer { stage, cache, answers, units })
    }
}
