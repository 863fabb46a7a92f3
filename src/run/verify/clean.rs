//! Holds what the ledger leaves of a source against its clean twin, byte for byte.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use super::findings::Findings;
use crate::read::source::Packing;
use crate::read::walk::plain;
use crate::run::origin::unpacked;
use crate::write::names::path_of;

/// The clean twin of one source.
pub(super) struct Clean<'a> {
    out: &'a Path,
    /// As the manifest names it.
    pub(super) name: String,
    packing: Packing,
    file: Option<Box<dyn Read>>,
    /// What stands before all documents, as long as none is written.
    held: Vec<u8>,
    at: u64,
    /// Whether the first difference was told, or the rest cannot be known.
    over: bool,
    buffer: Vec<u8>,
}

impl<'a> Clean<'a> {
    /// The file that the manifest calls `name`.
    pub(super) fn of(out: &'a Path, name: String, packing: Packing) -> Self {
        Self { out, name, packing, file: None, held: Vec::new(), at: 0, over: false, buffer: Vec::new() }
    }

    /// The rest cannot be known.
    pub(super) fn give_up(&mut self) {
        self.over = true;
    }

    /// Whether nothing more is compared.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// Expects bytes that are only written if a document is.
    pub(super) fn hold(&mut self, bytes: &[u8], findings: &mut Findings) {
        if self.file.is_some() {
            self.expect(bytes, None, findings);
        } else if !self.over {
            self.held.extend_from_slice(bytes);
        }
    }

    /// Expects a document that is written.
    pub(super) fn document(&mut self, bytes: &[u8], doc: &str, findings: &mut Findings) {
        if self.file.is_none() && !self.over {
            let open = || {
                let file = File::open(self.out.join(path_of(&self.name)))?;
                unpacked(BufReader::with_capacity(1 << 18, file), self.packing)
            };
            match open() {
                Ok(file) => self.file = Some(file),
                Err(e) => {
                    self.over = true;
                    let cause = format!("this kept document does not stand there: {}", plain(&e));
                    findings.fail_at(&self.name, Some(doc), None, cause);
                }
            }
            let held = std::mem::take(&mut self.held);
            self.expect(&held, Some(doc), findings);
        }
        self.expect(bytes, Some(doc), findings);
    }

    fn expect(&mut self, bytes: &[u8], doc: Option<&str>, findings: &mut Findings) {
        let Some(file) = self.file.as_mut().filter(|_| !self.over) else { return };
        self.buffer.clear();
        let read = file.take(bytes.len() as u64).read_to_end(&mut self.buffer);
        let same = self.buffer.iter().zip(bytes).take_while(|(a, b)| a == b).count();
        if same == bytes.len() {
            self.at += same as u64;
            return;
        }
        self.over = true;
        let cause = match read {
            Err(e) => format!("cannot be read: {}", plain(&e)),
            Ok(_) if same == self.buffer.len() => "ends too early".to_owned(),
            Ok(_) => "is not what the input leaves after the cuts".to_owned(),
        };
        findings.fail_at(&self.name, doc, Some(self.at + same as u64), cause);
    }

    /// Ends the comparison: nothing more may stand there.
    pub(super) fn finish(mut self, findings: &mut Findings) {
        if self.over {
            return;
        }
        match &mut self.file {
            Some(file) => {
                let mut more = [0];
                if !matches!(file.read(&mut more), Ok(0)) {
                    findings.fail_at(&self.name, None, Some(self.at), "holds more than the input leaves");
                }
            }
            None if self.out.join(path_of(&self.name)).exists() => {
                findings.fail(&self.name, "is there, and no document of its input is kept");
            }
            None => {}
        }
    }
}
