//! `tamis rules`: list, show, test, suggest.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ArgMatches;
use tamis::run::Silent;
use tamis::run::options::{Input, Options};
use tamis::strip::{RuleInfo, TestReport};
use tamis::{Error, Result};

use super::args::RulesVerb;
use super::options::SuggestSettings;
use super::output::{self, Paint};
use super::words::{count, printable, printable_lines, shell_word};
use super::{clean, settings};

/// Runs the verb.
///
/// # Errors
/// Rules that cannot be read or have problems; an example that does not hold only decides the exit code.
pub(crate) fn run(verb: RulesVerb, matches: &ArgMatches) -> Result<ExitCode> {
    match verb {
        RulesVerb::List { mut settings } => {
            settings::resolve(&mut settings, matches)?;
            output::data(listing(&tamis::strip::rules_list(&settings.rules)?).as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
        RulesVerb::Show { id, mut settings } => {
            settings::resolve(&mut settings, matches)?;
            let text = tamis::strip::rules_show(&settings.rules, &id)?;
            output::data(format!("{}\n", printable_lines(text.trim_end())).as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
        RulesVerb::Test { files } => test(&files),
        RulesVerb::Suggest { inputs, least, output, mut settings } => {
            settings::resolve(&mut settings, matches)?;
            suggest(inputs, least, output.as_deref(), &settings)
        }
    }
}

/// Rules by file: id, unit, scope; below what each is about.
fn listing(rules: &[RuleInfo]) -> String {
    let width = |of: fn(&RuleInfo) -> &str| rules.iter().map(|r| of(r).chars().count()).max().unwrap_or(0);
    let (id, unit, scope) = (width(|r| &r.id), width(|r| &r.unit), width(|r| &r.scope));
    let mut text = String::new();
    let mut file = None;
    for rule in rules {
        if file != Some(&rule.file) {
            let gap = if file.is_some() { "\n" } else { "" };
            text += &format!("{gap}{}\n", printable(&rule.file));
            file = Some(&rule.file);
        }
        let line = format!(
            "  {:id$}  {:unit$}  {:scope$}  {}",
            printable(&rule.id),
            printable(&rule.unit),
            printable(&rule.scope),
            printable(&rule.about)
        );
        text += line.trim_end();
        text.push('\n');
    }
    text
}

fn test(files: &[PathBuf]) -> Result<ExitCode> {
    let report = tamis::strip::rules_test(files)?;
    output::say(&failures(&report, Paint(output::colored())));
    output::data(verdict(&report).as_bytes())?;
    Ok(ExitCode::from(if report.failures.is_empty() { 0 } else { 4 }))
}

fn suggest(
    inputs: Vec<Input>,
    least: Option<u32>,
    to: Option<&Path>,
    settings: &SuggestSettings,
) -> Result<ExitCode> {
    clean::present(inputs.iter().map(|input| input.path.as_path()))?;
    if let Some(there) = to.filter(|to| to.symlink_metadata().is_ok()) {
        return Err(Error::usage(
            format!(
                "{}: there is such a file, and somebody may have worked on it",
                printable(&there.to_string_lossy())
            ),
            "name a new file: -o FILE",
        ));
    }
    let records = &settings.records;
    let options = Options {
        inputs,
        rules: settings.rules.rules.clone(),
        fields: clean::fields(records),
        format: records.format,
        ..Options::default()
    };
    let found = tamis::run::suggest(&options, least.map(|least| least as usize), &Silent)?;
    match to {
        Some(to) => std::fs::write(to, &found.toml).map_err(Error::io(to, "cannot be written"))?,
        None => output::data(found.toml.as_bytes())?,
    }
    let (rules, sites) = (count(found.rules as u64, "rule"), count(found.sites as u64, "site"));
    let mut said = format!("{rules} for {sites}\n");
    if found.rejected > 0 {
        said += &format!("{} could not be used\n", count(found.rejected as u64, "input"));
    }
    if let Some(to) = to.filter(|_| found.rules > 0) {
        let hint = Paint(output::colored()).hint("hint:");
        said += &format!("{hint} review it, then tamis rules test {}\n", shell_word(&to.to_string_lossy()));
    }
    output::say(&said);
    Ok(ExitCode::from(if found.rejected > 0 && records.rejects.is_none() { 3 } else { 0 }))
}

fn failures(report: &TestReport, paint: Paint) -> String {
    let label = paint.error("error:");
    let mut text = String::new();
    for p in &report.failures {
        text += &format!("{label} {}:{}: {}\n", printable(&p.file), p.line, printable(&p.what));
    }
    if let Some(first) = report.failures.first() {
        let command =
            format!("mend the rule or its examples, then tamis rules test {}", shell_word(&first.file));
        text += &format!("{} {command}\n", paint.hint("hint:"));
    }
    text
}

fn verdict(report: &TestReport) -> String {
    let tried =
        format!("{}, {}", count(report.rules as u64, "rule"), count(report.examples as u64, "example"));
    match report.failures.len() as u64 {
        0 => format!("{tried}: all hold\n"),
        n => format!("{tried}: {}\n", count(n, "failure")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tamis::error::Problem;

    #[test]
    fn a_listing_is_aligned_and_grouped_by_file() {
        let rule = |id: &str, scope: &str, file: &str| RuleInfo {
            id: id.into(),
            about: "Cookie box".into(),
            unit: "line".into(),
            scope: scope.into(),
            file: file.into(),
            line: 1,
        };
        let rules = [
            rule("fr.read-also", "lang fr", "fr.toml"),
            rule("fr.x", "", "fr.toml"),
            rule("y", "", "b.toml"),
        ];
        assert_eq!(
            listing(&rules),
            "fr.toml\n  fr.read-also  line  lang fr  Cookie box\n  fr.x          line           Cookie box\n\n\
             b.toml\n  y             line           Cookie box\n"
        );
    }

    #[test]
    fn a_failed_example_is_shown_with_its_line_and_the_next_command() {
        let failure = Problem { file: "fr.toml".into(), line: 7, what: "missing: `Lire aussi`".into() };
        let report = TestReport { rules: 2, examples: 1, failures: vec![failure] };
        assert_eq!(
            failures(&report, Paint(false)),
            "error: fr.toml:7: missing: `Lire aussi`\n\
             hint: mend the rule or its examples, then tamis rules test fr.toml\n"
        );
        assert_eq!(verdict(&report), "2 rules, 1 example: 1 failure\n");
    }
}
