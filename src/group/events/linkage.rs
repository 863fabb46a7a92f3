//! Average-link clustering of a sparse graph, cut at a threshold that rises with the size of what merges.
//!
//! The result equals textbook UPGMA over all pairs, where a pair that is not listed has similarity 0: of the pairs of
//! clusters whose average similarity reaches their cut, the one of highest average merges, until there is none; ties go
//! to the lower first members. The cut of two clusters of which the smaller has m members is the common cut times
//! 1 + (1 − 1/m) / 4: a single document joins what it resembles, but two groups that each found together without the
//! other are two happenings of one kind, unless they resemble each other more than that. Work is near E log E for E
//! pairs and never grows with the square of the documents:
//!
//! - an average reaches the cut only if some pair does, so clusters never leave a component of such pairs;
//! - a merged cluster's average to a third is a mean of the two before, so what the heap says of a pair is an upper
//!   bound: it is corrected when it comes up, not at every merge;
//! - cuts only rise as clusters grow, so a pair that misses its cut is forgotten: if its merged cluster reaches the cut
//!   later, it is by the other part, whose pair is still in the heap;
//! - neighbours are kept as sums of similarities, and the smaller table is poured into the larger.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::gate::Gated;

/// Clusters of at least two of `documents` documents, ascending by first member, members ascending.
///
/// `pairs` holds each pair at most once; `cut` must be positive, in the unit of the similarities.
pub(super) fn average_link(pairs: &[Gated], documents: usize, cut: u32) -> Vec<Vec<u32>> {
    let mut clusters: Vec<Vec<u32>> = components(pairs, documents, cut)
        .into_par_iter()
        .flat_map_iter(|edges| Linkage::new(&edges, cut).run())
        .collect();
    clusters.sort_unstable();
    clusters
}

/// The pairs inside each component of the pairs at or above the cut.
fn components(pairs: &[Gated], documents: usize, cut: u32) -> Vec<Vec<Gated>> {
    let mut parent: Vec<u32> = (0..documents as u32).collect();
    for &(a, b, _) in pairs.iter().filter(|p| p.2 >= cut) {
        let (a, b) = (find(&mut parent, a), find(&mut parent, b));
        parent[a.max(b) as usize] = a.min(b);
    }
    let mut inside: Vec<(u32, Gated)> = Vec::new();
    for &pair in pairs {
        let root = find(&mut parent, pair.0);
        if root == find(&mut parent, pair.1) {
            inside.push((root, pair));
        }
    }
    inside.par_sort_unstable();
    inside.chunk_by(|x, y| x.0 == y.0).map(|edges| edges.iter().map(|e| e.1).collect()).collect()
}

fn find(parent: &mut [u32], mut at: u32) -> u32 {
    while parent[at as usize] != at {
        parent[at as usize] = parent[parent[at as usize] as usize];
        at = parent[at as usize];
    }
    at
}

/// A pair of clusters by first members, with the average as a fraction that may be out of date, but only too high.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bound {
    sum: u64,
    pairs: u64,
    a: u32,
    b: u32,
}

impl Bound {
    /// Whether the average reaches the cut of two clusters of which the smaller has `smaller` members.
    fn reaches(&self, cut: u64, smaller: usize) -> bool {
        let (part, whole) = needed(cut, smaller as u64);
        cross(self.sum, whole) >= cross(part, self.pairs)
    }
}

impl Ord for Bound {
    fn cmp(&self, other: &Self) -> Ordering {
        let (left, right) = (cross(self.sum, other.pairs), cross(other.sum, self.pairs));
        left.cmp(&right).then_with(|| (other.a, other.b).cmp(&(self.a, self.b)))
    }
}

impl PartialOrd for Bound {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn cross(a: u64, b: u64) -> u128 {
    u128::from(a) * u128::from(b)
}

/// The average from which two clusters merge, of which the smaller has `smaller` members: a fraction.
pub(super) fn needed(cut: u64, smaller: u64) -> (u64, u64) {
    (cut * (5 * smaller - 1), 4 * smaller)
}

/// One component at work. Clusters live in slots; a cluster's name is its first member.
struct Linkage {
    cut: u64,
    /// Slot of each document's cluster, by union-find over slots.
    parent: Vec<u32>,
    names: Vec<u32>,
    members: Vec<Vec<u32>>,
    /// Per slot: sums of similarities to other slots.
    sums: Vec<FxHashMap<u32, u64>>,
    heap: BinaryHeap<Bound>,
    documents: Vec<u32>,
}

impl Linkage {
    fn new(edges: &[Gated], cut: u32) -> Self {
        let mut documents: Vec<u32> = edges.iter().flat_map(|e| [e.0, e.1]).collect();
        documents.sort_unstable();
        documents.dedup();
        let slot = |document: u32| documents.partition_point(|d| *d < document) as u32;
        let mut sums = vec![FxHashMap::default(); documents.len()];
        let mut heap = BinaryHeap::new();
        for &(a, b, similarity) in edges {
            let (a, b, sum) = (slot(a), slot(b), u64::from(similarity));
            sums[a as usize].insert(b, sum);
            sums[b as usize].insert(a, sum);
            if similarity >= cut {
                heap.push(Bound { sum, pairs: 1, a, b });
            }
        }
        let names: Vec<u32> = (0..documents.len() as u32).collect();
        let members = names.iter().map(|&n| vec![n]).collect();
        Self { cut: u64::from(cut), parent: names.clone(), names, members, sums, heap, documents }
    }

