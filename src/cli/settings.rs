//! Settings from all their sources: flags > `TAMIS_*` > `tamis.toml` > defaults.
//!
//! Every source is turned into words of the command line and read by the same parsers, so that a value means the
//! same wherever it stands. Nothing is ignored silently: an unknown key is a mistake, and so is a bad value that a
//! stronger source would override. All mistakes are shown at once.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::ffi::{OsStr, OsString};
use std::ops::Range;

use clap::error::{ContextKind, ContextValue};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, parser::ValueSource};
use tamis::{Error, Result};
use toml_edit::{Document, Item, Value};

use super::options::{CleanSettings, ColorArg, OnceArgs};
use super::output;
use super::words::closest;

const FILE: &str = "tamis.toml";

/// One setting as a source gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Setting {
    /// Long name of the option.
    key: String,
    /// Where it stands: `tamis.toml:3` or `TAMIS_SHINGLE`.
    place: String,
    /// As words of the command line; none for a switch that is off.
    words: Vec<OsString>,
}

/// Puts the other sources into the settings of a verb, which the flags alone have filled: each setting from its
/// strongest source. Also sets when to colour.
///
/// # Errors
/// Usage, with every mistake in the environment and in `tamis.toml`.
pub(crate) fn resolve<T: Args>(settings: &mut T, matches: &ArgMatches) -> Result<()> {
    let file = match std::fs::read(FILE) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(e) => return Err(Error::io(FILE, "cannot be read")(e)),
    };
    let words = layered::<T>(matches, std::env::vars_os(), &file)?;
    *settings = read_back(words)?;
    Ok(())
}

/// The words of a command line that says what all sources together say.
fn layered<T: Args>(
    matches: &ArgMatches,
    environment: impl Iterator<Item = (OsString, OsString)>,
    file: &[u8],
) -> Result<Vec<OsString>> {
    let known = known();
    let mut problems = Vec::new();
    let mut sources = from_file(&known, file, &mut problems);
    sources.extend(from_environment(&known, environment, &mut problems));
    if !problems.is_empty() {
        return Err(Error::usage(
            problems.join("\n"),
            "tamis clean --help lists the options, which are the settings",
        ));
    }
    // Later sources are stronger: the environment replaces the file, flags replace both.
    let mut merged: BTreeMap<String, Vec<OsString>> = BTreeMap::new();
    merged.extend(sources.into_iter().map(|s| (s.key, s.words)));
    merged.extend(from_flags(matches));
    let taken = with_color(T::augment_args(bare()));
    merged.retain(|key, _| option(&taken, key).is_some());
    Ok(merged.into_values().flatten().collect())
}

fn read_back<T: Args>(words: Vec<OsString>) -> Result<T> {
    let wrong = |e: clap::Error| Error::usage(reason(&e), "");
    let merged = with_color(T::augment_args(bare())).try_get_matches_from(words).map_err(wrong)?;
    let color = <ColorArg as clap::FromArgMatches>::from_arg_matches(&merged).map_err(wrong)?;
    output::set_color(color.color.unwrap_or_default());
    T::from_arg_matches(&merged).map_err(wrong)
}

/// A command without a name and without help: only options.
fn bare() -> Command {
    Command::new("settings").no_binary_name(true).disable_help_flag(true).disable_version_flag(true)
}

fn with_color(command: Command) -> Command {
    ColorArg::augment_args(command)
}

/// All settings there are.
fn known() -> Command {
    with_color(CleanSettings::augment_args(bare()))
}

fn option<'a>(command: &'a Command, key: &str) -> Option<&'a Arg> {
    command.get_arguments().find(|arg| arg.get_long() == Some(key))
}

fn keys(command: &Command) -> impl Iterator<Item = &str> {
    command.get_arguments().filter_map(Arg::get_long)
}

fn is_switch(arg: &Arg) -> bool {
    !arg.get_action().takes_values()
}

/// `--key=value`.
fn word(key: &str, value: &OsStr) -> OsString {
    let mut word = OsString::from(format!("--{key}="));
    word.push(value);
    word
}

