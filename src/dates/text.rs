//! Dates in running text. A date is found only where day and month both stand; a year that is not beside them stays
//! unknown.
//!
//! The text becomes numbers, words and the gaps between them; a date is a short pattern over these. A word is looked
//! up as a month only beside a number, so most words cost nothing.

use rustc_hash::FxHashSet;

use super::Date;
use super::months::month;

/// A number or a word, and what stands between it and the one before.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lexeme<'a> {
    gap: &'a str,
    pub(super) kind: Kind<'a>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Kind<'a> {
    /// ASCII digits: value (saturated) and how many.
    Number(u32, usize),
    /// Letters; a Han character is a word of its own.
    Word(&'a str),
}

/// Dates with day and month that `text` names, each once, in text order.
///
/// Understood: months in words in French, English, German, Spanish, Italian, Portuguese, Dutch, Polish and Russian
/// (`30 décembre 2017`, `1er mai`, `30 de diciembre de 2017`, `December 30th, 2017`), `30/12/2017`, `30.12.2017`,
/// `2017-12-30`, `2017年12月30日`. `a/b/year` is day/month unless only month/day is possible.
pub fn in_text(text: &str) -> Vec<Date> {
    let lexemes = lex(text);
    let (mut dates, mut seen, mut at) = (Vec::new(), FxHashSet::default(), 0);
    while at < lexemes.len() {
        match date_at(&lexemes, at) {
            Some((date, next)) => {
                if seen.insert(date) {
                    dates.push(date);
                }
                at = next;
            }
            None => at += 1,
        }
    }
    dates
}

/// Numbers and words of `text` with the gaps before them.
pub(super) fn lex(text: &str) -> Vec<Lexeme<'_>> {
    let (mut lexemes, mut gap_from) = (Vec::new(), 0);
    let mut chars = text.char_indices().peekable();
    while let Some((start, first)) = chars.next() {
        let digit = first.is_ascii_digit();
        if !digit && !first.is_alphabetic() {
            continue;
        }
        let mut end = start + first.len_utf8();
        while let Some(&(at, c)) = chars.peek() {
            let goes_on = if digit {
                c.is_ascii_digit()
            } else {
                !is_han(first)
                    && !is_han(c)
                    && (c.is_alphabetic() || unicode_normalization::char::is_combining_mark(c))
            };
            if !goes_on {
                break;
            }
            end = at + c.len_utf8();
            chars.next();
        }
        let run = text.get(start..end).unwrap_or("");
        let kind =
            if digit { Kind::Number(run.parse().unwrap_or(u32::MAX), run.len()) } else { Kind::Word(run) };
        lexemes.push(Lexeme { gap: text.get(gap_from..start).unwrap_or(""), kind });
        gap_from = end;
    }
    lexemes
}

