//! The dataset card (`README.md` of OUT).
//!
//! Invariant: what people wrote stays, byte for byte, and rendering twice changes nothing. tamis owns two places only:
//!
//! - in the body, what stands between `<!-- tamis:begin -->` and `<!-- tamis:end -->`;
//! - in the front matter, the lines between the comments `# tamis:begin …` and `# tamis:end`. A key that stands
//!   outside of them belongs to people: tamis leaves it alone and leaves the key out of its own lines, since YAML
//!   allows a key once. To own a key, move it outside.
//!
//! A new card also gets a heading, a licence (a placeholder: tamis cannot know it) and tags outside of these places;
//! from then on they are people's and are never written again. A place that is missing is added: the lines at the end
//! of the front matter, the section at the end of the file. The front matter of Hugging Face needs `configs`, or
//! `load_dataset` mixes the corpus with the lists beside it.

use super::lists::{Form, List};
use super::manifest::{Counts, Manifest};

const BEGIN: &str = "<!-- tamis:begin -->";
const END: &str = "<!-- tamis:end -->";
const FRONT_BEGIN: &str = "# tamis:begin";
const FRONT_BEGIN_LINE: &str =
    "# tamis:begin (rewritten by every run; to change a key, move it out of these lines)";
const FRONT_END: &str = "# tamis:end";

/// Options that name a place on the machine; a card is published, so they are left out of the command.
const PLACES: [&str; 7] = ["out", "output", "cache", "config", "threads", "progress", "memory"];

/// What the card is made from.
#[derive(Debug, Clone)]
pub struct CardInput<'a> {
    /// Counts and options.
    pub manifest: &'a Manifest,
    /// Language codes of the kept documents, in any order.
    pub languages: Vec<String>,
    /// Where the corpus stands.
    pub layout: Layout,
    /// How the lists are written.
    pub lists: Form,
}

/// Files of the corpus, as a loader must know them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Pattern of their paths.
    pub files: String,
    /// Whether each is one text, not records.
    pub texts: bool,
}

/// The card; `existing` is the text that stands there now.
pub fn render(existing: Option<&str>, card: &CardInput<'_>) -> String {
    let text = existing.unwrap_or_default();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (front, body) = split(text);
    let mut out = String::from("---\n");
    out.push_str(&front_matter(front, card));
    out.push_str("---\n");
    if existing.is_none_or(|text| text.trim().is_empty()) {
        out.push_str(
            "\n# A cleaned corpus\n\nSay here where the texts come from and what they may be used for.\n\n",
        );
    } else {
        out.push_str(if front.is_none() { "\n" } else { "" });
    }
    let section = section(card);
    match owned(body) {
        Some((before, after)) => {
            out.push_str(before);
            out.push_str(&section);
            out.push_str(after);
        }
        None => {
            if !body.trim().is_empty() {
                out.push_str(body);
                out.push_str(if body.ends_with('\n') { "\n" } else { "\n\n" });
            }
            out.push_str(&section);
            out.push('\n');
        }
    }
    out
}

/// The front matter without its fences, and the body after it.
fn split(text: &str) -> (Option<&str>, &str) {
    let mut lines = text.split_inclusive('\n');
    let Some(fence) = lines.next().filter(|line| line.trim_end() == "---") else { return (None, text) };
    let mut end = fence.len();
    for line in lines {
        if line.trim_end() == "---" {
            return (Some(&text[fence.len()..end]), &text[end + line.len()..]);
        }
        end += line.len();
    }
    (None, text)
}

/// What stands before and after the section of tamis: the first end mark with a begin mark before it, and the last
/// such begin mark, so that a mark that lost its partner takes nothing with it.
fn owned(body: &str) -> Option<(&str, &str)> {
    body.match_indices(END).find_map(|(end, _)| {
        let begin = body[..end].rfind(BEGIN)?;
        Some((&body[..begin], &body[end + END.len()..]))
    })
}

fn front_matter(front: Option<&str>, card: &CardInput<'_>) -> String {
    let Some(front) = front else {
        let mut out =
            String::from("license: other # a placeholder: say under which licence the texts may be used\n");
        out.push_str("tags:\n- \"tamis\"\n- \"deduplicated\"\n");
        out.push_str(&front_lines(card, &["license".to_owned(), "tags".to_owned()]));
        return out;
    };
    // Lines of people before and after those of tamis. As in the body, a mark without its partner takes nothing.
    let lines: Vec<&str> = front.split_inclusive('\n').collect();
    let begins = |line: &&str| line.starts_with(FRONT_BEGIN);
    let pair =
        lines.iter().enumerate().filter(|(_, line)| line.trim_end() == FRONT_END).find_map(|(end, _)| {
            let begin = lines[..end].iter().rposition(&begins)?;
            Some((begin, end + 1))
        });
    let (before, after) = match pair {
        Some((begin, end)) => (&lines[..begin], &lines[end..]),
        None => (&lines[..], &[][..]),
    };
    let theirs: Vec<String> = before.iter().chain(after).filter_map(|line| key(line)).collect();
    let mut out = before.concat();
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
    out.push_str(&front_lines(card, &theirs));
    out.push_str(&after.concat());
    out
}