/// What stands on the command line itself, not the defaults.
fn from_flags(matches: &ArgMatches) -> Vec<(String, Vec<OsString>)> {
    let known = known();
    let given = |arg: &&Arg| {
        let id = arg.get_id().as_str();
        matches.try_contains_id(id).unwrap_or(false)
            && matches.value_source(id) == Some(ValueSource::CommandLine)
    };
    let words = |arg: &Arg, key: &str| match matches.try_get_raw(arg.get_id().as_str()) {
        _ if is_switch(arg) => vec![OsString::from(format!("--{key}"))],
        Ok(Some(values)) => values.map(|value| word(key, value)).collect(),
        _ => Vec::new(),
    };
    known
        .get_arguments()
        .filter(given)
        .filter_map(|a| a.get_long().map(|key| (key.to_owned(), words(a, key))))
        .collect()
}

/// The variable of an option.
fn variable(key: &str) -> String {
    format!("TAMIS_{}", key.replace('-', "_").to_uppercase())
}

/// `TAMIS_SIMILARITY=0.8`; a list is separated as in `PATH`; an empty variable counts as absent.
fn from_environment(
    known: &Command,
    environment: impl Iterator<Item = (OsString, OsString)>,
    problems: &mut Vec<String>,
) -> Vec<Setting> {
    let names: BTreeMap<String, &Arg> =
        known.get_arguments().filter_map(|arg| arg.get_long().map(|key| (variable(key), arg))).collect();
    let once = OnceArgs::augment_args(bare());
    let is_once = |name: &str| keys(&once).find(|key| variable(key) == name).map(str::to_owned);
    let mut settings = Vec::new();
    let mut environment: Vec<_> = environment.filter(|(_, value)| !value.is_empty()).collect();
    environment.sort();
    for (name, value) in environment {
        let Some(name) = name.to_str().filter(|name| name.starts_with("TAMIS_")) else { continue };
        let Some((arg, key)) = names.get(name).and_then(|arg| arg.get_long().map(|key| (*arg, key))) else {
            if let Some(key) = is_once(name) {
                problems.push(format!("{name}: for one run only; give it on the command line as --{key}"));
                continue;
            }
            // Other programs may have variables of this prefix; a near miss is a mistake all the same.
            let tail = |name| str::strip_prefix(name, "TAMIS_").unwrap_or_default();
            if let Some(meant) = closest(tail(name), names.keys().map(|name| tail(name))) {
                problems.push(format!("{name}: unknown variable; did you mean `TAMIS_{meant}`?"));
            }
            continue;
        };
        let words = if is_switch(arg) {
            match value.to_str() {
                Some("1" | "true") => vec![OsString::from(format!("--{key}"))],
                Some("0" | "false") => Vec::new(),
                _ => {
                    problems.push(format!("{name}: expected 1 or 0"));
                    continue;
                }
            }
        } else if matches!(arg.get_action(), ArgAction::Append) {
            std::env::split_paths(&value).map(|path| word(key, path.as_os_str())).collect()
        } else {
            vec![word(key, &value)]
        };
        keep(known, Setting { key: key.to_owned(), place: name.to_owned(), words }, &mut settings, problems);
    }
    settings
}

/// `tamis.toml`: the long names of the options as keys.
fn from_file(known: &Command, bytes: &[u8], problems: &mut Vec<String>) -> Vec<Setting> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        problems.push(format!("{FILE}: not UTF-8"));
        return Vec::new();
    };
    let place = |span: Option<Range<usize>>| {
        let before = span.and_then(|span| text.get(..span.start)).unwrap_or_default();
        format!("{FILE}:{}", before.bytes().filter(|b| *b == b'\n').count() + 1)
    };
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(e) => {
            problems.push(format!("{}: {}", place(e.span()), e.message().replace('\n', "; ")));
            return Vec::new();
        }
    };
    let mut settings = Vec::new();
    for (key, item) in document.iter() {
        let span = document.key(key).and_then(toml_edit::Key::span).or_else(|| item.span());
        let place = place(span);
        match option(known, key) {
            None => problems.push(format!("{place}: {}", unknown(known, key))),
            Some(arg) => match toml_words(arg, key, item, text) {
                Ok(words) => {
                    keep(known, Setting { key: key.to_owned(), place, words }, &mut settings, problems)
                }
                Err(wanted) => problems.push(format!("{place}: `{key}`: {wanted}")),
            },
        }
    }
    settings
}

