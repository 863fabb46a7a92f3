//! Where every document of the last run stands: kept beside the output, never published.
//!
//! One JSON object a line; the first names rules and cache, each other one is a source, in key order, with the rows of
//! the shards that hold its documents; the last one seals it with the SHA-256 of all lines before it, and a ledger whose
//! seal does not hold is not believed. It holds no text: cuts stand in the shards, texts in the sources, or, if the
//! ledger is a full one, in [`packs`]. It may be deleted, and sources may change: then `explain` says less, and the next
//! run reads them again.

pub(super) mod packs;
mod seal;

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use self::packs::{Packs, Unpacked};
pub(super) use self::seal::{Sealed, seal_of};
use super::intake::Intake;
use super::origin::{Finder, Opener, part_of};
use crate::document::{Cut, hex};
use crate::error::{Error, Result};
use crate::read::Decoded;
use crate::read::archive::Kind;
use crate::read::format::Format;
use crate::read::source::{Packing, Source, Stamp, read_exact_at};
use crate::shard::{Name, Row, Shard, Store};
use crate::strip::{RuleSet, remaining};
use crate::write::durable::CANNOT_WRITE;
use crate::write::manifest::FileHash;
use crate::write::names::name_of;
use crate::write::publish::{Companion, PRIVATE};

const NAME: &str = "ledger.jsonl";
/// Folder of the cache, unless another one is named.
const CACHE: &str = "cache";

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Head {
    /// What the shards depend on beside the bytes of the sources.
    pub(super) stage: String,
    /// Folder of the shards, where it is not beside this file.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) cache: Option<PathBuf>,
    /// Id and purpose of every rule, by number.
    pub(super) rules: Vec<(String, String)>,
}

/// One source.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) key: String,
    /// Absolute; none if it is no UTF-8.
    pub(super) path: Option<PathBuf>,
    pub(super) stamp: Stamp,
    /// None if it could not be read to its end.
    pub(super) sha256: Option<String>,
    /// Whether it holds records, which are numbered.
    pub(super) records: bool,
    pub(super) format: Format,
    pub(super) packing: Packing,
    /// Whether its file vanished with the run.
    #[serde(skip_serializing_if = "is_false", default)]
    pub(super) fleeting: bool,
    /// Whether its documents count as kept before.
    #[serde(skip_serializing_if = "is_false", default)]
    pub(super) reference: bool,
    /// Its clean twin below `data/`, as the manifest names files.
    pub(super) data: String,
    /// SHA-256 of its archive, if it is a member of one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    archive: Option<String>,
    /// Key and kind of its archive, and its name inside.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) member: Option<(String, Kind, String)>,
    /// What its clean twin was made of, and the file.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    made: Option<Made>,
    /// Whether it has to be read again to know what of it could not be used.
    partial: bool,
    /// What it holds once it is unpacked, in a full ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) unpacked: Option<Unpacked>,
    /// Shard, first row, number of rows, offset of the slice, number of its first record.
    parts: Vec<(String, u32, u32, u64, u64)>,
}

/// A file of the clean corpus, as it was made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Made {
    /// Hash of what it was made of, 32 hex digits.
    recipe: String,
    bytes: u64,
    sha256: String,
}

impl Made {
    /// The file that was made of `recipe`.
    pub(super) fn new(recipe: u128, file: &FileHash) -> Self {
        let (bytes, sha256) = (file.bytes, file.sha256.clone());
        Self { recipe: hex(&recipe.to_be_bytes()), bytes, sha256 }
    }

    /// Whether it was made of this.
    pub(super) fn is_of(&self, recipe: Option<u128>) -> bool {
        recipe.is_some_and(|recipe| hex(&recipe.to_be_bytes()) == self.recipe)
    }

