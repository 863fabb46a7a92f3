//! Gives the stages that make shards an identity: a hash of their source, and of the versions of all dependencies. A build
//! that reads, strips or fingerprints otherwise never takes a shard of another build for its own. What else is kept from
//! run to run belongs to one build: it is known by a hash of all sources.

use std::hash::Hasher;
use std::path::{Path, PathBuf};

const STAGES: [&str; 11] = [
    "Cargo.lock",
    "rules/main_content",
    "rules/html",
    "src/dates",
    "src/fingerprint",
    "src/linear",
    "src/math.rs",
    "src/read",
    "src/shard",
    "src/strip",
    "src/run/reader",
];

const ALL: [&str; 3] = ["rules", "src", "Cargo.lock"];

fn main() -> std::io::Result<()> {
    println!("cargo::rustc-env=TAMIS_STAGES={:016x}", hash_of(&STAGES)?);
    println!("cargo::rustc-env=TAMIS_BUILD={:016x}", hash_of(&ALL)?);
    Ok(())
}

/// A hash of all files below some places.
fn hash_of(places: &[&str]) -> std::io::Result<u64> {
    let mut files = Vec::new();
    for place in places.iter().filter(|place| Path::new(place).exists()) {
        println!("cargo::rerun-if-changed={place}");
        collect(Path::new(place), &mut files)?;
    }
    files.sort();
    // Made without keys: the same in every build.
    let mut hash = std::collections::hash_map::DefaultHasher::new();
    for file in files {
        let text = std::fs::read_to_string(&file)?;
        // A checkout may have other line ends.
        hash.write(text.replace('\r', "").as_bytes());
        hash.write_u8(0);
    }
    Ok(hash.finish())
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if path.is_dir() {
        for entry in std::fs::read_dir(path)? {
            collect(&entry?.path(), files)?;
        }
    } else {
        files.push(path.to_path_buf());
    }
    Ok(())
}
