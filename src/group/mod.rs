//! Which documents are copies, excerpts, or coverage of the same event.

pub mod events;
