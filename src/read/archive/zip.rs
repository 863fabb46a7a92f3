//! Zip, read in the order in which the members lie in the file.

use std::io::{self, Read, Seek, SeekFrom};

use zip::result::ZipError;

use super::{Each, Listing, Refused};
use crate::read::compressed::Limits;
use crate::read::walk::plain;

/// Hands each file of the zip archive `reader` to `each`, in the order in which they lie in it; gives what was refused,
/// in that order.
///
/// # Errors
/// Those of `each`.
pub fn each_zip(mut reader: impl Read + Seek, limits: Limits, each: Each<'_>) -> io::Result<Vec<Refused>> {
    let mut listing = Listing::default();
    let opened = reader.seek(SeekFrom::End(0)).map_err(ZipError::from);
    let (bytes, mut archive) = match opened.and_then(|n| Ok((n, zip::ZipArchive::new(reader)?))) {
        Ok(opened) => opened,
        Err(e) => {
            listing.refuse(None, damaged(&e));
            return Ok(listing.refused);
        }
    };
    if archive.has_duplicate_names() {
        listing.refuse(None, "several members have one name: only the last of them is read");
    }
    let mut order: Vec<(u64, usize)> = (0..archive.len())
        .map(|i| (archive.by_index_data(i).map_or(u64::MAX, |data| data.header_start()), i))
        .collect();
    order.sort_unstable();
    if order.len() as u64 > limits.members {
        listing.refuse(None, format!("more than {} members: the rest is not read", limits.members));
        order.truncate(usize::try_from(limits.members).unwrap_or(usize::MAX));
    }
    // Members may lie over each other, so all together are held against the whole file.
    let mut out = 0;
    for (_, index) in order {
        let (raw, size) = match archive.by_index_data(index) {
            Ok(data) if data.is_dir() => continue,
            Ok(data) => {
                let raw = data.name_raw().to_vec();
                if let Some(cause) = unreadable(&data) {
                    listing.refuse(Some(&raw), cause);
                    continue;
                }
                (raw, data.size())
            }
            Err(e) => {
                listing.refuse(None, damaged(&e));
                continue;
            }
        };
        match archive.by_index(index) {
            Ok(member) => {
                let mut content = Bounded { member, out: &mut out, bytes, limits };
                listing.offer(&raw, size, &mut content, each)?;
            }
            Err(e) => listing.refuse(Some(&raw), damaged(&e)),
        }
    }
    Ok(listing.refused)
}

fn damaged(error: &ZipError) -> String {
    match error {
        // What the system says of the file is no matter of the archive.
        ZipError::Io(e) if e.raw_os_error().is_some() => format!("cannot read: {}", plain(e)),
        _ => format!("damaged zip archive: {error}"),
    }
}

/// Why a member that is listed cannot be read, if it cannot.
fn unreadable(data: &zip::read::ZipFileEntry<'_>) -> Option<&'static str> {
    use zip::CompressionMethod as Method;
    if data.is_symlink() {
        return Some("a link: links are not followed");
    }
    if data.encrypted() {
        return Some("encrypted: not read");
    }
    let known = matches!(data.compression(), Method::Stored | Method::Deflated | Method::Zstd);
    (!known).then_some("packed in a way that is not read: only stored, deflate and zstd are")
}

/// A member that stops when the archive has become too large.
struct Bounded<'a, R> {
    member: R,
    out: &'a mut u64,
    bytes: u64,
    limits: Limits,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.limits.check(self.bytes, *self.out)?;
        let n = self.member.read(Limits::step(into))?;
        *self.out += n as u64;
        Ok(n)
    }
}
