//! What a document has in common with others: most of what fingerprints hold is no other document's, and need not be
//! indexed or looked up; and most documents share too little with all others together to be a copy of one.
//!
//! Invariant: what two documents share is marked in both, unless they share too little to be copies. A few other hashes
//! are marked too, which costs a little and changes nothing. What is marked does not depend on the number of threads.
//!
//! Two stages, the first over the few smallest hashes of each document, the second over all [`SMALLEST`] of those that
//! the first left. Each goes through the sketches some times: hashes are added to a table ([`Tally`]), then those are
//! marked that were added again; where they are few, a second round over the marked ones, with another function, leaves
//! hardly any that only met in a place. Where the table would get larger than in the first stage, hashes are taken in
//! several parts.

use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::Corpus;
use super::compare::Ratio;
use super::hamming::with_neighbours;
use super::least::{Least, enough_of_one};
use super::subset::Subset;
use super::tally::Tally;
use crate::Result;
use crate::fingerprint::sketch::SMALLEST;

/// Hashes of a document that the first stage looks at.
const FEW: usize = 16;
/// Places in the table for each hash.
const ROOM: usize = 4;

/// What documents have in common with others.
pub(super) struct Common {
    /// Those that may be copies.
    documents: Subset,
    /// By slot: the i-th bit: another document may hold the i-th of the [`SMALLEST`] hashes of the sketch.
    hashes: Vec<u64>,
    /// By slot: another document's simhash may be near.
    simhashes: Vec<bool>,
    indexed: usize,
}

impl Common {
    /// Among `documents`, for copies with a similarity of `bar` or more; simhashes are near within `distance` bits.
    ///
    /// # Errors
    /// Where a sketch cannot be read.
    pub(super) fn find(corpus: &dyn Corpus, documents: Subset, distance: u32, bar: Ratio) -> Result<Self> {
        let room = documents.count() * FEW * ROOM;
        let documents = if Least::new(bar, FEW as u64).is_nothing() {
            documents
        } else {
            marked(corpus, documents, FEW, room, bar)?.0
        };
        let (documents, hashes) = marked(corpus, documents, SMALLEST, room, bar)?;
        let simhashes = documents.iter().map(|document| corpus.simhash(document)).collect();
        Ok(Self { simhashes: with_neighbours(simhashes, distance), documents, hashes, indexed: enough_of_one(bar) })
    }

    /// Documents that may be copies.
    pub(super) fn documents(&self) -> &Subset {
        &self.documents
    }

    /// Places, in the sketch of `document`, of hashes that may stand in others: ascending.
    pub(super) fn hashes(&self, document: u32) -> impl Iterator<Item = usize> {
        let mut left = self.hashes[self.documents.slot(document as usize)];
        std::iter::from_fn(move || {
            let place = left.trailing_zeros() as usize;
            (left != 0).then(|| {
                left &= left - 1;
                place
            })
        })
    }

    /// Number of hashes, smallest first, of which a copy holds one for certain.
    pub(super) fn indexed(&self) -> usize {
        self.indexed
    }

    /// Whether another document's simhash may be near.
    pub(super) fn simhash(&self, document: u32) -> bool {
        self.simhashes[self.documents.slot(document as usize)]
    }
}

/// Those of the documents that have enough of their `take` smallest hashes in common with others, and what they have.
fn marked(
    corpus: &dyn Corpus,
    documents: Subset,
    take: usize,
    room: usize,
    bar: Ratio,
) -> Result<(Subset, Vec<u64>)> {
    let count = documents.count();
    let places = count * take * ROOM;
    let parts = places.div_ceil(room.max(1)) as u64;
    let mut marks = Marks::new(count, take);
    let mut tally = Tally::new(places.min(room));
    for part in 0..parts {
        let in_part = |hash: u64| parts == 1 || (u64::from(hash as u32) * parts) >> 32 == part;
        mark(corpus, &documents, take, &in_part, &mut marks, &mut tally)?;
    }
    drop(tally);
    let least = Least::new(bar, take as u64);
    let enough = |document: usize| {
        documents.contains(document)
            && u64::from(marks.get(documents.slot(document)).count_ones())
                >= least.of(corpus.shingle_count(document))
    };
    let left = Subset::new(corpus.len(), enough);
    if take < SMALLEST {
        return Ok((left, Vec::new()));
    }
    let mut words: Vec<u64> = marks.words.into_iter().map(AtomicU64::into_inner).collect();
    for (slot, document) in left.iter().enumerate() {
        words[slot] = words[documents.slot(document)];
    }
    words.truncate(left.count());
    words.shrink_to_fit();
    Ok((left, words))
}