    /// The file, at `path` in OUT.
    pub(super) fn file(&self, path: &Path) -> FileHash {
        FileHash { path: name_of(path), bytes: self.bytes, sha256: self.sha256.clone() }
    }
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// Rows of a shard that hold documents of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KnownPart {
    /// The shard.
    pub(super) shard: Name,
    /// Its first row, and how many.
    pub(super) row: u32,
    pub(super) count: u32,
    /// Where the slice begins in the source, and the number of its first record.
    pub(super) offset: u64,
    pub(super) record: u64,
}

/// A source as a former run read it.
#[derive(Debug, Clone)]
pub(super) struct KnownSource {
    pub(super) sha256: String,
    /// SHA-256 of its archive, if it is a member of one.
    pub(super) archive: Option<String>,
    pub(super) parts: Vec<KnownPart>,
}

impl Line {
    /// Of a member: what its archive is, and its name inside.
    pub(super) fn member_inside(&self) -> Option<(Kind, &str)> {
        self.member.as_ref().map(|(_, kind, name)| (*kind, name.as_str()))
    }

    /// Where its documents stand; `None` if a shard has an impossible name.
    pub(super) fn parts(&self) -> Option<Vec<KnownPart>> {
        let part = |(shard, row, count, offset, record): &(String, u32, u32, u64, u64)| {
            let (row, count, offset, record) = (*row, *count, *offset, *record);
            Some(KnownPart { shard: Name::parse(shard)?, row, count, offset, record })
        };
        self.parts.iter().map(part).collect()
    }
}

/// The folder of the cache of a run.
pub(super) fn cache(out: &Path, given: Option<&Path>) -> PathBuf {
    given.map_or_else(|| out.join(PRIVATE).join(CACHE), Path::to_path_buf)
}

/// Where the ledger of an output stands.
pub(super) fn path_in(out: &Path) -> PathBuf {
    out.join(PRIVATE).join(NAME)
}

/// Writes the ledger of a run, beside its place; `unpacked`: what each source holds, by position, for a full one; `made`:
/// its clean twin.
pub(super) fn write(
    out: &Path,
    intake: &Intake,
    (rules, stage): (&RuleSet, &str),
    cache: Option<&Path>,
    (unpacked, made): (&[Option<Unpacked>], &dyn Fn(usize) -> Option<Made>),
) -> Result<Companion> {
    let place = path_in(out);
    let written = place.with_extension("tmp");
    let corpus = &intake.corpus;
    // A path that is no UTF-8 cannot be written as JSON: such a source is read again by the next run.
    let absolute = |p: &Path| std::path::absolute(p).ok().filter(|p| p.to_str().is_some());
    let put = || -> std::io::Result<()> {
        let mut file = Sealed::new(BufWriter::with_capacity(1 << 18, File::create(&written)?));
        let mut unpacked = unpacked.iter().cloned();
        let head = Head {
            stage: stage.to_owned(),
            cache: cache.and_then(absolute),
            rules: (0..rules.numbers())
                .map(|n| (rules.id(n).to_owned(), rules.about(n).to_owned()))
                .collect(),
        };
        serde_json::to_writer(&mut file, &head)?;
        let mut segments = corpus.segments.iter().peekable();
        for (i, (source, sha256)) in corpus.sources.iter().zip(&intake.hashes).enumerate() {
            let mut parts = Vec::new();
            while let Some(segment) = segments.peek() {
                let name = corpus.shards[segment.shard as usize].name().to_string();
                let first = segment.source as usize;
                if segment.files && (first..first + segment.rows.len()).contains(&i) {
                    parts.push((name, segment.rows.start + (i - first) as u32, 1, 0, 0));
                    if i + 1 < first + segment.rows.len() {
                        break;
                    }
                } else if first == i {
                    let rows = &segment.rows;
                    parts.push((name, rows.start, rows.len() as u32, segment.offset, segment.record));
                } else {
                    break;
                }
                segments.next();
            }
            let unpacked = unpacked.next().flatten();
            if sha256.is_none() && parts.is_empty() {
                continue;
            }
            let line = Line {
                key: source.key.clone(),
                path: absolute(&source.path),
                stamp: source.stamp,
                sha256: sha256.clone(),
                records: !source.format.is_single(),
                format: source.format,
                packing: source.packing,
                fleeting: source.fleeting,
                reference: source.reference,
                data: name_of(&source.mirror),
                member: source.member.as_ref().map(|m| (m.archive.clone(), m.kind, m.name.clone())),
                unpacked,
                archive: source
                    .member
                    .as_ref()
                    .and_then(|member| Some(intake.archives.get(&member.archive)?.1.clone())),
                made: made(i),
                partial: intake.partial.contains(&i),
                parts,
            };
            file.write_all(b"\n")?;
            serde_json::to_writer(&mut file, &line)?;
        }
        file.write_all(b"\n")?;
        let file = file.finish()?;
        file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()
    };
    put().map_err(Error::io(&written, CANNOT_WRITE))?;
    Ok(Companion { written, place })
}

