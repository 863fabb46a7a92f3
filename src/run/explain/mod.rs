//! `tamis explain`: why a document of a former run looks as it does.

mod nearest;

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use crate::document::{Cut, Origin, Status};
use crate::error::{Error, Result, on_one_line};
use crate::run::ledger::{Entry, Ledger};
use crate::run::report::shown_text;
use crate::strip::{is_learned, main_content};
use crate::write::lists::{List, REJECTS};
use crate::write::publish;
use crate::write::record::{Cluster, DocumentLine, Kind, Reject, Relation};

/// Characters of a cut, or of a differing passage, that are shown.
const SHOWN: usize = 160;
/// Differing passages that are shown of a copy.
const PASSAGES: usize = 8;

/// What was cut from `doc` (a key, or a record's own id), what it is a copy of, which events it is in, and what it was
/// nearly joined with, as lines of text.
///
/// # Errors
/// [`Error::Usage`] if `out` is no output of tamis or has no such document.
pub fn explain(out: &Path, doc: &str) -> Result<String> {
    let line = find_document(out, doc)?;
    let mut clusters: Vec<Cluster> = List::Clusters.with_word(out, &line.doc)?;
    clusters.retain(|cluster| cluster.members.iter().any(|member| member.doc == line.doc));
    let mut text = String::new();
    about(&line, &mut text);
    let ledger = Ledger::open(out);
    cuts(&line, ledger.as_ref(), &mut text);
    for cluster in &clusters {
        match cluster.relation {
            Relation::Copy => copies(cluster, &line.doc, ledger.as_ref(), &mut text),
            Relation::Excerpt => excerpt(cluster, &line.doc, &mut text),
            Relation::Event => event(cluster, &line.doc, &mut text),
        }
    }
    if clusters.is_empty() {
        let manifest = publish::read(out)?;
        let looked_for =
            |relation: Relation, what: &'static str| manifest.looked_for(relation).then_some(what);
        let sought = [
            looked_for(Relation::Copy, "no copy of it"),
            looked_for(Relation::Excerpt, "no excerpt"),
            looked_for(Relation::Event, "no other coverage"),
        ];
        let _ = match sought.into_iter().flatten().collect::<Vec<_>>().as_slice() {
            [] => writeln!(text, "\ncopies and coverage were not looked for"),
            [one] => writeln!(text, "\n{one} was found"),
            [first @ .., last] => writeln!(text, "\n{} and {last} was found", first.join(", ")),
        };
    }
    nearest::misses(out, &line, &mut text);
    Ok(text)
}

fn find_document(out: &Path, doc: &str) -> Result<DocumentLine> {
    let mut found: Vec<DocumentLine> = List::Documents.with_word(out, doc)?;
    found.retain(|line| line.doc == doc || line.id.as_deref() == Some(doc));
    if let Some(exact) = found.iter().position(|line| line.doc == doc) {
        return Ok(found.swap_remove(exact));
    }
    match found.len() {
        1 => Ok(found.swap_remove(0)),
        0 if rejected(out, doc).is_some() => {
            let cause = on_one_line(rejected(out, doc).unwrap_or_default());
            let what = format!("`{}` could not be used: {cause}", on_one_line(doc));
            Err(Error::usage(what, format!("{REJECTS} lists all that could not be used")))
        }
        0 => {
            let (path, _) = List::Documents.find(out)?;
            let path = on_one_line(path.display());
            let hint = format!("the keys stand in {path} (`doc`); a record's own id works too");
            let (doc, out) = (on_one_line(doc), on_one_line(out.display()));
            Err(Error::usage(format!("no document `{doc}` in {out}"), hint))
        }
        n => {
            let keys: Vec<String> = found.iter().take(5).map(|l| on_one_line(&l.doc)).collect();
            let hint = format!("give the key: {}", keys.join(", "));
            Err(Error::usage(format!("{n} documents have the id `{}`", on_one_line(doc)), hint))
        }
    }
}

