//! Whether the lists add up to what the manifest says: kept + removed + emptied + rejected = read.
//!
//! Of the documents that were removed only hashes of the keys that they name are held.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rustc_hash::FxHashSet;
use serde::Serialize;
use serde_json::Value;
use xxhash_rust::xxh3::xxh3_128;

use super::findings::Findings;
use super::lists::{self, CLUSTERS, DOCUMENTS};
use crate::document::Status;
use crate::write::lists::REJECTS;
use crate::write::manifest::{Counts, Manifest};
use crate::write::publish::MANIFEST;
use crate::write::record::{DocumentLine, Relation};

/// What documents.jsonl adds up to.
#[derive(Default)]
struct Sums {
    counts: Counts,
    conversions: BTreeMap<String, u64>,
    /// By rule id: documents in which it cut, and bytes.
    rules: BTreeMap<String, (u64, u64)>,
    languages: BTreeSet<String>,
    /// Hashes of the keys that removed documents name.
    of: FxHashSet<u128>,
}

/// Adds up the lists. The languages of the kept documents.
pub(super) fn check(out: &Path, manifest: &Manifest, findings: &mut Findings) -> BTreeSet<String> {
    let mut sums = Sums::default();
    let tagged = manifest.options.get("copies").is_some_and(|copies| copies == "tag");
    let documents = lists::documents(out).and_then(|mut lines| {
        lines.try_for_each(|line| {
            sums.add(&line?, tagged);
            Ok(())
        })
    });
    let rejects = lists::rejects(out).and_then(|mut lines| {
        lines.try_for_each(|line| {
            line?;
            sums.counts.rejected += 1;
            Ok(())
        })
    });
    let mut removed = 0;
    let mut wrong_sizes = 0_u64;
    let clusters = lists::clusters(out, &mut |cluster| {
        let count = match cluster.relation {
            Relation::Copy => &mut sums.counts.copy_clusters,
            Relation::Excerpt => &mut sums.counts.excerpts,
            Relation::Event => &mut sums.counts.events,
        };
        *count += 1;
        wrong_sizes += u64::from(cluster.size != cluster.members.all);
        removed += cluster.members.removed;
    });
    let mut whole = true;
    for (name, read) in [(DOCUMENTS, documents), (REJECTS, rejects), (CLUSTERS, clusters)] {
        if let Err(cause) = read {
            findings.fail(name, cause);
            whole = false;
        }
    }
    if !whole {
        return sums.languages;
    }
    let counts = &mut sums.counts;
    counts.read = counts.kept + counts.identical + counts.near + counts.emptied + counts.rejected;
    findings.answer.documents = counts.read - counts.rejected + counts.references;
    if wrong_sizes > 0 {
        findings
            .fail(CLUSTERS, format!("{wrong_sizes} clusters have another number of members than they say"));
    }
    if removed != counts.identical + counts.near {
        let cause =
            format!("names {removed} removed documents, documents.jsonl {}", counts.identical + counts.near);
        findings.fail(CLUSTERS, cause);
    }
    compare("counts", &manifest.counts, &sums.counts, findings);
    compare("conversions", &manifest.conversions, &sums.conversions, findings);
    let rules = manifest.rules.iter().filter(|(_, count)| count.documents > 0);
    let said: BTreeMap<String, (u64, u64)> =
        rules.map(|(id, count)| (id.clone(), (count.documents, count.bytes))).collect();
    compare("rules", &said, &sums.rules, findings);
    check_names(out, &mut sums.of, findings);
    sums.languages
}

impl Sums {
    fn add(&mut self, line: &DocumentLine, tagged: bool) {
        if let Some(charset) = &line.converted {
            *self.conversions.entry(charset.clone()).or_default() += 1;
        }
        let counts = &mut self.counts;
        counts.recrawls += u64::from(line.recrawl_of.is_some());
        self.of.extend(line.of.as_ref().map(|of| xxh3_128(of.as_bytes())));
        if line.status == Status::Reference {
            counts.references += 1;
            return;
        }
        counts.bytes_in += line.bytes_in;
        counts.bytes_cut += line.bytes_in.saturating_sub(line.bytes_out);
        let is_written = match line.status {
            Status::Kept => true,
            Status::Identical | Status::Near => tagged,
            Status::Emptied | Status::Reference => false,
        };
        *(if is_written { &mut counts.bytes_out } else { &mut counts.bytes_removed }) += line.bytes_out;
        match line.status {
            Status::Kept => counts.kept += 1,
            Status::Identical => counts.identical += 1,
            Status::Near => counts.near += 1,
            Status::Emptied => counts.emptied += 1,
            Status::Reference => {}
        }
        if line.status == Status::Kept {
            self.languages.extend(line.lang.clone());
        }
        for (rule, bytes) in &line.cut {
            let sum = self.rules.entry(rule.clone()).or_default();
            *sum = (sum.0 + 1, sum.1 + bytes);
        }
    }
}

/// Says which entries of the manifest are not what the lists add up to.
fn compare(what: &str, manifest: &impl Serialize, lists: &impl Serialize, findings: &mut Findings) {
    let entries = |value: Value| match value {
        Value::Object(entries) => entries.into_iter().collect::<BTreeMap<String, Value>>(),
        _ => BTreeMap::new(),
    };
    let said = entries(serde_json::to_value(manifest).unwrap_or_default());
    let found = entries(serde_json::to_value(lists).unwrap_or_default());
    let names: BTreeSet<&String> = said.keys().chain(found.keys()).collect();
    for name in names.into_iter().filter(|name| said.get(*name) != found.get(*name)) {
        let number = |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
        let (said, found) = (number(said.get(name)), number(found.get(name)));
        findings.fail(MANIFEST, format!("{what}.{name} is {said}, the lists add up to {found}"));
    }
}

/// Every document that a removed one names was kept.
fn check_names(out: &Path, of: &mut FxHashSet<u128>, findings: &mut Findings) {
    let stays = |line: &DocumentLine| matches!(line.status, Status::Kept | Status::Reference);
    let all = || lists::documents(out).into_iter().flatten().flatten();
    for line in all().filter(stays) {
        of.remove(&xxh3_128(line.doc.as_bytes()));
    }
    if of.is_empty() {
        return;
    }
    for line in all() {
        if let Some(name) = line.of.as_ref().filter(|of_it| of.contains(&xxh3_128(of_it.as_bytes()))) {
            let cause = format!("is said to be a copy of {name}, which was not kept");
            findings.fail_at(DOCUMENTS, Some(&line.doc), None, cause);
        }
    }
}
