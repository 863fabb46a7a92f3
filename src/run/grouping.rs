//! Hands the documents to the grouping stages, and notes their verdicts: status, kept document, groups.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::ops::Range;

use super::clusters::{Group, Groups};
use super::comparisons::Comparisons;
use super::corpus::{CopyOf, Corpus, Segment};
use super::memory;
use super::options::{Copies, Keep, Options};
use super::progress::{Phase, Progress};
use crate::dates::Date;
use crate::document::{Decimal4, Digest, Status};
use crate::error::Result;
use crate::fingerprint::Fingerprinter;
use crate::group::copies::{CopyOptions, GENERATION, Verdict, kept_set};
use crate::group::events::{self, Articles};
use crate::group::excerpts::excerpts;
use crate::shard::bytes::{In, Out};
use crate::shard::{Row, Store};

/// Finds copies, excerpts and events; sets the status of the documents.
pub(super) fn group(
    corpus: &mut Corpus,
    options: &Options,
    store: &Store,
    progress: &dyn Progress,
) -> Result<Groups> {
    let memory = memory::for_copies(corpus, options)?;
    let mut groups = Vec::new();
    let mut copy_options = CopyOptions {
        similarity: options.similarity,
        distance: options.distance,
        candidates: options.candidates,
        references: 0,
        memory,
        generation: GENERATION,
    };
    let comparisons = Comparisons::open(store, options.shingle, options.memory);
    if options.copies != Copies::Off {
        let mut order = preference(corpus, &options.keep)?;
        // What was kept before comes first, whatever it is like.
        order.sort_by_key(|i| corpus.status[*i as usize] != Status::Reference);
        let is_reference = |i: &&u32| corpus.status[**i as usize] == Status::Reference;
        copy_options.references = order.iter().take_while(is_reference).count();
        let prints = Prints { corpus, shingle: options.shingle, comparisons: Some(&comparisons) };
        let verdicts = kept_set(&prints, &order, &copy_options, progress)?;
        drop(order);
        settle(corpus, verdicts);
        groups.extend(copy_groups(corpus));
    }
    let kept: Vec<u32> =
        (0..corpus.len() as u32).filter(|i| corpus.status[*i as usize] == Status::Kept).collect();
    if options.copies != Copies::Off {
        let prints = Prints { corpus, shingle: options.shingle, comparisons: Some(&comparisons) };
        for found in excerpts(&prints, &kept, memory, progress)? {
            let contained = Decimal4::ratio(u64::from(found.shared), u64::from(found.of));
            groups.push(Group::Excerpt { short: found.short, long: found.long, contained });
        }
    }
    comparisons.keep()?;
    if let Some(search) = options.events {
        memory::check_events(corpus, &kept, options)?;
        progress.begin(Phase::Events, Some(kept.len() as u64));
        let kept = Kept::read(corpus, Some(store), kept)?;
        for mut event in events::find(&kept, search, progress)? {
            let index = |i: usize| kept.kept[i] as usize;
            event.members.iter_mut().for_each(|member| member.0 = index(member.0));
            event.sentences.iter_mut().for_each(|pair| (pair.0, pair.2) = (index(pair.0), index(pair.2)));
            groups.push(Group::Event(Box::new(event)));
        }
    }
    Groups::new(corpus, groups)
}

/// Documents that take part in the search for copies, best first.
fn preference(corpus: &Corpus, keep: &Keep) -> Result<Vec<u32>> {
    let longest = |row: &Row| (Reverse(row.sentence_words), row.words.saturating_sub(row.sentence_words));
    // An unknown part of a date comes after every known one.
    let earliest = |row: &Row| row.date.map_or((u16::MAX, u8::MAX, u8::MAX), |(date, _)| parts(date));
    let latest = |row: &Row| {
        let (year, month, day) = earliest(row);
        let known = |n: u16, most: u16| if n == most { 0 } else { n };
        let most = u16::from(u8::MAX);
        Reverse((known(year, u16::MAX), known(month.into(), most), known(day.into(), most)))
    };
    // Indices are in the order of keys, so they are the last resort everywhere.
    match keep {
        Keep::First => {
            Ok((0..corpus.len() as u32).filter(|i| corpus.status[*i as usize] != Status::Emptied).collect())
        }
        Keep::Longest => sorted(corpus, |row, _| longest(row)),
        Keep::Earliest => sorted(corpus, |row, _| (earliest(row), longest(row))),
        Keep::Latest => sorted(corpus, |row, _| (latest(row), longest(row))),
        Keep::Sites(sites) => {
            let rank = |site: Option<&str>| {
                let belongs = |s: &String| crate::strip::belongs_to(site.unwrap_or_default(), s);
                sites.iter().position(belongs).unwrap_or(sites.len()) as u32
            };
            sorted(corpus, |row, site| (rank(site), longest(row)))
        }
    }
}

