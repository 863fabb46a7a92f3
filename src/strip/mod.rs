//! Strips site chrome: names the ranges of a text that rules cut.
//!
//! Cut ranges lie inside the text, are sorted, do not overlap, and take whole characters. Rules run until a pass finds
//! nothing more, so that stripping a stripped text changes nothing.

mod examples;
mod files;
mod gate;
mod gates;
mod keywords;
mod layout;
mod lines;
pub mod main_content;
mod memo;
mod needle;
mod outline;
mod parse;
mod pass;
pub mod pattern;
pub mod rule;
mod ruleset;
mod sides;
mod signature;
mod structure;
pub mod suggest;
mod triggers;
mod units;
mod unwrap;

use std::borrow::Cow;
use std::path::PathBuf;

use rustc_hash::FxHashMap;

pub use examples::{TestReport, rules_test};
pub use rule::belongs_to;
pub(crate) use ruleset::{LEARNED, is_learned};
pub use ruleset::{RuleSet, Scope};

use gates::Tongue;
use memo::Memo;
use pass::{Captured, Extra};

use crate::document::Cut;
use crate::error::{Error, Result};

/// Passes after which stripping ends even if the last one still cut something, and bytes that passes over a short text
/// may go through together, however many they are. Real text takes two or three.
const MOST_PASSES: usize = 16;
const PASSED_THROUGH: usize = 16 << 20;

/// What stripping found in one text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stripped {
    /// Ranges that go; sorted, disjoint.
    pub cuts: Vec<Cut>,
    /// Named groups of capturing rules, as (name, text), in text order.
    pub captures: Vec<(String, String)>,
}

impl RuleSet {
    /// Finds what to cut from `text`, in bytes of `text`.
    ///
    /// ```
    /// use tamis::strip::{RuleSet, Scope, remaining};
    ///
    /// let rules = RuleSet::built_in()?;
    /// let text = "Le pont a rouvert lundi.\nLIRE AUSSI:\n".as_bytes();
    /// let found = rules.strip(text, &Scope { lang: Some("fr"), ..Scope::default() }, true);
    ///
    /// assert_eq!(&*remaining(text, &found.cuts), "Le pont a rouvert lundi.\n".as_bytes());
    /// let named: Vec<&str> = found.cuts.iter().map(|cut| rules.id(cut.rule)).collect();
    /// assert_eq!(named, ["fr.read-also"]);
    /// # Ok::<(), tamis::Error>(())
    /// ```
    pub fn strip(&self, text: &[u8], scope: &Scope<'_>, with_layout: bool) -> Stripped {
        Stripper::new(self).strip(text, scope, with_layout)
    }
}

/// Strips many texts with one rule set; faster than [`RuleSet::strip`] on each, with the same result, since it remembers
/// what rules said of a line. One a thread.
#[derive(Debug)]
pub struct Stripper<'r> {
    rules: &'r RuleSet,
    /// What rules said of lines: one memo a language.
    memos: FxHashMap<Tongue, Memo>,
    /// Bytes of text in a language after which lines are turned away at a gate.
    before_gate: usize,
    /// Whether lines outside the article go too.
    main_content: bool,
}

/// Bytes of text in a language after which lines are turned away at a gate: making one takes as long as stripping so
/// much text.
const BEFORE_GATE: usize = 1 << 18;

/// The mark of byte order at the beginning of a text: no rule is about it.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// Bytes of lines and verdicts after which all memos are emptied (between two texts).
const MOST_MEMO: usize = 8 << 20;

impl<'r> Stripper<'r> {
    /// With nothing remembered yet.
    pub fn new(rules: &'r RuleSet) -> Self {
        Self { rules, memos: FxHashMap::default(), before_gate: BEFORE_GATE, main_content: false }
    }

    /// Texts are pages: where `only` is true, every line outside the article goes too (see [`main_content`]).
    pub fn with_main_content(mut self, only: bool) -> Self {
        self.seek_article(only);
        self
    }

    /// As [`Stripper::with_main_content`], from the next text on.
    pub fn seek_article(&mut self, only: bool) {
        self.main_content = only;
    }

    /// With a gate from the first text on.
    #[cfg(test)]
    fn gated(rules: &'r RuleSet) -> Self {
        Self { before_gate: 0, ..Self::new(rules) }
    }

    /// As [`RuleSet::strip`]; lines outside the article go too, if that was asked for. A text of 4 GiB or more stays as
    /// it is.
    pub fn strip(&mut self, text: &[u8], scope: &Scope<'_>, with_layout: bool) -> Stripped {
        if u32::try_from(text.len()).is_err() {
            return Stripped::default();
        }
        let Some(rest) = text.strip_prefix(MARK) else {
            return self.strip_unmarked(text, scope, with_layout);
        };
        let mut found = self.strip_unmarked(rest, scope, with_layout);
        let is_gone = !rest.is_empty() && remaining(rest, &found.cuts).is_empty();
        for cut in &mut found.cuts {
            cut.start += MARK.len();
            cut.end += MARK.len();
        }
        // It goes with a text of which nothing stays.
        if let Some(first) = found.cuts.first_mut().filter(|_| is_gone) {
            first.start = 0;
        }
        found
    }

