//! Which columns hold what, and in which form they are read.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema};

use crate::read::fields as usual;
use crate::run::options::Fields;

/// Indices of top-level columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) text: usize,
    pub(super) id: Option<usize>,
    pub(super) url: Option<usize>,
    pub(super) date: Option<usize>,
    pub(super) title: Option<usize>,
    pub(super) lang: Option<usize>,
}

impl Columns {
    /// Chooses the columns: those that `fields` names, else the first of the usual names whose column has a usable
    /// type. Columns other than the text may be missing.
    ///
    /// # Errors
    /// In plain words, with the columns that are there, if none can be the text.
    pub(super) fn choose(schema: &Schema, fields: &Fields) -> Result<Self, String> {
        let find = |name: Option<&str>, names: &[&str], is_usable: fn(&DataType) -> bool| match name {
            Some(name) => column(schema, name),
            None => names
                .iter()
                .find_map(|name| column(schema, name).filter(|i| is_usable(schema.field(*i).data_type()))),
        };
        let text = find(fields.text.as_deref(), usual::TEXT, is_text).ok_or_else(|| {
            let there = usual::listed(schema.fields().iter().map(|f| f.name().as_str()));
            format!("the table has no {}; its columns are: {there}", usual::wanted(fields))
        })?;
        let field = schema.field(text);
        if !is_text(field.data_type()) {
            return Err(format!("the column `{}` holds no text but {}", field.name(), field.data_type()));
        }
        Ok(Self {
            text,
            id: find(fields.id.as_deref(), usual::ID, is_scalar),
            url: find(fields.url.as_deref(), usual::URL, is_scalar),
            date: find(fields.date.as_deref(), usual::DATE, is_scalar),
            title: find(fields.title.as_deref(), usual::TITLE, is_scalar),
            lang: find(None, usual::LANG, is_scalar),
        })
    }

    /// All of them, in the order of the table, each once.
    pub(super) fn all(&self) -> Vec<usize> {
        let others = [self.id, self.url, self.date, self.title, self.lang];
        let mut all: Vec<usize> = others.into_iter().flatten().chain([self.text]).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The same columns, where only those of [`Columns::all`] are read.
    pub(super) fn among(&self, all: &[usize]) -> Self {
        let place = |i: usize| all.binary_search(&i).ok();
        Self {
            text: place(self.text).unwrap_or_default(),
            id: self.id.and_then(place),
            url: self.url.and_then(place),
            date: self.date.and_then(place),
            title: self.title.and_then(place),
            lang: self.lang.and_then(place),
        }
    }
}

/// The column of that name; of several the last, as with fields of a record.
fn column(schema: &Schema, name: &str) -> Option<usize> {
    schema.fields().iter().rposition(|f| f.name() == name)
}

fn is_text(data_type: &DataType) -> bool {
    as_view(data_type).is_some()
}

fn is_scalar(data_type: &DataType) -> bool {
    is_text(data_type)
        || data_type.is_integer()
        || matches!(data_type, DataType::Date32 | DataType::Date64 | DataType::Timestamp(..))
}

/// The schema in which strings and bytes of the top level are views: a value that a dictionary holds once is then
/// held once in memory too, however many rows have it.
pub(super) fn with_views(schema: &Schema) -> Schema {
    let fields: Vec<_> = schema
        .fields()
        .iter()
        .map(|field| match as_view(field.data_type()) {
            Some(view) => Arc::new(Field::clone(field).with_data_type(view)),
            None => Arc::clone(field),
        })
        .collect();
    Schema::new_with_metadata(fields, schema.metadata().clone())
}

fn as_view(data_type: &DataType) -> Option<DataType> {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Some(DataType::Utf8View),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => Some(DataType::BinaryView),
        DataType::Dictionary(_, values) => as_view(values),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(columns: &[(&str, DataType)]) -> Schema {
        Schema::new(columns.iter().map(|(name, t)| Field::new(*name, t.clone(), true)).collect::<Vec<_>>())
    }

    #[test]
    fn a_named_column_that_is_missing_lists_those_that_are_there() {
        let schema = schema(&[("id", DataType::Int64), ("text", DataType::Utf8)]);
        let fields = Fields { text: Some("corps".into()), ..Fields::default() };
        let cause = Columns::choose(&schema, &fields).unwrap_err();
        assert!(cause.contains("`corps`") && cause.ends_with("id, text"), "{cause}");
    }

    #[test]
    fn the_usual_names_are_those_of_json_lines_and_types_decide_among_them() {
        let dictionary = DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8));
        let schema = schema(&[
            ("uuid", DataType::Utf8),
            ("content", DataType::Float64),
            ("body", dictionary),
            ("created_at", DataType::Date32),
            ("language", DataType::Utf8),
        ]);
        let columns = Columns::choose(&schema, &Fields::default()).unwrap();
        assert_eq!(
            columns,
            Columns { text: 2, id: Some(0), date: Some(3), lang: Some(4), ..Columns::default() }
        );
        assert_eq!(columns.all(), [0, 2, 3, 4]);
        assert_eq!(columns.among(&columns.all()).date, Some(2));
    }

    #[test]
    fn a_named_column_without_text_is_refused_with_its_type() {
        let fields = Fields { text: Some("n".into()), ..Fields::default() };
        let cause = Columns::choose(&schema(&[("n", DataType::Int64)]), &fields).unwrap_err();
        assert_eq!(cause, "the column `n` holds no text but Int64");
    }
}
