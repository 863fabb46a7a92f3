//! What a run did, for people in words and aligned numbers and for programs as one JSON object.

use std::cmp::Reverse;

use serde::Serialize;
use tamis::run::options::Copies;
use tamis::run::{Options, Outcome};
use tamis::write::lists;
use tamis::write::manifest::{Counts, Manifest, RuleCount};
use tamis::write::record::Relation;
use tamis::{Error, Result};

use super::output::Paint;
use super::words::{bytes, count, number, percent, printable, shell_word};

/// Rules shown without `-v`.
const RULES: usize = 5;
/// Rejects shown without `-v`.
const REJECTS: usize = 5;
/// Changed files shown without `-v`.
const CHANGED: usize = 10;

/// The summary as text, made for 80 columns.
pub(crate) fn text(outcome: &Outcome, options: &Options, verbose: bool, paint: Paint) -> String {
    let manifest = &outcome.manifest;
    let out = shell_word(&options.out.to_string_lossy());
    let mut text = documents(&manifest.counts, options.copies, paint);
    if outcome.reused > 0 {
        let parts = count(outcome.parts, "part");
        text += &format!("  {} of {parts} of the input known from a former run\n", number(outcome.reused));
    }
    text += &cuts(outcome, verbose, paint);
    text += &clusters(manifest);
    if verbose && !manifest.options.is_empty() {
        text += &format!("\n{}\n", paint.bold("Settings"));
        let width = manifest.options.keys().map(|k| k.chars().count()).max().unwrap_or(0);
        for (name, value) in &manifest.options {
            text += &format!("  {name:width$}  {}\n", printable(value));
        }
    }
    text += &rejects(outcome, options, verbose, paint);
    if options.check || options.dry_run {
        text += &changes(outcome, options, &out, verbose, paint);
    }
    if !outcome.notes.is_empty() {
        text.push('\n');
    }
    for note in &outcome.notes {
        text += &format!("{} {}\n", paint.note("note:"), printable(note));
    }
    if wrote(options) {
        text += &format!("\nReport   {}\nWhy      tamis explain {out} DOC\n", within(options, "report.html"));
    }
    text
}

/// A file of OUT, to be copied into a shell.
fn within(options: &Options, file: &str) -> String {
    shell_word(&options.out.join(file).to_string_lossy())
}

fn wrote(options: &Options) -> bool {
    !options.check && !options.dry_run
}

/// Documents by what became of them, and the sum that must hold.
fn documents(counts: &Counts, copies: Copies, paint: Paint) -> String {
    let removed = counts.identical + counts.near;
    let is_gone = if copies == Copies::Tag { "tagged" } else { "removed" };
    let width = number(counts.read).len().max(7);
    let row = |name: &str, n: u64, what: &str| {
        let line = format!("  {name:9} {:>width$}  {:>7}  {what}", number(n), percent(n, counts.read));
        format!("{}\n", line.trim_end())
    };
    let kinds = format!("{} identical, {} near", number(counts.identical), number(counts.near));
    let sum = counts.kept + removed + counts.emptied + counts.rejected;
    let holds = if sum == counts.read { "=" } else { "is not" };
    let [kept, gone, emptied, rejected, read] =
        [counts.kept, removed, counts.emptied, counts.rejected, counts.read].map(number);
    let mut text = format!("{}\n", paint.bold("Documents"));
    text += &format!("  {:9} {read:>width$}\n", "read");
    text += &row("kept", counts.kept, "");
    text += &row(is_gone, removed, &kinds);
    if counts.references > 0 {
        text += &format!("  compared with {} documents that were kept before\n", number(counts.references));
    }
    text += &row("emptied", counts.emptied, if counts.emptied > 0 { "rules left nothing" } else { "" });
    text += &row("rejected", counts.rejected, if counts.rejected > 0 { "could not be used" } else { "" });
    text += &format!(
        "  {kept} kept + {gone} {is_gone} + {emptied} emptied + {rejected} rejected {holds} {read} read\n"
    );
    text
}

