//! All pairs of values within some bits.

use std::fs::File;
use std::io::{BufWriter, Write};

use gaoya::simhash::SimHashIndex;
use serde_json::{Value, json};
use tamis::group::hamming::pairs_within;

use crate::Outcome;
use crate::measure::{Memory, Spent};
use crate::random::Random;

/// Random values; one in ten is a neighbour, up to 6 bits away, of one before it.
pub fn write_values(count: usize, out: &str) -> Outcome<()> {
    let mut random = Random(7);
    let mut values: Vec<u64> = (0..count).map(|_| random.next()).collect();
    for i in (1..count).step_by(10) {
        let from = values[random.below(i)];
        values[i] = (0..i % 7).fold(from, |v, _| v ^ 1 << random.below(64));
    }
    let mut file = BufWriter::new(File::create(out)?);
    for value in values {
        file.write_all(&value.to_le_bytes())?;
    }
    Ok(file.flush()?)
}

fn read_values(path: &str) -> Outcome<Vec<u64>> {
    let bytes = std::fs::read(path)?;
    let value = |b: &[u8]| b.iter().rev().fold(0, |v, byte| v << 8 | u64::from(*byte));
    Ok(bytes.chunks_exact(8).map(value).collect())
}

/// gaoya finds what is *fewer* bits away than it is told, so it is told one more. Of the numbers of blocks with which it
/// misses nothing, six is the quickest for a million values: 15 tables of about 21 bits.
fn gaoya(values: &[u64], radius: u32) -> usize {
    let limit = radius as usize + 1;
    let mut index = SimHashIndex::<u64, u32>::new(limit + 2, limit);
    let mut pairs = 0;
    for (id, value) in (0..).zip(values) {
        pairs += index.query(value).len();
        index.insert(id, *value);
    }
    pairs
}

pub fn run(peer: &str, path: &str, radius: u32) -> Outcome<Value> {
    let values = read_values(path)?;
    rayon::broadcast(|_| ());
    let memory = Memory::start()?;
    let mut spent = Spent::default();
    let (pairs, on_top) = match peer {
        "tamis" => {
            let found = spent.on(|| pairs_within(&values, radius));
            let on_top = memory.on_top()?;
            (found.all_pairs().count(), on_top)
        }
        "gaoya" => {
            let pairs = spent.on(|| gaoya(&values, radius));
            (pairs, memory.on_top()?)
        }
        _ => return Err(format!("no peer is called {peer}").into()),
    };
    let (cpu, wall) = (spent.cpu.as_secs_f64(), spent.wall.as_secs_f64());
    Ok(json!({ "cpu": cpu, "wall": wall, "memory": on_top, "pairs": pairs, "values": values.len() }))
}
