//! Hands the documents to the grouping stages and puts their verdicts into words: status, clusters, preference order.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::ops::Range;

use rustc_hash::FxHashMap;

use super::corpus::{Corpus, Document};
use super::options::{Copies, Keep, Options};
use super::progress::{Phase, Progress};
use crate::dates::Date;
use crate::document::{Decimal4, Digest, Status, hex};
use crate::error::Result;
use crate::fingerprint::Fingerprinter;
use crate::group::copies::{CopyOptions, DEFAULT_MEMORY, Verdict, kept_set};
use crate::group::events::{self, Articles};
use crate::group::excerpts::excerpts;
use crate::read::jsonl;
use crate::run::options::Format;
use crate::write::record::{Cluster, Kind, Member, Relation, SentencePair};

/// What grouping found.
#[derive(Debug, Default)]
pub(super) struct Groups {
    pub(super) clusters: Vec<Cluster>,
    /// For each document that is a copy: the kept one, and the similarity to it.
    pub(super) copy_of: FxHashMap<usize, (usize, Decimal4)>,
}

/// Finds copies, excerpts and events; sets the status of the documents.
pub(super) fn group(corpus: &mut Corpus, options: &Options, progress: &dyn Progress) -> Result<Groups> {
    let mut groups = Groups::default();
    let copy_options = CopyOptions {
        similarity: options.similarity,
        distance: options.distance,
        candidates: options.candidates,
        memory: DEFAULT_MEMORY,
    };
    if options.copies != Copies::Off {
        let order = preference(corpus, &options.keep);
        let prints = Prints { corpus, shingle: options.shingle };
        let verdicts = kept_set(&prints, &order, &copy_options, progress)?;
        settle(corpus, &verdicts, &mut groups);
    }
    let kept: Vec<u32> = (0..corpus.documents.len() as u32)
        .filter(|i| corpus.documents[*i as usize].status == Status::Kept)
        .collect();
    if options.copies != Copies::Off {
        let prints = Prints { corpus, shingle: options.shingle };
        for found in excerpts(&prints, &kept, progress)? {
            let (short, long) = (found.short as usize, found.long as usize);
            let contained = Decimal4::ratio(u64::from(found.shared), u64::from(found.of));
            let members = vec![
                member(corpus, long, Kind::Kept, None),
                Member { similarity: Some(contained), ..member(corpus, short, Kind::Excerpt, None) },
            ];
            groups.clusters.push(cluster(corpus, "x-", short, Relation::Excerpt, contained, members));
        }
    }
    if options.events {
        progress.begin(Phase::Events, Some(kept.len() as u64));
        for event in events::find(&Kept { corpus, kept: &kept }, progress)? {
            groups.clusters.push(event_cluster(corpus, &kept, &event));
        }
    }
    groups.clusters.sort_by(|a, b| a.id.cmp(&b.id));
    tell_twins_apart(&mut groups.clusters);
    Ok(groups)
}

/// Documents that take part in the search for copies, best first.
fn preference(corpus: &Corpus, keep: &Keep) -> Vec<u32> {
    let mut order: Vec<u32> = (0..corpus.documents.len() as u32)
        .filter(|i| corpus.documents[*i as usize].status != Status::Emptied)
        .collect();
    let longest = |d: &Document| (Reverse(d.sentence_words), d.words.saturating_sub(d.sentence_words));
    // An unknown part of a date comes after every known one.
    let earliest = |d: &Document| d.date.map_or((u16::MAX, u8::MAX, u8::MAX), |(date, _)| parts(date));
    let latest = |d: &Document| {
        let (year, month, day) = earliest(d);
        let known = |n: u16, most: u16| if n == most { 0 } else { n };
        let most = u16::from(u8::MAX);
        Reverse((known(year, u16::MAX), known(month.into(), most), known(day.into(), most)))
    };
    let document = |i: &u32| &corpus.documents[*i as usize];
    match keep {
        // Indices are in the order of keys, so they are the last resort everywhere.
        Keep::First => {}
        Keep::Longest => order.sort_by_key(|i| (longest(document(i)), *i)),
        Keep::Earliest => order.sort_by_key(|i| (earliest(document(i)), longest(document(i)), *i)),
        Keep::Latest => order.sort_by_key(|i| (latest(document(i)), longest(document(i)), *i)),
        Keep::Sites(sites) => {
            let rank = |d: &Document| {
                let site = corpus.sites.get(d.site).unwrap_or_default();
                sites.iter().position(|s| crate::strip::belongs_to(site, s)).unwrap_or(sites.len())
            };
            order.sort_by_key(|i| (rank(document(i)), longest(document(i)), *i));
        }
    }
    order
}

