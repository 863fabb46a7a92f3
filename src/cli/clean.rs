//! `tamis clean`: the main job.

use std::io::ErrorKind;
use std::path::Path;
use std::process::ExitCode;

use clap::ArgMatches;
use tamis::run::options::{Fields, Options};
use tamis::run::{Outcome, Progress};
use tamis::{Error, Result};

use super::args::CleanArgs;
use super::options::RecordArgs;
use super::output::{self, Paint};
use super::progress::{Reporter, Style};
use super::words::{printable, shell_word};
use super::{settings, summary};

/// Runs the verb.
///
/// # Errors
/// Anything that stops the run; rejects and changes only decide the exit code.
pub(crate) fn run(mut args: CleanArgs, matches: &ArgMatches) -> Result<ExitCode> {
    settings::resolve(&mut args.settings, matches)?;
    run_as(&args, tamis::run::clean)
}

/// Runs the main job, or the end of it, with progress and a summary.
///
/// # Errors
/// As [`run`].
pub(crate) fn run_as(
    args: &CleanArgs,
    job: impl FnOnce(&Options, &dyn Progress) -> Result<Outcome>,
) -> Result<ExitCode> {
    let style = if args.once.quiet { Style::None } else { args.settings.run.progress };
    match finish(args, style, job) {
        // Who reads events gets the end as one, too.
        Err(error) if style == Style::Json => {
            output::say(&summary::json_error(&error));
            Ok(ExitCode::from(error.exit_code()))
        }
        done => done,
    }
}

fn finish(
    args: &CleanArgs,
    style: Style,
    job: impl FnOnce(&Options, &dyn Progress) -> Result<Outcome>,
) -> Result<ExitCode> {
    check(args)?;
    let options = options(args);
    let reporter = Reporter::new(style, &options)?;
    let done = job(&options, &reporter);
    reporter.finish();
    let outcome = done?;

    let rejected = outcome.manifest.counts.rejected > 0 && args.settings.records.rejects.is_none();
    let exit = match () {
        () if args.once.check && !outcome.changed.is_empty() => 6,
        () if rejected => 3,
        () => 0,
    };
    if style == Style::Json {
        output::say(&summary::json(&outcome, &options, exit)?);
    } else if !args.once.quiet {
        output::say(&summary::text(&outcome, &options, args.once.verbose, Paint(output::colored())));
    }
    if args.once.json {
        output::data(summary::json(&outcome, &options, exit)?.as_bytes())?;
    }
    Ok(ExitCode::from(exit))
}

/// What the command line alone cannot tell, checked before anything starts.
///
/// # Errors
/// Usage.
pub(crate) fn check(args: &CleanArgs) -> Result<()> {
    let words: Vec<String> = args.inputs.iter().map(|i| shell_word(&i.path.to_string_lossy())).collect();
    if args.settings.out.is_none() {
        let hint = format!("tamis clean {} -o OUT", words.join(" "));
        return Err(Error::usage("no folder for the result", hint));
    }
    let against = &args.settings.matching.against;
    present(args.inputs.iter().chain(against).map(|input| input.path.as_path()))
}

/// Inputs that are not there are mistakes of the command line, all of them named at once.
///
/// # Errors
/// Usage, if any is missing.
pub(crate) fn present<'a>(paths: impl Iterator<Item = &'a Path>) -> Result<()> {
    let missing = |path: &&Path| {
        path.as_os_str() != "-" && path.symlink_metadata().is_err_and(|e| e.kind() == ErrorKind::NotFound)
    };
    let say = |path: &Path| format!("{}: no such file or folder", printable(&path.to_string_lossy()));
    let lines: Vec<String> = paths.filter(missing).map(say).collect();
    if lines.is_empty() {
        return Ok(());
    }
    Err(Error::usage(lines.join("\n"), "check the path; `-` is standard input"))
}

/// What the library is asked to do.
pub(crate) fn options(args: &CleanArgs) -> Options {
    let settings = &args.settings;
    let (cutting, stripping) = (&settings.cutting, &settings.stripping);
    let (matching, records) = (&settings.matching, &settings.records);
    Options {
        inputs: args.inputs.clone(),
        against: matching.against.clone(),
        out: settings.out.clone().unwrap_or_default(),
        rules: cutting.rules.clone(),
        strip: stripping.strip,
        copies: matching.copies,
        similarity: matching.similarity,
        shingle: usize::from(matching.shingle),
        distance: matching.distance,
        candidates: matching.candidates,
        keep: matching.keep.clone(),
        events: matching.events.0,
        fields: fields(records),
        format: records.format,
        to: settings.writing.to,
        shards: settings.writing.shards,
        compress: settings.writing.compress,
        layout: !cutting.no_layout,
        allow_heavy_cuts: stripping.allow_heavy_cuts,
        cache: settings.run.cache.clone(),
        ledger: settings.run.ledger,
        memory: settings.run.memory,
        threads: usize::from(settings.run.threads),
        dry_run: args.once.dry_run,
        check: args.once.check,
        force: args.once.force,
    }
}

/// The names of a record's fields.
pub(crate) fn fields(records: &RecordArgs) -> Fields {
    Fields {
        text: records.text_field.clone(),
        id: records.id_field.clone(),
        url: records.url_field.clone(),
        date: records.date_field.clone(),
        title: records.title_field.clone(),
    }
}
