//! Lowering to the normal form by blocks of 64 bytes.
//!
//! Invariant: what is written is that of the portable `lower`, with exactly one space behind each word and none else. A
//! block ends early, at a whole character, where one comes that the tables do not hold; [`lower_any`] takes it.

use std::arch::x86_64::*;

use super::tables::Tables;
use super::{load, load_part, lowest, places, store};
use crate::fingerprint::chars::Table;
use crate::fingerprint::lower::lower_any;

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vbmi,avx512vbmi2,bmi1,bmi2,lzcnt,popcnt")]
pub(super) fn lower(
    tables: &Tables,
    table: &Table,
    text: &[u8],
    stop: usize,
    low: &mut [u8],
    lines: &mut [(u32, u32)],
) -> (usize, usize) {
    let (space, line) = (_mm512_set1_epi8(0x20), _mm512_set1_epi8(b'\n' as i8));
    let ascii = [load(&tables.ascii[0]), load(&tables.ascii[1])];
    // Whether the byte written last is of a word.
    let (mut at, mut out, mut open, mut line_ends) = (0, 0, 0u64, 0);
    while at < stop {
        let Some(rest) = text.get(at..) else { break };
        let vector = match rest.first_chunk() {
            Some(block) => load(block),
            None => load_part(rest),
        };
        let mut n = (stop - at).min(64);
        let high = _mm512_movepi8_mask(vector);
        let mut lowered = _mm512_permutex2var_epi8(ascii[0], vector, ascii[1]);
        let mut words = _mm512_cmpneq_epi8_mask(lowered, space);
        if high & lowest(n) != 0 {
            let known;
            (lowered, words, known) = lower_pairs(tables, vector, lowered, words & !high);
            // A branch, so that the next block need not wait for this one's tables.
            if high & !known & lowest(n) != 0 {
                n = (high & !known).trailing_zeros() as usize;
            }
        }
        words &= lowest(n);
        // Of what separates, only what stands right behind a word is kept.
        let keep = (words | words << 1 | open) & lowest(n);
        let mut ends = _mm512_cmpeq_epi8_mask(vector, line) & lowest(n);
        let mut line_end = || {
            let end = ends.trailing_zeros();
            let Some(line) = lines.get_mut(line_ends) else { return false };
            *line = (at as u32 + end, out as u32 + (keep & lowest(end as usize)).count_ones());
            line_ends += usize::from(ends != 0);
            ends &= ends.wrapping_sub(1);
            ends != 0
        };
        // Two without a look at whether there are any: a branch would often be mispredicted.
        line_end();
        while line_end() {}
        let Some(place) = low.get_mut(out..).and_then(|low| low.first_chunk_mut()) else {
            return (out, line_ends);
        };
        store(place, _mm512_maskz_compress_epi8(keep, lowered));
        out += keep.count_ones() as usize;
        if n > 0 {
            open = words >> (n - 1) & 1;
        }
        at += n;
        // Of a character that begins behind this place, the end may be missing: the next block begins with it.
        if n > 64 - 4 {
            continue;
        }
        while at + 64 <= text.len() && at < stop && text[at] >= 0xe2 {
            let from = at;
            (at, out, open) = lower_singles(tables, text, at, stop, low, out, open);
            if at == from {
                break;
            }
        }
        if at < stop && text[at] >= 0x80 {
            // Where other characters stand close together, whole stretches are cheaper than many starts;
            // line ends are left to the block.
            let upto = stop.min(at + if n < 32 { 32 } else { 1 });
            while at < stop && (text[at] >= 0x80 || (at < upto && text[at] != b'\n')) {
                (at, out, open) = lower_any(table, text, at, low, out, open);
            }
        }
    }
    if open != 0 {
        low[out] = b' ';
    }
    // The last space is no part of it.
    (if open != 0 { out } else { out.saturating_sub(1) }, line_ends)
}

