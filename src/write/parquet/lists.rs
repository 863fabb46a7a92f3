//! The columns of the tables that tamis writes: the corpus of `--to parquet`, and its lists as tables. The fields are
//! those of [`record`](crate::write::record), so that `serde_json::to_value` of a line is a row.

use super::{Column, Kind};

fn text(name: &str) -> Column {
    Column::optional(name, Kind::Text)
}

fn list(kind: Kind) -> Kind {
    Kind::List(Box::new(kind))
}

/// `id`, `url`, `date`, `title`, `lang`, `site` and `text`; only the last has a value in every row.
pub fn corpus() -> Vec<Column> {
    let optional = ["id", "url", "date", "title", "lang", "site"].map(text);
    optional.into_iter().chain([Column::required("text", Kind::Text)]).collect()
}

/// Those of [`DocumentLine`](crate::write::record::DocumentLine).
pub fn documents() -> Vec<Column> {
    let date =
        Kind::Object(vec![Column::required("value", Kind::Text), Column::required("source", Kind::Text)]);
    vec![
        Column::required("doc", Kind::Text),
        text("id"),
        Column::required("status", Kind::Text),
        text("of"),
        Column::optional("similarity", Kind::Number),
        text("site"),
        text("lang"),
        Column::optional("date", date),
        Column::optional("captures", Kind::Entries(Box::new(list(Kind::Text)))),
        Column::required("bytes_in", Kind::Integer),
        Column::required("bytes_out", Kind::Integer),
        Column::optional("cut", Kind::Entries(Box::new(Kind::Integer))),
    ]
}

/// Those of [`Cluster`](crate::write::record::Cluster).
pub fn clusters() -> Vec<Column> {
    let member = Kind::Object(vec![
        Column::required("doc", Kind::Text),
        text("id"),
        Column::required("kind", Kind::Text),
        Column::optional("similarity", Kind::Number),
        Column::optional("distance", Kind::Integer),
        Column::required("sha256", Kind::Text),
        Column::required("simhash", Kind::Text),
    ]);
    let sentences = ["doc", "text", "other_doc", "other_text"].map(|name| Column::required(name, Kind::Text));
    vec![
        Column::required("id", Kind::Text),
        Column::required("relation", Kind::Text),
        Column::required("size", Kind::Integer),
        Column::required("min_similarity", Kind::Number),
        Column::required("members", list(member)),
        Column::optional("terms", list(Kind::Text)),
        Column::optional("sentences", list(Kind::Object(sentences.into()))),
        Column::optional("dates", list(Kind::Text)),
    ]
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::super::RecordWriter;
    use super::*;
    use crate::document::{Decimal4, Origin, Status};
    use crate::write::record::{
        Cluster, DateLine, DocumentLine, Kind as MemberKind, Member, Relation, SentencePair,
    };

    /// Writes a line of which every field has a value; each column must get one.
    fn assert_fits(columns: Vec<Column>, line: impl Serialize) {
        let value = serde_json::to_value(line).unwrap();
        let fields = value.as_object().unwrap();
        assert!(fields.keys().eq(columns.iter().map(Column::name)), "{:?}", fields.keys());
        let mut table = RecordWriter::new(Vec::new(), columns).unwrap();
        table.write(fields.clone()).unwrap();
        table.finish().unwrap();
    }

    #[test]
    fn the_columns_are_the_fields_of_the_lines() {
        let some = || Some("a".to_owned());
        let document = DocumentLine {
            doc: "a".into(),
            id: some(),
            status: Status::Near,
            of: some(),
            similarity: Some(Decimal4(8300)),
            site: some(),
            lang: some(),
            date: Some(DateLine { value: "2017".into(), source: Origin::Field }),
            captures: [("n".to_owned(), vec!["v".to_owned()])].into(),
            bytes_in: 2,
            bytes_out: 1,
            cut: [("r".to_owned(), 1)].into(),
        };
        assert_fits(documents(), document);
        let member = Member {
            doc: "a".into(),
            id: some(),
            kind: MemberKind::Near,
            similarity: Some(Decimal4::ONE),
            distance: Some(3),
            sha256: "00".into(),
            simhash: "00".into(),
        };
        let pair =
            SentencePair { doc: "a".into(), text: "b".into(), other_doc: "c".into(), other_text: "d".into() };
        let cluster = Cluster {
            id: "c-1".into(),
            relation: Relation::Copy,
            size: 1,
            min_similarity: Decimal4::ONE,
            members: vec![member],
            terms: vec!["t".into()],
            sentences: vec![pair],
            dates: vec!["2017".into()],
        };
        assert_fits(clusters(), cluster);
    }
}
