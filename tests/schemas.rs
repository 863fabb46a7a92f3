//! The schemas in `docs/schemas` say what is written and what a rules file may hold: no less, and no more.

// What goes wrong in a helper fails the test that called it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::path::Path;

use jsonschema::Validator;
use serde_json::{Map, Value, json};
use support::{Chance, Place, quoted};
use tamis::strip::RuleSet;
use tamis::write::manifest::{Counts, FileHash, Manifest, RuleCount};
use tamis::write::parquet::{Column, lists};
use toml_edit::{Document, Item};

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn schema(name: &str) -> Value {
    let path = project().join(format!("docs/schemas/{name}.schema.json"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn validator(name: &str) -> Validator {
    jsonschema::draft202012::new(&schema(name)).unwrap()
}

fn keys(schema: &Value) -> Vec<&str> {
    schema["properties"].as_object().unwrap().keys().map(String::as_str).collect()
}

#[track_caller]
fn assert_valid(validator: &Validator, value: &Value) {
    let problems: Vec<String> =
        validator.iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(problems.is_empty(), "{value}\n{problems:#?}");
}

/// Holds every file of an output against its schema; gives all lines of clusters, documents and rejects.
#[track_caller]
fn assert_output_valid(place: &Place, out: &str) -> [Vec<Value>; 3] {
    assert_valid(&validator("manifest"), &place.json(format!("{out}/manifest.json")));
    ["clusters", "documents", "rejects"].map(|name| {
        let (validator, lines) = (validator(name), place.list(format!("{out}/{name}.jsonl")));
        lines.iter().for_each(|line| assert_valid(&validator, line));
        lines
    })
}

/// Copies, excerpts, coverage of one event, captures, a legacy charset, a page, records, rejects.
fn mixed() -> Place {
    let place = Place::new();
    let mut chance = Chance::new(11);
    for seed in std::fs::read_dir(project().join("seeds")).unwrap() {
        let path = seed.unwrap().path();
        place.write(
            format!("in/seeds/{}", path.file_name().unwrap().to_string_lossy()),
            std::fs::read(&path).unwrap(),
        );
    }
    let (long, short) = (chance.article(400), chance.article(120));
    place.write("in/long.txt", format!("{long}\n{short}"));
    place.write("in/short.txt", &short);
    place.write("in/same.txt", &short);
    place.write("in/nearly.txt", format!("{long}\n{short}And one more line ends it.\n"));
    place.write("in/chrome.txt", "Terms of Use | Privacy Policy\n");
    place.write("in/legacy.txt", b"Le caf\xE9 a \xE9t\xE9 ferm\xE9 hier apr\xE8s un d\xE9g\xE2t des eaux.\n");
    let article = chance.article(90);
    place.write(
        "in/page.html",
        format!("<html lang=en><title>A page</title><article><p>{article}</article></html>"),
    );
    place.write(
        "in/records.jsonl",
        format!(
            "{{\"id\":7,\"url\":\"https://www.example.org/a\",\"date\":\"2017-12-30\",\"text\":{}}}\n\
             {{\"id\":8,\"url\":\"http://example.org/a#top\",\"text\":{}}}\nno record\n{{\"id\":9}}\n",
            quoted(&chance.article(60)),
            quoted(&chance.article(60)),
        ),
    );
    place.write("in/broken.parquet", b"no table");
    place
}

#[test]
fn every_file_that_a_run_writes_is_as_its_schema_says() {
    let place = mixed();
    place.ends(3, "clean in -o out -q");
    let [clusters, documents, rejects] = assert_output_valid(&place, "out");
    for relation in ["copy", "excerpt", "event"] {
        assert!(clusters.iter().any(|c| c["relation"] == relation), "no {relation} was tried");
    }
    let field = |name: &str| documents.iter().any(|d| d.get(name).is_some());
    let fields = ["id", "of", "recrawl_of", "site", "lang", "date", "captures", "converted", "cut"];
    for name in fields {
        assert!(field(name), "no `{name}` was tried");
    }
    assert!(
        rejects.iter().any(|r| r.get("bytes").is_some()) && rejects.iter().any(|r| r.get("record").is_none())
    );

    place.write("more/new.txt", place.read("in/short.txt"));
    place.write("more/other.txt", "Something else was said there, in few words.\n");
    place.ok("clean more -o more-out -q --against out");
    assert!(assert_output_valid(&place, "more-out")[1].iter().any(|d| d["status"] == "reference"));
    for options in [
        "--to parquet",
        "--to jsonl --shards 2 --compress gz",
        "--copies tag --events off",
        "--strip repeats",
    ] {
        place.ends(3, &format!("clean in -o other -q {options}"));
        assert_output_valid(&place, "other");
    }
}

/// Every object inside a value, with what names its place.
fn objects(value: &mut Value, found: &mut dyn FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| objects(value, found)),
        Value::Object(map) => {
            map.values_mut().for_each(|value| objects(value, found));
            found(map);
        }
        _ => {}
    }
}

#[test]
fn a_key_that_is_not_known_is_refused_wherever_it_stands() {
    let place = mixed();
    place.ends(3, "clean in -o out -q");
    let mut files = vec![("manifest", vec![place.json("out/manifest.json")])];
    for name in ["clusters", "documents", "rejects"] {
        files.push((name, place.list(format!("out/{name}.jsonl"))));
    }
    for (name, lines) in files {
        let validator = validator(name);
        let mut tried = 0;
        for line in lines {
            let mut places = 0;
            objects(&mut line.clone(), &mut |_| places += 1);
            for place in 0..places {
                let (mut line, mut at) = (line.clone(), 0);
                objects(&mut line, &mut |map| {
                    if at == place {
                        map.insert("Unknown".into(), json!({}));
                    }
                    at += 1;
                });
                assert!(!validator.is_valid(&line), "{name}: {line}");
                tried += 1;
            }
        }
        assert!(tried > 0, "{name}");
    }
}

#[test]
fn the_schemas_name_the_fields_that_are_written_in_their_order() {
    for (name, columns) in [("documents", lists::documents()), ("clusters", lists::clusters())] {
        let schema = schema(name);
        assert!(keys(&schema).into_iter().eq(columns.iter().map(Column::name)), "{name}");
    }
    let file = FileHash { path: "a".into(), bytes: 1, sha256: "ab".repeat(32) };
    let manifest = Manifest {
        tool: "tamis".into(),
        version: "1.2.3".into(),
        options: [("keep".to_owned(), "longest".to_owned())].into(),
        rules_sha256: "ab".repeat(32),
        hasher: "a".into(),
        counts: Counts { references: 1, recrawls: 1, ..Counts::default() },
        conversions: [("html".to_owned(), 1)].into(),
        json_columns: vec!["tags".into()],
        rules: [("a.b".to_owned(), RuleCount::default())].into(),
        inputs: vec![file.clone()],
        references: vec![file.clone()],
        outputs: vec![file],
    };
    let (value, schema) = (serde_json::to_value(manifest).unwrap(), schema("manifest"));
    assert_valid(&validator("manifest"), &value);
    assert!(keys(&schema).into_iter().eq(value.as_object().unwrap().keys()));
    assert!(
        keys(&schema["properties"]["counts"]).into_iter().eq(value["counts"].as_object().unwrap().keys())
    );
}

/// TOML as JSON.
fn from_toml(item: &Item) -> Value {
    fn of_value(value: &toml_edit::Value) -> Value {
        match value {
            toml_edit::Value::String(text) => json!(text.value()),
            toml_edit::Value::Integer(number) => json!(number.value()),
            toml_edit::Value::Float(number) => json!(number.value()),
            toml_edit::Value::Boolean(flag) => json!(flag.value()),
            toml_edit::Value::Datetime(date) => json!(date.value().to_string()),
            toml_edit::Value::Array(values) => values.iter().map(of_value).collect(),
            toml_edit::Value::InlineTable(table) => {
                Value::Object(table.iter().map(|(key, value)| (key.to_owned(), of_value(value))).collect())
            }
        }
    }
    let of_table = |table: &toml_edit::Table| {
        Value::Object(table.iter().map(|(key, item)| (key.to_owned(), from_toml(item))).collect())
    };
    match item {
        Item::None => Value::Null,
        Item::Value(value) => of_value(value),
        Item::Table(table) => of_table(table),
        Item::ArrayOfTables(tables) => tables.iter().map(of_table).collect(),
    }
}

fn rules_as_json(text: &str) -> Value {
    from_toml(Document::parse(text).unwrap().as_item())
}

#[test]
fn every_shipped_rules_file_is_as_the_schema_says() {
    let validator = validator("rules");
    let mut files = 0;
    for folder in ["rules", "rules/sites"] {
        for entry in std::fs::read_dir(project().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "toml") {
                assert_valid(&validator, &rules_as_json(&std::fs::read_to_string(&path).unwrap()));
                files += 1;
            }
        }
    }
    assert!(files >= 15, "{files}");
}

