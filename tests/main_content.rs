//! `--strip main` leaves the article of a page, says of every other line why it went, and takes nothing from an article
//! that stands alone.

// What goes wrong in a helper fails the test that called it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use support::{Chance, Place};

const ARTICLE: &str = "\
The old bridge over the river was opened again on Monday, a year after the flood that had broken two of its arches.

The mayor said that she was glad, and that nobody in the village would have to take the ferry to school any more.

The repair has cost two million, most of which was paid by the state, and the rest by people who live on the river.
";

fn page() -> String {
    format!(
        "Home\nNews\nSport\nWeather\nContact\n\n{ARTICLE}\n\
         Other stories\nThe ferry stops in winter\nA school for the island\nWho pays for the road?\n\
         Weather: rain on Friday\nSport\nSign in\nNewsletter\nAll rights reserved\n"
    )
}

#[test]
fn the_article_stays_and_every_cut_is_explained_with_its_score() {
    let place = Place::new();
    place.write("in/page.txt", page());
    place.write("in/article.txt", ARTICLE.replace("bridge", "tower"));
    place.ok("clean in -o out -q --strip main --copies off");
    assert_eq!(place.text("out/data/page.txt"), ARTICLE);
    assert_eq!(place.text("out/data/article.txt"), ARTICLE.replace("bridge", "tower"));
    let why = place.ok("explain out page.txt").text();
    let cut = why.lines().skip_while(|l| !l.contains("“The ferry stops in winter"));
    let about: Vec<&str> = cut.take(2).collect();
    assert!(about[0].contains("main.content") && about[1].contains("main content"), "{why}");
    assert!(about[1].contains("articles score above 0"), "{why}");
    let manifest: serde_json::Value = serde_json::from_str(&place.text("out/manifest.json")).unwrap();
    assert_eq!(manifest["options"]["strip"], "main");
    assert_eq!(manifest["rules"]["main.content"]["documents"], 1);
}

#[test]
fn rules_cut_inside_the_article_too_and_only_rules_without_it() {
    let place = Place::new();
    let with_chrome = page().replace("The mayor", "Share this article\n\nThe mayor");
    place.write("in/page.txt", &with_chrome);
    place.ok("clean in -o out -q --strip main");
    assert_eq!(place.text("out/data/page.txt"), ARTICLE);
    place.ok("clean in -o rules -q --strip rules");
    assert!(place.text("rules/data/page.txt").contains("The ferry stops in winter"));
}

#[test]
fn a_page_without_an_article_is_not_emptied() {
    let place = Place::new();
    place.write("in/menu.txt", "Bridges\nRivers\nVillages\n");
    place.ok("clean in -o out -q --strip main");
    assert!(!place.text("out/data/menu.txt").trim().is_empty());
}

#[test]
fn page_by_page_no_rule_is_learned_and_a_filter_cuts_the_same() {
    let place = Place::new();
    place.write("in/page.txt", page());
    place.ok("clean in -o out -q --strip page");
    assert_eq!(place.text("out/data/page.txt"), ARTICLE);
    assert!(!place.exists("out/rules.learned.toml"));
    assert_eq!(place.feed("strip --page", page().as_bytes()).with(0).text(), ARTICLE);
    assert_ne!(place.feed("strip", page().as_bytes()).with(0).text(), ARTICLE);
}

#[test]
fn what_repeats_on_a_site_is_learned_before_the_article_is_sought() {
    let (place, mut chance) = (Place::new(), Chance::new(21));
    // Between two paragraphs a promise that reads like the article: only the other pages of the site tell.
    let promise = "Our readers pay for what you are reading here, and you can be one of them from today on.";
    let pages: Vec<(String, String)> = (0..12)
        .map(|i| {
            let (one, two) = (chance.article(60), chance.article(60));
            let line = serde_json::json!({
                "id": i,
                "url": format!("https://news.example.org/{i}"),
                "text": format!("Home\nNews\nSport\n\n{one}\n\nShare this article\n{promise}\nSign in\n\n{two}\n"),
            });
            (line.to_string(), two)
        })
        .collect();
    let lines: String = pages.iter().map(|(line, _)| format!("{line}\n")).collect();
    place.write("in.jsonl", lines);
    place.ok("clean in.jsonl -o page -q --strip page --events off");
    place.ok("clean in.jsonl -o main -q --strip main --events off");
    assert!(place.text("page/data/in.jsonl").contains(promise));
    let clean = place.text("main/data/in.jsonl");
    assert!(!clean.contains(promise) && place.text("main/rules.learned.toml").contains("Our readers pay"));
    assert!(pages.iter().all(|(_, two)| clean.contains(two.lines().next().unwrap())), "{clean}");
}