/// Documents that are not emptied, by a key that is made of row and site.
fn sorted<K: Ord>(corpus: &Corpus, key: impl Fn(&Row, Option<&str>) -> K) -> Result<Vec<u32>> {
    let mut order: Vec<(K, u32)> = Vec::with_capacity(corpus.len());
    for segment in &corpus.segments {
        let names = corpus.names_of(segment)?;
        for document in corpus.documents_of(segment)?.filter(|d| !d.row.emptied) {
            order.push((key(&document.row, names.get(document.row.site)), document.index as u32));
        }
    }
    order.sort_unstable();
    Ok(order.into_iter().map(|(_, index)| index).collect())
}

fn parts(date: Date) -> (u16, u8, u8) {
    (date.year.unwrap_or(u16::MAX), date.month.unwrap_or(u8::MAX), date.day.unwrap_or(u8::MAX))
}

/// Writes the verdicts into the documents.
fn settle(corpus: &mut Corpus, verdicts: Vec<Verdict>) {
    let none = CopyOf { kept: u32::MAX, similarity: Decimal4::ONE };
    corpus.copy_of = vec![none; corpus.len()];
    for (i, verdict) in verdicts.into_iter().enumerate() {
        if corpus.status[i] == Status::Reference {
            continue;
        }
        let (kept, status, similarity) = match verdict {
            Verdict::Kept => continue,
            Verdict::Identical { of } => (of, Status::Identical, Decimal4::ONE),
            Verdict::Near { of, shared, union } => {
                (of, Status::Near, Decimal4::ratio(u64::from(shared), u64::from(union)))
            }
        };
        corpus.status[i] = status;
        corpus.copy_of[i] = CopyOf { kept, similarity };
    }
}

/// A group for each kept document with copies.
fn copy_groups(corpus: &Corpus) -> Vec<Group> {
    let is_copy = |i: &u32| corpus.copy_of[*i as usize].kept != u32::MAX;
    let mut copies: Vec<u32> = (0..corpus.len() as u32).filter(is_copy).collect();
    let kept = |i: &u32| corpus.copy_of[*i as usize].kept;
    copies.sort_unstable_by_key(|i| (kept(i), *i));
    let groups = copies.chunk_by(|a, b| kept(a) == kept(b));
    groups.map(|copies| Group::Copy { kept: kept(&copies[0]), copies: copies.into() }).collect()
}

/// The documents as the search for copies sees them.
pub(super) struct Prints<'a> {
    pub(super) corpus: &'a Corpus,
    pub(super) shingle: usize,
    /// What former runs counted.
    pub(super) comparisons: Option<&'a Comparisons<'a>>,
}

impl crate::group::Corpus for Prints<'_> {
    fn len(&self) -> usize {
        self.corpus.len()
    }

    fn simhash(&self, i: usize) -> u64 {
        self.corpus.simhashes[i]
    }

    fn shingle_count(&self, i: usize) -> u32 {
        self.corpus.shingles[i]
    }

    fn words(&self, i: usize) -> u32 {
        self.corpus.words[i].into()
    }

    fn digest(&self, i: usize) -> Result<Digest> {
        Ok(self.corpus.document(i)?.row.digest)
    }

    fn sketch(&self, i: usize, into: &mut Vec<u64>) -> Result<()> {
        self.corpus.sketch(i, into)
    }

    fn scan_digests(&self, documents: Range<usize>, each: &mut dyn FnMut(usize, &Digest)) -> Result<()> {
        self.corpus.scan_digests(documents, each)
    }

    fn scan_sketches(&self, documents: Range<usize>, each: &mut dyn FnMut(usize, &[u64])) -> Result<()> {
        self.corpus.scan_sketches(documents, each)
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

    fn known_shared(&self, a: usize, b: usize) -> Result<Option<u32>> {
        let Some(comparisons) = self.comparisons else { return Ok(None) };
        Ok(comparisons.get(&self.digest(a)?, &self.digest(b)?))
    }

    fn note_shared(&self, a: usize, b: usize, shared: u32) -> Result<()> {
        if let Some(comparisons) = self.comparisons {
            comparisons.put(&self.digest(a)?, &self.digest(b)?, shared);
        }
        Ok(())
    }
}

