//! All pairs within some bits of each other.
//!
//! Invariant: of the distinct values, each pair within the radius is given once and no other pair is; what is given, and
//! in which order, is a function of the values and the radius.
//!
//! For each block of the [plan](Plan) the values are sorted into buckets by the block's bits, and each bucket is
//! compared with itself and with those whose key is within the block's radius. A pair that an earlier block has shown is
//! passed over, so nothing needs to be remembered. Bits that are alike in most values (simhashes of one subject) are
//! spread over the blocks, or left out; still, for values that are alike in nearly all their bits, the work is that of
//! comparing each with each.

use std::ops::{ControlFlow, Range};

use rayon::prelude::*;

use super::partition::Buckets;
use super::plan::{Block, Plan};

/// Values compared in one step: the compiler makes vectors of it.
const STEP: usize = 8;
/// Pairs compared in one task, at most, where a bucket is not larger than that; and tasks between two reports. Both bound
/// what is held.
const TASK: usize = 1 << 17;
const TASKS: usize = 64;
/// Values whose partners one task looks for, at most.
const ROWS: usize = 1 << 13;
/// Values in a bucket where equal ones are looked for.
const TWINS_BUCKET: u32 = 4;

/// Two fingerprints, by their places in the input, the lower one first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pair {
    /// The lower place.
    pub a: u32,
    /// The higher place.
    pub b: u32,
    /// Bits in which the two differ.
    pub distance: u8,
}

/// Places of equal fingerprints: disjoint groups of two or more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Twins {
    places: Vec<u32>,
    /// Where the groups begin in `places`, in the order of their first places.
    groups: Vec<Range<usize>>,
}

impl Twins {
    /// The groups, each ascending, in the order of their first places.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = &[u32]> {
        self.groups.iter().map(|group| &self.places[group.clone()])
    }

    /// The group that begins with `place`; where there is none, nothing.
    fn of(&self, place: u32) -> &[u32] {
        let group = self.groups.binary_search_by_key(&place, |group| self.places[group.start]);
        group.map_or(&[], |group| &self.places[self.groups[group].clone()])
    }
}

/// What [`pairs_within`] found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// Pairs of *different* fingerprints, sorted. Each stands for its value by the first place of that value.
    pub pairs: Vec<Pair>,
    /// Equal fingerprints.
    pub twins: Twins,
}

impl Neighbours {
    /// Every pair of places, equal fingerprints included, one after the other and not sorted. There may be very many:
    /// a million equal fingerprints are 5·10¹¹ pairs.
    pub fn all_pairs(&self) -> impl Iterator<Item = Pair> {
        let inside = self.twins.groups().flat_map(|group| {
            let after = move |(i, a): (usize, &u32)| {
                let a = *a;
                group[i + 1..].iter().map(move |b| Pair { a, b: *b, distance: 0 })
            };
            group.iter().enumerate().flat_map(after)
        });
        let across = self.pairs.iter().flat_map(|pair| {
            let places = |place: u32| {
                let group = self.twins.of(place);
                std::iter::once(place).chain(group.iter().copied().skip(1))
            };
            let (b, distance) = (pair.b, pair.distance);
            let ordered = move |a: u32, b: u32| Pair { a: a.min(b), b: a.max(b), distance };
            places(pair.a).flat_map(move |a| places(b).map(move |b| ordered(a, b)))
        });
        inside.chain(across)
    }
}

/// All pairs of `fingerprints` that differ in at most `radius` bits.
///
/// Equal fingerprints are reported as groups, not as pairs: a corpus full of copies would else be more pairs than fit
/// anywhere. Different fingerprints are reported as pairs, each value by the first place where it stands.
/// [`Neighbours::all_pairs`] puts the two together again.
///
/// Values of which most are within the radius of each other still make very many pairs; [`each_pair_within`] holds none
/// of them and can be stopped. Takes about 24 bytes a fingerprint (and 12 a pair); runs on the current rayon pool, and
/// the result does not depend on its size.
///
/// ```
/// use tamis::group::hamming::{Pair, pairs_within};
/// let found = pairs_within(&[0b1111, 0b0001, 0b1111, 0b0111, !0], 2);
/// assert_eq!(found.pairs, [Pair { a: 0, b: 3, distance: 1 }, Pair { a: 1, b: 3, distance: 2 }]);
/// assert!(found.twins.groups().eq([[0, 2]]));
/// assert_eq!(found.all_pairs().count(), 4);
/// ```
///
/// # Panics
/// For 2³² fingerprints or more.
pub fn pairs_within(fingerprints: &[u64], radius: u32) -> Neighbours {
    let mut pairs = Vec::new();
    let twins = each_pair_within(fingerprints, radius, |more| {
        pairs.extend_from_slice(more);
        ControlFlow::Continue(())
    });
    pairs.par_sort_unstable();
    Neighbours { pairs, twins }
}

