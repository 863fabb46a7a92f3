//! Reads rules files. Every problem is reported with its file and line, all of them at once, and nothing is ignored:
//! a key that is not known is a problem, not a comment.

use std::ops::Range;

use toml_edit::{Document, Item, Table, Value};

use super::pattern::{Budget, Pattern};
use super::rule::{Action, Example, Rule, Unit, Zone};
use super::ruleset::MOST_RULES;
use crate::error::Problem;

/// What one file holds.
#[derive(Debug, Default)]
pub(super) struct RulesFile {
    pub(super) rules: Vec<Rule>,
    /// Id and line of every rule, broken ones included.
    pub(super) names: Vec<(String, usize)>,
    pub(super) site: Option<Site>,
}

/// The site that a file is about, and how a text without address is known to come from it.
#[derive(Debug, Clone)]
pub(super) struct Site {
    pub(super) host: String,
    /// Expressions that are found in its pages alone.
    pub(super) signature: Vec<Pattern>,
}

const RULE_KEYS: &[&str] = &[
    "id",
    "about",
    "unit",
    "regex",
    "literal",
    "from",
    "to",
    "max_lines",
    "min_words",
    "keywords",
    "lang",
    "sites",
    "zone",
    "max_words",
    "beside",
    "capture",
    "unless",
    "action",
    "drop",
    "keep",
];
const SITE_KEYS: &[&str] = &["host", "signature"];
const TOP_KEYS: &[&str] = &["rule", "site"];

const DEFAULT_BLOCK_LINES: usize = 40;
const DEFAULT_QUOTE_WORDS: usize = 8;

/// Parses one file; problems are added to `problems`, what is right is returned. Expressions are compiled within
/// `budget`; those of a trusted file, which has none, when they are first needed.
pub(super) fn parse(
    file: &str,
    text: &str,
    budget: Option<&mut Budget>,
    problems: &mut Vec<Problem>,
) -> RulesFile {
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).collect();
    let mut parser = Parser { file, ends, budget, problems };
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let line = parser.line_of(error.span());
            parser.problem_at(line, error.message().to_string());
            return RulesFile::default();
        }
    };
    let mut parsed = RulesFile::default();
    let top = document.as_table();
    parser.unknown_keys(top, TOP_KEYS);
    if let Some(item) = top.get("site") {
        match item.as_table() {
            Some(table) => parsed.site = parser.site(table),
            None => parser.problem(item.span(), "`site` must be a table: [site]"),
        }
    }
    match top.get("rule") {
        None if parsed.site.is_some() => {}
        None => parser.problem_at(1, "no [[rule]] in this file".into()),
        Some(item) => match item.as_array_of_tables() {
            Some(tables) if tables.len() > MOST_RULES => {
                let what = format!("{} rules; at most {MOST_RULES} can be used", tables.len());
                parser.problem_at(1, what);
            }
            Some(tables) => {
                let starts: Vec<usize> =
                    tables.iter().map(|t| t.span().map_or(text.len(), |s| s.start)).collect();
                for (i, table) in tables.iter().enumerate() {
                    let end = starts.get(i + 1).copied().unwrap_or(text.len());
                    let source = text.get(starts[i]..end).unwrap_or_default();
                    if let Some(id) = table.get("id").and_then(Item::as_str) {
                        parsed.names.push((id.to_owned(), parser.line_of(table.span())));
                    }
                    if let Some(mut rule) = parser.rule(table, source) {
                        if let Some(site) = &parsed.site
                            && rule.sites.is_empty()
                        {
                            rule.sites.push(site.host.clone());
                        }
                        parsed.rules.push(rule);
                    }
                }
            }
            None => parser.problem(item.span(), "rules are written as [[rule]] tables"),
        },
    }
    parsed
}

struct Parser<'a> {
    file: &'a str,
    /// Where the lines of the file end.
    ends: Vec<usize>,
    budget: Option<&'a mut Budget>,
    problems: &'a mut Vec<Problem>,
}

