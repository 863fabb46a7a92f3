//! The first row: what the columns are called, and which of them is what.

use super::{Dialect, is_blank, name};
use crate::read::fields::{TEXT, listed, wanted};
use crate::read::jsonl::mark_len;
use crate::run::options::Fields;

/// What the first row says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// How its file is written.
    pub dialect: Dialect,
    /// Names of the columns, without spaces around them.
    pub names: Vec<String>,
    /// The column that holds the text.
    pub text: usize,
    /// Where the rows begin, in bytes from the beginning of the file.
    pub end: usize,
}

impl Header {
    /// The column with this name, else the first of the usual ones, whose case does not matter. Of columns with the same
    /// name the last.
    pub(super) fn find(&self, name: Option<&str>, usual: &[&str]) -> Option<usize> {
        find(&self.names, name, usual)
    }
}

fn find(names: &[String], name: Option<&str>, usual: &[&str]) -> Option<usize> {
    match name {
        Some(name) => names.iter().rposition(|n| n == name),
        None => usual.iter().find_map(|usual| names.iter().rposition(|n| n.eq_ignore_ascii_case(usual))),
    }
}

/// Where the header of a file begins: behind the mark of byte order, blank lines, and the line `sep=;` of spreadsheets.
pub(super) fn start(head: &[u8]) -> (usize, Option<u8>) {
    let mut at = mark_len(head);
    let mut told = None;
    while at < head.len() {
        let end = memchr::memchr2(b'\n', b'\r', &head[at..]).map_or(head.len(), |found| at + found + 1);
        let line = &head[at..end];
        match line.trim_ascii() {
            [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter] => told = Some(*delimiter),
            // A line of tabs is a row.
            _ if line == b"sep=\t\n" || line == b"sep=\t\r" => told = Some(b'\t'),
            _ if !is_blank(line) => break,
            _ => {}
        }
        at = end;
    }
    (at, told)
}

/// The most bytes that a header may have.
pub const MOST_HEADER: usize = 1 << 20;

/// Reads the header at the beginning of a file, `head`, which also holds some rows.
///
/// Some programs write no name over the first column, the numbers of rows: where all rows have one field more than the
/// header, that column is nameless.
///
/// # Errors
/// In plain words, why the file has no text: with the columns that are there.
pub fn header(head: &[u8], dialect: Dialect, fields: &Fields) -> Result<Header, String> {
    let (start, _) = start(head);
    let end = match dialect.record_end(head, start) {
        Some(end) => end,
        // What goes on behind `head` is not a row.
        None if head.len() >= MOST_HEADER => {
            return Err(format!("the header is longer than {} MiB", MOST_HEADER >> 20));
        }
        None => head.len(),
    };
    let first = &head[start..end];
    if is_blank(first) {
        return Err("the file is empty: it has no header".into());
    }
    let mut names: Vec<String> =
        dialect.fields(first).map(|field| name(&field.value(first)).trim().to_owned()).collect();
    if dialect.fields(first).any(|field| !field.closed) {
        return Err("the header has a quote that is not closed".into());
    }
    if dialect.rows_are_numbered(head, end, names.len()) {
        names.insert(0, String::new());
    }
    let text = find(&names, fields.text.as_deref(), TEXT).ok_or_else(|| {
        let there = listed(names.iter().map(String::as_str));
        format!("the header has no {}; its columns are: {there}", wanted(fields))
    })?;
    Ok(Header { dialect, names, text, end })
}
