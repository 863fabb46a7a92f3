//! What a run may hold: `--memory`, dealt out before the searches begin.
//!
//! Invariant: a run that would need more than it may use says so, with what would be enough, before it begins to search.
//! Nothing enforces the limit: what is reckoned here was measured, and what comes out does not depend on it.

use super::corpus::Corpus;
use super::options::{Candidates, Copies, Options};
use super::ordered::width;
use crate::error::{Error, Result};
use crate::group::Memory;
use crate::group::copies::GENERATION;

/// Bytes that grouping holds for each document, at most; for each of a generation of kept documents; and what a run
/// needs beside that, for each thread that reads and in all.
const HELD: u64 = 80;
const INDEXED: u64 = 220;
const THREAD: u64 = 16 << 20;
const BESIDE: u64 = 104 << 20;
/// The share that memory in holes may have.
const HOLES: u64 = 4;
/// What the search for certain counts with.
const COUNTERS: u64 = 64 << 20;
/// The least that caches must have.
const LEAST_CACHES: u64 = 4 << 20;
/// Bytes that the search for events holds for each kept document, and for each of its words.
const COMPARED: u64 = 1700;
const WORD: u64 = 3;
/// Bytes of shards that are held: of corpora of some ten thousand documents all that is read more than once.
const SHARDS: usize = 64 << 20;

/// Bytes of former shards that a run may hold. One with a limit has better use for them.
pub(super) fn for_shards(options: &Options) -> usize {
    if options.memory.is_some() { 0 } else { SHARDS }
}

/// What the searches for copies and excerpts may hold, in a run that may use so much memory.
///
/// # Errors
/// [`Error::Usage`] if that is not enough, with what is.
pub(super) fn for_copies(corpus: &Corpus, options: &Options) -> Result<Memory> {
    let best = Memory::default();
    let Some(allowed) = options.memory.filter(|_| options.copies != Copies::Off) else { return Ok(best) };
    // What is let go of is not given back to the system at once: of what a run takes a fourth may be holes.
    let memory = allowed - allowed / HOLES;
    let documents = corpus.len() as u64;
    let beside = beside(options) + if options.candidates == Candidates::Exact { COUNTERS } else { 0 };
    let least = documents * HELD + documents.min(GENERATION as u64) * INDEXED + beside;
    let needed = least + LEAST_CACHES;
    if needed <= memory {
        let caches = ((memory - least) / 2).min(best.caches as u64);
        let index = memory - documents * HELD - beside - caches;
        return Ok(Memory { caches: caches as usize, index: usize::try_from(index).unwrap_or(best.index) });
    }
    Err(too_little("copies", documents, needed, allowed))
}

/// Whether a run that may use so much memory can look for events among the `kept` documents.
///
/// # Errors
/// [`Error::Usage`] if not, with what is needed.
pub(super) fn check_events(corpus: &Corpus, kept: &[u32], options: &Options) -> Result<()> {
    let Some(allowed) = options.memory else { return Ok(()) };
    let documents = kept.len() as u64;
    let words: u64 = kept.iter().map(|i| u64::from(corpus.words[*i as usize])).sum();
    let needed = corpus.len() as u64 * HELD + documents * COMPARED + words * WORD + beside(options);
    if needed <= allowed - allowed / HOLES {
        Ok(())
    } else {
        Err(too_little("events", documents, needed, allowed))
    }
}

/// What a run holds whatever it searches for.
fn beside(options: &Options) -> u64 {
    width(options.memory).0 as u64 * THREAD + BESIDE
}

/// The search for `what` among so many documents needs more memory than is allowed.
fn too_little(what: &str, documents: u64, needed: u64, allowed: u64) -> Error {
    let megabytes = |bytes: u64| bytes.div_ceil(1 << 20);
    let needed = (needed * HOLES).div_ceil(HOLES - 1);
    Error::usage(
        format!(
            "the search for {what} among {} documents needs about {} MB, and --memory allows {} MB; \
             nothing was published, what was read stays in the cache",
            crate::figures::number(documents),
            megabytes(needed),
            megabytes(allowed)
        ),
        format!("--memory {}M, or --{what} off", megabytes(needed)),
    )
}
