//! The same steps with the vector instructions of newer x86-64 machines (AVX-512 with VBMI2).
//!
//! Invariant: every function gives exactly what its portable twin gives (tests compare them at all lengths and offsets).
//!
//! This is the one module with `unsafe`, in two forms. *Calls of functions that need instructions*: a [`Wide`] can only
//! come from [`Wide::detect`], which has seen that the machine has them all. *Loads and stores*: only through references
//! to arrays of the very size of a vector ([`load`], [`store`]), for which unaligned access is allowed.
#![allow(unsafe_code)]

use std::arch::x86_64::*;
use std::sync::LazyLock;

use super::chars::Table;
use super::hash;
use super::lower::lower_any;
use super::shingles::Distinct;
use super::simhash::{self, PLANES};
use super::sketch::Sketcher;
use super::words::{BLOCK, Places};

/// Shows that the machine has the instructions; holds the tables.
#[derive(Clone, Copy)]
pub(super) struct Wide {
    tables: &'static Tables,
}

impl Wide {
    /// `None` where an instruction is missing.
    pub(super) fn detect() -> Option<Self> {
        static TABLES: LazyLock<Option<Tables>> = LazyLock::new(|| {
            let all = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vbmi")
                && is_x86_feature_detected!("avx512vbmi2")
                && is_x86_feature_detected!("bmi1")
                && is_x86_feature_detected!("bmi2")
                && is_x86_feature_detected!("lzcnt")
                && is_x86_feature_detected!("popcnt");
            all.then(|| Tables::new(super::chars::table()))
        });
        TABLES.as_ref().map(|tables| Self { tables })
    }

    /// As `lower::lower`, but with exactly one space behind each word and none else (the normal form), and with the
    /// places of line ends in `text` and `low` to `lines`. `low` has room for twice the text and 64 bytes more.
    pub(super) fn lower(
        self,
        table: &Table,
        text: &[u8],
        stop: usize,
        low: &mut [u8],
        lines: &mut [(u32, u32)],
    ) -> (usize, usize) {
        // SAFETY: `self` shows that the machine has the instructions.
        unsafe { lower(self.tables, table, text, stop, low, lines) }
    }

    /// As [`Places::find`].
    pub(super) fn find(self, places: &mut Places, low: &[u8], end: usize) {
        // SAFETY: `self` shows that the machine has the instructions.
        unsafe { find(places, low, end) }
    }

    /// As `words::hash_words`.
    pub(super) fn hash_words(self, low: &[u8], places: &[[u32; 2]], hashes: &mut Vec<u64>) {
        // SAFETY: `self` shows that the machine has the instructions.
        unsafe { hash_words(low, places, hashes) }
    }

    /// As [`Distinct::retain`].
    pub(super) fn retain(self, distinct: &mut Distinct, hashes: &mut Vec<u64>) {
        // SAFETY: `self` shows that the machine has the instructions.
        unsafe { retain(distinct, hashes) }
    }

    /// As [`simhash::simhash`].
    pub(super) fn simhash(self, hashes: &[u64]) -> u64 {
        // SAFETY: `self` shows that the machine has the instructions.
        unsafe { simhash(hashes) }
    }

    /// As [`Sketcher::sketch`].
    pub(super) fn sketch(self, sketcher: &mut Sketcher, hashes: &[u64]) -> Vec<u64> {
        // SAFETY: `self` shows that the machine has the instructions.
        unsafe { sketch(sketcher, hashes) }
    }

    /// As [`hash::windows`].
    pub(super) fn windows(self, hashes: &mut Vec<u64>, size: usize) {
        // SAFETY: `self` shows that the machine has the instructions.
        unsafe { windows(hashes, size) }
    }
}

/// Groups of 64 characters of three bytes that stand between characters of scripts without spaces: marks, Kana and
/// full-width marks. The order is that of [`lower_singles`].
const GROUPS: [usize; 7] = [0x3000, 0x3040, 0x3080, 0x30c0, 0xff00, 0xff40, 0x2000];

/// Look-up tables for characters of one and two bytes.
struct Tables {
    /// Lower case of ASCII; spaces for separators.
    ascii: [[u8; 64]; 2],
    /// A bit a character below U+0800: is it part of a word?
    word: [[u8; 64]; 4],
    /// A bit a character: is its lower case its code plus the `step` of its sixteen?
    upper: [[u8; 64]; 4],
    /// A bit a character: is its lower case neither that nor itself?
    odd: [[u8; 64]; 4],
    /// A bit a character of [`GROUPS`]: is it a word of its own? Does it separate?
    single: [u8; 64],
    separator: [u8; 64],
    /// For each sixteen characters, low six and high five bits of the step modulo 2048.
    step: [[[u8; 64]; 2]; 2],
}

