//! What a document has in common with others: most of what fingerprints hold is no other document's, and need not be
//! indexed or looked up.
//!
//! Invariant: what two documents share is marked in both. Some of what they do not share may be marked too (a few in a
//! thousand), which costs a little and changes nothing.
//!
//! The hashes are looked through in ranges of value, so that little memory is needed at a time. A range's hashes go
//! into a bit table, each to one place. A hash that finds its place taken is noted in a second table, by another
//! function; all hashes of the range that stand in the second table are marked. Where they are few, a second round over
//! the marked ones, with other functions, leaves hardly any that were marked by chance.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::Corpus;
use super::hamming::with_neighbours;
use crate::fingerprint::sketch::SMALLEST;

/// Ranges of hash values, and the bits that tell where one begins in a sketch.
const RANGES: usize = 8;
const PLACE_BITS: usize = 6;
/// Documents that the ranges are fitted to.
const SAMPLE: usize = 4096;
/// Places in a bit table for each hash, at least.
const ROOM: usize = 4;
/// Odd multipliers: two functions for each round (the golden ratio, and digits of pi).
const FIRST: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xa409_3822_299f_31d1];
const SECOND: [u64; 2] = [0x4528_21e6_38d0_1377, 0xbe54_66cf_34e9_0c6d];

/// By document, what it has in common with others.
pub(super) struct Common {
    /// The i-th bit: another document holds the i-th of the [`SMALLEST`] hashes of the sketch.
    hashes: Vec<u64>,
    /// Another document's simhash is near.
    simhashes: Vec<bool>,
    near: usize,
}

impl Common {
    /// Among `documents`; simhashes are near within `distance` bits.
    pub(super) fn find(corpus: &dyn Corpus, documents: &[u32], distance: u32) -> Self {
        let simhash = |document: &u32| corpus.simhash(*document as usize);
        let near = with_neighbours(documents.par_iter().map(simhash).collect(), distance);
        let count = near.iter().filter(|near| **near).count();
        let mut simhashes = vec![false; corpus.len()];
        for (document, near) in documents.iter().zip(near) {
            simhashes[*document as usize] = near;
        }
        Self { hashes: common_hashes(corpus, documents), simhashes, near: count }
    }

    /// Places, in the sketch of `document`, of hashes that may stand in others: ascending.
    pub(super) fn hashes(&self, document: u32) -> impl Iterator<Item = usize> {
        let mut left = self.hashes[document as usize];
        std::iter::from_fn(move || {
            let place = left.trailing_zeros() as usize;
            (left != 0).then(|| {
                left &= left - 1;
                place
            })
        })
    }

    /// Number of documents with another one's simhash near.
    pub(super) fn with_near_simhash(&self) -> usize {
        self.near
    }

    /// Whether another document's simhash may be near.
    pub(super) fn simhash(&self, document: u32) -> bool {
        self.simhashes[document as usize]
    }
}

fn smallest(corpus: &dyn Corpus, document: u32) -> &[u64] {
    let sketch = corpus.sketch(document as usize);
    &sketch[..sketch.len().min(SMALLEST)]
}

fn common_hashes(corpus: &dyn Corpus, documents: &[u32]) -> Vec<u64> {
    // In the order in which the sketches lie.
    let mut documents = documents.to_vec();
    documents.par_sort_unstable();
    let bounds = bounds(corpus, &documents);
    let begins = |document: &u32| {
        let sketch = smallest(corpus, *document);
        let place = |bound: &u64| sketch.partition_point(|hash| hash < bound) as u64;
        bounds.iter().enumerate().fold(0, |begins, (i, bound)| begins | place(bound) << (PLACE_BITS * i))
    };
    let begins: Vec<u64> = documents.par_iter().map(begins).collect();
    let marks: Vec<AtomicU64> = (0..corpus.len()).map(|_| AtomicU64::new(0)).collect();
    (0..RANGES).into_par_iter().for_each(|range| {
        let part = || {
            documents.iter().zip(&begins).map(|(document, begins)| {
                let sketch = smallest(corpus, *document);
                let places = places(*begins, range);
                let end = places.end.min(sketch.len());
                Part {
                    begin: places.start,
                    hashes: &sketch[places.start..end],
                    mark: &marks[*document as usize],
                }
            })
        };
        mark_range(part, documents.len());
    });
    marks.into_iter().map(AtomicU64::into_inner).collect()
}

/// The hashes of one document in one range.
struct Part<'a> {
    /// Place of the first one in the sketch.
    begin: usize,
    hashes: &'a [u64],
    /// The marks of the document.
    mark: &'a AtomicU64,
}

impl Part<'_> {
    fn places(&self) -> u64 {
        ((1 << self.hashes.len()) - 1) << self.begin
    }
}

