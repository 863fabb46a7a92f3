//! A set of rules, ready to run: in order of priority, with the index that says which rules a line is worth.
//!
//! Rules are sorted once (site before language before global, then as written), so that the first match decides and a
//! rule's position is its priority everywhere.

use std::path::PathBuf;

use rustc_hash::FxHashMap;
use sha2::{Digest as _, Sha256};

use super::files;
use super::gate::Gate;
use super::gates::{Gates, Tongue};
use super::keywords::Keywords;
use super::main_content;
use super::parse::{self, RulesFile, Site};
use super::pattern::Budget;
use super::rule::{Action, Rule, Unit};
use super::signature::Signatures;
use crate::document::hex;
use crate::error::{Error, Problem, Result};

/// Rule numbers of the rules that are in no file: of layout, and of the main-content model. Those of a file's rules follow.
pub(super) const TRAILING_SPACE: u32 = 0;
pub(super) const EDGE_BLANK: u32 = 1;
pub(super) const LONGER_BLANK: u32 = 2;
pub(super) const MAIN_CONTENT: u32 = 3;
const IN_NO_FILE: [(&str, &str); 4] = [
    ("layout.trailing-space", "White space at the end of a line"),
    ("layout.edge-blank", "Empty lines at the beginning and the end of a document"),
    ("layout.longer-blank", "Empty lines where a cut joined two runs of them"),
    (
        main_content::RULE,
        "Not of the main content: a line outside the article of its page, as its score says",
    ),
];

/// More rules than this are refused: compiling them would take longer than most runs.
pub(super) const MOST_RULES: usize = 10_000;

/// The text of one rules file.
#[derive(Debug)]
struct Text {
    file: String,
    text: String,
    /// Whether its expressions are known to compile.
    trusted: bool,
}

/// Where a document stands, as far as rules care.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scope<'a> {
    /// Language; `None`: unknown, every rule runs.
    pub lang: Option<&'a str>,
    /// Site; `None`: unknown, no site rule runs.
    pub site: Option<&'a str>,
    /// Title from metadata.
    pub title: Option<&'a str>,
}

/// Rules in force for one document: one bit a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Active(Vec<u64>);

impl Active {
    fn none(rules: usize) -> Self {
        Self(vec![0; rules.div_ceil(64)])
    }

    fn set(&mut self, rule: usize) {
        self.0[rule / 64] |= 1 << (rule % 64);
    }

    pub(super) fn has(&self, rule: usize) -> bool {
        self.0[rule / 64] >> (rule % 64) & 1 == 1
    }

    fn or(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a |= b);
    }

    fn and(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a &= b);
    }
}

/// Rules, sorted by priority and indexed.
#[derive(Debug)]
pub struct RuleSet {
    pub(super) rules: Vec<Rule>,
    /// `beside` of each rule, as positions.
    pub(super) beside: Vec<Vec<usize>>,
    /// Rules without keywords.
    unkeyed: Vec<usize>,
    pub(super) has_keep_rules: bool,
    pub(super) has_blocks: bool,
    /// Rules that look for echoes of the title.
    pub(super) title_echoes: Vec<usize>,
    /// Rules that look for pull quotes, and how many words these must have.
    pub(super) pull_quotes: Vec<(usize, usize)>,
    keywords: Option<Keywords>,
    gates: Gates,
    any_site: Active,
    of_site: FxHashMap<String, Active>,
    any_lang: Active,
    of_lang: FxHashMap<String, Active>,
    signatures: Signatures,
    sha256: String,
}

impl RuleSet {
    /// The rules that come with the program.
    ///
    /// # Errors
    /// None in a released program: the tests load them.
    pub fn built_in() -> Result<Self> {
        Self::load_with(&[], None)
    }

    /// No rules: only layout is cut.
    pub fn empty() -> Result<Self> {
        Self::from_texts(Vec::new())
    }

    /// The rules in `paths` (files, or folders of `.toml` files and their `sites/` folder); the built-in ones if there
    /// are none. Rules that are given are tested on their own examples.
    ///
    /// # Errors
    /// [`Error::Rules`] with every problem of every file; [`Error::Io`] if one cannot be read.
    pub fn load(paths: &[PathBuf]) -> Result<Self> {
        if paths.is_empty() {
            return Self::built_in();
        }
        let set = Self::load_untested(paths)?;
        let failures = super::examples::failures(&set, false)?;
        if failures.is_empty() { Ok(set) } else { Err(Error::Rules(failures)) }
    }

    /// As [`RuleSet::load`], for rules in `paths` that were tested before, with those of one more file that was `made` by
    /// the program: its name and its text.
    ///
    /// # Errors
    /// As [`RuleSet::load`].
    pub(crate) fn load_with(paths: &[PathBuf], made: Option<(&str, &str)>) -> Result<Self> {
        let built_in = paths.is_empty();
        let texts = if built_in { files::built_in() } else { files::read(paths)? };
        let of_file = |(file, text)| Text { file, text, trusted: built_in };
        let mut texts: Vec<Text> = texts.into_iter().map(of_file).collect();
        texts.extend(made.map(|(file, text)| Text { file: file.into(), text: text.into(), trusted: true }));
        Self::parse(&texts)
    }