/// Bytes of text, and the rules that cut most.
fn cuts(outcome: &Outcome, verbose: bool, paint: Paint) -> String {
    let counts = &outcome.manifest.counts;
    let row = |name: &str, n: u64, what: &str| {
        format!("  {name:9} {:>12}  {:>7}{what}", bytes(n), percent(n, counts.bytes_in)).trim_end().to_owned()
            + "\n"
    };
    let mut text = format!("\n{}\n  {:9} {:>12}\n", paint.bold("Text"), "in", bytes(counts.bytes_in));
    text += &row("out", counts.bytes_out, "");
    text += &row("copies", counts.bytes_removed, "  in removed documents");
    text += &row("cut", counts.bytes_cut, "  by rules");

    let mut rules: Vec<(&String, &RuleCount)> =
        outcome.manifest.rules.iter().filter(|(_, r)| r.cuts > 0).collect();
    rules.sort_by_key(|(id, rule)| (Reverse(rule.bytes), *id));
    let shown = if verbose { rules.len() } else { RULES.min(rules.len()) };
    let width = rules.iter().take(shown).map(|(id, _)| id.chars().count()).max().unwrap_or(0);
    for (id, rule) in rules.iter().take(shown) {
        text += &format!(
            "    {:width$}  {:>10}  {:>7}  in {}\n",
            printable(id),
            bytes(rule.bytes),
            percent(rule.bytes, counts.bytes_in),
            count(rule.documents, "document")
        );
    }
    if rules.len() > shown {
        text += &format!("    and {} (-v shows all)\n", count((rules.len() - shown) as u64, "other rule"));
    }
    text
}

fn clusters(manifest: &Manifest) -> String {
    let counts = &manifest.counts;
    let copies = match manifest.looked_for(Relation::Copy) {
        true => count(counts.copy_clusters, "group") + " of copies, " + &count(counts.excerpts, "excerpt"),
        false => "copies and excerpts were not looked for".to_owned(),
    };
    let events = match manifest.looked_for(Relation::Event) {
        true => count(counts.events, "event") + " covered more than once",
        false => "events were not looked for".to_owned(),
    };
    format!("\n{copies}, {events}\n")
}

fn rejects(outcome: &Outcome, options: &Options, verbose: bool, paint: Paint) -> String {
    let total = outcome.manifest.counts.rejected.max(outcome.rejects.len() as u64);
    if total == 0 {
        return String::new();
    }
    let shown = if verbose { outcome.rejects.len() } else { REJECTS.min(outcome.rejects.len()) };
    let mut text = format!("\n{}\n", paint.bold("Rejected"));
    for reject in outcome.rejects.iter().take(shown) {
        text += &format!("  {}\n", printable(reject));
    }
    let more = total - shown as u64;
    if more > 0 {
        let place =
            if wrote(options) { format!(" in {}", within(options, lists::REJECTS)) } else { String::new() };
        text += &format!("  and {} more{place}\n", number(more));
    }
    if outcome.rejects.iter().any(|reject| reject.contains("; its fields are: ")) {
        text += &format!("{} --text-field NAME says which field holds the text\n", paint.hint("hint:"));
    }
    text
}

fn changes(outcome: &Outcome, options: &Options, out: &str, verbose: bool, paint: Paint) -> String {
    if !options.check {
        // A dry run does not make the files, so it cannot say which of them would differ.
        let hint = paint.hint("hint:");
        return format!(
            "\nNothing was written (dry run).\n{hint} the same command without --dry-run writes {out}\n"
        );
    }
    let why = "check";
    if outcome.changed.is_empty() {
        return format!("\nNothing was written ({why}); {out} is up to date.\n");
    }
    let files = count(outcome.changed.len() as u64, "file");
    let mut text = format!("\nNothing was written ({why}); {files} of {out} would change:\n");
    let shown = if verbose { outcome.changed.len() } else { CHANGED };
    for path in outcome.changed.iter().take(shown) {
        text += &format!("  {}\n", printable(path));
    }
    if outcome.changed.len() > shown {
        text += &format!("  and {} more\n", number((outcome.changed.len() - shown) as u64));
    }
    text += &format!("{} the same command without --check writes them\n", paint.hint("hint:"));
    text
}

