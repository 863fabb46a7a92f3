//! Groups of documents, and the lines of `clusters.jsonl` that are made of them when they are written.
//!
//! A group names its documents by index; keys, digests and ids are read from the shards when a line is made, so that a
//! million members need no more than their numbers.

use super::corpus::Corpus;
use crate::document::{Decimal4, Status, hex};
use crate::error::Result;
use crate::group::events::Event;
use crate::write::record::{Cluster, Kind, Member, Relation, SentencePair};

/// Documents that belong together.
#[derive(Debug)]
pub(super) enum Group {
    /// A kept document and what was removed as its copy, ascending.
    Copy { kept: u32, copies: Box<[u32]> },
    /// A short document most of which stands in a longer one.
    Excerpt { short: u32, long: u32, contained: Decimal4 },
    /// Kept documents that report one event; indices are those of the corpus.
    Event(Box<Event>),
}

impl Group {
    fn relation(&self) -> Relation {
        match self {
            Self::Copy { .. } => Relation::Copy,
            Self::Excerpt { .. } => Relation::Excerpt,
            Self::Event(_) => Relation::Event,
        }
    }

    fn prefix(&self) -> &'static str {
        match self {
            Self::Copy { .. } => "c-",
            Self::Excerpt { .. } => "x-",
            Self::Event(_) => "e-",
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::Copy { copies, .. } => copies.len() + 1,
            Self::Excerpt { .. } => 2,
            Self::Event(event) => event.members.len(),
        }
    }

    fn least(&self, corpus: &Corpus) -> Decimal4 {
        match self {
            Self::Copy { copies, .. } => {
                let similarity = |i: &u32| corpus.copy_of[*i as usize].similarity;
                copies.iter().map(similarity).min().unwrap_or(Decimal4::ONE)
            }
            Self::Excerpt { contained, .. } => *contained,
            Self::Event(event) => event.members.iter().map(|m| m.1).min().unwrap_or_default(),
        }
    }

    /// The document that comes first in the line.
    fn first(&self) -> usize {
        match self {
            Self::Copy { kept, .. } => *kept as usize,
            Self::Excerpt { long, .. } => *long as usize,
            Self::Event(event) => event.members.first().map_or(0, |m| m.0),
        }
    }
}

/// All groups, in the order of their ids.
#[derive(Debug, Default)]
pub(super) struct Groups(Vec<Named>);

#[derive(Debug)]
struct Named {
    /// The first eight bytes of the digest that the id is made of.
    digest: [u8; 8],
    /// From 2 on for groups that would have the id of another one.
    twin: u32,
    group: Group,
}

impl Groups {
    /// Names the groups and puts them in order.
    ///
    /// # Errors
    /// Where a shard cannot be read.
    pub(super) fn new(corpus: &Corpus, groups: Vec<Group>) -> Result<Self> {
        let mut named = Vec::with_capacity(groups.len());
        for group in groups {
            let digest = named_by(corpus, &group)?;
            let mut head = [0; 8];
            head.copy_from_slice(&digest[..8]);
            named.push(Named { digest: head, twin: 1, group });
        }
        named.sort_by(|a, b| (a.group.prefix(), a.digest).cmp(&(b.group.prefix(), b.digest)));
        let same = |a: &Named, b: &Named| (a.group.prefix(), a.digest) == (b.group.prefix(), b.digest);
        for twins in named.chunk_by_mut(same).filter(|twins| twins.len() > 1) {
            // Their naming documents have the same words, with copies left in: told apart by their first members.
            let mut keys = Vec::with_capacity(twins.len());
            for twin in twins.iter() {
                keys.push(corpus.key(twin.group.first())?);
            }
            let mut order: Vec<usize> = (0..twins.len()).collect();
            order.sort_by(|a, b| keys[*a].cmp(&keys[*b]));
            for (place, twin) in (1..).zip(order) {
                twins[twin].twin = place;
            }
            twins.sort_by_key(|twin| twin.twin);
        }
        Ok(Self(named))
    }

