//! The features that the model of saved pages sees, for `train/saved_pages.py`.
//!
//! `page_features names` prints the names of the features. `page_features FILE.html.gz...` prints a JSON record for each line
//! of each page: `page` (the number of the file, from 0), `text`, `words`, `gone` (the share that rules would cut) and
//! `features`, in the order of the names.

use std::error::Error;
use std::io::{BufWriter, Read, Write};

use flate2::read::MultiGzDecoder;
use tamis::document::Cut;
use tamis::read::html::training;
use tamis::read::language;
use tamis::strip::{RuleSet, Scope, Stripper};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut out = BufWriter::new(std::io::stdout().lock());
    if arguments == ["names"] {
        writeln!(out, "{}", training::NAMES.join("\n"))?;
        return Ok(());
    }
    let rules = RuleSet::built_in()?;
    let mut stripper = Stripper::new(&rules);
    for (page, path) in arguments.iter().enumerate() {
        let mut html = Vec::new();
        MultiGzDecoder::new(std::fs::File::open(path)?).read_to_end(&mut html)?;
        let lines = training::lines(&html);
        let all: String = lines.iter().map(|(text, ..)| format!("{text}\n")).collect();
        let scope = Scope { lang: language::detect(all.as_bytes()), ..Scope::default() };
        let cuts = stripper.strip(all.as_bytes(), &scope, false).cuts;
        let mut end = 0;
        for (text, words, features) in lines {
            let start = end;
            end += text.len() + 1;
            let taken = |cut: &Cut| cut.end.min(end).saturating_sub(cut.start.max(start));
            let gone = cuts.iter().map(taken).sum::<usize>() as f64 / (text.len() + 1) as f64;
            let line = serde_json::json!({"page": page, "text": text, "words": words, "gone": gone, "features": features});
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}