/// The summary for programs.
#[derive(Serialize)]
struct Json<'a> {
    event: &'static str,
    version: &'a str,
    out: std::borrow::Cow<'a, str>,
    exit: u8,
    wrote: bool,
    counts: &'a Counts,
    rules: &'a std::collections::BTreeMap<String, RuleCount>,
    options: &'a std::collections::BTreeMap<String, String>,
    rejects: &'a [String],
    notes: &'a [String],
    changed: &'a [String],
    /// Parts of the input, and those of them that a former run had read already.
    parts: u64,
    reused: u64,
}

/// The summary as one JSON object and a line feed.
///
/// # Errors
/// None in practice: everything in it can be written as JSON.
pub(crate) fn json(outcome: &Outcome, options: &Options, exit: u8) -> Result<String> {
    let manifest = &outcome.manifest;
    let summary = Json {
        event: "summary",
        version: &manifest.version,
        out: options.out.to_string_lossy(),
        exit,
        wrote: wrote(options),
        counts: &manifest.counts,
        rules: &manifest.rules,
        options: &manifest.options,
        rejects: &outcome.rejects,
        notes: &outcome.notes,
        changed: &outcome.changed,
        parts: outcome.parts,
        reused: outcome.reused,
    };
    let line =
        serde_json::to_string(&summary).map_err(|e| Error::io("summary", "cannot be written")(e.into()))?;
    Ok(line + "\n")
}

