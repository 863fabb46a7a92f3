//! The front matter that tamis writes: languages, size, and for each configuration what loads it and what it holds.

use super::corpus::{Kind, Layout, Records};
use super::{CardInput, FRONT_BEGIN_LINE, FRONT_END};
use crate::write::lists::{Form, List};
use crate::write::parquet::{Column, Kind as ColumnKind, lists};

/// The lines of tamis in the front matter, without the keys that are `theirs`.
pub(super) fn lines(card: &CardInput<'_>, layout: Option<&Layout>, theirs: &[String]) -> String {
    let free = |key: &str| !theirs.iter().any(|their| their == key);
    let mut out = format!("{FRONT_BEGIN_LINE}\n");
    let languages = languages(&card.languages);
    if free("language") && !languages.is_empty() {
        out.push_str("language:\n");
        for code in languages {
            // Quoted, or YAML 1.1 reads Norwegian as false.
            out.push_str(&format!("- \"{code}\"\n"));
        }
    }
    if free("size_categories") {
        out.push_str(&format!("size_categories:\n- \"{}\"\n", size_category(card.manifest.counts.kept)));
    }
    let configs = configs(card, layout);
    if free("configs") {
        out.push_str("configs:\n");
        configs.iter().for_each(|config| config.how_it_loads(&mut out));
    }
    // What a configuration holds is true of these configurations only.
    if free("configs") && free("dataset_info") {
        out.push_str("dataset_info:\n");
        configs.iter().for_each(|config| config.what_it_holds(&mut out));
    }
    out.push_str(FRONT_END);
    out.push('\n');
    out
}

/// One configuration of the dataset.
struct Config {
    name: &'static str,
    files: Vec<String>,
    /// Settings of the builder, by name.
    settings: &'static [(&'static str, &'static str)],
    /// The features, where the builder cannot know them.
    features: Option<Vec<Column>>,
    /// Rows, where they are known.
    rows: Option<u64>,
    /// Bytes of what the rows hold, and of the files.
    bytes: (u64, u64),
}

