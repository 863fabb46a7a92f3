//! `tamis strip`: a filter.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::process::ExitCode;

use clap::ArgMatches;
use tamis::run::options::{Input, Options, Strip};
use tamis::{Error, Result};

use super::args::StripVerbArgs;
use super::output::{self, Paint, Pipe};
use super::{clean, settings, words};

/// Runs the verb.
///
/// # Errors
/// Rules with problems, input or output that fails. A reader that went away is a quiet end.
pub(crate) fn run(mut args: StripVerbArgs, matches: &ArgMatches) -> Result<ExitCode> {
    settings::resolve(&mut args.settings, matches)?;
    clean::present(std::iter::once(args.input.as_path()))?;
    let (cutting, records) = (&args.settings.cutting, &args.settings.records);
    let options = Options {
        inputs: vec![Input { name: None, path: args.input.clone() }],
        rules: cutting.rules.clone(),
        strip: if args.page { Strip::Page } else { Strip::Rules },
        layout: !cutting.no_layout,
        fields: clean::fields(records),
        format: records.format,
        ..Options::default()
    };
    let mut input: Box<dyn BufRead> = if args.input.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        let file = File::open(&args.input).map_err(Error::io(&args.input, "cannot be opened"))?;
        Box::new(BufReader::with_capacity(1 << 16, file))
    };
    let mut pipe = Pipe::new(io::stdout().lock());
    let done = tamis::run::strip_stream(&mut *input, &mut pipe, &options).and_then(|counts| {
        pipe.flush().map_err(Error::io("standard output", "cannot be written"))?;
        Ok(counts)
    });
    if pipe.closed {
        return Ok(ExitCode::SUCCESS);
    }
    let rejected = done?.rejected;
    if rejected == 0 || records.rejects.is_some() {
        return Ok(ExitCode::SUCCESS);
    }
    let note = Paint(output::colored()).note("note:");
    let were = if rejected == 1 { "was" } else { "were" };
    let records = words::count(rejected, "record");
    output::say(&format!("{note} {records} could not be used and {were} passed on unchanged\n"));
    Ok(ExitCode::from(3))
}