#[test]
fn proposed_rules_are_as_the_schema_says() {
    let place = Place::new();
    let mut chance = Chance::new(5);
    for n in 0..6 {
        let page = format!("Valley Echo\nBarns and fields\n{}\nSeed prices\n", chance.article(80));
        place.write(format!("in/b.example.com/{n}.txt"), page);
    }
    place.ok("rules suggest in -o proposed.toml");
    let proposed = rules_as_json(&place.text("proposed.toml"));
    assert!(!proposed["rule"].as_array().unwrap().is_empty());
    assert_valid(&validator("rules"), &proposed);
}

/// What the parser and the schema say of a rules file: whether it is one.
#[track_caller]
fn assert_same_verdict(place: &Place, validator: &Validator, text: &str) -> bool {
    place.write("tried.toml", text);
    let parsed = RuleSet::load(&[place.path("tried.toml")]);
    let (parser, schema) = (parsed.is_ok(), validator.is_valid(&rules_as_json(text)));
    assert_eq!(parser, schema, "parser and schema, {:?}:\n{text}", parsed.err().map(|e| e.to_string()));
    parser
}

#[test]
fn parser_and_schema_agree_on_every_key_of_every_unit() {
    let (place, validator, schema) = (Place::new(), validator("rules"), schema("rules"));
    let known = keys(&schema["$defs"]["rule"]);
    let value = |key: &str| match key {
        "max_lines" | "min_words" | "max_words" => "3",
        "keywords" | "lang" | "sites" | "beside" | "drop" | "keep" => "[]",
        "zone" => "\"head\"",
        "action" => "\"cut\"",
        "capture" => "[]",
        "id" => "\"a.b\"",
        "about" => "\"Cuts.\"",
        _ => "\"a\"",
    };
    let units = [
        ("span", &["regex"][..]),
        ("line", &["literal"]),
        ("block", &["from", "to"]),
        ("block", &["from", "min_words"]),
        ("pullquote", &[]),
        ("title_echo", &["regex"]),
    ];
    let mut right = 0;
    for (unit, needed) in units {
        let rule = |keys: &[&str]| {
            let lines = keys.iter().map(|key| format!("{key} = {}\n", value(key)));
            format!("[[rule]]\nunit = \"{unit}\"\n{}", lines.collect::<String>())
        };
        let base: Vec<&str> = ["id", "about"].iter().chain(needed).copied().collect();
        assert!(assert_same_verdict(&place, &validator, &rule(&base)), "{unit}");
        for key in known.iter().chain(&["unknown", "max-words"]).filter(|key| **key != "unit") {
            let with = if base.contains(key) { base.clone() } else { [&base[..], &[key]].concat() };
            right += usize::from(assert_same_verdict(&place, &validator, &rule(&with)));
            let without: Vec<&str> = base.iter().filter(|k| *k != key).copied().collect();
            assert_same_verdict(&place, &validator, &rule(&without));
        }
    }
    assert!(right > 60, "{right}");
}

