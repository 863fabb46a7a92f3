//! Files that are one document each.

use std::io;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::documents::Place;
use super::{Of, Portion, Reader};
use crate::document::{Metadata, hex};
use crate::error::Result;
use crate::read::blocks::{MOST_RECORD, too_long};
use crate::read::charset;
use crate::read::source::{Source, cause, read_exact_at};
use crate::run::progress::Progress;
use crate::shard::{Shard, Writer};
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
                    naming.part(entry.key.as_bytes()).part(&[u8::from(entry.fleeting)]).part(&text);
                    files.push((*source, hex(&Sha256::digest(&text))));
                    texts.push(text);
                }
                Err(cause) => {
                    rejects.push(Reject { file: entry.key.clone(), record: None, bytes: None, cause });
                }
            }
            progress.advance(entry.bytes, 1);
        }
        let mut portion = Portion { rejects, ..Portion::of(Of::Files(Vec::new())) };
        if texts.is_empty() {
            return Ok(portion);
        }
        let all = self.sources;
        let made = self.known_or(naming.name(), |reader| {
            let mut writer = Writer::default();
            for ((source, _), text) in files.iter().zip(&texts) {
                let entry = &all[*source as usize];
                reader.add_text(&entry.key, text, entry.fleeting, &mut writer);
            }
            reader.finish(writer, texts.len() as u64, 0)
        })?;
        (portion.shard, portion.reused) = (Some(made.0), made.1);
        portion.of = Of::Files(files);
        Ok(portion)
    }

    /// The shard of one text of a stream.
    pub(super) fn text(&mut self, key: &str, text: &[u8]) -> Result<(Shard, bool)> {
        let name = self.naming().part(key.as_bytes()).part(b"stream").part(text).name();
        self.known_or(name, |reader| {
            let mut writer = Writer::default();
            reader.add_text(key, text, true, &mut writer);
            reader.finish(writer, 1, text.len() as u64)
        })
    }

    /// Adds one text, and its bytes where it had to be converted or no file keeps them (`carried`).
    fn add_text(&mut self, key: &str, text: &[u8], carried: bool, writer: &mut Writer) {
        let decision = charset::decode(text, None);
        let converted = decision.is_converted().then(|| decision.charset.name());
        let mut place = Place { converted, ..Place::whole(key, &decision.text) };
        if carried || place.converted.is_some() {
            place.carried = true;
            place.offset = writer.carry(&decision.text);
        }
        self.document(place, &decision.text, Metadata::default(), writer);
    }
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
    if is_text(&entry.path, &text) { Ok(text) } else { Err("binary data, not text".into()) }
}

/// Whether the bytes of a file may be text. What is called text is.
fn is_text(path: &Path, bytes: &[u8]) -> bool {
    let name = path.to_string_lossy().to_lowercase();
    let named_text = [".txt", ".text", ".md", ".markdown"].iter().any(|e| name.ends_with(e));
    let head = &bytes[..bytes.len().min(8192)];
    named_text || memchr::memchr(0, head).is_none() || charset::decode(bytes, None).is_converted()
}
