//! `tamis strip` is a filter that loses nothing but what rules cut, and a good neighbour in a pipe.

// What goes wrong in a helper fails the test that called it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::process::Stdio;

use support::{Ended, Place};

const TEXT: &str = "Le pont de Brest est fermé depuis lundi.\n\nLire aussi : Le musée rouvre\n";
const CLEAN: &str = "Le pont de Brest est fermé depuis lundi.\n";

#[test]
fn a_text_goes_in_and_the_clean_text_comes_out() {
    let place = Place::new();
    place.write("a.txt", TEXT);
    for done in [
        place.feed("strip", TEXT.as_bytes()),
        place.feed("strip -", TEXT.as_bytes()),
        place.run("strip a.txt"),
    ] {
        assert_eq!(done.with(0).text(), CLEAN);
    }
    assert_eq!(place.text("a.txt"), TEXT, "the input is never modified");
    assert_eq!(place.feed("strip", b"").with(0).out, b"");
    assert_eq!(place.feed("strip", b"\xFF\0\xC3").with(0).out, b"\xFF\0\xC3");
}

#[test]
fn records_go_in_and_records_come_out_line_by_line() {
    let place = Place::new();
    let record = |text: &str, id: usize| format!("{{\"id\": {id}, \"text\":{}}}\n", support::quoted(text));
    let input = record(TEXT, 1) + "\n" + &record("Rien.", 2) + &record(TEXT, 3);
    let output = record(CLEAN, 1) + "\n" + &record("Rien.", 2) + &record(CLEAN, 3);
    for line in ["strip", "strip --format jsonl"] {
        assert_eq!(place.feed(line, input.as_bytes()).with(0).text(), output, "{line}");
    }
    place.write("in.ndjson", &input);
    assert_eq!(place.ok("strip in.ndjson").text(), output);
    // Said to be text, it is text.
    assert_eq!(place.feed("strip --format text", input.as_bytes()).with(0).text(), input);
}

#[test]
fn a_record_that_cannot_be_read_is_passed_on_unchanged() {
    let place = Place::new();
    let input = format!("broken\n{{\"text\":{}}}\n{{\"no\":1}}\n\u{fffd}", support::quoted(TEXT));
    let output = format!("broken\n{{\"text\":{}}}\n{{\"no\":1}}\n\u{fffd}", support::quoted(CLEAN));
    let done = place
        .feed("strip --format jsonl", input.as_bytes())
        .with(3)
        .says(&["3 records", "passed on unchanged"]);
    assert_eq!(done.text(), output);
    let done = place.feed("strip --format jsonl --rejects ok", input.as_bytes()).with(0);
    assert_eq!((done.text(), done.err), (output, String::new()));
}

#[test]
fn what_it_writes_is_what_clean_writes() {
    let place = Place::new();
    let records =
        format!("{{\"text\":{}}}\r\n{{\"text\":\"Rien.\",\"x\":[1 ,2]}}\r\n", support::quoted(TEXT));
    place.write("in.jsonl", &records);
    place.ok("clean in.jsonl -o out -q");
    assert_eq!(place.ok("strip in.jsonl").out, place.read("out/data/in.jsonl"));
    assert_eq!(place.ok("strip out/data/in.jsonl").out, place.read("out/data/in.jsonl"));
}

/// Runs with standard output going to `to`.
fn into(place: &Place, line: &str, to: Stdio) -> Ended {
    let mut command = place.command(line);
    let child = command.stdout(to).stderr(Stdio::piped()).spawn().unwrap();
    Ended::from(child.wait_with_output().unwrap())
}

#[cfg(unix)]
fn long_and_clean() -> Place {
    let place = Place::new();
    place.write("in.jsonl", "{\"text\":\"Le pont de Brest est fermé.\"}\n".repeat(20_000));
    place.ok("clean in.jsonl -o out -q --events off");
    place
}

#[cfg(unix)]
#[test]
fn a_reader_that_takes_one_line_and_leaves_is_a_quiet_end() {
    let place = long_and_clean();
    let mut shell = place.program("sh");
    let tamis = env!("CARGO_BIN_EXE_tamis");
    let script = format!("('{tamis}' strip in.jsonl; echo $? >code) | head -n 1");
    let done = support::end({
        shell.args(["-c", &script]);
        shell
    });
    assert_eq!((done.text().lines().count(), done.err.as_str()), (1, ""));
    assert_eq!(place.text("code"), "0\n");
    for line in [
        "strip in.jsonl",
        "explain out in.jsonl#0",
        "rules list",
        "clean in.jsonl -o out -q --json --events off",
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let done = into(&place, line, writer.into()).with(0);
        assert_eq!(done.err, "", "{line}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_device_is_an_error() {
    let place = long_and_clean();
    for line in [
        "strip in.jsonl",
        "explain out in.jsonl#0",
        "rules list",
        "clean in.jsonl -o out -q --json --events off",
    ] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        into(&place, line, full.into()).with(1).says(&["error: ", "cannot be written"]);
    }
}

#[test]
fn a_record_of_which_nothing_is_cut_stays_as_it_is() {
    let place = Place::new();
    let rows = "id,text,url\n4,,http://s1.org/4\n5,\"\",x\n6,,\n";
    place.write("rows.csv", rows);
    assert_eq!(String::from_utf8(place.ok("strip rows.csv").out).unwrap(), rows);
}