/// Sources as a former run read them.
#[derive(Debug, Default)]
pub(super) struct Known {
    lines: FxHashMap<String, Line>,
    /// When the ledger was written.
    written: Option<SystemTime>,
}

/// A file that was changed just before the ledger was written may have been changed again in the same instant.
const RACE: Duration = Duration::from_secs(2);

impl Known {
    /// What the last run on `out` left, if it read and stripped as this one does.
    pub(super) fn read(out: &Path, stage: &str) -> Self {
        let path = path_in(out);
        let Ok(file) = File::open(&path) else { return Self::default() };
        if !seal_of(&path).is_ok_and(|seal| seal.is_whole) {
            return Self::default();
        }
        let written = file.metadata().and_then(|meta| meta.modified()).ok();
        let mut lines = BufReader::with_capacity(1 << 18, file).lines().map_while(std::io::Result::ok);
        let head: Option<Head> = lines.next().and_then(|line| serde_json::from_str(&line).ok());
        if head.is_none_or(|head| head.stage != stage) {
            return Self::default();
        }
        let lines = lines.filter_map(|line| serde_json::from_str::<Line>(&line).ok());
        Self { lines: lines.map(|line| (line.key.clone(), line)).collect(), written }
    }

    /// The clean twin of the source with a key, as it was made.
    pub(super) fn made(&self, key: &str) -> Option<&Made> {
        self.lines.get(key)?.made.as_ref()
    }

    /// What is known of a source, if it is the file that was read then.
    pub(super) fn of(&self, source: &Source) -> Option<KnownSource> {
        let line = self.lines.get(&source.key)?;
        let same = !line.partial
            && line.stamp == source.stamp
            && (line.format, line.packing) == (source.format, source.packing)
            && line.path.as_deref() == std::path::absolute(&source.path).ok().as_deref();
        let settled = line.stamp.is_before(self.written?.checked_sub(RACE)?);
        (same && settled).then_some(())?;
        let (sha256, archive) = (line.sha256.clone()?, line.archive.clone());
        Some(KnownSource { sha256, archive, parts: line.parts()? })
    }
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

/// The ledger of a former run, open for reading.
#[derive(Debug)]
pub(super) struct Ledger {
    path: PathBuf,
    head: Head,
    store: Store,
}

impl Ledger {
    /// Opens the ledger of `out`; `None` if there is none or it cannot be read.
    pub(super) fn open(out: &Path) -> Option<Self> {
        let path = path_in(out);
        let mut first = String::new();
        BufReader::new(File::open(&path).ok()?).read_line(&mut first).ok()?;
        let head: Head = serde_json::from_str(&first).ok()?;
        let store = Store::look_into(&cache(out, head.cache.as_deref())).ok()?;
        Some(Self { path, head, store })
    }

    /// Id and purpose of a rule.
    pub(super) fn rule(&self, number: u32) -> (&str, &str) {
        self.head.rules.get(number as usize).map_or(("", ""), |(id, about)| (id, about))
    }