fn unknown(known: &Command, key: &str) -> String {
    let key = super::words::printable(key);
    if option(&OnceArgs::augment_args(bare()), &key).is_some() {
        return format!("`{key}` is for one run only; give it on the command line as --{key}");
    }
    let alias =
        known.get_arguments().find(|arg| arg.get_visible_aliases().is_some_and(|a| a.contains(&&*key)));
    let meant = alias.and_then(Arg::get_long).or_else(|| closest(&key, keys(known)));
    match meant {
        Some(meant) => format!("unknown key `{key}`; did you mean `{meant}`?"),
        None => format!("unknown key `{key}`"),
    }
}

fn toml_words(arg: &Arg, key: &str, item: &Item, text: &str) -> Result<Vec<OsString>, String> {
    let Some(value) = item.as_value() else { return Err("expected a value, not a table".into()) };
    if is_switch(arg) {
        return match value.as_bool() {
            Some(true) => Ok(vec![OsString::from(format!("--{key}"))]),
            Some(false) => Ok(Vec::new()),
            None => Err("expected true or false".into()),
        };
    }
    let one = |value: &Value| match value {
        Value::String(s) => Ok(word(key, OsStr::new(s.value()))),
        Value::Integer(n) => Ok(word(key, OsStr::new(&n.value().to_string()))),
        // The digits as they were written: a float would not be exact.
        Value::Float(f) => {
            let digits = f.span().and_then(|span| text.get(span)).ok_or("expected a number")?;
            Ok(word(key, OsStr::new(digits)))
        }
        _ => Err("expected a string or a number".to_owned()),
    };
    match (value, arg.get_action()) {
        (Value::Array(values), ArgAction::Append) => values.iter().map(one).collect(),
        (Value::Array(values), _) if key == "keep" => {
            let sites: Option<Vec<&str>> = values.iter().map(Value::as_str).collect();
            let sites = sites.ok_or("expected strings")?;
            Ok(vec![word(key, OsStr::new(&format!("site:{}", sites.join(","))))])
        }
        _ => Ok(vec![one(value)?]),
    }
}

/// Takes a setting over if its value is one; says what is wrong with it if not.
fn keep(known: &Command, setting: Setting, settings: &mut Vec<Setting>, problems: &mut Vec<String>) {
    match known.clone().try_get_matches_from(&setting.words) {
        Ok(_) => settings.push(setting),
        Err(error) => problems.push(format!("{}: {}", setting.place, reason(&error))),
    }
}

