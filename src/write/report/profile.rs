//! What the documents of a run are like: their sizes, similarities, dates, sites and languages, and which lost most.
//!
//! Invariant: it is made of the lines of the list of documents alone, so whoever has the list has the profile; what it
//! holds is bounded, whatever the corpus.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::dates::Date;
use crate::document::Status;
use crate::write::record::DocumentLine;

/// Sites (and languages) that are told apart; those that turn up later are counted together.
const MOST_NAMES: usize = 50_000;
/// Documents that are remembered for what they lost.
const MOST_LOST: usize = 10;
/// Shorter texts lose much to a single line.
const LEAST_BYTES: u64 = 500;
/// Days that are told apart.
const MOST_DAYS: usize = 100_000;

/// Documents of one kind by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Fate {
    pub(super) kept: u64,
    /// Copies, emptied ones included.
    pub(super) gone: u64,
    pub(super) bytes_in: u64,
    pub(super) bytes_cut: u64,
}

impl Fate {
    /// Number of documents.
    pub(super) fn all(&self) -> u64 {
        self.kept + self.gone
    }
}

/// A document that lost much of its text to rules.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Lost {
    /// Share that is left, in ten thousandths: the least comes first.
    left: Reverse<u64>,
    pub(super) doc: Reverse<String>,
    pub(super) bytes_in: u64,
    pub(super) bytes_out: u64,
}

/// What the documents of a run are like.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// Kept and removed documents by the power of ten and the step (1, 2, 5) of their clean text's bytes.
    sizes: BTreeMap<(u32, u64), [u64; 2]>,
    /// Near copies by similarity to the kept document, in hundredths, rounded down.
    similarities: BTreeMap<u32, u64>,
    /// Kept and removed documents by day.
    days: BTreeMap<Date, [u64; 2]>,
    undated: u64,
    pub(super) sites: BTreeMap<String, Fate>,
    pub(super) langs: BTreeMap<String, Fate>,
    lost: BTreeSet<Lost>,
}

/// A histogram: the names of the edges of its bars, one more than bars, and of each bar two parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Bins {
    pub(super) edges: Vec<String>,
    pub(super) bars: Vec<[u64; 2]>,
    /// Documents that have no place in it.
    pub(super) beside: u64,
}

impl Profile {
    /// Counts a document.
    pub fn add(&mut self, line: &DocumentLine) {
        let removed = match line.status {
            Status::Reference => return,
            Status::Kept => false,
            Status::Identical | Status::Near | Status::Emptied => true,
        };
        if line.status != Status::Emptied {
            self.sizes.entry(step(line.bytes_out)).or_default()[usize::from(removed)] += 1;
        }
        if let Some(similarity) = line.similarity.filter(|_| line.status == Status::Near) {
            *self.similarities.entry(similarity.0 / 100).or_default() += 1;
        }
        let date = line.date.as_ref().and_then(|date| Date::parse(&date.value)).filter(|d| d.year.is_some());
        match date {
            Some(date) if self.days.len() < MOST_DAYS || self.days.contains_key(&date) => {
                self.days.entry(date).or_default()[usize::from(removed)] += 1;
            }
            _ => self.undated += 1,
        }
        let cut = line.bytes_in.saturating_sub(line.bytes_out);
        for (names, name) in [(&mut self.sites, &line.site), (&mut self.langs, &line.lang)] {
            let Some(name) = name else { continue };
            let name = if names.len() < MOST_NAMES || names.contains_key(name) { name } else { OTHERS };
            if !names.contains_key(name) {
                names.insert(name.to_owned(), Fate::default());
            }
            if let Some(fate) = names.get_mut(name) {
                *(if removed { &mut fate.gone } else { &mut fate.kept }) += 1;
                fate.bytes_in += line.bytes_in;
                fate.bytes_cut += cut;
            }
        }
        if cut > 0 && line.bytes_in >= LEAST_BYTES && line.status != Status::Emptied {
            self.remember(line);
        }
    }

    fn remember(&mut self, line: &DocumentLine) {
        let left = u128::from(line.bytes_out) * 10_000 / u128::from(line.bytes_in.max(1));
        let left = Reverse(u64::try_from(left).unwrap_or(u64::MAX));
        if self.lost.len() >= MOST_LOST && self.lost.first().is_some_and(|least| left < least.left) {
            return;
        }
        let (doc, bytes_in, bytes_out) = (Reverse(line.doc.clone()), line.bytes_in, line.bytes_out);
        self.lost.insert(Lost { left, doc, bytes_in, bytes_out });
        if self.lost.len() > MOST_LOST {
            self.lost.pop_first();
        }
    }

    /// The documents that lost the largest share of their text to rules, worst first.
    pub(super) fn lost(&self) -> impl Iterator<Item = &Lost> {
        self.lost.iter().rev()
    }

