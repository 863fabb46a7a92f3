//! temporary
use std::time::Instant;
use tamis::strip::{RuleSet, Scope, Stripper};
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let data = std::fs::read_to_string(path).unwrap();
    let texts: Vec<String> = data
        .lines()
        .map(|l| {
            serde_json::from_str::<serde_json::Value>(l).unwrap()["text"].as_str().unwrap_or("").to_owned()
        })
        .collect();
    let bytes: usize = texts.iter().map(String::len).sum();
    let mut t = vec![];
    let mut langs = vec![];
    for _ in 0..3 {
        let start = Instant::now();
        langs = texts.iter().map(|t| tamis::read::language::detect(t.as_bytes())).collect();
        t.push(start.elapsed().as_secs_f64());
    }
    println!("language {:.0} MB/s", bytes as f64 / 1e6 / t.iter().cloned().fold(9e9, f64::min));
    let rules = RuleSet::built_in().unwrap();
    let mut fp = tamis::fingerprint::Fingerprinter::new(3);
    let mut t = vec![];
    let mut u = vec![];
    let mut cuts = 0;
    for _ in 0..4 {
        let mut stripper = Stripper::new(&rules);
        let start = Instant::now();
        cuts = 0;
        let mut h = 0u64;
        for (text, lang) in texts.iter().zip(&langs) {
            let scope = Scope { lang: *lang, ..Scope::default() };
            let s = stripper.strip(text.as_bytes(), &scope, true);
            for c in &s.cuts {
                h = h.wrapping_mul(31).wrapping_add((c.start * 7 + c.end * 3 + c.rule as usize) as u64);
            }
            cuts += s.cuts.len();
        }
        t.push(start.elapsed().as_secs_f64());
        let start = Instant::now();
        for text in &texts {
            std::hint::black_box(fp.digest_later(text.as_bytes()));
        }
        u.push(start.elapsed().as_secs_f64());
        println!("cuts {cuts} hash {h:x}");
    }
    println!(
        "strip {:.0} MB/s  fp {:.0} MB/s  ratio {:.2}",
        bytes as f64 / 1e6 / t.iter().cloned().fold(9e9, f64::min),
        bytes as f64 / 1e6 / u.iter().cloned().fold(9e9, f64::min),
        t.iter().cloned().fold(9e9, f64::min) / u.iter().cloned().fold(9e9, f64::min)
    );
    let _ = cuts;
}