/// Why an input, or a record (`FILE#NUMBER`), could not be used, if it could not.
fn rejected(out: &Path, doc: &str) -> Option<String> {
    let lines = BufReader::new(File::open(out.join(REJECTS)).ok()?).lines();
    let rejects =
        lines.map_while(std::io::Result::ok).filter_map(|line| serde_json::from_str::<Reject>(&line).ok());
    let is_meant = |reject: &Reject| match reject.record {
        Some(record) => doc.strip_prefix(&reject.file) == Some(&format!("#{record}")),
        None => reject.file == doc,
    };
    rejects.into_iter().find(is_meant).map(|reject| reject.cause)
}

fn about(line: &DocumentLine, text: &mut String) {
    let id = line.id.as_ref().map_or(String::new(), |id| format!("  (id {})", on_one_line(id)));
    let _ = writeln!(text, "{}{id}", on_one_line(&line.doc));
    let similarity = line.similarity.map_or(String::new(), |s| format!(", similarity {s}"));
    let of = on_one_line(line.of.as_deref().unwrap_or("?"));
    let _ = match line.status {
        Status::Kept => writeln!(text, "kept"),
        Status::Identical => writeln!(text, "identical: the same words as {of}"),
        Status::Near => writeln!(text, "near copy of {of}{similarity}"),
        Status::Emptied => writeln!(text, "emptied: the rules left nothing of it"),
        Status::Reference => writeln!(text, "reference: counts as kept before"),
    };
    let origin = |source: Origin| match source {
        Origin::Field => "from a field",
        Origin::FileName => "from the file's name",
        Origin::Chrome => "from cut chrome",
        Origin::Text => "from the text",
    };
    let date = line.date.as_ref().map(|d| format!("{} ({})", d.value, origin(d.source)));
    for (name, value) in [("site", line.site.clone()), ("language", line.lang.clone()), ("date", date)] {
        let _ = writeln!(text, "{name}: {}", on_one_line(value.as_deref().unwrap_or("unknown")));
    }
    let _ = writeln!(text, "bytes: {} in, {} after the cuts", line.bytes_in, line.bytes_out);
}

fn cuts(line: &DocumentLine, ledger: Option<&Ledger>, text: &mut String) {
    if line.cut.is_empty() {
        text.push_str("\nnothing was cut\n");
        return;
    }
    text.push_str("\ncut:\n");
    let entry = ledger.and_then(|l| l.entries(&[&line.doc]).pop().flatten());
    match (ledger, entry) {
        (Some(ledger), Some(entry)) => {
            let scores = scores(ledger, &entry);
            for cut in &entry.cuts {
                let (id, about) = ledger.rule(cut.rule);
                let (number, passage) = passage(&entry, cut);
                let score =
                    if id == main_content::RULE { score_at(&scores, cut.start) } else { String::new() };
                let _ = writeln!(text, "  line {number}  {id}  {passage}\n      {about}{score}");
            }
        }
        _ => {
            for (id, bytes) in &line.cut {
                let _ = writeln!(text, "  {id}  {bytes} bytes");
            }
            text.push_str("  (the ledger or the source is not at hand or changed since: the passages cannot be shown)\n");
        }
    }
}

/// What the main-content model says of every line, if it cut any.
fn scores(ledger: &Ledger, entry: &Entry) -> Vec<main_content::Scored> {
    let of_model = |cut: &Cut| ledger.rule(cut.rule).0 == main_content::RULE;
    if !entry.cuts.iter().any(of_model) {
        return Vec::new();
    }
    let of_rules = |cut: &&Cut| !of_model(cut) && !ledger.rule(cut.rule).0.starts_with("layout.");
    let (learned, cuts): (Vec<Cut>, Vec<Cut>) =
        entry.cuts.iter().filter(of_rules).partition(|cut| is_learned(ledger.rule(cut.rule).0));
    main_content::lines(&entry.text, &cuts, &learned)
}

/// The score of the line at byte `at`, in words.
fn score_at(scores: &[main_content::Scored], at: usize) -> String {
    let line = scores.iter().find(|line| line.range.contains(&at));
    line.map_or(String::new(), |line| format!(" ({:+.1}; articles score above 0)", line.score))
}

