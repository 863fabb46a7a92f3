//! Writes what a run decided: its lists and its report. Everything goes through one [`Staging`], so
//! that nothing is published unless all of it was written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::clusters::Groups;
use super::corpus::{Corpus, Document};
use super::data::{form, is_written};
use super::differences::Differences;
use super::intake::Intake;
use super::options::{Copies, Fields, Options};
use super::progress::Progress;
use super::report::{Documents, Examples, Parts, REPORT, page};
use crate::document::{Cut, Decimal4, Origin, Status};
use crate::error::{Error, Result};
use crate::shard::{Details, Store};
use crate::strip::RuleSet;
use crate::write::lists::{Form, List, ListWriter, REJECTS};
use crate::write::manifest::{Counts, FileHash, Manifest};
use crate::write::record::{Cluster, DateLine, DocumentLine, Reject, Relation};
use crate::write::report::{Clusters, Outline, Profile};
use crate::write::staging::Staging;

/// What the lists told on the way: what manifest, report and card say.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) counts: Counts,
    /// Languages of the kept documents.
    pub(super) languages: BTreeSet<String>,
    /// What texts were converted from, and how many.
    conversions: BTreeMap<String, u64>,
    /// What the documents are like, for the report.
    profile: Profile,
    examples: Examples,
    /// Documents that are records, and whether one of them has an id, an address, a date and a title in a field.
    records: u64,
    found: [bool; 4],
}

/// Writes the lists of clusters, documents and rejects.
pub(super) fn lists(
    intake: &Intake,
    groups: &Groups,
    (rules, options): (&RuleSet, &Options),
    staging: &mut Staging,
    progress: &dyn Progress,
) -> Result<Tally> {
    let corpus = &intake.corpus;
    let form = form(corpus, options.to);
    let mut list = ListWriter::begin(staging, List::Clusters, form)?;
    for place in 0..groups.len() {
        // A cluster may have a million members: no line of JSON is ever held.
        list.push(&groups.unread(corpus, place)?)?;
    }
    list.finish(staging)?;

    let mut list = ListWriter::begin(staging, List::Documents, form)?;
    let mut tally = Tally::default();
    let recrawls = corpus.recrawls()?;
    tally.counts.recrawls = recrawls.len() as u64;
    let first_of = |document: usize| {
        let place = recrawls.binary_search_by_key(&document, |(document, _)| *document as usize).ok()?;
        Some(recrawls[place].1 as usize)
    };
    for segment in &corpus.segments {
        if let Some(signal) = progress.stop() {
            return Err(Error::Interrupted(signal));
        }
        let (names, cuts) = (corpus.names_of(segment)?, corpus.cuts_of_segment(segment)?);
        let details = corpus.details_of_segment(segment)?;
        for document in corpus.documents_of(segment)? {
            let cuts = cuts.of(&document.row);
            let (site, lang) = (names.get(document.row.site), names.get(document.row.lang));
            tally.count(&document, corpus.status[document.index], cuts, lang, options.copies);
            let details = details(&document)?;
            if !segment.files {
                tally.note_fields(&document, &details);
            }
            if let Some(charset) = &details.converted {
                *tally.conversions.entry(charset.clone()).or_default() += 1;
            }
            let line = document_line(
                corpus,
                &document,
                details,
                first_of(document.index),
                (site, lang),
                cuts,
                rules,
            )?;
            tally.profile.add(&line);
            list.push(&line)?;
        }
    }
    list.finish(staging)?;
    tally.counts.rejected = intake.rejects.len() as u64;
    tally.counts.read = corpus.len() as u64 - tally.counts.references + tally.counts.rejected;
    tally.counts.copy_clusters = groups.count(Relation::Copy);
    tally.counts.excerpts = groups.count(Relation::Excerpt);
    tally.counts.events = groups.count(Relation::Event);
    let mut staged = staging.begin(Path::new(REJECTS))?;
    for reject in &intake.rejects {
        staged.json(reject)?;
    }
    staged.finish(staging)?;
    Ok(tally)
}

