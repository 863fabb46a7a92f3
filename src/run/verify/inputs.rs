//! Whether every byte of the input is accounted for: walks the sources of the ledger, in the order of their keys.
//!
//! Of each source: does the manifest know it, is its file what was read, does the full ledger hold what it holds; then
//! its documents, one by one, by format.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::clean::Clean;
use super::dealt::Dealt;
use super::findings::Findings;
use super::listed::{Listed, same_rejects};
use super::published::compressed;
use crate::error::on_one_line;
use crate::read::format::Format;
use crate::read::source::Packing;
use crate::read::walk::plain;
use crate::run::ledger::packs::Packs;
use crate::run::ledger::{self, Head, KnownPart, Line, seal_of};
use crate::run::options::{Copies, Fields, Input};
use crate::run::origin::{Finder, Opener};
use crate::shard::{Name, Row, Shard, Store};
use crate::write::durable::hash_file;
use crate::write::manifest::{FileHash, Manifest};
use crate::write::names::{name_of, path_of};
use crate::write::packed::Compress;
use crate::write::record::Reject;

/// Name of the ledger in OUT.
pub(super) const LEDGER: &str = ".tamis/ledger.jsonl";
/// Shards that are held open: those of neighbouring files are few.
const SHARDS: usize = 8;

/// Checks ledger and inputs.
pub(super) fn check(out: &Path, manifest: &Manifest, given: &[Input], findings: &mut Findings) {
    let finder = Finder { given };
    let path = ledger::path_in(out);
    let seal = match seal_of(&path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            findings.skip(LEDGER, "no ledger: documents were not held against the inputs");
            return hashes_only(manifest, &finder, findings);
        }
        Err(e) => return findings.fail(LEDGER, format!("cannot be read: {}", plain(&e))),
        Ok(seal) => seal,
    };
    if !seal.is_whole {
        findings.fail(LEDGER, "damaged: its seal does not hold");
        return hashes_only(manifest, &finder, findings);
    }
    let lines =
        File::open(&path).map(|file| BufReader::with_capacity(1 << 18, file.take(seal.bytes)).lines());
    let mut lines = match lines {
        Ok(lines) => lines.map_while(io::Result::ok),
        Err(e) => return findings.fail(LEDGER, format!("cannot be read: {}", plain(&e))),
    };
    let head = lines.next().and_then(|line| serde_json::from_str::<Head>(&line).ok());
    let store = head.as_ref().and_then(|h| Store::look_into(&ledger::cache(out, h.cache.as_deref())).ok());
    // Lists that cannot be read were told of before.
    let Some(listed) = Listed::of(out) else { return };
    let (Some(head), Some(store)) = (head, store) else {
        return findings.skip(LEDGER, "another version of tamis wrote this ledger");
    };
    let mut walk = Walk {
        out,
        finder,
        is_same_stage: head.stage.starts_with(env!("TAMIS_STAGES")),
        copies: if manifest.options.get("copies").is_some_and(|c| c == "tag") {
            Copies::Tag
        } else {
            Copies::Drop
        },
        fields: fields(manifest),
        compress: compressed(manifest),
        dealt: manifest.options.contains_key("to").then(Dealt::default),
        rules: head.rules.into_iter().map(|(id, _)| id).collect(),
        shards: Shards { store, held: VecDeque::new() },
        packs: Packs::of(out),
        opener: Opener::default(),
        archives: FxHashMap::default(),
        listed,
        findings,
    };
    let known: FxHashMap<&str, &FileHash> =
        manifest.inputs.iter().chain(&manifest.references).map(|f| (f.path.as_str(), f)).collect();
    let mut seen: FxHashSet<String> = FxHashSet::default();
    for line in lines {
        let Ok(line) = serde_json::from_str::<Line>(&line) else {
            return walk.findings.skip(LEDGER, "another version of tamis wrote this ledger");
        };
        walk.line(&line, &known);
        seen.extend(line.member.map(|(archive, ..)| archive));
        seen.insert(line.key);
    }
    let Walk { listed, findings, dealt, fields, .. } = walk;
    listed.finish(findings);
    if let Some(dealt) = dealt {
        dealt.compare(out, manifest, &fields, findings);
    }
    for name in known.keys().filter(|name| !seen.contains(**name)) {
        findings.fail(name, "the manifest names this input, and the ledger does not");
    }
}

