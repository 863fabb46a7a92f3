//! What event grouping promises, on small texts written for this purpose.

use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;

use super::*;
use crate::Error;
use crate::dates::Date;
use crate::run::progress::Silent;

/// Texts in memory, each with a digest that follows the text.
struct Texts(Vec<String>);

impl Articles for Texts {
    fn len(&self) -> usize {
        self.0.len()
    }
    fn digest(&self, index: usize) -> Digest {
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&words::hash(&[self.0[index].as_bytes()]).to_be_bytes());
        digest
    }
    fn date(&self, _: usize) -> Option<Date> {
        None
    }
    fn title(&self, _: usize) -> Option<String> {
        None
    }
    fn text(&self, index: usize) -> Result<String> {
        Ok(self.0[index].clone())
    }
}

const BRIDGE_1: &str = "The Millbrook bridge collapsed on 4 March 2019, killing three lorry drivers.\n\nMayor Edith Crane said \
    that the old bridge over the Lunn had been inspected in January and that cracks had been found in its northern pier. \
    Divers searched the river all night for a fourth lorry.";
const BRIDGE_2: &str = "Three lorry drivers died when the bridge at Millbrook fell into the Lunn on 4 March.\n\nCracks in the \
    northern pier were known since January, admitted Edith Crane, the mayor. The search for another lorry by divers in \
    the river went on until morning, rescuers said.";
const CHEESE: &str = "A cheese from the Valdora hills won the gold medal at the dairy fair in Oststadt.\n\nIts maker, Paul Remy, \
    keeps forty goats and sells at the market on Saturdays. The jury praised the rind and the smell of hay.";
const CHESS: &str = "Grandmaster Ilse Vogt drew her last game and keeps the national chess title for a sixth year.\n\nHer \
    opponent offered peace after thirty moves of a quiet opening, to the regret of spectators who had hoped for a fight.";
const ELECTION_ZH: &str = "北河市周一举行市长选举，教师出身的林秋月以微弱优势当选新一任市长。选举委员会表示投票率创下新高，共有三万人参加投票。";
const ELECTION_ZH_2: &str =
    "教师林秋月当选北河市市长，优势微弱。周一的市长选举投票率创下新高，选举委员会说三万人参加了投票。";

fn texts(list: &[&str]) -> Texts {
    Texts(list.iter().map(|t| (*t).to_owned()).collect())
}

fn members(events: &[Event]) -> Vec<Vec<usize>> {
    events.iter().map(|e| e.members.iter().map(|m| m.0).collect()).collect()
}

#[test]
fn two_reports_of_one_happening_are_an_event_and_others_are_not() {
    let events = find(&texts(&[CHEESE, BRIDGE_1, CHESS, BRIDGE_2]), Search::Fast, &Silent).unwrap();
    assert_eq!(members(&events), [[1, 3]]);
}

#[test]
fn chinese_reports_of_one_happening_are_an_event() {
    let events = find(&texts(&[CHEESE, ELECTION_ZH, CHESS, ELECTION_ZH_2]), Search::Fast, &Silent).unwrap();
    assert_eq!(members(&events), [[1, 3]]);
}

#[test]
fn long_texts_on_one_war_do_not_become_one_event_among_headlines() {
    // Five articles that share the stock of words of their subject, each about something else, and forty headlines.
    let stock = "The army of the Northern League and the rebels of Calder fought again near the border of the province, \
        where refugees wait for aid. The ministry in Oststadt and the envoy of the council spoke of a truce.";
    let own = [
        "A convoy with flour reached the harbour of Wendel at noon, drivers unloaded forty sacks beside the pier.",
        "Surgeons in Marn reopened a clinic whose roof had burned, with beds given by a brewery and two schools.",
        "Poets read verses in a cellar of Lisk on the feast of lanterns, and a blind fiddler played until dawn.",
        "The price of salt doubled in the bazaar of Orm after a mill broke down, merchants blamed a rusty gear.",
        "Shepherds near Tavel found a downed balloon with cameras, children sold pieces of silk to journalists.",
    ];
    let long = own.iter().map(|o| format!("{o}\n\n{stock}\n\n{}", o.repeat(2)));
    let places = ["Bral", "Corn", "Dorf", "Elm", "Fenn", "Gild", "Hask", "Ivel", "Jorm", "Kess"];
    let acts = [
        "mayor resigns over pool",
        "ferry sinks at night",
        "museum buys old clock",
        "team wins regional cup",
    ];
    let headlines = (0..40).map(|i| format!("{} {} in the rain.", places[i % 10], acts[i / 10]));
    let events = find(&Texts(long.chain(headlines).collect()), Search::Fast, &Silent).unwrap();
    assert!(events.iter().all(|e| e.members.iter().all(|m| m.0 > 4)), "{:?}", members(&events));
}