/// Marks what is common in one range.
fn mark_range<'a, P: Iterator<Item = Part<'a>>>(parts: impl Fn() -> P, documents: usize) {
    let (mut once, mut twice) = (Bits::new(documents), Bits::new(documents));
    for part in parts() {
        for hash in part.hashes {
            if once.set(*hash, FIRST[0]) {
                twice.set(*hash, FIRST[1]);
            }
        }
    }
    let (mut count, mut marked) = (0, 0);
    for part in parts() {
        let found =
            part.hashes.iter().rev().fold(0, |f, hash| f << 1 | u64::from(twice.get(*hash, FIRST[1])));
        count += part.hashes.len();
        marked += found.count_ones() as usize;
        if found != 0 {
            part.mark.fetch_or(found << part.begin, Ordering::Relaxed);
        }
    }
    if marked > count / 4 * 3 {
        // What was marked by chance is little beside what is common.
        return;
    }
    once.clear();
    twice.clear();
    let again = || parts().filter(|part| part.mark.load(Ordering::Relaxed) & part.places() != 0);
    for part in again() {
        let mark = part.mark.load(Ordering::Relaxed) >> part.begin;
        for (place, hash) in part.hashes.iter().enumerate() {
            if mark >> place & 1 == 1 && once.set(*hash, SECOND[0]) {
                twice.set(*hash, SECOND[1]);
            }
        }
    }
    for part in again() {
        let found =
            part.hashes.iter().rev().fold(0, |f, hash| f << 1 | u64::from(twice.get(*hash, SECOND[1])));
        part.mark.fetch_and(found << part.begin | !part.places(), Ordering::Relaxed);
    }
}

/// Where the ranges begin: with about as many hashes of a sample of documents in each.
fn bounds(corpus: &dyn Corpus, documents: &[u32]) -> [u64; RANGES] {
    let sample = documents.iter().step_by(documents.len().div_ceil(SAMPLE).max(1));
    let mut hashes: Vec<u64> = sample.flat_map(|d| smallest(corpus, *d)).copied().collect();
    hashes.sort_unstable();
    // The first range begins at zero, whatever the sample begins with.
    let bound =
        |i: usize| if i == 0 { 0 } else { hashes.get(hashes.len() * i / RANGES).copied().unwrap_or(0) };
    std::array::from_fn(bound)
}

/// The places of a range in a sketch, from where the ranges begin in it. The last goes on to the end.
fn places(begins: u64, range: usize) -> Range<usize> {
    let begin = |range: usize| (begins >> (PLACE_BITS * range)) as usize & ((1 << PLACE_BITS) - 1);
    begin(range)..if range + 1 < RANGES { begin(range + 1) } else { SMALLEST }
}

/// A bit table.
struct Bits {
    words: Vec<u64>,
    shift: u32,
}

impl Bits {
    /// For a range of the hashes of so many documents.
    fn new(documents: usize) -> Self {
        let places = (documents * SMALLEST * ROOM / RANGES).next_power_of_two().max(64);
        Self { words: vec![0; places / 64], shift: 64 - places.trailing_zeros() }
    }

    fn clear(&mut self) {
        self.words.fill(0);
    }

    fn place(&self, hash: u64, function: u64) -> usize {
        // Small hashes have no high bits of their own: the halves are exchanged.
        (hash.rotate_left(32).wrapping_mul(function) >> self.shift) as usize
    }

    /// Takes the place of `hash`. Whether it was taken before.
    fn set(&mut self, hash: u64, function: u64) -> bool {
        let place = self.place(hash, function);
        let word = &mut self.words[place / 64];
        let taken = *word >> (place % 64) & 1 == 1;
        *word |= 1 << (place % 64);
        taken
    }

    fn get(&self, hash: u64, function: u64) -> bool {
        let place = self.place(hash, function);
        self.words[place / 64] >> (place % 64) & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Result;
    use crate::document::Digest;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// Documents of which only sketch and simhash are asked for.
    struct Sketches(Vec<Vec<u64>>);

    impl Corpus for Sketches {
        fn len(&self) -> usize {
            self.0.len()
        }
        fn digest(&self, _: usize) -> Digest {
            [0; 32]
        }
        fn simhash(&self, index: usize) -> u64 {
            self.0[index].iter().fold(0, |a, b| a ^ b)
        }
        fn sketch(&self, index: usize) -> &[u64] {
            &self.0[index]
        }
        fn shingle_count(&self, index: usize) -> u32 {
            self.0[index].len() as u32
        }
        fn words(&self, _: usize) -> u32 {
            100
        }
        fn shingles(&self, index: usize, into: &mut Vec<u64>) -> Result<()> {
            into.clone_from(&self.0[index]);
            Ok(())
        }
    }

    fn marked(sketches: &Sketches) -> Vec<Vec<usize>> {
        let documents: Vec<u32> = (0..sketches.0.len() as u32).rev().collect();
        let common = Common::find(sketches, &documents, 3);
        (0..sketches.0.len() as u32).map(|d| common.hashes(d).collect()).collect()
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
            let marked = marked(&sketches);
            for (d, sketch) in sketches.0.iter().enumerate() {
                for (place, hash) in sketch.iter().enumerate().take(SMALLEST) {
                    let other = |o: &(usize, &Vec<u64>)| o.0 != d && o.1.iter().take(SMALLEST).any(|h| h == hash);
                    let common = sketches.0.iter().enumerate().any(|o| other(&o));
                    prop_assert!(!common || marked[d].contains(&place));
                }
            }
        }
    }

    #[test]
    fn little_is_marked_that_no_other_document_holds() {
        let mut state = 1u64;
        let mut sketch = || {
            let hash = |_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state ^ state >> 31).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 1
            };
            (0..60).map(hash).collect::<BTreeSet<u64>>().into_iter().collect()
        };
        let sketches = Sketches((0..20_000).map(|_| sketch()).collect());
        let marks: usize = marked(&sketches).iter().map(Vec::len).sum();
        assert!(marks < 20_000 * SMALLEST / 100, "{marks}");
    }
}
