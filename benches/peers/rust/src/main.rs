//! Runs one measure of one crate and prints it as one JSON object; makes values and documents to measure on.
//!
//! ```text
//! peers fingerprint PEER ready|text CORPUS.jsonl   fingerprints of all texts, on one thread
//! peers pairs PEER VALUES RADIUS                   all pairs of values within RADIUS bits
//! peers values COUNT OUT                           seeded values, 64 bits each, little-endian
//! peers made SHAPE COUNT OUT.jsonl                 seeded documents
//! ```

mod alike;
mod fingerprint;
mod made;
mod measure;
mod pairs;
mod random;

use std::process::ExitCode;

pub type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn run(args: &[&str]) -> Outcome<()> {
    match args {
        ["fingerprint", peer, given, corpus] => println!("{}", fingerprint::run(peer, given, corpus)?),
        ["pairs", peer, values, radius] => println!("{}", pairs::run(peer, values, radius.parse()?)?),
        ["values", count, out] => pairs::write_values(count.parse()?, out)?,
        ["made", shape, count, out] => made::write(shape, count.parse()?, out)?,
        _ => return Err("usage: peers fingerprint|pairs|values|made … (see src/main.rs)".into()),
    }
    Ok(())
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
