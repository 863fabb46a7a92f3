//! Files that are one document each.

use std::io;

use sha2::{Digest as _, Sha256};

use super::documents::{HTML, Place};
use super::{Of, Portion, Reader};
use crate::document::{Metadata, hex};
use crate::error::Result;
use crate::read::blocks::{MOST_RECORD, too_long};
use crate::read::format::Format;
use crate::read::source::{Packing, Source, cause, read_exact_at};
use crate::read::{charset, html};
use crate::run::progress::Progress;
use crate::shard::{Shard, SliceReject, Writer};
use crate::write::record::Reject;

impl Reader<'_> {
    /// Plain files.
    pub(super) fn text_files(&mut self, sources: &[u32], progress: &dyn Progress) -> Result<Portion> {
        let (mut files, mut rejects) = (Vec::with_capacity(sources.len()), Vec::new());
        let mut naming = self.naming();
        let mut texts = Vec::with_capacity(sources.len());
        for source in sources {
            let entry = &self.sources[*source as usize];
            match text_of(entry) {
                Ok(text) => {
                    naming.part(entry.key.as_bytes()).part(&marks(entry)).part(&text);
                    files.push((*source, hex(&Sha256::digest(&text))));
                    texts.push(text);
                }
                Err(cause) => rejects.push(reject(entry, &cause)),
            }
            progress.advance(entry.bytes, 1);
        }
        let mut portion = Portion { rejects, ..Portion::of(Of::Files(Vec::new())) };
        if texts.is_empty() {
            return Ok(portion);
        }
        let all = self.sources;
        let (shard, reused) = self.known_or(naming.name(), |reader| {
            let mut writer = Writer::default();
            for (number, ((source, _), text)) in (0..).zip(files.iter().zip(&texts)) {
                reader.add_file(&all[*source as usize], text, number, &mut writer);
            }
            reader.finish(writer, texts.len() as u64, 0)
        })?;
        // Files without a text have no row.
        let refused = rejects_of(&shard)?;
        for (number, cause) in refused.iter().rev() {
            let (source, _) = files.remove(*number);
            portion.rejects.push(reject(&all[source as usize], cause));
        }
        (portion.shard, portion.reused) = (Some(shard), reused);
        portion.of = Of::Files(files);
        Ok(portion)
    }

    /// The shard of one text of a stream; none if it cannot be used.
    pub(super) fn text(
        &mut self,
        source: &Source,
        text: &[u8],
        rejects: &mut Vec<Reject>,
    ) -> Result<Option<(Shard, bool)>> {
        let mut naming = self.naming();
        naming.part(source.key.as_bytes()).part(b"stream").part(&marks(source)).part(text);
        let name = naming.name();
        let made = self.known_or(name, |reader| {
            let mut writer = Writer::default();
            reader.add_file(source, text, 0, &mut writer);
            reader.finish(writer, 1, text.len() as u64)
        })?;
        let refused = rejects_of(&made.0)?;
        rejects.extend(refused.iter().map(|(_, cause)| reject(source, cause)));
        Ok(Some(made).filter(|_| refused.is_empty()))
    }

    /// Adds one document, and its text where it is not what stands in a plain file.
    fn add_file(&mut self, source: &Source, bytes: &[u8], number: u32, writer: &mut Writer) {
        if source.format == Format::Html {
            match html::page(bytes, None, None).and_then(with_text) {
                Ok(page) => {
                    let place = Place {
                        carried: true,
                        offset: writer.carry(page.text.as_bytes()),
                        converted: Some(HTML.into()),
                        ..Place::whole(&source.key, page.text.as_bytes())
                    };
                    self.document(place, page.text.as_bytes(), page.meta, writer);
                }
                Err(cause) => {
                    let end = bytes.len() as u64;
                    writer.reject(&SliceReject { record: number, start: 0, end, cause });
                }
            }
            return;
        }
        let decision = charset::decode(bytes, None);
        if !decision.is_converted() && !is_text(source, bytes) {
            let (end, cause) = (bytes.len() as u64, "binary data, not text".into());
            return writer.reject(&SliceReject { record: number, start: 0, end, cause });
        }
        let converted = decision.is_converted().then(|| decision.charset.name());
        let mut place = Place { converted, ..Place::whole(&source.key, &decision.text) };
        if !source.is_plain() || place.converted.is_some() {
            place.carried = true;
            place.offset = writer.carry(&decision.text);
        }
        self.document(place, &decision.text, Metadata::default(), writer);
    }
}

/// What the shard of a file depends on beside its name and its bytes.
fn marks(source: &Source) -> [u8; 2] {
    [source.fleeting, source.format == Format::Html].map(u8::from)
}

/// A page is one with a text; one without it holds nothing that could be kept.
pub(in crate::run) fn with_text(page: html::Page) -> std::result::Result<html::Page, String> {
    if page.text.trim().is_empty() { Err("no article was found in the page".into()) } else { Ok(page) }
}

/// The files of a shard that have no row, by their number in it, and why.
fn rejects_of(shard: &Shard) -> Result<Vec<(usize, String)>> {
    let rejects = shard.rejects().map_err(crate::run::corpus::damaged(shard))?;
    Ok(rejects.into_iter().map(|reject| (reject.record as usize, reject.cause)).collect())
}

fn reject(source: &Source, cause: &str) -> Reject {
    Reject { file: source.key.clone(), record: None, bytes: None, cause: cause.to_owned() }
}

/// The bytes of a text file, or why they cannot be used.
fn text_of(entry: &Source) -> std::result::Result<Vec<u8>, String> {
    if entry.bytes > MOST_RECORD as u64 {
        return Err(too_long());
    }
    let mut text = vec![0; entry.bytes as usize];
    let mut read = || -> io::Result<()> {
        let file = entry.open()?;
        read_exact_at(&file, &mut text, 0)?;
        entry.check(&file)
    };
    read().map_err(|e| cause(&e))?;
    Ok(text)
}

/// Whether the bytes of a source may be text. What is called text is.
fn is_text(source: &Source, bytes: &[u8]) -> bool {
    // What is packed is called what its clean twin is called.
    let path = if source.packing == Packing::Plain { &source.path } else { &source.mirror };
    let name = path.to_string_lossy().to_lowercase();
    let named_text = [".txt", ".text", ".md", ".markdown"].iter().any(|e| name.ends_with(e));
    named_text || memchr::memchr(0, &bytes[..bytes.len().min(8192)]).is_none()
}
