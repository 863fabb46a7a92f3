//! The command line: verbs, options, help. Nothing here does anything.
//!
//! Options in the `*Args` groups are also settings: [`super::settings`] reads them from the environment and from
//! `tamis.toml` under the same long names. Options in [`OnceArgs`] are for one run and only for the command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use tamis::run::options::{Candidates, Copies, Format, Input, Keep, Strip, Threshold};

use super::output::Color;
use super::progress::Style;
use super::values::{Choice, input, keep, one_of, threshold};

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
  tamis explain clean/ scrapes/a.txt      why this document looks as it does
  tamis strip < in.jsonl > out.jsonl      only strip, as a filter

`tamis VERB --help` says more; `tamis man | man -l -` is the manual.",
    after_long_help = "\
Examples:
  tamis clean scrapes/ -o clean/          clean a folder of texts or records
  tamis explain clean/ scrapes/a.txt      why this document looks as it does
  tamis strip < in.jsonl > out.jsonl      only strip, as a filter

Settings: a flag wins over the environment (TAMIS_SIMILARITY=0.8), which wins
over tamis.toml in the current folder (similarity = 0.8), which wins over the
default. Variables and keys are the long names of the options.

Exit codes:
  0    everything accounted for
  1    stopped by an error
  2    wrong command line, settings or rules
  3    finished, but some inputs were rejected (0 with --rejects ok)
  4    the examples of a rule do not hold
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
    Rules(RulesArgs),
    Completions(CompletionsArgs),
    /// Write the manual page to standard output
    #[command(after_help = "Example:\n  tamis man | man -l -")]
    Man,
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

const COLORS: &[Choice<Color>] = &[
    ("auto", Color::Auto, "On a terminal, unless NO_COLOR is set"),
    ("always", Color::Always, "Always"),
    ("never", Color::Never, "Never"),
];

/// The one option of all verbs.
#[derive(Debug, Clone, Args)]
pub(crate) struct ColorArg {
    /// When to colour messages [default: auto]
    #[arg(long, value_name = "WHEN", global = true, value_parser = one_of(COLORS), hide_possible_values = true)]
    pub(crate) color: Option<Color>,
}

const STRIPS: &[Choice<Strip>] = &[
    ("none", Strip::None, "Nothing, not even layout"),
    ("rules", Strip::Rules, "What the rules name, and layout"),
];
const FORMATS: &[Choice<Format>] =
    &[("text", Format::Text, "One document a file"), ("jsonl", Format::Jsonl, "One JSON object a line")];

/// Which rules cut.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Stripping")]
pub(crate) struct CuttingArgs {
    /// Rules to use instead of the built-in ones; may be repeated
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) rules: Vec<PathBuf>,
    /// Leave white space at line ends and runs of empty lines
    #[arg(long)]
    pub(crate) no_layout: bool,
}

/// How much is stripped.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Stripping")]
pub(crate) struct StrippingArgs {
    /// What to strip
    #[arg(long, value_name = "WHAT", default_value = "rules", value_parser = one_of(STRIPS))]
    pub(crate) strip: Strip,
    /// Go on even if rules cut most of the text
    ///
    /// From 100 documents on, a rule that takes over half of the text, or rules that empty over 5 % of the
    /// documents, stop the run before anything is published. This option takes that brake off.
    #[arg(long)]
    pub(crate) allow_heavy_cuts: bool,
}

/// How records are read.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Records")]
pub(crate) struct RecordArgs {
    /// Field of a record that holds its text [default: the usual names]
    #[arg(long, value_name = "NAME")]
    pub(crate) text_field: Option<String>,
    /// Field that holds the id
    #[arg(long, value_name = "NAME")]
    pub(crate) id_field: Option<String>,
    /// Field that holds the URL
    #[arg(long, value_name = "NAME")]
    pub(crate) url_field: Option<String>,
    /// Field that holds the date
    #[arg(long, value_name = "NAME")]
    pub(crate) date_field: Option<String>,
    /// Field that holds the title
    #[arg(long, value_name = "NAME")]
    pub(crate) title_field: Option<String>,
    /// Format of standard input and of files whose name does not tell
    #[arg(long, value_name = "FORMAT", value_parser = one_of(FORMATS))]
    pub(crate) format: Option<Format>,
    /// `ok`: rejected inputs do not change the exit code
    #[arg(long, value_name = "ok", value_parser = ["ok"], hide_possible_values = true)]
    pub(crate) rejects: Option<String>,
}

const COPIES: &[Choice<Copies>] = &[
    ("drop", Copies::Drop, "Remove copies"),
    ("tag", Copies::Tag, "Find and name copies, remove none"),
    ("off", Copies::Off, "Do not look for copies"),
];
const CANDIDATES: &[Choice<Candidates>] = &[
    ("fast", Candidates::Fast, "Simhash and sketches: finds a pair at the threshold almost surely"),
    ("exact", Candidates::Exact, "Finds every pair; slower, with more memory"),
];
const EVENTS: &[Choice<bool>] =
    &[("report", true, "Report documents on the same event"), ("off", false, "Do not look for them")];

