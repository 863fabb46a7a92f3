//! A run that is killed loses nothing, and readers never see half of what it published.

use std::fs;

use crate::scene::{PLAIN, RICH, Scene, some};
use crate::strace::Call;
use crate::support::skip;

/// Kills the run at each of its writing calls.
#[track_caller]
fn kill_everywhere(options: &str, has_former: bool, most: usize) {
    let Some(scene) = Scene::new(options, has_former) else { return skip("strace is not here") };
    let calls = scene.calls();
    assert!(calls.len() > 40, "{calls:?}");
    for call in some(calls, most) {
        let case = format!("killed at {} {}", call.name, call.number);
        let done = scene.disturbed(&call, "signal=KILL");
        // With several threads a call may come to a thread that made fewer of them this time.
        assert!(done.code.is_none() || options == RICH, "{case}: {:?} {}", done.code, done.err);
        scene.assert_whole(&case);
        scene.assert_resumes(&case);
    }
}

#[test]
fn a_first_run_that_is_killed_at_any_call_is_resumed_to_the_same_bytes() {
    kill_everywhere(PLAIN, false, 40);
}

#[test]
fn a_run_over_an_earlier_output_that_is_killed_at_any_call_leaves_no_torn_output() {
    kill_everywhere(PLAIN, true, 60);
}

#[test]
fn a_run_on_several_threads_that_writes_all_it_can_may_be_killed_at_any_call() {
    kill_everywhere(RICH, false, 15);
    kill_everywhere(RICH, true, 25);
}

#[test]
fn runs_that_are_killed_one_after_the_other_leave_nothing_of_their_own_behind() {
    let Some(scene) = Scene::new(PLAIN, true) else { return skip("strace is not here") };
    let renames: Vec<Call> = scene.calls().into_iter().filter(|call| call.name == "rename").collect();
    assert!(renames.len() > 7, "{renames:?}");
    for first in some(renames.clone(), 3) {
        // What the first run was about to publish, and no other one.
        scene.place.write("in/0/only-once.txt", "A text that goes again.\n");
        scene.disturbed(&first, "signal=KILL");
        fs::remove_dir_all(scene.place.path("in/0")).unwrap();
        for second in some(renames.clone(), 3) {
            let case = format!("killed at {first:?}, then at {second:?}");
            scene.disturbed_again(&second, "signal=KILL");
            scene.assert_whole(&case);
        }
        scene.assert_resumes(&format!("killed at {first:?}, then again and again"));
    }
}