    /// Text and cuts of the documents in `docs`, in that order; `None` where the ledger or the source does not have one,
    /// or the source is no longer what was read.
    pub(super) fn entries(&self, docs: &[&str]) -> Vec<Option<Entry>> {
        docs.iter().map(|doc| self.entry(doc)).collect()
    }

    /// Source and number of a document.
    fn find(&self, doc: &str) -> Option<(Line, u64)> {
        let as_file = || Some((self.line(doc).filter(|line| !line.records)?, 0));
        let as_record = || {
            let (file, record) = doc.rsplit_once('#')?;
            Some((self.line(file).filter(|line| line.records)?, record.parse().ok()?))
        };
        as_file().or_else(as_record)
    }

    /// Text of a document before the cuts, wherever its input is at hand; and whether the ledger knows its input.
    pub(super) fn text_of(
        &self,
        doc: &str,
        finder: &Finder<'_>,
        opener: &mut Opener,
        packs: &Packs,
    ) -> (Option<Vec<u8>>, bool) {
        let Some((line, record)) = self.find(doc) else { return (None, false) };
        let mut text = || {
            let (shard, row, offset) = self.row(&line, record)?;
            let place = (offset + row.offset, u64::from(row.len));
            let raw = match record_bytes(&line, &shard, &row, offset) {
                Some(raw) => raw,
                None => part_of(&line, place, finder, opener, packs)
                    .into_iter()
                    .find(|raw| xxhash_rust::xxh3::xxh3_64(raw) == row.raw_hash)?,
            };
            let (start, length) = (row.body as usize, row.body_len as usize);
            Some(Decoded::new(raw.get(start..start + length)?, row.encoding).text.into_owned())
        };
        (text(), true)
    }

    /// The row of a document, its shard, and where the slice begins.
    fn row(&self, line: &Line, record: u64) -> Option<(Shard, Row, u64)> {
        let part = line.parts()?.into_iter().take_while(|part| part.record <= record).last()?;
        let shard = self.store.get(part.shard)?;
        let rows = shard.rows(part.row..part.row + part.count).ok()?;
        let row =
            rows.into_iter().find(|row| !line.records || part.record + u64::from(row.record) == record)?;
        Some((shard, row, part.offset))
    }

    fn entry(&self, doc: &str) -> Option<Entry> {
        let (line, record) = self.find(doc)?;
        let (shard, row, offset) = self.row(&line, record)?;
        let raw = record_bytes(&line, &shard, &row, offset)?;
        let (start, length) = (row.body as usize, row.body_len as usize);
        let text = Decoded::new(raw.get(start..start + length)?, row.encoding).text.into_owned();
        let cuts = shard.cuts_of(&row).ok()?;
        cuts.iter().all(|cut| cut.start <= cut.end && cut.end <= text.len()).then_some(Entry { text, cuts })
    }

    /// The line of a source. A key is looked for before the line is parsed: most lines are about other sources.
    fn line(&self, key: &str) -> Option<Line> {
        let start = format!("{{\"key\":{},", serde_json::to_string(key).ok()?);
        let lines = BufReader::with_capacity(1 << 18, File::open(&self.path).ok()?).lines();
        let line = lines.map_while(std::io::Result::ok).find(|line| line.starts_with(&start))?;
        serde_json::from_str(&line).ok()
    }
}

/// The raw bytes of a record, if they still are what was read.
fn record_bytes(line: &Line, shard: &Shard, row: &Row, offset: u64) -> Option<Vec<u8>> {
    let mut raw = vec![0; row.len as usize];
    if row.carried {
        shard.carried(row.offset..row.offset + u64::from(row.len), &mut raw).ok()?;
    } else {
        let file = File::open(line.path.as_deref()?).ok()?;
        read_exact_at(&file, &mut raw, offset + row.offset).ok()?;
    }
    (xxhash_rust::xxh3::xxh3_64(&raw) == row.raw_hash).then_some(raw)
}
