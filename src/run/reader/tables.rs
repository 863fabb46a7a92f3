//! Rows of tables: the text of each is carried, all other columns stay in the table until it is written again.

use super::Reader;
use super::documents::Place;
use crate::error::Result;
use crate::run::feed::TableRow;
use crate::shard::{Shard, SliceReject, Writer};

impl Reader<'_> {
    /// The shard of consecutive rows.
    pub(super) fn table(&mut self, key: &str, rows: &[TableRow]) -> Result<(Shard, bool)> {
        let mut naming = self.naming();
        naming.part(key.as_bytes()).part(b"table");
        for row in rows {
            naming.part(format!("{:?}", row.meta).as_bytes());
            match &row.text {
                Ok(text) => naming.part(text.as_bytes()),
                Err(cause) => naming.part(b"no text").part(cause.as_bytes()),
            };
        }
        self.known_or(naming.name(), |reader| {
            let mut writer = Writer::default();
            for (number, row) in (0..).zip(rows) {
                match &row.text {
                    Ok(text) => {
                        let text = text.as_bytes();
                        let offset = writer.carry(text);
                        let place =
                            Place { record: number, carried: true, offset, ..Place::whole(key, text) };
                        reader.document(place, text, row.meta.clone(), &mut writer);
                    }
                    Err(cause) => {
                        let cause = (*cause).to_owned();
                        writer.reject(&SliceReject { record: number, start: 0, end: 0, cause });
                    }
                }
            }
            let span = rows.iter().map(|row| row.text.as_ref().map_or(0, |text| text.len() as u64)).sum();
            reader.finish(writer, rows.len() as u64, span)
        })
    }
}