/// Lowers up to 32 bytes of Han, Kana, their marks and ASCII (but line ends) from `text[at..stop]`, where 64 bytes can be
/// read; else as `lower_any`. Nothing is done where another character comes first.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vbmi,avx512vbmi2,bmi1,bmi2,lzcnt,popcnt")]
fn lower_singles(
    tables: &Tables,
    text: &[u8],
    at: usize,
    stop: usize,
    low: &mut [u8],
    out: usize,
    open: u64,
) -> (usize, usize, u64) {
    const NEXT: [u8; 64] = places(1);
    let byte = |b: u8| _mm512_set1_epi8(b as i8);
    let Some(block) = text.get(at..).and_then(|rest| rest.first_chunk()) else { return (at, out, open) };
    let vector = load(block);
    let second = _mm512_permutexvar_epi8(load(&NEXT), vector);
    let third = _mm512_permutexvar_epi8(load(&NEXT), second);
    let is = |v: __m512i, b: u8| _mm512_cmpeq_epi8_mask(v, byte(b));
    let tails = _mm512_cmplt_epi8_mask(vector, byte(0xc0));
    let whole = tails >> 1 & tails >> 2;
    // E4..E9 are Han but for U+4DC0..U+4DFF.
    let han = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(vector, byte(0xe4)), byte(6))
        & !(is(vector, 0xe4) & is(second, 0xb7));
    // Numbers of groups, times eight.
    let kana = is(vector, 0xe3) & _mm512_cmplt_epu8_mask(_mm512_sub_epi8(second, byte(0x80)), byte(4));
    let full = is(vector, 0xef) & _mm512_cmplt_epu8_mask(_mm512_sub_epi8(second, byte(0xbc)), byte(2));
    let marks = is(vector, 0xe2) & is(second, 0x80);
    let low_bits = _mm512_and_si512(_mm512_slli_epi16::<3>(second), byte(0x18));
    let mut group = _mm512_mask_mov_epi8(low_bits, full, _mm512_or_si512(low_bits, byte(0x20)));
    group = _mm512_mask_mov_epi8(group, marks, byte(0x30));
    let eighth = _mm512_or_si512(group, _mm512_and_si512(_mm512_srli_epi16::<3>(third), byte(7)));
    let bits = _mm512_set1_epi64(0x8040_2010_0804_0201_u64 as i64);
    let bit = _mm512_permutexvar_epi8(_mm512_and_si512(third, byte(7)), bits);
    let has = |table| _mm512_test_epi8_mask(_mm512_permutexvar_epi8(eighth, load(table)), bit);
    let grouped = (kana | full | marks) & whole;
    let singles = (han & whole) | (grouped & has(&tables.single));
    let separators = grouped & has(&tables.separator);
    let ascii = !_mm512_movepi8_mask(vector) & !is(vector, b'\n');
    let starts = singles | separators | ascii;
    let three = singles | separators;
    let known = starts | three << 1 | three << 2;

    // Up to the first unknown byte, the last start up to place 32, or the end.
    let bad = (!known).trailing_zeros() as usize;
    let n = bad.min(63 - (starts & lowest(33) | 1).leading_zeros() as usize).min(stop - at);
    let singles = singles & lowest(n);
    if singles == 0 {
        return (at, out, open);
    }
    let lowered = _mm512_permutex2var_epi8(load(&tables.ascii[0]), vector, load(&tables.ascii[1]));
    let letters = ascii & _mm512_cmpneq_epi8_mask(lowered, byte(b' ')) & lowest(n);
    let own = singles | singles << 1 | singles << 2;
    let keep = letters | own | (!own & (letters << 1 | open) & lowest(n));
    let insert = singles << 2 | (letters & singles >> 1);
    let mut bytes = _mm512_mask_mov_epi8(byte(b' '), letters, lowered);
    bytes = _mm512_mask_mov_epi8(bytes, own, vector);
    // Each byte with a space behind it, then out of these what is wanted.
    let slots =
        _mm512_or_si512(_mm512_cvtepu8_epi16(_mm512_castsi512_si256(bytes)), _mm512_set1_epi16(0x2000));
    let wanted = _pdep_u64(keep, 0x5555_5555_5555_5555) | _pdep_u64(insert, 0xaaaa_aaaa_aaaa_aaaa);
    let before = usize::from(open == 1 && singles & 1 == 1);
    low[out] = b' ';
    let out = out + before;
    let Some(place) = low.get_mut(out..).and_then(|low| low.first_chunk_mut()) else {
        return (at, out, open);
    };
    store(place, _mm512_maskz_compress_epi8(wanted, slots));
    (at + n, out + wanted.count_ones() as usize, letters >> (n - 1) & 1)
}

