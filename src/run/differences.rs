//! Comparisons that former runs made for the report: which stretches of two texts are the same.
//!
//! Invariant: what comes out does not depend on what is known here. A comparison is looked up by both texts, and the
//! report believes of it only what is true of them. Only what a run asked for is kept for the next one.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::error::Result;
use crate::shard::bytes::{In, Out};
use crate::shard::{About, Store};
use crate::write::report::{self, Stretch};

/// Bytes that are kept at most.
const MOST: usize = 8 << 20;

/// By the hash of both texts.
type Known = BTreeMap<u128, Vec<Stretch>>;

/// What is known of pairs of texts.
pub(super) struct Differences<'a> {
    store: &'a Store,
    former: Known,
    /// What this run asked for, and whether some of it is new.
    asked: RefCell<(Known, bool)>,
}

impl<'a> Differences<'a> {
    /// Those of a former run.
    pub(super) fn open(store: &'a Store) -> Self {
        let notes = store.notes(About::Differences).unwrap_or_default();
        Self { store, former: read(&notes).unwrap_or_default(), asked: RefCell::default() }
    }

    fn key(&self, left: &str, right: &str) -> u128 {
        self.store.naming().part(left.as_bytes()).part(right.as_bytes()).name().number()
    }

    /// Leaves what this run asked for to the next one.
    ///
    /// # Errors
    /// [`crate::Error::Io`].
    pub(super) fn keep(self) -> Result<()> {
        let (asked, grew) = self.asked.into_inner();
        if !grew && asked.len() == self.former.len() {
            return Ok(());
        }
        let mut out = Out::default();
        for (key, stretches) in asked {
            if out.0.len() > MOST {
                break;
            }
            out.u64(key as u64).u64((key >> 64) as u64).u32(stretches.len() as u32);
            for stretch in stretches {
                out.u8(stretch.same.into()).u32(stretch.left).u32(stretch.right);
            }
        }
        self.store.note(About::Differences, &out.0)
    }
}

fn read(notes: &[u8]) -> std::io::Result<Known> {
    let mut from = In(notes);
    let mut known = Known::new();
    while !from.0.is_empty() {
        let key = u128::from(from.u64()?) | u128::from(from.u64()?) << 64;
        let mut stretches = Vec::new();
        for _ in 0..from.u32()? {
            stretches.push(Stretch { same: from.u8()? != 0, left: from.u32()?, right: from.u32()? });
        }
        known.insert(key, stretches);
    }
    Ok(known)
}

impl report::Differences for Differences<'_> {
    fn get(&self, left: &str, right: &str) -> Option<Vec<Stretch>> {
        let key = self.key(left, right);
        let known = self.former.get(&key)?;
        self.asked.borrow_mut().0.insert(key, known.clone());
        Some(known.clone())
    }

    fn put(&self, left: &str, right: &str, stretches: &[Stretch]) {
        let mut asked = self.asked.borrow_mut();
        asked.0.insert(self.key(left, right), stretches.to_vec());
        asked.1 = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::write::report::Differences as _;

    #[test]
    fn what_was_asked_for_is_known_to_the_next_run_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let stretches =
            [Stretch { same: true, left: 2, right: 2 }, Stretch { same: false, left: 1, right: 0 }];
        let first = Differences::open(&store);
        assert_eq!(first.get("a b", "a "), None);
        first.put("a b", "a ", &stretches);
        first.put("c", "c", &[]);
        first.keep().unwrap();
        let second = Differences::open(&store);
        assert_eq!(second.get("a b", "a ").as_deref(), Some(&stretches[..]));
        assert_eq!(second.get("a ", "a b"), None);
        second.keep().unwrap();
        let third = Differences::open(&store);
        assert!(third.get("a b", "a ").is_some() && third.get("c", "c").is_none());
    }
}