impl Tally {
    fn note_fields(&mut self, document: &Document<'_>, details: &Details) {
        let has_date = document.row.date.is_some_and(|(_, origin)| origin == Origin::Field);
        let here = [details.id.is_some(), details.url.is_some(), has_date, details.title.is_some()];
        self.records += 1;
        self.found.iter_mut().zip(here).for_each(|(found, here)| *found |= here);
    }

    /// The fields that somebody named and that no record has, each with its option.
    pub(super) fn missing<'f>(&self, fields: &'f Fields) -> Vec<(&'static str, &'f str)> {
        let named = [
            ("--id-field", &fields.id),
            ("--url-field", &fields.url),
            ("--date-field", &fields.date),
            ("--title-field", &fields.title),
        ];
        let missing = named.into_iter().zip(self.found).filter(|(_, found)| self.records > 0 && !found);
        missing.filter_map(|((option, name), _)| Some((option, name.as_deref()?))).collect()
    }

    fn count(
        &mut self,
        document: &Document<'_>,
        status: Status,
        cuts: &[Cut],
        lang: Option<&str>,
        copies: Copies,
    ) {
        let (bytes_in, bytes_out) = (u64::from(document.row.bytes_in), u64::from(document.row.bytes_out));
        let counts = &mut self.counts;
        if status == Status::Reference {
            counts.references += 1;
            return;
        }
        counts.bytes_in += bytes_in;
        counts.bytes_cut += bytes_in - bytes_out;
        match status {
            Status::Kept => counts.kept += 1,
            Status::Identical => counts.identical += 1,
            Status::Near => counts.near += 1,
            Status::Emptied => counts.emptied += 1,
            Status::Reference => {}
        }
        if is_written(status, copies) {
            counts.bytes_out += bytes_out;
        } else {
            counts.bytes_removed += bytes_out;
        }
        if let Some(lang) = lang.filter(|lang| status == Status::Kept && !self.languages.contains(*lang)) {
            self.languages.insert(lang.to_owned());
        }
        self.examples.note(document.index, cuts);
    }
}

fn document_line(
    corpus: &Corpus,
    document: &Document<'_>,
    details: Details,
    first: Option<usize>,
    (site, lang): (Option<&str>, Option<&str>),
    cuts: &[Cut],
    rules: &RuleSet,
) -> Result<DocumentLine> {
    let copy = corpus.copy_of.get(document.index).filter(|copy| copy.kept != u32::MAX);
    let mut captures: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in details.captures {
        captures.entry(name).or_default().push(value);
    }
    let mut cut: BTreeMap<String, u64> = BTreeMap::new();
    for c in cuts {
        *cut.entry(rules.id(c.rule).to_owned()).or_default() += c.len() as u64;
    }
    Ok(DocumentLine {
        doc: corpus.key_of(document),
        id: details.id,
        status: corpus.status[document.index],
        of: copy.map(|copy| corpus.key(copy.kept as usize)).transpose()?,
        similarity: copy.map(|copy| copy.similarity),
        recrawl_of: first.map(|first| corpus.key(first)).transpose()?,
        site: site.map(str::to_owned),
        lang: lang.map(str::to_owned),
        date: document.row.date.map(|(date, source)| DateLine { value: date.to_string(), source }),
        captures,
        converted: details.converted,
        bytes_in: u64::from(document.row.bytes_in),
        bytes_out: u64::from(document.row.bytes_out),
        cut,
    })
}