/// Lowers characters of two bytes and finds U+2000..U+203F (quotes, dashes, spaces). Gives the lowered bytes, which of
/// them are of words, and which of the bytes above ASCII belong to whole characters treated here.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vbmi,avx512vbmi2,bmi1,bmi2,lzcnt,popcnt")]
fn lower_pairs(tables: &Tables, vector: __m512i, ascii: __m512i, ascii_words: u64) -> (__m512i, u64, u64) {
    const NEXT: [u8; 64] = places(1);
    const BEFORE: [u8; 64] = places(63);
    let byte = |b: u8| _mm512_set1_epi8(b as i8);
    let next = _mm512_permutexvar_epi8(load(&NEXT), vector);
    // As signed numbers, bytes 80..BF are below C0; C2..DF are 30 values.
    let tails = _mm512_cmplt_epi8_mask(vector, byte(0xc0));
    let pairs = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(vector, byte(0xc2)), byte(30)) & tails >> 1;

    // All for the places of first bytes: elsewhere it is of no use.
    let first = _mm512_and_si512(vector, byte(31));
    let second = _mm512_and_si512(next, byte(63));
    let eighth = _mm512_or_si512(
        _mm512_slli_epi16::<3>(first),
        _mm512_and_si512(_mm512_srli_epi16::<3>(second), byte(7)),
    );
    let bits = _mm512_set1_epi64(0x8040_2010_0804_0201_u64 as i64);
    let bit = _mm512_permutexvar_epi8(_mm512_and_si512(second, byte(7)), bits);
    let above = _mm512_movepi8_mask(eighth);
    let has = |table: &[[u8; 64]; 4]| {
        let [a, b, c, d] = table.each_ref().map(load);
        let (low, high) = (_mm512_permutex2var_epi8(a, eighth, b), _mm512_permutex2var_epi8(c, eighth, d));
        _mm512_test_epi8_mask(_mm512_mask_mov_epi8(low, above, high), bit)
    };
    let known = pairs & !has(&tables.odd);
    let words = known & has(&tables.word);
    let upper = known & has(&tables.upper);

    let sixteenth = _mm512_and_si512(_mm512_srli_epi16::<1>(eighth), byte(0x7f));
    let step = |table: &[[u8; 64]; 2]| _mm512_permutex2var_epi8(load(&table[0]), sixteenth, load(&table[1]));
    let second = _mm512_add_epi8(second, step(&tables.step[0]));
    let carry = _mm512_and_si512(_mm512_srli_epi16::<6>(second), byte(1));
    let first = _mm512_add_epi8(_mm512_add_epi8(first, step(&tables.step[1])), carry);
    let first = _mm512_or_si512(_mm512_and_si512(first, byte(31)), byte(0xc0));
    let second = _mm512_or_si512(_mm512_and_si512(second, byte(63)), byte(0x80));
    let second = _mm512_permutexvar_epi8(load(&BEFORE), second);

    // U+200C, U+200D and U+203F are of words: left to the table.
    let third = [0x8c, 0x8d, 0xbf].iter().fold(tails, |m, b| m & !_mm512_cmpeq_epi8_mask(vector, byte(*b)));
    let marks = _mm512_cmpeq_epi8_mask(vector, byte(0xe2))
        & _mm512_cmpeq_epi8_mask(vector, byte(0x80)) >> 1
        & third >> 2;

    let all_words = ascii_words | words | words << 1;
    let mut low = _mm512_mask_mov_epi8(byte(b' '), ascii_words, ascii);
    low = _mm512_mask_mov_epi8(low, words | words << 1, vector);
    low = _mm512_mask_mov_epi8(low, upper, first);
    low = _mm512_mask_mov_epi8(low, upper << 1, second);
    (low, all_words, known | known << 1 | marks | marks << 1 | marks << 2)
}
