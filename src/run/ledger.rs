//! What was cut, and where every document stands in its source: kept beside the output, never published.
//!
//! One JSON object a line; the first names rules and sources, each other one is a document, in key order. It refers to
//! the sources and holds no text. It may be deleted, and sources may change: then `explain` says less.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::intake::Intake;
use crate::document::{Cut, hex};
use crate::error::{Error, Result};
use crate::fingerprint::Fingerprinter;
use crate::read::source::read_exact_at;
use crate::read::{Decoded, Encoding};
use crate::strip::{RuleSet, remaining};
use crate::write::publish::PRIVATE;

const NAME: &str = "ledger.jsonl";

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    /// Id and purpose of every rule, by number.
    rules: Vec<(String, String)>,
    /// Sources, as absolute paths.
    sources: Vec<PathBuf>,
}

/// One document.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    doc: String,
    source: usize,
    /// First byte and number of bytes of its text in the source.
    text: (u64, u64),
    /// Whether these bytes are the inside of a JSON string.
    json: bool,
    /// (start, end, rule), in bytes of the decoded text.
    cuts: Vec<(usize, usize, u32)>,
    /// Digest of what remains: tells whether the source is still what was read.
    digest: String,
}

/// A document as the ledger gives it back.
#[derive(Debug)]
pub(super) struct Entry {
    /// The decoded text, before any cut.
    pub(super) text: Vec<u8>,
    pub(super) cuts: Vec<Cut>,
}

impl Entry {
    /// The text without the cuts.
    pub(super) fn clean(&self) -> Vec<u8> {
        remaining(&self.text, &self.cuts).into_owned()
    }
}

/// Writes the ledger of a run.
pub(super) fn write(out: &Path, intake: &Intake, rules: &RuleSet) -> Result<()> {
    let path = out.join(PRIVATE).join(NAME);
    let temporary = path.with_extension("tmp");
    let corpus = &intake.corpus;
    let put = || -> std::io::Result<()> {
        let mut file = BufWriter::with_capacity(1 << 18, File::create(&temporary)?);
        let absolute = |p: &PathBuf| std::path::absolute(p).unwrap_or_else(|_| p.clone());
        let head = Head {
            rules: (0..rules.numbers())
                .map(|n| (rules.id(n).to_owned(), rules.about(n).to_owned()))
                .collect(),
            sources: corpus.sources.iter().map(|s| absolute(&s.path)).collect(),
        };
        // A path that is no UTF-8 cannot be written as JSON; such a ledger names no sources.
        let head = serde_json::to_vec(&head)
            .or_else(|_| serde_json::to_vec(&Head { sources: Vec::new(), ..head }))?;
        file.write_all(&head)?;
        for (i, document) in corpus.documents.iter().enumerate() {
            let line = Line {
                doc: corpus.key(i),
                source: document.source as usize,
                text: (document.offset + u64::from(document.body), u64::from(document.body_len)),
                json: corpus.encoding(document) == Encoding::JsonString,
                cuts: corpus.cuts_of(document).iter().map(|c| (c.start, c.end, c.rule)).collect(),
                digest: hex(&document.digest),
            };
            file.write_all(b"\n")?;
            serde_json::to_writer(&mut file, &line)?;
        }
        file.write_all(b"\n")?;
        file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
        std::fs::rename(&temporary, &path)
    };
    put().map_err(Error::io(&path, "cannot write (nothing was published)"))
}

/// The ledger of a former run, open for reading.
#[derive(Debug)]
pub(super) struct Ledger {
    path: PathBuf,
    head: Head,
}

impl Ledger {
    /// Opens the ledger of `out`; `None` if there is none or it cannot be read.
    pub(super) fn open(out: &Path) -> Option<Self> {
        let path = out.join(PRIVATE).join(NAME);
        let mut first = String::new();
        BufReader::new(File::open(&path).ok()?).read_line(&mut first).ok()?;
        Some(Self { path, head: serde_json::from_str(&first).ok()? })
    }

    /// Id and purpose of a rule.
    pub(super) fn rule(&self, number: u32) -> (&str, &str) {
        self.head.rules.get(number as usize).map_or(("", ""), |(id, about)| (id, about))
    }

    /// Text and cuts of the documents in `docs`, in that order; `None` where the ledger or the source does not have one,
    /// or the source is no longer what was read.
    pub(super) fn entries(&self, docs: &[&str]) -> Vec<Option<Entry>> {
        let mut found: Vec<Option<Entry>> = docs.iter().map(|_| None).collect();
        let Ok(file) = File::open(&self.path) else { return found };
        for line in BufReader::with_capacity(1 << 18, file).lines().skip(1).map_while(|l| l.ok()) {
            // A key is looked for before the line is parsed: most lines are about other documents.
            let Some(at) = docs.iter().position(|d| starts_with_key(&line, d)) else { continue };
            if let Ok(line) = serde_json::from_str::<Line>(&line) {
                found[at] = self.entry(&line);
            }
        }
        found
    }

    fn entry(&self, line: &Line) -> Option<Entry> {
        let file = File::open(self.head.sources.get(line.source)?).ok()?;
        let mut raw = vec![0; usize::try_from(line.text.1).ok()?];
        read_exact_at(&file, &mut raw, line.text.0).ok()?;
        let encoding = if line.json { Encoding::JsonString } else { Encoding::Plain };
        let text = Decoded::new(&raw, encoding).text.into_owned();
        let cuts: Vec<Cut> = line
            .cuts
            .iter()
            .map(|(start, end, rule)| Cut { start: *start, end: *end, rule: *rule })
            .collect();
        if cuts.iter().any(|c| c.start > c.end || c.end > text.len()) {
            return None;
        }
        let entry = Entry { text, cuts };
        let digest = Fingerprinter::new(1).fingerprint(&entry.clean()).digest;
        (hex(&digest) == line.digest).then_some(entry)
    }
}

fn starts_with_key(line: &str, doc: &str) -> bool {
    let Ok(quoted) = serde_json::to_string(doc) else { return false };
    line.strip_prefix("{\"doc\":").is_some_and(|rest| rest.starts_with(&quoted))
}
