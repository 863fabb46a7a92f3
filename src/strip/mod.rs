//! Stage.

use std::path::PathBuf;

use crate::error::Problem;
use crate::{Error, Result};

/// One rule as `tamis rules list` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleInfo {
    /// Its id.
    pub id: String,
    /// What it is about.
    pub about: String,
    /// What it cuts: span, line, block, ….
    pub unit: String,
    /// Where it applies, in words; empty: everywhere.
    pub scope: String,
    /// File that it stands in.
    pub file: String,
    /// Line of that file.
    pub line: usize,
}

/// What `tamis rules test` found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TestReport {
    /// Rules tested.
    pub rules: usize,
    /// Examples tried.
    pub examples: usize,
    /// Examples that do not hold, and whatever else is wrong.
    pub failures: Vec<Problem>,
}

/// The rules in use, by file and line; `rules` empty: the built-in ones.
///
/// # Errors
/// Files that cannot be read and rules with problems.
pub fn rules_list(_rules: &[PathBuf]) -> Result<Vec<RuleInfo>> {
    Err(Error::usage("not built yet", ""))
}

/// One rule with its examples, as lines of text.
///
/// # Errors
/// As [`rules_list`], and if there is no such rule.
pub fn rules_show(_rules: &[PathBuf], _id: &str) -> Result<String> {
    Err(Error::usage("not built yet", ""))
}

/// Tests rules against their own examples; `files` empty: the built-in ones.
///
/// # Errors
/// Files that cannot be read.
pub fn rules_test(_files: &[PathBuf]) -> Result<TestReport> {
    Err(Error::usage("not built yet", ""))
}
