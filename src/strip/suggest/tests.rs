use super::*;
use crate::strip::RuleSet;
use crate::strip::examples;

const STORIES: [&str; 6] = [
    "The bridge was opened on Monday after three long years of work by two hundred men.",
    "Rain will fall on the hills tonight, and the lake is said to rise by more than a foot.",
    "The mayor has resigned, and nobody in the council knows who might want to follow him.",
    "A lorry lost its load of apples on the ring road, where children picked up most of it.",
    "The theatre has sold all tickets for its new play, which nobody has seen so far at all.",
    "Prices of houses by the water went up again, as a report says that came out on Tuesday.",
];

fn lines_of(texts: &[String], least: usize) -> Vec<String> {
    let mut pages = SitePages::new("example.org");
    texts.iter().for_each(|text| pages.add(text.as_bytes(), &[], None));
    pages.propose(least, "site").into_iter().flat_map(|rule| rule.lines).collect()
}

fn with_menu(body: &str) -> String {
    format!("Home\nNews\nSport\n{body}\nWrite to us\nAll the lake on your phone\n")
}

#[test]
fn a_menu_that_repeats_is_proposed_and_articles_are_not() {
    let texts: Vec<String> = STORIES.iter().map(|story| with_menu(story)).collect();
    assert_eq!(lines_of(&texts, 2), ["Home", "News", "Sport", "Write to us", "All the lake on your phone"]);
    assert!(lines_of(&texts, 7).is_empty());
}

#[test]
fn sentences_that_near_copies_share_are_no_template() {
    let body = STORIES[..4].join("\n");
    let copies = ["Updated at nine", "Updated at ten", "Correction follows below"];
    let mut texts: Vec<String> = copies.iter().map(|head| with_menu(&format!("{head}\n{body}"))).collect();
    texts.extend(STORIES[4..].iter().map(|story| with_menu(story)));
    let found = lines_of(&texts, 2);
    assert!(found.contains(&"Home".to_owned()));
    assert!(!found.iter().any(|line| body.contains(line.as_str()) && line.len() > 20), "{found:?}");
}

#[test]
fn names_and_subheads_between_the_lines_of_articles_are_no_template() {
    let texts: Vec<String> = (0..6)
        .map(|n| {
            let (a, b) = (STORIES[n], STORIES[(n + 1) % 6]);
            // Sentences of their own, so that no two articles are copies.
            with_menu(&format!(
                "{a} So said {n} people.\nPUTIN\n{b} That was in {n}.\nWhat comes next\n{a} In {n} it ends."
            ))
        })
        .collect();
    let found = lines_of(&texts, 2);
    assert!(found.contains(&"Sport".to_owned()));
    // They stand in every document, so they would be taken if those were all that there is of chrome.
    let few = texts[..4].to_vec();
    let found = lines_of(&few, 2);
    assert!(!found.iter().any(|line| line == "PUTIN" || line == "What comes next"), "{found:?}");
}

#[test]
fn a_sentence_of_background_in_some_articles_is_no_template() {
    let background = "The lake has been closed to ships since a storm took its only lighthouse in 1998.";
    let texts: Vec<String> = (0..12)
        .map(|n| {
            let own = format!("{} It happened {n} times.", STORIES[n % 6]);
            let more = if n % 4 == 0 { format!("{background}\n") } else { String::new() };
            with_menu(&format!(
                "{own}\n{more}In all, {n} of them went home before the night fell on the town."
            ))
        })
        .collect();
    assert!(!lines_of(&texts, 2).contains(&background.to_owned()));
}

#[test]
fn the_title_of_an_article_is_not_proposed_though_other_pages_link_to_it() {
    let mut pages = SitePages::new("example.org");
    for (n, story) in STORIES.iter().enumerate() {
        let text = format!("Home\nNews\nBridge opens\n{story}\nWrite to us\nImprint\n");
        pages.add(text.as_bytes(), &[], (n == 0).then_some("Bridge opens"));
    }
    let found: Vec<String> = pages.propose(2, "site").into_iter().flat_map(|rule| rule.lines).collect();
    assert_eq!(found, ["Home", "News", "Write to us", "Imprint"]);
}

#[test]
fn proposals_load_and_pass_their_own_examples_whatever_the_lines_hold() {
    let odd = [
        "Home (1) | [2]",
        "C:\\temp \"quoted\" 'lines'",
        "ÉTÉ — İstanbul",
        "Über uns",
        "首页 新闻",
        "Главная",
        "a\u{7f}b\tc",
        "''' \"\"\"x y",
    ];
    let mut pages = SitePages::new("Ünïcode.example:8080");
    for story in STORIES {
        pages.add(format!("{}\n{story}\nLast line\n", odd.join("\n")).as_bytes(), &[], None);
    }
    let proposals = pages.propose(2, "site");
    let cut: Vec<&String> = proposals.iter().flat_map(|rule| &rule.lines).collect();
    assert_eq!(cut.len(), odd.len() + 1);
    let set = RuleSet::from_texts(vec![("proposed.toml".into(), toml("two\nlines", &proposals))]).unwrap();
    assert_eq!(examples::failures(&set, true).unwrap(), []);
}

#[test]
fn what_rules_cut_is_not_proposed_again_but_counts_as_chrome() {
    let mut pages = SitePages::new("example.org");
    for story in &STORIES[..3] {
        let text = format!("Terms of use\nOur shop\nPrivacy\n{story}\n");
        let terms = crate::document::Cut { start: 0, end: 13, rule: 9 };
        let privacy = crate::document::Cut { start: 22, end: 30, rule: 9 };
        pages.add(text.as_bytes(), &[terms, privacy], None);
    }
    let found: Vec<String> = pages.propose(2, "site").into_iter().flat_map(|rule| rule.lines).collect();
    assert_eq!(found, ["Our shop"]);
}
