//! Several SHA-256 chains at a time.
//!
//! Invariant: each state becomes what `sha2::block_api::compress256` makes of it. The instructions of one chain fill the
//! time in which another waits for its own.

use std::arch::x86_64::*;

use super::{load_sixteen, load_state, store_state};

/// Chains that run side by side.
pub(in crate::fingerprint) const CHAINS: usize = 4;

/// The round constants: from the cube roots of the first 64 primes.
const ROUNDS: [[u32; 4]; 16] = [
    [0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5],
    [0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5],
    [0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3],
    [0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174],
    [0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc],
    [0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da],
    [0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7],
    [0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967],
    [0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13],
    [0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85],
    [0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3],
    [0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070],
    [0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5],
    [0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3],
    [0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208],
    [0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2],
];

/// Takes as many blocks of each text as the shortest holds into the states.
#[target_feature(enable = "sha,sse4.1,ssse3")]
pub(super) fn compress(states: &mut [[u32; 8]; CHAINS], blocks: [&[[u8; 64]]; CHAINS]) {
    let mut pairs = [[_mm_setzero_si128(); 2]; CHAINS];
    for (pair, state) in pairs.iter_mut().zip(&*states) {
        let [dcba, hgfe] = load_state(state);
        let (cdab, efgh) = (_mm_shuffle_epi32(dcba, 0xb1), _mm_shuffle_epi32(hgfe, 0x1b));
        *pair = [_mm_alignr_epi8(cdab, efgh, 8), _mm_blend_epi16(efgh, cdab, 0xf0)];
    }
    let [a, b, c, d] = blocks;
    for (((a, b), c), d) in a.iter().zip(b).zip(c).zip(d) {
        one_block(&mut pairs, [a, b, c, d]);
    }
    for (state, [abef, cdgh]) in states.iter_mut().zip(pairs) {
        let (feba, dchg) = (_mm_shuffle_epi32(abef, 0x1b), _mm_shuffle_epi32(cdgh, 0xb1));
        store_state(state, [_mm_blend_epi16(feba, dchg, 0xf0), _mm_alignr_epi8(dchg, feba, 8)]);
    }
}

#[inline]
#[target_feature(enable = "sha,sse4.1,ssse3")]
fn one_block(pairs: &mut [[__m128i; 2]; CHAINS], blocks: [&[u8; 64]; CHAINS]) {
    let big_endian = _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203);
    let before = *pairs;
    let mut words = [[_mm_setzero_si128(); 4]; CHAINS];
    for (words, block) in words.iter_mut().zip(blocks) {
        for (word, bytes) in words.iter_mut().zip(block.as_chunks().0) {
            *word = _mm_shuffle_epi8(load_sixteen(bytes), big_endian);
        }
    }
    for (round, constants) in ROUNDS.iter().enumerate() {
        let [k0, k1, k2, k3] = constants.map(|k| k as i32);
        let constants = _mm_set_epi32(k3, k2, k1, k0);
        for (words, [abef, cdgh]) in words.iter_mut().zip(&mut *pairs) {
            let [w0, w1, w2, w3] = [0, 1, 2, 3].map(|i| words[(round + i) % 4]);
            let mut word = w0;
            if round >= 4 {
                let sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8(w3, w2, 4));
                word = _mm_sha256msg2_epu32(sum, w3);
                words[round % 4] = word;
            }
            let sum = _mm_add_epi32(word, constants);
            *cdgh = _mm_sha256rnds2_epu32(*cdgh, *abef, sum);
            *abef = _mm_sha256rnds2_epu32(*abef, *cdgh, _mm_shuffle_epi32(sum, 0x0e));
        }
    }
    for (pair, before) in pairs.iter_mut().zip(before) {
        *pair = [_mm_add_epi32(pair[0], before[0]), _mm_add_epi32(pair[1], before[1])];
    }
}