const KEEP: &str = "\
Which copy stays

  longest:   most words in lines that end like sentences, then fewest
             other words, then lowest key
  earliest:  earliest date, documents without one last
  latest:    latest date, documents without one last
  first:     lowest key
  site:LIST: sites in this order, separated by commas, then all others";

/// How documents are compared.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Copies and coverage")]
pub(crate) struct MatchingArgs {
    /// What happens to copies
    #[arg(long, value_name = "WHAT", default_value = "drop", value_parser = one_of(COPIES))]
    pub(crate) copies: Copies,
    /// Similarity from which a document is a copy
    ///
    /// Jaccard similarity of the sets of shingles, compared exactly: a decimal above 0 and up to 1.
    #[arg(long, value_name = "T", default_value = "0.7", value_parser = threshold)]
    pub(crate) similarity: Threshold,
    /// Words in a shingle, 1 to 16
    #[arg(long, value_name = "N", default_value = "5", value_parser = clap::value_parser!(u16).range(1..=16))]
    pub(crate) shingle: u16,
    /// Simhash radius for candidates in bits, 0 to 16
    #[arg(long, value_name = "K", default_value = "3", value_parser = clap::value_parser!(u32).range(0..=16))]
    pub(crate) distance: u32,
    /// How candidate pairs are found
    #[arg(long, value_name = "HOW", default_value = "fast", value_parser = one_of(CANDIDATES))]
    pub(crate) candidates: Candidates,
    /// Which copy stays: longest, earliest, latest, first or site:LIST
    #[arg(long, value_name = "WHICH", default_value = "longest", value_parser = keep, long_help = KEEP)]
    pub(crate) keep: Keep,
    /// Coverage of the same event
    #[arg(long, value_name = "WHAT", default_value = "report", action = clap::ArgAction::Set, value_parser = one_of(EVENTS))]
    pub(crate) events: bool,
}

const STYLES: &[Choice<Style>] = &[
    ("auto", Style::Auto, "Bars on a terminal, else plain"),
    ("bar", Style::Bar, "Bars with rates and time left"),
    ("plain", Style::Plain, "A line every 30 seconds"),
    ("json", Style::Json, "JSON lines, the last one with the summary"),
    ("none", Style::None, "Nothing"),
];

/// How the run goes about it; none of these changes what is written.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Run")]
pub(crate) struct RunArgs {
    /// Threads; 0: as many as there are cores
    #[arg(short = 'j', long, value_name = "N", default_value = "0", value_parser = clap::value_parser!(u16).range(0..=1024))]
    pub(crate) threads: u16,
    /// How progress is shown
    #[arg(long, value_name = "HOW", default_value = "auto", value_parser = one_of(STYLES))]
    pub(crate) progress: Style,
}

/// Options of one run, never settings.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Run")]
pub(crate) struct OnceArgs {
    /// Do everything but write
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
    /// Write nothing; exit with 6 if OUT would change
    #[arg(long)]
    pub(crate) check: bool,
    /// Replace published files even if they were edited by hand
    #[arg(long)]
    pub(crate) force: bool,
    /// Write the summary as one JSON object to standard output
    #[arg(long)]
    pub(crate) json: bool,
    /// Show errors only
    #[arg(short, long, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Show all rules and settings, and more rejects
    #[arg(short, long)]
    pub(crate) verbose: bool,
}

/// The settings of `tamis clean`, which are all settings there are (but for `color`).
#[derive(Debug, Clone, Args)]
pub(crate) struct CleanSettings {
    /// Folder for the clean corpus: empty, absent, or a former OUT
    #[arg(short, long, value_name = "OUT", visible_alias = "output")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) cutting: CuttingArgs,
    #[command(flatten)]
    pub(crate) stripping: StrippingArgs,
    #[command(flatten)]
    pub(crate) matching: MatchingArgs,
    #[command(flatten)]
    pub(crate) records: RecordArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
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

/// The settings of `tamis strip`.
#[derive(Debug, Clone, Args)]
pub(crate) struct StripSettings {
    #[command(flatten)]
    pub(crate) cutting: CuttingArgs,
    #[command(flatten)]
    pub(crate) records: RecordArgs,
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
    /// As the flags alone say; `settings::resolve` puts the other sources in.
    #[command(flatten)]
    pub(crate) settings: StripSettings,
}

/// Why a document looks as it does: cuts, copies, events, nearest misses
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tamis explain clean/ scrapes/2017/a.txt
  tamis explain clean/ pages.jsonl#12")]
pub(crate) struct ExplainArgs {
    /// Output folder of `tamis clean`
    #[arg(value_name = "OUT")]
    pub(crate) out: PathBuf,
    /// Key of the document, as documents.jsonl names it
    #[arg(value_name = "DOC")]
    pub(crate) doc: String,
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

/// The settings of `tamis rules`.
#[derive(Debug, Clone, Args)]
pub(crate) struct RulesSettings {
    /// Rules to use instead of the built-in ones; may be repeated
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) rules: Vec<PathBuf>,
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
