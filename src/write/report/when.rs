//! Dates of documents as the page needs them: in order, as days of a scale, as the ends of a range.
//!
//! Invariant: what a date does not say is not made up. A day without a year may be put beside the other articles of its
//! event, and is marked as such.

use super::html::{Html, clip};
use crate::dates::Date;

/// A date as a document's metadata has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct When(Date);

impl When {
    /// Reads what [`Date`] displays.
    pub(super) fn read(text: &str) -> Option<Self> {
        let Some(rest) = text.strip_prefix("--") else { return Date::parse(text).map(Self) };
        let (month, day) = match rest.split_once('-') {
            Some((month, day)) => (month, Some(day.parse().ok()?)),
            None => (rest, None),
        };
        Some(Self(Date { year: None, month: Some(month.parse().ok()?), day }))
    }

    /// The order of the news: full dates, those without a year, none at all.
    pub(super) fn order(when: Option<Self>) -> (u8, Option<Date>) {
        match when {
            Some(Self(date)) if date.year.is_some() => (0, Some(date)),
            Some(Self(date)) => (1, Some(date)),
            None => (2, None),
        }
    }

    /// The year, if it is known.
    pub(super) fn year(self) -> Option<u16> {
        self.0.year
    }

    /// Day of the scale, and whether the `year` was put in; none where day or month is unknown.
    pub(super) fn day(self, year: Option<u16>) -> Option<(i64, bool)> {
        let guessed = self.0.year.is_none();
        let date = if guessed { Date { year: Some(year?), ..self.0 } } else { self.0 };
        Some((date.unix_day()?, guessed))
    }

    /// First and last day that it may mean, as `2017-12-01`; none without a year.
    pub(super) fn range(self) -> Option<(String, String)> {
        let year = self.0.year?;
        let text = |month: u8, day: u8| format!("{year:04}-{month:02}-{day:02}");
        Some(match (self.0.month, self.0.day) {
            (Some(month), Some(day)) => (text(month, day), text(month, day)),
            (Some(month), None) => (text(month, 1), text(month, 31)),
            (None, _) => (text(1, 1), text(12, 31)),
        })
    }
}

/// A date as text; `--12-30` says in words that its year is unknown.
pub(super) fn date(html: &mut Html, date: &str) {
    match date.strip_prefix("--") {
        Some(rest) => html.text(clip(rest, 40).0).raw(", year unknown"),
        None => html.text(clip(date, 40).0),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_as_exact_as_it_was_written() {
        let range = |text| When::read(text).and_then(When::range);
        let of = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        assert_eq!(range("2017-12-30"), of("2017-12-30", "2017-12-30"));
        assert_eq!(range("2017-12"), of("2017-12-01", "2017-12-31"));
        assert_eq!(range("2017"), of("2017-01-01", "2017-12-31"));
        assert_eq!(range("--12-30"), None);
        let day = |text, year| When::read(text).and_then(|when| when.day(year));
        assert_eq!(day("1970-01-02", Some(2000)), Some((1, false)));
        assert_eq!(day("--01-02", Some(1970)), Some((1, true)));
        assert_eq!((day("--01-02", None), day("2017-12", None), day("--12", Some(1970))), (None, None, None));
        assert_eq!(When::read("<b>"), None);
    }
}
