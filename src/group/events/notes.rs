//! What is made of one document before others are looked at, as bytes: so that a text that was read once need not be
//! read again.
//!
//! Invariant: notes give back what was noted, or nothing. They are a function of the document and of which of its
//! paragraphs others hold, which they name (`mark`).

use std::io;

use super::features::{Analysis, IN_LEAD, IS_WHAT};
use crate::shard::bytes::{In, Out, damaged};

/// A document that was read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Noted {
    /// Keys of its paragraphs, ascending, each once.
    pub(super) keys: Vec<u64>,
    /// Which of its paragraphs other documents held when it was analysed; 0 for none.
    pub(super) mark: u64,
    pub(super) analysis: Analysis,
}

/// Four flags in a byte.
const FLAGS: usize = 4;

/// As bytes; of the analysis the parts, since features are held otherwise.
pub(super) fn write(
    (keys, mark): (&[u64], u64),
    (length, language, dates): (u32, u8, &[crate::dates::Date]),
    features: impl ExactSizeIterator<Item = (u64, u8)>,
) -> Vec<u8> {
    let mut out = Out(Vec::with_capacity(32 + 8 * keys.len() + 4 * dates.len() + 9 * features.len()));
    out.u64(mark).u32(length).u8(language);
    out.u32(keys.len() as u32).u32(dates.len() as u32).u32(features.len() as u32);
    keys.iter().for_each(|key| {
        out.u64(*key);
    });
    dates.iter().for_each(|date| {
        out.date(Some(*date));
    });
    let mut flags = vec![0u8; features.len().div_ceil(FLAGS)];
    for (n, (hash, flag)) in features.enumerate() {
        out.u64(hash);
        flags[n / FLAGS] |= (flag & (IN_LEAD | IS_WHAT)) << (2 * (n % FLAGS));
    }
    out.0.extend(flags);
    out.0
}

/// What was noted.
///
/// # Errors
/// [`io::ErrorKind::InvalidData`] for anything else.
pub(super) fn read(bytes: &[u8]) -> io::Result<Noted> {
    let mut from = In(bytes);
    let (mark, length, language) = (from.u64()?, from.u32()?, from.u8()?);
    let [keys, dates, features] = [from.u32()?, from.u32()?, from.u32()?].map(|count| count as usize);
    let keys = from.take(keys * 8)?.chunks_exact(8).map(number).collect();
    let dates = (0..dates).map(|_| from.date()).collect::<io::Result<_>>()?;
    let hashes = from.take(features * 8)?.chunks_exact(8).map(number);
    let flags = from.take(features.div_ceil(FLAGS))?;
    let flag = |n: usize| flags[n / FLAGS] >> (2 * (n % FLAGS)) & (IN_LEAD | IS_WHAT);
    let features = hashes.enumerate().map(|(n, hash)| (hash, flag(n))).collect();
    if !from.0.is_empty() {
        return Err(damaged());
    }
    Ok(Noted { keys, mark, analysis: Analysis { features, length, dates, language } })
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dates::Date;

    #[test]
    fn notes_give_back_what_was_noted_and_nothing_if_they_are_cut_or_longer() {
        let dates = vec![
            Date { year: Some(2017), month: Some(12), day: None },
            Date { year: None, month: Some(1), day: Some(2) },
        ];
        let features: Vec<(u64, u8)> = (0..9u64).map(|n| (n << 40 | n, (n % 4) as u8)).collect();
        let analysis =
            Analysis { features: features.clone(), length: 70_000, dates: dates.clone(), language: 33 };
        let noted = Noted { keys: vec![3, u64::MAX], mark: 7, analysis };
        let bytes = write((&noted.keys, noted.mark), (70_000, 33, &dates), features.into_iter());
        assert_eq!(read(&bytes).unwrap(), noted);
        assert!((0..bytes.len()).all(|end| read(&bytes[..end]).is_err()));
        assert!(read(&[bytes.as_slice(), &[0]].concat()).is_err());
    }
}
