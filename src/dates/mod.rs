//! Dates with the precision that their source has; an unknown year stays unknown.

mod months;
mod parse;
mod text;

use std::fmt;

pub use text::in_text;

/// A calendar date of which any leading or trailing part may be unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// Year, if known.
    pub year: Option<u16>,
    /// Month 1..=12, if known.
    pub month: Option<u8>,
    /// Day 1..=31, if known.
    pub day: Option<u8>,
}

impl fmt::Display for Date {
    /// `2017-12-30`, `2017-12`, `2017`, `--12-30` (year unknown).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.year, self.month, self.day) {
            (Some(y), Some(m), Some(d)) => write!(f, "{y:04}-{m:02}-{d:02}"),
            (Some(y), Some(m), None) => write!(f, "{y:04}-{m:02}"),
            (Some(y), None, _) => write!(f, "{y:04}"),
            (None, Some(m), Some(d)) => write!(f, "--{m:02}-{d:02}"),
            (None, Some(m), None) => write!(f, "--{m:02}"),
            (None, None, _) => f.write_str("unknown"),
        }
    }
}

impl Date {
    /// Reads a date as metadata writes it: ISO 8601 with or without time, RFC 2822, `2017-12`, `2017`, `20171230`,
    /// `30/12/2017` (day first unless impossible), Unix seconds or milliseconds in digits (UTC), a month in words.
    ///
    /// The day is taken as written, whatever the offset. None if no part of `text` is a date.
    ///
    /// ```
    /// use tamis::dates::Date;
    /// let date = Date::parse("Sat, 30 Dec 2017 08:15:00 +0100").map(|d| d.to_string());
    /// assert_eq!(date.as_deref(), Some("2017-12-30"));
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        parse::parse(text)
    }

    /// The calendar date that many days after 1 January 1970; none outside the years 0 to 65,535.
    pub fn from_unix_day(day: i64) -> Option<Self> {
        parse::from_unix_day(day)
    }

    /// A date with day and month, if the calendar has it (29 February in an unknown year is possible).
    fn new(year: Option<u16>, month: u8, day: u8) -> Option<Self> {
        let leap = year.is_none_or(|y| y % 4 == 0 && (y % 100 != 0 || y % 400 == 0));
        let last = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 => 28 + u8::from(leap),
            _ => return None,
        };
        (1..=last).contains(&day).then_some(Self { year, month: Some(month), day: Some(day) })
    }

    /// Day of a year without 29 February, from 0; none unless day and month are known.
    fn day_of_year(self) -> Option<u32> {
        const BEFORE: [u32; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
        let before = BEFORE.get(usize::from(self.month?).checked_sub(1)?)?;
        Some(before + u32::from(self.day?) - 1)
    }

    /// Days since the year 0 of a proleptic Gregorian calendar; none unless year, month and day are known.
    fn day_number(self) -> Option<u32> {
        let (year, in_year) = (u32::from(self.year?), self.day_of_year()?);
        // Leap days before this date: those of earlier years, and this year's if March has begun.
        let years = if self.month? > 2 { year } else { year.saturating_sub(1) };
        Some(year * 365 + years / 4 - years / 100 + years / 400 + in_year)
    }

    /// Days after 1 January 1970; none unless year, month and day are known.
    pub(crate) fn unix_day(self) -> Option<i64> {
        const FIRST: Date = Date { year: Some(1970), month: Some(1), day: Some(1) };
        Some(i64::from(self.day_number()?) - i64::from(FIRST.day_number()?))
    }

    /// Days between two dates: round the year where a year is unknown; none where a day or month is.
    fn gap(self, other: Self) -> Option<u32> {
        if let (Some(a), Some(b)) = (self.day_number(), other.day_number()) {
            return Some(a.abs_diff(b));
        }
        let apart = self.day_of_year()?.abs_diff(other.day_of_year()?);
        Some(apart.min(365_u32.saturating_sub(apart)))
    }
}

/// Smallest number of days between a date of `a` and a date of `b`; none if no two can be compared.
///
/// Dates without day or month are passed over. Where a year is unknown the days are compared round the year, so
/// 30 December and 2 January are 3 days apart.
pub fn days_apart(a: &[Date], b: &[Date]) -> Option<u32> {
    a.iter().flat_map(|x| b.iter().filter_map(|y| x.gap(*y))).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dates(text: &str) -> Vec<Date> {
        in_text(text)
    }

    #[test]
    fn days_apart_is_the_smallest_gap_of_any_two_dates() {
        assert_eq!(days_apart(&dates("2017-12-30, 2016-01-01"), &dates("2017-06-01, 2018-01-02")), Some(3));
        assert_eq!(days_apart(&dates("2020-02-28"), &dates("2020-03-01")), Some(2));
        assert_eq!(days_apart(&dates("2019-02-28"), &dates("2019-03-01")), Some(1));
    }

    #[test]
    fn without_a_year_days_are_compared_round_the_year() {
        assert_eq!(days_apart(&dates("30 décembre"), &dates("2 janvier 2018")), Some(3));
        assert_eq!(days_apart(&dates("30 décembre 2017"), &dates("30 December 2016")), Some(365));
    }

    #[test]
    fn an_unknown_day_says_nothing_about_the_gap() {
        let month = [Date { year: Some(2017), month: Some(12), day: None }];
        assert_eq!(days_apart(&month, &dates("2017-12-30")), None);
        assert_eq!(days_apart(&[], &dates("2017-12-30")), None);
    }

    #[test]
    fn days_are_counted_from_1970_both_ways() {
        for day in (-200_000..60_000).step_by(7).chain([-1, 0, 1, 59, 60, 789, 790]) {
            assert_eq!(Date::from_unix_day(day).and_then(Date::unix_day), Some(day));
        }
    }

    #[test]
    fn a_date_shows_what_it_knows() {
        assert_eq!(Date { year: None, month: Some(12), day: Some(3) }.to_string(), "--12-03");
        assert_eq!(Date { year: Some(2017), month: None, day: None }.to_string(), "2017");
    }
}
