//! `tamis strip`: a filter. Records in, cleaned records out, in the same format.

use std::io::{BufRead, Cursor, Read, Write};
use std::path::Path;

use super::options::{Format, Options};
use super::reader;
use crate::document::{Cut, Metadata};
use crate::error::{Error, Result};
use crate::read::blocks::{self, BLOCK, Blocks, Lines, Scan};
use crate::read::csv::{self, Rows};
use crate::read::format::{Holds, by_head, by_name};
use crate::read::json_array::{self, Elements};
use crate::read::jsonl;
use crate::read::source::Packing;
use crate::read::{Decoded, Encoding};
use crate::strip::{RuleSet, Scope, Stripper, kept_ranges};
use crate::write::manifest::Counts;

/// Reads texts or records from `input` and writes them to `output` without what the rules cut. A record that cannot be
/// read is written as it is and counted as rejected, so that a pipe loses nothing.
///
/// # Errors
/// Rules with problems, and input or output that fails.
pub fn strip_stream(input: &mut dyn BufRead, output: &mut dyn Write, options: &Options) -> Result<Counts> {
    let rules = RuleSet::load(&options.rules)?;
    let stripper = Stripper::new(&rules).with_main_content(options.strip.seeks_article());
    let mut filter = Filter { rules: &rules, stripper, options };
    let name = options.inputs.first().map_or_else(|| "-".into(), |i| i.path.clone());
    let mut head = Vec::new();
    input.take(HEAD).read_to_end(&mut head).map_err(Error::io("the input", "cannot be read"))?;
    let format = format_of(&name, &head, options.format)?;
    let start = Cursor::new(head.clone()).chain(input);
    let fields = &options.fields;
    let mut counts = Counts::default();
    match format {
        Format::Text => {
            let mut text = Vec::new();
            let mut start = start;
            start.read_to_end(&mut text).map_err(Error::io("the input", "cannot be read"))?;
            let clean = filter.clean(&text, Encoding::Plain, Metadata::default(), &mut counts);
            output.write_all(&clean).map_err(Error::io("the output", "cannot be written"))?;
        }
        Format::Jsonl => {
            filter.records(Blocks::new(start, Lines, 0, BLOCK), &reader::Lines, output, &mut counts)?
        }
        Format::Json => {
            let Some(shape) = json_array::shape(&head) else {
                return Err(Error::usage(
                    "neither an array of JSON objects nor JSON objects",
                    "give --format",
                ));
            };
            let mark = jsonl::mark_len(&head);
            let blocks = Blocks::new(start, Elements::new(shape, fields), mark, BLOCK);
            filter.records(blocks, &reader::Objects, output, &mut counts)?;
        }
        Format::Csv => {
            let header = csv::header(&head, csv::sniff(&head, false), fields)
                .map_err(|what| Error::usage(what, "name the column: --text-field NAME"))?;
            let blocks = Blocks::new(start, Rows::new(&header, fields), header.end, BLOCK);
            filter.records(blocks, &header, output, &mut counts)?;
        }
        Format::Warc | Format::Html | Format::Parquet => {
            return Err(Error::usage(
                format!("`{}` is not filtered from a pipe into a pipe", format.name()),
                "tamis clean FILE -o OUT",
            ));
        }
    }
    Ok(counts)
}

/// Bytes from the beginning that tell what the input holds.
const HEAD: u64 = 1 << 20;

fn format_of(name: &Path, head: &[u8], given: Option<Format>) -> Result<Format> {
    if let Some(format) = given {
        return Ok(format);
    }
    let refuse = |what: String| Error::usage(what, "tamis clean FILE -o OUT, or unpack it into a pipe");
    if name == Path::new("-") {
        let (format, packing) = by_head(head, None).map_err(refuse)?;
        return if packing == Packing::Plain {
            Ok(format)
        } else {
            Err(refuse("the input is compressed".into()))
        };
    }
    match by_name(name, None).map_err(refuse)? {
        Holds::Documents(format, Packing::Plain) => Ok(format),
        Holds::Documents(..) => Err(refuse("the input is compressed".into())),
        Holds::Files(_) => Err(refuse("the input is an archive".into())),
    }
}

