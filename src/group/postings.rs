//! An inverted index from hashes to documents, flat and bounded: for each hash the first [`HOT`] documents that hold it.
//!
//! Invariant: what a look-up gives depends only on what was inserted in which order, not on the table's size. A hash
//! with [`HOT`] documents is *hot*: it says little about any of them, and an agency's tail under a million articles
//! must not make a million candidates.
//!
//! Entries of 64 bits, 32 bits of the hash and the document, open addressing with linear probing; entries of one hash
//! lie near each other, in order of insertion. There are several tables, by some bits of the hash, which grow one after
//! the other: growing holds two of them only. Other hashes with the same 32 bits give a false candidate now
//! and then (1 % of look-ups at a million documents), which the comparison refuses.

use rustc_hash::FxHashSet;

/// Documents a hash may have before it is hot.
pub(super) const HOT: usize = 128;

const EMPTY: u64 = u64::MAX;

/// Bits of a tag that choose its table; an entry need not hold them, and has room for a note of as many.
const TABLE_BITS: u32 = 6;
const NOTES: usize = (1 << TABLE_BITS) - 1;

pub(super) struct Postings {
    tables: Vec<Table>,
    /// Tags of hot hashes, so that none of their entries need be passed to know it.
    hot: FxHashSet<u32>,
}

#[derive(Clone)]
struct Table {
    slots: Vec<u64>,
    used: usize,
}

impl Postings {
    pub(super) fn new() -> Self {
        let table = Table { slots: vec![EMPTY; 16], used: 0 };
        Self { tables: vec![table; 1 << TABLE_BITS], hot: FxHashSet::default() }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        for table in self.tables.iter_mut().filter(|table| table.used > 0) {
            table.slots.fill(EMPTY);
            table.used = 0;
        }
        self.hot.clear();
    }

    /// Adds `document` (not `u32::MAX`) to those of `hash`, with a note of 6 bits, unless the hash is hot. The number
    /// of documents that it had.
    pub(super) fn insert(&mut self, hash: u64, document: u32, note: usize) -> Option<usize> {
        let tag = tag(hash);
        if self.hot.contains(&tag) {
            return None;
        }
        let same = self.tables[table(tag)].insert(tag, document, note);
        if same + 1 >= HOT {
            self.hot.insert(tag);
        }
        Some(same)
    }

    /// Bytes that it takes.
    pub(super) fn bytes(&self) -> usize {
        let slots: usize = self.tables.iter().map(|table| table.slots.capacity()).sum();
        slots * size_of::<u64>() + self.hot.capacity() * size_of::<u64>()
    }

    /// Number of entries.
    pub(super) fn entries(&self) -> usize {
        self.tables.iter().map(|table| table.used).sum()
    }

    /// Whether the hash is hot.
    pub(super) fn is_hot(&self, hash: u64) -> bool {
        self.hot.contains(&tag(hash))
    }

    /// Appends the documents of `hash`, of a hot one the first [`HOT`], to `found`, in order of insertion.
    pub(super) fn documents(&self, hash: u64, found: &mut Vec<u32>) {
        self.each(hash, |document, _| found.push(document));
    }

    /// Hands these documents and their notes to `each`.
    pub(super) fn each(&self, hash: u64, mut each: impl FnMut(u32, usize)) {
        let tag = tag(hash);
        let table = &self.tables[table(tag)];
        let mut place = table.place(tag);
        while table.slots[place] != EMPTY {
            let slot = table.slots[place];
            if is_of(slot, tag) {
                each(slot as u32, (slot >> 32) as usize & NOTES);
            }
            place = table.after(place);
        }
    }
}

impl Table {
    /// Adds an entry. How many there were with the same tag.
    fn insert(&mut self, tag: u32, document: u32, note: usize) -> usize {
        // Four slots in five at most: beyond, runs get long.
        if 5 * (self.used + 1) > 4 * self.slots.len() {
            self.grow();
        }
        let mut place = self.place(tag);
        let mut same = 0;
        while self.slots[place] != EMPTY {
            same += usize::from(is_of(self.slots[place], tag));
            place = self.after(place);
        }
        self.slots[place] =
            u64::from(tag << TABLE_BITS) << 32 | ((note & NOTES) as u64) << 32 | u64::from(document);
        self.used += 1;
        same
    }

    fn after(&self, place: usize) -> usize {
        if place + 1 == self.slots.len() { 0 } else { place + 1 }
    }

    /// The tag's share of the table: a function of the tag alone, so that growing needs no hashes.
    fn place(&self, tag: u32) -> usize {
        ((u64::from(tag << TABLE_BITS) * self.slots.len() as u64) >> 32) as usize
    }

    /// A quarter more slots. Entries of one tag keep their order: they are moved from an empty slot on.
    fn grow(&mut self) {
        let size = self.slots.len() + self.slots.len() / 4;
        let old = std::mem::replace(&mut self.slots, vec![EMPTY; size]);
        let begin = old.iter().position(|s| *s == EMPTY).unwrap_or(0);
        for entry in old[begin..].iter().chain(&old[..begin]).filter(|s| **s != EMPTY) {
            let mut place = self.place((entry >> (32 + TABLE_BITS)) as u32);
            while self.slots[place] != EMPTY {
                place = self.after(place);
            }
            self.slots[place] = *entry;
        }
    }
}

/// Whether an entry has this tag, in the table of the tag.
fn is_of(slot: u64, tag: u32) -> bool {
    (slot >> (32 + TABLE_BITS)) as u32 == tag & u32::MAX >> TABLE_BITS
}

fn table(tag: u32) -> usize {
    (tag >> (32 - TABLE_BITS)) as usize
}

/// 32 bits of a hash. A sketch holds small hashes, whose high bits are alike: the product brings low bits up.
fn tag(hash: u64) -> u32 {
    (hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_hash_gives_its_first_documents_in_order_whatever_the_table_size() {
        let mut postings = Postings::new();
        let mut want: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
        for document in 0..20_000u32 {
            for hash in
                [u64::from(document % 3), u64::from(document / 7) + 10, u64::from(document % 500) + 90_000]
            {
                let hash = hash * 0x1_0000_0001;
                let list = want.entry(hash).or_default();
                assert_eq!(
                    postings.insert(hash, document, 63 - document as usize % 64),
                    (list.len() < HOT).then_some(list.len())
                );
                if list.len() < HOT {
                    list.push(document);
                }
            }
        }
        for (hash, documents) in want {
            let mut found = vec![];
            postings.documents(hash, &mut found);
            assert_eq!(found, documents);
            postings.each(hash, |document, note| assert_eq!(note, 63 - document as usize % 64));
            assert_eq!(postings.is_hot(hash), documents.len() == HOT);
        }
        postings.clear();
        assert!(!postings.is_hot(0));
    }
}
