//! Groups of documents, and the lines of `clusters.jsonl` that are made of them when they are written.
//!
//! A group names its documents by index; keys, digests and ids are read from the shards when a line is made, so that a
//! million members need no more than their numbers.

use serde::ser::{Error as _, SerializeSeq};
use serde::{Serialize, Serializer};

use super::corpus::Corpus;
use crate::document::{Decimal4, Status, hex};
use crate::error::Result;
use crate::group::events::Event;
use crate::write::record::{Cluster, Kind, Member, Relation, SentencePair};
use crate::write::report::{Extract, Outline};

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

    /// What a cluster is like.
    pub(super) fn outline(&self, corpus: &Corpus, place: usize) -> Outline {
        let group = &self.0[place].group;
        Outline { relation: group.relation(), size: group.size(), least: group.least(corpus) }
    }

    /// A cluster with the members that the report asks for.
    ///
    /// # Errors
    /// Where a shard cannot be read.
    pub(super) fn cluster(&self, corpus: &Corpus, place: usize) -> Result<Cluster> {
        let mut extract = Extract::default();
        for member in self.0[place].group.members(corpus) {
            extract.add(member.kind, member.similarity, member);
        }
        let members = extract.members().into_iter().map(|member| member.read(corpus));
        self.with_members(corpus, place, members.collect::<Result<_>>()?)
    }

    /// A cluster that reads its members when it is written.
    ///
    /// # Errors
    /// Where a shard cannot be read.
    pub(super) fn unread<'a>(&'a self, corpus: &'a Corpus, place: usize) -> Result<Cluster<Unread<'a>>> {
        self.with_members(corpus, place, Unread { corpus, group: &self.0[place].group })
    }

    fn with_members<M>(&self, corpus: &Corpus, place: usize, members: M) -> Result<Cluster<M>> {
        let named = &self.0[place];
        let mut cluster = Cluster {
            id: named.id(),
            relation: named.group.relation(),
            size: named.group.size(),
            min_similarity: named.group.least(corpus),
            members,
            terms: Vec::new(),
            sentences: Vec::new(),
            dates: Vec::new(),
        };
        if let Group::Event(event) = &named.group {
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
        Ok(cluster)
    }
}

/// The members of a group, read one by one as they are written.
pub(super) struct Unread<'a> {
    corpus: &'a Corpus,
    group: &'a Group,
}

impl Serialize for Unread<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_seq(Some(self.group.size()))?;
        for member in self.group.members(self.corpus) {
            members.serialize_element(&member.read(self.corpus).map_err(S::Error::custom)?)?;
        }
        members.end()
    }
}

/// A member, by index.
struct MemberOf {
    index: u32,
    kind: Kind,
    similarity: Option<Decimal4>,
    /// The kept document that it is a copy of.
    to: Option<u32>,
}

impl Group {
    /// The members, in the order in which they are written.
    fn members<'a>(&'a self, corpus: &'a Corpus) -> Box<dyn Iterator<Item = MemberOf> + 'a> {
        let member = |index, kind, similarity| MemberOf { index, kind, similarity, to: None };
        match self {
            Self::Copy { kept, copies } => {
                let copies = copies.iter().map(|copy| {
                    let identical = corpus.status[*copy as usize] == Status::Identical;
                    MemberOf {
                        index: *copy,
                        kind: if identical { Kind::Identical } else { Kind::Near },
                        similarity: Some(corpus.copy_of[*copy as usize].similarity),
                        to: Some(*kept),
                    }
                });
                Box::new(std::iter::once(member(*kept, Kind::Kept, None)).chain(copies))
            }
            Self::Excerpt { short, long, contained } => {
                let excerpt = member(*short, Kind::Excerpt, Some(*contained));
                Box::new([member(*long, Kind::Kept, None), excerpt].into_iter())
            }
            Self::Event(event) => {
                let members = event.members.iter();
                Box::new(
                    members.map(move |(index, similarity)| {
                        member(*index as u32, Kind::Coverage, Some(*similarity))
                    }),
                )
            }
        }
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

impl MemberOf {
    fn read(&self, corpus: &Corpus) -> Result<Member> {
        let document = corpus.document(self.index as usize)?;
        let simhash = document.row.simhash;
        let distance = |to: u32| simhash::hamming_distance(simhash, corpus.simhashes[to as usize]);
        Ok(Member {
            doc: corpus.key_of(&document),
            id: document.details()?.id,
            kind: self.kind,
            similarity: self.similarity,
            distance: self.to.map(distance),
            sha256: hex(&document.row.digest),
            simhash: format!("{simhash:016x}"),
        })
    }
}
