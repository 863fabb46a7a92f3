//! Finds out how the values of a file are parted.

use super::{Dialect, header, is_blank};

/// How many rows are looked at.
const ROWS: usize = 200;

/// How a file is written that begins with `head` (some ten kilobytes): the delimiter in its header with which the most
/// rows have as many fields as the header, among comma, semicolon, tab and bar; a tab in any case where the file's name
/// says so (`is_tsv`) and the header has one.
///
/// Quotes have a meaning unless the rows only agree if they have none.
pub fn sniff(head: &[u8], is_tsv: bool) -> Dialect {
    let (start, told) = header::start(head);
    let delimiters = match told {
        Some(told) => vec![told],
        None if is_tsv => vec![b'\t', b',', b';', b'|'],
        None => vec![b',', b';', b'\t', b'|'],
    };
    let mut best = (Dialect { delimiter: None, quoting: true }, (0, 0));
    for delimiter in delimiters {
        let quoted = Dialect { delimiter: Some(delimiter), quoting: true };
        let literal = Dialect { quoting: false, ..quoted };
        let (columns, agreeing) = quoted.agreement(head, start);
        let (literal_columns, literal_agreeing) = literal.agreement(head, start);
        let (dialect, columns, agreeing) = if agreeing < literal_agreeing && literal_agreeing == 1000 {
            (literal, literal_columns, literal_agreeing)
        } else {
            (quoted, columns, agreeing)
        };
        if columns < 2 {
            continue;
        }
        if (agreeing, columns) > best.1 || best.0.delimiter.is_none() {
            best = (dialect, (agreeing, columns));
        }
        if is_tsv && delimiter == b'\t' {
            break;
        }
    }
    best.0
}

impl Dialect {
    /// Fields of the header, which begins at `start`, and of 1000 rows how many have as many, or all one more.
    fn agreement(&self, head: &[u8], start: usize) -> (usize, u32) {
        let Some(end) = self.record_end(head, start) else {
            return (self.fields(&head[start..]).count(), 1000);
        };
        let columns = self.fields(&head[start..end]).count();
        let counts: Vec<(usize, bool)> = self.counts(head, end).collect();
        let agree = |wanted: usize| counts.iter().filter(|(n, sound)| *n == wanted && *sound).count();
        let numbered = agree(columns + 1);
        let most = if numbered == counts.len() { numbered } else { agree(columns) };
        if counts.is_empty() { (columns, 1000) } else { (columns, (most * 1000 / counts.len()) as u32) }
    }

    /// Whether every row in `head` from `from` on has one field more than `columns`.
    pub(super) fn rows_are_numbered(&self, head: &[u8], from: usize, columns: usize) -> bool {
        let mut rows = self.counts(head, from).peekable();
        columns > 1 && rows.peek().is_some() && rows.all(|(count, _)| count == columns + 1)
    }

    /// Number of fields of the rows from `from` on, and whether nothing stands behind their closing quotes. The last row
    /// of `head` may go on behind it: it counts only if there is no other.
    fn counts<'a>(&'a self, head: &'a [u8], from: usize) -> impl Iterator<Item = (usize, bool)> + 'a {
        let mut at = from;
        let rows = std::iter::from_fn(move || {
            while at < head.len() {
                let end = self.record_end(head, at);
                if end.is_none() && at > from {
                    return None;
                }
                let row = &head[at..end.unwrap_or(head.len())];
                at += row.len();
                if !is_blank(row) {
                    return Some(row);
                }
            }
            None
        });
        rows.take(ROWS).map(|row| {
            let sound = |field: super::Field| field.closed && is_blank(&row[field.behind]);
            (self.fields(row).count(), self.fields(row).all(sound))
        })
    }
}
