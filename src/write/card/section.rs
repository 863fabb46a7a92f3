//! The section of the card that tamis writes: what was done, what came out, how to check and load it.
//!
//! It names no place on the machine, and no value can end its code blocks or its marks.

use super::corpus::{FOLDER, Kind, Layout};
use super::{BEGIN, CardInput, END, front};
use crate::figures::count;
use crate::write::lists::{Form, List};
use crate::write::manifest::{Counts, Manifest};
use crate::write::record::Relation;

/// Options that name a place on the machine; a card is published, so they are left out of the command.
const PLACES: [&str; 9] =
    ["out", "output", "cache", "config", "rules", "against", "threads", "progress", "memory"];

/// The section of tamis, with its marks.
pub(super) fn render(card: &CardInput<'_>, layout: Option<&Layout>) -> String {
    let manifest = card.manifest;
    format!(
        "{BEGIN}\n## What was done\n\nCleaned with tamis {version}. Texts are the input minus the passages that a rule cut; \
         nothing was rewritten.\n{copies}\n{events}\n\n## Counts\n\n{counts}\n## Provenance\n\n```sh\n{command}\n```\n\n{provenance}\n## Datasheet\n\n\
         {datasheet}\n## How to verify\n\n```sh\nsha256sum -c SHA256SUMS\n```\n\n## How to load\n\n{load}\n## Files\n\n\
         {files}{END}",
        version = word(&manifest.version),
        copies = copies(card),
        events = events(card),
        counts = table(&manifest.counts, card.is_tagged()),
        command = command(manifest),
        provenance = provenance(manifest),
        datasheet = datasheet(card),
        load = load(card, layout),
        files = files(card.lists),
    )
}

fn copies(card: &CardInput<'_>) -> String {
    let (clusters, documents) = (List::Clusters.file(card.lists), List::Documents.file(card.lists));
    match card.manifest.options.get("copies").map(String::as_str) {
        Some("tag") => format!("Copies are tagged in `{documents}` and stay in the corpus."),
        Some("off") => "Copies were not looked for.".to_owned(),
        _ => format!(
            "Copies of a kept document are not in the corpus; `{clusters}` names them with their similarity."
        ),
    }
}

fn events(card: &CardInput<'_>) -> String {
    if !card.manifest.looked_for(Relation::Event) {
        return "Articles on the same event were not looked for.".to_owned();
    }
    let clusters = List::Clusters.file(card.lists);
    format!("Articles on the same event are reported in `{clusters}`, and all of them are kept.")
}

/// What the corpus was made from, and by which rules.
fn provenance(manifest: &Manifest) -> String {
    let bytes = manifest.inputs.iter().map(|file| file.bytes).fold(0, u64::saturating_add);
    let mut out = format!(
        "- Input: {}, {bytes} bytes; `manifest.json` has the SHA-256 of each.\n- Rules: SHA-256 `{}`; {} of them cut \
         something.\n",
        count(manifest.inputs.len() as u64, "file"),
        word(&manifest.rules_sha256),
        manifest.rules.len(),
    );
    if !manifest.references.is_empty() {
        out.push_str(&format!(
            "- Compared with {} kept before, in {}.\n",
            count(manifest.counts.references, "document"),
            count(manifest.references.len() as u64, "file")
        ));
    }
    for (from, documents) in &manifest.conversions {
        out.push_str(&format!("- Converted from {}: {}.\n", word(from), count(*documents, "document")));
    }
    out.push_str("- The same input, rules and options give the same files.\n");
    out
}

/// Answers to those questions of a datasheet that a run can answer.
fn datasheet(card: &CardInput<'_>) -> String {
    let option = |name: &str| card.manifest.options.get(name).map(|value| word(value)).unwrap_or_default();
    let languages = card.codes().join(", ");
    let languages = if languages.is_empty() { "none was recognised".to_owned() } else { languages };
    let copies = match card.manifest.options.get("copies").map(String::as_str) {
        Some("off") => String::new(),
        _ => format!(
            " Two documents are copies if their Jaccard similarity, over windows of {} words, is {} or more.",
            option("shingle"),
            option("similarity")
        ),
    };
    format!(
        "- Instances: {}, each a text. Languages: {languages}.\n- Labels and splits: none.\n- Preprocessing: \
         passages were cut by rules, each cut is counted by rule in `{}`.{copies}\n- Raw data: not in this repository.\n\
         - Recommended: say above what a run cannot know: sources, rights, use, limits, personal data, contact.\n",
        count(card.written(), "document"),
        List::Documents.file(card.lists),
    )
}

