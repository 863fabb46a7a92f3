//! Compares two documents: first by what is at hand, then exactly.
//!
//! Invariant: a similarity that is reported or decides anything is computed over both whole shingle sets. Sizes and
//! sketches only say where that is pointless: sizes with certainty, sketches with a margin (`least`, or six standard
//! deviations and three hashes), so that a pair at the bar is lost less than once in a million.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use super::Corpus;
use super::least::Steps;
use crate::Result;

/// Hashes of a sketch that an estimate looks at: more would hardly sharpen it.
const ESTIMATED: usize = 128;
/// Hashes that first estimates look at.
const GLANCES: [usize; 2] = [24, 48];

/// A fraction, compared by products.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ratio {
    pub(super) part: u64,
    pub(super) whole: u64,
}

impl Ratio {
    pub(super) fn at_least(self, other: Ratio) -> bool {
        u128::from(self.part) * u128::from(other.whole) >= u128::from(other.part) * u128::from(self.whole)
    }
}

/// What sizes and sketches say of a pair.
pub(super) enum Guess {
    /// Below the bar.
    No,
    /// Computed over both whole sets, which the sketches are.
    Exactly(Ratio),
    /// To be compared; `shared` of `seen` hashes agree.
    Perhaps { shared: usize, seen: usize },
}

/// Compares documents of one corpus.
pub(super) struct Judge<'a> {
    pub(super) corpus: &'a dyn Corpus,
    pub(super) sets: Sets<'a>,
    pub(super) sketches: Sets<'a>,
    /// Whether sketches may rule a pair out.
    pub(super) estimates: bool,
    /// What is asked of every pair.
    steps: Steps,
}

impl<'a> Judge<'a> {
    /// For pairs of a similarity of `bar` or more; with caches of at most so many bytes in all.
    pub(super) fn new(corpus: &'a dyn Corpus, estimates: bool, bar: Ratio, memory: usize) -> Self {
        let sets =
            Sets::new(corpus, |corpus, document, into| corpus.shingles(document, into), memory / 4 * 3);
        Self {
            corpus,
            sets,
            sketches: Sets::new(corpus, beginning, memory / 4),
            estimates,
            steps: Steps::new(bar),
        }
    }

