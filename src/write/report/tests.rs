use sha2::{Digest as _, Sha256};

use super::*;
use crate::document::Decimal4;
use crate::write::manifest::{Counts, FileHash, RuleCount};
use crate::write::record::{DocumentLine, Kind, Member, SentencePair};

const HOSTILE: &str =
    "</script></style><img src=x onerror=alert(1)>\"'><svg onload=alert(2)>&lt;\u{202e}gpj.exe\0\u{1b}[2J";

fn member(doc: &str, kind: Kind) -> Member {
    let similarity = (kind != Kind::Kept).then_some(Decimal4(8333));
    let (sha256, simhash) = ("0".repeat(64), "0".repeat(16));
    Member { doc: doc.into(), id: None, kind, similarity, distance: Some(3), sha256, simhash }
}

fn cluster(id: &str, relation: Relation, members: Vec<Member>) -> Cluster {
    let (size, min_similarity) = (members.len(), Decimal4(8333));
    Cluster {
        id: id.into(),
        relation,
        size,
        min_similarity,
        members,
        terms: vec![],
        sentences: vec![],
        dates: vec![],
    }
}

/// A line of the list of documents whose every word is `text`.
fn line(text: &str) -> DocumentLine {
    let line = serde_json::json!({
        "doc": text, "status": "kept", "site": text, "lang": text, "captures": {}, "cut": {text: 400},
        "date": {"value": text, "source": "field"}, "bytes_in": 1000, "bytes_out": 600,
    });
    serde_json::from_value(line).unwrap()
}

/// The names of all elements and the names and values of all attributes, by the tokeniser's own rules for a page that
/// quotes every attribute: markup that data smuggled in would turn up here.
fn elements(page: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if rest.starts_with('/') || rest.starts_with('!') {
            continue;
        }
        let end = rest.find([' ', '>']).expect("a tag has an end");
        let name = rest[..end].to_owned();
        assert!(name.trim_end_matches('/').bytes().all(|b| b.is_ascii_alphanumeric()), "element {name:?}");
        rest = &rest[end..];
        let mut attributes = Vec::new();
        while let Some(after) = rest.strip_prefix(' ') {
            let end = after.find(['=', ' ', '>']).expect("an attribute has an end");
            let attribute = after[..end].to_owned();
            rest = &after[end..];
            let mut value = String::new();
            if let Some(quoted) = rest.strip_prefix("=\"") {
                let end = quoted.find('"').expect("a value has an end");
                value = quoted[..end].to_owned();
                rest = &quoted[end + 1..];
            }
            attributes.push((attribute, value));
        }
        assert!(
            rest.starts_with('>') || rest.starts_with("/>"),
            "{}",
            rest.chars().take(60).collect::<String>()
        );
        // The content of these two is no markup; it is checked by its hash.
        if name == "style" || name == "script" {
            rest = &rest[rest.find("</").expect("raw text has an end")..];
        }
        found.push((name, attributes));
    }
    found
}

fn hostile_page() -> String {
    let mut copies = vec![member(HOSTILE, Kind::Kept), member("b", Kind::Near), member("c", Kind::Identical)];
    copies[0].id = Some("javascript:alert(1)".into());
    copies[1].id = Some("https://example.org/\" onclick=\"alert(1)".into());
    copies[2].id = Some("https://example.org/?a=1&b='2'".into());
    let mut event =
        cluster("e-1", Relation::Event, vec![member("d", Kind::Coverage), member(HOSTILE, Kind::Coverage)]);
    event.terms = vec![HOSTILE.into()];
    event.dates = vec![HOSTILE.into()];
    let [doc, text] = [HOSTILE.to_owned(), HOSTILE.to_owned()];
    event.sentences =
        vec![SentencePair { doc: doc.clone(), text: text.clone(), other_doc: doc, other_text: text }];
    let clusters = vec![
        cluster(HOSTILE, Relation::Copy, copies),
        cluster("x-1", Relation::Excerpt, vec![member("d", Kind::Kept), member("e", Kind::Excerpt)]),
        event,
    ];
    let example = CutExample {
        doc: HOSTILE.into(),
        before: HOSTILE.into(),
        cut: HOSTILE.into(),
        after: HOSTILE.into(),
    };
    let rules = [RuleExample { id: HOSTILE.into(), about: HOSTILE.into(), examples: vec![example] }];
    let rejects =
        [Reject { file: HOSTILE.into(), record: Some(1), bytes: Some([1, 2]), cause: HOSTILE.into() }];
    let manifest = Manifest {
        tool: HOSTILE.into(),
        version: HOSTILE.into(),
        options: [(HOSTILE.to_owned(), HOSTILE.to_owned())].into(),
        rules: [(HOSTILE.to_owned(), RuleCount { cuts: 1, documents: 1, bytes: 9 })].into(),
        inputs: vec![FileHash { path: HOSTILE.into(), bytes: 1, sha256: HOSTILE.into() }],
        ..Manifest::default()
    };
    let hostile = || Some(HOSTILE.to_owned());
    let mut profile = Profile::default();
    profile.add(&line(HOSTILE));
    render(&ReportInput {
        manifest: &manifest,
        profile: &profile,
        clusters: &clusters,
        lists: Form::Lines,
        rules: &rules,
        rejects: &rejects,
        text_of: &|doc| Some(format!("{HOSTILE} {doc}")),
        about_of: &|doc| {
            let date = if doc == "d" { Some("2017-12-30".into()) } else { hostile() };
            Some(About { title: hostile(), site: hostile(), date, lang: hostile() })
        },
        first_line_of: &|_| None,
        differences: &NoDifferences,
    })
    .unwrap()
}

