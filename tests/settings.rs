//! What a run is told, and what it tells: settings by their strength, and summaries for programs.

// What goes wrong in a helper fails the test that called it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use serde_json::Value;
use support::{Place, end, json_lines};

fn place() -> Place {
    let place = Place::new();
    place.write("in/a.txt", "The bridge is open again.\n\nLIRE AUSSI:\n");
    place.write("in/b.pdf", "%PDF");
    place
}

#[test]
fn a_flag_is_stronger_than_the_environment_and_that_than_the_file() {
    let place = place();
    place.write("tamis.toml", "similarity = 0.6\nshingle = 3\ndistance = 5\nrejects = \"ok\"\n");
    let mut command = place.command("clean in -o out -q --similarity 0.9");
    command.env("TAMIS_SHINGLE", "4").env("TAMIS_SIMILARITY", "0.8");
    end(command).with(0);
    let options = place.json("out/manifest.json")["options"].clone();
    assert_eq!(
        (&options["similarity"], &options["shingle"], &options["distance"]),
        (&"0.9".into(), &"4".into(), &"5".into())
    );
}

#[test]
fn the_summary_for_programs_is_one_line_that_says_what_the_manifest_says() {
    let place = place();
    let done = place.ends(3, "clean in -o out --json -q");
    assert_eq!(done.err, "");
    let said = json_lines(&done.out);
    assert_eq!(said.len(), 1);
    let manifest = place.json("out/manifest.json");
    assert_eq!(
        (&said[0]["event"], &said[0]["exit"], &said[0]["wrote"]),
        (&"summary".into(), &3.into(), &true.into())
    );
    for part in ["counts", "rules", "options"] {
        assert_eq!(said[0][part], manifest[part], "{part}");
    }
}

#[test]
fn progress_for_programs_is_lines_of_json_that_end_in_the_summary() {
    let place = place();
    let done = place.ends(3, "clean in -o out --progress json");
    let said: Vec<Value> = json_lines(done.err.as_bytes());
    assert!(done.out.is_empty() && said.len() > 2, "{}", done.err);
    assert_eq!(said.last().unwrap()["event"], "summary");
    assert_eq!(said.iter().filter(|line| line["event"] == "summary").count(), 1);
}

#[test]
fn quiet_is_quiet_and_an_error_is_not() {
    let place = place();
    let done = place.ends(3, "clean in -o out -q");
    assert_eq!((done.text().as_str(), done.err.as_str()), ("", ""));
    place.ends(2, "clean in -q -o in/out").says(&["error: "]);
}

#[test]
fn a_field_that_no_record_has_is_noted() {
    let place = Place::new();
    place.write(
        "a.jsonl",
        "{\"id\":1,\"date\":\"2020-01-02\",\"text\":\"The bridge was opened on Monday.\"}\n",
    );
    place.ok("clean a.jsonl -o out --id-field idd --date-field pubdat").says(&[
        "note: no record has anything that can be used in `idd` (--id-field)",
        "note: no record has anything that can be used in `pubdat` (--date-field)",
    ]);
    let right = place.ok("clean a.jsonl -o out --id-field id --date-field date");
    assert!(!right.err.contains("no record has"), "{}", right.err);
}
