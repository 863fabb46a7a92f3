//! Unpacks what can only be read from its beginning, and cuts it where records end.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;

use rustc_hash::FxHashMap;
use sha2::{Digest as _, Sha256};

use super::{ArchiveItem, Content, End, HEAD, Piece, SLICE, TableRow};
use crate::document::hex;
use crate::read::archive::Kind;
use crate::read::blocks::{BLOCK, Block, Blocks, Lines, MOST_RECORD, Scan, too_long};
use crate::read::csv::{self, Rows};
use crate::read::format::Format;
use crate::read::json_array::{self, Elements};
use crate::read::members::each_member;
use crate::read::parquet::Table;
use crate::read::source::{Packing, Source, cause};
use crate::read::walk::plain;
use crate::read::{charset, compressed, jsonl, warc};
use crate::run::options::Fields;
use crate::run::progress::Progress;

/// Nobody wants more pieces.
struct Over;

/// Where pieces go.
pub(super) struct Sink<'a> {
    pub(super) pieces: SyncSender<Piece>,
    /// Whether nobody wants more.
    pub(super) over: Arc<AtomicBool>,
    pub(super) progress: &'a dyn Progress,
}

impl Sink<'_> {
    /// Whether to read on: nothing may come of it for long.
    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed) || self.progress.stop().is_some()
    }
}

/// Bytes from the beginning of a stream that tell how its records are written.
const SAMPLE: usize = csv::MOST_HEADER;

/// Unpacks `wanted` sources, one after the other, until nobody takes what comes of them.
pub(super) fn unpack(sources: &[Source], wanted: &[usize], fields: &Fields, sink: &Sink<'_>) {
    let mut at = 0;
    while at < wanted.len() {
        let source = &sources[wanted[at]];
        let of_archive = |i: &&usize| source.member.is_some() && sources[**i].path == source.path;
        let members = wanted[at..].iter().take_while(of_archive).count();
        let done = match &source.member {
            None => Unpacker { sources, fields, sink, archive: None }.file(wanted[at]),
            Some(member) => archive(sources, &wanted[at..at + members], member.kind, fields, sink),
        };
        if done.is_err() {
            return;
        }
        at += members.max(1);
    }
}

/// Unpacks the `wanted` members of one archive, in the order in which they lie in it.
fn archive(
    sources: &[Source],
    wanted: &[usize],
    kind: Kind,
    fields: &Fields,
    sink: &Sink<'_>,
) -> Result<(), Over> {
    let mut unpacker = Unpacker { sources, fields, sink, archive: None };
    let first = &sources[wanted[0]];
    let opened = || -> io::Result<(File, String)> {
        let mut file = first.open()?;
        let read = Cell::new(0);
        let mut hashing = Hashing { raw: &mut file, hash: Sha256::new(), read: &read, sink };
        io::copy(&mut hashing, &mut io::sink())?;
        let sha256 = hex(&hashing.hash.finalize());
        Ok((first.open()?, sha256))
    };
    let mut left: FxHashMap<&str, usize> =
        wanted.iter().filter_map(|i| Some((sources[*i].member.as_ref()?.name.as_str(), *i))).collect();
    let mut over = false;
    let refused = opened().and_then(|(file, sha256)| {
        unpacker.archive = Some(sha256);
        each_member(file, kind, &mut |entry, content| {
            let Some(source) = left.remove(entry.name.as_str()) else { return Ok(()) };
            unpacker.stream(source, content).map_err(|Over| {
                over = true;
                io::ErrorKind::BrokenPipe.into()
            })
        })
    });
    if over {
        return Err(Over);
    }
    // What the listing promised and the archive did not give.
    let mut missing: Vec<(usize, &str)> = left.into_iter().map(|(name, source)| (source, name)).collect();
    missing.sort_unstable();
    for (source, name) in missing {
        let why = match &refused {
            Err(e) => cause(e),
            Ok(refused) => {
                let named = refused.iter().find(|refused| refused.member.as_deref() == Some(name));
                named.map_or("its archive no longer holds it", |refused| &refused.cause).to_owned()
            }
        };
        unpacker.fails(source, why)?;
    }
    Ok(())
}

struct Unpacker<'a> {
    sources: &'a [Source],
    fields: &'a Fields,
    sink: &'a Sink<'a>,
    /// SHA-256 of the archive that is being unpacked.
    archive: Option<String>,
}

