//! The best way to say of each line whether it is in the article, where every change of state costs something.

/// Which lines are in, so that the sum of `gain` over them, less `switch` for each change, is largest. Before the first
/// line the state is out; the end is free. Of equals, the one that stays as it was before, and out at the end.
pub(crate) fn viterbi(gain: &[f32], switch: f32) -> Vec<bool> {
    let Some((first, rest)) = gain.split_first() else { return Vec::new() };
    let (mut out, mut inside) = (0.0_f32, first - switch);
    // For each line: whether the best way to be out, or in, comes from in.
    let mut came_from_in = Vec::with_capacity(gain.len());
    came_from_in.push([false, false]);
    for gain in rest {
        came_from_in.push([inside - switch > out, inside >= out - switch]);
        (out, inside) = (out.max(inside - switch), inside.max(out - switch) + gain);
    }
    let mut state = inside > out;
    let mut keep = vec![false; gain.len()];
    for (keep, came) in keep.iter_mut().zip(&came_from_in).rev() {
        *keep = state;
        state = came[usize::from(state)];
    }
    keep
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value(gain: &[f32], keep: &[bool], switch: f32) -> f32 {
        let mut before = false;
        gain.iter().zip(keep).fold(0.0, |sum, (gain, &keep)| {
            let change = if std::mem::replace(&mut before, keep) == keep { 0.0 } else { switch };
            sum - change + if keep { *gain } else { 0.0 }
        })
    }

    proptest! {
        #[test]
        fn no_other_choice_of_lines_is_better(
            // Quarters: sums are exact.
            gain in proptest::collection::vec((-20_i8..20).prop_map(|q| f32::from(q) / 4.0), 0..11),
            switch in (0_u8..12).prop_map(|q| f32::from(q) / 4.0),
        ) {
            let best = value(&gain, &viterbi(&gain, switch), switch);
            for mask in 0_u32..1 << gain.len() {
                let keep: Vec<bool> = (0..gain.len()).map(|i| mask >> i & 1 == 1).collect();
                prop_assert!(value(&gain, &keep, switch) <= best);
            }
        }
    }
}