/// Line from 1 and text of a cut.
fn passage(entry: &Entry, cut: &Cut) -> (usize, String) {
    let number = 1 + entry.text[..cut.start].iter().filter(|b| **b == b'\n').count();
    (number, shown(&String::from_utf8_lossy(&entry.text[cut.start..cut.end])))
}

/// In quotes, with its line breaks and tabs visible, shortened.
fn shown(passage: &str) -> String {
    let mut chars = passage.chars();
    let start: String = chars.by_ref().take(SHOWN).collect();
    let more = if chars.next().is_some() { "…" } else { "" };
    let visible =
        start.replace('\r', "\\r").replace('\n', "\\n").replace('\t', "\\t").replace('\u{a0}', "\\u{a0}");
    format!("“{visible}{more}”")
}

fn copies(cluster: &Cluster, doc: &str, ledger: Option<&Ledger>, text: &mut String) {
    let _ = writeln!(text, "\ncopies ({}):", cluster.id);
    for member in &cluster.members {
        let what = match member.kind {
            Kind::Kept => "kept".to_owned(),
            Kind::Identical => "identical".to_owned(),
            _ => {
                let similarity = member.similarity.unwrap_or_default();
                format!(
                    "near, similarity {similarity}, {} bits of simhash apart",
                    member.distance.unwrap_or_default()
                )
            }
        };
        let this = if member.doc == doc { "  <- this one" } else { "" };
        let _ = writeln!(text, "  {}  {what}{this}", on_one_line(&member.doc));
    }
    let kept = cluster.members.iter().find(|m| m.kind == Kind::Kept);
    if let (Some(kept), Some(ledger)) = (kept.filter(|k| k.doc != doc), ledger) {
        differences(ledger, &kept.doc, doc, text);
    }
}

/// Passages in which a copy differs from the kept document.
fn differences(ledger: &Ledger, kept: &str, copy: &str, text: &mut String) {
    let mut entries = ledger.entries(&[kept, copy]);
    let (Some(Some(copy)), Some(Some(kept))) = (entries.pop(), entries.pop()) else { return };
    let [kept, copy] = [kept, copy].map(|entry| shown_text(&entry.clean()));
    let passages = crate::write::report::differing_passages(&kept, &copy);
    if passages.is_empty() {
        return;
    }
    text.push_str("  where they differ (kept | this one):\n");
    for (left, right) in passages.iter().take(PASSAGES) {
        let _ = writeln!(text, "    {} | {}", shown(left), shown(right));
    }
    if passages.len() > PASSAGES {
        let _ = writeln!(text, "    and {} more passages", passages.len() - PASSAGES);
    }
}

fn excerpt(cluster: &Cluster, doc: &str, text: &mut String) {
    let _ = writeln!(text, "\nexcerpt ({}):", cluster.id);
    for member in &cluster.members {
        let this = if member.doc == doc { "  <- this one" } else { "" };
        let _ = match member.similarity {
            Some(contained) => {
                writeln!(
                    text,
                    "  {}  {contained} of it stands in the longer one{this}",
                    on_one_line(&member.doc)
                )
            }
            None => writeln!(text, "  {}  the longer one{this}", on_one_line(&member.doc)),
        };
    }
}

fn event(cluster: &Cluster, doc: &str, text: &mut String) {
    let _ = writeln!(text, "\nthe same event ({}):", cluster.id);
    for member in &cluster.members {
        let this = if member.doc == doc { "  <- this one" } else { "" };
        let _ = writeln!(
            text,
            "  {}  similarity {}{this}",
            on_one_line(&member.doc),
            member.similarity.unwrap_or_default()
        );
    }
    let _ = writeln!(text, "  shared: {}", on_one_line(cluster.terms.join(", ")));
    for pair in cluster.sentences.iter().filter(|p| p.doc == doc || p.other_doc == doc).take(2) {
        let _ = writeln!(
            text,
            "  {}: {}\n  {}: {}",
            on_one_line(&pair.doc),
            shown(&pair.text),
            on_one_line(&pair.other_doc),
            shown(&pair.other_text)
        );
    }
    if !cluster.dates.is_empty() {
        let _ = writeln!(text, "  dates: {}", cluster.dates.join(", "));
    }
}