    /// Sizes of clean texts: kept and removed documents.
    pub(super) fn sizes(&self) -> Bins {
        let mut bins = Bins::default();
        let (Some((first, _)), Some((last, _))) = (self.sizes.first_key_value(), self.sizes.last_key_value())
        else {
            return bins;
        };
        let mut at = *first;
        while at <= *last {
            bins.edges.push(edge(at));
            bins.bars.push(self.sizes.get(&at).copied().unwrap_or_default());
            at = next(at);
        }
        bins.edges.push(edge(at));
        bins
    }

    /// Similarities of near copies to their kept documents, from `least` hundredths on.
    pub(super) fn similarities(&self, least: u32) -> Bins {
        let mut bins = Bins::default();
        let Some((first, _)) = self.similarities.first_key_value() else { return bins };
        let from = least.min(*first).min(99);
        // A similarity of 1 with other words is possible: shingles are a set. It counts with the last bar.
        for hundredths in from..100 {
            let of = |h: u32| self.similarities.get(&h).copied().unwrap_or_default();
            let count = of(hundredths) + if hundredths == 99 { of(100) } else { 0 };
            bins.edges.push(hundredths_in_words(hundredths));
            bins.bars.push([count, 0]);
        }
        bins.edges.push(hundredths_in_words(100));
        bins
    }

    /// Documents by day, month or year, as finely as all of them allow, or all but a few; kept and removed.
    pub(super) fn dates(&self) -> (&'static str, Bins) {
        const MOST_BARS: i64 = 40;
        let years = |date: &Date| i64::from(date.year.unwrap_or_default());
        let months = |date: &Date| Some(years(date) * 12 + i64::from(date.month?) - 1);
        let year_of = |year: i64| format!("{year:04}");
        let month_of = |month: i64| format!("{:04}-{:02}", month.div_euclid(12), month.rem_euclid(12) + 1);
        let fits = |(from, to): &(i64, i64)| to - from < MOST_BARS;
        if let Some(span) = self.span(|date| date.unix_day()).filter(fits) {
            return ("day", self.dates_by(span, |date| date.unix_day(), super::charts::day_name));
        }
        if let Some(span) = self.span(months).filter(fits) {
            return ("month", self.dates_by(span, months, month_of));
        }
        let Some((from, to)) = self.span(|date| Some(years(date))) else {
            return ("year", Bins { beside: self.undated, ..Bins::default() });
        };
        // Of a longer span its end: what comes before is counted beside it.
        let span = (from.max(to - MOST_BARS + 1), to);
        ("year", self.dates_by(span, |date| Some(years(date)), year_of))
    }

    /// The places between which all documents with a date lie, but for one in a hundred at each end; none if a part of
    /// them that cannot be left out has no place.
    fn span(&self, place: impl Fn(&Date) -> Option<i64>) -> Option<(i64, i64)> {
        let all: u64 = self.days.values().flatten().sum();
        let mut placed: BTreeMap<i64, u64> = BTreeMap::new();
        for (date, counts) in &self.days {
            if let Some(at) = place(date) {
                *placed.entry(at).or_default() += counts[0] + counts[1];
            }
        }
        if placed.values().sum::<u64>() * 10 < all * 9 {
            return None;
        }
        let spared = all / 100;
        Some((end(placed.iter(), spared)?, end(placed.iter().rev(), spared)?))
    }

    fn dates_by(
        &self,
        (from, to): (i64, i64),
        place: impl Fn(&Date) -> Option<i64>,
        name: impl Fn(i64) -> String,
    ) -> Bins {
        let bars = vec![[0; 2]; usize::try_from(to - from + 1).unwrap_or_default()];
        let mut bins = Bins { edges: (from..=to + 1).map(name).collect(), bars, beside: self.undated };
        for (date, counts) in &self.days {
            let bar = place(date).and_then(|at| usize::try_from(at - from).ok());
            match bar.and_then(|at| bins.bars.get_mut(at)) {
                Some(bar) => (0..2).for_each(|i| bar[i] += counts[i]),
                None => bins.beside += counts[0] + counts[1],
            }
        }
        bins
    }
}

/// The first place behind which more than `spared` documents were passed.
fn end<'a>(mut places: impl Iterator<Item = (&'a i64, &'a u64)>, spared: u64) -> Option<i64> {
    let mut passed = 0;
    let is_end = |(_, count): &(&i64, &u64)| {
        passed += **count;
        passed > spared
    };
    places.find(is_end).map(|(at, _)| *at)
}

/// What sites are called that turned up after too many others.
const OTHERS: &str = "(others)";

/// The step of the scale 1, 2, 5, 10, 20, … at or below `bytes`: power of ten, and 1, 2 or 5; all below ten are one.
fn step(bytes: u64) -> (u32, u64) {
    let power = bytes.max(1).ilog10();
    if power == 0 {
        return (0, 1);
    }
    let digit = bytes / 10_u64.pow(power);
    (
        power,
        if digit >= 5 {
            5
        } else if digit >= 2 {
            2
        } else {
            1
        },
    )
}

fn next((power, digit): (u32, u64)) -> (u32, u64) {
    match (power, digit) {
        (0, _) => (1, 1),
        (power, 1) => (power, 2),
        (power, 2) => (power, 5),
        (power, _) => (power + 1, 1),
    }
}