/// Like [`pairs_within`], but hands the pairs on as they are found: to `each`, some at a time, in an order that is a
/// function of the input. Ends when `each` breaks. Returns the equal fingerprints.
///
/// # Panics
/// For 2³² fingerprints or more.
pub fn each_pair_within(
    fingerprints: &[u64],
    radius: u32,
    mut each: impl FnMut(&[Pair]) -> ControlFlow<()>,
) -> Twins {
    assert!(u32::try_from(fingerprints.len()).is_ok(), "more fingerprints than places");
    let mut plan = Plan::new(fingerprints, radius);
    let turner = plan.turner();
    let mut values: Vec<u64> = fingerprints.par_iter().map(|value| turner.turn(*value)).collect();
    let mut ids: Vec<u32> = (0..fingerprints.len() as u32).collect();
    let mut buckets = Buckets::default();
    let twins = collapse(&mut values, &mut ids, &mut buckets);
    if twins.places.len() > fingerprints.len() / 2 {
        // Far fewer values than it was made for.
        let distinct: Vec<u64> = ids.iter().map(|id| fingerprints[*id as usize]).collect();
        plan = Plan::new(&distinct, radius);
        let turner = plan.turner();
        values = distinct.iter().map(|value| turner.turn(*value)).collect();
    }
    for n in 0..plan.blocks.len() {
        let (before, block) = (&plan.blocks[..n], plan.blocks[n]);
        buckets.fill(&values, &ids, block);
        let pass = Pass { buckets: &buckets, masks: block.masks(), before, block, radius };
        if pass.run(&mut each).is_break() {
            break;
        }
    }
    twins
}

/// Leaves each value once, with its first place, and says which were equal.
fn collapse(values: &mut Vec<u64>, ids: &mut Vec<u32>, buckets: &mut Buckets) -> Twins {
    let bits = (usize::BITS - values.len().leading_zeros()).saturating_sub(TWINS_BUCKET).min(20);
    buckets.fill(values, ids, Block { shift: 0, bits, radius: 0 });
    let (mut places, mut groups) = (Vec::new(), Vec::new());
    let mut sorted: Vec<(u64, u32)> = Vec::new();
    let mut count = 0;
    for key in 0..1 << bits {
        let bucket = buckets.of(key);
        sorted.clear();
        sorted.extend(bucket.clone().map(|i| (buckets.values[i], buckets.ids[i])));
        sorted.sort_unstable();
        for same in sorted.chunk_by(|a, b| a.0 == b.0) {
            (values[count], ids[count]) = same[0];
            count += 1;
            if same.len() > 1 {
                groups.push(places.len()..places.len() + same.len());
                places.extend(same.iter().map(|(_, id)| *id));
            }
        }
    }
    values.truncate(count);
    ids.truncate(count);
    groups.sort_unstable_by_key(|group: &Range<usize>| places[group.start]);
    Twins { places, groups }
}

/// The pairs of one block.
struct Pass<'a> {
    buckets: &'a Buckets,
    masks: Vec<usize>,
    /// Blocks whose pairs are known.
    before: &'a [Block],
    block: Block,
    radius: u32,
}

impl Pass<'_> {
    fn run(&self, each: &mut impl FnMut(&[Pair]) -> ControlFlow<()>) -> ControlFlow<()> {
        let count = self.buckets.values.len();
        let largest = self.buckets.starts.windows(2).map(|w| w[1] - w[0]).max().unwrap_or(0) as usize;
        let rows = (TASK / (largest * self.masks.len()).max(1)).clamp(1, ROWS);
        for begin in (0..count).step_by(rows * TASKS) {
            let end = (begin + rows * TASKS).min(count);
            let tasks = (begin..end).into_par_iter().step_by(rows);
            let found: Vec<Vec<Pair>> = tasks.map(|row| self.pairs(row..(row + rows).min(end))).collect();
            found.iter().filter(|pairs| !pairs.is_empty()).try_for_each(|pairs| each(pairs))?;
        }
        ControlFlow::Continue(())
    }

    /// The pairs whose one value is in `rows`, the other behind it or in a bucket with a higher key.
    fn pairs(&self, rows: Range<usize>) -> Vec<Pair> {
        let mut pairs = Vec::new();
        let values = &self.buckets.values;
        let mut row = rows.start;
        while row < rows.end {
            let key = self.block.key(values[row]);
            let bucket = self.buckets.of(key);
            let last = bucket.end.min(rows.end);
            for i in row..last {
                self.compare(i, i + 1..bucket.end, &mut pairs);
            }
            for other in self.masks[1..].iter().map(|mask| key ^ mask).filter(|other| *other > key) {
                let others = self.buckets.of(other);
                if !others.is_empty() {
                    (row..last).for_each(|i| self.compare(i, others.clone(), &mut pairs));
                }
            }
            row = last;
        }
        pairs
    }

    fn compare(&self, row: usize, others: Range<usize>, pairs: &mut Vec<Pair>) {
        let value = self.buckets.values[row];
        let (mut place, end) = (others.start, others.end);
        let (steps, rest) = self.buckets.values[others].as_chunks::<STEP>();
        for step in steps {
            if any_within(value, step, self.radius) {
                self.add(row, place..place + STEP, pairs);
            }
            place += STEP;
        }
        if rest.iter().any(|other| (value ^ other).count_ones() <= self.radius) {
            self.add(row, place..end, pairs);
        }
    }

    #[cold]
    fn add(&self, row: usize, others: Range<usize>, pairs: &mut Vec<Pair>) {
        let Buckets { values, ids, .. } = self.buckets;
        let value = values[row];
        for i in others {
            let turned = value ^ values[i];
            let known = |b: &Block| b.key(turned).count_ones() <= b.radius;
            if turned.count_ones() <= self.radius && !self.before.iter().any(known) {
                let (a, b) = (ids[row].min(ids[i]), ids[row].max(ids[i]));
                pairs.push(Pair { a, b, distance: turned.count_ones() as u8 });
            }
        }
    }
}

