//! A regular expression that is compiled when it is first needed.
//!
//! Most rules never see a line with one of their keywords; compiling all of them takes longer than cleaning a small
//! folder. Expressions of strangers are compiled at once, so that a bad one is reported before any input is read; those
//! of the built-in rules are known to compile, by test.

//!
//! An expression that asks for the edge of a word (`\b`) cannot be run by an automaton over text that is not ASCII, and is
//! then many times slower. One with many letters of all scripts (`\pL{1,20}`, `\w+`) takes milliseconds and megabytes to compile.
//! So the same expression without these questions, without counts, and with all characters beyond ASCII in place of such
//! classes, which matches wherever the other one does, is asked first: mostly it says no, and the exact one is never compiled.

use std::sync::OnceLock;

use regex::bytes::{Captures, Matches, Regex, RegexBuilder};
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look, Repetition};

/// Bytes that one compiled expression may take: the first of these that is enough is what it counts for.
const SIZES: [usize; 5] = [32 << 10, 128 << 10, 512 << 10, 2 << 20, 4 << 20];
/// Bytes that all expressions of strangers may take together.
const ALL: usize = 512 << 20;
/// Bytes in which one expression may remember, in each thread, what it saw; less where there are very many of them.
const MEMORY: usize = 2 << 20;
const LEAST_MEMORY: usize = 64 << 10;
const ALL_MEMORY: usize = 128 << 20;

/// Weight (see [`weight`]) from which an expression takes long to compile, and by how much a relaxed one must be lighter.
const HEAVY: usize = 500;
const LIGHTER: usize = 2;
/// What a class of characters beyond ASCII weighs, beside its ranges: they are spelt in up to four bytes.
const WIDE: usize = 8;

/// Ranges of characters from which a class is a large one.
const RANGES: usize = 32;

/// What expressions of strangers may cost, together.
#[derive(Debug)]
pub(super) struct Budget {
    /// Bytes that are left.
    left: usize,
    /// Expressions that were compiled.
    count: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: ALL, count: 0 }
    }
}

impl Budget {
    /// An expression, and as [`relaxed`] has it.
    fn compile(&mut self, source: &str) -> Result<(Regex, Option<Relaxed>), String> {
        let memory = (ALL_MEMORY / (self.count + 1)).clamp(LEAST_MEMORY, MEMORY);
        self.count += 1;
        let (left, mut refused) = (self.left, None);
        for size in SIZES.into_iter().filter(|size| *size <= left) {
            match compile(source, size, memory) {
                Ok(compiled) => {
                    self.left -= size;
                    return Ok((compiled, relaxed(source, size, memory)));
                }
                // That it is too big costs as much time as if it were not.
                Err(e @ regex::Error::CompiledTooBig(_)) if size == SIZES[SIZES.len() - 1] => {
                    self.left -= size;
                    refused = Some(e.to_string());
                }
                Err(regex::Error::CompiledTooBig(_)) => {}
                Err(e) => return Err(last_line(&e.to_string())),
            }
        }
        let all = || format!("all expressions together take more than {} MiB", ALL >> 20);
        Err(refused.map_or_else(all, |refused| last_line(&refused)))
    }
}