fn is_han(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

/// The date whose pattern begins at `at`, and the lexeme after it.
pub(super) fn date_at(lexemes: &[Lexeme<'_>], at: usize) -> Option<(Date, usize)> {
    match lexemes.get(at)?.kind {
        Kind::Number(_, 4) => year_first(lexemes, at),
        Kind::Number(_, 1 | 2) => {
            numeric(lexemes, at).or_else(|| day_month(lexemes, at)).or_else(|| han(lexemes, at, None))
        }
        Kind::Number(..) => None,
        Kind::Word(_) => month_day(lexemes, at),
    }
}

/// `2017-12-30`, `2017/12/30`, `2017年12月30日`.
fn year_first(lexemes: &[Lexeme<'_>], at: usize) -> Option<(Date, usize)> {
    let year = year(lexemes, at)?;
    if is_word(lexemes, at + 1, "年") {
        return han(lexemes, at + 2, Some(year));
    }
    let (month, day) = (small(lexemes, at + 1)?, small(lexemes, at + 2)?);
    same_separator(lexemes, at)?;
    Some((Date::new(Some(year), month, day)?, at + 3))
}

/// `30/12/2017`, `30.12.2017`, `30-12-2017`; the other order where only that is possible.
fn numeric(lexemes: &[Lexeme<'_>], at: usize) -> Option<(Date, usize)> {
    let (first, second, year) = (small(lexemes, at)?, small(lexemes, at + 1)?, year(lexemes, at + 2)?);
    same_separator(lexemes, at)?;
    let date = Date::new(Some(year), second, first).or_else(|| Date::new(Some(year), first, second))?;
    Some((date, at + 3))
}

/// `30 décembre 2017`, `1er mai`, `30. Dezember`, `30 de diciembre de 2017`, `30-Dec-2017`.
fn day_month(lexemes: &[Lexeme<'_>], at: usize) -> Option<(Date, usize)> {
    let day = small(lexemes, at)?;
    let next = after_link(lexemes, after_ordinal(lexemes, at + 1));
    let named = lexemes.get(next)?;
    if named.gap.is_empty() || !matches!(named.gap.trim(), "" | "." | "-" | "/") {
        return None;
    }
    let month = month_of(named)?;
    let (year, next) = year_after(lexemes, next + 1);
    Some((Date::new(year, month, day)?, next))
}

/// `December 30th, 2017`, `Dec. 30`.
fn month_day(lexemes: &[Lexeme<'_>], at: usize) -> Option<(Date, usize)> {
    let day = small(lexemes, at + 1)?;
    let gap = lexemes.get(at + 1)?.gap;
    if gap.is_empty() || !matches!(gap.trim(), "" | ".") {
        return None;
    }
    let month = month_of(lexemes.get(at)?)?;
    // `mars 10:30` is a time, `mars 15 000` an amount.
    if let Some(Lexeme { gap, kind: Kind::Number(_, digits) }) = lexemes.get(at + 2)
        && (*gap == ":" || *digits == 3)
    {
        return None;
    }
    let (year, next) = year_after(lexemes, after_ordinal(lexemes, at + 2));
    Some((Date::new(year, month, day)?, next))
}

/// `12月30日`, after the year where there is one.
fn han(lexemes: &[Lexeme<'_>], at: usize, year: Option<u16>) -> Option<(Date, usize)> {
    let (month, day) = (small(lexemes, at)?, small(lexemes, at + 2)?);
    let marked =
        is_word(lexemes, at + 1, "月") && ["日", "号", "號"].iter().any(|w| is_word(lexemes, at + 3, w));
    marked.then_some(())?;
    Some((Date::new(year, month, day)?, at + 4))
}

/// A year beside a day and month: after a blank, a comma, a dot or a hyphen, perhaps after `de`.
fn year_after(lexemes: &[Lexeme<'_>], at: usize) -> (Option<u16>, usize) {
    let next = after_link(lexemes, at);
    match (lexemes.get(next), year(lexemes, next)) {
        (Some(found), Some(year))
            if !found.gap.is_empty() && matches!(found.gap.trim(), "" | "," | "." | ".," | "-" | "/") =>
        {
            (Some(year), next + 1)
        }
        _ => (None, at),
    }
}

pub(super) fn month_of(lexeme: &Lexeme<'_>) -> Option<u8> {
    match lexeme.kind {
        Kind::Word(word) => month(word),
        Kind::Number(..) => None,
    }
}

/// The number of four digits at `at` as a year.
pub(super) fn year(lexemes: &[Lexeme<'_>], at: usize) -> Option<u16> {
    match lexemes.get(at)?.kind {
        Kind::Number(value @ 1000..=2999, 4) => u16::try_from(value).ok(),
        _ => None,
    }
}

/// The number of one or two digits at `at`.
fn small(lexemes: &[Lexeme<'_>], at: usize) -> Option<u8> {
    match lexemes.get(at)?.kind {
        Kind::Number(value, 1 | 2) => u8::try_from(value).ok(),
        _ => None,
    }
}

fn is_word(lexemes: &[Lexeme<'_>], at: usize, word: &str) -> bool {
    matches!(lexemes.get(at), Some(Lexeme { kind: Kind::Word(w), .. }) if *w == word)
}

/// Whether one and the same of `-`, `/`, `.` stands in both gaps of the three numbers from `at`.
fn same_separator(lexemes: &[Lexeme<'_>], at: usize) -> Option<()> {
    let (first, second) = (lexemes.get(at + 1)?.gap, lexemes.get(at + 2)?.gap);
    (first == second && matches!(first, "-" | "/" | ".")).then_some(())
}

/// Steps over the ending of an ordinal: `1er`, `30th`, `1º`, `30-го`.
fn after_ordinal(lexemes: &[Lexeme<'_>], at: usize) -> usize {
    match lexemes.get(at) {
        Some(Lexeme { gap: "" | "-", kind: Kind::Word(w) })
            if matches!(*w, "er" | "st" | "nd" | "rd" | "th" | "º" | "ª" | "e" | "го") =>
        {
            at + 1
        }
        _ => at,
    }
}

/// Steps over the `de` of `30 de diciembre del 2017` or the `of` of `30th of December`.
fn after_link(lexemes: &[Lexeme<'_>], at: usize) -> usize {
    match lexemes.get(at) {
        Some(Lexeme { gap, kind: Kind::Word("de" | "del" | "of" | "do") })
            if !gap.is_empty() && gap.trim().is_empty() =>
        {
            at + 1
        }
        _ => at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        in_text(text).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn months_in_words_are_understood_in_every_language_promised() {
        for text in [
            "Le 30 décembre 2017, à Paris.",
            "Le 30 de\u{301}cembre 2017",
            "On 30 December 2017",
            "On December 30th, 2017",
            "Dec. 30, 2017",
            "the 30th of December, 2017",
            "am 30. Dezember 2017",
            "el 30 de diciembre de 2017",
            "il 30 dicembre 2017",
            "em 30 de dezembro de 2017",
            "30 grudnia 2017",
            "30 декабря 2017 года",
            "30-го декабря 2017",
            "30-Dec-2017",
        ] {
            assert_eq!(shown(text), ["2017-12-30"], "{text}");
        }
    }

    #[test]
    fn numeric_dates_are_understood_in_the_order_that_is_possible() {
        assert_eq!(shown("le 30/12/2017 et le 12/30/2017"), ["2017-12-30"]);
        assert_eq!(shown("03/04/2017"), ["2017-04-03"]);
        assert_eq!(shown("2017-12-30T08:15:00Z, 31.12.2017"), ["2017-12-30", "2017-12-31"]);
        assert_eq!(shown("2017年12月30日，1月2日"), ["2017-12-30", "--01-02"]);
    }

    #[test]
    fn a_year_that_is_not_named_stays_unknown() {
        assert_eq!(shown("le 21 décembre, puis le 1er mai"), ["--12-21", "--05-01"]);
        assert_eq!(shown("Le 12 décembre. En 2015, tout changea."), ["--12-12"]);
    }

    #[test]
    fn dates_come_once_in_text_order() {
        assert_eq!(shown("3 mars, 1er mars, 3 mars"), ["--03-03", "--03-01"]);
    }

    #[test]
    fn what_is_no_date_is_not_found() {
        for text in [
            "",
            "en 2017",
            "décembre 2017",
            "12 personnes",
            "le 31 février",
            "mai 68",
            "mars 15 000 euros",
            "version 10.2.1",
        ] {
            assert_eq!(shown(text), Vec::<String>::new(), "{text}");
        }
    }
}