/// Whether one of the values may be within the radius.
#[inline]
fn any_within(value: u64, others: &[u64; STEP], radius: u32) -> bool {
    let mut least = u32::MAX;
    for other in others {
        least = least.min((value ^ other).count_ones());
    }
    least <= radius
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Compares each with each.
    fn slow_pairs(values: &[u64], radius: u32) -> Vec<Pair> {
        let mut pairs = Vec::new();
        for b in 0..values.len() {
            for a in 0..b {
                let distance = (values[a] ^ values[b]).count_ones();
                if distance <= radius {
                    pairs.push(Pair { a: a as u32, b: b as u32, distance: distance as u8 });
                }
            }
        }
        pairs.sort_unstable();
        pairs
    }

    fn all(values: &[u64], radius: u32) -> Vec<Pair> {
        let found = pairs_within(values, radius);
        assert!(found.pairs.is_sorted());
        let mut all: Vec<Pair> = found.all_pairs().collect();
        all.sort_unstable();
        all
    }

    fn random(state: &mut u64) -> u64 {
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (*state ^ *state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// Random values, a third of them neighbours of others at all distances up to 14, some equal.
    fn planted(count: usize) -> Vec<u64> {
        let mut state = 7;
        let mut values: Vec<u64> = (0..count).map(|_| random(&mut state)).collect();
        for i in (1..count).step_by(3) {
            let from = values[random(&mut state) as usize % i];
            values[i] = (0..i % 15).fold(from, |v, _| v ^ 1 << (random(&mut state) % 64));
        }
        values
    }

    #[test]
    fn the_pairs_are_those_of_comparing_each_with_each_for_every_radius() {
        let values = planted(3000);
        for radius in 0..=12 {
            assert_eq!(all(&values, radius), slow_pairs(&values, radius), "{radius}");
        }
        for radius in [20, 32, 63, 64, 1000] {
            let values = &values[..100];
            assert_eq!(all(values, radius), slow_pairs(values, radius), "{radius}");
        }
    }

    #[test]
    #[ignore = "takes five seconds in release builds: cargo test --release -- --ignored"]
    fn twenty_thousand_values_give_the_pairs_of_comparing_each_with_each() {
        let values = planted(20_000);
        for radius in 0..=12 {
            assert_eq!(all(&values, radius), slow_pairs(&values, radius), "{radius}");
        }
    }

    proptest! {
        #[test]
        fn values_that_are_alike_in_most_bits_give_the_same_pairs_as_comparing_each_with_each(
            base: u64, mask: u64, few in 0u32..24, seed: u64, count in 0usize..400, radius in 0u32..14,
        ) {
            let mut state = seed;
            let mask = if few < 12 { mask & random(&mut state) } else { (1 << few) - 1 };
            let values: Vec<u64> = (0..count).map(|_| base ^ random(&mut state) & mask).collect();
            prop_assert_eq!(all(&values, radius), slow_pairs(&values, radius));
        }
    }

    #[test]
    fn a_million_equal_values_are_one_group_and_no_pair() {
        let mut values = vec![42; 1_000_000];
        values[17] = 43;
        let found = pairs_within(&values, 3);
        assert_eq!(found.pairs, [Pair { a: 0, b: 17, distance: 1 }]);
        assert_eq!(found.twins.groups().map(<[u32]>::len).collect::<Vec<_>>(), [999_999]);
        assert_eq!(found.all_pairs().nth(999_997), Some(Pair { a: 0, b: 999_999, distance: 0 }));
    }

    #[test]
    fn the_number_of_threads_does_not_show() {
        let values = planted(20_000);
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let mut pairs = Vec::new();
            let twins = pool.install(|| {
                each_pair_within(&values, 5, |more| {
                    pairs.extend_from_slice(more);
                    ControlFlow::Continue(())
                })
            });
            (pairs, twins)
        };
        assert_eq!(run(1), run(3));
    }

    #[test]
    fn a_break_ends_the_search() {
        let values: Vec<u64> = (0..2000).collect();
        let mut calls = 0;
        each_pair_within(&values, 6, |_| {
            calls += 1;
            ControlFlow::Break(())
        });
        assert_eq!(calls, 1);
    }
}