#[test]
fn a_few_texts_in_another_language_do_not_look_alike_for_being_in_it() {
    let french = [
        "Le maire de Ravel a inauguré la piscine. Les nageurs l'attendaient depuis deux ans, et la file était longue.",
        "Une tempête a privé de courant dix villages. Les équipes sont sur place et le travail sera long, dit le préfet.",
        "Le club de Morne a gagné la finale. Les joueurs ont fêté la coupe avec leurs familles dans les rues du port.",
    ];
    let english = (0..60).map(|i| format!("{CHESS} It was round {i} of the games. {} people came.", i * 37));
    let list: Vec<String> = french.iter().map(|t| (*t).to_owned()).chain(english).collect();
    let events = find(&Texts(list), Search::Fast, &Silent).unwrap();
    assert!(events.iter().all(|e| e.members.iter().all(|m| m.0 > 2)), "{:?}", members(&events));
}

#[test]
fn without_the_evidence_there_is_no_event() {
    let articles = texts(&[BRIDGE_1, CHESS, BRIDGE_2, CHEESE]);
    let event = find(&articles, Search::Fast, &Silent).unwrap().remove(0);
    let mut rest = BRIDGE_1.to_owned();
    for sentence in event.sentences.iter().flat_map(|s| [&s.1, &s.3]) {
        rest = rest.replace(sentence.as_str(), "");
    }
    for term in &event.terms {
        rest = rest.replace(term.as_str(), "");
    }
    assert_eq!(find(&texts(&[&rest, CHESS, BRIDGE_2, CHEESE]), Search::Fast, &Silent).unwrap(), []);
}

#[test]
fn evidence_is_made_of_what_the_members_say() {
    let articles = texts(&[BRIDGE_1, CHESS, BRIDGE_2, CHEESE]);
    let events = find(&articles, Search::Fast, &Silent).unwrap();
    let event = &events[0];
    assert_eq!(event.dates.iter().map(ToString::to_string).collect::<Vec<_>>(), ["--03-04"]);
    assert!(!event.terms.is_empty() && event.terms.len() <= 20);
    for term in &event.terms {
        assert!(BRIDGE_1.contains(term) || BRIDGE_2.contains(term), "{term}");
        assert!(!["the", "that", "said", "in"].contains(&term.to_lowercase().as_str()), "{term}");
    }
    assert!(event.terms.iter().any(|t| t == "Edith Crane"), "{:?}", event.terms);
    assert!(!event.sentences.is_empty() && event.sentences.len() <= 5);
    for (a, left, b, right) in &event.sentences {
        assert_ne!(a, b);
        assert!(articles.0[*a].contains(left.as_str()) && articles.0[*b].contains(right.as_str()));
    }
    assert_eq!(event.members[0].1, event.members[1].1);
    assert!(event.members[0].1 > Decimal4(1600));
}

#[test]
fn no_documents_or_empty_ones_are_no_event() {
    assert_eq!(find(&texts(&[]), Search::Fast, &Silent).unwrap(), []);
    assert_eq!(find(&texts(&["", "", " \n", "***"]), Search::Fast, &Silent).unwrap(), []);
    assert_eq!(find(&texts(&[BRIDGE_1]), Search::Fast, &Silent).unwrap(), []);
}

#[test]
fn every_document_is_counted_once_and_a_stop_is_obeyed() {
    struct Counter(AtomicU64, Option<u8>);
    impl Progress for Counter {
        fn begin(&self, _: crate::run::Phase, _: Option<u64>) {}
        fn advance(&self, _: u64, documents: u64) {
            self.0.fetch_add(documents, Ordering::Relaxed);
        }
        fn stop(&self) -> Option<u8> {
            self.1
        }
    }
    let articles = texts(&[BRIDGE_1, CHEESE, CHESS, BRIDGE_2]);
    let counter = Counter(AtomicU64::new(0), None);
    find(&articles, Search::Fast, &counter).unwrap();
    assert_eq!(counter.0.into_inner(), 4);
    assert!(matches!(
        find(&articles, Search::Fast, &Counter(AtomicU64::new(0), Some(2))),
        Err(Error::Interrupted(2))
    ));
}

#[test]
fn a_text_that_cannot_be_read_stops_the_search() {
    struct Broken;
    impl Articles for Broken {
        fn len(&self) -> usize {
            3
        }
        fn digest(&self, index: usize) -> Digest {
            [index as u8; 32]
        }
        fn date(&self, _: usize) -> Option<Date> {
            None
        }
        fn title(&self, _: usize) -> Option<String> {
            None
        }
        fn text(&self, index: usize) -> Result<String> {
            Err(Error::usage(format!("text {index}"), ""))
        }
    }
    assert_eq!(find(&Broken, Search::Fast, &Silent).unwrap_err().to_string(), "text 0");
}