    /// What is compared of the sketch of a document: all of it where it is the whole set, else [`ESTIMATED`] hashes.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub(super) fn sketch(&self, document: u32) -> Result<Vec<u64>> {
        let mut sketch = Vec::new();
        beginning(self.corpus, document as usize, &mut sketch).map(|()| sketch)
    }

    /// Whether the Jaccard similarity of two documents can reach `bar`. `one`: the sketch of `a`.
    ///
    /// # Errors
    /// Where the other sketch cannot be read.
    pub(super) fn guess(&self, a: u32, one: &[u64], b: u32, bar: Ratio) -> Result<Guess> {
        if !self.fits(a, b, bar) {
            return Ok(Guess::No);
        }
        let two = self.sketches.get(b)?;
        Ok(self.guess_by(a, one, b, &two, bar))
    }

    /// Whether the sizes of two documents allow for a similarity of `bar`.
    fn fits(&self, a: u32, b: u32, bar: Ratio) -> bool {
        let size = |document: u32| u64::from(self.corpus.shingle_count(document as usize));
        let (less, more) = (size(a).min(size(b)), size(a).max(size(b)));
        (Ratio { part: less, whole: more }).at_least(bar)
    }

    /// Whether what was guessed of a pair allows for a similarity of `bar`.
    pub(super) fn still(&self, a: u32, b: u32, shared: usize, seen: usize, bar: Ratio) -> bool {
        self.fits(a, b, bar) && (!self.estimates || likely(shared as u64, seen as u64, bar))
    }

    /// How many shingles two documents share, counted over both whole sets now or before. `own`: the set of `a`.
    ///
    /// # Errors
    /// Where a text cannot be read.
    pub(super) fn shared(&self, a: u32, b: u32, own: impl FnOnce() -> Result<Arc<Vec<u64>>>) -> Result<u32> {
        if let Some(known) = self.known(a, b)? {
            return Ok(known);
        }
        let shared = intersection(&own()?, &self.sets.get(b)?) as u32;
        self.corpus.note_shared(a as usize, b as usize, shared)?;
        Ok(shared)
    }

    /// How many shingles two documents share, if that is known.
    ///
    /// # Errors
    /// Where what is known of them cannot be read.
    pub(super) fn known(&self, a: u32, b: u32) -> Result<Option<u32>> {
        self.corpus.known_shared(a as usize, b as usize)
    }

    /// The Jaccard similarity of two documents that share so many shingles.
    pub(super) fn similarity(&self, a: u32, b: u32, shared: u32) -> Ratio {
        let size = |document: u32| u64::from(self.corpus.shingle_count(document as usize));
        let part = u64::from(shared);
        Ratio { part, whole: (size(a) + size(b)).saturating_sub(part) }
    }

    fn guess_by(&self, a: u32, one: &[u64], b: u32, two: &[u64], bar: Ratio) -> Guess {
        if is_whole(self.corpus, a as usize, one) && is_whole(self.corpus, b as usize, two) {
            let ratio = jaccard(one, two);
            return if ratio.at_least(bar) { Guess::Exactly(ratio) } else { Guess::No };
        }
        let depth = reach(self.corpus, (a as usize, one), (b as usize, two)).min(ESTIMATED);
        let size = self.corpus.shingle_count(a as usize);
        let is_no = |shared: usize, seen: usize| {
            self.estimates
                && !(likely(shared as u64, seen as u64, bar) && self.steps.allow(shared, seen, size))
        };
        // Most pairs that are no copies show it at a glance.
        for glance in GLANCES.into_iter().filter(|glance| self.estimates && *glance < depth) {
            let (shared, seen) = smallest_of_union(one, two, glance);
            if is_no(shared, seen) {
                return Guess::No;
            }
        }
        let (shared, seen) = smallest_of_union(one, two, depth);
        if is_no(shared, seen) {
            return Guess::No;
        }
        Guess::Perhaps { shared, seen }
    }
}

/// Whether a sketch holds all shingles of its document.
fn is_whole(corpus: &dyn Corpus, document: usize, sketch: &[u64]) -> bool {
    sketch.len() == corpus.shingle_count(document) as usize
}

/// How many of the smallest hashes of their union two documents tell by their sketches: as many as the shorter one of those
/// that are not the whole set.
pub(super) fn reach(corpus: &dyn Corpus, one: (usize, &[u64]), two: (usize, &[u64])) -> usize {
    let told = |(document, sketch): (usize, &[u64])| {
        if is_whole(corpus, document, sketch) { usize::MAX } else { sketch.len() }
    };
    told(one).min(told(two))
}

/// Reads what is compared of a sketch.
fn beginning(corpus: &dyn Corpus, document: usize, into: &mut Vec<u64>) -> Result<()> {
    corpus.sketch(document, into)?;
    if !is_whole(corpus, document, into) {
        into.truncate(ESTIMATED);
        into.shrink_to_fit();
    }
    Ok(())
}

/// Whether a pair at `bar` may well show `shared` of `seen` sampled hashes.
pub(super) fn likely(shared: u64, seen: u64, bar: Ratio) -> bool {
    let (part, whole) = (i128::from(bar.part.min(bar.whole)), i128::from(bar.whole));
    let short = i128::from(seen) * part - (i128::from(shared) + 3) * whole;
    short <= 0 || short * short <= 36 * i128::from(seen) * part * (whole - part)
}

/// Of the `depth` smallest hashes of the union (or all): how many are in both, and how many there are.
pub(super) fn smallest_of_union(a: &[u64], b: &[u64], depth: usize) -> (usize, usize) {
    let (mut i, mut j, mut shared, mut seen) = (0, 0, 0, 0);
    while seen < depth {
        let (x, y) = match (a.get(i), b.get(j)) {
            (Some(x), Some(y)) => (*x, *y),
            (Some(x), None) => (*x, u64::MAX),
            (None, Some(y)) => (u64::MAX, *y),
            (None, None) => break,
        };
        i += usize::from(x <= y);
        j += usize::from(y <= x);
        shared += usize::from(x == y);
        seen += 1;
    }
    (shared, seen)
}

