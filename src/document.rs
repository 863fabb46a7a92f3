//! What every stage knows about a document: its metadata, the ranges cut from it, and what became of it.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::dates::Date;

/// SHA-256 of a document's normal form: its lower-cased words joined by one space. All zero bytes never occur.
pub type Digest = [u8; 32];

/// Where a piece of metadata was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A field of the record.
    Field,
    /// The file's name.
    FileName,
    /// A named group of a rule, read before the rule cut it.
    Chrome,
    /// The text itself.
    Text,
}

/// Metadata of one document; everything is optional, unknown stays unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The record's own id, as the record writes it (numbers in their digits). Never used as a path.
    pub id: Option<String>,
    /// Address of the page.
    pub url: Option<String>,
    /// Title from a field (not guessed from the text).
    pub title: Option<String>,
    /// Host of the URL, else the folder, else what a site's signature says. Lower case, no leading `www.`.
    pub site: Option<String>,
    /// Language as an ISO 639-1 code (639-3 where there is none): from a field, else detected.
    pub lang: Option<String>,
    /// Date of publication and where it was found.
    pub date: Option<(Date, Origin)>,
    /// Named groups of capturing rules, as (name, text), in text order.
    pub captures: Vec<(String, String)>,
}

/// A range of decoded text, in bytes, that `rule` (an index into the rule set's ids) cut. Half open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cut {
    /// First byte that is cut.
    pub start: usize,
    /// First byte after the cut; never less than `start`.
    pub end: usize,
    /// The rule that cut it.
    pub rule: u32,
}

impl Cut {
    /// Number of bytes cut.
    pub fn len(&self) -> usize {
        self.end - self.start
    }

    /// Whether nothing is cut.
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }
}

/// What became of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Written to the clean corpus.
    Kept,
    /// Removed: same normal form as a kept document.
    Identical,
    /// Removed: similarity to a kept document at or above the threshold.
    Near,
    /// The rules left nothing of it; in no cluster and not written.
    Emptied,
    /// Came from `--against`: counts as kept before, never written.
    Reference,
}

/// A number in 0..=1 with four decimals, kept as an integer so that it is the same everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Decimal4(pub u32);

impl Decimal4 {
    /// One.
    pub const ONE: Self = Self(10_000);

    /// `part / whole`, rounded half up; 1 for 0 / 0.
    pub fn ratio(part: u64, whole: u64) -> Self {
        if whole == 0 {
            return Self::ONE;
        }
        let (part, whole) = (u128::from(part), u128::from(whole));
        Self(u32::try_from((part * 20_000 + whole) / (2 * whole)).unwrap_or(u32::MAX))
    }

    /// As a floating-point number, for display and serialisation only.
    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / 10_000.0
    }
}

impl fmt::Display for Decimal4 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.as_f64())
    }
}

impl Serialize for Decimal4 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.as_f64())
    }
}

impl<'de> Deserialize<'de> for Decimal4 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = f64::deserialize(deserializer)?;
        Ok(Self((value.clamp(0.0, 100_000.0) * 10_000.0).round() as u32))
    }
}

/// Lower-case hexadecimal digits of `bytes`.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|b| [DIGITS[usize::from(b >> 4)] as char, DIGITS[usize::from(b & 15)] as char])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_rounds_half_up_to_four_decimals() {
        assert_eq!(Decimal4::ratio(2, 3), Decimal4(6667));
        assert_eq!(Decimal4::ratio(1, 20_000), Decimal4(1));
        assert_eq!(Decimal4::ratio(0, 7), Decimal4(0));
        assert_eq!(Decimal4::ratio(0, 0), Decimal4::ONE);
        assert_eq!(serde_json::to_string(&Decimal4(8333)).unwrap(), "0.8333");
    }
}
