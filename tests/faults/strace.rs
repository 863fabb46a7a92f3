//! A run under `strace`, which kills it at a system call or makes that call fail.
//!
//! `strace` counts each call of each thread on its own: `write` number 5 is the first fifth `write` of any thread.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;
use std::time::Duration;

use crate::support::{Ended, Place, end, has};

/// Calls by which a run changes what stands on disk. Files are made by `openat`, which also reads.
const WRITING: [&str; 20] = [
    "openat",
    "write",
    "pwrite64",
    "writev",
    "ftruncate",
    "fallocate",
    "fsync",
    "fdatasync",
    "syncfs",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "unlink",
    "unlinkat",
    "mkdir",
    "mkdirat",
    "rmdir",
    "flock",
];

/// One system call of a run: its name, and which of its kind it is in its thread, from 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) number: usize,
}

/// Whether runs can be traced here.
pub(crate) fn is_here(place: &Place) -> bool {
    has("strace") && {
        let mut strace = place.program("strace");
        strace.args(["-qq", "-o", "/dev/null", "true"]);
        strace.output().is_ok_and(|output| output.status.success())
    }
}

/// The command `line` of the binary under strace with these options.
fn under_strace(place: &Place, options: &[&str], line: &str) -> Command {
    let mut strace = place.program("strace");
    strace.args(["-f", "-qq"]).args(options).arg(env!("CARGO_BIN_EXE_tamis")).args(line.split_whitespace());
    strace
}

/// The writing calls of a run, in their order, as far as `strace` can point at them; the run is made.
pub(crate) fn writing_calls(place: &Place, line: &str) -> Vec<Call> {
    let log = place.path("strace.log");
    let trace = format!("trace={}", WRITING.join(","));
    end(under_strace(place, &["-e", &trace, "-o", log.to_str().unwrap()], line)).with(0);
    let log = fs::read(log).unwrap();
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut reached: BTreeSet<Call> = BTreeSet::new();
    let mut calls = Vec::new();
    let log = String::from_utf8_lossy(&log);
    for (thread, call) in log.lines().filter_map(|line| line.split_once(' ')) {
        // A call that another thread interrupts stands on two lines.
        let Some((name, arguments)) = call.trim_start().split_once('(') else { continue };
        if !WRITING.contains(&name) {
            continue;
        }
        let number = counts.entry((thread, name)).or_default();
        *number += 1;
        let call = Call { name: name.to_owned(), number: *number };
        let is_first = reached.insert(call.clone());
        if is_first && (name != "openat" || arguments.contains("O_CREAT")) {
            calls.push(call);
        }
    }
    calls
}

/// What `strace` is to do at a call: `signal=KILL`, `error=EIO`, …
pub(crate) fn run_with(place: &Place, line: &str, call: &Call, fault: &str) -> Ended {
    let Call { name, number } = call;
    let (trace, inject) = (format!("trace={name}"), format!("inject={name}:{fault}:when={number}"));
    end(under_strace(place, &["-e", &trace, "-e", &inject, "-o", "/dev/null"], line))
}

/// The command `line`, whose first call of this name begins so much later.
pub(crate) fn delayed(place: &Place, line: &str, call: &str, by: Duration) -> Command {
    let trace = format!("trace={call}");
    let inject = format!("inject={call}:delay_enter={}:when=1", by.as_micros());
    under_strace(place, &["-e", &trace, "-e", &inject, "-o", "/dev/null"], line)
}

/// All of these calls on the file at `path` fail, from the given one on.
pub(crate) fn run_with_bad_file(place: &Place, line: &str, path: &str, calls: &str, from: usize) -> Ended {
    let (trace, inject) = (format!("trace={calls}"), format!("inject={calls}:error=EIO:when={from}+"));
    let path = place.path(path);
    let options = ["-P", path.to_str().unwrap(), "-e", &trace, "-e", &inject, "-o", "/dev/null"];
    end(under_strace(place, &options, line))
}
