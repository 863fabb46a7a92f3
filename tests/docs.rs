//! The documentation names what there is, and its commands print what it says that they print.
//! `TRYCMD=overwrite` writes what they print into the pages.

// What goes wrong in a helper fails the test that called it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::path::Path;

use serde_json::Value;
use support::{Place, end, tree};

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Names of all properties in a schema, however deep.
fn names(schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::Object(properties)) = map.get("properties") {
                // `"name": false` only forbids.
                found.extend(properties.iter().filter(|(_, s)| s.is_object()).map(|(name, _)| name.clone()));
            }
            map.values().for_each(|value| names(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| names(value, found)),
        _ => {}
    }
}

#[test]
fn every_field_of_every_schema_has_its_row() {
    for (page, schemas) in [
        ("docs/reference/files.md", &["clusters", "documents", "rejects", "manifest"][..]),
        ("docs/reference/rules.md", &["rules"]),
    ] {
        let page = read(page);
        for schema in schemas {
            let schema = read(&format!("docs/schemas/{schema}.schema.json"));
            let mut found = Vec::new();
            names(&serde_json::from_str(&schema).unwrap(), &mut found);
            assert!(!found.is_empty());
            for name in found.iter().filter(|name| !["rule", "site"].contains(&name.as_str())) {
                assert!(page.contains(&format!("| `{name}`")), "no row for `{name}`");
            }
        }
    }
}

#[test]
fn every_verb_has_its_place_in_the_reference() {
    let (help, page) = (read("tests/cmd/help.trycmd"), read("docs/reference/options.md"));
    for verb in
        ["clean", "strip", "explain", "verify", "restore", "report", "rules", "completions", "man", "worker"]
    {
        assert!(help.contains(verb) && page.contains(&format!("$ tamis {verb} --help")), "{verb}");
    }
}

#[test]
fn the_index_names_every_guide_and_no_link_is_broken() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let index = read("docs/README.md");
    let mut pages = Vec::new();
    for folder in ["", "howto", "reference"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|end| end == "md") {
                pages.push(path);
            }
        }
    }
    for page in pages {
        let name = page.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        let is_listed = index.contains(&format!("]({name})"));
        assert!(is_listed || !name.contains('/'), "{name} is not in docs/README.md");
        let text = std::fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") || link.starts_with('#') {
                continue;
            }
            let target = page.parent().unwrap().join(link.split('#').next().unwrap());
            assert!(target.exists(), "{name}: {link}");
        }
    }
}

#[test]
fn the_wheel_takes_its_version_from_the_crate() {
    let (python, crate_) = (read("pyproject.toml"), read("Cargo.toml"));
    assert!(python.contains("dynamic = [\"version\"]") && !python.contains("\nversion"));
    let line = |text: &str, key: &str| text.lines().find(|l| l.starts_with(key)).map(str::to_owned);
    assert_eq!(line(&python, "license = "), line(&crate_, "license = "));
    assert_eq!(line(&python, "name = "), line(&crate_, "name = "));
}

/// A page with what its commands print now: blocks of `$ COMMAND` and output, run in order in one place.
fn as_printed(page: &str, place: &Place) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_tamis")).parent().unwrap();
    let there = std::env::var_os("PATH").unwrap();
    let paths = [binary.to_path_buf()].into_iter().chain(std::env::split_paths(&there));
    let path = std::env::join_paths(paths).unwrap();
    let mut printed = String::new();
    let mut rest = page;
    while let Some((before, block)) = rest.split_once("```console\n") {
        let (block, after) = block.split_once("```").unwrap();
        printed += before;
        printed += "```console\n";
        for command in block.lines().filter_map(|line| line.strip_prefix("$ ")) {
            let mut shell = place.program("sh");
            shell.args(["-c", &format!("{command} 2>&1")]).env("PATH", &path).env("COLUMNS", "80");
            printed += &format!("$ {command}\n{}", end(shell).text());
        }
        printed += "```";
        rest = after;
    }
    printed + rest
}

#[track_caller]
fn assert_prints_what_it_says(page: &str, place: &Place) {
    let said = read(page);
    let printed = as_printed(&said, place);
    if said != printed && std::env::var_os("TRYCMD").is_some_and(|how| how == "overwrite") {
        std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(page), &printed).unwrap();
        return;
    }
    for (number, (said, printed)) in (1..).zip(said.lines().zip(printed.lines())) {
        assert_eq!(said, printed, "{page}:{number} (TRYCMD=overwrite writes what is printed into the page)");
    }
    assert_eq!(said, printed, "{page}");
}

#[test]
#[cfg(unix)]
fn the_tutorial_goes_as_it_says() {
    let place = Place::new();
    for (path, bytes) in tree(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tutorial")) {
        place.write(path, bytes);
    }
    assert_prints_what_it_says("docs/tutorial.md", &place);
    assert!(!place.text("final/data/harbour-post-flood.txt").contains("Harbour Letter"));
}

#[test]
#[cfg(unix)]
fn the_reference_of_options_is_what_help_says() {
    assert_prints_what_it_says("docs/reference/options.md", &Place::new());
}

#[test]
fn every_test_that_the_table_of_faults_names_is_there() {
    let table = read("docs/faults.md");
    let named: Vec<(&str, &str)> = table
        .split('`')
        .filter_map(|word| word.split_once("::"))
        .filter(|(file, _)| file.ends_with(".rs"))
        .collect();
    assert!(named.len() > 40, "{}", named.len());
    for (file, test) in named {
        let source = read(file);
        assert!(source.contains(&format!("fn {test}(")), "{file}: no test {test}");
    }
}
