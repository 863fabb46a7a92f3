//! An input that changes between the two readings is a reject: what is written is of one moment.

// What goes wrong in a helper fails the test that called it.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tamis::run::options::Input;
use tamis::run::{self, Options, Outcome, Phase, Progress};

/// Changes a file when a phase begins.
struct Meddler {
    phase: Phase,
    change: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Progress for Meddler {
    fn begin(&self, phase: Phase, _: Option<u64>) {
        if phase == self.phase
            && let Some(change) = self.change.lock().unwrap().take()
        {
            change();
        }
    }

    fn advance(&self, _: u64, _: u64) {}
}

fn clean(folder: &Path, phase: Phase, change: impl FnOnce() + Send + 'static) -> Outcome {
    let inputs = vec![Input { name: None, path: folder.join("in") }];
    let options = Options { inputs, out: folder.join("out"), events: None, ..Options::default() };
    let meddler = Meddler { phase, change: Mutex::new(Some(Box::new(change))) };
    run::clean(&options, &meddler).unwrap()
}

/// A folder with two texts and a file of records, that share a document.
fn folder() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let input = dir.path().join("in");
    fs::create_dir(&input).unwrap();
    let words: Vec<String> = (0..60).map(|n| format!("word{n}")).collect();
    fs::write(input.join("a.txt"), words.join(" ")).unwrap();
    fs::write(input.join("b.txt"), "The ferry is late.\n").unwrap();
    fs::write(
        input.join("c.jsonl"),
        format!("{{\"text\":\"{}\"}}\n{{\"text\":\"A new tram.\"}}\n", words.join(" ")),
    )
    .unwrap();
    (dir, input)
}

#[test]
fn what_changes_between_the_readings_is_rejected_and_the_rest_is_decided_without_it() {
    for (file, phase) in [
        ("a.txt", Phase::Write),
        ("c.jsonl", Phase::Write),
        ("b.txt", Phase::Write),
        ("a.txt", Phase::Copies),
    ] {
        for gone in [false, true] {
            let (dir, input) = folder();
            let path = input.join(file);
            let outcome = clean(dir.path(), phase, move || {
                if gone { fs::remove_file(path).unwrap() } else { fs::write(path, "{}").unwrap() }
            });
            let counts = &outcome.manifest.counts;
            // The first text and the first record are the same; a file is rejected whole.
            let want = match file {
                "a.txt" => (4, 1, 0),
                "b.txt" => (4, 1, 1),
                _ => (3, 1, 0),
            };
            assert_eq!((counts.read, counts.rejected, counts.identical), want, "{file} {phase:?}");
            assert!(outcome.rejects[0].starts_with(file), "{:?}", outcome.rejects);
            assert!(!dir.path().join("out/data").join(file).exists());
        }
    }
}