#[test]
fn parser_and_schema_agree_on_what_a_key_may_hold() {
    let (place, validator) = (Place::new(), validator("rules"));
    let rule = "[[rule]]\nid = \"a\"\nabout = \"b\"\nunit = \"line\"\nregex = \"c\"\n";
    assert!(assert_same_verdict(&place, &validator, rule));
    for line in [
        "max_words = 0",
        "max_words = -1",
        "max_words = \"3\"",
        "max_words = 2.5",
        "zone = \"middle\"",
        "zone = 1",
        "action = \"leave\"",
        "keywords = \"a\"",
        "keywords = [\"A\"]",
        "keywords = [\"\"]",
        "keywords = [1]",
        "lang = \"fr\"",
        "sites = [true]",
        "beside = {}",
        "capture = 1",
        "unless = []",
        "drop = \"a\"",
        "keep = [[\"a\"]]",
        "literal = \"d\"",
    ] {
        assert!(!assert_same_verdict(&place, &validator, &format!("{rule}{line}\n")), "{line}");
    }
    for text in [
        "",
        "rule = 1",
        "rule = []",
        "site = 1\n",
        "[site]\n",
        "[site]\nhost = \"\"\n",
        "[site]\nhost = \"a.org\"\nname = \"b\"\n",
        "[site]\nhost = \"a.org\"\nsignature = \"b\"\n",
        "[[rules]]\n",
    ] {
        assert!(!assert_same_verdict(&place, &validator, text), "{text}");
    }
    for text in ["[site]\nhost = \"a.org\"\n", "[site]\nhost = \"a.org\"\nsignature = [\"b\"]\n"] {
        assert!(assert_same_verdict(&place, &validator, text), "{text}");
    }
    for id in ["A.b", "", "a b", "layout.x", "é"] {
        assert!(
            !assert_same_verdict(&place, &validator, &rule.replace("\"a\"", &format!("\"{id}\""))),
            "{id}"
        );
    }
}