    /// As [`Stripper::strip`], of a text without a mark of byte order, or behind it.
    fn strip_unmarked(&mut self, text: &[u8], scope: &Scope<'_>, with_layout: bool) -> Stripped {
        if self.memos.values().map(Memo::bytes).sum::<usize>() > MOST_MEMO {
            self.memos.values_mut().for_each(Memo::forget);
        }
        let tongue = self.rules.tongue(scope);
        let memo = self.memos.entry(tongue).or_insert_with(|| Memo::new(tongue));
        memo.begin(self.rules, text, self.before_gate);
        let active = self.rules.active(scope);
        let mut cuts: Vec<Cut> = Vec::new();
        let mut captures = Vec::new();
        let mut before = None;
        let mut seeks_article = self.main_content;
        let mut not_article = Vec::new();
        let most_passes = MOST_PASSES.max(PASSED_THROUGH / text.len().max(1));
        for _ in 0..most_passes {
            let rest = remaining(text, &cuts);
            let extra = Extra { layout: with_layout, not_article: &not_article };
            let mut found = pass::run(self.rules, memo, &active, scope, &rest, extra, before.take());
            not_article.clear();
            if found.cuts.is_empty() {
                // The model looks at a page when the rules are done with it, and they at what it left.
                if std::mem::take(&mut seeks_article) {
                    not_article = main_content::not_article(text, &cuts, |rule| self.rules.is_learned(rule));
                }
                if not_article.is_empty() {
                    break;
                }
                before = Some(found);
                continue;
            }
            let pieces = kept_ranges(text.len(), &cuts);
            captures.extend(origins(&pieces, found.captures.drain(..)));
            add(&mut cuts, &found.cuts, &pieces);
            before = Some(found);
        }
        captures.sort();
        Stripped { cuts, captures: captures.into_iter().map(|(_, name, value)| (name, value)).collect() }
    }
}

/// `text` without `cuts` (sorted, disjoint).
pub fn remaining<'t>(text: &'t [u8], cuts: &[Cut]) -> Cow<'t, [u8]> {
    if cuts.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut rest = Vec::with_capacity(text.len());
    for (start, end) in kept_ranges(text.len(), cuts) {
        rest.extend_from_slice(&text[start..end]);
    }
    Cow::Owned(rest)
}

/// The ranges of a text of `len` bytes that `cuts` (sorted, disjoint) leave; none is empty.
pub fn kept_ranges(len: usize, cuts: &[Cut]) -> Vec<(usize, usize)> {
    let mut kept = Vec::with_capacity(cuts.len() + 1);
    let mut at = 0;
    for cut in cuts {
        if at < cut.start {
            kept.push((at, cut.start));
        }
        at = cut.end;
    }
    if at < len {
        kept.push((at, len));
    }
    kept
}

/// What was captured in the remaining text, by where it stands in the whole one, which `pieces` tell.
fn origins(
    pieces: &[(usize, usize)],
    captures: impl Iterator<Item = Captured>,
) -> impl Iterator<Item = (usize, String, String)> {
    let mut captures: Vec<Captured> = captures.collect();
    captures.sort_by_key(|captured| captured.at);
    let (mut piece, mut passed) = (0, 0);
    captures.into_iter().map(move |Captured { at, name, value }| {
        while let Some((start, end)) = pieces.get(piece).filter(|(start, end)| at - passed >= end - start) {
            passed += end - start;
            piece += 1;
        }
        (pieces.get(piece).map_or(0, |(start, _)| start + at - passed), name, value)
    })
}

/// Adds `found` (in bytes of the remaining text, whose `pieces` stand in the whole one) to `cuts`.
fn add(cuts: &mut Vec<Cut>, found: &[Cut], pieces: &[(usize, usize)]) {
    let mut piece = 0;
    let mut passed = 0;
    for cut in found {
        let (mut at, end) = (cut.start, cut.end);
        while at < end && piece < pieces.len() {
            let (start, stop) = pieces[piece];
            if at >= passed + (stop - start) {
                passed += stop - start;
                piece += 1;
                continue;
            }
            let upto = end.min(passed + (stop - start));
            cuts.push(Cut { start: start + at - passed, end: start + upto - passed, rule: cut.rule });
            at = upto;
        }
    }
    cuts.sort_unstable();
}

/// One rule, for a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleInfo {
    /// Its id.
    pub id: String,
    /// What it is for.
    pub about: String,
    /// What it cuts.
    pub unit: String,
    /// Where it applies.
    pub scope: String,
    /// Its file.
    pub file: String,
    /// Its line in the file.
    pub line: usize,
}

/// The rules in `rules` (the built-in ones if empty), in order of priority.
///
/// # Errors
/// [`Error::Rules`] with every problem of the files.
pub fn rules_list(rules: &[PathBuf]) -> Result<Vec<RuleInfo>> {
    let set = RuleSet::load_untested(rules)?;
    Ok(set
        .rules()
        .iter()
        .map(|rule| RuleInfo {
            id: rule.id.clone(),
            about: rule.about.clone(),
            unit: rule.unit.name().into(),
            scope: rule.scope(),
            file: rule.file.clone(),
            line: rule.line,
        })
        .collect())
}

/// One rule as it is written in its file.
///
/// # Errors
/// [`Error::Usage`] if there is no such rule, with the nearest id.
pub fn rules_show(rules: &[PathBuf], id: &str) -> Result<String> {
    let set = RuleSet::load_untested(rules)?;
    if let Some(rule) = set.rules().iter().find(|r| r.id == id) {
        return Ok(format!("# {}:{}\n{}\n", rule.file, rule.line, rule.source));
    }
    if let Some(number) = (0..set.numbers()).find(|n| set.id(*n) == id) {
        let turned = if number == ruleset::MAIN_CONTENT {
            "--strip main or page turns it on"
        } else {
            "--no-layout turns it off"
        };
        return Ok(format!("# built in, not in a file; {turned}\n# {}\n{id}\n", set.about(number)));
    }
    let near = set.rules().iter().map(|r| (strsim::damerau_levenshtein(&r.id, id), &r.id)).min();
    let hint = near.map_or(String::from("tamis rules list"), |(_, near)| format!("tamis rules show {near}"));
    Err(Error::usage(format!("there is no rule `{id}`"), hint))
}

#[cfg(test)]
mod tests;
