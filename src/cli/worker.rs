//! `tamis worker`: the stages of the main job, for an engine that runs them on many machines.

use std::io::{BufRead, BufReader, BufWriter, Write};
use std::process::ExitCode;

use clap::ArgMatches;
use tamis::Result;
use tamis::run::options::Options;

use super::args::{CleanArgs, Stage};
use super::progress::{Reporter, Style};
use super::{clean, settings};

/// Runs a stage.
///
/// # Errors
/// Anything that stops it.
pub(crate) fn run(stage: Stage, matches: &ArgMatches) -> Result<ExitCode> {
    match stage {
        Stage::Plan(mut args) => {
            settings::resolve(&mut args.settings, matches)?;
            clean::check(&args)?;
            piped(&args, |options, progress, _, out| tamis::run::plan(options, progress, out))
        }
        Stage::Read(mut args) => {
            // The plan has seen the inputs.
            settings::resolve(&mut args.settings, matches)?;
            piped(&args, |options, progress, plan, out| tamis::run::read(options, progress, plan, out))
        }
        Stage::Write(mut args) => {
            settings::resolve(&mut args.settings, matches)?;
            piped(&args, |options, progress, plan, out| tamis::run::write(options, progress, plan, out))
        }
        Stage::Finish(mut args) => {
            settings::resolve(&mut args.clean.settings, matches)?;
            let mut answers = BufReader::with_capacity(1 << 18, std::io::stdin());
            let mut out = BufWriter::with_capacity(1 << 18, std::io::stdout());
            let units = args.deal.then_some(&mut out as &mut (dyn Write + Send));
            clean::run_as(&args.clean, |options, progress| {
                tamis::run::finish(options, progress, &mut answers, units)
            })
        }
    }
}

/// Lines in, lines out, and nothing on a terminal.
fn piped(
    args: &CleanArgs,
    stage: impl FnOnce(&Options, &Reporter, &mut (dyn BufRead + Send), &mut dyn Write) -> Result<()>,
) -> Result<ExitCode> {
    let options = clean::options(args);
    let reporter = Reporter::new(Style::None, &options)?;
    let mut input = BufReader::with_capacity(1 << 18, std::io::stdin());
    let mut out = BufWriter::with_capacity(1 << 18, std::io::stdout());
    stage(&options, &reporter, &mut input, &mut out)?;
    reporter.finish();
    Ok(ExitCode::SUCCESS)
}
