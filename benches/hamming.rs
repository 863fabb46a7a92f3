//! All pairs of fingerprints within some bits, beside comparing each with each. `cargo bench --bench hamming`

use divan::{AllocProfiler, Bencher, black_box};
use tamis::group::hamming::pairs_within;

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

const RADII: [u32; 3] = [1, 3, 6];

/// Random values; one in ten is a neighbour of another one.
fn planted(count: usize) -> Vec<u64> {
    let mut state = 7u64;
    let mut random = move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    };
    let mut values: Vec<u64> = (0..count).map(|_| random()).collect();
    for i in (1..count).step_by(10) {
        let from = values[random() as usize % i];
        values[i] = (0..i % 7).fold(from, |v, _| v ^ 1 << (random() % 64));
    }
    values
}

#[divan::bench(args = RADII, sample_count = 10)]
fn pairs_of_100_thousand(bencher: Bencher, radius: u32) {
    let values = planted(100_000);
    bencher.bench_local(|| pairs_within(black_box(&values), radius));
}

#[divan::bench(args = RADII, sample_count = 5)]
fn pairs_of_1_million(bencher: Bencher, radius: u32) {
    let values = planted(1_000_000);
    bencher.bench_local(|| pairs_within(black_box(&values), radius));
}

/// Not run by default: `cargo bench --bench hamming -- --include-ignored 10_million`
#[divan::bench(args = RADII, sample_count = 1, ignore)]
fn pairs_of_10_million(bencher: Bencher, radius: u32) {
    let values = planted(10_000_000);
    bencher.bench_local(|| pairs_within(black_box(&values), radius));
}

#[divan::bench(args = RADII, sample_count = 10)]
fn pairs_of_20_thousand(bencher: Bencher, radius: u32) {
    let values = planted(20_000);
    bencher.bench_local(|| pairs_within(black_box(&values), radius));
}

#[divan::bench(args = RADII, sample_count = 3)]
fn each_with_each_of_20_thousand(bencher: Bencher, radius: u32) {
    let values = planted(20_000);
    bencher.bench_local(|| {
        let near = |i: usize| values[..i].iter().filter(|v| (*v ^ values[i]).count_ones() <= radius).count();
        (0..values.len()).map(near).sum::<usize>()
    });
}

fn main() {
    divan::main();
}
