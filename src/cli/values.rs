//! Values of options: each parser takes the words of the user and returns what the library wants, or says what
//! would be right. Flags, environment and `tamis.toml` all come through here.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use tamis::run::options::{Input, Keep, Threshold};

use super::words::closest;

/// The least memory that a run can be held to, in bytes.
const LEAST_MEMORY: u64 = 192 << 20;

/// One word of a closed list: name, meaning, one line of help.
pub(crate) type Choice<T> = (&'static str, T, &'static str);

/// Parses one of `choices`; clap lists them in the help and suggests the nearest one.
pub(crate) fn one_of<T>(choices: &'static [Choice<T>]) -> impl TypedValueParser<Value = T>
where
    T: Clone + Send + Sync + 'static,
{
    let names = choices.iter().map(|(name, _, help)| PossibleValue::new(*name).help(*help));
    PossibleValuesParser::new(names).try_map(move |word| {
        let found = choices.iter().find(|(name, ..)| *name == word);
        found.map(|(_, value, _)| value.clone()).ok_or("not in the list")
    })
}

/// A threshold as a decimal, `0 < T <= 1`, exactly: never through a float, so that `0.7` is seven tenths.
pub(crate) fn threshold(text: &str) -> Result<Threshold, String> {
    const WANTED: &str = "expected a decimal above 0 and up to 1, such as 0.7";
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !digits(whole) || !digits(fraction) {
        return Err(WANTED.into());
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > 6 {
        return Err("at most six digits after the point".into());
    }
    let millionths = match whole.trim_start_matches('0') {
        "" => format!("{fraction:0<6}").parse::<u32>().map_err(|_| WANTED.to_owned())?,
        "1" if fraction.is_empty() => 1_000_000,
        _ => return Err(WANTED.into()),
    };
    if millionths == 0 {
        return Err(WANTED.into());
    }
    Ok(Threshold(millionths))
}

/// A size in bytes: a number with K, M, G or T (powers of 1024; `512M`, `2GiB`), at least [`LEAST_MEMORY`].
pub(crate) fn memory(text: &str) -> Result<u64, String> {
    const WANTED: &str = "expected a size such as 512M or 2G";
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let number: u64 = text[..digits].parse().map_err(|_| WANTED.to_owned())?;
    let power = match text[digits..].to_ascii_lowercase().trim_end_matches("ib").trim_end_matches('b') {
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        _ => return Err(WANTED.into()),
    };
    let bytes = number.checked_mul(1 << (10 * power)).ok_or(WANTED)?;
    if bytes < LEAST_MEMORY {
        return Err(format!("at least {}M are needed", LEAST_MEMORY >> 20));
    }
    Ok(bytes)
}

/// Which copy is kept: a word, or `site:` and hosts separated by commas.
pub(crate) fn keep(text: &str) -> Result<Keep, String> {
    const NAMES: [&str; 4] = ["longest", "earliest", "latest", "first"];
    if let Some(list) = text.strip_prefix("site:") {
        let sites: Vec<String> = list.split(',').map(|s| s.trim().to_lowercase()).collect();
        if sites.iter().any(|s| s.is_empty() || s.contains(['/', ' ', ':'])) {
            return Err("expected hosts separated by commas, such as site:lemonde.fr,rfi.fr".into());
        }
        return Ok(Keep::Sites(sites));
    }
    match text {
        "longest" => Ok(Keep::Longest),
        "earliest" => Ok(Keep::Earliest),
        "latest" => Ok(Keep::Latest),
        "first" => Ok(Keep::First),
        _ => {
            let meant =
                closest(text, NAMES).map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
            Err(format!("expected longest, earliest, latest, first or site:LIST{meant}"))
        }
    }
}

/// An input: `PATH` or `NAME=PATH`. A name has no slash, so `./a=b` is always a path.
pub(crate) fn input(word: &OsStr) -> Result<Input, String> {
    // Names become parts of keys and are text; a word that is none can only be a path.
    let named = word.to_str().and_then(|s| s.split_once('=')).filter(|(name, _)| !name.contains(['/', '\\']));
    let Some((name, path)) = named else {
        return if word.is_empty() {
            Err("a path is empty".into())
        } else {
            Ok(Input { name: None, path: word.into() })
        };
    };
    if matches!(name, "" | "." | "..") || path.is_empty() {
        return Err(
            "expected NAME=PATH with a name that can stand in a path; a file with `=` is ./FILE".into()
        );
    }
    Ok(Input { name: Some(name.to_owned()), path: PathBuf::from(path) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_read_to_the_millionth_without_rounding() {
        for (text, millionths) in [
            ("0.7", 700_000),
            (".75", 750_000),
            ("1", 1_000_000),
            ("1.0", 1_000_000),
            ("1.", 1_000_000),
            ("00.70", 700_000),
            ("0.000001", 1),
            ("0.999999", 999_999),
            ("0.7000000000", 700_000),
        ] {
            assert_eq!(threshold(text), Ok(Threshold(millionths)), "{text}");
        }
    }

    #[test]
    fn what_is_no_threshold_is_refused() {
        for text in [
            "", ".", "0", "0.0", "1.1", "1.000001", "2", "0,7", "70%", "-0.5", "+0.5", "7e-1", "0.7.1",
            "٠.٧", " 0.7",
        ] {
            assert!(threshold(text).is_err(), "{text:?}");
        }
        assert_eq!(threshold("0.1234567"), Err("at most six digits after the point".into()));
    }

    #[test]
    fn sizes_are_powers_of_1024() {
        for (text, bytes) in
            [("512M", 512 << 20), ("2g", 2 << 30), ("2GiB", 2 << 30), ("268435456", 256 << 20)]
        {
            assert_eq!(memory(text), Ok(bytes), "{text}");
        }
        for text in ["", "M", "2X", "-2G", "1.5G", "99999999999999T", "64M", "2 G", "0"] {
            assert!(memory(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn sites_to_keep_are_a_list_in_order() {
        assert_eq!(
            keep("site:Rfi.fr, lemonde.fr"),
            Ok(Keep::Sites(vec!["rfi.fr".into(), "lemonde.fr".into()]))
        );
        assert!(keep("site:").is_err() && keep("site:a,,b").is_err() && keep("site:https://a").is_err());
        assert_eq!(keep("first"), Ok(Keep::First));
        assert!(keep("longst").unwrap_err().contains("did you mean `longest`?"));
    }

    #[test]
    fn an_input_is_a_path_or_a_name_and_a_path() {
        let parts = |word: &str| input(OsStr::new(word)).map(|i| (i.name, i.path.display().to_string()));
        assert_eq!(parts("a/b"), Ok((None, "a/b".into())));
        assert_eq!(parts("-"), Ok((None, "-".into())));
        assert_eq!(parts("x=a/b=c"), Ok((Some("x".into()), "a/b=c".into())));
        assert_eq!(parts("./a=b"), Ok((None, "./a=b".into())));
        for wrong in ["", "=a", "a=", "..=a", ".=a"] {
            assert!(parts(wrong).is_err(), "{wrong:?}");
        }
    }
}
