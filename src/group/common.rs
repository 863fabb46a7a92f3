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
use super::least::{Least, Steps, enough_of_one};
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
    steps: Steps,
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
        Ok(Self {
            simhashes: with_neighbours(simhashes, distance),
            documents,
            hashes,
            indexed: enough_of_one(bar),
            steps: Steps::new(bar),
        })
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

    /// What is asked of a pair.
    pub(super) fn steps(&self) -> &Steps {
        &self.steps
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Digest;
    use proptest::prelude::*;
    use std::collections::BTreeSet;
    use std::ops::Range;

    /// Documents of which only sketch and simhash are asked for.
    struct Sketches(Vec<Vec<u64>>);

    impl Corpus for Sketches {
        fn len(&self) -> usize {
            self.0.len()
        }
        fn simhash(&self, index: usize) -> u64 {
            self.0[index].iter().fold(0, |a, b| a ^ b)
        }
        fn shingle_count(&self, index: usize) -> u32 {
            self.0[index].len() as u32
        }
        fn words(&self, _: usize) -> u32 {
            100
        }
        fn digest(&self, _: usize) -> Result<Digest> {
            Ok([0; 32])
        }
        fn scan_digests(&self, _: Range<usize>, _: &mut dyn FnMut(usize, &Digest)) -> Result<()> {
            Ok(())
        }
        fn sketch(&self, index: usize, into: &mut Vec<u64>) -> Result<()> {
            into.clone_from(&self.0[index]);
            Ok(())
        }
        fn scan_sketches(&self, range: Range<usize>, each: &mut dyn FnMut(usize, &[u64])) -> Result<()> {
            range.for_each(|index| each(index, &self.0[index]));
            Ok(())
        }
        fn shingles(&self, index: usize, into: &mut Vec<u64>) -> Result<()> {
            self.sketch(index, into)
        }
    }

    fn find(sketches: &Sketches, part: u64) -> Common {
        let documents = Subset::new(sketches.0.len(), |_| true);
        Common::find(sketches, documents, 3, Ratio { part, whole: 100 }).unwrap()
    }

    proptest! {
        #[test]
        fn what_two_documents_share_is_marked_in_both(
            sets in proptest::collection::vec(proptest::collection::btree_set(0u64..900, 0..70), 0..30), scale: u64
        ) {
            let scaled = |set: BTreeSet<u64>| {
                let set: BTreeSet<u64> = set.iter().map(|h| h.wrapping_mul(scale | 1)).collect();
                set.into_iter().collect()
            };
            let sketches = Sketches(sets.into_iter().map(scaled).collect());
            // A bar so low that all may be copies.
            let common = find(&sketches, 1);
            for (d, sketch) in sketches.0.iter().enumerate() {
                let marked: Vec<usize> = common.hashes(d as u32).collect();
                for (place, hash) in sketch.iter().enumerate().take(SMALLEST) {
                    let other = |o: &(usize, &Vec<u64>)| o.0 != d && o.1.iter().take(SMALLEST).any(|h| h == hash);
                    let is_common = sketches.0.iter().enumerate().any(|o| other(&o));
                    prop_assert!(!is_common || marked.contains(&place));
                }
            }
        }
    }

    fn random() -> impl FnMut(usize) -> BTreeSet<u64> {
        let mut state = 1u64;
        move |count| {
            let hash = |_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state ^ state >> 31).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 1
            };
            (0..count).map(hash).collect()
        }
    }

    #[test]
    fn little_is_marked_that_no_other_document_holds() {
        let mut sketch = random();
        let sketches = Sketches((0..20_000).map(|_| sketch(60).into_iter().collect()).collect());
        let common = find(&sketches, 1);
        let marks: usize = (0..20_000).map(|d| common.hashes(d).count()).sum();
        assert!(marks < 20_000 * SMALLEST / 50, "{marks}");
        assert_eq!(find(&sketches, 70).documents().count(), 0);
    }

    #[test]
    fn who_shares_enough_with_another_may_be_a_copy_and_who_shares_a_tail_with_all_may_not() {
        let mut sketch = random();
        let tail = sketch(15);
        let mut sets: Vec<BTreeSet<u64>> = (0..4000).map(|_| &sketch(60) | &tail).collect();
        for d in 0..500 {
            let less: BTreeSet<u64> = sets[d].iter().copied().filter(|h| h % 8 != 0).collect();
            sets.push(&less | &sketch(7));
        }
        let common = find(&Sketches(sets.into_iter().map(|set| set.into_iter().collect()).collect()), 70);
        let may_be = common.documents();
        assert!((0..500).chain(4000..4500).all(|d| may_be.contains(d)));
        assert!(may_be.count() < 1100, "{}", may_be.count());
    }
}
