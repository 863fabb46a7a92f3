//! The command line: verbs, options, help. Nothing here does anything.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use tamis::run::options::Input;

use super::options::{CleanSettings, ColorArg, OnceArgs, RulesSettings, StripSettings, SuggestSettings};
use super::output::Color;
use super::values::input;

/// Cleans a scraped text corpus and explains every cut.
#[derive(Debug, Parser)]
#[command(
    name = "tamis",
    version,
    max_term_width = 80,
    about = "Cleans a scraped text corpus and explains every cut",
    long_about = "Cleans a scraped text corpus and explains every cut.\n\n\
        tamis strips site chrome by tested rules, removes copies, reports coverage of the same event, and writes a \
        clean corpus with a report. It only deletes: clean text is the input minus ranges, and every range names the \
        rule that cut it.",
    after_help = "\
Examples:
  tamis clean scrapes/ -o clean/          clean a folder of texts or records
  tamis explain clean/ a.txt              why this document looks as it does
  tamis strip < in.jsonl > out.jsonl      only strip, as a filter

`tamis VERB --help` says more; `tamis man | man -l -` is the manual.",
    after_long_help = "\
Examples:
  tamis clean scrapes/ -o clean/          clean a folder of texts or records
  tamis explain clean/ a.txt              why this document looks as it does
  tamis strip < in.jsonl > out.jsonl      only strip, as a filter

Settings: a flag wins over the environment (TAMIS_SIMILARITY=0.8), which wins
over tamis.toml in the current folder (similarity = 0.8), which wins over the
default. Variables and keys are the long names of the options.

Exit codes:
  0    everything accounted for
  1    stopped by an error
  2    wrong command line, settings or rules
  3    finished, but some inputs were rejected (0 with --rejects ok)
  4    verify: not whole; restore: not all; the examples of a rule do not hold
  5    rules would cut too much; nothing was published
  6    --check found changes
  11   another run works on the same OUT
  130  interrupted (143: terminated)"
)]
pub(crate) struct Cli {
    #[command(flatten)]
    color: ColorArg,
    #[command(subcommand)]
    verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Clean(Box<CleanArgs>),
    Strip(Box<StripVerbArgs>),
    Explain(ExplainArgs),
    Verify(VerifyArgs),
    Restore(RestoreArgs),
    Report(ReportArgs),
    Rules(RulesArgs),
    Completions(CompletionsArgs),
    /// Write the manual page to standard output
    #[command(after_help = "Example:\n  tamis man | man -l -")]
    Man,
    Worker(WorkerArgs),
}

/// A command line that was understood.
pub(crate) struct Call {
    /// What to do.
    pub(crate) verb: Verb,
    /// When to colour, as far as flags and environment tell.
    pub(crate) color: Color,
    /// What was said on the command line for the verb: settings need to know what was not.
    pub(crate) matches: ArgMatches,
}

/// The whole command line, for completions and the manual.
pub(crate) fn command() -> clap::Command {
    Cli::command()
}

/// Understands a command line.
///
/// # Errors
/// Help and version, and everything that clap finds wrong.
pub(crate) fn read(words: impl Iterator<Item = OsString>) -> Result<Call, clap::Error> {
    let words: Vec<OsString> = words.collect();
    let mut matches = command().color(help_color(&words)).try_get_matches_from(words)?;
    let cli = Cli::from_arg_matches(&matches)?;
    let mut matches = matches.remove_subcommand().map(|(_, m)| m).unwrap_or_default();
    while matches.subcommand_name().is_some() {
        matches = matches.remove_subcommand().map(|(_, m)| m).unwrap_or_default();
    }
    Ok(Call { verb: cli.verb, color: cli.color.color.unwrap_or_default(), matches })
}

/// Help and clap's own errors are shown before the command line is understood; `--color` holds for them too.
fn help_color(words: &[OsString]) -> clap::ColorChoice {
    let mut choice = clap::ColorChoice::Auto;
    for (i, word) in words.iter().enumerate().filter_map(|(i, w)| w.to_str().map(|w| (i, w))) {
        let value = match word.strip_prefix("--color") {
            Some("") => words.get(i + 1).and_then(|w| w.to_str()),
            Some(rest) => rest.strip_prefix('='),
            None => None,
        };
        match value {
            Some("always") => choice = clap::ColorChoice::Always,
            Some("never") => choice = clap::ColorChoice::Never,
            _ => {}
        }
    }
    choice
}

/// Strip, find copies and coverage, write corpus and report
#[derive(Debug, Args)]
#[command(
    override_usage = "tamis clean [OPTIONS] INPUT... -o OUT",
    after_help = "\
Examples:
  tamis clean scrapes/ -o clean/
  tamis clean en=crawl-en/ fr=crawl-fr/ -o clean/ --similarity 0.8
  tamis clean pages.jsonl -o clean/ --text-field body --keep site:rfi.fr,bbc.com
  tamis clean scrapes/ -o clean/ --check    (exit 6 if clean/ is not up to date)