impl Unpacker<'_> {
    fn send(&self, piece: Piece) -> Result<(), Over> {
        self.sink.pieces.send(piece).map_err(|_| Over)
    }

    /// Nothing of a source can be used.
    fn fails(&self, source: usize, cause: String) -> Result<(), Over> {
        let broken = Some(([0, self.sources[source].bytes], cause));
        self.send(Piece { broken, end: Some(End::default()), ..nothing(source) })
    }

    fn file(&self, source: usize) -> Result<(), Over> {
        match self.sources[source].open() {
            Ok(mut file) => self.stream(source, &mut file),
            Err(e) => self.fails(source, cause(&e)),
        }
    }

    /// Unpacks one stream to its end; `raw` is what the file or the archive holds.
    fn stream(&self, source: usize, raw: &mut dyn Read) -> Result<(), Over> {
        let read = Cell::new(0);
        let mut raw = Hashing { raw, hash: Sha256::new(), read: &read, sink: self.sink };
        let stream = Stream { unpacker: self, source, read: &read };
        stream.decode(&mut raw)?;
        // What stands behind the end of the compressed data belongs to the file.
        let sha256 = io::copy(&mut raw, &mut io::sink()).ok().map(|_| hex(&raw.hash.finalize()));
        let end = Some(End { sha256, archive: self.archive.clone() });
        self.send(Piece { read: read.take(), end, ..nothing(source) })
    }
}

fn nothing(source: usize) -> Piece {
    Piece { source, content: Content::Nothing, read: 0, converted: None, broken: None, end: None }
}

/// One stream that is being unpacked.
struct Stream<'a> {
    unpacker: &'a Unpacker<'a>,
    source: usize,
    read: &'a Cell<u64>,
}

