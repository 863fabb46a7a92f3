//! Coverage of the same event.

use crate::Result;
use crate::dates::Date;
use crate::document::{Decimal4, Digest};

/// The kept documents, as event grouping sees them. Indices are dense, in key order.
pub trait Articles: Sync {
    /// Number of documents.
    fn len(&self) -> usize;
    /// Digest of document `index`; ties anywhere are broken by it, then by the index.
    fn digest(&self, index: usize) -> Digest;
    /// Date from metadata or captured chrome.
    fn date(&self, index: usize) -> Option<Date>;
    /// Title from metadata.
    fn title(&self, index: usize) -> Option<String>;
    /// Reads the clean text (bytes that are not UTF-8 replaced). Called from several threads, a few times a document.
    fn text(&self, index: usize) -> Result<String>;
}

/// Documents that report one event, with the evidence for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Document index and average similarity to the other members; ascending by index; at least two.
    pub members: Vec<(usize, Decimal4)>,
    /// Words shared by members, as they stand in the text, heaviest first; at most 12.
    pub terms: Vec<String>,
    /// Pairs of sentences that share most: (index, sentence, other index, sentence); at most 3.
    pub sentences: Vec<(usize, String, usize, String)>,
    /// Dates that at least two members name.
    pub dates: Vec<Date>,
}
