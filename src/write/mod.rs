//! Writing the clean corpus, its clusters and its report.

pub mod card;
pub mod manifest;
pub mod publish;
pub mod record;
pub mod report;
