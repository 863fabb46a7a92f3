//! A run that waits at a system call while another one works.

use std::time::Duration;

use crate::strace;
use crate::support::{Place, assert_same_tree, skip};

#[test]
fn a_run_looks_at_what_another_one_left_only_when_that_one_is_over() {
    let place = Place::new();
    if !strace::is_here(&place) {
        return skip("strace is not here");
    }
    place.write("in/a.txt", "The bridge was opened on Monday.\n");
    place.write("other/x.txt", "Another text altogether, about a ferry.\n");
    place.ok("clean in -o out -q");
    place.write("in/b.txt", "The mayor spoke on Tuesday.\n");
    // The first run waits before it asks for the lock; meanwhile the second one begins and ends.
    let mut slow =
        strace::delayed(&place, "clean in -o out -q", "flock", Duration::from_secs(4)).spawn().unwrap();
    std::thread::sleep(Duration::from_secs(1));
    place.ok("clean other -o out -q");
    assert!(slow.wait().unwrap().success());
    place.ok("clean in -o fresh -q");
    assert_same_tree(&place.tree("fresh"), &place.tree("out"));
}
