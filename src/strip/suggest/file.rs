//! Proposals as a rules file.

use std::fmt::Write as _;

use super::proposals::Proposal;

/// Characters of a rule's first line that its description shows.
const SHOWN: usize = 60;

/// The rules file that holds `proposals`, below `head`, which becomes a comment.
pub fn toml(head: &str, proposals: &[Proposal]) -> String {
    let mut text = String::new();
    for line in head.lines() {
        let _ = writeln!(text, "# {line}");
    }
    for rule in proposals {
        let first: String = rule.lines.first().map_or("", String::as_str).chars().take(SHOWN).collect();
        let (lines, documents) = (rule.lines.len(), rule.documents);
        let _ = write!(
            text,
            "\n# {documents} of {} documents, {lines} {}\n[[rule]]\nid = {}\nabout = {}\nunit = \"line\"\nsites = [{}]\nregex = {}\n",
            rule.of,
            if lines == 1 { "line" } else { "lines" },
            string(&rule.id),
            string(&format!("Repeats on {}: {first}", rule.site)),
            string(&rule.site),
            string(&rule.regex()),
        );
        if !rule.keywords.is_empty() {
            let _ = writeln!(text, "keywords = {}", list(&rule.keywords));
        }
        let _ = writeln!(text, "max_words = {}", rule.max_words());
        let _ = writeln!(text, "drop = {}\nkeep = {}", list(&rule.drop), list(&rule.keep));
    }
    text
}

/// A basic string: what JSON escapes TOML reads too, and it wants one character more escaped.
fn string(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default().replace('\u{7f}', "\\u007f")
}

fn list(texts: &[String]) -> String {
    let mut list = String::from("[");
    for text in texts {
        let _ = write!(list, "\n  {},", string(text));
    }
    list + "\n]"
}
