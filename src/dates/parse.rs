//! Dates as metadata writes them. A string that is no date gives none; no part is invented.

use super::Date;
use super::text::{Kind, date_at, lex, month_of, year};

/// See [`Date::parse`].
pub(super) fn parse(text: &str) -> Option<Date> {
    let text = text.trim();
    let whole = text
        .split_once('.')
        .filter(|(_, rest)| rest.bytes().all(|b| b.is_ascii_digit()))
        .map_or(text, |(w, _)| w);
    if !text.is_empty() && whole.bytes().all(|b| b.is_ascii_digit()) {
        return digits(whole);
    }
    let lexemes = lex(text);
    for at in 0..lexemes.len() {
        if let Some((mut date, next)) = date_at(&lexemes, at) {
            // `Sat Dec 30 10:00:00 +0000 2017`: the year stands apart, but nothing else in metadata has four digits
            // after a blank.
            if date.year.is_none() {
                date.year = (next..lexemes.len())
                    .rev()
                    .find_map(|i| year(&lexemes, i).filter(|_| is_year_apart(text, i, &lexemes)));
                date = Date::new(date.year, date.month?, date.day?)?;
            }
            return Some(date);
        }
    }
    month_and_year(&lexemes)
}

/// Whether the number at `at` is no offset such as `+0100`.
fn is_year_apart(text: &str, at: usize, lexemes: &[super::text::Lexeme<'_>]) -> bool {
    let Kind::Number(value, _) = lexemes[at].kind else { return false };
    !text.contains(&format!("+{value}")) && !text.contains(&format!("-{value}"))
}

/// `2017-12`, `12/2017`, `décembre 2017`, or a year alone.
fn month_and_year(lexemes: &[super::text::Lexeme<'_>]) -> Option<Date> {
    let at = (0..lexemes.len()).find(|&i| year(lexemes, i).is_some())?;
    let year = year(lexemes, at);
    let number = |i: usize| match lexemes.get(i)?.kind {
        Kind::Number(value, 2) => u8::try_from(value).ok().filter(|m| (1..=12).contains(m)),
        _ => None,
    };
    let month = match lexemes.len() {
        1 => None,
        2 if at == 0 => Some(number(1).or_else(|| month_of(&lexemes[1]))?),
        2 => Some(number(0).or_else(|| month_of(&lexemes[0]))?),
        _ => Some(lexemes.iter().find_map(month_of)?),
    };
    Some(Date { year, month, day: None })
}

/// A string of digits: `2017`, `201712`, `20171230`, `20171230081500`, or a Unix time in seconds, milli-, micro- or
/// nanoseconds.
fn digits(text: &str) -> Option<Date> {
    let value: u64 = text.parse().ok()?;
    let day = if text.len() == 14 { value / 1_000_000 } else { value };
    let (year, month, day) = ((day / 10_000 % 10_000) as u16, (day / 100 % 100) as u8, (day % 100) as u8);
    let plausible = (1500..2200).contains(&year);
    match text.len() {
        4 => Some(value as u16).filter(|y| (1000..3000).contains(y)).map(|y| Date {
            year: Some(y),
            month: None,
            day: None,
        }),
        6 => {
            let (year, month) = ((value / 100) as u16, (value % 100) as u8);
            ((1500..2200).contains(&year) && (1..=12).contains(&month)).then_some(Date {
                year: Some(year),
                month: Some(month),
                day: None,
            })
        }
        8 | 14 => plausible.then(|| Date::new(Some(year), month, day)).flatten(),
        9 | 10 => from_unix(value),
        12 | 13 => from_unix(value / 1_000),
        15 | 16 => from_unix(value / 1_000_000),
        18 | 19 => from_unix(value / 1_000_000_000),
        _ => None,
    }
}

/// The UTC calendar date of a Unix time.
fn from_unix(seconds: u64) -> Option<Date> {
    from_unix_day(i64::try_from(seconds / 86_400).ok()?)
}

/// See [`Date::from_unix_day`] (Howard Hinnant, *chrono-compatible low-level date algorithms*).
pub(super) fn from_unix_day(day: i64) -> Option<Date> {
    let days = day.checked_add(719_468)?;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Date::new(Some(u16::try_from(year).ok()?), u8::try_from(month).ok()?, u8::try_from(day).ok()?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> Option<String> {
        parse(text).map(|d| d.to_string())
    }

    #[test]
    fn every_promised_form_of_a_full_date_is_read() {
        for text in [
            "2017-12-30",
            "2017-12-30T08:15:00+01:00",
            "2017-12-30 08:15",
            " 2017/12/30 ",
            "Sat, 30 Dec 2017 08:15:00 +0100",
            "30 Dec 2017 08:15 GMT",
            "Sat Dec 30 08:15:00 2017",
            "Sat Dec 30 08:15:00 +0000 2017",
            "30/12/2017",
            "30/12/2017 à 08h15",
            "12/30/2017",
            "20171230",
            "20171230081500",
            "1514628000",
            "1514628000.25",
            "1514628000123",
            "samedi 30 décembre 2017",
            "December 30, 2017",
            "Publié le 30 décembre 2017 à 8h15",
        ] {
            assert_eq!(shown(text).as_deref(), Some("2017-12-30"), "{text}");
        }
    }

    #[test]
    fn what_the_source_leaves_out_stays_unknown() {
        assert_eq!(shown("2017").as_deref(), Some("2017"));
        assert_eq!(shown("2017-12").as_deref(), Some("2017-12"));
        assert_eq!(shown("201712").as_deref(), Some("2017-12"));
        assert_eq!(shown("12/2017").as_deref(), Some("2017-12"));
        assert_eq!(shown("décembre 2017").as_deref(), Some("2017-12"));
        assert_eq!(shown("30 décembre").as_deref(), Some("--12-30"));
        assert_eq!(shown("Sat, 30 Dec 08:15:00 +2017").as_deref(), Some("--12-30"));
    }

    #[test]
    fn what_is_no_date_gives_none() {
        for text in
            ["", "hier", "n/a", "0000-00-00", "2017-13-40", "31/02/2017", "12345", "99999999", "-1", "."]
        {
            assert_eq!(shown(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_full_date_survives_being_shown_and_read(year in 1500u16..2200, month in 1u8..=12, day in 1u8..=28) {
            let date = Date { year: Some(year), month: Some(month), day: Some(day) };
            prop_assert_eq!(Date::parse(&date.to_string()), Some(date));
        }

        #[test]
        fn any_string_is_read_without_panic(text in "\\PC{0,40}") {
            let _ = Date::parse(&text);
            let _ = crate::dates::in_text(&text);
        }

        #[test]
        fn a_unix_day_is_the_day_after_the_one_before(day in 1u64..40_000) {
            let of = |d: u64| super::from_unix(d * 86_400).unwrap();
            prop_assert_eq!(crate::dates::days_apart(&[of(day)], &[of(day - 1)]), Some(1));
        }

        #[test]
        fn days_before_1970_follow_each_other_too(day in -700_000i64..700_000) {
            let of = |d: i64| super::from_unix_day(d).unwrap();
            prop_assert_eq!(crate::dates::days_apart(&[of(day)], &[of(day - 1)]), Some(1));
        }
    }
}