#[test]
fn hostile_titles_ids_and_texts_stay_text() {
    let page = hostile_page();
    let elements = elements(&page);
    for (name, attributes) in &elements {
        assert!(!["img", "iframe", "object", "base", "form", "link"].contains(&name.as_str()), "{name}");
        assert_eq!(name == "script", name == "script" && attributes.is_empty());
        for (attribute, value) in attributes {
            assert!(
                !attribute.starts_with("on") && attribute != "style" && attribute != "src",
                "{attribute}"
            );
            if attribute == "href" {
                assert!(value.starts_with('#') || value.starts_with("https://example.org/"), "{value}");
            }
        }
    }
    assert_eq!(elements.iter().filter(|(name, _)| name == "script").count(), 1);
    let links = |(name, attributes): &&(String, Vec<(String, String)>)| {
        name == "a" && attributes.iter().any(|(name, value)| name == "href" && !value.starts_with('#'))
    };
    assert_eq!(elements.iter().filter(links).count(), 1, "one id is an address");
    assert!(page.contains("&lt;/script&gt;"));
    assert!(elements.iter().any(|(name, _)| name == "circle"), "the time line is drawn");
    let drawn = elements.iter().filter(|(name, _)| name == "svg").count();
    assert_eq!(drawn, page.matches("</svg>").count());
}

#[test]
fn what_would_reorder_or_hide_text_is_shown_by_its_number() {
    let page = hostile_page();
    let hidden = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
    assert_eq!(page.chars().find(|c| hidden(*c)), None);
    assert!(page.contains("U+202E") && page.contains("U+0000") && page.contains("U+001B"));
}

#[test]
fn the_policy_names_the_one_style_and_the_one_script_by_their_hashes() {
    let page = hostile_page();
    assert!(page.contains("default-src 'none';") && !page.contains("unsafe-"));
    for element in ["style", "script"] {
        let (open, close) = (format!("<{element}>"), format!("</{element}>"));
        assert_eq!(page.matches(&open).count(), 1);
        let source = page.split(&open).nth(1).and_then(|rest| rest.split(&close).next()).unwrap();
        let hash = html::base64(&Sha256::digest(source.as_bytes()));
        assert!(page.contains(&format!("{element}-src 'sha256-{hash}'")), "{element}");
    }
    for address in ["http:", "https:", "//"] {
        let outside: Vec<_> =
            page.match_indices(address).filter(|(at, _)| !page[*at..].contains("example.org")).collect();
        let in_script = page.find("<script>").unwrap();
        assert!(outside.iter().all(|(at, _)| *at > in_script), "{address} loads something");
    }
}

fn large_page(clusters: &Vec<Cluster>, text: &str) -> String {
    let counts =
        Counts { read: 60_000, kept: 20_000, near: 40_000, copy_clusters: 20_000, ..Counts::default() };
    let manifest = Manifest { counts, ..Manifest::default() };
    render(&ReportInput {
        manifest: &manifest,
        profile: &Profile::default(),
        clusters,
        lists: Form::Lines,
        rules: &[],
        rejects: &[],
        text_of: &|doc| Some(format!("{doc} {text} {doc}")),
        about_of: &|doc| Some(About { title: Some(format!("Title of {doc}")), ..About::default() }),
        first_line_of: &|_| None,
        differences: &NoDifferences,
    })
    .unwrap()
}

