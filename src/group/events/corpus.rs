//! All documents as sparse sets of features, numbered so that nothing depends on the order of the input.
//!
//! Documents are known by *rank*, their place in the order of (digest, index); features by *id*, their place in the
//! order of hashes. Both are the same for the same documents in any order and for any number of threads. Features of a
//! single document are only counted: they cannot match, but they lengthen the vector. The same word in two languages is
//! two features, so documents of different languages never meet.

use std::ops::Range;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::Articles;
use super::features::{Analysis, IN_LEAD, IS_WHAT, analyse};
use super::notes::{self, Noted};
use super::stop_words::is_stop_word;
use super::text::{self, Paragraph};
use super::words;
use crate::dates::Date;
use crate::run::Progress;
use crate::{Error, Result};

/// Documents read in parallel between two looks at the progress.
const BATCH: usize = 1024;
/// Flag bits in a packed feature.
const FLAG_BITS: u32 = 2;
/// Documents in which a paragraph may stand and still belong to each of them: less than 1 % of all, but at least 3
/// (copies are gone before) and at most this.
const MAX_REPEATS: usize = 64;

/// The three sets of features: all, the lead's, and what happened.
pub(super) const SETS: usize = 3;

/// The documents as sets of features.
#[derive(Debug, Default)]
pub(super) struct Corpus {
    /// Rank → index.
    pub(super) order: Vec<usize>,
    /// Per rank its features, ascending: id, lead flag, what flag.
    packed: Vec<Box<[u32]>>,
    /// Per rank and set: features that no other document has.
    pub(super) singles: Vec<[u32; SETS]>,
    /// Words per rank.
    pub(super) lengths: Vec<u32>,
    /// Dates per rank, from metadata and text.
    pub(super) dates: Vec<Box<[Date]>>,
    /// Id → hash, ascending.
    hashes: Vec<u64>,
    /// Id → number of documents that hold it in each set.
    pub(super) df: Vec<[u32; SETS]>,
    /// Id → whether it is a stop word.
    pub(super) stop: Vec<bool>,
    /// Id → language of the documents that hold it.
    pub(super) language: Vec<u8>,
    /// Per rank: its language.
    pub(super) languages: Vec<u8>,
    /// Documents of each language.
    pub(super) speakers: Vec<u32>,
    /// Keys of the paragraphs that stand in too many documents.
    repeated: FxHashSet<u64>,
}

/// A feature of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry(u32);

impl Entry {
    fn new(id: u32, flags: u8) -> Self {
        Self(id << FLAG_BITS | u32::from(flags))
    }

    pub(super) fn id(self) -> usize {
        (self.0 >> FLAG_BITS) as usize
    }

    /// The sets in which the document has the feature, a bit each.
    pub(super) fn sets(self) -> u8 {
        1 | (self.0 as u8 & (IN_LEAD | IS_WHAT)) << 1
    }

    /// Whether the document has the feature in `set`.
    pub(super) fn is_in(self, set: usize) -> bool {
        match set {
            0 => true,
            1 => self.0 & u32::from(IN_LEAD) != 0,
            _ => self.0 & u32::from(IS_WHAT) != 0,
        }
    }
}

impl Corpus {
    /// Number of documents.
    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    /// The features of the document at `rank`, ascending by id.
    pub(super) fn entries(&self, rank: usize) -> impl Iterator<Item = Entry> + '_ {
        self.packed.get(rank).into_iter().flatten().map(|&packed| Entry(packed))
    }

    /// The id of a feature of the document at `rank`, if another document of its language may hold it.
    pub(super) fn id(&self, rank: usize, hash: u64) -> Option<usize> {
        self.hashes.binary_search(&salted(hash, self.languages.get(rank).copied().unwrap_or(0))).ok()
    }

    /// The paragraphs of the text of the document at `rank` that its features come from.
    pub(super) fn paragraphs(&self, articles: &dyn Articles, rank: usize) -> Result<Vec<Paragraph>> {
        let index = self.order.get(rank).copied().unwrap_or(0);
        let mut paragraphs = text::paragraphs(&articles.text(index)?);
        drop_repeated(&mut paragraphs, &self.repeated);
        Ok(paragraphs)
    }
}

