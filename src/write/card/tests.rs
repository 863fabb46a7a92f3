use super::*;
use crate::write::manifest::{Counts, FileHash};

fn manifest() -> Manifest {
    let options = [
        ("similarity", "0.7"),
        ("rules", "/home/someone/my rules.toml"),
        ("out", "/home/someone/out"),
        ("keep", "site:a.org,b.org"),
        ("id-field", "/meta/id"),
        ("no-layout", "true"),
        ("text-field", "<!-- tamis:end -->```"),
    ];
    Manifest {
        tool: "tamis".into(),
        version: "0.1.0".into(),
        options: options.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        rules_sha256: "ab".repeat(32),
        counts: Counts { read: 1200, kept: 1000, near: 200, copy_clusters: 7, ..Counts::default() },
        outputs: ["clusters.jsonl", "data/a.txt", "data/b/c.txt"].map(file).into(),
        ..Manifest::default()
    }
}

fn file(path: &str) -> FileHash {
    FileHash { path: path.into(), bytes: 10, sha256: "ab".repeat(32) }
}

fn card(manifest: &Manifest) -> CardInput<'_> {
    let languages = ["no", "fr", "fr", "und\n- x", "\"", ""].map(String::from).into();
    CardInput { manifest, languages, records: Records::Texts, lists: Form::Lines }
}

/// The YAML that a card may hold, a small part of the language: lists, and maps of scalars and lists, by indentation;
/// comments. Everything else is an error. Gives the top-level keys.
fn yaml_keys(card: &str) -> Result<Vec<String>, String> {
    let front = card.strip_prefix("---\n").ok_or("no front matter")?;
    let (front, _) = front.split_once("\n---\n").ok_or("front matter has no end")?;
    let scalar = |text: &str| {
        let text = text.split(" #").next().unwrap_or_default().trim();
        let inner = text.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
        match inner {
            Some(inner) => !inner.contains(['"', '\\']),
            None => {
                !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b".-/".contains(&b))
            }
        }
    };
    let pair = |text: &str| {
        let (key, value) = text.split_once(':')?;
        let value = value.trim();
        let good = !key.contains([' ', '-'])
            && (value.is_empty() || scalar(value) || ["[\"text\"]", "\"\\x01\""].contains(&value));
        good.then_some(value.is_empty())
    };
    let (mut keys, mut list) = (Vec::new(), false);
    for line in front.lines().filter(|line| !line.starts_with('#')) {
        let inner = line.trim_start();
        let is_inside = inner.len() < line.len() || inner.starts_with("- ");
        let entry = inner.strip_prefix("- ").unwrap_or(inner);
        let good = match pair(entry) {
            Some(opens) if !is_inside => {
                keys.push(entry.split(':').next().unwrap_or_default().to_owned());
                list = opens;
                true
            }
            Some(_) => list,
            None => list && is_inside && scalar(entry),
        };
        if !good {
            return Err(line.to_owned());
        }
    }
    let mut once = keys.clone();
    once.sort();
    once.dedup();
    if once.len() == keys.len() { Ok(keys) } else { Err("a key stands twice".into()) }
}

#[test]
fn a_new_card_has_front_matter_that_is_yaml_and_names_both_configs() {
    let manifest = manifest();
    let text = render(None, &card(&manifest));
    let keys = yaml_keys(&text).unwrap();
    assert_eq!(keys, ["license", "tags", "language", "size_categories", "configs", "dataset_info"]);
    assert!(text.contains("language:\n- \"fr\"\n- \"no\"\nsize_categories:\n- \"1K<n<10K\"\n"), "{text}");
    assert!(text.contains("data_files: \"data/**/*.txt\"\n  sample_by: \"document\"\n"), "{text}");
    assert!(text.contains("data_files: \"clusters.jsonl\"\n  sample_by: \"line\"\n"), "{text}");
    assert!(text.contains("    num_bytes: 0\n    num_examples: 1000\n  download_size: 20\n"), "{text}");
    let tables = Manifest {
        outputs: ["clusters.parquet", "data/a.parquet", "documents.parquet"].map(file).into(),
        ..manifest
    };
    let tables = CardInput { records: Records::Known, lists: Form::Table, ..card(&tables) };
    let text = render(None, &tables);
    yaml_keys(&text).unwrap();
    assert!(text.contains("data_files: \"data/*.parquet\"\n- config_name: \"clusters\"\n"), "{text}");
    assert!(text.contains("data_files: \"clusters.parquet\"\n- config_name: \"documents\"\n"), "{text}");
    assert!(text.contains("| `documents.parquet` |") && !text.contains("sample_by"));
    assert!(!text.contains("clusters.jsonl") && !text.contains("documents.jsonl"));
}

#[test]
fn a_config_without_a_row_or_without_a_reader_is_not_named() {
    let mut manifest = manifest();
    manifest.counts.copy_clusters = 0;
    let text = render(None, &card(&manifest));
    yaml_keys(&text).unwrap();
    assert!(text.contains("\"default\"") && !text.contains("config_name: \"clusters\""), "{text}");
    // How to read the list all the same is said.
    assert!(text.contains("clusters = load_dataset(\"json\", data_files=\"clusters.jsonl\""), "{text}");
    manifest.outputs = ["data/README", "data/notes.md"].map(file).into();
    let text = render(None, &card(&manifest));
    assert!(!text.contains("config_name: \"default\"") && text.contains("tell loaders nothing"), "{text}");
}

