//! Learns rules from the lines that repeat on each site: for `tamis rules suggest`, and for `--strip repeats` and `main` before
//! they strip.
//!
//! The documents are read and stripped as ever. Then, site by site, those whose bodies differ are read again, and the
//! lines that rules left of them are counted. Of a large site a sample is enough: the documents with the lowest digests,
//! whatever their order. Some twenty bytes a document are held, and the lines of a few sites at a time.

use std::path::{Path, PathBuf};

use rustc_hash::{FxHashMap, FxHashSet};

use super::corpus::Corpus;
use super::inputs::{self, Inputs};
use super::intake;
use super::ledger::Known;
use super::options::{Options, Strip};
use super::ordered::{in_order, width};
use super::progress::Progress;
use super::reader;
use crate::error::{Error, Result};
use crate::shard::{Shard, Store};
use crate::strip::suggest::{LEAST, Proposal, SitePages, toml};
use crate::strip::{LEARNED, RuleSet};

/// Documents of a site that are looked at, and bytes of their texts.
const MOST_DOCUMENTS: usize = 1000;
const MOST_BYTES: u64 = 32 << 20;

/// Rules that are learned from one corpus: those that touch the most documents.
const MOST_RULES: usize = 8000;

/// What was learned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learned {
    /// A rules file.
    pub toml: String,
    /// Rules in it.
    pub rules: usize,
    /// Sites that they are for.
    pub sites: usize,
    /// Inputs that could not be used.
    pub rejected: usize,
}

/// `tamis rules suggest`: proposes rules for lines that repeat on a site in `least` documents or more, and that the
/// rules in use do not cut. Nothing is written.
///
/// # Errors
/// Anything that stops the run; inputs that cannot be used are counted.
pub fn suggest(options: &Options, least: Option<usize>, progress: &dyn Progress) -> Result<Learned> {
    let rules = RuleSet::load(&options.rules)?;
    let folder = tempfile::TempDir::new().map_err(Error::io("the temporary folder", "cannot be made"))?;
    let store = Store::open(folder.path())?;
    let threads = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build();
    let threads =
        threads.map_err(|e| Error::usage(format!("cannot start threads: {e}"), "give a smaller -j"))?;
    threads.install(|| {
        let found = inputs::find(options, progress)?;
        let head = "Proposed by `tamis rules suggest`: review it, then use it with --rules.";
        let learner = Learner { rules: &rules, store: &store, options, progress };
        Ok(learner.learn(&found, least.unwrap_or(LEAST), ("site", head))?.0)
    })
}

/// Learns from a corpus.
pub(super) struct Learner<'a> {
    /// The rules in use.
    pub(super) rules: &'a RuleSet,
    pub(super) store: &'a Store,
    pub(super) options: &'a Options,
    pub(super) progress: &'a dyn Progress,
}

/// A document that may be looked at: digest, index, bytes.
type Candidate = (u64, u32, u32);

impl Learner<'_> {
    /// The rules that `--strip repeats` and `main` use, and the shards that they were learned from.
    pub(super) fn repeats(&self, found: &Inputs) -> Result<(Learned, Vec<PathBuf>)> {
        let head = "Learned by `tamis clean` from lines that repeat on a site.";
        self.learn(found, LEAST, (LEARNED, head))
    }

    fn learn(
        &self,
        found: &Inputs,
        least: usize,
        (prefix, head): (&str, &str),
    ) -> Result<(Learned, Vec<PathBuf>)> {
        let options = Options { strip: Strip::Rules, ..self.options.clone() };
        let stage = reader::stage(self.rules, &options);
        let (sources, known) = (found.sources.clone(), Known::default());
        let intake =
            intake::read(sources, &known, (self.rules, &stage), self.store, &options, self.progress)?;
        let corpus = &intake.corpus;
        let mut proposals: Vec<Proposal> = Vec::new();
        let mut sites = 0;
        in_order(
            sites_of(corpus)?.into_iter(),
            width(options.memory),
            || (),
            |(), (site, documents)| propose(corpus, &site, documents, least, prefix),
            |found| {
                if let Some(signal) = self.progress.stop() {
                    return Err(Error::Interrupted(signal));
                }
                let found = found?;
                sites += usize::from(!found.is_empty());
                proposals.extend(found);
                Ok(())
            },
        )?;
        if proposals.len() > MOST_RULES {
            most_telling(&mut proposals, MOST_RULES);
        }
        let learned = Learned {
            toml: toml(head, &proposals),
            rules: proposals.len(),
            sites,
            rejected: intake.rejects.len() + found.rejects.len(),
        };
        Ok((learned, corpus.shards.iter().map(Shard::path).map(Path::to_path_buf).collect()))
    }
}

