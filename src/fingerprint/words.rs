//! Finds the words of lowered text.
//!
//! Invariant: the places are those of all runs of bytes that are no space, in order.

use super::hash;
use super::lower::high_bits;

const SEVENS: u64 = 0x7f7f_7f7f_7f7f_7f7f;
const SPACES: u64 = 0x2020_2020_2020_2020;
/// Bytes looked at together.
pub(super) const BLOCK: usize = 64;

/// Where the words of a lowered text are.
#[derive(Default)]
pub(super) struct Places {
    /// Start and end of the first word, of the second, and so on.
    edges: Vec<u32>,
    filled: usize,
    /// For each block, which bytes stand behind the last byte of a word, and how many such bytes are in blocks before.
    ends: Vec<(u64, u32)>,
}

impl Places {
    /// Finds the words of `low[..end]`. A space and [`BLOCK`] bytes of any kind stand behind `end`, which is below 2³².
    pub(super) fn find(&mut self, low: &[u8], end: usize) {
        self.find_by(low, end, words, flatten);
    }

    /// The same with given ways to find what is no space in a block, and to write the places of bits.
    #[inline(always)]
    pub(super) fn find_by(
        &mut self,
        low: &[u8],
        end: usize,
        words: impl Fn(&[u8; BLOCK]) -> u64,
        flatten: impl Fn(u64, u32, &mut [u32; BLOCK]),
    ) {
        self.ends.clear();
        if self.edges.len() < end + 2 * BLOCK {
            self.edges.resize(end + 2 * BLOCK, 0);
        }
        let (mut filled, mut count, mut open) = (0, 0, 0);
        for (block, base) in low.as_chunks::<BLOCK>().0.iter().zip((0u32..).step_by(BLOCK)) {
            let left = (end + 1).saturating_sub(base as usize);
            if left == 0 {
                break;
            }
            let valid = if left < BLOCK { !(u64::MAX << left) } else { u64::MAX };
            let words = words(block);
            let before = words << 1 | open;
            let edges = (words ^ before) & valid;
            self.ends.push((edges & before, count));
            count += (edges & before).count_ones();
            open = words >> (BLOCK - 1);
            let Some(places) = self.edges.get_mut(filled..).and_then(|rest| rest.first_chunk_mut()) else {
                break;
            };
            flatten(edges, base, places);
            filled += edges.count_ones() as usize;
        }
        self.filled = filled;
    }

    /// Start and end of every word.
    pub(super) fn words(&self) -> &[[u32; 2]] {
        self.edges[..self.filled].as_chunks().0
    }

    /// Number of words that end at or before the byte `at` of the lowered text.
    pub(super) fn words_to(&self, at: usize) -> usize {
        let Some((ends, before)) = self.ends.get(at / BLOCK) else { return self.filled / 2 };
        let upto = u64::MAX >> (BLOCK - 1 - at % BLOCK);
        *before as usize + (ends & upto).count_ones() as usize
    }
}

/// Bit i is set if byte i is no space.
#[inline(always)]
fn words(block: &[u8; BLOCK]) -> u64 {
    block.as_chunks::<8>().0.iter().rev().fold(0, |bits, eight| {
        let other = u64::from_le_bytes(*eight) ^ SPACES;
        // The sum is of seven bits a byte: no carry leaves one.
        bits << 8 | high_bits(((other & SEVENS) + SEVENS) | other)
    })
}

/// The places of set bits, ascending, each plus `base`; anything behind them.
#[inline(always)]
fn flatten(mut bits: u64, base: u32, places: &mut [u32; BLOCK]) {
    // Eight at a time without a look at what is left: one loop end a block instead of one a word.
    for eight in places.as_chunks_mut::<8>().0 {
        for place in eight {
            *place = base.wrapping_add(bits.trailing_zeros());
            bits &= bits.wrapping_sub(1);
        }
        if bits == 0 {
            break;
        }
    }
}

/// Adds the hashes of the words at `places` in `low`, behind which [`hash::PIECE`] more bytes stand, to `hashes`.
#[inline(always)]
pub(super) fn hash_words(low: &[u8], places: &[[u32; 2]], hashes: &mut Vec<u64>) {
    // No iterator that collects: its closure would be compiled without the instructions of the caller.
    let before = hashes.len();
    hashes.resize(before + places.len(), 0);
    for (to, [start, end]) in hashes[before..].iter_mut().zip(places) {
        *to = hash::word(low, *start as usize, *end as usize);
    }
}

/// Writes the words at `places` in `low`, each with a space behind it, to `normal`, where there is room for all of
/// `low`; returns the place behind.
pub(super) fn join(low: &[u8], places: &[[u32; 2]], normal: &mut [u8]) -> usize {
    const STEP: usize = 16;
    let mut out = 0;
    for [start, end] in places {
        let (mut at, end) = (*start as usize, *end as usize);
        let behind = out + (end - at);
        loop {
            let from: Option<&[u8; STEP]> = low.get(at..).and_then(|low| low.first_chunk());
            let to = normal.get_mut(out..).and_then(|normal| normal.first_chunk_mut());
            let (Some(from), Some(to)) = (from, to) else { return out };
            *to = *from;
            at += STEP;
            out += STEP;
            if at >= end {
                break;
            }
        }
        normal[behind] = b' ';
        out = behind + 1;
    }
    out
}
