//! Finds the rows of a stream, and where to go on after a quote that is not closed.
//!
//! An opened quote that is closed nowhere swallows all rows behind it; one that is closed by the quote that opens another
//! field swallows some, and shows by what follows that quote. Then the row ends at the first line end from which on
//! some lines in a row look like records. Looking ahead in vain has a price, and what may be spent on it grows with
//! what was read, so that hostile files take linear time.

use memchr::memchr2;

use super::scan::End;
use super::{Header, is_blank, name};
use crate::dates::Date;
use crate::read::blocks::{Budget, MOST_RECORD, Next, Resume, Scan};
use crate::read::fields::{DATE, URL};
use crate::run::options::Fields;

/// How many rows one after the other must look like records where one is to go on.
const IN_A_ROW: usize = 3;
const OPEN: &str = "a quote is opened and not closed";

/// Finds rows in blocks.
#[derive(Debug)]
pub struct Rows<'a> {
    header: &'a Header,
    url: Option<usize>,
    date: Option<usize>,
    budget: Budget,
    /// From where on the row that is passed over may end.
    skip_from: usize,
}

impl<'a> Rows<'a> {
    /// Rows below `header`.
    pub fn new(header: &'a Header, fields: &Fields) -> Self {
        Self {
            header,
            url: header.find(fields.url.as_deref(), URL),
            date: header.find(fields.date.as_deref(), DATE),
            budget: Budget::default(),
            skip_from: 0,
        }
    }

    /// Whether `row` looks like a record: the right number of fields, an address and a date where they belong.
    fn plausible(&self, row: &[u8]) -> bool {
        let dialect = self.header.dialect;
        let holds = |column: Option<usize>, is: fn(&str) -> bool| {
            let field = column.and_then(|column| dialect.fields(row).nth(column));
            let value = field.as_ref().map(|field| field.value(row)).unwrap_or_default();
            value.is_empty() || is(&name(&value))
        };
        dialect.fields(row).count() == self.header.names.len()
            && dialect.fields(row).all(|field| field.closed)
            && holds(self.url, |value| value.contains("://"))
            && holds(self.date, |value| Date::parse(value).is_some())
    }

    /// Where to go on in `bytes`, between `at`, where a row begins that went wrong, and `until`.
    fn resume(&mut self, bytes: &[u8], at: usize, until: usize, last: bool) -> Resume {
        if self.header.names.len() < 2 {
            return Resume::Nowhere;
        }
        let price = self.budget.price(until - at);
        let window = bytes.len().min(until.saturating_add(price));
        let last = last || window < bytes.len();
        let bytes = &bytes[..window];
        let (mut spent, mut line) = (0, at);
        let mut found = Resume::Nowhere;
        while spent < price && matches!(found, Resume::Nowhere) {
            let Some(line_end) = memchr2(b'\n', b'\r', &bytes[line..until]) else { break };
            line += line_end + 1;
            if bytes[line - 1] == b'\r' && bytes.get(line) == Some(&b'\n') {
                line += 1;
            }
            let (outcome, looked_at) = self.run_of_records(bytes, line, last);
            spent += looked_at;
            found = outcome;
        }
        if !matches!(found, Resume::More) {
            self.budget.spend(spent + until - at);
        }
        found
    }

    /// Whether some records in a row begin at `line`; and how many bytes were looked at.
    fn run_of_records(&self, bytes: &[u8], line: usize, last: bool) -> (Resume, usize) {
        let mut next = line;
        for _ in 0..IN_A_ROW {
            match self.header.dialect.end(bytes, next, true) {
                End::Line(end) if self.plausible(&bytes[next..end]) => next = end,
                End::Line(end) | End::Stray(end) => return (Resume::Nowhere, end - line),
                End::Bare | End::Open if !last => return (Resume::More, 0),
                End::Bare | End::Open => return (Resume::Nowhere, bytes.len() - line),
            }
        }
        (Resume::At(line), next - line)
    }
}

impl Scan for Rows<'_> {
    fn next(&mut self, bytes: &[u8], at: usize, last: bool) -> Next {
        let bound = self.budget.bound();
        let limit = bytes.len().min(at.saturating_add(bound));
        // At the bound the stream ends as far as this row is concerned.
        let last = last || limit < bytes.len() || limit - at == bound;
        let row = &bytes[..limit];
        let (until, open) = match self.header.dialect.end(row, at, true) {
            End::Line(end) => return self.passed(bytes, at, end),
            End::Bare | End::Open if !last => return Next::More,
            End::Bare if limit == bytes.len() && limit - at < bound => return self.passed(bytes, at, limit),
            End::Bare | End::Open => (limit, true),
            End::Stray(quote) => (quote, false),
        };
        let whole = limit - at < bound;
        match self.resume(row, at, until, last) {
            Resume::More => Next::More,
            Resume::At(end) => Next::Broken { end, cause: OPEN.into() },
            Resume::Nowhere if open && whole => Next::Broken { end: limit, cause: OPEN.into() },
            Resume::Nowhere if open => self.too_long(bound),
            // No better place is known: the row is what the quotes say.
            Resume::Nowhere => match self.header.dialect.end(row, at, false) {
                End::Line(end) => self.passed(bytes, at, end),
                _ if !last => Next::More,
                End::Bare if whole => self.passed(bytes, at, limit),
                _ if whole => Next::Broken { end: limit, cause: OPEN.into() },
                _ => self.too_long(bound),
            },
        }
    }

    fn skip(&mut self, bytes: &[u8]) -> Option<usize> {
        let from = std::mem::take(&mut self.skip_from).min(bytes.len());
        memchr2(b'\n', b'\r', &bytes[from..]).map(|found| from + found + 1)
    }
}

impl Rows<'_> {
    fn passed(&mut self, bytes: &[u8], at: usize, end: usize) -> Next {
        self.budget.earn(end - at);
        if is_blank(&bytes[at..end]) { Next::Between { end } } else { Next::Record { end } }
    }

    fn too_long(&mut self, bound: usize) -> Next {
        self.skip_from = bound;
        let cause = if bound == MOST_RECORD {
            format!("a row longer than {} MiB, the most that one record may have", MOST_RECORD >> 20)
        } else {
            format!("a row with no end within {} KiB, in a file with many open quotes", bound >> 10)
        };
        Next::TooLong { cause }
    }
}