/// The manifest, but for its outputs.
pub(super) fn manifest(intake: &Intake, tally: &Tally, rules: &RuleSet, options: &Options) -> Manifest {
    let used = intake.rules.iter().enumerate().filter(|(_, r)| r.cuts > 0);
    let files = |reference: bool| {
        let all = intake.corpus.sources.iter().zip(&intake.hashes);
        all.filter(move |(source, _)| source.reference == reference).filter_map(|(source, hash)| {
            Some(FileHash { path: source.key.clone(), bytes: source.bytes, sha256: hash.clone()? })
        })
    };
    let archives = intake.archives.iter().map(|(key, (bytes, sha256))| FileHash {
        path: key.clone(),
        bytes: *bytes,
        sha256: sha256.clone(),
    });
    let mut inputs: Vec<FileHash> = files(false).chain(archives).collect();
    inputs.sort_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
    Manifest {
        tool: "tamis".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        options: options.in_words(),
        rules_sha256: rules.sha256().into(),
        hasher: crate::fingerprint::HASHER.into(),
        counts: tally.counts.clone(),
        conversions: tally.conversions.clone(),
        json_columns: Vec::new(),
        rules: used.map(|(i, count)| (rules.id(i as u32).to_owned(), count.clone())).collect(),
        inputs,
        references: files(true).collect(),
        outputs: Vec::new(),
    }
}

/// The clusters as the report asks for them.
struct Shown<'a> {
    corpus: &'a Corpus,
    groups: &'a Groups,
}

impl Clusters for Shown<'_> {
    fn len(&self) -> usize {
        self.groups.len()
    }

    fn outline(&self, place: usize) -> Outline {
        self.groups.outline(self.corpus, place)
    }

    fn cluster(&self, place: usize) -> Result<Cluster> {
        self.groups.cluster(self.corpus, place)
    }
}

/// Writes `report.html`.
pub(super) fn report(
    intake: &Intake,
    groups: &Groups,
    tally: &Tally,
    (rules, manifest, lists): (&RuleSet, &Manifest, Form),
    store: &Store,
    staging: &mut Staging,
) -> Result<()> {
    let corpus = &intake.corpus;
    let differences = Differences::open(store);
    let page = page(
        &Documents::new(corpus, None),
        &Parts {
            manifest,
            profile: &tally.profile,
            clusters: &Shown { corpus, groups },
            lists,
            rejects: &intake.rejects,
            examples: &tally.examples,
            rules: &|number| (rules.id(number).to_owned(), rules.about(number).to_owned()),
            differences: &differences,
        },
    )?;
    differences.keep()?;
    staging.file(Path::new(REPORT), page.as_bytes())
}

/// Causes for the safety brake: rules of a file that cut more than half of the text, or empty over one document in
/// twenty. Small runs are spared: there one odd document is a large share.
pub(super) fn brake(intake: &Intake, rules: &RuleSet) -> Vec<String> {
    const LEAST_DOCUMENTS: u64 = 100;
    let documents = intake.documents;
    if documents < LEAST_DOCUMENTS {
        return Vec::new();
    }
    let share = |part: u64, whole: u64| Decimal4::ratio(part * 100, whole.max(1)).as_f64();
    let mut causes = Vec::new();
    for (i, count) in intake.rules.iter().enumerate() {
        if rules.is_from_file(i as u32) && count.bytes * 2 > intake.bytes_in {
            let id = rules.id(i as u32);
            let share = share(count.bytes, intake.bytes_in);
            causes.push(format!(
                "safety brake: rule `{id}` cuts {share:.0} % of the text; nothing was published"
            ));
        }
    }
    let emptied = intake.emptied;
    if emptied * 20 > documents {
        let share = share(emptied, documents);
        causes.push(format!(
            "safety brake: the rules leave nothing of {emptied} documents ({share:.0} %); nothing was published"
        ));
    }
    causes
}

/// `FILE#RECORD: cause`, as a summary shows a reject.
pub(super) fn reject_in_words(reject: &Reject) -> String {
    match reject.record {
        Some(record) => format!("{}#{record}: {}", reject.file, reject.cause),
        None => format!("{}: {}", reject.file, reject.cause),
    }
}
