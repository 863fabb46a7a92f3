//! Documents with the same normal form.
//!
//! Invariant: two documents are twins only where their whole digests are equal.

use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;

use super::Corpus;
use crate::Result;
use crate::document::Digest;

/// Documents, or keys, in one task.
const TASK: usize = 1 << 13;
/// The key of a document that takes no part.
const NONE: u64 = u64::MAX;

/// For each document the first one in the order with the same digest: itself where there is none before, and where it
/// has no words or is not in the order at all. `order`: documents; `rank`: the place of each in it.
///
/// # Errors
/// Where a digest cannot be read.
pub(super) fn first_twins(corpus: &dyn Corpus, order: &[u32], rank: &[u32]) -> Result<Vec<u32>> {
    // Four bytes of the digest and the place in the order: small to sort, and almost always enough.
    let mut keys = vec![NONE; corpus.len()];
    keys.par_chunks_mut(TASK).enumerate().try_for_each(|(n, keys)| {
        let range = n * TASK..n * TASK + keys.len();
        corpus.scan_digests(range, &mut |document, digest| {
            if rank[document] != u32::MAX && corpus.words(document) > 0 {
                keys[document - n * TASK] = u64::from(head(digest)) << 32 | u64::from(rank[document]);
            }
        })
    })?;
    keys.par_sort_unstable();
    keys.truncate(keys.partition_point(|key| *key != NONE));
    let document = |key: u64| order[key as u32 as usize];
    let first: Vec<AtomicU32> = (0..corpus.len() as u32).map(AtomicU32::new).collect();
    (0..keys.len()).into_par_iter().step_by(TASK).try_for_each(|begin| {
        let same = |a: &u64, b: &u64| a >> 32 == b >> 32;
        // Each group belongs to the task in which it begins.
        let skipped = keys[begin..]
            .iter()
            .take(TASK)
            .take_while(|key| begin > 0 && same(key, &keys[begin - 1]))
            .count();
        let mut left = &keys[begin + skipped..];
        let mut room = TASK.saturating_sub(skipped);
        while room > 0 && !left.is_empty() {
            let head = left[0] >> 32;
            let (group, rest) = left.split_at(left.partition_point(|key| key >> 32 == head));
            (left, room) = (rest, room.saturating_sub(group.len()));
            if group.len() > 1 {
                tell_apart(corpus, group.iter().map(|key| document(*key)).collect(), &first)?;
            }
        }
        Ok::<(), crate::Error>(())
    })?;
    Ok(first.into_iter().map(AtomicU32::into_inner).collect())
}

/// Settles documents whose heads are the same, given in order.
fn tell_apart(corpus: &dyn Corpus, mut documents: Vec<u32>, first: &[AtomicU32]) -> Result<()> {
    while let [twin, others @ ..] = documents.as_slice() {
        let digest = corpus.digest(*twin as usize)?;
        let is_other = |document: &u32| corpus.digest(*document as usize).map(|other| other != digest);
        let is_other: Vec<bool> =
            others.par_iter().with_min_len(TASK / 8).map(is_other).collect::<Result<_>>()?;
        let mut left = Vec::new();
        for (document, is_other) in others.iter().zip(is_other) {
            if is_other {
                left.push(*document);
            } else {
                first[*document as usize].store(*twin, Ordering::Relaxed);
            }
        }
        documents = left;
    }
    Ok(())
}

fn head(digest: &Digest) -> u32 {
    digest.iter().take(4).fold(0, |head, byte| head << 8 | u32::from(*byte))
}
