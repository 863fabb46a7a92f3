//! A page that was crawled again is known as such, and `--keep` says which version stays.

// What goes wrong in a helper fails the test that called it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use serde_json::{Value, json};
use support::{Chance, Place};

#[test]
fn a_page_that_was_crawled_again_names_the_first_crawl_however_its_address_is_written() {
    let (place, mut chance) = (Place::new(), Chance::new(3));
    let body = chance.words(100).join(" ");
    let pages = [
        ("https://www.example.org/news/1?utm_source=feed", "2024-05-01", body.clone()),
        ("http://example.org/news/1/", "2024-05-03", body.replacen(' ', " updated ", 2)),
        ("https://example.org/news/2", "2024-05-02", chance.words(100).join(" ")),
        ("https://m.example.org/news/1#comments", "2024-05-02", chance.words(90).join(" ")),
    ];
    let line = |(url, date, text): &(&str, &str, String)| {
        format!("{}\n", json!({"url": url, "date": date, "text": text}))
    };
    place.write("in.jsonl", pages.iter().map(line).collect::<String>());
    for (keep, statuses) in
        [("earliest", ["kept", "near", "kept", "kept"]), ("latest", ["near", "kept", "kept", "kept"])]
    {
        place
            .ok(&format!("clean in.jsonl -o {keep} --events off --keep {keep}"))
            .says(&["2 documents have the address"]);
        let documents = place.list(format!("{keep}/documents.jsonl"));
        let fields = |name: &str| documents.iter().map(|d| d[name].clone()).collect::<Vec<Value>>();
        assert_eq!(fields("status"), statuses, "{keep}");
        assert_eq!(
            fields("recrawl_of"),
            [json!(null), json!("in.jsonl#0"), json!(null), json!("in.jsonl#0")]
        );
        assert_eq!(place.json(format!("{keep}/manifest.json"))["counts"]["recrawls"], 2);
    }
}
