//! The command line keeps its word: every file in `tests/cmd` is a case, and what no file can say stands here.

use std::process::{Command, Output, Stdio};

#[test]
fn every_case_says_what_its_file_says() {
    trycmd::TestCases::new().env("COLUMNS", "80").case("tests/cmd/*.trycmd").case("tests/cmd/*.toml");
}

fn tamis(args: &[&str], stdout: Stdio) -> std::io::Result<Output> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tamis"));
    command.args(args).stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped()).spawn()?.wait_with_output()
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_standard_output_is_an_error_not_a_panic() {
    for args in [&["man"][..], &["completions", "bash"], &["clean", "--help"], &["--version"]] {
        let full = std::fs::File::create("/dev/full").unwrap();
        let output = tamis(args, full.into()).unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}: {said}");
        assert!(said.starts_with("error: standard output: cannot be written: "), "{args:?}: {said}");
    }
}

#[test]
fn a_reader_that_left_is_a_quiet_end() {
    for args in [&["man"][..], &["completions", "bash"], &["clean", "--help"], &["--version"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = tamis(args, writer.into()).unwrap();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{args:?}");
    }
}

#[test]
fn completions_know_every_verb_and_only_these() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = tamis(&["completions", shell], Stdio::piped()).unwrap();
        let script = String::from_utf8(output.stdout).unwrap();
        for verb in
            ["clean", "strip", "explain", "verify", "restore", "report", "rules", "completions", "man"]
        {
            assert!(script.contains(verb), "{shell} {verb}");
        }
    }
}

#[test]
fn completions_and_manual_know_every_option_of_the_help() {
    let said = |args: &[&str]| String::from_utf8(tamis(args, Stdio::piped()).unwrap().stdout).unwrap();
    let manual = said(&["man"]).replace("\\-", "-");
    let scripts = ["bash", "fish", "zsh"].map(|shell| said(&["completions", shell]));
    let mut options = 0;
    for verb in ["clean", "strip", "explain", "verify", "restore"] {
        let help = said(&[verb, "--help"]);
        let lines = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
        for option in lines.filter_map(|line| line.split([' ', ',', '[']).find(|word| word.starts_with("--")))
        {
            assert!(manual.contains(option), "{verb} {option} is not in the manual");
            let name = &option[2..];
            assert!(scripts.iter().all(|script| script.contains(name)), "{verb} {option} is not completed");
            options += 1;
        }
    }
    assert!(options > 50, "{options}");
}
