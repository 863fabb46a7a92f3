//! Which documents of a site are near copies of one another: each such group counts as one document.
//!
//! What two documents share is measured in the sentences of their articles, word for word. Sentences that stand on half
//! the site are boilerplate and weigh only where they are most of what a document holds.

use rustc_hash::{FxHashMap, FxHashSet};

use super::pages::{LineId, SitePages};

/// Words of sentences below which two documents are not compared.
const LEAST_WORDS: u64 = 20;

/// Of each document the first of the documents that it is a near copy of: itself, if it is none.
pub(super) fn leaders(site: &SitePages) -> Vec<usize> {
    let sentences: Vec<Vec<LineId>> = site.pages.iter().map(|page| distinct_prose(site, page)).collect();
    let mut documents: FxHashMap<LineId, usize> = FxHashMap::default();
    for line in sentences.iter().flatten() {
        *documents.entry(*line).or_default() += 1;
    }
    let common = (sentences.len() / 2).max(2);
    let is_rare = |line: &LineId| documents.get(line).is_none_or(|n| *n <= common);
    let words = |line: &LineId| site.line(*line).map_or(0, |line| u64::from(line.words));

    let mut leaders = Vec::with_capacity(sentences.len());
    let mut sums: Vec<(u64, u64)> = Vec::with_capacity(sentences.len());
    let mut holders: FxHashMap<LineId, Vec<usize>> = FxHashMap::default();
    for (page, lines) in sentences.iter().enumerate() {
        let all: u64 = lines.iter().map(words).sum();
        let rare: u64 = lines.iter().filter(|line| is_rare(line)).map(words).sum();
        sums.push((all, rare));
        let mut shared: FxHashMap<usize, (u64, u64)> = FxHashMap::default();
        for line in lines {
            for leader in holders.get(line).into_iter().flatten() {
                let sum = shared.entry(*leader).or_default();
                sum.0 += words(line);
                sum.1 += if is_rare(line) { words(line) } else { 0 };
            }
        }
        let is_copy_of = |leader: usize, (all_shared, rare_shared): (u64, u64)| {
            let (all, rare) = (all.min(sums[leader].0), rare.min(sums[leader].1));
            (all >= LEAST_WORDS && 10 * all_shared >= 7 * all)
                || (rare >= LEAST_WORDS && 10 * rare_shared >= 4 * rare)
        };
        let leader = shared.into_iter().filter(|(l, s)| is_copy_of(*l, *s)).map(|(l, _)| l).min();
        if leader.is_none() {
            lines.iter().for_each(|line| holders.entry(*line).or_default().push(page));
        }
        leaders.push(leader.unwrap_or(page));
    }
    leaders
}

/// The lines of a document that read like sentences, each once.
fn distinct_prose(site: &SitePages, page: &[LineId]) -> Vec<LineId> {
    let mut seen = FxHashSet::default();
    let prose = |id: &LineId| site.line(*id).is_some_and(|line| line.prose);
    page.iter().copied().filter(|id| prose(id) && seen.insert(*id)).collect()
}
