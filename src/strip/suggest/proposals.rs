//! From lines of a template to rules: lines that stand one after the other become one rule.

use std::fmt::Write as _;

use xxhash_rust::xxh3::xxh3_64;

use super::pages::{LineId, SitePages};
use super::template::Template;
use crate::strip::keywords::case_forms;
use crate::strip::lines::count_words;

/// Lines and bytes that one rule may name.
const MOST_LINES: usize = 30;
const MOST_BYTES: usize = 6000;

/// Examples of each kind.
const DROPS: usize = 6;
const KEEPS: usize = 2;

/// Characters of an example that must survive.
const KEEP_LENGTH: usize = 160;

/// A rule that is proposed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proposal {
    /// Its id.
    pub id: String,
    /// The site that it is for.
    pub site: String,
    /// The lines that it cuts, in the order of a page.
    pub lines: Vec<String>,
    /// Documents that it touches, and those of the site that were looked at; identical bodies count once.
    pub documents: usize,
    /// See `documents`.
    pub of: usize,
    /// Words of which one stands in each of its lines, in lower case; none if there are no such words.
    pub keywords: Vec<String>,
    /// Texts that it cuts.
    pub drop: Vec<String>,
    /// Texts that it must not cut: lines of articles, where there are some.
    pub keep: Vec<String>,
}

impl Proposal {
    /// The expression that fits its lines and nothing else.
    pub fn regex(&self) -> String {
        let lines: Vec<String> = self.lines.iter().map(|line| regex::escape(line)).collect();
        format!(r"^\s*(?:{})\s*$", lines.join("|"))
    }

    /// Most words that one of its lines has.
    pub fn max_words(&self) -> usize {
        self.lines.iter().map(|line| count_words(line.as_bytes())).max().unwrap_or(0).max(1)
    }
}

/// One rule a run of lines that no rule names yet.
pub(super) fn group(site: &SitePages, template: &Template, prefix: &str) -> Vec<Proposal> {
    let texts = site.texts();
    let mut named = vec![false; texts.len()];
    let mut runs: Vec<Vec<LineId>> = Vec::new();
    for page in &site.pages {
        let mut bytes = 0;
        let mut goes_on = false;
        for id in page {
            let Some(is) = template.is.get(*id as usize) else {
                goes_on = false;
                continue;
            };
            if !is || std::mem::replace(&mut named[*id as usize], true) {
                // A line with a rule of its own does not part those around it.
                goes_on = goes_on && *is;
                continue;
            }
            let length = texts[*id as usize].len();
            match runs.last_mut() {
                Some(run) if goes_on && run.len() < MOST_LINES && bytes + length < MOST_BYTES => {
                    run.push(*id);
                    bytes += length;
                }
                _ => {
                    runs.push(vec![*id]);
                    bytes = length;
                }
            }
            goes_on = true;
        }
    }
    let mut rule_of = vec![usize::MAX; texts.len()];
    for (rule, run) in runs.iter().enumerate() {
        run.iter().for_each(|id| rule_of[*id as usize] = rule);
    }
    let touched = touched(site, &rule_of, runs.len());
    let articles: Vec<&str> = article_lines(site, template, &texts);
    let whole = |(run, documents): (Vec<LineId>, usize)| {
        let lines: Vec<String> = run.iter().map(|id| texts[*id as usize].to_owned()).collect();
        let keywords = keywords(&lines);
        Proposal {
            id: id(prefix, &site.site, &lines),
            site: site.site.clone(),
            documents,
            of: site.pages.len(),
            drop: drops(&lines),
            keep: keeps(&lines, &keywords, &articles),
            keywords,
            lines,
        }
    };
    runs.into_iter().zip(touched).map(whole).collect()
}