/// Marks what is common among the hashes of one part.
fn mark(
    corpus: &dyn Corpus,
    documents: &Subset,
    take: usize,
    in_part: &(impl Fn(u64) -> bool + Sync),
    marks: &mut Marks,
    tally: &mut Tally,
) -> Result<()> {
    let marks = &*marks;
    let smallest = |sketch: &[u64]| sketch.len().min(take);
    tally.begin(0);
    documents.each_sketch(corpus, |_, sketch| {
        for hash in sketch[..smallest(sketch)].iter().filter(|hash| in_part(**hash)) {
            tally.add(*hash);
        }
    })?;
    let counts = documents.tasks().map(|range| {
        let mut counts = (0, 0);
        documents.sketches(corpus, range, |document, sketch| {
            let mut found = 0;
            for (place, hash) in sketch[..smallest(sketch)].iter().enumerate() {
                let looked_at = in_part(*hash);
                counts.0 += usize::from(looked_at);
                found |= u64::from(looked_at && tally.is_again(*hash)) << place;
            }
            counts.1 += found.count_ones() as usize;
            marks.join(documents.slot(document), found);
        })?;
        Ok::<_, crate::Error>(counts)
    });
    let (count, marked) = counts.try_reduce(|| (0, 0), |a, b| Ok((a.0 + b.0, a.1 + b.1)))?;
    if marked > count / 4 * 3 {
        // What was marked by chance is little beside what is common.
        return Ok(());
    }
    tally.begin(1);
    let again = |document: usize, sketch: &[u64], each: &mut dyn FnMut(usize, u64)| {
        let mut left = marks.get(documents.slot(document));
        while left != 0 {
            let place = left.trailing_zeros() as usize;
            left &= left - 1;
            if in_part(sketch[place]) {
                each(place, sketch[place]);
            }
        }
    };
    documents
        .each_sketch(corpus, |document, sketch| again(document, sketch, &mut |_, hash| tally.add(hash)))?;
    documents.each_sketch(corpus, |document, sketch| {
        let mut alone = 0;
        again(document, sketch, &mut |place, hash| alone |= u64::from(!tally.is_again(hash)) << place);
        marks.take(documents.slot(document), alone);
    })
}

/// A few bits for each slot.
struct Marks {
    words: Vec<AtomicU64>,
    in_word: usize,
}

impl Marks {
    /// `bits` for each of `count` slots.
    fn new(count: usize, bits: usize) -> Self {
        let in_word = 64 / bits;
        Self { words: (0..count.div_ceil(in_word)).map(|_| AtomicU64::new(0)).collect(), in_word }
    }

    fn shift(&self, slot: usize) -> usize {
        slot % self.in_word * (64 / self.in_word)
    }

    fn get(&self, slot: usize) -> u64 {
        let word = self.words[slot / self.in_word].load(Ordering::Relaxed);
        word >> self.shift(slot) & u64::MAX >> (64 - 64 / self.in_word)
    }

    fn join(&self, slot: usize, bits: u64) {
        if bits != 0 {
            self.words[slot / self.in_word].fetch_or(bits << self.shift(slot), Ordering::Relaxed);
        }
    }

    fn take(&self, slot: usize, bits: u64) {
        if bits != 0 {
            self.words[slot / self.in_word].fetch_and(!(bits << self.shift(slot)), Ordering::Relaxed);
        }
    }
}