/// Small made-up news: documents about a few happenings, told with shared and with own words.
fn news() -> impl Strategy<Value = Vec<String>> {
    const WHO: [&str; 6] = ["Anna Bell", "Tom Reed", "Lake Vorn", "Saint Aude", "Karl Oss", "Mira Dane"];
    const WHAT: [&str; 8] =
        ["flooded", "elected", "arrested", "opened", "burned", "rescued", "divorced", "retired"];
    let sentence =
        (0..WHO.len(), 0..WHAT.len(), 0..WHO.len(), 1u32..29).prop_map(|(who, what, whom, day)| {
            format!("Yesterday {} was {} near {} on {day} May, people said.", WHO[who], WHAT[what], WHO[whom])
        });
    proptest::collection::vec(proptest::collection::vec(sentence, 1..5).prop_map(|s| s.join("\n\n")), 2..24)
}

/// Events with indices replaced by texts, in an order of their own.
fn by_text(articles: &Texts, events: &[Event]) -> Vec<String> {
    let text = |index: usize| articles.0[index].as_str();
    let mut shown: Vec<String> = events
        .iter()
        .map(|e| {
            let mut members: Vec<_> = e.members.iter().map(|m| (text(m.0), m.1)).collect();
            members.sort_unstable();
            let sentences: Vec<_> = e.sentences.iter().map(|s| (text(s.0), &s.1, text(s.2), &s.3)).collect();
            format!("{members:?} {:?} {sentences:?} {:?}", e.terms, e.dates)
        })
        .collect();
    shown.sort_unstable();
    shown
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_the_input_changes_nothing_but_indices((list, seed) in (news(), any::<u64>())) {
        let mut list = list;
        list.sort_unstable();
        list.dedup();
        let first = Texts(list.clone());
        let expected = by_text(&first, &find(&first, Search::Fast, &Silent).unwrap());
        list.sort_by_key(|t| words::hash(&[&seed.to_be_bytes(), t.as_bytes()]));
        let second = Texts(list);
        prop_assert_eq!(by_text(&second, &find(&second, Search::Fast, &Silent).unwrap()), expected);
    }

    #[test]
    fn the_number_of_threads_changes_nothing(list in news()) {
        let articles = Texts(list);
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| find(&articles, Search::Fast, &Silent).unwrap())
        };
        let expected = with(1);
        prop_assert_eq!(with(2), expected.clone());
        prop_assert_eq!(with(5), expected);
    }

    #[test]
    fn few_documents_give_the_same_events_as_all_pairs_compared(list in news()) {
        let articles = Texts(list);
        let expected = find(&articles, Search::Exact, &Silent).unwrap();
        prop_assert_eq!(find(&articles, Search::Fast, &Silent).unwrap(), expected);
    }

    #[test]
    fn events_have_two_members_or_more_and_share_none(list in news()) {
        let events = find(&Texts(list), Search::Fast, &Silent).unwrap();
        let all: Vec<usize> = events.iter().flat_map(|e| e.members.iter().map(|m| m.0)).collect();
        let distinct: std::collections::BTreeSet<usize> = all.iter().copied().collect();
        prop_assert_eq!(distinct.len(), all.len());
        prop_assert!(events.iter().all(|e| e.members.len() > 1 && e.members.is_sorted()));
        prop_assert!(events.is_sorted_by_key(|e| e.members[0].0));
    }
}

/// Another happening with the same actors.
const OAKS: &str = "Pupils of three schools planted four hundred oaks on the hill behind Millbrook.\n\nA forester \
    showed them how deep a root must stand in such soil, and soup was served at noon by Edith Crane, who retires in \
    autumn and wants to see the wood grow from her kitchen window.";

#[test]
fn the_nearest_cluster_is_the_one_that_came_closest_and_was_not_joined() {
    let list = texts(&[CHEESE, BRIDGE_1, CHESS, BRIDGE_2, OAKS]);
    let near = |document| nearest(&list, Search::Fast, document, &Silent).unwrap();
    assert_eq!(members(&find(&list, Search::Fast, &Silent).unwrap()), [[1, 3]]);
    let miss = near(4).unwrap();
    assert_eq!(miss.members, [1, 3]);
    assert!(miss.similarity.0 > 0 && miss.similarity < miss.needed, "{miss:?}");
    // From the other side it is the same miss.
    for document in [1, 3] {
        let back = near(document).unwrap();
        assert_eq!((back.members, back.similarity, back.needed), (vec![4], miss.similarity, miss.needed));
    }
    assert_eq!(near(0).filter(|miss| miss.similarity >= miss.needed), None);
    assert_eq!(nearest(&texts(&[CHEESE]), Search::Fast, 0, &Silent).unwrap(), None);
}