    /// Number of clusters.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Number of clusters of a relation.
    pub(super) fn count(&self, relation: Relation) -> u64 {
        self.0.iter().filter(|named| named.group.relation() == relation).count() as u64
    }

    /// Relation and size of a cluster.
    pub(super) fn outline(&self, place: usize) -> (Relation, usize) {
        let group = &self.0[place].group;
        (group.relation(), group.size())
    }

    /// A cluster as it is written.
    ///
    /// # Errors
    /// Where a shard cannot be read.
    pub(super) fn cluster(&self, corpus: &Corpus, place: usize) -> Result<Cluster> {
        let named = &self.0[place];
        let mut cluster = Cluster {
            id: named.id(),
            relation: named.group.relation(),
            size: named.group.size(),
            min_similarity: named.group.least(corpus),
            members: Vec::with_capacity(named.group.size()),
            terms: Vec::new(),
            sentences: Vec::new(),
            dates: Vec::new(),
        };
        match &named.group {
            Group::Copy { kept, copies } => {
                cluster.members.push(member(corpus, *kept, Kind::Kept, None, None)?);
                for copy in copies {
                    let index = *copy as usize;
                    let similarity = Some(corpus.copy_of[index].similarity);
                    let identical = corpus.status[index] == Status::Identical;
                    let kind = if identical { Kind::Identical } else { Kind::Near };
                    cluster.members.push(member(corpus, *copy, kind, similarity, Some(*kept))?);
                }
            }
            Group::Excerpt { short, long, contained } => {
                cluster.members.push(member(corpus, *long, Kind::Kept, None, None)?);
                cluster.members.push(member(corpus, *short, Kind::Excerpt, Some(*contained), None)?);
            }
            Group::Event(event) => {
                for (index, similarity) in &event.members {
                    let similarity = Some(*similarity);
                    let member = member(corpus, *index as u32, Kind::Coverage, similarity, None)?;
                    cluster.members.push(member);
                }
                cluster.terms.clone_from(&event.terms);
                for (doc, text, other_doc, other_text) in &event.sentences {
                    cluster.sentences.push(SentencePair {
                        doc: corpus.key(*doc)?,
                        text: text.clone(),
                        other_doc: corpus.key(*other_doc)?,
                        other_text: other_text.clone(),
                    });
                }
                cluster.dates = event.dates.iter().map(|date| date.to_string()).collect();
            }
        }
        Ok(cluster)
    }
}

impl Named {
    fn id(&self) -> String {
        let id = format!("{}{}", self.group.prefix(), hex(&self.digest));
        if self.twin > 1 { format!("{id}-{}", self.twin) } else { id }
    }
}

/// The digest that names a group: that of the kept, of the shorter, of the smallest document.
fn named_by(corpus: &Corpus, group: &Group) -> Result<crate::document::Digest> {
    let digest = |index: usize| Ok(corpus.document(index)?.row.digest);
    match group {
        Group::Copy { kept, .. } => digest(*kept as usize),
        Group::Excerpt { short, .. } => digest(*short as usize),
        Group::Event(event) => {
            let digests: Result<Vec<_>> = event.members.iter().map(|m| digest(m.0)).collect();
            Ok(digests?.into_iter().min().unwrap_or_default())
        }
    }
}

fn member(
    corpus: &Corpus,
    index: u32,
    kind: Kind,
    similarity: Option<Decimal4>,
    to: Option<u32>,
) -> Result<Member> {
    let document = corpus.document(index as usize)?;
    let details = document.details()?;
    let simhash = document.row.simhash;
    Ok(Member {
        doc: corpus.key_of(&document),
        id: details.id,
        kind,
        similarity,
        distance: to.map(|to| simhash::hamming_distance(simhash, corpus.simhashes[to as usize])),
        sha256: hex(&document.row.digest),
        simhash: format!("{simhash:016x}"),
    })
}
