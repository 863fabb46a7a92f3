//! Which clusters of a relation come first, and which are worth a look into their texts.
//!
//! Invariant: every cluster stands in one group, and the order depends on sizes, similarities and places alone. People
//! doubt two kinds: those that removed most, and those that were closest to not being clusters at all.

use std::cmp::Reverse;

use super::Outline;
use crate::write::record::Relation;

/// Largest clusters, and clusters nearest the threshold, that come first.
const LARGEST: usize = 25;
const NEAREST: usize = 50;
/// Fewer clusters than that are not divided.
pub(super) const DIVIDED_FROM: usize = 8;

/// Clusters under one heading, by place.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// What the section's name is continued with, to name the group.
    pub(super) anchor: &'static str,
    pub(super) heading: &'static str,
    pub(super) places: Vec<usize>,
}

/// The clusters of a relation in groups; `all` in the order of their ids.
pub(super) fn groups(all: &[(usize, Outline)], relation: Relation) -> Vec<Group> {
    let mut by_size: Vec<(Reverse<usize>, usize)> =
        all.iter().map(|(place, outline)| (Reverse(outline.size), *place)).collect();
    by_size.sort_unstable();
    let by_size: Vec<usize> = by_size.into_iter().map(|(_, place)| place).collect();
    if all.len() < DIVIDED_FROM {
        return vec![Group { anchor: "-largest", heading: "Largest first", places: by_size }];
    }
    let mut nearest: Vec<_> =
        all.iter().map(|(place, outline)| (outline.least, Reverse(outline.size), *place)).collect();
    nearest.sort_unstable();
    let nearest = nearest.into_iter().map(|(.., place)| place);
    // All clusters of excerpts are of one size.
    let largest = if relation == Relation::Excerpt { 0 } else { LARGEST.min(all.len() / 3) };
    let first = by_size[..largest].to_vec();
    let mut taken = first.clone();
    taken.sort_unstable();
    let nearest: Vec<usize> =
        nearest.filter(|place| taken.binary_search(place).is_err()).take(NEAREST).collect();
    taken.extend(&nearest);
    taken.sort_unstable();
    let rest: Vec<usize> = by_size.into_iter().filter(|place| taken.binary_search(place).is_err()).collect();
    let heading = match relation {
        Relation::Copy => "Nearest the threshold: least similar first",
        Relation::Excerpt => "Nearest the threshold: least contained first",
        Relation::Event => "Least alike first",
    };
    let all = [
        ("-largest", "Largest", first),
        ("-nearest", heading, nearest),
        ("-others", "All others, by size", rest),
    ];
    let of = |(anchor, heading, places)| Group { anchor, heading, places };
    all.into_iter().map(of).filter(|group| !group.places.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Decimal4;

    fn all(count: usize) -> Vec<(usize, Outline)> {
        let outline = |n: usize| Outline {
            relation: Relation::Copy,
            size: 2 + n % 7,
            least: Decimal4(7000 + (n as u32 * 31) % 3000),
        };
        (0..count).map(|n| (n, outline(n))).collect()
    }

    #[test]
    fn every_cluster_stands_in_one_group() {
        for count in [0, 1, 7, 8, 30, 76, 500] {
            for relation in [Relation::Copy, Relation::Excerpt, Relation::Event] {
                let groups = groups(&all(count), relation);
                let mut places: Vec<usize> = groups.iter().flat_map(|group| group.places.clone()).collect();
                places.sort_unstable();
                assert_eq!(places, (0..count).collect::<Vec<_>>(), "{count} {relation:?}");
            }
        }
    }

    #[test]
    fn the_largest_and_those_nearest_the_threshold_come_first() {
        let all = all(500);
        let groups = groups(&all, Relation::Copy);
        assert_eq!(groups.iter().map(|group| group.places.len()).collect::<Vec<_>>(), [25, 50, 425]);
        let least = |place: &usize| all[*place].1.least;
        assert!(groups[0].places.iter().all(|place| all[*place].1.size == 8));
        assert!(groups[1].places.is_sorted_by_key(least));
        let doubtful = groups[1].places.last().map(least).unwrap();
        assert!(groups[2].places.iter().all(|place| least(place) >= doubtful));
    }
}