/// Without a ledger: are the inputs what the manifest says?
fn hashes_only(manifest: &Manifest, finder: &Finder<'_>, findings: &mut Findings) {
    findings.answer.inputs = manifest.inputs.len() as u64;
    let named: FxHashSet<&str> = manifest.inputs.iter().map(|input| input.path.as_str()).collect();
    // The hash of an archive holds for its members.
    let is_member = |key: &str| key.match_indices('/').any(|(at, _)| named.contains(&key[..at]));
    for input in manifest.inputs.iter().filter(|input| !is_member(&input.path)) {
        let found = finder.under(&input.path).map(|path| hash_file(&path));
        match found {
            None => findings.skip(&input.path, "inputs not found: say where they are with --source"),
            Some(Err(e)) => findings.skip(&input.path, format!("inputs cannot be read: {}", plain(&e))),
            Some(Ok((_, sha256))) if sha256 != input.sha256 => {
                findings.fail(&input.path, "this input is not what was read: its SHA-256 differs");
            }
            Some(Ok(_)) => {}
        }
    }
}

fn fields(manifest: &Manifest) -> Fields {
    let name = |option: &str| manifest.options.get(option).cloned();
    Fields {
        text: name("text-field"),
        id: name("id-field"),
        url: name("url-field"),
        date: name("date-field"),
        title: name("title-field"),
    }
}

/// The shards of the ledger; the last ones are held.
pub(super) struct Shards {
    store: Store,
    held: VecDeque<Rc<Shard>>,
}

impl Shards {
    pub(super) fn get(&mut self, name: Name) -> io::Result<Option<Rc<Shard>>> {
        if let Some(shard) = self.held.iter().find(|shard| shard.name() == name) {
            return Ok(Some(Rc::clone(shard)));
        }
        let shard = self.store.look_up(name)?.map(Rc::new);
        if let Some(shard) = &shard {
            self.held.truncate(SHARDS - 1);
            self.held.push_front(Rc::clone(shard));
        }
        Ok(shard)
    }
}

/// What stands between two sources that are walked.
pub(super) struct Walk<'a> {
    pub(super) out: &'a Path,
    pub(super) finder: Finder<'a>,
    /// Whether this version reads inputs as that of the run did.
    pub(super) is_same_stage: bool,
    pub(super) copies: Copies,
    pub(super) fields: Fields,
    pub(super) rules: Vec<String>,
    pub(super) compress: Compress,
    /// What the documents of a corpus that is no mirror add up to.
    pub(super) dealt: Option<Dealt>,
    pub(super) shards: Shards,
    pub(super) packs: Packs,
    pub(super) opener: Opener,
    /// Whether an archive is what was read, by path.
    pub(super) archives: FxHashMap<PathBuf, bool>,
    pub(super) listed: Listed,
    pub(super) findings: &'a mut Findings,
}

/// A part of a source with its shard.
pub(super) struct Part {
    pub(super) at: KnownPart,
    pub(super) shard: Rc<Shard>,
    pub(super) rows: Vec<Row>,
}

/// One source that is walked.
pub(super) struct Entry<'l> {
    pub(super) line: &'l Line,
    pub(super) parts: Vec<KnownPart>,
    pub(super) listed: Vec<Reject>,
}

