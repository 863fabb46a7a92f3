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

mod corpus;
mod front;
mod section;

pub use corpus::Records;
pub(in crate::write) use corpus::{Kind, Layout};
pub(in crate::write) use section::{command, word};

use super::lists::Form;
use super::manifest::Manifest;

const BEGIN: &str = "<!-- tamis:begin -->";
const END: &str = "<!-- tamis:end -->";
const FRONT_BEGIN: &str = "# tamis:begin";
const FRONT_BEGIN_LINE: &str =
    "# tamis:begin (rewritten by every run; to change a key, move it out of these lines)";
const FRONT_END: &str = "# tamis:end";

/// What a new card asks people to fill in: what a run cannot know.
const NEW: &str = "
# A cleaned corpus

Say here what this is, in a sentence or two.

## Sources and licence

Where the texts come from, when and how they were collected, who holds the rights, and under which licence they may be
used (`license` above).

## Use and limits

What the corpus is for, what it should not be used for, what is missing from it or weighs too much in it, and what it
holds of personal data.

## Contact

Who keeps it, and whom to ask for a text to be taken out.

";

/// What the card is made from; the manifest with its outputs, but for the card's own neighbours.
#[derive(Debug, Clone)]
pub struct CardInput<'a> {
    /// Counts and options.
    pub manifest: &'a Manifest,
    /// Language codes of the kept documents, in any order.
    pub languages: Vec<String>,
    /// What the records of the corpus hold.
    pub records: Records,
    /// How the lists are written.
    pub lists: Form,
}

impl CardInput<'_> {
    /// Files of the corpus as loaders know them.
    pub(in crate::write) fn layout(&self) -> Option<Layout> {
        Layout::of(&self.manifest.outputs, self.records)
    }

    /// Whether copies stay in the corpus.
    fn is_tagged(&self) -> bool {
        self.manifest.options.get("copies").is_some_and(|v| v == "tag")
    }

    /// Documents that were kept or are copies.
    fn present(&self) -> u64 {
        let counts = &self.manifest.counts;
        counts.kept.saturating_add(counts.identical).saturating_add(counts.near)
    }

    /// Documents in the corpus.
    pub(in crate::write) fn written(&self) -> u64 {
        if self.is_tagged() { self.present() } else { self.manifest.counts.kept }
    }

    /// Language codes, sorted, each once.
    pub(in crate::write) fn codes(&self) -> Vec<&str> {
        front::languages(&self.languages)
    }
}

/// The card; `existing` is the text that stands there now.
pub fn render(existing: Option<&str>, card: &CardInput<'_>) -> String {
    let text = existing.unwrap_or_default();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (front, body) = split(text);
    let layout = card.layout();
    let mut out = String::from("---\n");
    out.push_str(&front_matter(front, card, layout.as_ref()));
    out.push_str("---\n");
    if existing.is_none_or(|text| text.trim().is_empty()) {
        out.push_str(NEW);
    } else {
        out.push_str(if front.is_none() { "\n" } else { "" });
    }
    let section = section::render(card, layout.as_ref());
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

fn front_matter(front: Option<&str>, card: &CardInput<'_>, layout: Option<&Layout>) -> String {
    let Some(front) = front else {
        let mut out =
            String::from("license: other # a placeholder: say under which licence the texts may be used\n");
        out.push_str("tags:\n- \"tamis\"\n- \"deduplicated\"\n");
        out.push_str(&front::lines(card, layout, &["license".to_owned(), "tags".to_owned()]));
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
    out.push_str(&front::lines(card, layout, &theirs));
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

#[cfg(test)]
mod tests;
