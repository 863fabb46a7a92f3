//! Tar, read from front to back.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use tar::EntryType;

use super::{Each, Listing, Refused};
use crate::read::compressed::{Limits, invalid};

/// What may stand before a member: its header, long names, extended attributes.
const MOST_HEADERS: u64 = 1 << 20;

/// Hands each file of the tar archive `reader` to `each`, in the order of the archive, to its very end; gives what was
/// refused, in that order.
///
/// # Errors
/// Those of `each`.
pub fn each_tar(reader: impl Read, limits: Limits, each: Each<'_>) -> io::Result<Vec<Refused>> {
    let allowance = Rc::new(Cell::new(0));
    let mut archive = tar::Archive::new(Allowed { reader, allowance: Rc::clone(&allowance) });
    // Archives that were joined have zeros between them.
    archive.set_ignore_zeros(true);
    let mut listing = Listing::default();
    let mut entries = match archive.entries() {
        Ok(entries) => entries,
        Err(e) => {
            listing.refuse(None, cause(&e));
            return Ok(listing.refused);
        }
    };
    for number in 0.. {
        allowance.set(MOST_HEADERS);
        let mut entry = match entries.next() {
            None => break,
            Some(Ok(entry)) => entry,
            Some(Err(e)) => {
                listing.refuse(None, cause(&e));
                break;
            }
        };
        if number == limits.members {
            listing.refuse(None, format!("more than {number} members: the rest is not read"));
            break;
        }
        allowance.set(u64::MAX);
        let raw = entry.path_bytes().into_owned();
        let sparse = is_sparse(&mut entry);
        match entry.header().entry_type() {
            EntryType::Directory => {}
            _ if sparse => listing.refuse(Some(&raw), "a sparse file: not read"),
            EntryType::Regular | EntryType::Continuous => {
                let size = entry.size();
                listing.offer(&raw, size, &mut entry, each)?;
            }
            EntryType::Symlink | EntryType::Link => {
                listing.refuse(Some(&raw), "a link: links are not followed")
            }
            EntryType::XGlobalHeader => {}
            _ => listing.refuse(Some(&raw), "neither a file nor a folder: pipes and devices are not opened"),
        }
        // The rest of the member counts as data, not as headers of the next one.
        if let Err(e) = io::copy(&mut entry, &mut io::sink()) {
            listing.refuse(None, cause(&e));
            break;
        }
    }
    Ok(listing.refused)
}

fn cause(error: &io::Error) -> String {
    format!("damaged tar archive, the rest is not read: {error}")
}

/// Sparse files name more bytes than the archive holds.
fn is_sparse(entry: &mut tar::Entry<'_, impl Read>) -> bool {
    if entry.header().entry_type().is_gnu_sparse() {
        return true;
    }
    let Ok(Some(extensions)) = entry.pax_extensions() else { return false };
    extensions.flatten().any(|extension| extension.key_bytes().starts_with(b"GNU.sparse."))
}

/// A reader from which only so much may be taken.
struct Allowed<R> {
    reader: R,
    allowance: Rc<Cell<u64>>,
}

impl<R: Read> Read for Allowed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(into)?;
        // Zeros between and after archives are skipped in blocks and hold nothing.
        let zeros = n > 0 && into[..n].iter().all(|&b| b == 0);
        if !zeros {
            let left = self.allowance.get().checked_sub(n as u64);
            self.allowance.set(left.ok_or_else(|| invalid("headers too large"))?);
        }
        Ok(n)
    }
}
