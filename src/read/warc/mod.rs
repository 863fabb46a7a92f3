//! Records of web archives: WARC 0.17 to 1.1 with WET and WAT, and ARC 1 and 2, from the decompressed stream.
//!
//! Every byte of the stream is in a record, in a [`Broken`] range, or in the empty lines between them; ranges ascend and
//! do not overlap. A length is believed only if a record or the end follows it. Where that is not so the record is
//! rejected and the next one is looked for by its beginning, from the rejected header on: a wrong length costs its own
//! record and no other. Nothing is held but one record, and of a record over [`MAX_LEN`] nothing.
//!
//! The packages for this were tried first, on archives of which some are broken on purpose. `warc` 0.4.0,
//! `rust_warc` 1.2.0 and `fastwarc` 2.0.0 read the sound WARCs. None of them reads an ARC.
//!
//! - `warc-parquet` 0.6.1 is `warc` 0.3 in front of Arrow; `warcat` 0.3.4 is under the MPL.

mod arc;
mod boundary;
mod fields;
mod http;
mod record;
mod records;
mod stream;
#[cfg(test)]
mod tests;

pub use record::{Broken, Kind, Record, is_document};
pub use records::Records;

/// Longest block, and longest decoded body, in bytes.
pub const MAX_LEN: u64 = 256 << 20;

/// Longest header of a record in bytes.
pub const MAX_HEADER_LEN: usize = 1 << 20;
