//! Archives as a list of members, each a stream: tar (as it comes, so also out of a decompressor) and zip (seekable).
//!
//! The invariant: each member is either handed over under a relative path that stays inside, or refused by name with
//! its cause, or both if it turns out bad while it is read; one bad member does not hide the others. Folders are no
//! members. Nothing is written anywhere.

mod member;
mod name;
mod tar;
mod zip;

use std::io::{self, Read};

pub use self::tar::each_tar;
pub use self::zip::each_zip;

/// A member that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its path, relative, parts joined by `/`; bytes that are no UTF-8 are written `\xHH`.
    pub name: String,
    /// Its size in bytes, as the archive states it. A member that holds more or less fails while it is read.
    pub size: u64,
}

/// What could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The member's name as written in the archive (`\xHH` for bytes that are no UTF-8); none for the rest of the archive.
    pub member: Option<String>,
    /// Why, in plain words.
    pub cause: String,
}

/// What is done with each member: it reads as much as it wants. Its own errors end the listing; errors of the member
/// that it passes on do not.
pub type Each<'a> = &'a mut dyn FnMut(Entry, &mut dyn Read) -> io::Result<()>;

/// Which archive bytes begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// POSIX or GNU tar.
    Tar,
    /// Zip.
    Zip,
}

/// How many bytes [`sniff`] wants to see.
pub const HEAD: usize = 512;

/// Which archive begins with `head`, if one does.
pub fn sniff(head: &[u8]) -> Option<Kind> {
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Some(Kind::Zip);
    }
    (head.get(257..262) == Some(b"ustar")).then_some(Kind::Tar)
}

/// The members already seen, and what was refused.
#[derive(Default)]
struct Listing {
    names: std::collections::HashSet<u128>,
    refused: Vec<Refused>,
}

impl Listing {
    fn refuse(&mut self, member: Option<&[u8]>, cause: impl Into<String>) {
        self.refused.push(Refused { member: member.map(super::walk::escaped), cause: cause.into() });
    }

    /// Hands a regular file to `each`, if its name and its content allow.
    fn offer(&mut self, raw: &[u8], size: u64, content: &mut dyn Read, each: Each<'_>) -> io::Result<()> {
        let name = match name::safe(raw) {
            Ok(name) => name,
            Err(cause) => {
                self.refuse(Some(raw), cause);
                return Ok(());
            }
        };
        if !self.names.insert(xxhash_rust::xxh3::xxh3_128(name.as_bytes())) {
            self.refuse(Some(raw), "a second member of this name");
            return Ok(());
        }
        let mut member = member::Member::new(content, size);
        let head = member.peek(HEAD);
        let is_archive = sniff(head).is_some() || name::is_archive(&name);
        let readable = !head.is_empty() || member.failed().is_none();
        if is_archive {
            self.refuse(Some(raw), "an archive inside an archive: not unpacked");
            return Ok(());
        }
        let done = if readable { each(Entry { name, size }, &mut member) } else { Ok(()) };
        match member.failed() {
            Some(cause) => self.refuse(Some(raw), cause),
            None => done?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