/// Leaves the `most` rules that touch the most documents, in their order; of those that touch as many the first ones.
fn most_telling(proposals: &mut Vec<Proposal>, most: usize) {
    let mut ranks: Vec<usize> = (0..proposals.len()).collect();
    ranks.sort_by_key(|place| std::cmp::Reverse(proposals[*place].documents));
    ranks.truncate(most);
    let stays: FxHashSet<usize> = ranks.into_iter().collect();
    let mut place = 0..;
    proposals.retain(|_| place.next().is_some_and(|place| stays.contains(&place)));
}

/// The documents of each site, by name of the site; of identical bodies the first.
fn sites_of(corpus: &Corpus) -> Result<Vec<(String, Vec<Candidate>)>> {
    let mut numbers: FxHashMap<String, usize> = FxHashMap::default();
    let mut sites: Vec<Vec<Candidate>> = Vec::new();
    for segment in corpus.segments.iter().filter(|segment| !corpus.is_reference(segment)) {
        let names = corpus.names_of(segment)?;
        for document in corpus.documents_of(segment)?.filter(|document| !document.row.emptied) {
            let Some(site) = names.get(document.row.site) else { continue };
            let number = match numbers.get(site) {
                Some(number) => *number,
                None => {
                    sites.push(Vec::new());
                    numbers.insert(site.to_owned(), sites.len() - 1);
                    sites.len() - 1
                }
            };
            let mut digest = [0; 8];
            digest.copy_from_slice(&document.row.digest[..8]);
            sites[number].push((u64::from_be_bytes(digest), document.index as u32, document.row.bytes_in));
        }
    }
    for documents in &mut sites {
        documents.sort_unstable();
        documents.dedup_by_key(|(digest, ..)| *digest);
        let mut bytes = 0;
        let fits = |(_, _, length): &&Candidate| {
            bytes += u64::from(*length);
            bytes <= MOST_BYTES
        };
        let most = documents.iter().take(MOST_DOCUMENTS).take_while(fits).count();
        documents.truncate(most);
    }
    let mut named: Vec<(String, Vec<Candidate>)> =
        numbers.into_iter().map(|(site, number)| (site, std::mem::take(&mut sites[number]))).collect();
    named.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    Ok(named)
}

fn propose(
    corpus: &Corpus,
    site: &str,
    documents: Vec<Candidate>,
    least: usize,
    prefix: &str,
) -> Result<Vec<Proposal>> {
    if documents.len() < least {
        return Ok(Vec::new());
    }
    let mut pages = SitePages::new(site);
    for (_, index, _) in documents {
        let document = corpus.document(index as usize)?;
        let title = document.details()?.title;
        corpus.with_text(&document, |decoded, cuts| pages.add(&decoded.text, cuts, title.as_deref()))?;
    }
    Ok(pages.propose(least, prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_rules_that_touch_as_many_documents_the_first_ones_stay() {
        let rule = |documents| Proposal { documents, ..Proposal::default() };
        let left = |counts: &[usize], most| {
            let mut proposals: Vec<Proposal> = counts.iter().map(|n| rule(*n)).collect();
            most_telling(&mut proposals, most);
            proposals.iter().map(|rule| rule.documents).collect::<Vec<_>>()
        };
        assert_eq!(left(&[3, 3, 3, 3], 3), [3, 3, 3]);
        assert_eq!(left(&[1, 5, 3, 3, 9], 3), [5, 3, 9]);
        assert_eq!(left(&[1, 2], 3), [1, 2]);
    }
}