    /// As [`RuleSet::load`], without testing the rules on their examples.
    pub(super) fn load_untested(paths: &[PathBuf]) -> Result<Self> {
        Self::load_with(paths, None)
    }

    /// Rules from (name, text) of each file.
    ///
    /// # Errors
    /// [`Error::Rules`] with every problem.
    pub fn from_texts(texts: Vec<(String, String)>) -> Result<Self> {
        let texts: Vec<Text> =
            texts.into_iter().map(|(file, text)| Text { file, text, trusted: false }).collect();
        Self::parse(&texts)
    }

    fn parse(texts: &[Text]) -> Result<Self> {
        let mut problems = Vec::new();
        let mut budget = Budget::default();
        let mut hash = Sha256::new();
        let mut sites = Vec::new();
        let mut rules = Vec::new();
        let mut names = Vec::new();
        for Text { file, text, trusted } in texts {
            let RulesFile { rules: found, names: ids, site } =
                parse::parse(file, text, (!trusted).then_some(&mut budget), &mut problems);
            names.extend(ids.into_iter().map(|(id, line)| (file.clone(), line, id)));
            rules.extend(found);
            sites.extend(site);
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        }
        check_names(&names, &rules, &mut problems);
        if rules.len() > MOST_RULES {
            let what = format!("{} rules; at most {MOST_RULES} can be used", rules.len());
            problems.push(Problem { file: texts[0].file.clone(), line: 1, what });
        }
        if !problems.is_empty() {
            problems.sort();
            return Err(Error::Rules(problems));
        }
        // A stable sort: within one specificity, rules stay as written.
        rules.sort_by_key(|r| std::cmp::Reverse(r.specificity()));
        Self::index(rules, sites, hex(&hash.finalize()))
    }

    fn index(rules: Vec<Rule>, sites: Vec<Site>, sha256: String) -> Result<Self> {
        let position: FxHashMap<&str, usize> =
            rules.iter().enumerate().map(|(i, r)| (r.id.as_str(), i)).collect();
        let beside = rules
            .iter()
            .map(|r| r.beside.iter().filter_map(|id| position.get(id.as_str()).copied()).collect());
        let beside = beside.collect();
        let none = Active::none(rules.len());
        let (mut any_site, mut any_lang) = (none.clone(), none.clone());
        let (mut of_site, mut of_lang) = (FxHashMap::default(), FxHashMap::default());
        let (mut unkeyed, mut title_echoes, mut pull_quotes) = (Vec::new(), Vec::new(), Vec::new());
        for (i, rule) in rules.iter().enumerate() {
            mark(i, &rule.sites, &mut any_site, &mut of_site, &none);
            mark(i, &rule.lang, &mut any_lang, &mut of_lang, &none);
            if rule.keywords.is_empty() {
                unkeyed.push(i);
            }
            match rule.unit {
                Unit::TitleEcho(_) => title_echoes.push(i),
                Unit::PullQuote { min_words } => pull_quotes.push((i, min_words)),
                _ => {}
            }
        }
        let broken = |what: String| Error::Rules(vec![Problem { file: "rules".into(), line: 0, what }]);
        let of_rules: Vec<(usize, &[String])> =
            rules.iter().enumerate().map(|(i, rule)| (i, rule.keywords.as_slice())).collect();
        let keywords =
            Keywords::new(&of_rules).map_err(|e| broken(format!("the keywords cannot be indexed: {e}")))?;
        let signatures =
            Signatures::new(sites).map_err(|e| broken(format!("the signatures cannot be indexed: {e}")))?;
        Ok(Self {
            has_keep_rules: rules.iter().any(|r| r.action == Action::Keep),
            has_blocks: rules.iter().any(|r| matches!(r.unit, Unit::Block { .. })),
            title_echoes,
            pull_quotes,
            beside,
            unkeyed,
            keywords,
            gates: Gates::new(of_lang.keys()),
            any_site,
            of_site,
            any_lang,
            of_lang,
            signatures,
            sha256,
            rules,
        })
    }

    /// Id of rule number `rule`, as cuts name it.
    pub fn id(&self, rule: u32) -> &str {
        let rule = rule as usize;
        match IN_NO_FILE.get(rule) {
            Some((id, _)) => id,
            None => self.rules.get(rule - IN_NO_FILE.len()).map_or("", |r| &r.id),
        }
    }

    /// What rule number `rule` is for, in one sentence.
    pub fn about(&self, rule: u32) -> &str {
        let rule = rule as usize;
        match IN_NO_FILE.get(rule) {
            Some((_, about)) => about,
            None => self.rules.get(rule - IN_NO_FILE.len()).map_or("", |r| &r.about),
        }
    }

