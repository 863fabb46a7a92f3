//! The options, in groups as the help shows them, and which of them each verb takes.
//!
//! The options in `*Settings` are also settings: [`super::settings`] reads them from the environment and from
//! `tamis.toml` under the same long names. Those in [`OnceArgs`] are for one run and only for the command line.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser};
use tamis::group::events::Search;
use tamis::run::options::{
    Candidates, Compress, Copies, Format, Input, Keep, Ledger, MOST_SHARDS, Strip, Threshold, To,
};

use super::output::Color;
use super::progress::Style;
use super::values::{Choice, input, keep, memory, one_of, threshold};

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
    ("repeats", Strip::Repeats, "The same, and lines that repeat on a site: learned first"),
    ("page", Strip::Page, "As rules, and every line outside the article, page by page"),
    ("main", Strip::Main, "As repeats, and every line outside the article: for whole pages"),
];
const FORMATS: &[Choice<Format>] = &[
    ("text", Format::Text, "One document a file"),
    ("html", Format::Html, "A saved page, of which the article is read"),
    ("jsonl", Format::Jsonl, "One JSON object a line"),
    ("json", Format::Json, "An array of JSON objects, or objects over several lines"),
    ("csv", Format::Csv, "A header and one document a row; the delimiter is found"),
    ("warc", Format::Warc, "A web archive: WARC, ARC, WET"),
    ("parquet", Format::Parquet, "A table, one document a row"),
];

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
const EVENTS: &[Choice<Events>] = &[
    ("report", Events(Some(Search::Fast)), "Report documents on the same event"),
    ("exact", Events(Some(Search::Exact)), "Report them after comparing all pairs; for small collections"),
    ("off", Events(None), "Do not look for them"),
];

/// What `--events` chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Events(pub(crate) Option<Search>);

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
    /// What was kept before: files, folders, or an earlier output; may be repeated
    ///
    /// Its documents count as kept and are not written: what is a copy of one of them is removed. For cleaning a new
    /// crawl against an old corpus, or training data against a test set.
    #[arg(long, value_name = "PATH", value_parser = OsStringValueParser::new().try_map(|word| input(&word)))]
    pub(crate) against: Vec<Input>,
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
    #[arg(long, value_name = "WHAT", default_value = "report", value_parser = one_of(EVENTS))]
    pub(crate) events: Events,
}

const TOS: &[Choice<To>] = &[
    ("jsonl", To::Jsonl, "JSON lines; records keep all their fields"),
    (
        "parquet",
        To::Parquet,
        "Tables with id, url, date, title, lang, site, text, and the fields of the records",
    ),
    ("text", To::Text, "One document a file"),
];
const COMPRESSIONS: &[Choice<Compress>] = &[
    ("none", Compress::None, "As it is"),
    ("gz", Compress::Gzip, "gzip"),
    ("zst", Compress::Zstd, "Zstandard: faster; some loaders need a package for it"),
];

/// How the clean corpus is written.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct WritingArgs {
    /// Write the whole corpus in one format [default: each input's own]
    ///
    /// A record has its own fields; else, and in tables besides, id (or the document's key), url, date, title, lang, site
    /// and text, those that are known. It stands in data/part-00000-of-00001.jsonl (or .parquet, with the lists as
    /// Parquet too). Texts stand in data/KEY.txt.
    #[arg(long, value_name = "FORMAT", value_parser = one_of(TOS))]
    pub(crate) to: Option<To>,
    /// Files for the corpus, with --to jsonl or parquet
    ///
    /// Each document has its file by what it says and by its own id, so that the files are about equally large, and a
    /// document that comes or goes changes one of them.
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_SHARDS)))]
    pub(crate) shards: u32,
    /// Compress the files of the corpus that are no Parquet
    #[arg(long, value_name = "HOW", default_value = "none", value_parser = one_of(COMPRESSIONS))]
    pub(crate) compress: Compress,
}

const LEDGERS: &[Choice<Ledger>] = &[
    ("refs", Ledger::Refs, "Where it stands in the sources"),
    ("full", Ledger::Full, "All of it, unpacked and compressed anew"),
];

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
    /// Memory that the run may use, such as 512M or 2G; none: as much as it needs
    ///
    /// At least 192M. Grouping holds about 80 bytes a document, and an index of documents that share much, in parts where it
    /// has to; events hold 1.7 kB a document and 3 bytes a word. Where that is more than SIZE, the run stops and says what it
    /// needs; what was read stays in the cache.
    #[arg(long, value_name = "SIZE", value_parser = memory)]
    pub(crate) memory: Option<u64>,
    /// Folder for the cache [default: OUT/.tamis/cache]
    ///
    /// It holds what was found out about each part of the input, so that an interrupted run goes on where it was and the
    /// next run reads only what changed. It may be deleted at any time. A folder given here can serve several
    /// outputs, and nothing is deleted from it.
    #[arg(long, value_name = "DIR")]
    pub(crate) cache: Option<PathBuf>,
    /// What the ledger holds of the input
    ///
    /// `tamis verify` and `tamis restore` give every byte of the input back: with `refs` out of the inputs, which must
    /// still be there, with `full` out of OUT alone. A full ledger holds the input once more, compressed. It is private
    /// like the cache: never publish it.
    #[arg(long, value_name = "WHAT", default_value = "refs", value_parser = one_of(LEDGERS))]
    pub(crate) ledger: Ledger,
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
    pub(crate) writing: WritingArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

/// The settings of `tamis strip`.
#[derive(Debug, Clone, Args)]
pub(crate) struct StripSettings {
    #[command(flatten)]
    pub(crate) cutting: CuttingArgs,
    #[command(flatten)]
    pub(crate) records: RecordArgs,
}

/// The settings of `tamis rules suggest`.
#[derive(Debug, Clone, Args)]
pub(crate) struct SuggestSettings {
    #[command(flatten)]
    pub(crate) rules: RulesSettings,
    #[command(flatten)]
    pub(crate) records: RecordArgs,
}

/// The settings of `tamis rules`.
#[derive(Debug, Clone, Args)]
pub(crate) struct RulesSettings {
    /// Rules to use instead of the built-in ones; may be repeated
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) rules: Vec<PathBuf>,
}