/// `(4, 2)` as `20 kB`; the lowest step begins at nothing.
fn edge((power, digit): (u32, u64)) -> String {
    const UNITS: [&str; 7] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    if power == 0 {
        return "0".into();
    }
    let unit = UNITS.get(power as usize / 3).copied().unwrap_or("EB");
    format!("{} {unit}", digit * 10_u64.pow(power % 3))
}

fn hundredths_in_words(hundredths: u32) -> String {
    crate::document::Decimal4(hundredths * 100).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Decimal4, Origin};
    use crate::write::record::DateLine;

    fn line(doc: &str, status: Status, bytes_in: u64, bytes_out: u64) -> DocumentLine {
        let line = serde_json::json!({
            "doc": doc, "status": "kept", "captures": {}, "bytes_in": bytes_in, "bytes_out": bytes_out, "cut": {},
        });
        DocumentLine { status, ..serde_json::from_value(line).unwrap() }
    }

    fn dated(date: &str) -> DocumentLine {
        let date = Some(DateLine { value: date.into(), source: Origin::Field });
        DocumentLine { date, ..line("a", Status::Kept, 9, 9) }
    }

    #[test]
    fn sizes_stand_between_the_edges_that_are_named() {
        let mut profile = Profile::default();
        for bytes in [1, 9, 10, 199, 200, 4999, 5000] {
            profile.add(&line("a", Status::Kept, bytes, bytes));
        }
        profile.add(&line("b", Status::Near, 5000, 5000));
        profile.add(&line("c", Status::Emptied, 5000, 0));
        let bins = profile.sizes();
        assert_eq!(bins.edges.join(","), "0,10 B,20 B,50 B,100 B,200 B,500 B,1 kB,2 kB,5 kB,10 kB");
        let kept: Vec<u64> = bins.bars.iter().map(|bar| bar[0]).collect();
        assert_eq!(kept, [2, 1, 0, 0, 1, 1, 0, 0, 1, 1]);
        assert_eq!(bins.bars[9], [1, 1]);
        assert_eq!(step(u64::MAX), (19, 1));
    }

    #[test]
    fn similarities_begin_at_the_threshold_and_end_at_one() {
        let mut profile = Profile::default();
        for similarity in [7000, 7099, 9999, 10_000] {
            let similarity = Some(Decimal4(similarity));
            profile.add(&DocumentLine { similarity, ..line("a", Status::Near, 9, 9) });
        }
        let bins = profile.similarities(70);
        assert_eq!((bins.bars.len(), bins.bars[0][0], bins.bars[29][0]), (30, 2, 2));
        assert_eq!((bins.edges[0].as_str(), bins.edges[30].as_str()), ("0.7", "1"));
        assert_eq!(Profile::default().similarities(70), Bins::default());
    }

    #[test]
    fn dates_are_shown_as_finely_as_the_span_allows_and_none_is_lost() {
        let of = |dates: &[&str]| {
            let mut profile = Profile::default();
            dates.iter().for_each(|date| profile.add(&dated(date)));
            let (unit, bins) = profile.dates();
            let shown: u64 = bins.bars.iter().flatten().sum();
            assert_eq!(shown + bins.beside, dates.len() as u64, "{dates:?}");
            (unit, bins.bars.len(), bins.edges[..2].join(" "))
        };
        assert_eq!(of(&["2018-02-28", "2018-03-01"]), ("day", 2, "2018-02-28 2018-03-01".into()));
        assert_eq!(of(&["2017-12-30", "2018-02-28"]), ("month", 3, "2017-12 2018-01".into()));
        assert_eq!(of(&["2017-12-30", "2018-02-28", "2018"]), ("year", 2, "2017 2018".into()));
        assert_eq!(of(&["1990-01-01", "2018", "--12-30"]), ("year", 29, "1990 1991".into()));
        assert_eq!(of(&["1950-01-01", "2018-01-01"]), ("year", 40, "1979 1980".into()));
        let mut many = vec!["2018-07-16"; 500];
        many.extend(["2018-07-17", "1999-01-01", "2031-01-01"]);
        assert_eq!(of(&many), ("day", 1, "2018-07-16 2018-07-17".into()), "a few odd ones spoil no picture");
    }

    #[test]
    fn the_documents_that_lost_most_are_remembered_whatever_their_order() {
        let lines: Vec<DocumentLine> =
            (0..40).map(|n| line(&format!("d{n:02}"), Status::Kept, 1000, 900 - (n % 20) * 40)).collect();
        let of = |lines: &mut dyn Iterator<Item = &DocumentLine>| {
            let mut profile = Profile::default();
            lines.for_each(|line| profile.add(line));
            profile.lost().map(|lost| lost.doc.0.clone()).collect::<Vec<_>>()
        };
        let there = of(&mut lines.iter());
        assert_eq!(there, ["d19", "d39", "d18", "d38", "d17", "d37", "d16", "d36", "d15", "d35"]);
        assert_eq!(there, of(&mut lines.iter().rev()));
    }
}
