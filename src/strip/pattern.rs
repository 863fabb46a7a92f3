//! A regular expression that is compiled when it is first needed.
//!
//! Most rules never see a line with one of their keywords; compiling all of them takes longer than cleaning a small
//! folder. Expressions of strangers are compiled at once, so that a bad one is reported before any input is read; those
//! of the built-in rules are known to compile, by test.

use std::sync::OnceLock;

use regex::bytes::{Captures, Matches, Regex, RegexBuilder};

/// Memory that one compiled expression may take, in bytes: bounds what a stranger's rules can cost.
const COMPILED_LIMIT: usize = 4 << 20;

/// An expression over characters: it never matches part of one.
#[derive(Debug, Clone)]
pub struct Pattern {
    source: String,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// An expression that is known to compile.
    pub(super) fn trusted(source: &str) -> Self {
        Self { source: source.to_owned(), compiled: OnceLock::new() }
    }

    /// An expression that is checked and compiled now.
    ///
    /// # Errors
    /// In one line, what is wrong with it.
    pub(super) fn checked(source: &str) -> Result<Self, String> {
        let last_line =
            |cause: String| cause.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        regex_syntax::Parser::new().parse(source).map_err(|e| last_line(e.to_string()))?;
        let regex = compile(source).map_err(|e| last_line(e.to_string()))?;
        Ok(Self { source: source.to_owned(), compiled: OnceLock::from(Some(regex)) })
    }

    /// Whether the expression compiles.
    pub fn is_sound(&self) -> bool {
        self.regex().is_some()
    }

    /// The expression as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    fn regex(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| compile(&self.source).ok()).as_ref()
    }

    /// Whether it is found in `text`.
    pub fn is_match(&self, text: &[u8]) -> bool {
        self.regex().is_some_and(|r| r.is_match(text))
    }

    /// Where it is found in `text`, one match after the other.
    pub(super) fn find_iter<'t>(&'t self, text: &'t [u8]) -> impl Iterator<Item = regex::bytes::Match<'t>> {
        let matches: Option<Matches<'_, '_>> = self.regex().map(|r| r.find_iter(text));
        matches.into_iter().flatten()
    }

    /// The groups of the first match that begins at or after `from`.
    pub(super) fn captures_at<'t>(&self, text: &'t [u8], from: usize) -> Option<Captures<'t>> {
        self.regex()?.captures_at(text, from)
    }

    /// Whether it has a group of this name.
    pub(super) fn has_group(&self, name: &str) -> bool {
        self.regex().is_some_and(|r| r.capture_names().flatten().any(|n| n == name))
    }
}

fn compile(source: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(source).size_limit(COMPILED_LIMIT).build()
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn an_expression_that_could_match_half_a_character_is_refused() {
        assert!(Pattern::checked(r"(?-u:\xFF)").is_err());
        assert!(Pattern::checked(r"\xFF").is_ok());
    }

    #[test]
    fn an_expression_that_would_take_too_much_memory_is_refused() {
        assert!(Pattern::checked(r"(?:\pL{1000}){1000}").is_err());
    }
}