fn many_clusters(relation: Relation) -> Vec<Cluster> {
    (0..20_000)
        .map(|i| {
            let docs = [(0, Kind::Kept), (1, Kind::Near), (2, Kind::Identical)];
            let members = docs.map(|(j, kind)| member(&format!("corpus/file-{i:05}.jsonl#{j}"), kind)).into();
            cluster(&format!("c-{i:016x}"), relation, members)
        })
        .collect()
}

#[test]
fn twenty_thousand_clusters_stay_within_the_budget_and_the_rest_is_counted() {
    let clusters = many_clusters(Relation::Copy);
    for text in ["A sentence that is the same in all copies. ".repeat(40), "\u{202e}\0".repeat(3000)] {
        let page = large_page(&clusters, &text);
        assert!(page.len() <= MAX_BYTES, "{}", page.len());
        assert!(page.contains("are not shown. All of them stand in <code>clusters.jsonl</code>"));
    }
}

#[test]
fn every_part_at_once_stays_within_the_budget() {
    let mut clusters = many_clusters(Relation::Copy);
    clusters.extend(many_clusters(Relation::Event));
    clusters.extend(many_clusters(Relation::Excerpt));
    let long = "\0<".repeat(5000);
    let cut = CutExample { doc: long.clone(), before: long.clone(), cut: long.clone(), after: long.clone() };
    let rules: Vec<RuleExample> = (0..3000)
        .map(|i| RuleExample { id: format!("rule.{i}"), about: long.clone(), examples: vec![cut.clone(); 9] })
        .collect();
    let manifest = Manifest {
        tool: long.clone(),
        version: long.clone(),
        hasher: long.clone(),
        rules_sha256: long.clone(),
        options: (0..3000).map(|i| (format!("{i}{long}"), long.clone())).collect(),
        rules: (0..3000)
            .map(|i| (format!("rule.{i}"), RuleCount { cuts: 1, documents: 1, bytes: i }))
            .collect(),
        inputs: (0..9000)
            .map(|i| FileHash { path: format!("{i}{long}"), bytes: i, sha256: String::new() })
            .collect(),
        ..Manifest::default()
    };
    let rejects: Vec<Reject> = (0..9000)
        .map(|i| Reject { file: long.clone(), record: Some(i), bytes: None, cause: long.clone() })
        .collect();
    let page = render(&ReportInput {
        manifest: &manifest,
        profile: &Profile::default(),
        clusters: &clusters,
        lists: Form::Lines,
        rules: &rules,
        rejects: &rejects,
        text_of: &|_| None,
        about_of: &|_| None,
        first_line_of: &|_| None,
        differences: &NoDifferences,
    })
    .unwrap();
    assert!(page.len() <= MAX_BYTES, "{}", page.len());
    elements(&page);
}

#[test]
fn copies_that_were_only_tagged_are_not_called_removed() {
    let mut clusters = many_clusters(Relation::Copy);
    clusters.truncate(1);
    let mut manifest = Manifest::default();
    let page = |manifest: &Manifest| {
        let text_of = |doc: &str| Some(format!("text of {doc}"));
        let (rules, rejects) = (&[][..], &[][..]);
        let clusters = &clusters;
        render(&ReportInput {
            manifest,
            profile: &Profile::default(),
            clusters,
            lists: Form::Lines,
            rules,
            rejects,
            text_of: &text_of,
            about_of: &|_| None,
            first_line_of: &|_| None,
            differences: &NoDifferences,
        })
        .unwrap()
    };
    assert!(page(&manifest).contains(">Removed<"));
    manifest.options.insert("copies".into(), "tag".into());
    assert!(!page(&manifest).contains(">Removed<") && page(&manifest).contains(">Tagged copy<"));
}

#[test]
fn an_empty_corpus_has_a_page_that_says_so() {
    let page = large_page(&vec![], "");
    for said in ["No copies were found.", "Everything could be read.", "No document has any text."] {
        assert!(page.contains(said), "{said}");
    }
    assert!(!page.contains("type=\"search\""));
}

#[test]
fn the_sums_are_said_and_what_is_missing_too() {
    let page = |counts: Counts| {
        let (manifest, clusters) = (Manifest { counts, ..Manifest::default() }, Vec::new());
        render(&ReportInput {
            manifest: &manifest,
            profile: &Profile::default(),
            clusters: &clusters,
            lists: Form::Lines,
            rules: &[],
            rejects: &[],
            text_of: &|_| None,
            about_of: &|_| None,
            first_line_of: &|_| None,
            differences: &NoDifferences,
        })
        .unwrap()
    };
    let counts = Counts { read: 1234, kept: 1000, near: 230, rejected: 4, ..Counts::default() };
    let whole = page(counts.clone());
    assert!(whole.contains("1,000 + 0 + 230 + 0 + 4 = 1,234"), "the sum of the documents");
    assert!(!whole.contains("does not hold") && !whole.contains("Not accounted for"));
    for wrong in [Counts { kept: 999, ..counts.clone() }, Counts { kept: 1001, ..counts.clone() }] {
        assert!(page(wrong).contains("The sum does not hold"));
    }
    assert!(page(Counts { kept: 999, ..counts }).contains("Not accounted for"));
}

