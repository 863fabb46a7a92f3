//! Tables from which vectors look up characters, made of [`Table`].
//!
//! Invariant: what a table does not say rightly for a character is marked `odd`, or is left out of every group.

use crate::fingerprint::chars::Table;

/// Groups of 64 characters of three bytes that stand between characters of scripts without spaces: marks, Kana and
/// full-width marks. Their order is known to `lower::lower_singles`.
pub(super) const GROUPS: [usize; 7] = [0x3000, 0x3040, 0x3080, 0x30c0, 0xff00, 0xff40, 0x2000];

/// Look-up tables for characters of one and two bytes.
pub(super) struct Tables {
    /// Lower case of ASCII; spaces for separators.
    pub(super) ascii: [[u8; 64]; 2],
    /// A bit a character below U+0800: is it part of a word?
    pub(super) word: [[u8; 64]; 4],
    /// A bit a character: is its lower case its code plus the `step` of its sixteen?
    pub(super) upper: [[u8; 64]; 4],
    /// A bit a character: is its lower case neither that nor itself?
    pub(super) odd: [[u8; 64]; 4],
    /// A bit a character of [`GROUPS`]: is it a word of its own? Does it separate?
    pub(super) single: [u8; 64],
    pub(super) separator: [u8; 64],
    /// For each sixteen characters, low six and high five bits of the step modulo 2048.
    pub(super) step: [[[u8; 64]; 2]; 2],
}

impl Tables {
    pub(super) fn new(table: &Table) -> Self {
        let mut all = Self {
            ascii: [[b' '; 64]; 2],
            word: [[0; 64]; 4],
            upper: [[0; 64]; 4],
            odd: [[0; 64]; 4],
            single: [0; 64],
            separator: [0; 64],
            step: [[[0; 64]; 2]; 2],
        };
        for (group, start) in GROUPS.iter().enumerate() {
            for at in 0..64 {
                let (column, bit) = (group * 8 + at / 8, 1 << (at % 8));
                let entry = table[start + at];
                if entry.is_separator() {
                    all.separator[column] |= bit;
                } else if entry.is_single() && entry.len() == 3 {
                    all.single[column] |= bit;
                }
            }
        }
        for (low, entry) in all.ascii.as_flattened_mut().iter_mut().zip(table) {
            *low = entry.bytes() as u8;
        }
        // Steps to lower case, 0 for none; None where it has not two bytes.
        let step = |code: usize| {
            let entry = table[code];
            if entry.is_separator() {
                return Some(0);
            }
            let [first, second, ..] = entry.bytes().to_le_bytes();
            let lower = usize::from(first & 31) << 6 | usize::from(second & 63);
            (entry.len() == 2 && !entry.is_single()).then(|| lower.wrapping_sub(code) & 0x7ff)
        };
        for group in 8..128 {
            let codes = group * 16..group * 16 + 16;
            let steps: Vec<usize> = codes.clone().filter_map(step).filter(|s| *s != 0).collect();
            let usual =
                steps.iter().copied().max_by_key(|s| steps.iter().filter(|t| *t == s).count()).unwrap_or(0);
            all.step[0][group / 64][group % 64] = (usual & 63) as u8;
            all.step[1][group / 64][group % 64] = (usual >> 6) as u8;
            for code in codes {
                let (row, column, bit) = (code / 512, code / 8 % 64, 1 << (code % 8));
                if !table[code].is_separator() {
                    all.word[row][column] |= bit;
                }
                match step(code) {
                    Some(0) => {}
                    Some(step) if step == usual => all.upper[row][column] |= bit,
                    _ => all.odd[row][column] |= bit,
                }
            }
        }
        all
    }
}