/// The kept documents as the search for events sees them.
pub(super) struct Kept<'a> {
    corpus: &'a Corpus,
    pub(super) kept: Vec<u32>,
    digests: Vec<Digest>,
    dates: Vec<Option<Date>>,
    store: Option<&'a Store>,
    /// Segments that hold kept documents, and the range of these in `kept`.
    parts: Vec<(&'a Segment, Range<usize>)>,
}

impl<'a> Kept<'a> {
    /// `store`: where notes are kept, if they are.
    pub(super) fn read(corpus: &'a Corpus, store: Option<&'a Store>, kept: Vec<u32>) -> Result<Self> {
        let mut parts = Vec::new();
        let (mut digests, mut dates) = (Vec::with_capacity(kept.len()), Vec::with_capacity(kept.len()));
        for segment in &corpus.segments {
            for document in corpus.documents_of(segment)? {
                if corpus.status[document.index] == Status::Kept {
                    digests.push(document.row.digest);
                    dates.push(document.row.date.map(|(date, _)| date));
                }
            }
            let start = parts.last().map_or(0, |(_, part): &(_, Range<usize>)| part.end);
            if start < digests.len() {
                parts.push((segment, start..digests.len()));
            }
        }
        Ok(Self { corpus, kept, digests, dates, store, parts })
    }

    fn segment(&self, part: &Range<usize>) -> Option<&'a Segment> {
        let place = self.parts.partition_point(|(_, other)| other.start < part.start);
        self.parts.get(place).map(|(segment, _)| *segment)
    }

    /// The row of a document in its segment.
    fn row(&self, segment: &Segment, index: usize) -> u32 {
        self.kept[index] - segment.first
    }
}

impl Articles for Kept<'_> {
    fn len(&self) -> usize {
        self.kept.len()
    }

    fn digest(&self, index: usize) -> Digest {
        self.digests[index]
    }

    fn date(&self, index: usize) -> Option<Date> {
        self.dates[index]
    }

    fn title(&self, index: usize) -> Option<String> {
        title(self.corpus, self.kept[index] as usize)
    }

    fn text(&self, index: usize) -> Result<String> {
        let text = self.corpus.clean_text(self.kept[index] as usize)?;
        Ok(String::from_utf8(text).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()))
    }

    fn parts(&self) -> Vec<Range<usize>> {
        self.parts.iter().map(|(_, part)| part.clone()).collect()
    }

    fn recall(&self, part: &Range<usize>) -> Vec<(usize, Vec<u8>)> {
        let (Some(segment), Some(store)) = (self.segment(part), self.store) else { return Vec::new() };
        let notes = store.notes(self.corpus.notes_of(segment)).unwrap_or_default();
        let (mut from, mut next) = (In(&notes), part.start);
        let mut recalled = Vec::new();
        while let (Ok(row), Ok(length)) = (from.u32(), from.u32())
            && let Ok(bytes) = from.take(length as usize)
        {
            // Rows come in order, and not all that were kept then are kept now.
            while next < part.end && self.row(segment, next) < row {
                next += 1;
            }
            if next < part.end && self.row(segment, next) == row {
                recalled.push((next, bytes.to_vec()));
            }
        }
        recalled
    }

    fn note(&self, part: &Range<usize>, notes: &mut dyn Iterator<Item = Vec<u8>>) -> Result<()> {
        let (Some(segment), Some(store)) = (self.segment(part), self.store) else { return Ok(()) };
        let mut out = Out::default();
        for (index, notes) in part.clone().zip(notes) {
            out.u32(self.row(segment, index)).u32(notes.len() as u32);
            out.0.extend(notes);
        }
        store.note(self.corpus.notes_of(segment), &out.0)
    }
}

/// The title that a record gives.
fn title(corpus: &Corpus, index: usize) -> Option<String> {
    corpus.document(index).ok()?.details().ok()?.title
}