Every value option is also a variable (TAMIS_SIMILARITY=0.8) and a key of
tamis.toml in the current folder (similarity = 0.8); a flag wins."
)]
pub(crate) struct CleanArgs {
    /// File, folder or `-` (standard input); NAME=PATH renames it in keys
    #[arg(value_name = "INPUT", required = true, value_parser = OsStringValueParser::new().try_map(|w| input(&w)))]
    pub(crate) inputs: Vec<Input>,
    /// As the flags alone say; `settings::resolve` puts the other sources in.
    #[command(flatten)]
    pub(crate) settings: CleanSettings,
    #[command(flatten)]
    pub(crate) once: OnceArgs,
}

/// The stages of `clean`, for an engine that runs them on many machines
///
/// `plan` prints the input as units, `read` answers units on any machine, `finish` takes all answers and ends the run;
/// with --deal it first has the corpus written by `write`, on any machine. All are given the same arguments, those of
/// `clean`. All machines see the inputs and OUT (or --cache) under the same paths.
#[derive(Debug, Args)]
#[command(after_help = "\
Example, on one machine:
  tamis worker plan scrapes/ -o clean/ > plan
  tamis worker read scrapes/ -o clean/ < plan > answers
  tamis worker finish scrapes/ -o clean/ < answers

The last line again, with the writing dealt out:
  mkfifo units
  (cat answers; tamis worker write scrapes/ -o clean/ < units) |
    tamis worker finish scrapes/ -o clean/ --deal 1<> units

Units may be done in any order, on any machine, more than once: give each
`read` and `write` the first line of the plan and some of the others. `finish`
wants the answers sorted by unit and part, each once. docs/spark.md says more.")]
pub(crate) struct WorkerArgs {
    #[command(subcommand)]
    pub(crate) stage: Stage,
}

/// A stage.
#[derive(Debug, Subcommand)]
pub(crate) enum Stage {
    /// Print the input as units, one a line, after a head
    #[command(override_usage = "tamis worker plan [OPTIONS] INPUT... -o OUT")]
    Plan(Box<CleanArgs>),
    /// Read the units on standard input into shards, print what was found
    #[command(override_usage = "tamis worker read [OPTIONS] INPUT... -o OUT")]
    Read(Box<CleanArgs>),
    /// Write the units on standard input that `finish --deal` printed, print what was written
    #[command(override_usage = "tamis worker write [OPTIONS] INPUT... -o OUT")]
    Write(Box<CleanArgs>),
    /// Group, write and publish, with the answers on standard input
    #[command(override_usage = "tamis worker finish [OPTIONS] INPUT... -o OUT")]
    Finish(Box<FinishArgs>),
}

/// The end of a run that many machines did.
#[derive(Debug, Args)]
pub(crate) struct FinishArgs {
    #[command(flatten)]
    pub(crate) clean: CleanArgs,
    /// Deal the writing of the corpus out: print units for `worker write`, and an empty line behind them; their answers
    /// come after the others
    #[arg(long, conflicts_with = "json")]
    pub(crate) deal: bool,
}

/// Filter: records in, cleaned records out, in the same format
#[derive(Debug, Args)]
#[command(
    override_usage = "tamis strip [OPTIONS] [INPUT]",
    after_help = "\
Examples:
  tamis strip < page.txt
  zcat in.jsonl.gz | tamis strip --format jsonl --text-field body > out.jsonl"
)]
pub(crate) struct StripVerbArgs {
    /// File, or `-` for standard input
    #[arg(value_name = "INPUT", default_value = "-")]
    pub(crate) input: PathBuf,
    /// Cut every line outside the article too: each text is a whole page
    #[arg(long, help_heading = "Stripping")]
    pub(crate) page: bool,
    /// As the flags alone say; `settings::resolve` puts the other sources in.
    #[command(flatten)]
    pub(crate) settings: StripSettings,
}

/// Why a document looks as it does: cuts, copies, excerpts, events, near misses
///
/// Each cut names its rule, each copy its similarity. Of what a document was not joined with, the nearest is shown with
/// its score and the one that would have been needed: the most similar kept document, and, among up to 10,000 kept
/// documents, the nearest coverage.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tamis explain clean/ 2017/a.txt
  tamis explain clean/ pages.jsonl#12")]
pub(crate) struct ExplainArgs {
    /// Output folder of `tamis clean`
    #[arg(value_name = "OUT")]
    pub(crate) out: PathBuf,
    /// Key of the document, as documents.jsonl names it
    #[arg(value_name = "DOC", allow_hyphen_values = true)]
    pub(crate) doc: String,
}

/// Check that an output is whole and nothing of the input is lost
///
/// Hashes every published file, adds up the lists, checks the ledger, and decodes every input once more: its documents
/// less the cuts must be what stands in data/, and documents, rejects and what stands between them must be the whole
/// input. What differs is named with file, document and byte; what is not at hand is listed as not checked.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tamis verify clean/
  tamis verify clean/ --source /mnt/scrapes --json

