//! One rule: what it matches, where it applies, and the examples that prove it.

use super::pattern::Pattern;

/// What a rule cuts.
#[derive(Debug, Clone)]
pub enum Unit {
    /// Every match inside a line.
    Span(Pattern),
    /// Every line in which the expression is found.
    Line(Pattern),
    /// The lines from one that matches to the next that matches `to`, both included; without `to`, to the end of the text.
    Block {
        /// The first line.
        from: Pattern,
        /// The last line.
        to: Option<Pattern>,
        /// Words that must stand above in lines that read like paragraphs: what comes behind an article never comes first.
        min_words: usize,
        /// How many lines a block with a last line may have; where none comes within them, nothing is cut.
        max_lines: usize,
    },
    /// A line that is word for word a whole quotation inside a longer line.
    PullQuote {
        /// Words that the line must have at least.
        min_words: usize,
    },
    /// A line that repeats the title and goes on with what the expression matches (a credit, as a rule).
    TitleEcho(Pattern),
}

impl Unit {
    /// The name in a rules file.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Span(_) => "span",
            Self::Line(_) => "line",
            Self::Block { .. } => "block",
            Self::PullQuote { .. } => "pullquote",
            Self::TitleEcho(_) => "title_echo",
        }
    }
}

/// Which part of a document a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Zone {
    /// The first [`ZONE_LINES`] lines that are not blank.
    Head,
    /// The last [`ZONE_LINES`] lines that are not blank.
    Tail,
    /// Everywhere.
    #[default]
    Any,
}

/// Lines that are not blank in the head and in the tail of a document.
pub const ZONE_LINES: usize = 10;

/// Whether what a rule matches goes or stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Action {
    /// It is cut.
    #[default]
    Cut,
    /// Lines that it matches are kept, whatever other rules say.
    Keep,
}

/// An example that stands beside a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// One line, or several separated by `\n`.
    pub text: String,
    /// Line of the rules file on which it stands.
    pub line: usize,
}

/// One rule, parsed and compiled.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Name, unique in a rule set: lower-case words joined by `.` and `-`.
    pub id: String,
    /// What it is for, in one sentence.
    pub about: String,
    /// What it cuts.
    pub unit: Unit,
    /// Cut or keep.
    pub action: Action,
    /// Tried only on lines that hold one of these (lower case, compared without case); empty: on all lines.
    pub keywords: Vec<String>,
    /// Languages; empty: all. A document of unknown language runs every rule.
    pub lang: Vec<String>,
    /// Hosts, each with its subdomains; empty: all.
    pub sites: Vec<String>,
    /// Part of the document.
    pub zone: Zone,
    /// Most words that a matching line may have.
    pub max_words: Option<usize>,
    /// Applies only beside a line cut by one of these rules.
    pub beside: Vec<String>,
    /// Named groups that become metadata.
    pub capture: Vec<String>,
    /// Lines on which the rule does not apply.
    pub unless: Option<Pattern>,
    /// Texts in which the rule must cut.
    pub drop: Vec<Example>,
    /// Texts in which it must cut nothing.
    pub keep: Vec<Example>,
    /// The rules file, as it was named.
    pub file: String,
    /// Line on which the rule begins.
    pub line: usize,
    /// The rule as it is written in its file.
    pub source: String,
}

impl Rule {
    /// Site rules come before language rules, these before global ones.
    pub fn specificity(&self) -> u8 {
        match (self.sites.is_empty(), self.lang.is_empty()) {
            (false, _) => 2,
            (true, false) => 1,
            (true, true) => 0,
        }
    }

    /// Every expression of the rule.
    pub fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        let of_unit: [Option<&Pattern>; 2] = match &self.unit {
            Unit::Span(pattern) | Unit::Line(pattern) | Unit::TitleEcho(pattern) => [Some(pattern), None],
            Unit::Block { from, to, .. } => [Some(from), to.as_ref()],
            Unit::PullQuote { .. } => [None, None],
        };
        of_unit.into_iter().flatten().chain(&self.unless)
    }

    /// Where the rule applies, in words.
    pub fn scope(&self) -> String {
        let mut parts = Vec::new();
        if !self.sites.is_empty() {
            parts.push(self.sites.join(","));
        }
        if !self.lang.is_empty() {
            parts.push(self.lang.join(","));
        }
        match self.zone {
            Zone::Head => parts.push("head".into()),
            Zone::Tail => parts.push("tail".into()),
            Zone::Any => {}
        }
        if parts.is_empty() { "everywhere".into() } else { parts.join(" ") }
    }
}

/// Whether `site` is `host` or one of its subdomains.
pub fn belongs_to(site: &str, host: &str) -> bool {
    site.strip_suffix(host).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::belongs_to;

    #[test]
    fn a_host_covers_its_subdomains_and_nothing_else() {
        assert!(belongs_to("example.org", "example.org"));
        assert!(belongs_to("news.example.org", "example.org"));
        assert!(!belongs_to("badexample.org", "example.org"));
        assert!(!belongs_to("example.org.evil", "example.org"));
    }
}
