//! The columns of `--to parquet`: those that every record has, and the fields that records have of their own.
//!
//! Invariant: a column has one type, found in all records before the first is written: strings, integers, numbers, or
//! true and false, where all values are that (or null). Whatever else it holds (lists, objects, values of several types,
//! numbers with more digits than a double holds) is JSON text. Columns stand in the order of their names, so that neither the
//! order of the records nor that of their fields shows.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::own::Own;
use crate::write::parquet::{Column, Kind, lists};

/// Names from which on all own fields of a record are one column, [`TOGETHER`].
const MOST: usize = 1000;
const TOGETHER: &str = "fields";
/// Digits that a double holds whatever they are, and integers that are one.
const DIGITS: usize = 15;
const EXACT: u64 = 1 << 53;

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    Nothing,
    Flags,
    Integers,
    /// Some of which are no double.
    LargeIntegers,
    Numbers,
    Texts,
    Json,
}

impl Holds {
    /// What one value is, given as JSON.
    fn of(value: &str) -> Self {
        match value.as_bytes().first() {
            Some(b'n') => Self::Nothing,
            Some(b't' | b'f') => Self::Flags,
            // An escape may stand for half a character.
            Some(b'"') if !value.contains("\\u") || text(value).is_some() => Self::Texts,
            Some(b'-' | b'0'..=b'9') => match value.parse::<i64>() {
                // Only a double has a zero with a sign.
                Ok(0) if value.starts_with('-') => Self::Numbers,
                Ok(n) if n.unsigned_abs() <= EXACT => Self::Integers,
                Ok(_) => Self::LargeIntegers,
                Err(_) if is_double(value) => Self::Numbers,
                Err(_) => Self::Json,
            },
            _ => Self::Json,
        }
    }

    fn and(self, other: Self) -> Self {
        use Holds::{Integers, Json, LargeIntegers, Nothing, Numbers};
        match (self, other) {
            (a, b) if a == b => a,
            (Nothing, other) | (other, Nothing) => other,
            (Integers, LargeIntegers) | (LargeIntegers, Integers) => LargeIntegers,
            (Integers, Numbers) | (Numbers, Integers) => Numbers,
            _ => Json,
        }
    }

    fn kind(self) -> Kind {
        match self {
            Self::Nothing | Self::Texts | Self::Json => Kind::Text,
            Self::Flags => Kind::Flag,
            Self::Integers | Self::LargeIntegers => Kind::Integer,
            Self::Numbers => Kind::Number,
        }
    }
}

fn text(value: &str) -> Option<String> {
    serde_json::from_str(value).ok()
}

/// Whether a double tells as much as the number does: any of up to so many digits, and more if these are its own.
fn is_double(value: &str) -> bool {
    let Ok(double) = value.parse::<f64>() else { return false };
    let (digits, exponent) = scientific(value);
    let vanished = double == 0.0 && !digits.is_empty();
    double.is_finite()
        && !vanished
        && (digits.len() <= DIGITS || (digits, exponent) == scientific(&format!("{double:e}")))
}

/// The digits of a number, without zeros at either end, and the power of ten that they count.
fn scientific(number: &str) -> (String, i64) {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{}{fraction}", whole.trim_start_matches('-'));
    let kept = digits.trim_end_matches('0');
    let zeros = (digits.len() - kept.len()) as i64;
    let exponent = exponent.parse().unwrap_or(i64::MAX / 2) - fraction.len() as i64 + zeros;
    (kept.trim_start_matches('0').to_owned(), exponent)
}

/// The columns of own fields.
#[derive(Debug, Default)]
pub(super) struct Columns(BTreeMap<String, Holds>);

impl Columns {
    /// Takes note of the fields of a record.
    pub(super) fn note(&mut self, own: &Own) {
        for (name, value) in own.others().filter(|(name, _)| !is_known(name)) {
            let holds = Holds::of(value);
            match self.0.get_mut(name) {
                Some(before) => *before = before.and(holds),
                None => {
                    self.0.insert(name.to_owned(), holds);
                }
            }
        }
    }

    /// Takes over what was noted elsewhere.
    pub(super) fn join(&mut self, others: Self) {
        for (name, holds) in others.0 {
            let all = self.0.get(&name).map_or(holds, |before| before.and(holds));
            self.0.insert(name, all);
        }
    }

    fn is_together(&self) -> bool {
        self.0.len() > MOST
    }

    /// All columns of a table.
    pub(super) fn all(&self) -> Vec<Column> {
        let mut all = lists::corpus();
        if self.is_together() {
            all.push(Column::optional(TOGETHER, Kind::Text));
        } else {
            all.extend(self.0.iter().map(|(name, holds)| Column::optional(name, holds.kind())));
        }
        all
    }

    /// Names of those that hold JSON text.
    pub(super) fn json(&self) -> Vec<String> {
        if self.is_together() {
            return vec![TOGETHER.to_owned()];
        }
        self.0.iter().filter(|(_, holds)| **holds == Holds::Json).map(|(name, _)| name.clone()).collect()
    }

    /// Adds the fields of a record to its row.
    pub(super) fn fill(&self, own: &Own, row: &mut Map<String, Value>) {
        let others = own.others().filter(|(name, _)| !is_known(name));
        if self.is_together() {
            let member = |(name, value): (&str, &str)| format!("{}:{value}", Value::from(name));
            let members: Vec<String> = others.map(member).collect();
            if !members.is_empty() {
                row.insert(TOGETHER.to_owned(), format!("{{{}}}", members.join(",")).into());
            }
            return;
        }
        for (name, value) in others {
            let value = match self.0.get(name) {
                _ if value == "null" => Value::Null,
                Some(Holds::Json) | None => Value::from(value),
                Some(_) => serde_json::from_str(value).unwrap_or_default(),
            };
            row.insert(name.to_owned(), value);
        }
    }
}

/// Whether a column of this name says what was found out of a record.
fn is_known(name: &str) -> bool {
    matches!(name, "id" | "url" | "date" | "title" | "lang" | "site" | "text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_that_are_known_are_those_of_the_columns_that_all_have() {
        assert!(lists::corpus().iter().all(|column| is_known(column.name())));
        assert_eq!(lists::corpus().len(), 7);
    }

    #[test]
    fn a_column_is_of_the_one_type_that_holds_all_its_values() {
        let holds = |values: &[&str]| {
            let all = values.iter().map(|value| Holds::of(value));
            all.reduce(Holds::and).unwrap()
        };
        for (values, want) in [
            (&["null", "null"][..], Holds::Nothing),
            (&["true", "null", "false"], Holds::Flags),
            (&["1", "-2"], Holds::Integers),
            (&["1", "9223372036854775807"], Holds::LargeIntegers),
            (&["1", "0.25", "1e9"], Holds::Numbers),
            (&["9223372036854775807", "0.25"], Holds::Json),
            (&["9223372036854775808"], Holds::Json),
            (&["0.3333333333333333", "-1.2345678901234567e-30"], Holds::Numbers),
            (&["1.23456789012345678901"], Holds::Json),
            (&["1e999"], Holds::Json),
            (&["\"a\"", "\"\\u00e9\""], Holds::Texts),
            (&["\"\\ud800\""], Holds::Json),
            (&["\"a\"", "1"], Holds::Json),
            (&["true", "1"], Holds::Json),
            (&["[]"], Holds::Json),
        ] {
            assert_eq!(holds(values), want, "{values:?}");
        }
    }
}
