//! Gives the stages that make shards an identity: a hash of their source. A build that strips or fingerprints otherwise
//! never takes a shard of another build for its own.

use std::hash::Hasher;
use std::path::{Path, PathBuf};

const STAGES: [&str; 8] = [
    "rules/main_content",
    "src/dates",
    "src/fingerprint",
    "src/math.rs",
    "src/read",
    "src/shard",
    "src/strip",
    "src/run/reader",
];

fn main() -> std::io::Result<()> {
    let mut files = Vec::new();
    for stage in STAGES {
        println!("cargo::rerun-if-changed={stage}");
        collect(Path::new(stage), &mut files)?;
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
    println!("cargo::rustc-env=TAMIS_STAGES={:016x}", hash.finish());
    Ok(())
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
