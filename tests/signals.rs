//! A signal ends a run without publishing anything, and the same command then does what it would have done.

#![cfg(unix)]
// What goes wrong in a helper fails the test that called it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::io::Write;
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use support::{Chance, Place, assert_same_tree, end, quoted, skip};

/// Long enough for any state to come, on any machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A file of records that takes a while.
fn long_input(place: &Place) {
    let mut chance = Chance::new(1);
    let paragraphs: Vec<String> = (0..50).map(|_| quoted(&chance.article(60).repeat(40))).collect();
    let mut records = String::new();
    while records.len() < 30 << 20 {
        let paragraph = &paragraphs[chance.below(paragraphs.len())];
        records += &format!("{{\"text\":{paragraph}}}\n");
    }
    place.write("in.jsonl", records);
}

const CLEAN: &str = "clean in.jsonl -o out --events off --progress none";

fn start(place: &Place, line: &str) -> Child {
    let mut command = place.command(line);
    command.stdout(Stdio::null()).stderr(Stdio::piped()).stdin(Stdio::piped()).spawn().unwrap()
}

/// Waits until a path is there while the run is still going.
fn wait_for(place: &Place, path: &str, child: &mut Child) {
    let start = Instant::now();
    while !place.exists(path) {
        assert!(child.try_wait().unwrap().is_none(), "the run ended before {path} was there");
        assert!(start.elapsed() < PATIENCE, "no {path}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn send(place: &Place, signal: &str, child: &Child) {
    let mut kill = place.program("kill");
    kill.args([format!("-{signal}"), child.id().to_string()]);
    end(kill).with(0);
}

fn wait(mut child: Child) -> (ExitStatus, String) {
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("the run did not stop");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let output = child.wait_with_output().unwrap();
    (output.status, String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn an_interrupted_run_publishes_nothing_and_the_next_one_is_as_if_it_had_not_been() {
    let place = Place::new();
    long_input(&place);
    place.ok("clean in.jsonl -o whole --events off -q");
    // Two moments: while the input is read, and while the result is being written.
    for (signal, code, moment) in
        [("INT", 130, "out/.tamis/lock"), ("TERM", 143, "out/.tamis/staging/data/in.jsonl")]
    {
        let interrupted = || {
            let mut child = start(&place, CLEAN);
            wait_for(&place, moment, &mut child);
            send(&place, signal, &child);
            wait(child)
        };
        // A run may be over before the signal comes.
        let (status, said) = (0..20)
            .map(|_| interrupted())
            .inspect(|(status, _)| {
                if status.success() {
                    std::fs::remove_dir_all(place.path("out")).unwrap();
                }
            })
            .find(|(status, _)| !status.success())
            .unwrap();
        assert_eq!(status.code(), Some(code), "{signal}: {said}");
        assert!(said.contains("error: interrupted; nothing was published"), "{said}");
        assert!(place.tree("out").is_empty(), "{signal}: {:?}", place.tree("out").keys());
    }
    place.ok(CLEAN);
    assert_same_tree(&place.tree("whole"), &place.tree("out"));
    assert!(!place.exists("out/.tamis/staging"), "what an interrupted run left is tidied up");
}

#[test]
fn an_interrupted_run_leaves_what_was_published_before() {
    let place = Place::new();
    long_input(&place);
    place.write("small.jsonl", "{\"text\":\"The bridge is open again.\"}\n");
    place.ok("clean small.jsonl -o out -q");
    let before = place.tree("out");
    let mut child = start(&place, CLEAN);
    wait_for(&place, "out/.tamis/staging", &mut child);
    send(&place, "INT", &child);
    assert_eq!(wait(child).0.code(), Some(130));
    assert_same_tree(&before, &place.tree("out"));
    support::assert_sums_hold(&place.path("out"));
}

#[test]
fn a_second_signal_ends_the_run_at_once() {
    let place = Place::new();
    long_input(&place);
    let mut child = start(&place, CLEAN);
    wait_for(&place, "out/.tamis/lock", &mut child);
    // A stopped process takes both when it goes on, without a moment between them.
    for signal in ["STOP", "INT", "TERM", "CONT"] {
        send(&place, signal, &child);
    }
    let (status, said) = wait(child);
    assert!(matches!(status.code(), Some(130 | 143)), "{status}: {said}");
    assert!(said.is_empty(), "it ends as it stands: {said}");
    assert!(place.tree("out").is_empty());
}

#[test]
fn a_run_that_waits_for_its_input_can_be_interrupted() {
    let place = Place::new();
    let mut child = start(&place, "clean - -o out --progress none");
    // Some input, and then none for as long as this lives.
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(b"{\"text\":\"The bridge").unwrap();
    wait_for(&place, "out/.tamis/lock", &mut child);
    std::thread::sleep(Duration::from_millis(100));
    send(&place, "TERM", &child);
    let (status, said) = wait(child);
    assert_eq!(status.code(), Some(143), "{said}");
    assert!(said.contains("interrupted") && place.tree("out").is_empty(), "{said}");
    drop(pipe);
}

#[test]
fn a_killed_run_is_as_if_it_had_not_been() {
    let place = Place::new();
    long_input(&place);
    place.ok("clean in.jsonl -o whole --events off -q");
    let mut child = start(&place, CLEAN);
    wait_for(&place, "out/.tamis/staging/data/in.jsonl", &mut child);
    if child.try_wait().unwrap().is_some() {
        return skip("the run was too fast to be killed");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!place.exists("out/manifest.json"));
    place.ok(CLEAN);
    assert_same_tree(&place.tree("whole"), &place.tree("out"));
}