#[test]
fn every_kind_of_corpus_has_a_config_for_its_clusters_that_its_reader_can_read() {
    for (end, setting) in
        [("txt", "sample_by: \"line\""), ("csv", "sep: \"\\x01\""), ("tsv", "column_names: [\"text\"]")]
    {
        let name = format!("data/a.{end}");
        let manifest = Manifest { outputs: ["clusters.jsonl", &name].map(file).into(), ..manifest() };
        let text = render(None, &card(&manifest));
        yaml_keys(&text).unwrap();
        let (_, clusters) = text.split_once("config_name: \"clusters\"").unwrap();
        assert!(clusters.split("dataset_info").next().unwrap().contains(setting), "{text}");
        assert!(text.contains("knows no JSON"), "{text}");
    }
    let manifest = Manifest { outputs: ["clusters.jsonl", "data/a.jsonl"].map(file).into(), ..manifest() };
    let text = render(None, &CardInput { records: Records::Known, ..card(&manifest) });
    yaml_keys(&text).unwrap();
    for features in [
        "  - name: \"site\"\n    dtype: \"string\"\n",
        "  - name: \"members\"\n    list:\n    - name: \"doc\"\n",
    ] {
        assert!(text.contains(features), "{features}\n{text}");
    }
}

#[test]
fn rendering_twice_changes_nothing() {
    let manifest = manifest();
    let card = card(&manifest);
    let begins = [
        None,
        Some(""),
        Some("\n\n"),
        Some("hello"),
        Some("# Mine\n\n<!-- tamis:begin -->\nlost its end\n"),
        Some("<!-- tamis:end --> alone\n"),
        Some("---\nlicense: mit\n---\n"),
        Some("---\r\nlicense: mit\r\n---\r\n# Mine\r\n"),
        Some("---\nnever closed\n"),
        Some("---\n# tamis:begin\nlicense: mit\n---\nbody"),
        Some("\u{feff}---\na: b\n---\nbody"),
    ];
    for begin in begins {
        let once = render(begin, &card);
        assert_eq!(render(Some(&once), &card), once, "{begin:?}");
    }
}

#[test]
fn what_people_wrote_around_the_marks_stays() {
    let manifest = manifest();
    let new = render(None, &card(&manifest));
    let mine = new
        .replace(
            "license: other # a placeholder: say under which licence the texts may be used",
            "license: cc0-1.0",
        )
        .replace("# A cleaned corpus", "# Mine\r\n\tkept as it is  ")
        .replace("tags:\n", "pretty_name: \"Mine\"\ntags:\n")
        + "\n## Thanks\n\nto all\n";
    let mut later = manifest.clone();
    later.counts.kept = 5;
    let again = render(Some(&mine), &card(&later));
    yaml_keys(&again).unwrap();
    for part in [
        "license: cc0-1.0\npretty_name: \"Mine\"\ntags:\n",
        "# Mine\r\n\tkept as it is  \n",
        "\n## Thanks\n\nto all\n",
    ] {
        assert!(again.contains(part), "{part:?} is gone");
    }
    assert!(again.contains("n<1K") && again.contains("| Kept | 5 |") && !again.contains("| Kept | 1000 |"));
    assert_eq!(again.matches(BEGIN).count(), 1);
}

#[test]
fn a_key_that_people_own_is_left_to_them() {
    let existing = "---\nlanguage: fr\n\"configs\": \"mine\"\n---\n# Mine\n";
    let text = render(Some(existing), &card(&manifest()));
    assert_eq!(yaml_keys(&text).unwrap(), ["language", "\"configs\"", "size_categories"]);
    assert!(text.starts_with("---\nlanguage: fr\n\"configs\": \"mine\"\n# tamis:begin"));
    assert!(!text.contains("license:"), "only a new front matter gets a placeholder");
}

#[test]
fn a_card_without_front_matter_keeps_its_text_and_gets_one() {
    let text = render(Some("# Mine\n\nWords.\n"), &card(&manifest()));
    yaml_keys(&text).unwrap();
    assert!(text.contains("---\n\n# Mine\n\nWords.\n\n<!-- tamis:begin -->\n"));
    assert!(!text.contains("# A cleaned corpus"));
}

#[test]
fn the_card_names_no_place_on_the_machine_and_no_value_breaks_its_marks() {
    let text = render(None, &card(&manifest()));
    assert!(!text.contains("/home") && !text.contains("--out"));
    assert!(!text.contains("my rules.toml") && text.contains("--keep site:a.org,b.org"));
    assert!(text.contains("--id-field /meta/id"), "a field may be named by a path inside the record");
    assert!(text.contains("  --no-layout \\\n"));
    assert_eq!((text.matches(BEGIN).count(), text.matches(END).count()), (1, 1));
    assert_eq!(text.matches("```").count() % 2, 0);
}
