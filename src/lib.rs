//! tamis cleans a scraped text corpus and explains what it did.
//!
//! The modules are the stages, in the order in which data flows:
//! [`read`] finds documents, [`strip`] names the ranges that are site chrome, [`fingerprint`] reduces what
//! remains to a digest, a simhash and a sketch, [`shard`] keeps all this on disk, [`group`] finds copies, excerpts and coverage of the same event,
//! [`mod@write`] makes the corpus and its report. [`run`] wires them; the binary's `cli` talks.
//!
//! Three invariants hold everywhere. *It only deletes*: clean text is the decoded input minus ranges, each of which
//! names its rule. *Output is a function* of input bytes, rules and options. *The library never prints*.

pub mod dates;
pub mod document;
pub mod error;
pub mod figures;
pub mod fingerprint;
pub mod group;
mod linear;
mod math;
pub mod read;
pub mod run;
pub mod shard;
pub mod strip;
mod temporary;
pub mod write;

pub use error::{Error, Result};