fn parts(date: Date) -> (u16, u8, u8) {
    (date.year.unwrap_or(u16::MAX), date.month.unwrap_or(u8::MAX), date.day.unwrap_or(u8::MAX))
}

/// Writes the verdicts into the documents and makes the clusters of copies.
fn settle(corpus: &mut Corpus, verdicts: &[Verdict], groups: &mut Groups) {
    let mut copies: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
    for (i, verdict) in verdicts.iter().enumerate() {
        let (of, status, similarity) = match verdict {
            Verdict::Kept => continue,
            Verdict::Identical { of } => (*of, Status::Identical, Decimal4::ONE),
            Verdict::Near { of, shared, union } => {
                (*of, Status::Near, Decimal4::ratio(u64::from(*shared), u64::from(*union)))
            }
        };
        corpus.documents[i].status = status;
        copies.entry(of as usize).or_default().push(i);
        groups.copy_of.insert(i, (of as usize, similarity));
    }
    for (kept, removed) in copies {
        let mut members = vec![member(corpus, kept, Kind::Kept, None)];
        let mut least = Decimal4::ONE;
        for i in removed {
            let similarity = groups.copy_of[&i].1;
            least = least.min(similarity);
            let kind =
                if corpus.documents[i].status == Status::Identical { Kind::Identical } else { Kind::Near };
            members.push(Member { similarity: Some(similarity), ..member(corpus, i, kind, Some(kept)) });
        }
        groups.clusters.push(cluster(corpus, "c-", kept, Relation::Copy, least, members));
    }
}

fn member(corpus: &Corpus, index: usize, kind: Kind, to: Option<usize>) -> Member {
    let document = &corpus.documents[index];
    Member {
        doc: corpus.key(index),
        id: document.id.as_deref().map(str::to_owned),
        kind,
        similarity: None,
        distance: to.map(|to| simhash::hamming_distance(document.simhash, corpus.documents[to].simhash)),
        sha256: hex(&document.digest),
        simhash: format!("{:016x}", document.simhash),
    }
}

/// A cluster that is named by the digest of one document.
fn cluster(
    corpus: &Corpus,
    prefix: &str,
    named_by: usize,
    relation: Relation,
    min_similarity: Decimal4,
    members: Vec<Member>,
) -> Cluster {
    Cluster {
        id: format!("{prefix}{}", hex(&corpus.documents[named_by].digest[..8])),
        relation,
        size: members.len(),
        min_similarity,
        members,
        terms: Vec::new(),
        sentences: Vec::new(),
        dates: Vec::new(),
    }
}

fn event_cluster(corpus: &Corpus, kept: &[u32], event: &events::Event) -> Cluster {
    let index = |i: usize| kept[i] as usize;
    let members = event.members.iter().map(|(i, similarity)| Member {
        similarity: Some(*similarity),
        ..member(corpus, index(*i), Kind::Coverage, None)
    });
    let least = event.members.iter().map(|m| m.1).min().unwrap_or_default();
    let smallest = event.members.iter().map(|m| index(m.0)).min_by_key(|i| corpus.documents[*i].digest);
    let sentences = event.sentences.iter().map(|(doc, text, other_doc, other_text)| SentencePair {
        doc: corpus.key(index(*doc)),
        text: text.clone(),
        other_doc: corpus.key(index(*other_doc)),
        other_text: other_text.clone(),
    });
    Cluster {
        terms: event.terms.clone(),
        sentences: sentences.collect(),
        dates: event.dates.iter().map(Date::to_string).collect(),
        ..cluster(corpus, "e-", smallest.unwrap_or_default(), Relation::Event, least, members.collect())
    }
}