/// How loaders read it, in words that can be typed.
fn load(card: &CardInput<'_>, layout: Option<&Layout>) -> String {
    let names = front::names(card, layout);
    let mut out = String::from("```python\nfrom datasets import load_dataset\n\n");
    for name in &names {
        let variable = if *name == "default" { "corpus" } else { name };
        out.push_str(&format!("{variable} = load_dataset(\"path/or/name\", \"{name}\", split=\"train\")\n"));
    }
    for list in [List::Clusters, List::Documents] {
        let file = list.file(card.lists);
        let name = file.split('.').next().unwrap_or_default();
        if !names.contains(&name) {
            let builder = if card.lists == Form::Table { "parquet" } else { "json" };
            out.push_str(&format!(
                "{name} = load_dataset(\"{builder}\", data_files=\"{file}\", split=\"train\")\n"
            ));
        }
    }
    out.push_str("```\n");
    let is_lines = layout.is_some_and(|layout| !matches!(layout.kind, Kind::Json | Kind::Parquet));
    if is_lines && names.contains(&"clusters") {
        out.push_str(
            "\nOne reader serves all configurations of a card, and that of this corpus knows no JSON: a row of `clusters` is \
             a line of the file, as `text`.\n",
        );
    }
    let others: Vec<&str> = layout.iter().flat_map(|layout| &layout.others).map(String::as_str).collect();
    if !others.is_empty() {
        let kind = layout.map_or("", |layout| layout.kind.builder());
        let named: Vec<String> = others
            .iter()
            .map(|end| if end.is_empty() { "files without an ending".to_owned() } else { format!("`{end}`") })
            .collect();
        out.push_str(&format!(
            "\n`{FOLDER}` holds files of several kinds, and a loader reads one of them: `default` is what the reader `{kind}` \
             reads. Beside it: {}. `--to jsonl` or `--to parquet` writes all documents in one format.\n",
            named.join(", ")
        ));
    }
    if layout.is_none() && card.written() > 0 {
        out.push_str(&format!(
            "\nThe names of the files in `{FOLDER}` tell loaders nothing: `load_dataset(\"text\", data_files=\"{FOLDER}**\", \
             sample_by=\"document\")` reads each as one text.\n"
        ));
    }
    out
}

fn files(lists: Form) -> String {
    let (clusters, documents) = (List::Clusters.file(lists), List::Documents.file(lists));
    let each = if lists == Form::Table { "row" } else { "line" };
    format!(
        "\
| File | What it holds |
|---|---|
| `data/` | the clean corpus |
| `{clusters}` | copies, excerpts and events, one cluster a {each} |
| `{documents}` | what became of each document, kept or not, one a {each} |
| `rejects.jsonl` | inputs that could not be used, and why |
| `croissant.json` | what the files hold, for programs (Croissant) |
| `report.html` | the same for people, in one page |
| `manifest.json` | options, counts, and the hash of every file read and written |
| `SHA256SUMS` | the hashes for `sha256sum -c` |
"
    )
}

fn table(counts: &Counts, tagged: bool) -> String {
    let (identical, near) = if tagged {
        ("Identical to a kept one (tagged)", "Near copies of a kept one (tagged)")
    } else {
        ("Removed: identical to a kept one", "Removed: near copies of a kept one")
    };
    let rows = [
        ("Documents read", counts.read),
        ("Kept", counts.kept),
        (identical, counts.identical),
        (near, counts.near),
        ("Emptied by the rules", counts.emptied),
        ("Rejected", counts.rejected),
        ("Bytes of text read", counts.bytes_in),
        ("Bytes of text in the clean corpus", counts.bytes_out),
        ("Bytes cut by rules", counts.bytes_cut),
        ("Bytes in removed copies", counts.bytes_removed),
        ("Clusters of copies", counts.copy_clusters),
        ("Clusters of excerpts", counts.excerpts),
        ("Events", counts.events),
    ];
    let mut out = String::from("| | |\n|---|---:|\n");
    for (name, number) in rows {
        out.push_str(&format!("| {name} | {number} |\n"));
    }
    out
}

/// The command with the options that affect the output; what names a place on the machine is left out.
pub(in crate::write) fn command(manifest: &Manifest) -> String {
    let mut out = String::from("tamis clean INPUT -o OUT");
    for (name, value) in &manifest.options {
        let name = word(name.trim_start_matches('-'));
        if name.is_empty() || PLACES.contains(&name.as_str()) || value == "false" {
            continue;
        }
        out.push_str(" \\\n  --");
        out.push_str(&name);
        if value != "true" && !value.is_empty() {
            out.push(' ');
            out.push_str(&shell(value));
        }
    }
    out
}

/// A value as one word of a shell. What could end the code block or a mark of the card is replaced.
fn shell(value: &str) -> String {
    let safe: String =
        value.chars().map(|c| if c.is_control() || "`<>".contains(c) { '?' } else { c }).take(200).collect();
    let plain = |c: char| c.is_ascii_alphanumeric() || "._,:=@%+-/".contains(c);
    if !safe.is_empty() && safe.chars().all(plain) {
        safe
    } else {
        format!("'{}'", safe.replace('\'', "'\\''"))
    }
}

/// Letters, digits, dots and hyphens of a value that is written as it is.
pub(in crate::write) fn word(value: &str) -> String {
    value.chars().filter(|c| c.is_ascii_alphanumeric() || ".-+_".contains(*c)).take(80).collect()
}