/// Reads every document once, and once more those that hold a paragraph of another document; but for what was noted of
/// them.
///
/// # Errors
/// What reading a text gives (of several, the first by index); [`Error::Interrupted`].
pub(super) fn read(articles: &dyn Articles, progress: &dyn Progress) -> Result<Corpus> {
    let mut order: Vec<usize> = (0..articles.len()).collect();
    order.sort_by_cached_key(|&index| (articles.digest(index), index));
    let mut ranks = vec![0; order.len()];
    order.iter().enumerate().for_each(|(rank, &index)| ranks[index] = rank);
    let mut builder = Builder::of(order.len());
    let parts = articles.parts();
    let mut all = Read::default();
    for some in batches(&parts) {
        go_on(progress)?;
        let recalled: Vec<(usize, Vec<u8>)> =
            some.par_iter().flat_map_iter(|part| articles.recall(part)).collect();
        let documents = some.first().map_or(0, |part| part.start)..some.last().map_or(0, |part| part.end);
        let read: Vec<Result<(Noted, bool)>> = documents
            .clone()
            .into_par_iter()
            .map(|index| {
                let known = recalled.binary_search_by_key(&index, |(index, _)| *index).ok();
                progress.advance(1, 1);
                match known.and_then(|place| notes::read(&recalled[place].1).ok()) {
                    Some(noted) => Ok((noted, false)),
                    None => first_look(articles, index).map(|noted| (noted, true)),
                }
            })
            .collect();
        for (index, one) in documents.zip(read) {
            let (noted, is_new) = one?;
            all.push(noted.keys, noted.mark, is_new);
            builder.replace(ranks[index], noted.analysis);
        }
    }
    let (shared, repeated) = shared(&all.keys, order.len());
    let again: Vec<(usize, u64)> = (0..order.len())
        .map(|index| (index, mark(all.keys_of(index), &shared, &repeated)))
        .filter(|(index, mark)| all.marks[*index] != *mark)
        .collect();
    for batch in again.chunks(BATCH) {
        go_on(progress)?;
        let read: Vec<Result<Analysis>> = batch
            .par_iter()
            .map(|&(index, _)| {
                let mut paragraphs = titled(articles, index)?;
                drop_repeated(&mut paragraphs, &repeated);
                Ok(analyse(&paragraphs, |p| shared.contains(&p.key), articles.date(index)))
            })
            .collect();
        for (&(index, mark), analysis) in batch.iter().zip(read) {
            builder.replace(ranks[index], analysis?);
            (all.marks[index], all.is_new[index]) = (mark, true);
        }
    }
    let changed: Vec<&Range<usize>> =
        parts.iter().filter(|part| all.is_new[(*part).clone()].contains(&true)).collect();
    if !changed.is_empty() {
        let hashes = builder.hashes();
        for part in changed {
            let mut notes = part
                .clone()
                .map(|index| builder.notes(&hashes, ranks[index], (all.keys_of(index), all.marks[index])));
            articles.note(part, &mut notes)?;
        }
    }
    drop(all);
    Ok(builder.finish(order, repeated))
}

/// Parts in groups of about [`BATCH`] documents.
fn batches(parts: &[Range<usize>]) -> Vec<&[Range<usize>]> {
    let (mut batches, mut left) = (Vec::new(), parts);
    while !left.is_empty() {
        let mut documents = 0;
        let some = left.iter().take_while(|part| {
            let is_in = documents < BATCH;
            documents += part.len();
            is_in
        });
        let (batch, rest) = left.split_at(some.count());
        batches.push(batch);
        left = rest;
    }
    batches
}

/// What is known of all documents beside their features, by index.
#[derive(Default)]
struct Read {
    /// Keys of the paragraphs of each document, ascending, each once.
    keys: Vec<u64>,
    /// Where those of each document end.
    ends: Vec<usize>,
    marks: Vec<u64>,
    /// Whether notes have to be taken.
    is_new: Vec<bool>,
}

