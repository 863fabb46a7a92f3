//! What became of each document, in few bytes.
//!
//! Invariant: a document that is no copy names itself; similarities are held of those only that may be copies.

use super::compare::Ratio;
use super::subset::Subset;

/// What became of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verdict {
    /// No copy of a document kept before it, or not asked about.
    #[default]
    Kept,
    /// Same normal form as the kept document `of`.
    Identical {
        /// Index of the kept document.
        of: u32,
    },
    /// Similar to the kept document `of`: they share `shared` of `union` shingles.
    Near {
        /// Index of the most similar kept document.
        of: u32,
        /// Shingles in both.
        shared: u32,
        /// Shingles in either.
        union: u32,
    },
}

/// A kept document and the similarity to it.
#[derive(Clone, Copy)]
pub(super) struct Match {
    pub(super) of: u32,
    pub(super) similarity: Ratio,
}

/// The matches of all documents.
pub(super) struct Matches {
    /// The first twin, or the kept document that it is a copy of.
    of: Vec<u32>,
    /// Those that may be copies.
    documents: Subset,
    /// By slot: shared shingles and all; zero and zero where there is no match.
    near: Vec<(u32, u32)>,
}

impl Matches {
    /// `first`: the first twin of each document, itself where it is one.
    pub(super) fn new(first: Vec<u32>, documents: Subset) -> Self {
        Self { near: vec![(0, 0); documents.count()], of: first, documents }
    }

    /// The match of a document that may be a copy.
    pub(super) fn get(&self, document: u32) -> Option<Match> {
        let (shared, union) = self.near[self.documents.slot(document as usize)];
        let similarity = Ratio { part: shared.into(), whole: union.into() };
        (union > 0).then(|| Match { of: self.of[document as usize], similarity })
    }

    pub(super) fn set(&mut self, document: u32, found: Match) {
        let count = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        let Ratio { part, whole } = found.similarity;
        self.of[document as usize] = found.of;
        self.near[self.documents.slot(document as usize)] = (count(part), count(whole));
    }

    /// By document.
    pub(super) fn verdicts(&self) -> Vec<Verdict> {
        let near = |document: u32| {
            let is_copy = self.documents.contains(document as usize);
            let (shared, union) =
                if is_copy { self.near[self.documents.slot(document as usize)] } else { (0, 0) };
            (union > 0).then(|| Verdict::Near { of: self.of[document as usize], shared, union })
        };
        let verdict = |document: u32| {
            let of = self.of[document as usize];
            // What is identical to a removed document is as near to the kept one as that.
            match near(document) {
                Some(near) => near,
                None if of == document => Verdict::Kept,
                None => near(of).unwrap_or(Verdict::Identical { of }),
            }
        };
        (0..self.of.len() as u32).map(verdict).collect()
    }
}