impl Parser<'_> {
    fn line_of(&self, span: Option<Range<usize>>) -> usize {
        let at = span.map_or(0, |s| s.start);
        1 + self.ends.partition_point(|end| *end < at)
    }

    fn problem_at(&mut self, line: usize, what: String) {
        self.problems.push(Problem { file: self.file.into(), line, what });
    }

    fn problem(&mut self, span: Option<Range<usize>>, what: impl Into<String>) {
        let line = self.line_of(span);
        self.problem_at(line, what.into());
    }

    fn unknown_keys(&mut self, table: &Table, known: &[&str]) {
        for (key, _) in table.iter() {
            if !known.contains(&key) {
                let span = table.key(key).and_then(|k| k.span());
                let near = known
                    .iter()
                    .map(|k| (strsim::damerau_levenshtein(k, key), k))
                    .min()
                    .filter(|(distance, _)| *distance <= 3);
                let hint = near.map_or(String::new(), |(_, k)| format!("; did you mean `{k}`?"));
                self.problem(span, format!("unknown key `{key}`{hint}"));
            }
        }
    }

    fn site(&mut self, table: &Table) -> Option<Site> {
        self.unknown_keys(table, SITE_KEYS);
        let signature = self.strings(table, "signature").unwrap_or_default();
        let compiled = signature.iter().filter_map(|e| self.compile(&e.text, e.line)).collect();
        match self.string(table, "host") {
            Some((host, _)) if !host.is_empty() => {
                Some(Site { host: host.to_lowercase(), signature: compiled })
            }
            _ => {
                self.problem(table.span(), "[site] needs `host`");
                None
            }
        }
    }

    fn rule(&mut self, table: &Table, source: &str) -> Option<Rule> {
        let before = self.problems.len();
        let line = self.line_of(table.span());
        self.unknown_keys(table, RULE_KEYS);
        let id = match self.string(table, "id") {
            Some((id, _)) if valid_id(&id) => id,
            Some((id, line)) => {
                let what = format!(
                    "`{id}` is no rule id: use lower-case words joined by `.` and `-`, not `layout.…`"
                );
                self.problem_at(line, what);
                String::new()
            }
            None => {
                self.problem_at(line, "the rule has no `id`".into());
                String::new()
            }
        };
        let about = self.string(table, "about").map(|s| s.0);
        if about.as_ref().is_none_or(|a| a.is_empty()) {
            self.problem_at(line, format!("rule `{id}` has no `about`: say in one sentence what it cuts"));
        }
        let unit = self.unit(table, line);
        let zone =
            self.choice(table, "zone", &[("head", Zone::Head), ("tail", Zone::Tail), ("any", Zone::Any)]);
        let action = self.choice(table, "action", &[("cut", Action::Cut), ("keep", Action::Keep)]);
        let unless = self.string(table, "unless").and_then(|(source, line)| self.compile(&source, line));
        let texts = |list: Option<Vec<Example>>| -> Vec<String> {
            list.unwrap_or_default().into_iter().map(|e| e.text).collect()
        };
        let keywords = self.strings(table, "keywords");
        for keyword in keywords.iter().flatten() {
            if keyword.text.is_empty() || keyword.text.to_lowercase() != keyword.text {
                self.problem_at(
                    keyword.line,
                    format!("keyword `{}` must be lower case and not empty", keyword.text),
                );
            }
        }
        let capture = match table.get("capture") {
            Some(item) if item.is_str() => item.as_str().map(|s| vec![s.to_owned()]).unwrap_or_default(),
            Some(_) => texts(self.strings(table, "capture")),
            None => Vec::new(),
        };
        if let Some(unit) = &unit
            && self.budget.is_some()
        {
            self.check_captures(table, unit, &capture);
        }
        let rule = Rule {
            id,
            about: about.unwrap_or_default(),
            unit: unit?,
            action: action.unwrap_or_default(),
            keywords: texts(keywords),
            lang: texts(self.strings(table, "lang")).iter().map(|l| l.to_lowercase()).collect(),
            sites: texts(self.strings(table, "sites")).iter().map(|s| s.to_lowercase()).collect(),
            zone: zone.unwrap_or_default(),
            max_words: self.count(table, "max_words"),
            beside: texts(self.strings(table, "beside")),
            capture,
            unless,
            drop: self.strings(table, "drop").unwrap_or_default(),
            keep: self.strings(table, "keep").unwrap_or_default(),
            file: self.file.into(),
            line,
            source: source.trim_end().to_owned(),
        };
        if matches!(rule.action, Action::Keep) && !matches!(rule.unit, Unit::Line(_)) {
            self.problem_at(line, format!("rule `{}`: action = \"keep\" goes with unit = \"line\"", rule.id));
        }
        (self.problems.len() == before).then_some(rule)
    }

    fn unit(&mut self, table: &Table, line: usize) -> Option<Unit> {
        let Some((name, name_line)) = self.string(table, "unit") else {
            self.problem_at(
                line,
                "the rule has no `unit`: span, line, block, pullquote or title_echo".into(),
            );
            return None;
        };
        let allowed: &[&str] = match name.as_str() {
            "span" | "line" => &["regex", "literal"],
            "block" => &["from", "to", "max_lines", "min_words"],
            "pullquote" => &["min_words"],
            "title_echo" => &["regex"],
            _ => {
                let what = format!("unit `{name}` is none of span, line, block, pullquote, title_echo");
                self.problem_at(name_line, what);
                return None;
            }
        };
        let mut right = true;
        for key in ["regex", "literal", "from", "to", "max_lines", "min_words"] {
            if let Some(item) = table.get(key)
                && !allowed.contains(&key)
            {
                self.problem(item.span(), format!("`{key}` does not go with unit = \"{name}\""));
                right = false;
            }
        }
        let unit = match name.as_str() {
            "span" => self.pattern(table, line, regex::escape).map(Unit::Span),
            "line" => self.pattern(table, line, |l| format!(r"^\s*{}\s*$", regex::escape(l))).map(Unit::Line),
            "title_echo" => self.pattern(table, line, str::to_owned).map(Unit::TitleEcho),
            "pullquote" => {
                let min_words = self.count(table, "min_words").unwrap_or(DEFAULT_QUOTE_WORDS);
                Some(Unit::PullQuote { min_words })
            }
            _ => {
                let from = self.required(table, "from", line);
                let to = self.string(table, "to");
                let open = to.is_none();
                let to = to.and_then(|(source, line)| self.compile(&source, line));
                let min_words = self.count(table, "min_words");
                if open && min_words.is_none() {
                    let what =
                        "a block needs `to`; without, it runs to the end of the text and needs `min_words`";
                    self.problem_at(line, what.into());
                    return None;
                }
                let max_lines = self.count(table, "max_lines").unwrap_or(DEFAULT_BLOCK_LINES);
                let min_words = min_words.unwrap_or(0);
                from.filter(|_| open || to.is_some()).map(|from| Unit::Block {
                    from,
                    to,
                    min_words,
                    max_lines,
                })
            }
        };
        unit.filter(|_| right)
    }

    fn pattern(&mut self, table: &Table, line: usize, literal: impl Fn(&str) -> String) -> Option<Pattern> {
        match (self.string(table, "regex"), self.string(table, "literal")) {
            (Some((source, line)), None) => self.compile(&source, line),
            (None, Some((text, line))) => self.compile(&literal(&text), line),
            (Some(_), Some((_, line))) => {
                self.problem_at(line, "`regex` and `literal` exclude each other".into());
                None
            }
            (None, None) => {
                self.problem_at(line, "the rule has neither `regex` nor `literal`".into());
                None
            }
        }
    }

    fn required(&mut self, table: &Table, key: &str, line: usize) -> Option<Pattern> {
        let Some((source, line)) = self.string(table, key) else {
            self.problem_at(line, format!("a block needs `{key}`"));
            return None;
        };
        self.compile(&source, line)
    }

    fn compile(&mut self, source: &str, line: usize) -> Option<Pattern> {
        let Some(budget) = self.budget.as_deref_mut() else { return Some(Pattern::trusted(source)) };
        match Pattern::checked(source, budget) {
            Ok(pattern) => Some(pattern),
            Err(cause) => {
                self.problem_at(line, format!("bad regular expression: {cause}"));
                None
            }
        }
    }

    fn check_captures(&mut self, table: &Table, unit: &Unit, capture: &[String]) {
        let regex = match unit {
            Unit::Span(regex) | Unit::Line(regex) | Unit::TitleEcho(regex) => Some(regex),
            Unit::Block { .. } | Unit::PullQuote { .. } => None,
        };
        for name in capture {
            if !regex.is_some_and(|r| r.has_group(name)) {
                let span = table.get("capture").and_then(Item::span);
                self.problem(
                    span,
                    format!("`capture` names the group `{name}`, which the expression does not have"),
                );
            }
        }
    }

    fn string(&mut self, table: &Table, key: &str) -> Option<(String, usize)> {
        let item = table.get(key)?;
        match item.as_str() {
            Some(text) => Some((text.to_owned(), self.line_of(item.span()))),
            None => {
                self.problem(item.span(), format!("`{key}` must be a string"));
                None
            }
        }
    }

    fn strings(&mut self, table: &Table, key: &str) -> Option<Vec<Example>> {
        let item = table.get(key)?;
        let list = item.as_array().map(|a| a.iter().map(|v| (v.as_str(), v.span())).collect::<Vec<_>>());
        match list {
            Some(list) if list.iter().all(|(text, _)| text.is_some()) => Some(
                list.into_iter()
                    .filter_map(|(text, span)| {
                        Some(Example { text: text?.to_owned(), line: self.line_of(span) })
                    })
                    .collect(),
            ),
            _ => {
                self.problem(item.span(), format!("`{key}` must be a list of strings"));
                None
            }
        }
    }

    fn count(&mut self, table: &Table, key: &str) -> Option<usize> {
        let item = table.get(key)?;
        match item
            .as_value()
            .and_then(Value::as_integer)
            .and_then(|n| usize::try_from(n).ok())
            .filter(|n| *n > 0)
        {
            Some(count) => Some(count),
            None => {
                self.problem(item.span(), format!("`{key}` must be a whole number above 0"));
                None
            }
        }
    }

    fn choice<T: Copy>(&mut self, table: &Table, key: &str, choices: &[(&str, T)]) -> Option<T> {
        let (name, line) = self.string(table, key)?;
        let found = choices.iter().find(|(n, _)| *n == name).map(|(_, value)| *value);
        if found.is_none() {
            let names: Vec<&str> = choices.iter().map(|(n, _)| *n).collect();
            self.problem_at(line, format!("`{key}` must be one of {}", names.join(", ")));
        }
        found
    }
}

fn valid_id(id: &str) -> bool {
    !id.is_empty()
        && !id.starts_with("layout.")
        && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'_'))
}
