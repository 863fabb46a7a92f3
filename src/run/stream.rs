//! `tamis strip`: a filter. Records in, cleaned records out, in the same format.

use std::io::{BufRead, Write};

use super::options::{Format, Options, Strip};
use super::reader::complete;
use crate::document::{Cut, Metadata};
use crate::error::{Error, Result};
use crate::read::{Decoded, Encoding, jsonl};
use crate::strip::{RuleSet, Scope, Stripper, kept_ranges};
use crate::write::manifest::Counts;

/// Reads texts or records from `input` and writes them to `output` without what the rules cut. A record that cannot be
/// read is written as it is and counted as rejected, so that a pipe loses nothing.
///
/// # Errors
/// Rules with problems, and input or output that fails.
pub fn strip_stream(input: &mut dyn BufRead, output: &mut dyn Write, options: &Options) -> Result<Counts> {
    let rules = RuleSet::load(&options.rules)?;
    let mut filter = Filter {
        rules: &rules,
        stripper: Stripper::new(&rules).with_main_content(options.strip == Strip::Main),
        options,
    };
    let name = options.inputs.first().map_or_else(|| "-".into(), |i| i.path.to_string_lossy().into_owned());
    let is_named_jsonl = [".jsonl", ".ndjson"].iter().any(|e| name.to_lowercase().ends_with(e));
    let mut begins_like_json = || -> Result<bool> {
        let start = input.fill_buf().map_err(Error::io("the input", "cannot be read"))?;
        Ok(jsonl::begins_like_records(start))
    };
    let format = match options.format {
        Some(format) => format,
        None if is_named_jsonl => Format::Jsonl,
        None if name == "-" && begins_like_json()? => Format::Jsonl,
        None => Format::Text,
    };
    let mut counts = Counts::default();
    match format {
        Format::Text => {
            let mut text = Vec::new();
            input.read_to_end(&mut text).map_err(Error::io("the input", "cannot be read"))?;
            let clean = filter.clean(&text, Encoding::Plain, Metadata::default(), &mut counts);
            output.write_all(&clean).map_err(Error::io("the output", "cannot be written"))?;
        }
        Format::Jsonl => {
            let mut line = Vec::new();
            let mut first = true;
            loop {
                line.clear();
                let read =
                    input.read_until(b'\n', &mut line).map_err(Error::io("the input", "cannot be read"))?;
                if read == 0 {
                    break;
                }
                let mark = if std::mem::take(&mut first) { jsonl::mark_len(&line) } else { 0 };
                output.write_all(&line[..mark]).map_err(Error::io("the output", "cannot be written"))?;
                let clean = filter.record(&line[mark..], &mut counts);
                output.write_all(&clean).map_err(Error::io("the output", "cannot be written"))?;
            }
        }
    }
    Ok(counts)
}

struct Filter<'a> {
    rules: &'a RuleSet,
    stripper: Stripper<'a>,
    options: &'a Options,
}

impl Filter<'_> {
    fn record(&mut self, line: &[u8], counts: &mut Counts) -> Vec<u8> {
        if jsonl::is_blank(line) {
            return line.to_vec();
        }
        match jsonl::parse(line, &self.options.fields) {
            Err(_) => {
                counts.read += 1;
                counts.rejected += 1;
                line.to_vec()
            }
            Ok(record) => {
                let body = record.body;
                let text = self.clean(&line[body.clone()], Encoding::JsonString, record.meta, counts);
                [&line[..body.start], &text, &line[body.end..]].concat()
            }
        }
    }

    /// The raw bytes of a text without those that spell what is cut.
    fn clean(&mut self, raw: &[u8], encoding: Encoding, mut meta: Metadata, counts: &mut Counts) -> Vec<u8> {
        let decoded = Decoded::new(raw, encoding);
        complete(&mut meta, "-", &decoded.text, self.rules);
        let scope =
            Scope { lang: meta.lang.as_deref(), site: meta.site.as_deref(), title: meta.title.as_deref() };
        let found = self.stripper.strip(&decoded.text, &scope, self.options.layout);
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
