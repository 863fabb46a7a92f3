//! The same steps with the vector instructions of newer x86-64 machines (AVX-512 with VBMI2).
//!
//! Invariant: every function gives exactly what its portable twin gives (tests compare them at all lengths and offsets).
//!
//! This is the one file with `unsafe`, in three forms. *Calls of functions that need instructions*: a [`Wide`] can only
//! come from [`Wide::detect`], which has seen that the machine has them all, and so with [`Chains`]. *Loads and stores
//! through references* to arrays of the very size of a vector ([`load`], [`store`]), for which unaligned access is
//! allowed. *Loads from inside a slice*, which have just been seen to end in it ([`load_pieces`], [`load_part`]).
#![allow(unsafe_code)]

mod lower;
mod numbers;
mod sha;
mod tables;

use std::arch::x86_64::*;
use std::sync::LazyLock;

use super::chars::{self, Table};
use super::shingles::Distinct;
use super::sketch::Sketcher;
use super::words::Places;
pub(super) use sha::CHAINS;
use tables::Tables;

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
            all.then(|| Tables::new(chars::table()))
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
        unsafe { lower::lower(self.tables, table, text, stop, low, lines) }
    }

    /// As [`Places::find`].
    pub(super) fn find(self, places: &mut Places, low: &[u8], end: usize) {
        // SAFETY: `self` shows that the machine has the instructions.
        unsafe { numbers::find(places, low, end) }
    }

    /// As `words::hash_words`.
    pub(super) fn hash_words(self, low: &[u8], places: &[[u32; 2]], hashes: &mut Vec<u64>) {
        // SAFETY: `self` shows that the machine has the instructions.
        unsafe { numbers::hash_words(low, places, hashes) }
    }

    /// As [`Distinct::retain`].
    pub(super) fn retain(self, distinct: &mut Distinct, hashes: &mut Vec<u64>) {
        // SAFETY: `self` shows that the machine has the instructions.
        unsafe { numbers::retain(distinct, hashes) }
    }

    /// As `simhash::simhash`.
    pub(super) fn simhash(self, hashes: &[u64]) -> u64 {
        // SAFETY: `self` shows that the machine has the instructions.
        unsafe { numbers::simhash(hashes) }
    }

    /// As [`Sketcher::sketch`].
    pub(super) fn sketch(self, sketcher: &mut Sketcher, hashes: &[u64]) -> Vec<u64> {
        // SAFETY: `self` shows that the machine has the instructions.
        unsafe { numbers::sketch(sketcher, hashes) }
    }

    /// As `hash::windows`.
    pub(super) fn windows(self, hashes: &mut Vec<u64>, size: usize) {
        // SAFETY: `self` shows that the machine has the instructions.
        unsafe { numbers::windows(hashes, size) }
    }
}

/// Shows that the machine has the instructions for SHA-256.
#[derive(Clone, Copy)]
pub(super) struct Chains(());

impl Chains {
    /// `None` where an instruction is missing.
    pub(super) fn detect() -> Option<Self> {
        let all = is_x86_feature_detected!("sha")
            && is_x86_feature_detected!("sse4.1")
            && is_x86_feature_detected!("ssse3");
        all.then_some(Self(()))
    }

    /// Takes as many blocks of each text as the shortest holds into the states.
    pub(super) fn compress(self, states: &mut [[u32; 8]; CHAINS], blocks: [&[[u8; 64]]; CHAINS]) {
        // SAFETY: `self` shows that the machine has the instructions.
        unsafe { sha::compress(states, blocks) }
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
fn load_places(places: &[[u32; 2]; 8]) -> __m512i {
    // SAFETY: as in `load`: 16 numbers of 4 bytes.
    unsafe { _mm512_loadu_si512(places.as_ptr().cast()) }
}

#[inline(always)]
fn load_sixteen(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: the reference is valid for 16 bytes, the load needs no alignment and only what every x86-64 has.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

#[inline(always)]
fn load_state(state: &[u32; 8]) -> [__m128i; 2] {
    let at = state.as_ptr().cast::<__m128i>();
    // SAFETY: as in `load_sixteen`, twice: 8 numbers of 4 bytes.
    unsafe { [_mm_loadu_si128(at), _mm_loadu_si128(at.add(1))] }
}

#[inline(always)]
fn store_state(state: &mut [u32; 8], [first, second]: [__m128i; 2]) {
    let at = state.as_mut_ptr().cast::<__m128i>();
    // SAFETY: as in `load_state`, and the reference is unique.
    unsafe {
        _mm_storeu_si128(at, first);
        _mm_storeu_si128(at.add(1), second);
    }
}

/// Sixteen bytes from each of eight places on; all zeros if some are not inside `low`.
#[inline]
#[target_feature(enable = "avx512f")]
fn load_pieces(low: &[u8], starts: __m512i) -> [__m128i; 8] {
    let last = _mm512_set1_epi64(low.len() as i64 - 16);
    if _mm512_cmpgt_epu64_mask(starts, last) != 0 || low.len() < 16 {
        return [_mm_setzero_si128(); 8];
    }
    let mut at = [0; 8];
    store_words(&mut at, starts);
    // SAFETY: the comparison has shown that sixteen bytes from each of the places on are inside
    // `low`; the load needs no alignment.
    at.map(|at| unsafe { _mm_loadu_si128(low.as_ptr().add(at as usize).cast()) })
}

/// Up to 64 bytes, and zeros behind.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,bmi2")]
fn load_part(bytes: &[u8]) -> __m512i {
    // SAFETY: a masked load touches only the bytes of the mask, which are those of the slice.
    unsafe { _mm512_maskz_loadu_epi8(lowest(bytes.len()), bytes.as_ptr().cast()) }
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
