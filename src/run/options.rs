//! What a run is asked to do.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::group::events::Search;
pub use crate::read::format::Format;
pub use crate::write::packed::Compress;

/// One input as given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// The name before `=` in `NAME=PATH`: replaces the argument's last component in document keys.
    pub name: Option<String>,
    /// File or folder; `-` is standard input.
    pub path: PathBuf,
}

/// What is stripped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strip {
    /// Nothing, not even layout.
    None,
    /// What the rules name.
    #[default]
    Rules,
    /// What the rules name, and what rules name that are learned first, from lines that repeat on a site.
    Repeats,
    /// What the rules name, and of a page every line outside its article.
    Page,
    /// As [`Strip::Repeats`], and of a page every line outside its article.
    Main,
}

impl Strip {
    /// Whether rules are learned first.
    pub(crate) fn learns(self) -> bool {
        matches!(self, Self::Repeats | Self::Main)
    }

    /// Whether lines outside the article go.
    pub(crate) fn seeks_article(self) -> bool {
        matches!(self, Self::Page | Self::Main)
    }
}

/// What happens to copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Copies {
    /// Copies are removed.
    #[default]
    Drop,
    /// Copies are found and named in `documents.jsonl` and `clusters.jsonl`, and stay in the corpus.
    Tag,
    /// Copies are not looked for.
    Off,
}

/// What of the input the ledger holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ledger {
    /// Where it stands in the sources, which are needed to give it back.
    #[default]
    Refs,
    /// All of it, unpacked.
    Full,
}

/// How candidate pairs are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Candidates {
    /// Simhash neighbours and shared sketch hashes: finds a pair at the threshold almost surely.
    #[default]
    Fast,
    /// Prefix filter over all shingles: finds every pair, slower and with more memory.
    Exact,
}

/// The one format of a clean corpus that does not mirror its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// One JSON object a line. Records of JSON keep all their fields; others get id, url, date, title, lang, site and
    /// text, those that are known.
    Jsonl,
    /// A table with the columns id, url, date, title, lang, site and text.
    Parquet,
    /// One document a file.
    Text,
}

/// Most files that a corpus may be written to with `--shards`.
pub const MOST_SHARDS: u32 = 99_999;

/// Which document of a group of copies is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Keep {
    /// Most words in lines that end like sentences, then fewest other words, then lowest key.
    #[default]
    Longest,
    /// Earliest date, then as `Longest`; documents without a date last.
    Earliest,
    /// Latest date, then as `Longest`; documents without a date last.
    Latest,
    /// Lowest key.
    First,
    /// Sites in this order, then all others; then as `Longest`.
    Sites(Vec<String>),
}

/// Names of the fields of a record; `None`: the usual names are tried.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fields {
    /// The text.
    pub text: Option<String>,
    /// The record's id.
    pub id: Option<String>,
    /// Its URL.
    pub url: Option<String>,
    /// Its date.
    pub date: Option<String>,
    /// Its title.
    pub title: Option<String>,
}

/// A similarity threshold in millionths, so that comparisons are exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Threshold(pub u32);

/// Everything that `tamis clean` can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Inputs, in the order given.
    pub inputs: Vec<Input>,
    /// What was kept before: files, folders, or folders that a former run wrote. Its documents are not written, and none
    /// that is a copy of one of them is kept.
    pub against: Vec<Input>,
    /// Output folder.
    pub out: PathBuf,
    /// Rules files or folders; empty: the built-in rules.
    pub rules: Vec<PathBuf>,
    /// What is stripped.
    pub strip: Strip,
    /// What happens to copies.
    pub copies: Copies,
    /// Jaccard similarity from which a document is a copy; 0 < T <= 1.
    pub similarity: Threshold,
    /// Words in a shingle, 1..=16.
    pub shingle: usize,
    /// Simhash radius for candidates, in bits, 0..=16.
    pub distance: u32,
    /// How candidates are found.
    pub candidates: Candidates,
    /// Which copy is kept.
    pub keep: Keep,
    /// Whether and how coverage of the same event is looked for.
    pub events: Option<Search>,
    /// Field names.
    pub fields: Fields,
    /// Format of standard input and of files whose name does not tell.
    pub format: Option<Format>,
    /// Format of the clean corpus; none: each input's own.
    pub to: Option<To>,
    /// Files that the corpus is divided into, 1..=[`MOST_SHARDS`]; more than one only with [`To::Jsonl`] and
    /// [`To::Parquet`].
    pub shards: u32,
    /// How text-like files of the corpus are compressed; not with [`To::Parquet`].
    pub compress: Compress,
    /// Whether layout (white space at line ends, empty lines) is cut too.
    pub layout: bool,
    /// Whether the safety brake is off.
    pub allow_heavy_cuts: bool,
    /// Folder of the cache; none: `.tamis/cache` in OUT. Never changes the output.
    pub cache: Option<PathBuf>,
    /// What of the input the ledger holds. Never changes the output.
    pub ledger: Ledger,
    /// Bytes of memory that the run may use; none: as many as it needs. Never changes the output.
    pub memory: Option<u64>,
    /// Threads; 0: as many as there are cores. Never changes the output.
    pub threads: usize,
    /// Do everything but write.
    pub dry_run: bool,
    /// Do not write; say which published files would change.
    pub check: bool,
    /// Replace published files even where they were edited by hand.
    pub force: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            inputs: Vec::new(),
            against: Vec::new(),
            out: PathBuf::new(),
            rules: Vec::new(),
            strip: Strip::default(),
            copies: Copies::default(),
            similarity: Threshold(700_000),
            shingle: 5,
            distance: 3,
            candidates: Candidates::default(),
            keep: Keep::default(),
            events: Some(Search::Fast),
            fields: Fields::default(),
            format: None,
            to: None,
            shards: 1,
            compress: Compress::default(),
            layout: true,
            allow_heavy_cuts: false,
            cache: None,
            ledger: Ledger::default(),
            memory: None,
            threads: 0,
            dry_run: false,
            check: false,
            force: false,
        }
    }
}