/// The corpus first: its files decide which builder reads all of them.
pub(super) fn names(card: &CardInput<'_>, layout: Option<&Layout>) -> Vec<&'static str> {
    configs(card, layout).iter().map(|config| config.name).collect()
}

fn configs(card: &CardInput<'_>, layout: Option<&Layout>) -> Vec<Config> {
    let counts = &card.manifest.counts;
    let mut configs = Vec::new();
    if let Some(layout) = layout {
        configs.push(Config {
            name: "default",
            files: layout.files.clone(),
            settings: if layout.kind == Kind::Text { &[("sample_by", "\"document\"")] } else { &[] },
            features: match (layout.kind, layout.records) {
                (Kind::Text, _) => Some(line()),
                (Kind::Json, Records::Known) => Some(lists::corpus()),
                _ => None,
            },
            rows: layout.is_whole().then(|| card.written()),
            bytes: (counts.bytes_out, layout.bytes),
        });
    }
    // A configuration without a row is an error to loaders.
    let lists = [List::Clusters, List::Documents].into_iter().filter_map(|list| of_list(list, card, layout));
    configs.extend(lists.filter(|config| config.rows != Some(0)));
    configs
}

/// The configuration of a list, if the corpus' reader can read it.
fn of_list(list: List, card: &CardInput<'_>, layout: Option<&Layout>) -> Option<Config> {
    let counts = &card.manifest.counts;
    let (name, rows) = match list {
        List::Clusters => ("clusters", [counts.copy_clusters, counts.excerpts, counts.events]),
        List::Documents => ("documents", [card.present(), counts.emptied, counts.references]),
    };
    let file = list.file(card.lists);
    let size = card.manifest.outputs.iter().find(|f| f.path == file).map_or(0, |f| f.bytes);
    let (settings, features): (&[_], _) = match (card.lists, layout.map(|layout| layout.kind)) {
        (Form::Table, Some(Kind::Parquet) | None) => (&[], Vec::new()),
        // Of its lines, objects with names of their own (`cut`, `captures`) would become columns.
        _ if list == List::Documents => return None,
        (Form::Lines, Some(Kind::Json) | None) => (&[], lists::clusters()),
        (Form::Lines, Some(Kind::Text)) => (&[("sample_by", "\"line\"")], line()),
        // A byte that JSON cannot hold, so that a line is one column; nothing is a quote.
        (Form::Lines, Some(Kind::Csv | Kind::Tsv)) => (
            &[("sep", "\"\\x01\""), ("header", "null"), ("column_names", "[\"text\"]"), ("quoting", "3")],
            line(),
        ),
        (Form::Lines, Some(Kind::Parquet)) | (Form::Table, Some(_)) => return None,
    };
    Some(Config {
        name,
        files: vec![file],
        settings,
        features: (card.lists == Form::Lines).then_some(features),
        rows: Some(rows.into_iter().fold(0, u64::saturating_add)),
        bytes: (size, size),
    })
}

/// The one column of a file that is read as text.
fn line() -> Vec<Column> {
    vec![Column::required("text", ColumnKind::Text)]
}

impl Config {
    fn how_it_loads(&self, out: &mut String) {
        out.push_str(&format!("- config_name: \"{}\"\n", self.name));
        if self.name == "default" {
            out.push_str("  default: true\n");
        }
        match self.files.as_slice() {
            [file] => out.push_str(&format!("  data_files: \"{file}\"\n")),
            files => {
                out.push_str("  data_files:\n");
                files.iter().for_each(|file| out.push_str(&format!("  - \"{file}\"\n")));
            }
        }
        for (name, value) in self.settings {
            out.push_str(&format!("  {name}: {value}\n"));
        }
    }

    fn what_it_holds(&self, out: &mut String) {
        let Some(rows) = self.rows else { return };
        out.push_str(&format!("- config_name: \"{}\"\n", self.name));
        if let Some(features) = &self.features {
            out.push_str("  features:\n");
            features.iter().for_each(|column| feature(column, 2, out));
        }
        let (holds, files) = self.bytes;
        out.push_str(&format!(
            "  splits:\n  - name: \"train\"\n    num_bytes: {holds}\n    num_examples: {rows}\n  download_size: {files}\n  \
             dataset_size: {holds}\n"
        ));
    }
}

/// A column as Hugging Face writes features.
fn feature(column: &Column, indent: usize, out: &mut String) {
    let space = " ".repeat(indent);
    out.push_str(&format!("{space}- name: \"{}\"\n", column.name()));
    let scalar = |kind: &ColumnKind| match kind {
        ColumnKind::Text => Some("string"),
        ColumnKind::Integer => Some("int64"),
        ColumnKind::Number => Some("float64"),
        ColumnKind::Flag => Some("bool"),
        ColumnKind::List(_) | ColumnKind::Object(_) | ColumnKind::Entries(_) => None,
    };
    match column.kind() {
        ColumnKind::List(inner) => match (scalar(inner), &**inner) {
            (Some(name), _) => out.push_str(&format!("{space}  list: \"{name}\"\n")),
            (None, ColumnKind::Object(columns)) => {
                out.push_str(&format!("{space}  list:\n"));
                columns.iter().for_each(|column| feature(column, indent + 2, out));
            }
            (None, _) => out.push_str(&format!("{space}  list: \"string\"\n")),
        },
        ColumnKind::Object(columns) => {
            out.push_str(&format!("{space}  struct:\n"));
            columns.iter().for_each(|column| feature(column, indent + 2, out));
        }
        kind => out.push_str(&format!("{space}  dtype: \"{}\"\n", scalar(kind).unwrap_or("string"))),
    }
}

/// The codes that are ISO 639 codes by their form, sorted, each once.
pub(super) fn languages(codes: &[String]) -> Vec<&str> {
    let good = |code: &&str| (2..=3).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_lowercase());
    let mut codes: Vec<&str> = codes.iter().map(String::as_str).filter(good).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// The size classes of Hugging Face.
fn size_category(documents: u64) -> &'static str {
    match documents {
        0..1_000 => "n<1K",
        1_000..10_000 => "1K<n<10K",
        10_000..100_000 => "10K<n<100K",
        100_000..1_000_000 => "100K<n<1M",
        1_000_000..10_000_000 => "1M<n<10M",
        10_000_000..100_000_000 => "10M<n<100M",
        100_000_000..1_000_000_000 => "100M<n<1B",
        1_000_000_000..10_000_000_000 => "1B<n<10B",
        10_000_000_000..100_000_000_000 => "10B<n<100B",
        100_000_000_000..1_000_000_000_000 => "100B<n<1T",
        _ => "n>1T",
    }
}
