//! The steps behind lowering: places of words, their hashes, windows, set, simhash and sketch.
//!
//! Invariant: each gives what its portable twin of the same name gives.

use std::arch::x86_64::*;

use super::{load, load_pieces, load_places, load_words, places, store_places, store_words};
use crate::fingerprint::hash;
use crate::fingerprint::shingles::Distinct;
use crate::fingerprint::simhash::{self, PLANES};
use crate::fingerprint::sketch::Sketcher;
use crate::fingerprint::words::{BLOCK, Places};

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vbmi,avx512vbmi2,bmi1,bmi2,lzcnt,popcnt")]
pub(super) fn find(found: &mut Places, low: &[u8], end: usize) {
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
pub(super) fn hash_words(low: &[u8], places: &[[u32; 2]], hashes: &mut Vec<u64>) {
    let before = hashes.len();
    hashes.resize(before + places.len().next_multiple_of(8), 0);
    let (eights, rest) = places.as_chunks::<8>();
    let (tos, _) = hashes[before..].as_chunks_mut::<8>();
    let mut tos = tos.iter_mut();
    for (eight, to) in eights.iter().zip(&mut tos) {
        store_words(to, hash_eight(low, eight));
    }
    if let Some(to) = tos.next() {
        let mut last = [[0; 2]; 8];
        last[..rest.len()].copy_from_slice(rest);
        store_words(to, hash_eight(low, &last));
    }
    hashes.truncate(before + places.len());
}

/// The hashes of the words at eight places.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vbmi,avx512vbmi2,bmi1,bmi2,lzcnt,popcnt")]
fn hash_eight(low: &[u8], places: &[[u32; 2]; 8]) -> __m512i {
    let number = |n: u64| _mm512_set1_epi64(n as i64);
    let (ones, eight, zero) = (number(u64::MAX), number(8), _mm512_setzero_si512());
    let edges = load_places(places);
    let mut starts = _mm512_and_si512(edges, number(0xffff_ffff));
    let mut left = _mm512_sub_epi64(_mm512_srli_epi64::<32>(edges), starts);
    let mut hash = _mm512_setzero_si512();
    loop {
        let pieces = load_pieces(low, starts);
        let four = |a: usize| {
            let pair =
                |a: usize| _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(pieces[a]), pieces[a + 2]);
            _mm512_inserti64x4::<1>(_mm512_castsi256_si512(pair(a)), pair(a + 4))
        };
        let (even, odd) = (four(0), four(1));
        // All ones but the bytes that are left, at most eight, from below. Greater shifts give 0.
        let mask = |left: __m512i| {
            let bits = _mm512_slli_epi64::<3>(_mm512_min_epi64(left, eight));
            _mm512_srlv_epi64(ones, _mm512_sub_epi64(number(64), bits))
        };
        let upper = _mm512_max_epi64(_mm512_sub_epi64(left, eight), zero);
        let a = _mm512_ternarylogic_epi64::<0x6c>(
            mask(left),
            _mm512_xor_si512(hash, number(hash::LOW)),
            _mm512_unpacklo_epi64(even, odd),
        );
        let b = _mm512_ternarylogic_epi64::<0x6c>(
            mask(upper),
            number(hash::HIGH),
            _mm512_unpackhi_epi64(even, odd),
        );
        let folded = fold(a, b);
        hash = _mm512_mask_mov_epi64(hash, _mm512_cmpgt_epi64_mask(left, zero), folded);
        let piece = number(hash::PIECE as u64);
        left = _mm512_sub_epi64(left, piece);
        let more = _mm512_cmpgt_epi64_mask(left, zero);
        if more == 0 {
            return hash;
        }
        // Words that are at their end read the front of the text.
        starts = _mm512_maskz_add_epi64(more, starts, piece);
    }
}