impl Tables {
    fn new(table: &Table) -> Self {
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
        for code in 0..0x80 {
            all.ascii[code / 64][code % 64] = table[code].bytes() as u8;
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

#[inline(always)]
fn load(bytes: &[u8; 64]) -> __m512i {
    // SAFETY: the reference is valid for 64 bytes, the load needs no alignment; every machine that runs the callers has
    // AVX-512F, and this is inlined into them.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

#[inline(always)]
fn load_words(words: &[u64; 8]) -> __m512i {
    // SAFETY: as in `load`: 8 numbers of 8 bytes.
    unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
}

#[inline(always)]
fn store(bytes: &mut [u8; 64], vector: __m512i) {
    // SAFETY: as in `load`, and the reference is unique.
    unsafe { _mm512_storeu_si512(bytes.as_mut_ptr().cast(), vector) }
}

#[inline(always)]
fn store_words(words: &mut [u64; 8], vector: __m512i) {
    // SAFETY: as in `store`: 8 numbers of 8 bytes.
    unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), vector) }
}

#[inline(always)]
fn store_places(places: &mut [u32; 16], vector: __m512i) {
    // SAFETY: as in `store`: 16 numbers of 4 bytes.
    unsafe { _mm512_storeu_si512(places.as_mut_ptr().cast(), vector) }
}

/// The lowest `n` bits, `n` up to 64.
#[inline(always)]
fn lowest(n: usize) -> u64 {
    if n < 64 { !(u64::MAX << n) } else { u64::MAX }
}

/// 0, 1, … 63, plus `shift`, modulo 64.
const fn places(shift: usize) -> [u8; 64] {
    let mut places = [0; 64];
    let mut i = 0;
    while i < 64 {
        places[i] = ((i + shift) % 64) as u8;
        i += 1;
    }
    places
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vbmi,avx512vbmi2,bmi1,bmi2,lzcnt,popcnt")]
fn lower(
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
        let mut rest = [b' '; 64];
        let block = match text.get(at..).and_then(|rest| rest.first_chunk()) {
            Some(block) => block,
            None => {
                rest[..text.len() - at].copy_from_slice(&text[at..]);
                &rest
            }
        };
        let vector = load(block);
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
        while at + 64 <= text.len() && at < stop && text[at] >= 0xe2 {
            let from = at;
            (at, out, open) = lower_singles(tables, text, at, stop, low, out, open);
            if at == from {
                break;
            }
        }
        if n < 64 && at < stop && text[at] >= 0x80 {
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

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vbmi,avx512vbmi2,bmi1,bmi2,lzcnt,popcnt")]
fn find(found: &mut Places, low: &[u8], end: usize) {
    const PLACES: [u8; 64] = places(0);
    let space = _mm512_set1_epi8(0x20);
    let every = load(&PLACES);
    found.find_by(
        low,
        end,
        #[inline(always)]
        |block| _mm512_cmpneq_epi8_mask(load(block), space),
        #[inline(always)]
        |bits, base, places: &mut [u32; BLOCK]| {
            let (base, left) = (_mm512_set1_epi32(base as i32), bits.count_ones());
            let bytes = _mm512_maskz_compress_epi8(bits, every);
            let (sixteens, _) = places.as_chunks_mut::<16>();
            let [a, b, c, d] = sixteens else { return };
            store_places(
                a,
                _mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32::<0>(bytes)), base),
            );
            store_places(
                b,
                _mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32::<1>(bytes)), base),
            );
            if left > 32 {
                store_places(
                    c,
                    _mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32::<2>(bytes)), base),
                );
                store_places(
                    d,
                    _mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32::<3>(bytes)), base),
                );
            }
        },
    );
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vbmi,avx512vbmi2,bmi1,bmi2,lzcnt,popcnt")]
fn hash_words(low: &[u8], places: &[[u32; 2]], hashes: &mut Vec<u64>) {
    super::words::hash_words(low, places, hashes);
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vbmi,avx512vbmi2,bmi1,bmi2,lzcnt,popcnt")]
fn windows(hashes: &mut Vec<u64>, size: usize) {
    let (words, size) = (hashes.len(), size.clamp(1, 16).min(hashes.len()));
    if words == 0 {
        return;
    }
    // Eight windows of sixteen words need 23.
    hashes.resize(words + 32, 0);
    let number = |n: u64| _mm512_set1_epi64(n as i64);
    let base = number(hash::BASE);
    for at in (0..=words - size).step_by(8) {
        let Some(span) = hashes.get_mut(at..at + 24) else { break };
        let eight = |from: usize| match span.get(from..).and_then(|rest| rest.first_chunk()) {
            Some(words) => load_words(words),
            None => _mm512_setzero_si512(),
        };
        let mut x = eight(0);
        for word in 1..size {
            x = _mm512_add_epi64(_mm512_mullo_epi64(x, base), eight(word));
        }
        let [first, second] = hash::SPREAD.map(number);
        x = _mm512_mullo_epi64(_mm512_xor_si512(x, _mm512_srli_epi64::<33>(x)), first);
        x = _mm512_mullo_epi64(_mm512_xor_si512(x, _mm512_srli_epi64::<33>(x)), second);
        x = _mm512_max_epu64(_mm512_xor_si512(x, _mm512_srli_epi64::<33>(x)), number(1));
        if let Some(to) = span.first_chunk_mut() {
            store_words(to, x);
        }
    }
    hashes.truncate(words - size + 1);
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vbmi,avx512vbmi2,bmi1,bmi2,lzcnt,popcnt")]
fn retain(distinct: &mut Distinct, hashes: &mut Vec<u64>) {
    distinct.retain(hashes);
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vbmi,avx512vbmi2,bmi1,bmi2,lzcnt,popcnt")]
fn sketch(sketcher: &mut Sketcher, hashes: &[u64]) -> Vec<u64> {
    sketcher.sketch_by(
        hashes,
        #[inline(always)]
        |hashes, bound, least| {
            let limit = _mm512_set1_epi64(bound as i64);
            let (eights, rest) = hashes.as_chunks::<8>();
            let mut below = 0;
            for eight in eights {
                let eight = load_words(eight);
                let mask = _mm512_cmplt_epu64_mask(eight, limit);
                let Some(to) = least.get_mut(below..).and_then(|rest| rest.first_chunk_mut()) else { break };
                store_words(to, _mm512_maskz_compress_epi64(mask, eight));
                below += mask.count_ones() as usize;
            }
            for &hash in rest {
                least[below] = hash;
                below += usize::from(hash < bound);
            }
            below
        },
    )
}

/// Sum and carry of three one-bit numbers, 512 times.
#[inline]
#[target_feature(enable = "avx512f")]
fn add(a: __m512i, b: __m512i, c: __m512i) -> (__m512i, __m512i) {
    // The truth tables of exclusive or and of majority.
    (_mm512_ternarylogic_epi64::<0x96>(a, b, c), _mm512_ternarylogic_epi64::<0xe8>(a, b, c))
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vbmi,avx512vbmi2,bmi1,bmi2,lzcnt,popcnt")]
fn simhash(hashes: &[u64]) -> u64 {
    const BITS: usize = 8;
    let mut planes = [0; PLANES];
    let (lanes, rest) = hashes.as_chunks::<8>();
    // Counters of eight bits are emptied before they are full.
    for part in lanes.chunks(248) {
        let mut counts = [_mm512_setzero_si512(); BITS];
        let (eights, others) = part.as_chunks::<8>();
        for h in eights {
            let (a, b, c, d, e, f, mut carry);
            (counts[0], a) = add(counts[0], load_words(&h[0]), load_words(&h[1]));
            (counts[0], b) = add(counts[0], load_words(&h[2]), load_words(&h[3]));
            (counts[0], c) = add(counts[0], load_words(&h[4]), load_words(&h[5]));
            (counts[0], d) = add(counts[0], load_words(&h[6]), load_words(&h[7]));
            (counts[1], e) = add(counts[1], a, b);
            (counts[1], f) = add(counts[1], c, d);
            (counts[2], carry) = add(counts[2], e, f);
            for count in &mut counts[3..] {
                (*count, carry) = (_mm512_xor_si512(*count, carry), _mm512_and_si512(*count, carry));
            }
        }
        for h in others {
            let mut carry = load_words(h);
            for count in &mut counts {
                (*count, carry) = (_mm512_xor_si512(*count, carry), _mm512_and_si512(*count, carry));
            }
        }
        let used = (part.len() + 1).next_power_of_two().trailing_zeros() as usize;
        for (bit, count) in counts.iter().enumerate().take(used) {
            let mut eight = [0; 8];
            store_words(&mut eight, *count);
            simhash::count(&mut planes[bit..], &eight);
        }
    }
    simhash::count(&mut planes, rest);
    simhash::above(&planes, hashes.len() as u64 / 2)
}
