//! A corpus that is no mirror of the input (`--to`): does it hold the clean texts that the inputs leave, each as often?
//!
//! Documents stand there in another order than in the input, dealt to files by chance. So hashes of their texts are
//! added up, on both sides: a sum of 128 bits does not depend on the order.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use xxhash_rust::xxh3::xxh3_128;

use super::findings::Findings;
use super::published::compressed;
use crate::read::parquet::Table;
use crate::read::source::Packing;
use crate::read::walk::plain;
use crate::read::{Decoded, jsonl};
use crate::run::options::Fields;
use crate::run::origin::unpacked;
use crate::write::manifest::Manifest;
use crate::write::names::path_of;
use crate::write::packed::Compress;

/// Texts, added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Dealt {
    sum: u128,
    texts: u64,
    /// Whether some are not known.
    unknown: bool,
}

impl Dealt {
    /// Adds a text.
    pub(super) fn add(&mut self, text: &[u8]) {
        // Where records are written anew, bytes that are no UTF-8 cannot stand in them.
        let text = String::from_utf8_lossy(text);
        self.sum = self.sum.wrapping_add(xxh3_128(text.as_bytes()));
        self.texts += 1;
    }

    /// Not all texts are known.
    pub(super) fn give_up(&mut self) {
        self.unknown = true;
    }

    /// Compares with what stands in `data/`.
    pub(super) fn compare(self, out: &Path, manifest: &Manifest, fields: &Fields, findings: &mut Findings) {
        if self.unknown {
            return findings.skip("data/", "the corpus was not held against the inputs: not all are at hand");
        }
        let mut there = Self::default();
        let to = manifest.options.get("to").map(String::as_str).unwrap_or_default();
        for file in manifest.outputs.iter().filter(|file| file.path.starts_with("data/")) {
            let path = out.join(path_of(&file.path));
            let read = File::open(path).map_err(|e| plain(&e)).and_then(|open| match to {
                "parquet" => there.table(open),
                "jsonl" => there.lines(open, manifest, fields),
                _ => there.text(open, manifest),
            });
            if let Err(cause) = read {
                return findings.fail(&file.path, cause);
            }
        }
        if there != self {
            let cause = format!(
                "holds other texts than the inputs leave after the cuts ({} there, {} expected)",
                there.texts, self.texts
            );
            findings.fail("data/", cause);
        }
    }

    fn table(&mut self, file: File) -> Result<(), String> {
        let table = Table::open(file, &Fields::default())?;
        table.rows(0..table.num_rows(), &mut |_, text, _| {
            self.add(text.unwrap_or_default().as_bytes());
        })
    }

    fn lines(&mut self, file: File, manifest: &Manifest, fields: &Fields) -> Result<(), String> {
        let mut lines = BufReader::with_capacity(1 << 18, open(file, manifest)?);
        let mut line = Vec::new();
        loop {
            line.clear();
            if lines.read_until(b'\n', &mut line).map_err(|e| plain(&e))? == 0 {
                return Ok(());
            }
            // A record that is not of JSON was written with the usual names.
            let record = jsonl::parse(&line, fields).or_else(|_| jsonl::parse(&line, &Fields::default()))?;
            self.add(&Decoded::new(&line[record.body], record.encoding).text);
        }
    }

    fn text(&mut self, file: File, manifest: &Manifest) -> Result<(), String> {
        let mut text = Vec::new();
        open(file, manifest)?.read_to_end(&mut text).map_err(|e| plain(&e))?;
        self.add(&text);
        Ok(())
    }
}

fn open(file: File, manifest: &Manifest) -> Result<Box<dyn Read>, String> {
    let is_plain = compressed(manifest) == Compress::None;
    unpacked(file, if is_plain { Packing::Plain } else { Packing::Compressed }).map_err(|e| plain(&e))
}
