//! When the disk is full the run fails, and what was published before stays whole.

#![cfg(target_os = "linux")]
// What goes wrong in a helper fails the test that called it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::process::Command;

use support::{Chance, Place, assert_same_tree, assert_sums_hold, end, has, skip};

/// A small corpus that is published in `out`, and a larger input.
fn published(place: &Place) {
    let mut chance = Chance::new(14);
    place.write("small/a.txt", chance.article(100));
    for i in 0..60 {
        place.write(format!("large/{i:02}.txt"), chance.article(3000));
    }
}

/// Demands that the run fails, that what stands in `out` is whole, and that it goes through once there is room.
fn fails_and_recovers(place: &Place, run: Command, room: &str) {
    let before = place.tree("out");
    end(run).with(1).says(&["error: ", "cannot write (nothing was published)"]);
    assert_same_tree(&before, &place.tree("out"));
    assert_sums_hold(&place.path("out"));
    place.ok(room);
    place.ok("clean large -o fresh -q --events off");
    assert_same_tree(&place.tree("fresh"), &place.tree("out"));
}

#[test]
fn a_limit_on_the_size_of_files_is_an_error_not_a_death() {
    if !has("prlimit") {
        return skip("prlimit is not there");
    }
    let place = Place::new();
    published(&place);
    place.ok("clean small -o out -q");
    // `report.html` and `documents.jsonl` grow beyond it, the texts do not.
    let mut run = place.program("prlimit");
    run.args(["--fsize=24000", env!("CARGO_BIN_EXE_tamis")]);
    run.args("clean large -o out -q --events off".split(' '));
    fails_and_recovers(&place, run, "clean large -o out -q --events off");
}

#[test]
fn a_full_file_system_is_an_error_and_the_next_run_needs_no_help() {
    let place = Place::new();
    published(&place);
    std::fs::create_dir(place.path("out")).unwrap();
    // The mount is seen by one shell only, and goes with it.
    let tamis = env!("CARGO_BIN_EXE_tamis");
    let script = format!(
        "mount -t tmpfs -o size=400k tmpfs out || exit 77
         '{tamis}' clean small -o out -q || exit 78
         cp -r out before
         '{tamis}' clean large -o out -q --events off; code=$?
         cp -r out after
         mount -o remount,size=8m out
         '{tamis}' clean large -o out -q --events off || exit 79
         cp -r out later
         exit $code"
    );
    let mut shell = place.program("unshare");
    shell.args(["--mount", "sh", "-c", &script]);
    let done = match shell.output() {
        Err(_) => return skip("unshare is not there"),
        Ok(output) => support::Ended::from(output),
    };
    if done.code == Some(77) || !place.exists("before") {
        return skip("may not mount a file system of its own");
    }
    done.with(1).says(&["cannot write (nothing was published)"]);
    assert_same_tree(&place.tree("before"), &place.tree("after"));
    place.ok("clean large -o fresh -q --events off");
    assert_same_tree(&place.tree("fresh"), &place.tree("later"));
}
