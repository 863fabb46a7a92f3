//! What the page asks for of a cluster that may be very large.

use crate::document::Decimal4;
use crate::write::record::Kind;

use super::compare::MAX_PAIRS;

/// First members that are read of a cluster.
const READ: usize = 600;

/// Of members that come one by one, the first ones, and of the other copies the least similar: those are the ones to doubt.
#[derive(Debug)]
pub struct Extract<M> {
    most: usize,
    seen: usize,
    members: Vec<M>,
    /// By how little they are in doubt: identical, similarity, place.
    doubtful: Vec<((bool, Decimal4, usize), M)>,
}

impl<M> Default for Extract<M> {
    fn default() -> Self {
        Self { most: READ, seen: 0, members: Vec::new(), doubtful: Vec::new() }
    }
}

impl<M> Extract<M> {
    /// Takes the next member.
    pub fn add(&mut self, kind: Kind, similarity: Option<Decimal4>, member: M) {
        let place = self.seen;
        self.seen += 1;
        if place < self.most {
            self.members.push(member);
        } else if let (Kind::Near | Kind::Identical, Some(similarity)) = (kind, similarity) {
            self.doubtful.push(((kind == Kind::Identical, similarity, place), member));
            self.doubtful.sort_by_key(|(doubt, _)| *doubt);
            self.doubtful.truncate(MAX_PAIRS);
        }
    }

    /// The members, in order.
    pub fn members(mut self) -> Vec<M> {
        self.doubtful.sort_by_key(|((.., place), _)| *place);
        self.members.extend(self.doubtful.into_iter().map(|(_, member)| member));
        self.members
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_similar_copies_are_there_wherever_they_stand() {
        let mut extract = Extract { most: 2, ..Extract::default() };
        let members = [
            (Kind::Kept, None),
            (Kind::Near, Some(9)),
            (Kind::Identical, Some(10)),
            (Kind::Near, Some(8)),
            (Kind::Identical, Some(10)),
            (Kind::Near, Some(7)),
            (Kind::Near, Some(9)),
        ];
        for (place, (kind, tenths)) in members.into_iter().enumerate() {
            extract.add(kind, tenths.map(|n| Decimal4::ratio(n, 10)), place);
        }
        assert_eq!(extract.members(), [0, 1, 3, 5, 6]);
        let mut coverage = Extract { most: 1, ..Extract::default() };
        (0..5).for_each(|place| coverage.add(Kind::Coverage, Some(Decimal4::ratio(place, 10)), place));
        assert_eq!(coverage.members(), [0]);
    }
}
