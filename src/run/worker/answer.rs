//! Answers: what was found in a unit, as lines that can be carried to the machine that finishes.

use serde::{Deserialize, Serialize};

use super::lines::{Lines, mark};
use super::unit::{Planned, What};
use super::{shard, wrong};
use crate::error::Result;
use crate::run::feed::End;
use crate::run::intake::Reading;
use crate::run::reader::{Of, Portion};
use crate::shard::Store;
use crate::write::record::Reject;

/// One line: a part of a unit.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Answer {
    /// Number of the unit, and of the part in it.
    pub(super) unit: u64,
    pub(super) part: u64,
    /// Whether it is the last part of its unit.
    pub(super) last: bool,
    /// What tells the line of the plan that was asked.
    pub(super) plan: String,
    pub(super) found: Found,
    /// Where the documents stand; none if there are none.
    pub(super) shard: Option<String>,
    #[serde(skip_serializing_if = "is_false", default)]
    pub(super) reused: bool,
    /// Where the first record begins in its source.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub(super) offset: u64,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(super) rejects: Vec<Reject>,
    /// Why a source cannot be used at all.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) failed: Option<String>,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// What a part is of; sources by their place in the unit.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Found {
    /// Texts that can be used, each with its SHA-256, in the order of the rows.
    Texts(Vec<(u32, String)>),
    /// A slice, which ends here.
    Slice(u64),
    /// A piece of a stream; with the last piece of a source what is known at its end.
    Piece(usize, Option<End>),
    /// The SHA-256 of the whole source; none if it cannot be read.
    Hash(Option<String>),
}

impl Answer {
    /// What a portion says, without bytes.
    pub(super) fn of(portion: Portion) -> Self {
        let found = match portion.of {
            Of::Files(files) => Found::Texts(files),
            Of::Slice { end, .. } => Found::Slice(end),
            Of::Piece { source, end } => Found::Piece(source, end),
        };
        Self {
            unit: 0,
            part: 0,
            last: false,
            plan: String::new(),
            found,
            shard: portion.shard.map(|shard| shard.name().to_string()),
            reused: portion.reused,
            offset: portion.offset,
            rejects: portion.rejects,
            failed: portion.failed,
        }
    }

    /// The portion again: sources as they stand in the whole input, the shard from the store.
    fn portion(self, planned: &Planned, store: &Store) -> Result<Portion> {
        let place = |source: usize| planned.places.get(source).copied();
        let found = match self.found {
            Found::Texts(texts) => {
                let all =
                    texts.into_iter().map(|(source, hash)| Some((place(source as usize)? as u32, hash)));
                all.collect::<Option<_>>().map(Of::Files)
            }
            Found::Slice(end) => place(0).map(|source| Of::Slice { source, bytes: Vec::new(), end }),
            Found::Hash(_) => place(0).map(|source| Of::Slice { source, bytes: Vec::new(), end: 0 }),
            Found::Piece(source, end) => place(source).map(|source| Of::Piece { source, end }),
        };
        let of =
            found.ok_or_else(|| wrong(format!("unit {}: an answer about no source of it", self.unit)))?;
        Ok(Portion {
            of,
            shard: self.shard.map(|name| shard(self.unit, &name, store)).transpose()?,
            reused: self.reused,
            rejects: self.rejects,
            offset: self.offset,
            failed: self.failed,
        })
    }
}

/// Takes over the answers to all `planned` units, which must come sorted by unit and part, each once. What stands behind
/// them is not read.
///
/// # Errors
/// Answers that are missing, come twice, out of order, or answer another plan; shards that are not there.
pub(super) fn join(
    planned: &[Planned],
    answers: &mut Lines<'_>,
    store: &Store,
    reading: &mut Reading,
) -> Result<()> {
    for planned in planned {
        let number = planned.unit.unit;
        let plan = mark(&planned.line);
        for part in 0.. {
            let Some((answer, _)) = answers.next::<Answer>("answer")? else {
                return Err(wrong(format!(
                    "the answers end before part {part} of unit {number}: some are missing"
                )));
            };
            if (answer.unit, answer.part) != (number, part) {
                return Err(wrong(format!(
                    "standard input, line {}: part {} of unit {} where part {part} of unit {number} should be; \
                     answers come sorted by unit and part, each once",
                    answers.number, answer.part, answer.unit
                )));
            }
            if answer.plan != plan {
                let key = planned.unit.sources.first().map_or("", |source| source.key.as_str());
                return Err(wrong(format!(
                    "unit {number} ({key} …) is not what was planned: the input changed, or the answers are to \
                     another plan"
                )));
            }
            let last = answer.last;
            take(answer, planned, store, reading)?;
            if last {
                break;
            }
        }
    }
    Ok(())
}

/// Fails if there are more answers.
///
/// # Errors
/// More answers, or other lines.
pub(super) fn end(answers: &mut Lines<'_>) -> Result<()> {
    match answers.next::<Answer>("answer")? {
        None => Ok(()),
        Some(_) => {
            Err(wrong(format!("standard input, line {}: more answers than were planned", answers.number)))
        }
    }
}

fn take(answer: Answer, planned: &Planned, store: &Store, reading: &mut Reading) -> Result<()> {
    let whole = match (&answer.found, planned.unit.what) {
        // The one slice of a source that has no more.
        (Found::Slice(_), What::Slices(_))
        | (Found::Texts(_), What::Texts)
        | (Found::Piece(..), What::Stream) => None,
        (Found::Hash(hash), What::Slices(_) | What::Hash) => Some(hash.clone()),
        _ => return Err(wrong(format!("unit {}: an answer to another question", answer.unit))),
    };
    match whole {
        None => reading.join(answer.portion(planned, store)?),
        Some(hash) => {
            if answer.failed.is_some() {
                reading.join(answer.portion(planned, store)?);
            }
            if let Some((hash, source)) = hash.zip(planned.places.first()) {
                reading.hashed(*source, hash);
            }
        }
    }
    Ok(())
}