/// Number of hashes in both sets (ascending, distinct).
pub(super) fn intersection(a: &[u64], b: &[u64]) -> usize {
    let (mut i, mut j, mut shared) = (0, 0, 0);
    while i < a.len() && j < b.len() {
        let (x, y) = (a[i], b[j]);
        i += usize::from(x <= y);
        j += usize::from(y <= x);
        shared += usize::from(x == y);
    }
    shared
}

/// Jaccard similarity of two sets (ascending, distinct), as it is.
pub(super) fn jaccard(a: &[u64], b: &[u64]) -> Ratio {
    let shared = intersection(a, b);
    Ratio { part: shared as u64, whole: (a.len() + b.len() - shared) as u64 }
}

const PARTS: usize = 16;
/// What a set takes in the cache beside its hashes, in hashes.
const ENTRY: usize = 12;

/// Reads a set of a document.
type Read = fn(&dyn Corpus, usize, &mut Vec<u64>) -> Result<()>;

/// Shingle sets, or sketches, of documents that are compared again and again.
pub(super) struct Sets<'a> {
    corpus: &'a dyn Corpus,
    read: Read,
    /// Hashes that each part holds at most.
    room: usize,
    parts: [Mutex<Part>; PARTS],
}

#[derive(Default)]
struct Part {
    sets: FxHashMap<u32, Arc<Vec<u64>>>,
    order: VecDeque<u32>,
    hashes: usize,
}

impl<'a> Sets<'a> {
    /// A cache of at most `memory` bytes over what `read` reads.
    fn new(corpus: &'a dyn Corpus, read: Read, memory: usize) -> Self {
        Self { corpus, read, room: memory / size_of::<u64>() / PARTS, parts: Default::default() }
    }

    /// The set of `document`, read where the cache has not got it.
    pub(super) fn get(&self, document: u32) -> Result<Arc<Vec<u64>>> {
        let part = &self.parts[document as usize % PARTS];
        let lock = || part.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(set) = lock().sets.get(&document) {
            return Ok(set.clone());
        }
        // Not under the lock: reading takes long. That two threads read one text now and then does not matter.
        let mut set = Vec::new();
        (self.read)(self.corpus, document as usize, &mut set)?;
        let set = Arc::new(set);
        self.put(document, set.clone());
        Ok(set)
    }

    /// Keeps the set of `document`, which was read elsewhere.
    pub(super) fn put(&self, document: u32, set: Arc<Vec<u64>>) {
        let size = set.len() + ENTRY;
        if size > self.room {
            return;
        }
        let part = &self.parts[document as usize % PARTS];
        let mut part = part.lock().unwrap_or_else(PoisonError::into_inner);
        if part.sets.insert(document, set).is_none() {
            part.order.push_back(document);
            part.hashes += size;
        }
        while part.hashes > self.room {
            let Some(oldest) = part.order.pop_front() else { break };
            part.hashes -= part.sets.remove(&oldest).map_or(0, |set| set.len() + ENTRY);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_margin_passes_what_chance_makes_of_a_pair_at_the_bar() {
        let bar = Ratio { part: 7, whole: 10 };
        assert!(likely(48, 48, bar) && likely(20, 48, bar));
        assert!(!likely(5, 48, bar) && !likely(50, 128, bar));
        assert!(likely(0, 3, bar));
        assert!(!likely(40, 48, Ratio { part: 1, whole: 1 }));
    }

    #[test]
    fn the_smallest_of_the_union_are_counted() {
        assert_eq!(smallest_of_union(&[1, 3, 5, 9], &[1, 2, 5, 8], 4), (2, 4));
        assert_eq!(smallest_of_union(&[1], &[1, 2], 9), (1, 2));
        assert_eq!(intersection(&[1, 3, 5], &[3, 4, 5]), 2);
    }
}
