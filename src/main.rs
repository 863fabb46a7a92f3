//! The `tamis` command: reads the command line, hands it to a verb, turns what comes back into an exit code.

mod cli;

use std::process::ExitCode;

use cli::args::Verb;
use cli::{
    args, clean, completions, explain, man, output, report, restore, rules, signals, strip, verify, worker,
};

fn main() -> ExitCode {
    let call = match args::read(std::env::args_os()) {
        Ok(call) => call,
        Err(clap) => return output::say_clap(&clap),
    };
    output::set_color(call.color);
    if let Err(error) = signals::survive_size_limit() {
        return output::say_error(&error);
    }
    let done = match call.verb {
        Verb::Clean(args) => clean::run(*args, &call.matches),
        Verb::Strip(args) => strip::run(*args, &call.matches),
        Verb::Explain(args) => explain::run(&args),
        Verb::Verify(args) => verify::run(&args),
        Verb::Restore(args) => restore::run(&args),
        Verb::Report(args) => report::run(&args),
        Verb::Rules(args) => rules::run(args.verb, &call.matches),
        Verb::Completions(args) => completions::run(&args),
        Verb::Worker(args) => worker::run(args.stage, &call.matches),
        Verb::Man => man::run(),
    };
    match done {
        Ok(exit) => exit,
        Err(error) => output::say_error(&error),
    }
}