/// What clap finds wrong with a value, without its usage lines.
fn reason(error: &clap::Error) -> String {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(s)) => Some(s.clone()),
        Some(ContextValue::Strings(list)) => Some(list.join(", ")),
        _ => None,
    };
    let value = text(ContextKind::InvalidValue).unwrap_or_default();
    let mut said =
        if value.is_empty() { "a value is missing".to_owned() } else { format!("invalid value `{value}`") };
    if let Some(source) = error.source() {
        said += &format!(": {source}");
    } else if let Some(valid) = text(ContextKind::ValidValue) {
        said += &format!(": expected {valid}");
        if let Some(meant) = closest(&value, valid.split(", ")) {
            said += &format!("; did you mean `{meant}`?");
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::FromArgMatches;
    use tamis::run::options::{Copies, Keep, Threshold};

    fn settings(flags: &[&str], environment: &[(&str, &str)], file: &str) -> Result<CleanSettings> {
        let matches = known().try_get_matches_from(flags).unwrap();
        let environment = environment.iter().map(|(n, v)| (OsString::from(n), OsString::from(v)));
        let words = layered::<CleanSettings>(&matches, environment, file.as_bytes())?;
        let matches = known().try_get_matches_from(words).unwrap();
        Ok(CleanSettings::from_arg_matches(&matches).unwrap())
    }

    fn mistakes(environment: &[(&str, &str)], file: &str) -> Vec<String> {
        match settings(&[], environment, file) {
            Err(Error::Usage { what, .. }) => what.lines().map(str::to_owned).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn flags_win_over_environment_over_file_over_defaults() {
        let file = "similarity = 0.5\nshingle = 4\ncopies = 'tag'\nno-layout = true\nrules = ['a', 'b']\n";
        let env = [("TAMIS_SIMILARITY", "0.6"), ("TAMIS_SHINGLE", "3"), ("TAMIS_NO_LAYOUT", "0")];
        let s = settings(&["--similarity", "0.8"], &env, file).unwrap();
        assert_eq!(s.matching.similarity, Threshold(800_000), "flag");
        assert_eq!(s.matching.shingle, 3, "environment");
        assert!(!s.cutting.no_layout, "a switch that the environment turns off");
        assert_eq!(s.matching.copies, Copies::Tag, "file");
        assert_eq!(s.matching.distance, 3, "default");
        assert_eq!(s.cutting.rules, ["a", "b"].map(std::path::PathBuf::from));
        let s = settings(&["--rules", "c", "--no-layout"], &[], file).unwrap();
        assert_eq!(s.cutting.rules, ["c"].map(std::path::PathBuf::from), "a list is replaced, not extended");
        assert!(s.cutting.no_layout);
    }

    #[test]
    fn every_problem_of_every_source_is_shown_with_its_place() {
        let file = "# settings\nsimilarty = 0.7\ncopies = 'dorp'\n\n[shingle]\nx = 1\n\n[run]\n";
        let env = [("TAMIS_DISTANCE", "99"), ("TAMIS_KEEPS", "first"), ("TAMIS_OTHER_TOOL", "x")];
        assert_eq!(
            mistakes(&env, file),
            [
                "tamis.toml:2: unknown key `similarty`; did you mean `similarity`?",
                "tamis.toml:3: invalid value `dorp`: expected drop, tag, off; did you mean `drop`?",
                "tamis.toml:5: `shingle`: expected a value, not a table",
                "tamis.toml:8: unknown key `run`",
                "TAMIS_DISTANCE: invalid value `99`: 99 is not in 0..=16",
                "TAMIS_KEEPS: unknown variable; did you mean `TAMIS_KEEP`?",
            ]
        );
    }

    #[test]
    fn a_bad_value_is_a_mistake_even_where_a_flag_overrides_it() {
        let wrong = settings(&["--similarity", "0.8"], &[("TAMIS_SIMILARITY", "high")], "");
        assert!(matches!(wrong, Err(Error::Usage { what, .. }) if what.starts_with("TAMIS_SIMILARITY: ")));
    }

    #[test]
    fn options_of_one_run_are_no_settings() {
        let said = mistakes(&[], "force = true\noutput = 'x'\n");
        assert_eq!(
            said[0],
            "tamis.toml:1: `force` is for one run only; give it on the command line as --force"
        );
        assert_eq!(said[1], "tamis.toml:2: unknown key `output`; did you mean `out`?");
        let said = mistakes(&[("TAMIS_DRY_RUN", "1")], "");
        assert_eq!(said, ["TAMIS_DRY_RUN: for one run only; give it on the command line as --dry-run"]);
    }

    #[test]
    fn a_number_in_the_file_is_read_by_its_digits() {
        let s = settings(&[], &[], "similarity = 0.123456\nkeep = ['a.fr', 'b.fr']\n").unwrap();
        assert_eq!(s.matching.similarity, Threshold(123_456));
        assert_eq!(s.matching.keep, Keep::Sites(vec!["a.fr".into(), "b.fr".into()]));
    }

    #[test]
    fn a_file_that_is_no_toml_names_the_line() {
        let said = mistakes(&[], "similarity = 0.7\ncopies = \n");
        assert!(said.len() == 1 && said[0].starts_with("tamis.toml:2: "), "{said:?}");
    }
}