impl Read {
    fn push(&mut self, keys: Vec<u64>, mark: u64, is_new: bool) {
        self.keys.extend(keys);
        self.ends.push(self.keys.len());
        self.marks.push(mark);
        self.is_new.push(is_new);
    }

    fn keys_of(&self, index: usize) -> &[u64] {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.keys[start..self.ends[index]]
    }
}

/// A document as if no other one held its paragraphs.
fn first_look(articles: &dyn Articles, index: usize) -> Result<Noted> {
    let paragraphs = titled(articles, index)?;
    let mut keys: Vec<u64> = paragraphs.iter().map(|p| p.key).collect();
    keys.sort_unstable();
    keys.dedup();
    Ok(Noted { keys, mark: 0, analysis: analyse(&paragraphs, |_| false, articles.date(index)) })
}

/// Which of the paragraphs of a document others hold, and which of them too many: all that its features depend on beside
/// its text. 0 for none.
fn mark(keys: &[u64], shared: &FxHashSet<u64>, repeated: &FxHashSet<u64>) -> u64 {
    if shared.is_empty() || !keys.iter().any(|key| shared.contains(key)) {
        return 0;
    }
    let flags = |key: &u64| u8::from(shared.contains(key)) | u8::from(repeated.contains(key)) << 1;
    words::hash(&[&keys.iter().map(flags).collect::<Vec<u8>>()]).max(1)
}

/// [`Error::Interrupted`] if the run should stop.
pub(super) fn go_on(progress: &dyn Progress) -> Result<()> {
    progress.stop().map_or(Ok(()), |signal| Err(Error::Interrupted(signal)))
}

/// The prose of a document, with its title first where metadata has one and the text does not begin with it.
fn titled(articles: &dyn Articles, index: usize) -> Result<Vec<Paragraph>> {
    let mut paragraphs = text::paragraphs(&articles.text(index)?);
    if let Some(title) = articles.title(index) {
        let key = text::key(&title);
        if !title.trim().is_empty() && paragraphs.first().is_none_or(|p| p.key != key) {
            paragraphs.insert(0, Paragraph { text: title, key });
        }
    }
    Ok(paragraphs)
}

/// Drops the repeated paragraphs, unless nothing would be left.
fn drop_repeated(paragraphs: &mut Vec<Paragraph>, repeated: &FxHashSet<u64>) {
    if paragraphs.iter().any(|p| !repeated.contains(&p.key)) {
        paragraphs.retain(|p| !repeated.contains(&p.key));
    }
}

/// The keys that stand in more than one document, and those of them that stand in too many of `documents` documents;
/// each document gives a key at most once.
fn shared(keys: &[u64], documents: usize) -> (FxHashSet<u64>, FxHashSet<u64>) {
    let limit = documents.div_ceil(100).clamp(3, MAX_REPEATS);
    let mut sorted = keys.to_vec();
    sorted.par_sort_unstable();
    let runs = || sorted.chunk_by(|a, b| a == b);
    let from = |least: usize| runs().filter(|run| run.len() >= least).map(|run| run[0]).collect();
    (from(2), from(limit))
}

/// The hash of a feature in a language.
fn salted(hash: u64, language: u8) -> u64 {
    hash ^ words::hash(&[&[language]])
}

/// Collects documents by rank; feature numbers are provisional until the end.
#[derive(Default)]
struct Builder {
    numbers: FxHashMap<u64, u32>,
    /// Per number: language, and whether it is a stop word.
    known: Vec<(u8, bool)>,
    languages: Vec<u8>,
    documents: Vec<Box<[u32]>>,
    lengths: Vec<u32>,
    dates: Vec<Box<[Date]>>,
}

impl Builder {
    /// For so many documents.
    fn of(documents: usize) -> Self {
        Self {
            documents: vec![Box::default(); documents],
            lengths: vec![0; documents],
            languages: vec![0; documents],
            dates: vec![Box::default(); documents],
            ..Self::default()
        }
    }