Exit codes: 0 whole, as far as it was checked; 4 not whole.")]
pub(crate) struct VerifyArgs {
    /// Output folder of `tamis clean`
    #[arg(value_name = "OUT")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) place: SourceArgs,
    /// Write the answer as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Where inputs lie.
#[derive(Debug, Args)]
pub(crate) struct SourceArgs {
    /// Where inputs lie now, if not where the run found them; may be repeated
    #[arg(long, value_name = "DIR|NAME=PATH", value_parser = OsStringValueParser::new().try_map(|w| input(&w)))]
    pub(crate) source: Vec<Input>,
}

/// Write input bytes back, out of the inputs or a full ledger
///
/// Every file stands under its key, byte for byte. What was compressed is written unpacked, without .gz or .zst, and
/// members of an archive stand in a folder of its name. A document of a file of records becomes KEY#N.txt, with its
/// text before the cuts. Nothing is overwritten.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tamis restore clean/ --to back/                       all inputs
  tamis restore clean/ --to back/ 2017/ pages.jsonl     a folder and a file
  tamis restore clean/ --to back/ pages.jsonl#12        the text of a document")]
pub(crate) struct RestoreArgs {
    /// Output folder of `tamis clean`
    #[arg(value_name = "OUT")]
    pub(crate) out: PathBuf,
    /// Folder to write to
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
    /// Keys of documents, files or folders [default: all inputs]
    #[arg(value_name = "DOC|FILE")]
    pub(crate) names: Vec<String>,
    #[command(flatten)]
    pub(crate) place: SourceArgs,
    /// Write the answer as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Make report.html again from what the run wrote
///
/// Reads the lists, the ledger and the inputs, and writes the page that the run wrote, byte for byte, unless this is
/// another version of tamis. Manifest and SHA256SUMS follow. Nothing is cleaned or decided again.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tamis report clean/
  tamis report clean/ --source /mnt/scrapes")]
pub(crate) struct ReportArgs {
    /// Output folder of `tamis clean`
    #[arg(value_name = "OUT")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) place: SourceArgs,
}

/// List, show and test rules
#[derive(Debug, Args)]
pub(crate) struct RulesArgs {
    #[command(subcommand)]
    pub(crate) verb: RulesVerb,
}

/// What to do with rules.
#[derive(Debug, Subcommand)]
pub(crate) enum RulesVerb {
    /// List the rules in use, by file
    List {
        #[command(flatten)]
        settings: RulesSettings,
    },
    /// Show one rule with its examples
    #[command(after_help = "Example:\n  tamis rules show fr.read-also")]
    Show {
        /// Id of the rule
        #[arg(value_name = "ID")]
        id: String,
        #[command(flatten)]
        settings: RulesSettings,
    },
    /// Propose rules for lines that repeat on a site; applies none
    #[command(
        override_usage = "tamis rules suggest [OPTIONS] INPUT... [-o FILE]",
        after_help = "\
Examples:
  tamis rules suggest scrapes/ -o proposed.toml
  tamis rules test proposed.toml
  tamis clean scrapes/ -o clean/ --rules proposed.toml --rules rules/"
    )]
    Suggest {
        /// File, folder or `-` (standard input); NAME=PATH renames it in keys
        #[arg(value_name = "INPUT", required = true, value_parser = OsStringValueParser::new().try_map(|w| input(&w)))]
        inputs: Vec<Input>,
        /// Documents of a site in which a line must stand at least; copies count once
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..))]
        least: Option<u32>,
        /// New file for the rules [default: standard output]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        settings: SuggestSettings,
    },
    /// Test rules against their own examples
    #[command(after_help = "\
Examples:
  tamis rules test                  the built-in rules
  tamis rules test rules/sites/*.toml")]
    Test {
        /// Rules files [default: the built-in rules]
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

/// Write a completion script for a shell to standard output
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  source <(tamis completions bash)
  tamis completions fish > ~/.config/fish/completions/tamis.fish")]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent_and_every_option_explained() {
        command().debug_assert();
        fn check(command: &clap::Command) {
            for arg in command.get_arguments() {
                assert!(arg.get_help().is_some(), "{} {}", command.get_name(), arg.get_id());
            }
            command.get_subcommands().for_each(check);
        }
        check(&command());
    }

    #[test]
    fn color_holds_for_help_too() {
        let words = |line: &str| line.split(' ').map(OsString::from).collect::<Vec<_>>();
        assert_eq!(help_color(&words("tamis --color=always clean -h")), clap::ColorChoice::Always);
        assert_eq!(help_color(&words("tamis clean --color never -h")), clap::ColorChoice::Never);
        assert_eq!(help_color(&words("tamis clean --colors never")), clap::ColorChoice::Auto);
    }

    #[test]
    fn defaults_are_those_of_the_library() {
        let call = read(["tamis", "clean", "in", "-o", "out"].into_iter().map(OsString::from)).unwrap();
        let Verb::Clean(args) = call.verb else { panic!("not clean") };
        let options = super::super::clean::options(&args);
        let expected =
            tamis::run::Options { inputs: args.inputs.clone(), out: "out".into(), ..Default::default() };
        assert_eq!(options, expected);
    }
}
