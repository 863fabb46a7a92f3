//! Documents with the same normal form.

use rayon::prelude::*;

use super::Corpus;

/// For each document the first one of `order` with the same digest: itself where there is none before, and where it has
/// no words or is not in `order` at all.
pub(super) fn first_twins(corpus: &dyn Corpus, order: &[u32]) -> Vec<u32> {
    let mut first: Vec<u32> = (0..corpus.len() as u32).collect();
    // Eight bytes of the digest and the place in the order: small to sort, and almost always enough.
    let mut keys: Vec<(u64, u32)> = order
        .par_iter()
        .enumerate()
        .filter(|(_, document)| corpus.words(**document as usize) > 0)
        .map(|(place, document)| (head(corpus, *document), place as u32))
        .collect();
    keys.par_sort_unstable();
    for same in keys.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
        let document = |key: &(u64, u32)| order[key.1 as usize];
        let whole = |key: &(u64, u32)| corpus.digest(document(key) as usize);
        let mut same = same.to_vec();
        same.sort_by_cached_key(|key| (whole(key), key.1));
        for twins in same.chunk_by(|a, b| whole(a) == whole(b)) {
            for twin in twins {
                first[document(twin) as usize] = document(&twins[0]);
            }
        }
    }
    first
}

fn head(corpus: &dyn Corpus, document: u32) -> u64 {
    let digest = corpus.digest(document as usize);
    digest.iter().take(8).fold(0, |head, byte| head << 8 | u64::from(*byte))
}
