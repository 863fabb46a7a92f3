//! A call that fails is an error that is told; what the manifest names stays whole, and the next run repairs the rest.

use std::io::Read;
use std::process::Stdio;
use std::time::Duration;

use crate::scene::{PLAIN, RICH, Scene, some};
use crate::support::{Chance, Place, end, quoted, skip};

/// Lets each writing call of the run fail.
#[track_caller]
fn fail_everywhere(options: &str, has_former: bool, error: &str, most: usize) {
    let Some(scene) = Scene::new(options, has_former) else { return skip("strace is not here") };
    for call in some(scene.calls(), most) {
        let case = format!("{error} at {} {}", call.name, call.number);
        let done = scene.disturbed(&call, &format!("error={error}"));
        match done.code {
            // The calls of a thread that reads may be the same ones: then an input cannot be read, and is listed.
            Some(0) if options == RICH && scene.lists_an_input_that_cannot_be_read() => {
                scene.assert_resumes(&case);
                continue;
            }
            Some(0) => scene.assert_done(&case),
            // The words of the error are a write too, and may be the one that fails.
            Some(1 | 2) if call.name == "write" && done.err.is_empty() => {}
            Some(1 | 2) => assert!(done.err.starts_with("error: "), "{case}: {}", done.err),
            code => panic!("{case}: {code:?} {}", done.err),
        }
        scene.assert_whole(&case);
        scene.assert_resumes(&case);
    }
}

#[test]
fn a_full_disk_at_any_call_is_an_error_and_the_next_run_repairs_it() {
    fail_everywhere(PLAIN, false, "ENOSPC", 20);
    fail_everywhere(PLAIN, true, "ENOSPC", 30);
}

#[test]
fn a_device_that_fails_at_any_call_is_an_error_and_the_next_run_repairs_it() {
    fail_everywhere(PLAIN, true, "EIO", 30);
    fail_everywhere(RICH, true, "EIO", 15);
}

#[test]
fn calls_that_a_signal_interrupts_are_made_again_and_nobody_sees_it() {
    let Some(scene) = Scene::new(PLAIN, true) else { return skip("strace is not here") };
    let mut calls = scene.calls();
    // Those of which the manual says that a signal may interrupt them.
    calls.retain(|call| ["openat", "write", "fsync", "ftruncate"].contains(&call.name.as_str()));
    for call in some(calls, 20) {
        let case = format!("EINTR at {} {}", call.name, call.number);
        let done = scene.disturbed(&call, "error=EINTR");
        assert_eq!(done.code, Some(0), "{case}: {}", done.err);
        scene.assert_done(&case);
    }
}

#[test]
fn bytes_that_the_system_loses_without_a_word_are_found_by_verify() {
    let Some(scene) = Scene::new(PLAIN, true) else { return skip("strace is not here") };
    let mut calls = scene.calls();
    calls.retain(|call| call.name == "write");
    for call in some(calls, 20) {
        let case = format!("lost at {} {}", call.name, call.number);
        // The call is not made, and says that one byte was written: no program can notice that at the time.
        let done = scene.disturbed(&call, "retval=1");
        assert!(matches!(done.code, Some(0 | 1)), "{case}: {:?} {}", done.code, done.err);
        let found = scene.place.run("verify out").code != Some(0);
        assert!(found || done.code == Some(1) || scene.is_done(), "{case}");
    }
}

#[test]
fn a_pipe_that_takes_less_than_it_is_given_gets_everything() {
    let place = Place::new();
    let mut chance = Chance::new(42);
    let records: String =
        (0..2000).map(|_| format!("{{\"text\":{}}}\n", quoted(&chance.article(60)))).collect();
    place.write("in.jsonl", records);
    let whole = place.ok("strip in.jsonl").out;
    let mut strip = place.command("strip in.jsonl");
    let mut child = strip.stdout(Stdio::piped()).spawn().unwrap();
    let (mut pipe, mut through, mut part) = (child.stdout.take().unwrap(), Vec::new(), vec![0; 30_000]);
    loop {
        match pipe.read(&mut part).unwrap() {
            0 => break,
            n => through.extend_from_slice(&part[..n]),
        }
        // The pipe is full, so the write waits in its middle; a signal ends it there. This one is handled and means nothing.
        std::thread::sleep(Duration::from_millis(2));
        let mut kill = place.program("kill");
        kill.args(["-XFSZ", &child.id().to_string()]);
        end(kill);
    }
    assert!(child.wait().unwrap().success());
    assert!(through == whole, "{} bytes of {}", through.len(), whole.len());
}