#[test]
fn the_page_of_an_event_says_when_who_reported_what_is_shared_and_what_each_adds() {
    let mut event =
        cluster("e-1", Relation::Event, ["a", "b", "c"].map(|doc| member(doc, Kind::Coverage)).into());
    event.terms = vec!["bridge".into()];
    let shared = "The long bridge over the river was opened on Monday by the minister of transport.";
    let text_of = |doc: &str| match doc {
        "a" => {
            Some(format!("{shared} Workers from Lisbon had painted its towers with red colour all winter."))
        }
        "b" => Some(format!("{shared} Critics complain about tolls, delays and the price of concrete.")),
        _ => Some(shared.to_owned()),
    };
    let about_of = |doc: &str| {
        let (site, date) = match doc {
            "a" => ("late.example", "2018-07-18"),
            "b" => ("early.example", "2018-07-16"),
            _ => ("nameless.example", "--07-17"),
        };
        Some(About { site: Some(site.into()), date: Some(date.into()), ..About::default() })
    };
    let page = render(&ReportInput {
        manifest: &Manifest::default(),
        profile: &Profile::default(),
        clusters: &vec![event],
        lists: Form::Lines,
        rules: &[],
        rejects: &[],
        text_of: &text_of,
        about_of: &about_of,
        first_line_of: &|_| None,
        differences: &NoDifferences,
    })
    .unwrap();
    let at = |word: &str| page.rfind(word).unwrap_or_else(|| panic!("{word} is not there"));
    assert!(at("<bdi>bridge</bdi>") < at("Workers from Lisbon had painted"));
    assert!(
        page.contains("Time line of 3 articles by outlet, 2018-07-16 to 2018-07-18. First: early.example.")
    );
    assert!(page.contains("Hollow: its date names no year."));
    let list = &page[at("<ol class=\"members\">")..];
    let order = ["early.example", "late.example", "nameless.example"].map(|site| list.find(site).unwrap());
    assert!(order.is_sorted(), "full dates come first: {order:?}");
    assert!(page.contains("data-s=\"0 1 2\" data-f=\"2018-07-16\" data-t=\"2018-07-18\""));
    assert!(page.contains(">early.example (1)</option>"));
}

#[test]
fn what_is_said_of_a_cluster_holds_for_the_members_that_are_not_listed_too() {
    let one = |number: usize, kind, similarity| Member {
        similarity: Some(similarity),
        ..member(&format!("d{number:04}"), kind)
    };
    let mut copies = vec![member("kept", Kind::Kept)];
    copies.extend((0..700).map(|n| one(n, Kind::Identical, Decimal4(10_000))));
    copies.extend((700..703).map(|n| one(n, Kind::Near, Decimal4(8_333))));
    let articles = (0..70).map(|n| one(n, Kind::Coverage, Decimal4(8_333))).collect();
    let clusters = vec![cluster("c-1", Relation::Copy, copies), cluster("e-1", Relation::Event, articles)];
    let about = |doc: &str| {
        let date = format!("2018-07-{:02}", 1 + doc[1..].parse::<usize>().unwrap_or(0) % 28);
        Some(About { site: Some(format!("{doc}.example")), date: Some(date), ..About::default() })
    };
    let page = render(&ReportInput {
        manifest: &Manifest::default(),
        profile: &Profile::default(),
        clusters: &clusters,
        lists: Form::Lines,
        rules: &[],
        rejects: &[],
        text_of: &|doc| Some(format!("text of {doc}")),
        about_of: &about,
        first_line_of: &|doc| Some(format!("First line of {doc}")),
        differences: &NoDifferences,
    })
    .unwrap();
    assert!(page.contains("703 copies · similarity from 0.8333"));
    for doc in ["d0700", "d0701", "d0702"] {
        assert!(page.contains(&format!("Removed: <span class=\"key\">{doc}</span>")), "{doc} is compared");
    }
    assert!(page.contains("70 articles · 70 outlets · 2018-07-01 to 2018-07-28"));
    assert!(page.contains("The list below has the first of them."));
    assert!(page.contains("First line of d0000"), "something to call it by");
}
