//! How a run tells what it is doing, without knowing a terminal.

/// The phases of a run, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Finding and hashing the inputs; unit: files.
    Scan,
    /// Reading, stripping, fingerprinting; unit: bytes of input.
    Read,
    /// Finding copies; unit: documents.
    Copies,
    /// Finding excerpts; unit: documents.
    Excerpts,
    /// Finding coverage of the same event; unit: documents.
    Events,
    /// Writing; unit: bytes of input.
    Write,
}

/// Receives what a run tells. Called from several threads; must be cheap.
pub trait Progress: Sync {
    /// A phase begins, with its total in the phase's unit where that is known.
    fn begin(&self, phase: Phase, total: Option<u64>);
    /// `units` more of the phase are done, and with them `documents` documents.
    fn advance(&self, units: u64, documents: u64);
    /// What a phase looks for, as far as it is known: of `whole` more, `part`. While reading, bytes of text and those that
    /// are cut; while finding copies, documents and those that are copies. What a former run found out is not told again.
    fn found(&self, _part: u64, _whole: u64) {}
    /// Whether the run should stop: the number of the signal that asked for it.
    fn stop(&self) -> Option<u8> {
        None
    }
}

/// Tells nobody.
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: Phase, _: Option<u64>) {}
    fn advance(&self, _: u64, _: u64) {}
}
