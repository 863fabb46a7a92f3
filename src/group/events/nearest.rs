//! The cluster that a document came closest to and was not joined with.

use rustc_hash::FxHashMap;

use super::{Articles, Search, corpus, gate, link, linkage, score, weights};
use crate::Result;
use crate::document::Decimal4;
use crate::run::Progress;

/// A cluster, perhaps of one document, that the cluster of a document was not joined with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Miss {
    /// Its documents, ascending.
    pub members: Vec<usize>,
    /// Average similarity of the pairs across.
    pub similarity: Decimal4,
    /// The average from which the two would have been one.
    pub needed: Decimal4,
}

/// Of the clusters that `document` is not in, the one with the highest average similarity to its own, as
/// [`find`](super::find) makes them; ties go to the first by digest. `None` if nothing resembles it. Takes as long as
/// `find`, but for the evidence.
///
/// # Errors
/// As [`find`](super::find).
pub fn nearest(
    articles: &dyn Articles,
    search: Search,
    document: usize,
    progress: &dyn Progress,
) -> Result<Option<Miss>> {
    let corpus = corpus::read(articles, progress)?;
    let weights = weights::Weights::new(&corpus);
    let (gated, clusters) = link(&corpus, &weights, search, progress)?;
    let Some(rank) = corpus.order.iter().position(|index| *index == document) else { return Ok(None) };
    // Every document by the first of its cluster: most are alone.
    let mut first: Vec<u32> = (0..corpus.len() as u32).collect();
    for cluster in &clusters {
        cluster.iter().for_each(|member| first[*member as usize] = cluster[0]);
    }
    let own = first[rank];
    let size = |name: u32| first.iter().filter(|of| **of == name).count() as u64;
    let mut sums: FxHashMap<u32, u64> = FxHashMap::default();
    for &(a, b, similarity) in &gated {
        let (a, b) = (first[a as usize], first[b as usize]);
        if a != b && (a == own || b == own) {
            *sums.entry(if a == own { b } else { a }).or_default() += u64::from(similarity);
        }
    }
    let own_size = size(own);
    let averages = sums.into_iter().map(|(name, sum)| (sum, own_size * size(name), name));
    let best = averages.reduce(|best, next| {
        let (left, right) =
            (u128::from(next.0) * u128::from(best.1), u128::from(best.0) * u128::from(next.1));
        if left > right || left == right && next.2 < best.2 { next } else { best }
    });
    Ok(best.map(|(sum, pairs, name)| {
        let members = (0..corpus.len()).filter(|rank| first[*rank] == name);
        let mut members: Vec<usize> = members.map(|rank| corpus.order[rank]).collect();
        members.sort_unstable();
        let (part, whole) = linkage::needed(u64::from(gate::CUT), own_size.min(members.len() as u64));
        let one = u64::from(score::ONE);
        Miss {
            members,
            similarity: Decimal4::ratio(sum, pairs * one),
            needed: Decimal4::ratio(part, whole * one),
        }
    }))
}