/// The key of a line that starts a top-level entry.
fn key(line: &str) -> Option<String> {
    let (name, _) = line.split_once(':')?;
    let name = name.trim_end().trim_matches(['"', '\'']);
    let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    (!name.is_empty() && !name.starts_with('-') && name.chars().all(plain)).then(|| name.to_owned())
}

/// The lines of tamis in the front matter, without the keys that are `theirs`.
fn front_lines(card: &CardInput<'_>, theirs: &[String]) -> String {
    let free = |key: &str| !theirs.iter().any(|their| their == key);
    let mut out = format!("{FRONT_BEGIN_LINE}\n");
    let languages = languages(&card.languages);
    if free("language") && !languages.is_empty() {
        out.push_str("language:\n");
        for code in languages {
            // Quoted, or YAML 1.1 reads Norwegian as false.
            out.push_str(&format!("- \"{code}\"\n"));
        }
    }
    if free("size_categories") {
        out.push_str(&format!("size_categories:\n- \"{}\"\n", size_category(card.manifest.counts.kept)));
    }
    if free("configs") {
        out.push_str("configs:\n- config_name: \"default\"\n  default: true\n");
        out.push_str(&format!("  data_files: \"{}\"\n", card.layout.files));
        if card.layout.texts {
            out.push_str("  sample_by: \"document\"\n");
        }
        let clusters = List::Clusters.file(card.lists);
        out.push_str(&format!("- config_name: \"clusters\"\n  data_files: \"{clusters}\"\n"));
    }
    out.push_str(FRONT_END);
    out.push('\n');
    out
}

/// The codes that are ISO 639 codes by their form, sorted, each once.
fn languages(codes: &[String]) -> Vec<&str> {
    let good = |code: &&str| (2..=3).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_lowercase());
    let mut codes: Vec<&str> = codes.iter().map(String::as_str).filter(good).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// The size classes of Hugging Face.
fn size_category(documents: u64) -> &'static str {
    match documents {
        0..1_000 => "n<1K",
        1_000..10_000 => "1K<n<10K",
        10_000..100_000 => "10K<n<100K",
        100_000..1_000_000 => "100K<n<1M",
        1_000_000..10_000_000 => "1M<n<10M",
        10_000_000..100_000_000 => "10M<n<100M",
        100_000_000..1_000_000_000 => "100M<n<1B",
        1_000_000_000..10_000_000_000 => "1B<n<10B",
        10_000_000_000..100_000_000_000 => "10B<n<100B",
        100_000_000_000..1_000_000_000_000 => "100B<n<1T",
        _ => "n>1T",
    }
}

fn section(card: &CardInput<'_>) -> String {
    let manifest = card.manifest;
    let counts = &manifest.counts;
    let tagged = manifest.options.iter().any(|(k, v)| k.trim_start_matches('-') == "copies" && v == "tag");
    let (clusters, documents) = (List::Clusters.file(card.lists), List::Documents.file(card.lists));
    let copies = if tagged {
        format!("Copies are tagged in `{documents}` and stay in the corpus.")
    } else {
        format!(
            "Copies of a kept document are not in the corpus; `{clusters}` names them with their similarity."
        )
    };
    format!(
        "{BEGIN}\n## What this is\n\nA corpus cleaned with tamis {version}. Texts are the input minus the passages \
         that a rule cut; nothing was rewritten.\n{copies}\nArticles on the same event are reported in \
         `{clusters}`, and all of them are kept.\n\n## Counts\n\n{counts}\n## How it was made\n\n```sh\n{command}\n\
         ```\n\nRules: SHA-256 `{rules}`. The same input, rules and options give the same files.\n\n## How to verify\n\n\
         ```sh\nsha256sum -c SHA256SUMS\n```\n\n## How to load\n\n```python\nfrom datasets import \
         load_dataset\n\ncorpus = load_dataset(\"path/or/name\", \"default\")\nclusters = load_dataset(\"path/or/name\", \
         \"clusters\")\n```\n\n## Files\n\n{files}{END}",
        files = files(card.lists),
        version = word(&manifest.version),
        counts = table(counts, tagged),
        command = command(manifest),
        rules = word(&manifest.rules_sha256),
    )
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

/// The command with the options that affect the output; what names a place on the machine is left out or cut to its
/// last component.
fn command(manifest: &Manifest) -> String {
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
            out.push_str(&shell(value.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or_default()));
        }
    }
    out
}

/// A value as one word of a shell. What could end the code block or a mark of the card is replaced.
fn shell(value: &str) -> String {
    let safe: String =
        value.chars().map(|c| if c.is_control() || "`<>".contains(c) { '?' } else { c }).take(200).collect();
    let plain = |c: char| c.is_ascii_alphanumeric() || "._,:=@%+-".contains(c);
    if !safe.is_empty() && safe.chars().all(plain) {
        safe
    } else {
        format!("'{}'", safe.replace('\'', "'\\''"))
    }
}

/// Letters, digits, dots and hyphens of a value that is written as it is.
fn word(value: &str) -> String {
    value.chars().filter(|c| c.is_ascii_alphanumeric() || ".-+_".contains(*c)).take(80).collect()
}

#[cfg(test)]
mod tests;
