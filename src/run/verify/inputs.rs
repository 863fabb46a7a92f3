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
use sha2::{Digest as _, Sha256};

use super::clean::Clean;
use super::dealt::Dealt;
use super::findings::Findings;
use super::listed::{Listed, same_rejects};
use super::lists::DOCUMENTS;
use super::published::compressed;
use crate::document::{Cut, Status, hex};
use crate::error::on_one_line;
use crate::read::Decoded;
use crate::read::format::Format;
use crate::read::source::Packing;
use crate::read::walk::plain;
use crate::run::corpus::append_clean;
use crate::run::data::is_written;
use crate::run::ledger::packs::Packs;
use crate::run::ledger::{self, Head, KnownPart, Line, seal_of};
use crate::run::options::{Copies, Fields, Input};
use crate::run::origin::{Finder, Opener, Place, read_all};
use crate::shard::{Name, Row, Shard, Store};
use crate::strip::remaining;
use crate::write::durable::hash_file;
use crate::write::manifest::{FileHash, Manifest};
use crate::write::names::{name_of, path_of};
use crate::write::packed::Compress;
use crate::write::record::Reject;

const LEDGER: &str = ".tamis/ledger.jsonl";
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
    fn get(&mut self, name: Name) -> io::Result<Option<Rc<Shard>>> {
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
    finder: Finder<'a>,
    /// Whether this version reads inputs as that of the run did.
    pub(super) is_same_stage: bool,
    copies: Copies,
    pub(super) fields: Fields,
    rules: Vec<String>,
    compress: Compress,
    /// What the documents of a corpus that is no mirror add up to.
    pub(super) dealt: Option<Dealt>,
    shards: Shards,
    packs: Packs,
    pub(super) opener: Opener,
    /// Whether an archive is what was read, by path.
    archives: FxHashMap<PathBuf, bool>,
    listed: Listed,
    pub(super) findings: &'a mut Findings,
}

/// A part of a source with its shard.
pub(super) struct Part {
    pub(super) at: KnownPart,
    pub(super) shard: Rc<Shard>,
    pub(super) rows: Vec<Row>,
}

/// Where the bytes of a source come from.
pub(super) enum Bytes {
    /// From its file.
    File(PathBuf),
    /// From the full ledger.
    Packs,
    /// From what the shards carry, which is all of it.
    Shards,
    /// Not at hand. What the shards carry of it may be.
    Nowhere,
}

/// What of a document should stand in the clean corpus.
pub(super) enum Written {
    /// Nothing: it was not kept.
    Nothing,
    /// This.
    Bytes(Vec<u8>),
    /// That cannot be known.
    Unknown,
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

    /// Where the bytes of a source are at hand, and how many they are once unpacked, if they were counted.
    fn bytes(&mut self, line: &Line, known: &FxHashMap<&str, &FileHash>) -> (Bytes, Option<u64>) {
        let held = line.unpacked.as_ref().is_some_and(|unpacked| {
            let mut stream = self.packs.stream(unpacked);
            let cause = match read_all(&mut stream, Packing::Plain, &mut |_| true) {
                Err(e) => e.to_string(),
                Ok(read) if read.sha256 != unpacked.sha256 => "the full ledger does not hold it".into(),
                Ok(_) => return true,
            };
            self.findings.fail(&line.key, cause);
            false
        });
        let otherwise = |walk: &mut Self, cause: &str| {
            if held {
                let bytes = line.unpacked.as_ref().map(|unpacked| unpacked.bytes);
                return (Bytes::Packs, bytes);
            }
            walk.findings.skip(&line.key, cause);
            (Bytes::Nowhere, None)
        };
        if line.fleeting && !held {
            return match self.carried(line) {
                Some(bytes) => (Bytes::Shards, Some(bytes)),
                None => otherwise(self, "standard input, which is gone: --ledger full would have held it"),
            };
        }
        let Some(path) = self.finder.path(line) else {
            return otherwise(self, "inputs not found: say where they are with --source");
        };
        if let Some((archive, ..)) = &line.member
            && !self.archive_is_whole(&path, archive, known)
        {
            return otherwise(self, "inputs in archives that are not what was read");
        }
        let place = Place { path: &path, member: line.member_inside() };
        let read = self.opener.raw(&place).and_then(|raw| read_all(raw, line.packing, &mut |_| true));
        match read {
            Err(e) => otherwise(self, &format!("inputs cannot be read: {}", plain(&e))),
            Ok(read) => {
                if line.sha256.as_ref().is_some_and(|sha256| *sha256 != read.raw_sha256) {
                    self.findings.fail(&line.key, "this input is not what was read: its SHA-256 differs");
                } else if line.unpacked.as_ref().is_some_and(|unpacked| unpacked.sha256 != read.sha256) {
                    self.findings.fail(&line.key, "the full ledger does not hold what this input holds");
                }
                (Bytes::File(path), Some(read.bytes))
            }
        }
    }

