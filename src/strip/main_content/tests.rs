use proptest::prelude::*;

use super::*;
use crate::strip::{RuleSet, Scope, Stripper, remaining};

/// A page of a made-up newspaper, as a text browser dumps it.
const PAGE: &str = "\
Home
News
Sport
Contact

The bridge over the river is open again

By Anna Person
Monday, 4 March 2019

The old bridge over the river was opened again on Monday, a year after the flood that had broken two of its arches.

The mayor said that she was glad, and that nobody in the village would have to take the ferry to school any more.
\"We have waited for a long time, and some of us did not believe that it would ever be built again,\" she said.

The repair has cost two million, most of which was paid by the state, and the rest by people who live on the river.

Related articles
The ferry stops in winter
A new school for the island
Comments
Sign in
Newsletter
";

fn stripped(text: &str) -> String {
    let rules = RuleSet::built_in().unwrap();
    let found = Stripper::new(&rules).with_main_content(true).strip(text.as_bytes(), &Scope::default(), true);
    String::from_utf8(remaining(text.as_bytes(), &found.cuts).into_owned()).unwrap()
}

#[test]
fn the_article_stays_and_what_is_around_it_goes() {
    let left = stripped(PAGE);
    let kept = |line: &str| left.lines().any(|l| l == line);
    assert!(PAGE.lines().filter(|l| l.len() > 60).all(kept), "{left}");
    assert!(
        !["Home", "Sport", "Contact", "The ferry stops in winter", "Sign in", "Newsletter"]
            .into_iter()
            .any(kept)
    );
    assert!(!left.contains("\n\n\n"), "no run of empty lines grew: {left:?}");
}

#[test]
fn an_article_without_a_page_around_it_stays_as_it_is() {
    let article: String = PAGE.lines().filter(|l| l.len() > 60).map(|l| format!("{l}\n\n")).collect();
    assert_eq!(stripped(&article), format!("{}\n", article.trim_end()));
}

#[test]
fn a_line_that_a_rule_keeps_stays() {
    let rules = RuleSet::from_texts(vec![(
        "mine".into(),
        "[[rule]]\nid = \"keep.menu\"\nabout = \"Sport stays\"\nunit = \"line\"\naction = \"keep\"\nregex = '^Sport$'\n\
         drop = [\"Sport\", \"Sport\"]\nkeep = [\"a\", \"b\"]\n"
            .into(),
    )]);
    let Ok(rules) = rules else { panic!("{rules:?}") };
    let found = Stripper::new(&rules).with_main_content(true).strip(PAGE.as_bytes(), &Scope::default(), true);
    let left = String::from_utf8(remaining(PAGE.as_bytes(), &found.cuts).into_owned()).unwrap();
    assert!(left.lines().any(|l| l == "Sport") && !left.lines().any(|l| l == "News"), "{left}");
}

#[test]
fn the_weights_name_every_feature_and_nothing_else() {
    let (first, more) = model::names();
    let features: Vec<&str> = first.iter().chain(&more).map(String::as_str).collect();
    let weights = include_str!("../../../rules/main_content/weights.tsv");
    let fields = weights.lines().filter(|l| !l.starts_with('#')).map(|l| l.split('\t').collect::<Vec<_>>());
    let fields: Vec<_> = fields.collect();
    let named: Vec<&str> = fields.iter().filter(|f| f.len() == 5).map(|f| f[0]).collect();
    assert_eq!(named, features);
    let settings: Vec<&str> = fields.iter().filter(|f| f.len() != 5).map(|f| f[0]).collect();
    assert_eq!(settings, ["bias", "switch", "clip", "first", "second"]);
    let is_number = |text: &&str| text.parse::<f32>().is_ok_and(f32::is_finite);
    assert!(fields.iter().all(|f| f[1..].iter().all(is_number)));
}

#[test]
fn scores_are_sums_over_the_features() {
    let page = Page::read(PAGE.as_bytes(), &[], &[], &ODDS);
    let columns = training::features(PAGE.as_bytes(), &[], None, &ODDS).columns;
    let mut scores = MODEL.scores(page.len());
    context::columns(&page, &mut scores);
    let weights = include_str!("../../../rules/main_content/weights.tsv");
    let number = |field: &str| field.parse::<f64>().unwrap();
    let setting =
        |name: &str| number(weights.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix('\t')).unwrap());
    let features: Vec<Vec<f64>> = weights
        .lines()
        .filter(|l| !l.starts_with('#') && l.matches('\t').count() == 4)
        .map(|l| l.split('\t').skip(1).map(number).collect())
        .collect();
    for line in 0..page.len() {
        let terms = columns.iter().zip(&features).map(|(column, f)| {
            ((f64::from(column[line]) - f[0]) / f[1]).clamp(-setting("clip"), setting("clip")) * f[2]
        });
        let sum = setting("first") + terms.sum::<f64>();
        assert!((sum - f64::from(scores.sums[0][line])).abs() < 1e-3, "line {line}");
    }
}

#[test]
fn long_lines_and_many_lines_are_read_to_the_end() {
    let sentence = "The bridge over the river was opened again on Monday, said the mayor. ";
    for text in
        [sentence.repeat(15_000), format!("{}\n", &sentence[..20]).repeat(50_000), "\n".repeat(50_000)]
    {
        let found = lines(text.as_bytes(), &[], &[]);
        assert_eq!(found.iter().any(|line| line.kept), !text.trim().is_empty());
    }
}

proptest! {
    #[test]
    fn what_stays_is_never_empty_and_ranges_are_whole_lines_in_order(
        text in "([a-zé.,|»0-9 ]{0,60}\n|Sign in\n|\n|\r\n|\u{a0}\n|Le pont a rouvert lundi après un an de travaux.\n){0,30}",
        broken in proptest::collection::vec(any::<u8>(), 0..20),
    ) {
        let text = [text.as_bytes(), &broken].concat();
        let found = lines(&text, &[], &[]);
        let mut at = 0;
        for line in &found {
            prop_assert!(at <= line.range.start && line.range.start < line.range.end);
            prop_assert!(line.range.start == 0 || text[line.range.start - 1] == b'\n');
            prop_assert!(line.range.end == text.len() || text[line.range.end - 1] == b'\n');
            prop_assert!(line.score.is_finite());
            at = line.range.end;
        }
        prop_assert!(found.is_empty() || found.iter().any(|line| line.kept));
    }
}

#[test]
fn what_was_learned_from_other_pages_changes_no_score_and_something_is_left() {
    let promise = PAGE.find("The repair").unwrap();
    let learned = [Cut { start: promise, end: promise + PAGE[promise..].find('\n').unwrap(), rule: 9 }];
    let (alone, beside) = (lines(PAGE.as_bytes(), &[], &[]), lines(PAGE.as_bytes(), &[], &learned));
    for (one, two) in alone.iter().zip(&beside) {
        assert_eq!(one.score, two.score, "{}", &PAGE[one.range.clone()]);
    }
    let all = [Cut { start: 0, end: PAGE.len() - "Newsletter\n".len(), rule: 9 }];
    let kept: Vec<_> = lines(PAGE.as_bytes(), &[], &all).into_iter().filter(|line| line.kept).collect();
    assert!(kept.iter().any(|line| PAGE[line.range.clone()].trim() == "Newsletter"), "{kept:?}");
}