    fn run(mut self) -> Vec<Vec<u32>> {
        while let Some(bound) = self.heap.pop() {
            // Names are documents of the component, so the union-find over slots leads to the clusters.
            let (x, y) = (find(&mut self.parent, bound.a), find(&mut self.parent, bound.b));
            if x == y {
                continue;
            }
            let now = self.bound(x, y);
            let smaller = self.members[x as usize].len().min(self.members[y as usize].len());
            if !now.reaches(self.cut, smaller) {
                continue;
            }
            if now == bound {
                self.merge(x, y);
            } else {
                self.heap.push(now);
            }
        }
        let documents = self.documents;
        self.members
            .into_iter()
            .filter(|m| m.len() > 1)
            .map(|mut members| {
                members.iter_mut().for_each(|m| *m = documents[*m as usize]);
                members.sort_unstable();
                members
            })
            .collect()
    }

    /// The true average between two slots.
    fn bound(&self, x: u32, y: u32) -> Bound {
        let (a, b) = (self.names[x as usize], self.names[y as usize]);
        let sum = self.sums[x as usize].get(&y).copied().unwrap_or(0);
        let pairs = self.members[x as usize].len() as u64 * self.members[y as usize].len() as u64;
        Bound { sum, pairs, a: a.min(b), b: a.max(b) }
    }

    fn merge(&mut self, x: u32, y: u32) {
        let larger = self.sums[x as usize].len() >= self.sums[y as usize].len();
        let (into, from) = if larger { (x, y) } else { (y, x) };
        let name = self.names[x as usize].min(self.names[y as usize]);
        self.parent[from as usize] = into;
        self.names[into as usize] = name;
        let mut moved = std::mem::take(&mut self.members[from as usize]);
        self.members[into as usize].append(&mut moved);
        let neighbours = std::mem::take(&mut self.sums[from as usize]);
        self.sums[into as usize].remove(&from);
        for (other, sum) in neighbours.into_iter().filter(|n| n.0 != into) {
            *self.sums[into as usize].entry(other).or_default() += sum;
            let back = &mut self.sums[other as usize];
            back.remove(&from);
            *back.entry(into).or_default() += sum;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Textbook UPGMA over all pairs of clusters.
    fn brute(pairs: &[Gated], documents: usize, cut: u32) -> Vec<Vec<u32>> {
        let mut clusters: Vec<Vec<u32>> = (0..documents as u32).map(|d| vec![d]).collect();
        let sum = |x: &[u32], y: &[u32]| -> u64 {
            let listed =
                |p: &&Gated| x.contains(&p.0) && y.contains(&p.1) || x.contains(&p.1) && y.contains(&p.0);
            pairs.iter().filter(listed).map(|p| u64::from(p.2)).sum()
        };
        loop {
            let mut best: Option<(Bound, usize, usize)> = None;
            for i in 0..clusters.len() {
                for j in i + 1..clusters.len() {
                    let bound = Bound {
                        sum: sum(&clusters[i], &clusters[j]),
                        pairs: (clusters[i].len() * clusters[j].len()) as u64,
                        a: clusters[i][0],
                        b: clusters[j][0],
                    };
                    let smaller = clusters[i].len().min(clusters[j].len()) as f64;
                    let needed = f64::from(cut) * (1.0 + (1.0 - 1.0 / smaller) / 4.0);
                    let reaches = bound.sum as f64 / bound.pairs as f64 >= needed - 1e-9;
                    if reaches && best.is_none_or(|b| bound > b.0) {
                        best = Some((bound, i, j));
                    }
                }
            }
            let Some((_, i, j)) = best else { break };
            let moved = clusters.remove(j);
            clusters[i].extend(moved);
            clusters[i].sort_unstable();
        }
        clusters.retain(|c| c.len() > 1);
        clusters
    }

    fn graph() -> impl Strategy<Value = (usize, Vec<Gated>)> {
        (2usize..16).prop_flat_map(|n| {
            // Few distinct values, so that ties are common.
            let edge = (0..n as u32, 0..n as u32, prop_oneof![0u32..8, 0u32..1000]);
            proptest::collection::vec(edge, 0..60).prop_map(move |edges| {
                let mut edges: Vec<Gated> = edges
                    .into_iter()
                    .filter(|e| e.0 != e.1)
                    .map(|e| (e.0.min(e.1), e.0.max(e.1), e.2))
                    .collect();
                edges.sort_unstable();
                edges.dedup_by_key(|e| (e.0, e.1));
                (n, edges)
            })
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn sparse_linkage_equals_textbook_upgma((n, edges) in graph(), cut in prop_oneof![1u32..8, 1u32..600]) {
            prop_assert_eq!(average_link(&edges, n, cut), brute(&edges, n, cut));
        }
    }

    #[test]
    fn two_groups_need_more_to_merge_than_a_document_to_join() {
        // Two close pairs and one document; all else is at the cut.
        let mut edges = vec![(0, 1, 900), (2, 3, 900)];
        for (a, b) in [(0, 2), (0, 3), (1, 2), (1, 3)] {
            edges.push((a, b, 100));
        }
        assert_eq!(average_link(&edges, 5, 100), [vec![0, 1], vec![2, 3]]);
        edges.truncate(1);
        edges.extend([(0, 4, 100), (1, 4, 100)]);
        assert_eq!(average_link(&edges, 5, 100), [[0, 1, 4]]);
    }

    #[test]
    fn a_chain_does_not_become_one_cluster() {
        let chain: Vec<Gated> = (0..1000).map(|i| (i, i + 1, 100)).collect();
        let clusters = average_link(&chain, 1001, 60);
        assert!(clusters.iter().all(|c| c.len() == 2), "{:?}", clusters.iter().map(Vec::len).max());
    }
}