fn last_line(cause: &str) -> String {
    cause.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

/// An expression over characters: it never matches part of one.
#[derive(Debug, Clone)]
pub struct Pattern {
    source: String,
    exact: OnceLock<Option<Regex>>,
    relaxed: OnceLock<Option<Relaxed>>,
}

/// Matches wherever an expression does, and elsewhere too.
#[derive(Debug, Clone)]
struct Relaxed {
    regex: Regex,
    /// Whether the exact one asks for edges of words.
    asks_for_words: bool,
    /// Whether the exact one takes much longer to compile.
    is_smaller: bool,
}

impl Pattern {
    /// An expression that is known to compile.
    pub(super) fn trusted(source: &str) -> Self {
        Self { source: source.to_owned(), exact: OnceLock::new(), relaxed: OnceLock::new() }
    }

    /// An expression that is checked and compiled now.
    ///
    /// # Errors
    /// In one line, what is wrong with it.
    pub(super) fn checked(source: &str, budget: &mut Budget) -> Result<Self, String> {
        regex_syntax::Parser::new().parse(source).map_err(|e| last_line(&e.to_string()))?;
        let (exact, relaxed) = budget.compile(source)?;
        Ok(Self { source: source.to_owned(), exact: Some(exact).into(), relaxed: relaxed.into() })
    }

    /// Whether the expression compiles.
    pub fn is_sound(&self) -> bool {
        self.exact().is_some()
    }

    /// The expression as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    fn exact(&self) -> Option<&Regex> {
        self.exact.get_or_init(|| compile(&self.source, SIZES[SIZES.len() - 1], MEMORY).ok()).as_ref()
    }

    fn relaxed(&self) -> Option<&Relaxed> {
        self.relaxed.get_or_init(|| relaxed(&self.source, SIZES[SIZES.len() - 1], MEMORY)).as_ref()
    }

    /// The expression, unless it is found nowhere in `text` from `from` on.
    fn unless_hopeless(&self, text: &[u8], from: usize) -> Option<&Regex> {
        let is_first = |relaxed: &&Relaxed| {
            (relaxed.is_smaller && self.exact.get().is_none())
                || (relaxed.asks_for_words && !text[from..].is_ascii())
        };
        let relaxed = self.relaxed().filter(is_first);
        if relaxed.is_some_and(|relaxed| !relaxed.regex.is_match_at(text, from)) {
            None
        } else {
            self.exact()
        }
    }

    /// Whether it is found in `text`.
    pub fn is_match(&self, text: &[u8]) -> bool {
        self.unless_hopeless(text, 0).is_some_and(|r| r.is_match(text))
    }

    /// Where it is found in `text`, one match after the other.
    pub(super) fn find_iter<'t>(&'t self, text: &'t [u8]) -> impl Iterator<Item = regex::bytes::Match<'t>> {
        let matches: Option<Matches<'_, '_>> = self.unless_hopeless(text, 0).map(|r| r.find_iter(text));
        matches.into_iter().flatten()
    }

    /// The groups of the first match that begins at or after `from`.
    pub(super) fn captures_at<'t>(&self, text: &'t [u8], from: usize) -> Option<Captures<'t>> {
        self.unless_hopeless(text, from)?.captures_at(text, from)
    }

    /// Whether it has a group of this name.
    pub(super) fn has_group(&self, name: &str) -> bool {
        self.exact().is_some_and(|r| r.capture_names().flatten().any(|n| n == name))
    }
}

/// `size`: bytes that it may take; `memory`: bytes in which it may remember what it saw, which tells on its speed alone.
fn compile(source: &str, size: usize, memory: usize) -> Result<Regex, regex::Error> {
    RegexBuilder::new(source).size_limit(size).dfa_size_limit(memory).build()
}

/// The expression as [`relax`] has it, where that is worth asking first. Sizes as for [`compile`].
fn relaxed(source: &str, size: usize, memory: usize) -> Option<Relaxed> {
    if !source.contains(['\\', '{']) {
        return None;
    }
    let hir = regex_syntax::Parser::new().parse(source).ok()?;
    let asks_for_words = hir.properties().look_set().contains_word_unicode();
    let before = weight(&hir);
    let hir = relax(hir);
    let is_smaller = before > HEAVY && before > weight(&hir).saturating_mul(LIGHTER);
    if !asks_for_words && !is_smaller {
        return None;
    }
    let regex = compile(&hir.to_string(), size, memory).ok()?;
    Some(Relaxed { regex, asks_for_words, is_smaller })
}

/// About how much there is to compile: ranges of characters and bytes of literals, as often as they are asked for.
fn weight(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(Class::Unicode(class)) if !class.is_ascii() => class.ranges().len() + WIDE,
        HirKind::Class(_) => 1,
        HirKind::Repetition(Repetition { min, max, sub, .. }) => {
            weight(sub).saturating_mul(max.unwrap_or(*min).max(1) as usize)
        }
        HirKind::Capture(capture) => weight(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().map(weight).fold(0, usize::saturating_add)
        }
    }
}

