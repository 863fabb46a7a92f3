//! F1 over multisets of word 4-shingles.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

static WORD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\w+").expect("a pattern"));

/// Precision and recall of pages, to be averaged.
#[derive(Default)]
pub struct Mean {
    precision: f64,
    recall: f64,
    pages: f64,
}

impl Mean {
    /// Adds a page, gives its precision and recall.
    pub fn add(&mut self, text: &str, reference: &str) -> (f64, f64) {
        let (got, wanted) = (grams(text), grams(reference));
        let both: u64 = got.iter().map(|(g, n)| *n.min(wanted.get(g).unwrap_or(&0))).sum();
        let share = |all: u64| if all == 0 { 0.0 } else { both as f64 / all as f64 };
        let (p, r) = (share(got.values().sum()), share(wanted.values().sum()));
        self.precision += p;
        self.recall += r;
        self.pages += 1.0;
        (p, r)
    }

    /// F1, precision, recall.
    pub fn f1(&self) -> (f64, f64, f64) {
        let (p, r) = (self.precision / self.pages, self.recall / self.pages);
        (2.0 * p * r / (p + r), p, r)
    }
}

fn grams(text: &str) -> HashMap<Vec<&str>, u64> {
    let words: Vec<&str> = WORD.find_iter(text).map(|w| w.as_str()).collect();
    let mut counts = HashMap::new();
    if words.is_empty() {
        return counts;
    }
    for gram in words.windows(words.len().min(4)) {
        *counts.entry(gram.to_vec()).or_insert(0) += 1;
    }
    counts
}