impl Stream<'_> {
    fn send(&self, content: Content, converted: Option<&str>) -> Result<(), Over> {
        let converted = converted.map(str::to_owned);
        self.unpacker.send(Piece { content, converted, read: self.read.take(), ..nothing(self.source) })
    }

    fn broken(&self, bytes: [u64; 2], cause: String) -> Result<(), Over> {
        let broken = Some((bytes, cause));
        self.unpacker.send(Piece { broken, read: self.read.take(), ..nothing(self.source) })
    }

    fn decode(&self, raw: &mut Hashing<'_>) -> Result<(), Over> {
        let source = &self.unpacker.sources[self.source];
        if source.format == Format::Parquet && source.packing == Packing::Plain {
            return self.table(source);
        }
        let opened = match source.packing {
            Packing::Plain => Ok(Box::new(raw) as Box<dyn Read>),
            Packing::Compressed | Packing::Member => compressed::open(raw),
        };
        let mut stream = match opened {
            Ok(stream) => stream,
            Err(e) => return self.broken([0, source.bytes], words(&e)),
        };
        match source.format {
            Format::Text | Format::Html => self.text(&mut stream),
            Format::Parquet => self.broken([0, source.bytes], "a packed table: unpack it first".into()),
            Format::Warc => self.web_archive(stream),
            Format::Jsonl | Format::Json | Format::Csv => self.records(stream),
        }
    }

    fn text(&self, stream: &mut dyn Read) -> Result<(), Over> {
        let mut text = Vec::new();
        let read = stream.take(MOST_RECORD as u64 + 1).read_to_end(&mut text);
        let length = text.len() as u64;
        match read {
            Err(e) => self.broken([0, length], words(&e)),
            Ok(_) if text.len() > MOST_RECORD => {
                drop(text);
                let rest = io::copy(stream, &mut io::sink()).unwrap_or(0);
                self.broken([0, length + rest], too_long())
            }
            Ok(_) => self.send(Content::Text(text), None),
        }
    }

    /// Cuts records of JSON or CSV. What is not in UTF-8 is converted first, as a whole.
    fn records(&self, mut stream: Box<dyn Read + '_>) -> Result<(), Over> {
        let mut head = Vec::new();
        let mut torn = Torn(stream.by_ref().take(SAMPLE as u64).read_to_end(&mut head).err());
        let mut converted = None;
        if torn.0.is_none() && charset::is_foreign(&head) {
            let room = (MOST_RECORD - head.len()) as u64;
            torn.0 = stream.by_ref().take(room).read_to_end(&mut head).err();
            if head.len() < MOST_RECORD {
                let decision = charset::decode(&head, None);
                if decision.is_converted() {
                    converted = Some(decision.charset.name());
                    head = decision.text.into_owned();
                }
            }
        }
        let sample = head[..head.len().min(SAMPLE)].to_vec();
        // What an error left of the beginning need not tell what the file holds.
        let failed = torn.0.as_ref().map(words);
        // An error comes again, behind what was read before it.
        let stream = Cursor::new(head).chain(torn).chain(stream);
        let (source, fields) = (&self.unpacker.sources[self.source], self.unpacker.fields);
        let converted = converted.as_deref();
        match source.format {
            Format::Csv => {
                match csv::header(&sample, csv::sniff(&sample, csv::is_tsv(&source.key)), fields) {
                    Err(cause) => self.broken([0, source.bytes], failed.unwrap_or(cause)),
                    Ok(header) => {
                        let header = Arc::new(header);
                        let rows = Rows::new(&header, fields);
                        let content = |block| Content::Rows(block, header.clone());
                        self.blocks(stream, rows, header.end, content, converted)
                    }
                }
            }
            Format::Json => match json_array::shape(&sample) {
                None if sample.trim_ascii().is_empty() && failed.is_none() => Ok(()),
                None => {
                    let cause = || "neither an array of JSON objects nor JSON objects".into();
                    self.broken([0, source.bytes], failed.unwrap_or_else(cause))
                }
                Some(shape) => {
                    let mark = jsonl::mark_len(&sample);
                    self.blocks(stream, Elements::new(shape, fields), mark, Content::Objects, converted)
                }
            },
            _ => self.blocks(stream, Lines, 0, Content::Lines, converted),
        }
    }

    fn blocks(
        &self,
        stream: impl Read,
        scan: impl Scan,
        start: usize,
        content: impl Fn(Block) -> Content,
        converted: Option<&str>,
    ) -> Result<(), Over> {
        let mut blocks = Blocks::new(stream, scan, start, BLOCK);
        loop {
            match blocks.next_block() {
                Ok(Some(block)) => self.send(content(block), converted)?,
                Ok(None) => return Ok(()),
                Err(broken) => return self.broken(broken.bytes, words(&broken.error)),
            }
        }
    }

    /// The rows of a table. Its end says where all else stands, so it is not read as a stream.
    fn table(&self, source: &Source) -> Result<(), Over> {
        let fails = |cause: String| self.broken([0, source.bytes], cause);
        let table =
            match source.open().map_err(|e| cause(&e)).and_then(|f| Table::open(f, self.unpacker.fields)) {
                Ok(table) => table,
                Err(cause) => return fails(cause),
            };
        for group in table.row_groups() {
            let (mut rows, mut held, mut over) = (Vec::new(), 0, Ok(()));
            let read = table.rows(group, &mut |_, text, meta| {
                held += text.as_ref().map_or(0, |text| text.len() as u64);
                rows.push(TableRow { text: text.map(str::to_owned), meta });
                if (held >= SLICE || rows.len() >= HEAD) && over.is_ok() {
                    held = 0;
                    over = self.send(Content::Table(std::mem::take(&mut rows)), None);
                }
            });
            over?;
            if let Err(cause) = read {
                // A file is used whole or not at all.
                return fails(cause);
            }
            if !rows.is_empty() {
                self.send(Content::Table(rows), None)?;
            }
        }
        Ok(())
    }

    fn web_archive(&self, stream: Box<dyn Read + '_>) -> Result<(), Over> {
        let (mut items, mut held, mut end) = (Vec::new(), 0, 0);
        for item in warc::Records::new(stream) {
            let item = match item {
                Err(e) => {
                    self.send(Content::Archive(std::mem::take(&mut items)), None)?;
                    return self.broken([end, end], words(&e));
                }
                Ok(Err(broken)) => {
                    end = broken.end;
                    ArchiveItem::Broken(broken)
                }
                Ok(Ok(record)) => {
                    end = record.end;
                    if warc::is_document(&record) {
                        held += record.payload.len() as u64;
                        ArchiveItem::Document(Box::new(record))
                    } else {
                        ArchiveItem::Passed
                    }
                }
            };
            items.push(item);
            if held >= SLICE || items.len() >= HEAD {
                held = 0;
                self.send(Content::Archive(std::mem::take(&mut items)), None)?;
            }
        }
        if items.is_empty() { Ok(()) } else { self.send(Content::Archive(items), None) }
    }
}

/// Why a stream could not be read further.
fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "the compressed data ends too early".into(),
        _ => plain(error),
    }
}

/// An error that a stream gave before, if it did.
struct Torn(Option<io::Error>);

impl Read for Torn {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// A stream that is hashed as it is read.
struct Hashing<'a> {
    raw: &'a mut dyn Read,
    hash: Sha256,
    /// Bytes read since this was asked last.
    read: &'a Cell<u64>,
    sink: &'a Sink<'a>,
}

impl Read for Hashing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.sink.is_over() {
            return Err(io::Error::other("no longer wanted"));
        }
        let read = self.raw.read(buffer)?;
        self.hash.update(&buffer[..read]);
        self.read.set(self.read.get() + read as u64);
        Ok(read)
    }
}
