//! What stands for `simd` on machines without it: nothing can be detected, so nothing can be called.

use super::chars::Table;
use super::shingles::Distinct;
use super::sketch::Sketcher;
use super::words::Places;

/// Cannot exist here.
#[derive(Clone, Copy)]
pub(super) enum Wide {}

impl Wide {
    pub(super) fn detect() -> Option<Self> {
        None
    }

    pub(super) fn lower(
        self,
        _: &Table,
        _: &[u8],
        _: usize,
        _: &mut [u8],
        _: &mut [(u32, u32)],
    ) -> (usize, usize) {
        match self {}
    }

    pub(super) fn find(self, _: &mut Places, _: &[u8], _: usize) {
        match self {}
    }

    pub(super) fn hash_words(self, _: &[u8], _: &[[u32; 2]], _: &mut Vec<u64>) {
        match self {}
    }

    pub(super) fn windows(self, _: &mut Vec<u64>, _: usize) {
        match self {}
    }

    pub(super) fn retain(self, _: &mut Distinct, _: &mut Vec<u64>) {
        match self {}
    }

    pub(super) fn simhash(self, _: &[u64]) -> u64 {
        match self {}
    }

    pub(super) fn sketch(self, _: &mut Sketcher, _: &[u64]) -> Vec<u64> {
        match self {}
    }
}

/// Cannot exist here either.
#[derive(Clone, Copy)]
pub(super) enum Chains {}

/// Chains that would run side by side.
pub(super) const CHAINS: usize = 4;

impl Chains {
    pub(super) fn detect() -> Option<Self> {
        None
    }

    pub(super) fn compress(self, _: &mut [[u32; 8]; CHAINS], _: [&[[u8; 64]]; CHAINS]) {
        match self {}
    }
}