impl Threshold {
    /// As a decimal number, as it is written on the command line.
    pub fn in_words(self) -> String {
        let digits = format!("{}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000);
        let short = digits.trim_end_matches('0').trim_end_matches('.');
        short.to_owned()
    }
}

impl To {
    /// Name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Parquet => "parquet",
            Self::Text => "text",
        }
    }
}

impl Options {
    /// Fails for options that contradict each other.
    ///
    /// # Errors
    /// [`Error::Usage`] with what would be right.
    pub fn check(&self) -> Result<()> {
        if !self.against.is_empty() && self.copies == Copies::Off {
            return Err(Error::usage(
                "--against removes copies, and --copies off does not look for them",
                "--copies drop",
            ));
        }
        if self.to == Some(To::Parquet) && self.compress != Compress::None {
            return Err(Error::usage(
                "--compress does not go with --to parquet, which is compressed inside (Zstandard)",
                "leave --compress out, or choose --to jsonl",
            ));
        }
        if !(1..=MOST_SHARDS).contains(&self.shards) {
            return Err(Error::usage(format!("--shards takes 1 to {MOST_SHARDS}"), "--shards 16"));
        }
        if self.shards > 1 && !matches!(self.to, Some(To::Jsonl | To::Parquet)) {
            return Err(Error::usage(
                "--shards divides a corpus of one format, and a mirror or text files keep their own names",
                "--to jsonl or --to parquet",
            ));
        }
        Ok(())
    }

    /// The options that the output depends on, by long name, in the words of the command line. No path is among them.
    pub fn in_words(&self) -> BTreeMap<String, String> {
        let mut words: BTreeMap<String, String> = BTreeMap::new();
        let mut say = |name: &str, value: String| words.insert(name.to_owned(), value);
        say(
            "strip",
            match self.strip {
                Strip::None => "none",
                Strip::Rules => "rules",
                Strip::Repeats => "repeats",
                Strip::Page => "page",
                Strip::Main => "main",
            }
            .into(),
        );
        say(
            "copies",
            match self.copies {
                Copies::Drop => "drop",
                Copies::Tag => "tag",
                Copies::Off => "off",
            }
            .into(),
        );
        say("similarity", self.similarity.in_words());
        say("shingle", self.shingle.to_string());
        say("distance", self.distance.to_string());
        say("candidates", if self.candidates == Candidates::Fast { "fast" } else { "exact" }.into());
        say(
            "keep",
            match &self.keep {
                Keep::Longest => "longest".into(),
                Keep::Earliest => "earliest".into(),
                Keep::Latest => "latest".into(),
                Keep::First => "first".into(),
                Keep::Sites(sites) => format!("site:{}", sites.join(",")),
            },
        );
        say(
            "events",
            match self.events {
                None => "off",
                Some(Search::Fast) => "report",
                Some(Search::Exact) => "exact",
            }
            .into(),
        );
        if !self.layout {
            say("no-layout", "true".into());
        }
        if let Some(format) = self.format {
            say("format", format.name().into());
        }
        if let Some(to) = self.to {
            say("to", to.name().into());
        }
        if self.shards != 1 {
            say("shards", self.shards.to_string());
        }
        if self.compress != Compress::None {
            say("compress", self.compress.name().into());
        }
        let fields = &self.fields;
        for (name, field) in [
            ("text-field", &fields.text),
            ("id-field", &fields.id),
            ("url-field", &fields.url),
            ("date-field", &fields.date),
            ("title-field", &fields.title),
        ] {
            if let Some(field) = field {
                say(name, field.clone());
            }
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_written_as_it_was_given() {
        assert_eq!(Threshold(700_000).in_words(), "0.7");
        assert_eq!(Threshold(1_000_000).in_words(), "1");
        assert_eq!(Threshold(123_456).in_words(), "0.123456");
    }
}
