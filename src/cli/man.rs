//! `tamis man`: one manual page for all verbs.

use std::io::Write;
use std::process::ExitCode;

use clap_mangen::Man;
use tamis::{Error, Result};

use super::{args, output};

/// Runs the verb.
///
/// # Errors
/// If standard output cannot be written.
pub(crate) fn run() -> Result<ExitCode> {
    let page = page().map_err(Error::io("tamis.1", "cannot be made"))?;
    output::data(&page)?;
    Ok(ExitCode::SUCCESS)
}

/// The page: the whole first, then a section for each verb.
fn page() -> std::io::Result<Vec<u8>> {
    let mut command = args::command();
    command.build();
    let man = Man::new(command.clone()).manual("tamis manual");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    for verb in command.get_subcommands() {
        sections(verb, &format!("tamis {}", verb.get_name()), &mut page)?;
    }
    extra(&command, ".SH", &mut page)?;
    Ok(page)
}

/// One verb as a section with subsections, then the verbs below it.
fn sections(verb: &clap::Command, name: &str, page: &mut Vec<u8>) -> std::io::Result<()> {
    if verb.get_name() == "help" {
        return Ok(());
    }
    let man = Man::new(verb.clone());
    let mut text = Vec::new();
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    if verb.get_arguments().next().is_some() {
        man.render_options_section(&mut text)?;
    }
    writeln!(page, ".SH \"{}\"", name.to_uppercase())?;
    for line in text.split_inclusive(|b| *b == b'\n') {
        match line.strip_prefix(b".SH ") {
            Some(heading) => page.write_all(&[b".SS ", heading].concat())?,
            None => page.write_all(line)?,
        }
    }
    extra(verb, ".SS", page)?;
    verb.get_subcommands()
        .try_for_each(|below| sections(below, &format!("{name} {}", below.get_name()), page))
}

/// What stands below the options: a paragraph whose first line ends in a colon is a section, and no line is filled,
/// for these are commands and tables.
fn extra(command: &clap::Command, heading: &str, page: &mut Vec<u8>) -> std::io::Result<()> {
    let Some(text) = command.get_after_long_help().or(command.get_after_help()) else { return Ok(()) };
    let text = text.to_string().replace('\\', "\\e").replace('-', "\\-");
    for paragraph in text.split("\n\n") {
        let (first, rest) = paragraph.split_once('\n').unwrap_or((paragraph, ""));
        let lines = match first.strip_suffix(':') {
            Some(title) => {
                writeln!(page, "{heading} {}", title.to_uppercase())?;
                rest
            }
            None => {
                writeln!(page, ".PP")?;
                paragraph
            }
        };
        writeln!(page, ".nf")?;
        // A point or a quote at the start of a line would be a request; a zero-width character goes before it.
        lines.lines().try_for_each(|line| writeln!(page, "\\&{line}"))?;
        writeln!(page, ".fi")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_has_every_verb_and_every_option() {
        let page = String::from_utf8(page().unwrap()).unwrap().replace("\\-", "-");
        fn check(command: &clap::Command, name: &str, page: &str) {
            for verb in command.get_subcommands() {
                let name = format!("{name} {}", verb.get_name());
                assert!(page.contains(&format!(".SH \"{}\"", name.to_uppercase())), "{name}");
                check(verb, &name, page);
            }
            for arg in command.get_arguments().filter_map(|a| a.get_long()) {
                assert!(page.contains(&format!("--{arg}")), "{name} --{arg}");
            }
        }
        check(&args::command(), "tamis", &page);
        assert_eq!(page.matches(".TH ").count(), 1);
        assert!(page.contains("\n\\&  tamis clean scrapes/ -o clean/\n"), "examples keep their lines");
    }
}