struct Filter<'a> {
    rules: &'a RuleSet,
    stripper: Stripper<'a>,
    options: &'a Options,
}

impl Filter<'_> {
    /// Writes a stream of records, each without what is cut from its text, and all that stands between them.
    fn records(
        &mut self,
        mut blocks: Blocks<impl Read, impl Scan>,
        kind: &dyn reader::Kind,
        output: &mut dyn Write,
        counts: &mut Counts,
    ) -> Result<()> {
        let unread = |broken: blocks::Broken| Error::io("the input", "cannot be read")(broken.error);
        while let Some(block) = blocks.next_block().map_err(unread)? {
            if block.end() > block.offset + block.bytes.len() as u64 {
                return Err(unread(blocks::Broken {
                    bytes: [block.offset, block.end()],
                    error: std::io::Error::other(blocks::too_long()),
                }));
            }
            let mut clean = Vec::with_capacity(block.bytes.len());
            let mut at = block.offset;
            for piece in &block.pieces {
                let between = blocks::Piece { start: at, end: piece.start, cause: None };
                clean.extend_from_slice(block.piece(&between));
                self.record(block.piece(piece), piece, kind, counts, &mut clean);
                at = piece.end;
            }
            let rest = blocks::Piece { start: at, end: block.end(), cause: None };
            clean.extend_from_slice(block.piece(&rest));
            output.write_all(&clean).map_err(Error::io("the output", "cannot be written"))?;
        }
        Ok(())
    }

    fn record(
        &mut self,
        record: &[u8],
        piece: &blocks::Piece,
        kind: &dyn reader::Kind,
        counts: &mut Counts,
        clean: &mut Vec<u8>,
    ) {
        let parsed = match &piece.cause {
            Some(cause) => Err(cause.clone()),
            None => kind.parse(record, piece.start == 0, &self.options.fields),
        };
        match parsed {
            Ok(None) => clean.extend_from_slice(record),
            Err(_) => {
                counts.read += 1;
                counts.rejected += 1;
                clean.extend_from_slice(record);
            }
            Ok(Some(found)) => {
                let body = found.body;
                let text = self.clean(&record[body.clone()], found.encoding, found.meta, counts);
                let is_emptied = text.is_empty() && !body.is_empty();
                clean.extend_from_slice(&record[..body.start]);
                clean.extend_from_slice(if is_emptied { found.encoding.emptied() } else { &text });
                clean.extend_from_slice(&record[body.end..]);
            }
        }
    }

    /// The raw bytes of a text without those that spell what is cut.
    fn clean(&mut self, raw: &[u8], encoding: Encoding, mut meta: Metadata, counts: &mut Counts) -> Vec<u8> {
        let decoded = Decoded::new(raw, encoding);
        reader::complete(&mut meta, "-", &decoded.text, self.rules);
        let scope =
            Scope { lang: meta.lang.as_deref(), site: meta.site.as_deref(), title: meta.title.as_deref() };
        let mut found = self.stripper.strip(&decoded.text, &scope, self.options.layout);
        encoding.refuse_unsafe(&decoded.text, &mut found.cuts);
        let cut: usize = found.cuts.iter().map(Cut::len).sum();
        counts.read += 1;
        counts.kept += 1;
        counts.bytes_in += decoded.text.len() as u64;
        counts.bytes_cut += cut as u64;
        counts.bytes_out += (decoded.text.len() - cut) as u64;
        let mut clean = Vec::with_capacity(raw.len());
        for (start, end) in kept_ranges(decoded.text.len(), &found.cuts) {
            clean.extend_from_slice(&raw[decoded.raw_offset(start)..decoded.raw_offset(end)]);
        }
        clean
    }
}