/// Documents that each rule touches.
fn touched(site: &SitePages, rule_of: &[usize], rules: usize) -> Vec<usize> {
    let (mut counts, mut last) = (vec![0; rules], vec![usize::MAX; rules]);
    for (page, lines) in site.pages.iter().enumerate() {
        for id in lines {
            let Some(rule) = rule_of.get(*id as usize).copied().filter(|rule| *rule != usize::MAX) else {
                continue;
            };
            if std::mem::replace(&mut last[rule], page) != page {
                counts[rule] += 1;
            }
        }
    }
    counts
}

/// Lines that read like articles and stay.
fn article_lines<'t>(site: &SitePages, template: &Template, texts: &[&'t str]) -> Vec<&'t str> {
    let stays = |id: &usize| site.lines[*id].prose && !template.is[*id];
    (0..texts.len()).filter(stays).map(|id| texts[id]).collect()
}

/// Letters and digits only, so that it is an id whatever the site is called; the hash tells rules of one site apart.
fn id(prefix: &str, site: &str, lines: &[String]) -> String {
    let plain = |text: &str, most: usize| {
        let mut plain = String::new();
        for c in text.chars().take(most) {
            match c.to_ascii_lowercase() {
                c @ ('a'..='z' | '0'..='9') => plain.push(c),
                _ if plain.ends_with('-') || plain.is_empty() => {}
                _ => plain.push('-'),
            }
        }
        plain.trim_end_matches('-').to_owned()
    };
    let whole = format!("{site}\n{}", lines.join("\n"));
    let mut id = format!("{prefix}.{}", plain(site, 60));
    let first = plain(lines.first().map_or("", String::as_str), 24);
    let _ = write!(
        id,
        ".{first}{}{:012x}",
        if first.is_empty() { "" } else { "-" },
        xxh3_64(whole.as_bytes()) >> 16
    );
    id
}

/// For each line the longest of its words by which it is found in any case; none at all if a line has no such word.
fn keywords(lines: &[String]) -> Vec<String> {
    let mut keywords: Vec<String> = Vec::new();
    for line in lines {
        let mut words: Vec<&str> =
            line.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        let lower = line.to_lowercase();
        let (ascii, stands) = (line.to_ascii_lowercase(), |form: &String, ascii: &str| {
            ascii.contains(&form.to_ascii_lowercase())
        });
        let found = words.iter().map(|word| word.to_lowercase()).find(|keyword| {
            lower.contains(keyword.as_str())
                && keyword.to_lowercase() == *keyword
                && case_forms(keyword).iter().any(|form| stands(form, &ascii))
        });
        match found {
            None => return Vec::new(),
            Some(keyword) if keywords.contains(&keyword) => {}
            Some(keyword) => keywords.push(keyword),
        }
    }
    keywords.sort_unstable();
    keywords
}

fn drops(lines: &[String]) -> Vec<String> {
    let mut drops: Vec<String> = lines.iter().take(DROPS).cloned().collect();
    if let [only] = drops.as_slice() {
        drops.push(format!("   {only}"));
    }
    drops
}

/// Lines of articles, those with a keyword of the rule first.
fn keeps(lines: &[String], keywords: &[String], articles: &[&str]) -> Vec<String> {
    let like = |text: &&&str| {
        let lower = text.to_lowercase();
        keywords.iter().any(|keyword| lower.contains(keyword))
    };
    let begun =
        |text: &&str| -> String { text.chars().take(KEEP_LENGTH).collect::<String>().trim().to_owned() };
    let mut keeps: Vec<String> = Vec::new();
    for text in articles.iter().filter(like).take(KEEPS).chain(articles).map(begun) {
        if keeps.len() < KEEPS && !keeps.contains(&text) && !lines.contains(&text) {
            keeps.push(text);
        }
    }
    // Without an article to quote: the lines inside a longer one.
    if let (Some(first), Some(last)) = (lines.first(), lines.last()) {
        let mut longer = format!("{first} {last}");
        while keeps.len() < KEEPS {
            if !lines.contains(&longer) {
                keeps.push(longer.clone());
            }
            let _ = write!(longer, " {first}");
        }
    }
    keeps
}
