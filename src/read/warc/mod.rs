//! Records of web archives: WARC 0.17 to 1.1 with WET and WAT, and ARC 1 and 2, from the decompressed stream.
//!
//! Every byte of the stream is in a record, in a [`Broken`] range, or in the empty lines between them; ranges ascend and
//! do not overlap. A length is believed only if a record or the end follows it. Where that is not so the record is
//! rejected and the next one is looked for by its beginning, from the rejected header on: a wrong length costs its own
//! record and no other. Nothing is held but one record, and of a record over [`MAX_LEN`] nothing.
//!
//! The packages for this were tried first, on real archives of which some are broken on purpose, and on one of six
//! records with one fault each. All of them read the sound WARCs; none reads an ARC. Beyond that:
//!
//! - `warc` 0.4.0 loses the record after a length that is wrong by one, and all but the first where line ends between
//!   records are missing; one length of 99999999999 reads all that follows into memory and ends there.
//! - `rust_warc` 1.2.0 stops at the first fault of any kind and has no 0.18; it allocates what a length says, which
//!   aborts the process.
//! - `fastwarc` 2.0.0 gives a record with a length that is wrong by one, and one that is cut short, as if nothing were;
//!   after garbage or a length wrong by more it gives errors without end.
//! - `warc-parquet` 0.6.1 is `warc` 0.3 in front of Arrow; `warcat` 0.3.4 is under the MPL. Neither was run.

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
