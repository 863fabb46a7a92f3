//! Writing the clean corpus, its clusters and its report.

pub mod card;
pub mod croissant;
pub(crate) mod durable;
mod former;
pub mod lists;
pub mod lock;
pub mod manifest;
pub mod names;
mod outline;
pub mod packed;
pub mod parquet;
pub mod publish;
pub mod record;
pub mod report;
mod seen;
pub mod staging;