/// An error as one JSON object and a line feed: the last event of a run that failed.
pub(crate) fn json_error(error: &Error) -> String {
    let event = serde_json::json!({
        "event": "error",
        "exit": error.exit_code(),
        "message": error.to_string(),
        "hint": error.hint(),
    });
    format!("{event}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome() -> Outcome {
        let mut outcome = Outcome::default();
        outcome.manifest.version = "0.1.0".into();
        outcome.manifest.counts = Counts {
            read: 1_204,
            kept: 1_003,
            identical: 100,
            near: 50,
            emptied: 44,
            rejected: 7,
            references: 0,
            recrawls: 0,
            bytes_in: 12_345_678,
            bytes_cut: 1_234_567,
            bytes_removed: 1_000_000,
            bytes_out: 10_111_111,
            copy_clusters: 81,
            excerpts: 1,
            events: 5,
        };
        let sizes = [
            ("fr.read-also", 700_000),
            ("fr.share", 300_000),
            ("layout.line-end", 99_999),
            ("d", 9),
            ("e", 9),
        ];
        for (id, bytes) in sizes.into_iter().chain([("f", 1), ("g\u{1b}", 1)]) {
            let rule = RuleCount { cuts: 3, documents: bytes / 1000 + 1, bytes };
            outcome.manifest.rules.insert(id.into(), rule);
        }
        outcome.manifest.rules.insert("idle".into(), RuleCount::default());
        outcome.manifest.options.insert("similarity".into(), "0.7".into());
        outcome.rejects = (0..6).map(|i| format!("a\u{202e}.jsonl#{i}: no text field")).collect();
        outcome.notes = vec!["1 hidden file was passed over".into()];
        outcome
    }

    fn options() -> Options {
        Options { out: "my out".into(), ..Options::default() }
    }

    #[test]
    fn the_summary_reads_well_in_80_columns() {
        let text = text(&outcome(), &options(), false, Paint(false));
        assert_eq!(text, SUMMARY);
        assert!(text.lines().all(|line| line.chars().count() <= 80));
    }

    const SUMMARY: &str = "\
Documents
  read        1,204
  kept        1,003   83.3 %
  removed       150   12.5 %  100 identical, 50 near
  emptied        44    3.7 %  rules left nothing
  rejected        7    0.6 %  could not be used
  1,003 kept + 150 removed + 44 emptied + 7 rejected = 1,204 read

Text
  in             12.3 MB
  out            10.1 MB   81.9 %
  copies          1.0 MB    8.1 %  in removed documents
  cut             1.2 MB   10.0 %  by rules
    fr.read-also       700.0 kB    5.7 %  in 701 documents
    fr.share           300.0 kB    2.4 %  in 301 documents
    layout.line-end    100.0 kB    0.8 %  in 100 documents
    d                   9 bytes    0.0 %  in 1 document
    e                   9 bytes    0.0 %  in 1 document
    and 2 other rules (-v shows all)

81 groups of copies, 1 excerpt, 5 events covered more than once

Rejected
  a\\u{202e}.jsonl#0: no text field
  a\\u{202e}.jsonl#1: no text field
  a\\u{202e}.jsonl#2: no text field
  a\\u{202e}.jsonl#3: no text field
  a\\u{202e}.jsonl#4: no text field
  and 2 more in 'my out/rejects.jsonl'

note: 1 hidden file was passed over

Report   'my out/report.html'
Why      tamis explain 'my out' DOC
";

    #[test]
    fn verbose_shows_all_rules_that_cut_and_the_settings() {
        let text = text(&outcome(), &options(), true, Paint(false));
        assert!(
            text.contains("    g\\u{1b}") && !text.contains("idle") && !text.contains("-v shows"),
            "{text}"
        );
        assert!(text.contains("Settings\n  similarity  0.7\n"), "{text}");
    }

    #[test]
    fn a_sum_that_does_not_hold_is_not_hidden() {
        let mut outcome = outcome();
        outcome.manifest.counts.read += 1;
        let text = text(&outcome, &options(), false, Paint(false));
        assert!(text.contains("+ 7 rejected is not 1,205 read"), "{text}");
    }

    #[test]
    fn a_dry_run_does_not_claim_to_know_what_would_change() {
        let options = Options { dry_run: true, ..options() };
        let said = text(&outcome(), &options, false, Paint(false));
        assert!(said.contains("Nothing was written (dry run)") && !said.contains("up to date"), "{said}");
    }

    #[test]
    fn a_check_says_what_would_change_and_points_to_no_report() {
        let mut outcome = outcome();
        outcome.changed = vec!["data/a.txt".into()];
        let options = Options { check: true, ..options() };
        let said = text(&outcome, &options, false, Paint(false));
        assert!(
            said.contains("Nothing was written (check); 1 file of 'my out' would change:\n  data/a.txt\n"),
            "{said}"
        );
        assert!(!said.contains("report.html") && !said.contains("rejects.jsonl"), "{said}");
        outcome.changed.clear();
        assert!(text(&outcome, &options, false, Paint(false)).contains("'my out' is up to date"));
    }

    #[test]
    fn records_without_the_text_field_bring_a_hint() {
        assert!(!text(&outcome(), &options(), false, Paint(false)).contains("hint:"));
        let mut outcome = outcome();
        outcome.rejects[0] = "a.jsonl#0: the record has no `story`; its fields are: id, words".into();
        let said = text(&outcome, &options(), false, Paint(false));
        assert!(said.contains("\nhint: --text-field NAME says which field holds the text\n"), "{said}");
    }

    #[test]
    fn an_error_is_one_event() {
        let line = json_error(&Error::usage("a\nb", "c"));
        assert_eq!(line, "{\"event\":\"error\",\"exit\":2,\"message\":\"a\\nb\",\"hint\":\"c\"}\n");
    }

    #[test]
    fn the_json_summary_is_one_line_with_the_counts() {
        let line = json(&outcome(), &options(), 3).unwrap();
        assert_eq!(line.matches('\n').count(), 1);
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["event"], "summary");
        assert_eq!(value["counts"]["read"], 1204);
        assert_eq!((value["exit"].as_u64(), value["wrote"].as_bool()), (Some(3), Some(true)));
    }
}
