//! The features that the main-content model sees, for `train/main_content.py`.
//!
//! `line_features names` prints the names of the features, those of the second pass after an empty line.
//! `line_features PAGES.jsonl OUT FIRST|- [ODDS...]` reads records {host, text, odds} and writes little-endian numbers
//! to OUT. For each page: the number of its lines, and for each line four numbers (where it begins and ends in the text,
//! in bytes; words; share cut by rules) and its features; all of them 32-bit floats but the number of lines, and where a
//! line begins and ends, which are 32-bit integers. FIRST holds the scores of a first pass, one float a line: then the
//! features are those that the second pass has more. ODDS are files like `rules/main_content/odds.tsv`, of which
//! `odds` is the number (from 0) of the one that a page is looked at with; to a page without it no word has odds.

use std::error::Error;
use std::io::{BufWriter, Write};

use tamis::read::language;
use tamis::strip::main_content::training::{self, WordOdds};
use tamis::strip::{RuleSet, Scope, Stripper};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [names] if names == "names" => {
            let (first, second) = training::names();
            let mut out = std::io::stdout().lock();
            writeln!(out, "{}\n\n{}", first.join("\n"), second.join("\n"))?;
            Ok(())
        }
        [pages, out, first, odds @ ..] => dump(pages, out, first, odds),
        _ => Err("usage: line_features names | PAGES.jsonl OUT FIRST|- [ODDS...]".into()),
    }
}

fn dump(pages: &str, out: &str, first: &str, odds: &[String]) -> Result<(), Box<dyn Error>> {
    let none = WordOdds::default();
    let files: Vec<WordOdds> = odds
        .iter()
        .map(|path| Ok(WordOdds::parse(&std::fs::read_to_string(path)?)))
        .collect::<Result<_, std::io::Error>>()?;
    let scores: Option<Vec<f32>> = match first {
        "-" => None,
        path => {
            let bytes = std::fs::read(path)?;
            Some(bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
        }
    };
    let rules = RuleSet::built_in()?;
    let mut stripper = Stripper::new(&rules);
    let mut out = BufWriter::new(std::fs::File::create(out)?);
    let mut at = 0;
    for line in std::fs::read_to_string(pages)?.lines() {
        let record: serde_json::Value = serde_json::from_str(line)?;
        let text = record["text"].as_str().unwrap_or_default().as_bytes();
        let lang = language::detect(text);
        let scope = Scope { lang, site: record["host"].as_str(), title: None };
        let cuts = stripper.strip(text, &scope, false).cuts;
        let of = record["odds"].as_u64().and_then(|at| usize::try_from(at).ok());
        let odds = of.and_then(|at| files.get(at)).unwrap_or(&none);
        let lines = training::features(text, &cuts, None, odds).ranges.len();
        let first = scores.as_ref().map(|scores| &scores[at..at + lines]);
        at += lines;
        let page = training::features(text, &cuts, first, odds);
        out.write_all(&(lines as u32).to_le_bytes())?;
        for i in 0..lines {
            out.write_all(&(page.ranges[i].start as u32).to_le_bytes())?;
            out.write_all(&(page.ranges[i].end as u32).to_le_bytes())?;
            out.write_all(&page.words[i].to_le_bytes())?;
            out.write_all(&page.gone[i].to_le_bytes())?;
            for column in &page.columns {
                out.write_all(&column[i].to_le_bytes())?;
            }
        }
    }
    out.flush()?;
    Ok(())
}
