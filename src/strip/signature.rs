//! Knows a site by what only its pages say.
//!
//! An expression is tried only where a piece of text stands that each of its matches holds.

use aho_corasick::{AhoCorasick, BuildError, MatchKind};
use regex_syntax::hir::{Hir, HirKind};

use super::parse::Site;
use super::pattern::Pattern;

/// The signatures of all sites, in the order of the files.
#[derive(Debug, Default)]
pub(super) struct Signatures {
    signatures: Vec<Signature>,
    /// Says whether any literal stands in a text, fast.
    any: Option<AhoCorasick>,
    /// Says which ones do.
    all: Option<AhoCorasick>,
}

#[derive(Debug)]
struct Signature {
    pattern: Pattern,
    host: String,
    literal: Option<usize>,
}

impl Signatures {
    /// The signatures of `sites`.
    ///
    /// # Errors
    /// If they are too many.
    pub(super) fn new(sites: Vec<Site>) -> Result<Self, BuildError> {
        let mut literals = Vec::new();
        let mut signatures = Vec::new();
        for Site { host, signature } in sites {
            for pattern in signature {
                let literal = required(pattern.source()).map(|literal| {
                    literals.push(literal);
                    literals.len() - 1
                });
                signatures.push(Signature { pattern, host: host.clone(), literal });
            }
        }
        if literals.is_empty() {
            return Ok(Self { signatures, ..Self::default() });
        }
        let any = AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(&literals)?;
        let all = AhoCorasick::builder().build(&literals)?;
        Ok(Self { signatures, any: Some(any), all: Some(all) })
    }

    /// The host of the first signature that stands in `text`.
    pub(super) fn find(&self, text: &[u8]) -> Option<&str> {
        let mut stands = Vec::new();
        if let (Some(any), Some(all)) = (&self.any, &self.all)
            && any.is_match(text)
        {
            stands.resize(all.patterns_len(), false);
            all.find_overlapping_iter(text).for_each(|hit| stands[hit.pattern().as_usize()] = true);
        }
        let worth = |s: &&Signature| s.literal.is_none_or(|literal| stands.get(literal) == Some(&true));
        self.signatures.iter().filter(worth).find(|s| s.pattern.is_match(text)).map(|s| s.host.as_str())
    }
}

/// A piece of text that stands in every match of an expression, the longest that is easily seen.
fn required(source: &str) -> Option<Vec<u8>> {
    fn longest(hir: &Hir) -> Option<&[u8]> {
        match hir.kind() {
            HirKind::Literal(literal) => Some(&literal.0),
            HirKind::Capture(capture) => longest(&capture.sub),
            HirKind::Repetition(repetition) if repetition.min > 0 => longest(&repetition.sub),
            HirKind::Concat(pieces) => pieces.iter().filter_map(longest).max_by_key(|literal| literal.len()),
            _ => None,
        }
    }
    let hir = regex_syntax::Parser::new().parse(source).ok()?;
    longest(&hir).map(<[u8]>::to_vec)
}