/// Clusters that would have the same name (their naming documents have the same words, with copies left in) are told
/// apart by a number in the order of their first members.
fn tell_twins_apart(clusters: &mut [Cluster]) {
    clusters.sort_by(|a, b| (&a.id, &a.members[0].doc).cmp(&(&b.id, &b.members[0].doc)));
    let mut names: FxHashMap<String, usize> = FxHashMap::default();
    for cluster in clusters.iter_mut() {
        let seen = names.entry(cluster.id.clone()).or_default();
        *seen += 1;
        if *seen > 1 {
            cluster.id = format!("{}-{seen}", cluster.id);
        }
    }
}

/// The documents as the search for copies sees them.
struct Prints<'a> {
    corpus: &'a Corpus,
    shingle: usize,
}

impl crate::group::Corpus for Prints<'_> {
    fn len(&self) -> usize {
        self.corpus.documents.len()
    }

    fn digest(&self, i: usize) -> Result<Digest> {
        Ok(self.corpus.documents[i].digest)
    }

    fn scan_digests(&self, documents: Range<usize>, each: &mut dyn FnMut(usize, &Digest)) -> Result<()> {
        documents.for_each(|i| each(i, &self.corpus.documents[i].digest));
        Ok(())
    }

    fn simhash(&self, i: usize) -> u64 {
        self.corpus.documents[i].simhash
    }

    fn sketch(&self, i: usize, into: &mut Vec<u64>) -> Result<()> {
        self.scan_sketches(i..i + 1, &mut |_, sketch| {
            into.clear();
            into.extend_from_slice(sketch);
        })
    }

    fn scan_sketches(&self, documents: Range<usize>, each: &mut dyn FnMut(usize, &[u64])) -> Result<()> {
        for i in documents {
            let (start, count) = self.corpus.documents[i].sketch;
            each(i, &self.corpus.sketches[start..start + count as usize]);
        }
        Ok(())
    }

    fn shingle_count(&self, i: usize) -> u32 {
        self.corpus.documents[i].shingles
    }

    fn words(&self, i: usize) -> u32 {
        self.corpus.documents[i].words
    }

    fn shingles(&self, i: usize, into: &mut Vec<u64>) -> Result<()> {
        thread_local! {
            static FINGERPRINTER: RefCell<Option<(usize, Fingerprinter)>> = const { RefCell::new(None) };
        }
        let text = self.corpus.clean_text(i)?;
        FINGERPRINTER.with_borrow_mut(|slot| {
            let fitting = slot.take().filter(|(shingle, _)| *shingle == self.shingle);
            let (shingle, mut fingerprinter) =
                fitting.unwrap_or_else(|| (self.shingle, Fingerprinter::new(self.shingle)));
            fingerprinter.shingles(&text, into);
            *slot = Some((shingle, fingerprinter));
        });
        Ok(())
    }
}

/// The kept documents as the search for events sees them.
struct Kept<'a> {
    corpus: &'a Corpus,
    kept: &'a [u32],
}

impl Articles for Kept<'_> {
    fn len(&self) -> usize {
        self.kept.len()
    }

    fn digest(&self, index: usize) -> Digest {
        self.corpus.documents[self.kept[index] as usize].digest
    }

    fn date(&self, index: usize) -> Option<Date> {
        self.corpus.documents[self.kept[index] as usize].date.map(|(date, _)| date)
    }

    fn title(&self, index: usize) -> Option<String> {
        title(self.corpus, self.kept[index] as usize)
    }

    fn text(&self, index: usize) -> Result<String> {
        let text = self.corpus.clean_text(self.kept[index] as usize)?;
        Ok(String::from_utf8(text).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()))
    }
}

/// The title that a record gives, read again from the source.
pub(super) fn title(corpus: &Corpus, index: usize) -> Option<String> {
    let document = &corpus.documents[index];
    if corpus.sources[document.source as usize].format == Format::Text {
        return None;
    }
    let mut record = vec![0; document.len as usize];
    corpus.read(document.source, document.offset, &mut record).ok()?;
    let mark = if document.offset == 0 { jsonl::mark_len(&record) } else { 0 };
    jsonl::parse(&record[mark..], &corpus.fields).ok()?.meta.title
}
