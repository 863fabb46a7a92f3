//! Extracts the article of saved pages with several crates: `html-peers PAGES_DIR REFERENCES.jsonl.gz [PEER]`.
//!
//! Quality is the F1 of the article-extraction benchmark: per page the multiset of word 4-shingles, precision and recall
//! averaged over pages. A hostile page runs in a process of its own that is stopped after ten seconds.

mod hostile;
mod peers;
mod score;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::time::Instant;

use flate2::read::MultiGzDecoder;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["--hostile", peer, case] => hostile::child(peer, case),
        [pages, references] => table(&read(pages, references)?, None),
        [pages, references, peer] => table(&read(pages, references)?, Some(peer)),
        _ => Err("usage: html-peers PAGES_DIR REFERENCES.jsonl.gz [PEER]".into()),
    }
}

/// A saved page and the article that it holds.
struct Sample {
    id: String,
    html: String,
    reference: String,
}

fn read(pages: &str, references: &str) -> Result<Vec<Sample>, Failure> {
    let mut wanted = BTreeMap::new();
    for line in String::from_utf8(gunzip(Path::new(references))?)?.lines() {
        let row: serde_json::Value = serde_json::from_str(line)?;
        if let (Some(id), Some(text)) = (row["id"].as_str(), row["ref"].as_str()) {
            wanted.insert(id.to_owned(), text.to_owned());
        }
    }
    let mut samples = Vec::new();
    for (id, reference) in wanted {
        let path = Path::new(pages).join(format!("{id}.html.gz"));
        if path.exists() {
            let html = String::from_utf8_lossy(&gunzip(&path)?).into_owned();
            samples.push(Sample { id, html, reference });
        }
    }
    Ok(samples)
}

fn gunzip(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    MultiGzDecoder::new(std::fs::File::open(path)?).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn table(samples: &[Sample], only: Option<&str>) -> Result<(), Failure> {
    println!("{:<24} {:>6} {:>6} {:>6} {:>8} {:>7}  hostile", "peer", "F1", "P", "R", "pages/s", "failed");
    for (name, extract) in peers::PEERS {
        if only.is_some_and(|o| o != *name) {
            continue;
        }
        let (mut scores, mut failed, start) = (score::Mean::default(), 0, Instant::now());
        let mut texts = Vec::new();
        for sample in samples {
            let text = std::panic::catch_unwind(|| extract(&sample.html));
            failed += usize::from(!matches!(text, Ok(Ok(_))));
            texts.push(text.ok().and_then(Result::ok).unwrap_or_default());
        }
        let seconds = start.elapsed().as_secs_f64();
        for (sample, text) in samples.iter().zip(&texts) {
            let (p, r) = scores.add(text, &sample.reference);
            if only.is_some() {
                println!("{:.3} {:.3} {}", p, r, sample.id);
            }
        }
        let (f1, p, r) = scores.f1();
        let rate = samples.len() as f64 / seconds;
        println!("{name:<24} {f1:>6.4} {p:>6.4} {r:>6.4} {rate:>8.1} {failed:>7}  {}", hostile::row(name)?);
    }
    Ok(())
}