impl Walk<'_> {
    fn line(&mut self, line: &Line, known: &FxHashMap<&str, &FileHash>) {
        match (&line.sha256, known.get(line.key.as_str())) {
            (Some(sha256), Some(file)) if *sha256 == file.sha256 => {}
            (Some(_), None) => {
                self.findings.fail(&line.key, "the ledger names this input, the manifest does not")
            }
            (Some(_), Some(_)) => self
                .findings
                .fail(&line.key, "ledger and manifest disagree about this input: run `tamis clean` again"),
            (None, _) => {
                self.findings.skip(&line.key, "inputs that the run itself could not read to their end")
            }
        }
        self.findings.answer.inputs += 1;
        let before = self.findings.answer.failed;
        self.listed.begin(line, self.findings);
        let listed = self.listed.rejects(&line.key);
        let Some(parts) = line.parts() else {
            return self.findings.fail(LEDGER, "names an impossible shard");
        };
        if !self.shards_are_whole(line, &parts) {
            self.dealt.iter_mut().for_each(Dealt::give_up);
            return self.listed.pass(line);
        }
        let (bytes, length) = self.bytes(line, known);
        let entry = Entry { line, parts, listed };
        // A table is compressed inside.
        let is_packed = self.compress != Compress::None && line.format != Format::Parquet;
        let (compress, packing) =
            if is_packed { (self.compress, Packing::Compressed) } else { (Compress::None, Packing::Plain) };
        let name = name_of(&compress.path(&path_of(&format!("data/{}", line.data))));
        let mut clean = Clean::of(self.out, name, packing);
        if self.dealt.is_some() {
            clean.give_up();
        }
        let whole = match line.format {
            Format::Text | Format::Html => self.single(&entry, &bytes, &mut clean),
            Format::Jsonl | Format::Json | Format::Csv => self.records(&entry, &bytes, &mut clean),
            Format::Warc => self.web_archive(&entry, &bytes, &mut clean),
            Format::Parquet => self.table(&entry, &bytes, &mut clean),
        };
        self.listed.end(line, self.findings);
        clean.finish(self.findings);
        if whole && self.findings.answer.failed == before {
            self.findings.answer.rebuilt += 1;
            self.findings.answer.rebuilt_bytes += length.unwrap_or(0);
        }
    }

    fn shards_are_whole(&mut self, line: &Line, parts: &[KnownPart]) -> bool {
        for part in parts {
            match self.shards.get(part.shard) {
                Ok(Some(shard)) if part.row + part.count <= shard.documents() => {}
                Ok(Some(_)) | Err(_) => {
                    let name = format!(".tamis/cache: shard {}", part.shard);
                    self.findings.fail(&name, format!("damaged (it holds documents of {})", line.key));
                    return false;
                }
                Ok(None) => {
                    self.findings.skip(&line.key, "inputs whose shards were deleted from the cache");
                    return false;
                }
            }
        }
        true
    }

    /// A part with its rows.
    pub(super) fn part(&mut self, at: &KnownPart) -> Option<Part> {
        let shard = self.shards.get(at.shard).ok().flatten()?;
        let rows = shard.rows(at.row..at.row + at.count).ok()?;
        Some(Part { at: at.clone(), shard, rows })
    }

    /// The records that the shards of a source reject, as the list should have them.
    pub(super) fn check_rejects(&mut self, entry: &Entry<'_>) {
        let mut rejects = Vec::new();
        for part in &entry.parts {
            let Ok(Some(shard)) = self.shards.get(part.shard) else { return };
            for reject in shard.rejects().unwrap_or_default() {
                rejects.push(Reject {
                    file: entry.line.key.clone(),
                    record: Some(part.record + u64::from(reject.record)),
                    bytes: (reject.end > 0).then(|| [part.offset + reject.start, part.offset + reject.end]),
                    cause: reject.cause,
                });
            }
        }
        same_rejects(entry.line, &rejects, &entry.listed, self.findings);
    }

    /// Something of an input is not as the ledger has it.
    pub(super) fn fail_input(&mut self, line: &Line, doc: Option<&str>, offset: u64, cause: &str) {
        self.findings.fail_at(&line.key, doc, Some(offset), on_one_line(cause));
    }
}