    /// The hash of each feature, by number.
    fn hashes(&self) -> Vec<u64> {
        let mut hashes = vec![0; self.known.len()];
        self.numbers.iter().for_each(|(hash, number)| hashes[*number as usize] = *hash);
        hashes
    }

    /// What is noted of the document at `rank`: keys and mark, and its features.
    fn notes(&self, hashes: &[u64], rank: usize, read: (&[u64], u64)) -> Vec<u8> {
        let language = self.languages[rank];
        let features = self.documents[rank].iter().map(|packed| {
            let entry = Entry(*packed);
            (salted(hashes[entry.id()], language), entry.0 as u8 & (IN_LEAD | IS_WHAT))
        });
        notes::write(read, (self.lengths[rank], language, &self.dates[rank]), features)
    }

    fn replace(&mut self, rank: usize, analysis: Analysis) {
        let most = u32::MAX >> FLAG_BITS;
        let language = analysis.language;
        let packed = analysis.features.iter().map(|&(hash, flags)| {
            let next = u32::try_from(self.numbers.len()).unwrap_or(most).min(most);
            let number = *self.numbers.entry(salted(hash, language)).or_insert(next);
            if number as usize == self.known.len() {
                self.known.push((language, is_stop_word(hash)));
            }
            Entry::new(number, flags).0
        });
        self.documents[rank] = packed.collect();
        self.languages[rank] = language;
        self.lengths[rank] = analysis.length;
        self.dates[rank] = analysis.dates.into_boxed_slice();
    }

    /// Counts documents a feature, numbers anew the features worth keeping, packs the documents.
    fn finish(self, order: Vec<usize>, repeated: FxHashSet<u64>) -> Corpus {
        let mut counted = vec![[0_u32; SETS]; self.numbers.len()];
        for &packed in self.documents.iter().flatten() {
            let entry = Entry(packed);
            if let Some(df) = counted.get_mut(entry.id()) {
                for (set, count) in df.iter_mut().enumerate() {
                    *count += u32::from(entry.is_in(set));
                }
            }
        }
        // A stop word of one document stays: its weight is not that of other single features.
        let mut kept: Vec<(u64, u32)> = self.numbers.into_iter().collect();
        kept.retain(|&(_, number)| counted[number as usize][0] > 1 || self.known[number as usize].1);
        kept.par_sort_unstable();
        let mut ids = vec![u32::MAX; counted.len()];
        for (id, &(_, number)) in kept.iter().enumerate() {
            ids[number as usize] = u32::try_from(id).unwrap_or(u32::MAX);
        }
        let mut speakers = vec![0; 256];
        self.languages.iter().for_each(|&language| speakers[usize::from(language)] += 1);
        let (packed, singles) =
            self.documents.into_par_iter().map(|document| renumbered(document, &ids)).unzip();
        Corpus {
            packed,
            singles,
            df: kept.iter().map(|&(_, number)| counted[number as usize]).collect(),
            stop: kept.iter().map(|&(_, number)| self.known[number as usize].1).collect(),
            language: kept.iter().map(|&(_, number)| self.known[number as usize].0).collect(),
            speakers,
            hashes: kept.into_iter().map(|(hash, _)| hash).collect(),
            order,
            repeated,
            languages: self.languages,
            lengths: self.lengths,
            dates: self.dates,
        }
    }
}

/// The features of a document by their ids, and how many of them in each set have none. In place: there may be very many.
fn renumbered(features: Box<[u32]>, ids: &[u32]) -> (Box<[u32]>, [u32; SETS]) {
    let (mut features, mut singles) = (features.into_vec(), [0; SETS]);
    features.retain_mut(|packed| {
        let entry = Entry(*packed);
        let id = ids.get(entry.id()).copied().filter(|id| *id != u32::MAX);
        match id {
            Some(id) => *packed = id << FLAG_BITS | *packed & 3,
            None => singles.iter_mut().enumerate().for_each(|(set, n)| *n += u32::from(entry.is_in(set))),
        }
        id.is_some()
    });
    features.sort_unstable();
    (features.into_boxed_slice(), singles)
}
