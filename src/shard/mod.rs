//! What was found out about the documents of one slice of input, kept on disk.
//!
//! A run is resumable because it is incremental: a slice whose shard is in the store is not stripped and fingerprinted
//! again, whether the run before was stopped or ended. Grouping reads from shards what it needs and holds little.
//!
//! Invariants: a shard is a function of the bytes of its slice, of the key it stands under, and of what decides how
//! documents are stripped and fingerprinted; its name is the hash of these. It is written beside its place and renamed,
//! never changed, and read only if its checksum holds. Nothing in it depends on where the slice stands in its source:
//! offsets and record numbers count from the slice. It can be deleted at any time, and is then made again.
//!
//! Later stages add notes of their own (`notes`): what they made of contents and would make again.
//!
//! `row` is what is known of one document, `writer` makes a shard, `reader` reads it in parts, `store` is the folder.

pub(crate) mod bytes;
mod notes;
mod reader;
mod row;
mod store;
#[cfg(test)]
mod tests;
mod writer;

pub use notes::About;
pub use reader::Shard;
pub use row::{Details, Row};
pub use store::{Name, Naming, Store};
pub use writer::{NewDocument, SliceReject, Writer};

/// Version of the format. What decides the content is told apart by the name of a shard.
const VERSION: u32 = 2;