    /// Number of rules that cuts can name, those in no file included.
    pub fn numbers(&self) -> u32 {
        (self.rules.len() + IN_NO_FILE.len()) as u32
    }

    /// Whether rule number `rule` comes from a file (those of layout and of the main content do not).
    pub fn is_from_file(&self, rule: u32) -> bool {
        rule as usize >= IN_NO_FILE.len()
    }

    /// Whether rule number `rule` was learned from what repeats on a site.
    pub(super) fn is_learned(&self, rule: u32) -> bool {
        is_learned(self.id(rule))
    }

    /// The number by which cuts name the rule at `position`.
    pub(super) fn number(position: usize) -> u32 {
        (position + IN_NO_FILE.len()) as u32
    }

    /// SHA-256 over the rules files, as hex.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The rules, in order of priority.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The host whose signature stands in `text`; the first in the order of the files if several do.
    pub fn site_by_signature(&self, text: &[u8]) -> Option<&str> {
        self.signatures.find(text)
    }

    /// The rules in force for a document.
    pub(super) fn active(&self, scope: &Scope<'_>) -> Active {
        let mut active = self.any_site.clone();
        if let Some(site) = scope.site {
            // The host itself and every domain above it.
            for host in std::iter::successors(Some(site), |host| Some(host.split_once('.')?.1)) {
                if let Some(rules) = self.of_site.get(host) {
                    active.or(rules);
                }
            }
        }
        if let Some(lang) = scope.lang {
            active.and(&self.spoken(without_region(lang)));
        }
        active
    }

    /// Rules for texts in a language, whatever their site.
    fn spoken(&self, lang: &str) -> Active {
        let mut spoken = self.any_lang.clone();
        if let Some(rules) = self.of_lang.get(lang) {
            spoken.or(rules);
        }
        spoken
    }

    /// The rules that are worth a try on `line` to `rules`, which is empty, by position, ascending: those without keywords,
    /// and those of which one stands in the line.
    pub(super) fn worth_a_try(&self, line: &[u8], rules: &mut Vec<usize>) {
        rules.extend(&self.unkeyed);
        if let Some(keywords) = &self.keywords {
            keywords.each(line, |rule| rules.push(rule));
        }
        rules.sort_unstable();
        rules.dedup();
    }

    /// The gate for a document.
    pub(super) fn tongue(&self, scope: &Scope<'_>) -> Tongue {
        self.gates.tongue(scope.lang.map(without_region))
    }

    /// What turns lines of texts in one language away; made when it is first needed.
    pub(super) fn gate(&self, tongue: Tongue) -> &Gate {
        self.gates.get(tongue, || match self.gates.lang(tongue) {
            Some(lang) => {
                let spoken = self.spoken(lang);
                Gate::new(&self.rules, |position| spoken.has(position))
            }
            None => Gate::new(&self.rules, |_| true),
        })
    }

    /// The rule at `position` alone.
    pub(super) fn only(&self, position: usize) -> Active {
        let mut active = Active::none(self.rules.len());
        active.set(position);
        active
    }
}

/// How ids of rules begin that were learned from what repeats on a site.
pub(crate) const LEARNED: &str = "learned";

/// Whether a rule with this id was learned from what repeats on a site.
pub(crate) fn is_learned(id: &str) -> bool {
    id.strip_prefix(LEARNED).is_some_and(|rest| rest.starts_with('.'))
}

/// `fr-CA` speaks `fr`.
fn without_region(lang: &str) -> &str {
    lang.split(['-', '_']).next().unwrap_or(lang)
}

fn mark(rule: usize, scopes: &[String], any: &mut Active, of: &mut FxHashMap<String, Active>, none: &Active) {
    if scopes.is_empty() {
        any.set(rule);
    }
    for scope in scopes {
        of.entry(scope.clone()).or_insert_with(|| none.clone()).set(rule);
    }
}

/// Ids must be unique, and `beside` must name rules. `names` holds (file, line, id) of every rule, broken ones too.
fn check_names(names: &[(String, usize, String)], rules: &[Rule], problems: &mut Vec<Problem>) {
    let mut seen: FxHashMap<&str, (&str, usize)> = FxHashMap::default();
    for (file, line, id) in names {
        if let Some((first, first_line)) = seen.insert(id, (file, *line)) {
            let what = format!("duplicate id `{id}`: it stands at {first}:{first_line} too");
            problems.push(Problem { file: file.clone(), line: *line, what });
        }
    }
    for rule in rules {
        for id in rule.beside.iter().filter(|id| !seen.contains_key(id.as_str())) {
            let what = format!("rule `{}`: `beside` names `{id}`, which is no rule", rule.id);
            problems.push(Problem { file: rule.file.clone(), line: rule.line, what });
        }
    }
}