/// The expression with no question for edges of words, with repetitions that do not count, and with [`coarse`] classes.
fn relax(hir: Hir) -> Hir {
    match hir.into_kind() {
        HirKind::Look(
            Look::WordUnicode
            | Look::WordUnicodeNegate
            | Look::WordStartUnicode
            | Look::WordEndUnicode
            | Look::WordStartHalfUnicode
            | Look::WordEndHalfUnicode,
        )
        | HirKind::Empty => Hir::empty(),
        HirKind::Look(look) => Hir::look(look),
        HirKind::Literal(literal) => Hir::literal(literal.0),
        HirKind::Class(class) => Hir::class(coarse(class)),
        HirKind::Repetition(Repetition { min, max, greedy, sub }) => {
            let counts = min > 1 || max.is_some_and(|max| max > 1);
            let (min, max) = if counts { (min.min(1), None) } else { (min, max) };
            Hir::repetition(Repetition { min, max, greedy, sub: Box::new(relax(*sub)) })
        }
        HirKind::Capture(mut capture) => {
            capture.sub = Box::new(relax(*capture.sub));
            Hir::capture(capture)
        }
        HirKind::Concat(parts) => Hir::concat(parts.into_iter().map(relax).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.into_iter().map(relax).collect()),
    }
}

/// The class; with all characters beyond ASCII, if it has many ranges of them.
fn coarse(class: Class) -> Class {
    match class {
        Class::Unicode(mut class) if class.ranges().len() > RANGES => {
            class.union(&ClassUnicode::new([ClassUnicodeRange::new('\u{80}', char::MAX)]));
            Class::Unicode(class)
        }
        class => class,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn asking_a_relaxed_expression_first_changes_no_match(
            pieces in proptest::collection::vec(0usize..11, 1..6), text in "[aé b.]{0,12}", from in 0usize..4
        ) {
            let parts = [
                r"\b", r"\B", "a", "é", r"(?:a\b|é+)", r"\W?", "^", r"(b|\b )*", r"\pL{2,3}", r"(?:\w{3} ){1,2}?", r"[\pL ]{0,4}",
            ];
            let source: String = pieces.into_iter().map(|piece| parts[piece]).collect();
            let (pattern, twin) = (Pattern::trusted(&source), Regex::new(&source).unwrap());
            let bytes = text.as_bytes();
            prop_assert_eq!(Pattern::trusted(&source).is_match(bytes), twin.is_match(bytes));
            prop_assert_eq!(pattern.is_match(bytes), twin.is_match(bytes));
            let found: Vec<_> = pattern.find_iter(bytes).map(|m| m.range()).collect();
            prop_assert_eq!(found, twin.find_iter(bytes).map(|m| m.range()).collect::<Vec<_>>());
            let from = from.min(bytes.len());
            let first = |captures: Option<Captures<'_>>| captures.map(|c| c.get(0).unwrap().range());
            prop_assert_eq!(first(pattern.captures_at(bytes, from)), first(twin.captures_at(bytes, from)));
        }
    }

    #[test]
    fn an_expression_that_counts_letters_is_compiled_where_it_may_match() {
        let pattern = Pattern::trusted(r"^Photo: (?:\pL{2,20} ){1,3}AFP$");
        assert!(!pattern.is_match(b"Photo finish: who wins?"));
        assert!(pattern.exact.get().is_none());
        assert!(!pattern.is_match(b"Photo: A Person AFP"));
        assert!(pattern.is_match(b"Photo: Anna Person AFP"));
        assert!(pattern.exact.get().is_some());
        let light = Pattern::trusted(r"^\d{1,2} comments$");
        assert!(!light.is_match(b"no comments") && light.exact.get().is_some());
    }

    #[test]
    fn an_expression_that_could_match_half_a_character_is_refused() {
        let mut budget = Budget::default();
        assert!(Pattern::checked(r"(?-u:\xFF)", &mut budget).is_err());
        assert!(Pattern::checked(r"\xFF", &mut budget).is_ok());
    }

    #[test]
    fn an_expression_that_would_take_too_much_memory_is_refused() {
        assert!(Pattern::checked(r"(?:\pL{1000}){1000}", &mut Budget::default()).is_err());
    }

    #[test]
    fn expressions_that_would_take_too_much_memory_together_are_refused() {
        let mut budget = Budget { left: 20 << 20, count: 0 };
        let refused = (0..100).find_map(|n| Pattern::checked(&format!("\\w{{30}}{n}"), &mut budget).err());
        assert_eq!(refused.as_deref(), Some("all expressions together take more than 512 MiB"));
        let mut budget = Budget::default();
        for n in 0..2000 {
            let usual = format!(r"(?i)^read (?:also|more) {n}\s*:?(\s.*)?$");
            assert!(Pattern::checked(&usual, &mut budget).is_ok(), "{n}: {} are left", budget.left);
        }
        assert!(budget.left > ALL / 2, "{} are left", budget.left);
    }
}
