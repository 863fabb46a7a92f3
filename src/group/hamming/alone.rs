//! Values that have no other value near them.
//!
//! Invariant: a value that is said to be alone differs from every other in more than the radius. The converse is not
//! promised: where many values crowd into few buckets, or the radius is so wide that it would take long, values are
//! passed as having neighbours without a look. So the work is linear whatever the values.

use std::ops::Range;

use rayon::prelude::*;

use super::partition::Buckets;
use super::plan::{Block, Plan};

/// Values of two buckets, multiplied, from which on they are not compared.
const CROWD: usize = 1 << 12;
/// Tenths of nanoseconds that it may take for a value.
const WORTH: u64 = 20_000;
/// Values in a task, and tasks between two looks at what they found.
const ROWS: usize = 1 << 12;
const TASKS: usize = 64;

/// For each value whether another one may be within `radius` bits: where this is false there is certainly none. About
/// 26 bytes a value for as long as it takes.
pub(in crate::group) fn with_neighbours(values: Vec<u64>, radius: u32) -> Vec<bool> {
    let plan = Plan::new(&values, radius);
    if plan.cost / WORTH > values.len() as u64 {
        return vec![true; values.len()];
    }
    let turner = plan.turner();
    let mut known = vec![false; values.len()];
    let mut buckets = Buckets::default();
    for block in plan.blocks {
        buckets.fill_by(values.len(), |i| (turner.turn(values[i]), i as u32), block);
        let masks = block.masks();
        for begin in (0..values.len()).step_by(ROWS * TASKS) {
            let end = (begin + ROWS * TASKS).min(values.len());
            let tasks = (begin..end).into_par_iter().step_by(ROWS);
            let found: Vec<Vec<u32>> = tasks
                .map(|row| in_company(&buckets, block, &masks, row..(row + ROWS).min(end), radius))
                .collect();
            found.iter().flatten().for_each(|id| known[*id as usize] = true);
        }
    }
    known
}

/// Numbers of values with neighbours, from the buckets that begin in `rows` and those they are compared with. Some stand
/// there more than once.
fn in_company(buckets: &Buckets, block: Block, masks: &[usize], rows: Range<usize>, radius: u32) -> Vec<u32> {
    let Buckets { values, ids, .. } = buckets;
    let mut found = Vec::new();
    let mut row = rows.start;
    while row < rows.end {
        let key = block.key(values[row]);
        let bucket = buckets.of(key);
        row = bucket.end;
        if bucket.start < rows.start {
            continue;
        }
        for other in masks.iter().map(|mask| key ^ mask).filter(|other| *other >= key) {
            let others = buckets.of(other);
            if bucket.len() * others.len() > CROWD {
                found.extend_from_slice(&ids[bucket.clone()]);
                found.extend_from_slice(&ids[others]);
                continue;
            }
            for i in bucket.clone() {
                let others = if other == key { i + 1..others.end } else { others.clone() };
                for j in others {
                    if (values[i] ^ values[j]).count_ones() <= radius {
                        found.extend([ids[i], ids[j]]);
                    }
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn who_is_alone_has_no_neighbour(
            values in proptest::collection::vec(any::<u64>(), 0..60),
            turns in proptest::collection::vec((any::<prop::sample::Index>(), proptest::collection::vec(0u32..64, 0..9)), 0..60),
            radius in 0u32..9, few in 0u32..60,
        ) {
            let mut values: Vec<u64> = values.iter().map(|v| v >> few << (few / 2)).collect();
            for (from, bits) in turns.iter().filter(|_| !values.is_empty()).cloned().collect::<Vec<_>>() {
                values.push(bits.iter().fold(values[from.index(values.len())], |v, bit| v ^ 1 << bit));
            }
            let near = |i: usize| (0..values.len()).any(|j| i != j && (values[i] ^ values[j]).count_ones() <= radius);
            let want: Vec<bool> = (0..values.len()).map(near).collect();
            let got = with_neighbours(values.clone(), radius);
            prop_assert!(got.iter().zip(&want).all(|(got, want)| got >= want));
            if values.len() * values.len() <= CROWD {
                prop_assert_eq!(got, want);
            }
        }
    }

    #[test]
    fn very_many_equal_values_and_a_wide_radius_make_bounded_work() {
        let mut values = vec![42; 1_000_000];
        values[17] = !42;
        let known = with_neighbours(values, 3);
        assert!(known.iter().filter(|known| **known).count() >= 999_999);
        let values = (0..1_000_000u64).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
        assert!(with_neighbours(values, 16).iter().all(|known| *known));
    }
}
