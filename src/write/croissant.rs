//! `croissant.json`: what the published files hold, for programs, in the vocabulary of
//! [Croissant 1.0](https://docs.mlcommons.org/croissant/docs/croissant-spec.html) (JSON-LD).
//!
//! A function of what was written: no date, no place on the machine. What a run cannot know (licence, citation, address) is
//! left out; it stands in the card. Of records as they came only the text field is described, if its name is known.

use serde_json::{Value, json};

use super::card::{CardInput, Kind, Layout, Records, command, word};
use super::lists::{Form, List, REJECTS};
use super::manifest::FileHash;

/// Name of the file in OUT.
pub const FILE: &str = "croissant.json";

/// The file. `text_field`: what the text of a record is called, where records stand as they came.
///
/// # Errors
/// None in practice: it is always valid JSON.
pub fn render(card: &CardInput<'_>, text_field: Option<&str>) -> serde_json::Result<Vec<u8>> {
    let manifest = card.manifest;
    let layout = card.layout();
    let lists = [
        (
            List::Clusters,
            &[
                ("id", "sc:Text"),
                ("relation", "sc:Text"),
                ("size", "sc:Integer"),
                ("min_similarity", "sc:Float"),
            ],
        ),
        (
            List::Documents,
            &[
                ("doc", "sc:Text"),
                ("status", "sc:Text"),
                ("bytes_in", "sc:Integer"),
                ("bytes_out", "sc:Integer"),
            ],
        ),
    ];
    let (mut distribution, mut records) = (Vec::new(), Vec::new());
    if let Some(layout) = &layout {
        distribution.push(file_set(layout));
        let names = names(layout, text_field);
        if !names.is_empty() {
            records.push(record_set("default", "The clean corpus, a document a record", names));
        }
    }
    for (list, columns) in lists {
        let name = list.file(card.lists);
        let Some(file) = manifest.outputs.iter().find(|file| file.path == name) else { continue };
        distribution.push(file_object(file, media_type(card.lists)));
        // Of an empty file of lines there are no columns to read.
        if file.bytes > 0 {
            let (id, about) = match list {
                List::Clusters => ("clusters", "Copies, excerpts and events, a cluster a record"),
                List::Documents => ("documents", "What became of each document, kept or not"),
            };
            let from = |column: &str| json!({"fileObject": {"@id": name}, "extract": {"column": column}});
            let fields = columns.iter().map(|(column, kind)| (*column, *kind, from(column))).collect();
            records.push(record_set(id, about, fields));
        }
    }
    if let Some(file) = manifest.outputs.iter().find(|file| file.path == REJECTS) {
        distribution.push(file_object(file, media_type(Form::Lines)));
    }
    let description = format!(
        "A corpus of {} documents, cleaned with tamis {}: {}. Rules: SHA-256 {}. Texts are the input minus the passages that \
         a rule cut.",
        card.written(),
        word(&manifest.version),
        command(manifest).replace(" \\\n ", ""),
        word(&manifest.rules_sha256),
    );
    let mut dataset = json!({
        "@context": context(),
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": "cleaned-corpus",
        "description": description,
    });
    if let Value::Object(dataset) = &mut dataset {
        if !card.codes().is_empty() {
            dataset.insert("inLanguage".into(), json!(card.codes()));
        }
        dataset.insert("distribution".into(), Value::Array(distribution));
        dataset.insert("recordSet".into(), Value::Array(records));
    }
    let mut text = serde_json::to_vec_pretty(&dataset)?;
    text.push(b'\n');
    Ok(text)
}

fn media_type(lists: Form) -> &'static str {
    match lists {
        Form::Lines => Kind::Json,
        Form::Table => Kind::Parquet,
    }
    .media_type()
}

fn file_set(layout: &Layout) -> Value {
    let includes = match layout.files.as_slice() {
        [one] => json!(one),
        several => json!(several),
    };
    json!({
        "@type": "cr:FileSet",
        "@id": "corpus",
        "name": "corpus",
        "description": "Files of the clean corpus",
        "encodingFormat": layout.media_type(),
        "includes": includes,
    })
}

fn file_object(file: &FileHash, media_type: &str) -> Value {
    json!({
        "@type": "cr:FileObject",
        "@id": file.path,
        "name": file.path,
        "contentUrl": file.path,
        "contentSize": format!("{} B", file.bytes),
        "encodingFormat": media_type,
        "sha256": file.sha256,
    })
}

/// Fields of the corpus: name, type, source.
fn names<'a>(layout: &Layout, text_field: Option<&'a str>) -> Vec<(&'a str, &'static str, Value)> {
    let from = |extract: Value| json!({"fileSet": {"@id": "corpus"}, "extract": extract});
    if layout.is_whole_json() {
        // A column is one of lines or of rows.
        return Vec::new();
    }
    match (layout.kind, layout.records) {
        (Kind::Text, _) => vec![("text", "sc:Text", from(json!({"fileProperty": "content"})))],
        // The other fields of such records may be missing from all of them.
        (_, Records::Known) => {
            ["id", "text"].map(|name| (name, "sc:Text", from(json!({"column": name})))).into()
        }
        (_, Records::Texts | Records::Own) => {
            text_field.map(|name| (name, "sc:Text", from(json!({"column": name})))).into_iter().collect()
        }
    }
}

fn record_set(id: &str, about: &str, fields: Vec<(&str, &str, Value)>) -> Value {
    let fields = fields.into_iter().map(|(name, kind, source)| {
        json!({"@type": "cr:Field", "@id": format!("{id}/{name}"), "name": name, "dataType": kind, "source": source})
    });
    json!({
        "@type": "cr:RecordSet",
        "@id": id,
        "name": id,
        "description": about,
        "field": fields.collect::<Vec<_>>(),
    })
}

/// The context that the specification prescribes, word for word.
fn context() -> Value {
    json!({
        "@language": "en",
        "@vocab": "https://schema.org/",
        "citeAs": "cr:citeAs",
        "column": "cr:column",
        "conformsTo": "dct:conformsTo",
        "cr": "http://mlcommons.org/croissant/",
        "rai": "http://mlcommons.org/croissant/RAI/",
        "data": {"@id": "cr:data", "@type": "@json"},
        "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
        "dct": "http://purl.org/dc/terms/",
        "equivalentProperty": "cr:equivalentProperty",
        "examples": {"@id": "cr:examples", "@type": "@json"},
        "extract": "cr:extract",
        "field": "cr:field",
        "fileProperty": "cr:fileProperty",
        "fileObject": "cr:fileObject",
        "fileSet": "cr:fileSet",
        "format": "cr:format",
        "includes": "cr:includes",
        "isLiveDataset": "cr:isLiveDataset",
        "jsonPath": "cr:jsonPath",
        "key": "cr:key",
        "md5": "cr:md5",
        "parentField": "cr:parentField",
        "path": "cr:path",
        "recordSet": "cr:recordSet",
        "references": "cr:references",
        "regex": "cr:regex",
        "repeated": "cr:repeated",
        "replace": "cr:replace",
        "samplingRate": "cr:samplingRate",
        "sc": "https://schema.org/",
        "separator": "cr:separator",
        "source": "cr:source",
        "subField": "cr:subField",
        "transform": "cr:transform",
    })
}