    /// Bytes that the shards carry of a source, if that is all of it, as it was read.
    fn carried(&mut self, line: &Line) -> Option<u64> {
        let (mut hash, mut length, mut bytes) = (Sha256::new(), 0, Vec::new());
        for part in line.parts()? {
            let shard = self.shards.get(part.shard).ok().flatten().filter(|shard| shard.carries())?;
            shard.carried(0..shard.span(), &mut bytes).ok()?;
            hash.update(&bytes);
            length += shard.span();
        }
        (line.sha256.as_ref() == Some(&hex(&hash.finalize()))).then_some(length)
    }

    fn archive_is_whole(&mut self, path: &Path, key: &str, known: &FxHashMap<&str, &FileHash>) -> bool {
        if let Some(whole) = self.archives.get(path) {
            return *whole;
        }
        let sha256 = known.get(key).map(|file| file.sha256.as_str());
        let whole = hash_file(path).is_ok_and(|(_, there)| Some(there.as_str()) == sha256);
        if !whole {
            self.findings.fail(key, "this archive is not what was read: its SHA-256 differs");
        }
        self.archives.insert(path.to_path_buf(), whole);
        whole
    }

    /// A part with its rows.
    pub(super) fn part(&mut self, at: &KnownPart) -> Option<Part> {
        let shard = self.shards.get(at.shard).ok().flatten()?;
        let rows = shard.rows(at.row..at.row + at.count).ok()?;
        Some(Part { at: at.clone(), shard, rows })
    }

    /// The unpacked bytes of a source, or none.
    pub(super) fn open(&mut self, line: &Line, bytes: &Bytes) -> Option<Box<dyn Read>> {
        match bytes {
            Bytes::File(path) => {
                let raw = self.opener.raw(&Place { path, member: line.member_inside() }).ok()?;
                crate::run::origin::unpacked(raw, line.packing).ok()
            }
            Bytes::Packs => Some(Box::new(self.packs.stream(line.unpacked.as_ref()?))),
            Bytes::Shards | Bytes::Nowhere => None,
        }
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

    /// Checks one document: is it listed as the ledger has it, and is `record`, its raw bytes where they are at hand,
    /// less the cuts what should stand in the clean corpus?
    pub(super) fn document(&mut self, doc: &str, part: &Part, row: &Row, record: Option<&[u8]>) -> Written {
        let Some(listed) = self.listed.document(doc) else {
            self.findings.fail_at(
                DOCUMENTS,
                Some(doc),
                None,
                "the ledger holds this document, the list does not",
            );
            return Written::Unknown;
        };
        let Ok(cuts) = part.shard.cuts_of(row) else { return Written::Unknown };
        let emptied = listed.status == Status::Emptied;
        let cut: u64 = cuts.iter().map(|cut| cut.len() as u64).sum();
        let mut by_rule = std::collections::BTreeMap::<&str, u64>::new();
        for cut in &cuts {
            let id = self.rules.get(cut.rule as usize).map_or("", String::as_str);
            *by_rule.entry(id).or_default() += cut.len() as u64;
        }
        let listed_cut = listed.cut.iter().map(|(id, bytes)| (id.as_str(), *bytes));
        let same = (listed.bytes_in, listed.bytes_out) == (u64::from(row.bytes_in), u64::from(row.bytes_out))
            && (emptied == row.emptied || listed.status == Status::Reference)
            && listed.bytes_in.checked_sub(cut) == Some(listed.bytes_out)
            && listed_cut.eq(by_rule);
        if !same {
            self.findings.fail_at(
                DOCUMENTS,
                Some(doc),
                None,
                "ledger and list do not agree about this document",
            );
            return Written::Unknown;
        }
        if !is_written(listed.status, self.copies) {
            return Written::Nothing;
        }
        let Some(record) = record else {
            self.dealt.iter_mut().for_each(Dealt::give_up);
            return Written::Unknown;
        };
        if !fits(row, record, &cuts) {
            self.findings.fail_at(LEDGER, Some(doc), None, "the cuts do not fit the text of this document");
            return Written::Unknown;
        }
        let mut clean = Vec::with_capacity(record.len());
        append_clean(row, record, &cuts, &mut clean);
        if let Some(dealt) = &mut self.dealt {
            let (start, length) = (row.body as usize, row.body_len as usize);
            let decoded = Decoded::new(&record[start..start + length], row.encoding);
            dealt.add(&remaining(&decoded.text, &cuts));
        }
        Written::Bytes(clean)
    }

    /// Something of an input is not as the ledger has it.
    pub(super) fn fail_input(&mut self, line: &Line, doc: Option<&str>, offset: u64, cause: &str) {
        self.findings.fail_at(&line.key, doc, Some(offset), on_one_line(cause));
    }
}

/// Whether body and cuts lie inside the record, the cuts in order.
fn fits(row: &Row, record: &[u8], cuts: &[Cut]) -> bool {
    let (start, length) = (row.body as usize, row.body_len as usize);
    let Some(body) = start.checked_add(length).and_then(|end| record.get(start..end)) else { return false };
    let text = Decoded::new(body, row.encoding).text.len();
    let mut at = 0;
    text == row.bytes_in as usize
        && cuts.iter().all(|cut| {
            let fits = at <= cut.start && cut.start <= cut.end && cut.end <= text;
            at = cut.end;
            fits
        })
}
