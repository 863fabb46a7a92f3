//! What the JSON-LD of a page says about its article.

use serde_json::Value;

use super::metadata::tidy;
use super::tokens::Tag;

/// Bytes of a block of JSON-LD: in memory it takes up to sixteen times as many.
const LARGEST_BLOCK: usize = 1 << 20;

/// Fields of a JSON-LD article.
#[derive(Default)]
pub(super) struct Article {
    pub(super) headline: Option<String>,
    pub(super) published: Option<String>,
    pub(super) author: Option<String>,
}

/// Whether `tag` opens a block of JSON-LD.
pub(super) fn is_linked_data(tag: &Tag<'_>) -> bool {
    tag.name == "script"
        && tag.get("type").is_some_and(|t| t.trim().eq_ignore_ascii_case("application/ld+json"))
}

impl Article {
    /// Adds what the JSON-LD `text` says and nobody said before.
    pub(super) fn read(&mut self, text: &str) {
        if text.len() > LARGEST_BLOCK {
            return;
        }
        // Line breaks inside of strings are common and forbidden.
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        if let Ok(value) = serde_json::from_str(&text) {
            self.look(&value);
        }
    }

    /// `value` is as deep as `serde_json` lets it be: 128 levels.
    fn look(&mut self, value: &Value) {
        match value {
            Value::Array(values) => values.iter().for_each(|v| self.look(v)),
            Value::Object(fields) => {
                if is_article(&fields.get("@type").cloned().unwrap_or_default()) {
                    let text = |name| fields.get(name).and_then(Value::as_str);
                    fill(&mut self.headline, text("headline").or_else(|| text("name")));
                    fill(&mut self.published, text("datePublished"));
                    if self.author.is_none() {
                        self.author = fields.get("author").and_then(|author| tidy(&names(author).join(", ")));
                    }
                }
                for inner in ["@graph", "mainEntity", "mainEntityOfPage"] {
                    fields.get(inner).into_iter().for_each(|v| self.look(v));
                }
            }
            _ => {}
        }
    }
}

fn fill(field: &mut Option<String>, text: Option<&str>) {
    if field.is_none() {
        *field = text.and_then(|t| tidy(&html_escape::decode_html_entities(t)));
    }
}

fn is_article(kind: &Value) -> bool {
    match kind {
        Value::String(kind) => kind.ends_with("Article") || kind.ends_with("Posting") || kind == "Report",
        Value::Array(kinds) => kinds.iter().any(|k| k.is_string() && is_article(k)),
        _ => false,
    }
}

fn names(author: &Value) -> Vec<String> {
    match author {
        Value::String(name) if !name.contains("://") => {
            tidy(&html_escape::decode_html_entities(name)).into_iter().collect()
        }
        Value::Array(authors) => authors.iter().filter(|a| !a.is_array()).flat_map(names).collect(),
        Value::Object(fields) => fields.get("name").filter(|n| n.is_string()).map(names).unwrap_or_default(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::metadata::metadata;

    #[test]
    fn json_ld_names_headline_date_and_authors() {
        let page = r#"<script type="application/ld+json">{"@graph":[{"@type":"WebSite","name":"no"},{"@type":["NewsArticle"],
            "headline":"A line
            break &amp; more","datePublished":"2020-02-01","author":[{"name":"A B"},"C D",{"url":"x"}]}]}</script>
            <script type="application/ld+json">{"broken</script>"#;
        let (meta, author) = metadata(page, None);
        assert_eq!(meta.title.as_deref(), Some("A line break & more"));
        assert_eq!(
            (meta.date.map(|(d, _)| d.to_string()).as_deref(), author.as_deref()),
            (Some("2020-02-01"), Some("A B, C D"))
        );
    }

    #[test]
    fn a_block_that_is_too_large_or_too_deep_is_passed_over() {
        let title = |json: &str| {
            metadata(&format!("<title>t</title><script type=application/ld+json>{json}</script>"), None)
                .0
                .title
        };
        let article = |more: &str| format!(r#"{{"@type":"Article","headline":"h","x":{more}}}"#);
        assert_eq!(title(&article("1")).as_deref(), Some("h"));
        assert_eq!(title(&article(&format!("[{}0]", "0,".repeat(1 << 19)))).as_deref(), Some("t"));
        assert_eq!(title(&article(&"[".repeat(100_000))).as_deref(), Some("t"));
    }
}