/// The halves of the products of 64-bit numbers, XORed.
#[inline]
#[target_feature(enable = "avx512f,avx512dq")]
fn fold(a: __m512i, b: __m512i) -> __m512i {
    let lower = _mm512_set1_epi64(0xffff_ffff);
    let (a1, b1) = (_mm512_srli_epi64::<32>(a), _mm512_srli_epi64::<32>(b));
    let (ll, lh) = (_mm512_mul_epu32(a, b), _mm512_mul_epu32(a, b1));
    let (hl, hh) = (_mm512_mul_epu32(a1, b), _mm512_mul_epu32(a1, b1));
    let middle = _mm512_add_epi64(lh, _mm512_srli_epi64::<32>(ll));
    let other = _mm512_add_epi64(hl, _mm512_and_si512(middle, lower));
    let high = _mm512_add_epi64(
        hh,
        _mm512_add_epi64(_mm512_srli_epi64::<32>(middle), _mm512_srli_epi64::<32>(other)),
    );
    // The lower half of `ll` and, above it, that of `other`.
    let low = _mm512_mask_mov_epi32(ll, 0xaaaa, _mm512_slli_epi64::<32>(other));
    _mm512_xor_si512(low, high)
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vbmi,avx512vbmi2,bmi1,bmi2,lzcnt,popcnt")]
pub(super) fn windows(hashes: &mut Vec<u64>, size: usize) {
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
pub(super) fn retain(distinct: &mut Distinct, hashes: &mut Vec<u64>) {
    distinct.retain_by(
        hashes,
        #[inline(always)]
        |hashes, filter, alike| {
            let filter = load_words(filter);
            keep(
                hashes,
                alike,
                #[inline(always)]
                |eight| {
                    // Only the lowest three bits of each number choose a word.
                    let words = _mm512_permutexvar_epi64(_mm512_srli_epi64::<32>(eight), filter);
                    let bits = _mm512_srlv_epi64(words, _mm512_srli_epi64::<58>(eight));
                    _mm512_test_epi64_mask(bits, _mm512_set1_epi64(1))
                },
            )
        },
    );
}

/// Writes the hashes that are wanted, and anything behind them, to a place that is eight longer; gives their number.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vbmi,avx512vbmi2,bmi1,bmi2,lzcnt,popcnt")]
fn keep(hashes: &[u64], to: &mut [u64], wanted: impl Fn(__m512i) -> __mmask8) -> usize {
    let (eights, rest) = hashes.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let mut kept = 0;
    for (eight, valid) in eights.iter().map(|eight| (eight, 0xff)).chain([(&last, (1 << rest.len()) - 1)]) {
        let eight = load_words(eight);
        let mask = wanted(eight) & valid;
        let Some(to) = to.get_mut(kept..).and_then(|rest| rest.first_chunk_mut()) else { break };
        store_words(to, _mm512_maskz_compress_epi64(mask, eight));
        kept += mask.count_ones() as usize;
    }
    kept
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vbmi,avx512vbmi2,bmi1,bmi2,lzcnt,popcnt")]
pub(super) fn sketch(sketcher: &mut Sketcher, hashes: &[u64]) -> Vec<u64> {
    sketcher.sketch_by(
        hashes,
        #[inline(always)]
        |hashes, bound, least| {
            let limit = _mm512_set1_epi64(bound as i64);
            keep(
                hashes,
                least,
                #[inline(always)]
                |eight| _mm512_cmplt_epu64_mask(eight, limit),
            )
        },
    )
}

/// Bits of a counter in a lane.
const COUNTER: usize = 8;

/// Sum and carry of three one-bit numbers, 512 times.
#[inline]
#[target_feature(enable = "avx512f")]
fn add(a: __m512i, b: __m512i, c: __m512i) -> (__m512i, __m512i) {
    // The truth tables of exclusive or and of majority.
    (_mm512_ternarylogic_epi64::<0x96>(a, b, c), _mm512_ternarylogic_epi64::<0xe8>(a, b, c))
}

/// Adds the counters of all eight lanes to `planes`: halves are folded onto each other, bit by bit with carries.
#[inline]
#[target_feature(enable = "avx512f")]
fn add_lanes(planes: &mut [u64; PLANES], counts: &[__m512i; COUNTER]) {
    let mut sums = [_mm512_setzero_si512(); COUNTER + 3];
    sums[..COUNTER].copy_from_slice(counts);
    let mut fold = |other: fn(__m512i) -> __m512i| {
        let mut carry = _mm512_setzero_si512();
        for sum in &mut sums {
            (*sum, carry) = add(*sum, other(*sum), carry);
        }
    };
    fold(|v| _mm512_shuffle_i64x2::<0b0100_1110>(v, v));
    fold(|v| _mm512_shuffle_i64x2::<0b1011_0001>(v, v));
    fold(|v| _mm512_permutex_epi64::<0b1011_0001>(v));
    let mut carry = 0;
    for (plane, sum) in
        planes.iter_mut().zip(sums.map(|sum| _mm_cvtsi128_si64(_mm512_castsi512_si128(sum)) as u64))
    {
        let both = *plane ^ sum;
        (*plane, carry) = (both ^ carry, *plane & sum | both & carry);
    }
    simhash::ripple(&mut planes[COUNTER + 3..], carry);
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vbmi,avx512vbmi2,bmi1,bmi2,lzcnt,popcnt")]
pub(super) fn simhash(hashes: &[u64]) -> u64 {
    let mut planes = [0; PLANES];
    let (lanes, rest) = hashes.as_chunks::<8>();
    // Counters of eight bits are emptied before they are full.
    for part in lanes.chunks(248) {
        let mut counts = [_mm512_setzero_si512(); COUNTER];
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
        add_lanes(&mut planes, &counts);
    }
    simhash::count(&mut planes, rest);
    simhash::above(&planes, hashes.len() as u64 / 2)
}
