//! A small run to be disturbed: what stands before it, and what must stand after it.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tamis::run;

use crate::strace::{self, Call};
use crate::support::{Chance, Ended, Place, assert_same_tree, assert_sums_hold, quoted, tree};

/// Whether all faults are to be tried, not a share of them.
pub(crate) fn tries_all() -> bool {
    std::env::var("TAMIS_FAULTS").is_ok_and(|value| value == "all")
}

/// These calls, or as many of them as there is time for, spread evenly.
pub(crate) fn some(calls: Vec<Call>, most: usize) -> Vec<Call> {
    let all = calls.len();
    if tries_all() || all <= most {
        return calls;
    }
    calls
        .into_iter()
        .enumerate()
        .filter(|(i, _)| (i * most) / all != ((i + 1) * most) / all)
        .map(|(_, c)| c)
        .collect()
}

/// A small run.
pub(crate) struct Scene {
    pub(crate) place: Place,
    /// Command line of the run.
    line: String,
    /// What an uninterrupted run publishes.
    expected: BTreeMap<PathBuf, Vec<u8>>,
    /// Whether an earlier output stands there before the run.
    has_former: bool,
}

/// Options that keep the run small.
pub(crate) const PLAIN: &str = "-j 1 --events off";
/// Options by which it writes everything that it can.
pub(crate) const RICH: &str = "-j 4 --ledger full --compress gz --rejects ok";

impl Scene {
    /// A run into an empty folder, or over an earlier output; none if nothing can be traced here.
    pub(crate) fn new(options: &str, has_former: bool) -> Option<Self> {
        let place = Place::in_memory();
        if !strace::is_here(&place) {
            return None;
        }
        let line = format!("clean in -o out -q --progress none {options}");
        let is_rich = options == RICH;
        if has_former {
            inputs(&place, 1, is_rich);
            place.ok(&line);
            fs::rename(place.path("out"), place.path("former")).unwrap();
            fs::remove_dir_all(place.path("in")).unwrap();
        }
        inputs(&place, 2, is_rich);
        place.ok(&line.replace("-o out", "-o fresh"));
        let expected = place.tree("fresh");
        Some(Self { place, line, expected, has_former })
    }

    /// Puts back what stood there before the run.
    fn reset(&self) {
        let out = self.place.path("out");
        if out.exists() {
            fs::remove_dir_all(&out).unwrap();
        }
        if self.has_former {
            copy(&self.place.path("former"), &out);
        }
    }

    /// The writing calls of the run.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.reset();
        let calls = strace::writing_calls(&self.place, &self.line);
        assert_same_tree(&self.expected, &self.place.tree("out"));
        calls
    }

    /// Makes the run, with `fault` at `call`.
    pub(crate) fn disturbed(&self, call: &Call, fault: &str) -> Ended {
        self.reset();
        self.disturbed_again(call, fault)
    }

    /// As [`Scene::disturbed`], upon what stands there.
    pub(crate) fn disturbed_again(&self, call: &Call, fault: &str) -> Ended {
        strace::run_with(&self.place, &self.line, call, fault)
    }

    /// Demands that what the manifest in OUT names is whole, if there is one: of the run before, or of this one.
    #[track_caller]
    pub(crate) fn assert_whole(&self, case: &str) {
        let Ok(manifest) = fs::read(self.place.path("out/manifest.json")) else { return };
        if manifest == self.expected[Path::new("manifest.json")] {
            return self.assert_done(case);
        }
        assert!(
            self.has_former && manifest == self.place.read("former/manifest.json"),
            "{case}: whose manifest?"
        );
        // The inputs of the run before are no more.
        let (input, aside) = (self.place.path("in"), self.place.path("aside"));
        fs::rename(&input, &aside).unwrap();
        let verified = run::verify(&self.place.path("out"), &[]).unwrap();
        fs::rename(&aside, &input).unwrap();
        assert_eq!(verified.failed, 0, "{case}: {:#?}", verified.failures);
        assert_sums_hold(&self.place.path("out"));
    }

    /// Whether OUT is of a run that could not read one of its inputs, and whole.
    pub(crate) fn lists_an_input_that_cannot_be_read(&self) -> bool {
        let rejects = self.place.list("out/rejects.jsonl");
        let is_unreadable = |reject: &Value| reject["cause"].as_str().unwrap().contains("input/output error");
        let verified = run::verify(&self.place.path("out"), &[]).unwrap();
        rejects.iter().any(is_unreadable) && verified.failed == 0
    }

    /// Whether OUT holds what an uninterrupted run publishes.
    pub(crate) fn is_done(&self) -> bool {
        self.place.tree("out") == self.expected
    }

    /// Demands that OUT holds what an uninterrupted run publishes.
    #[track_caller]
    pub(crate) fn assert_done(&self, case: &str) {
        let there = self.place.tree("out");
        assert_eq!(there.keys().collect::<Vec<_>>(), self.expected.keys().collect::<Vec<_>>(), "{case}");
        for (path, bytes) in &self.expected {
            assert!(*bytes == there[path], "{case}: {} differs", path.display());
        }
        let verified = run::verify(&self.place.path("out"), &[]).unwrap();
        assert_eq!(verified.failed, 0, "{case}: {:#?}", verified.failures);
        assert_eq!(verified.unchecked, [], "{case}");
    }

    /// Demands that the same command, undisturbed, gives what an uninterrupted run gives.
    #[track_caller]
    pub(crate) fn assert_resumes(&self, case: &str) {
        let done = self.place.run(&self.line);
        assert_eq!(done.code, Some(0), "{case}: {}", done.err);
        self.assert_done(case);
        let private: Vec<PathBuf> = tree(&self.place.path("out/.tamis")).into_keys().collect();
        let left = |path: &&PathBuf| {
            let known = ["cache", "ledger", "ledger.jsonl", "lock", "seen.jsonl"];
            !known.iter().any(|name| path.starts_with(name)) || path.to_string_lossy().contains(".new-")
        };
        assert_eq!(private.iter().find(left), None, "{case}: left behind");
    }
}

/// Texts and records with copies among them; what the second edition changes is a file of every kind.
fn inputs(place: &Place, edition: u64, is_rich: bool) {
    let mut chance = Chance::new(40);
    let articles: Vec<String> = (0..8).map(|_| chance.article(40)).collect();
    let mut other = Chance::new(40 + edition);
    let mine = other.article(30);
    place.write("in/a.txt", format!("{}\nTerms of Use | Privacy Policy\n", articles[0]));
    place.write("in/b.txt", &articles[0]);
    place.write("in/c.txt", &mine);
    // A file that goes, one that comes, and a folder in its place.
    match edition {
        1 => place.write("in/d", &articles[1]),
        _ => place.write("in/d/e.txt", &articles[1]),
    }
    if !is_rich {
        return;
    }
    let lines = |articles: &[String]| -> String {
        articles.iter().map(|text| format!("{{\"text\":{}}}\n", quoted(text))).collect()
    };
    place.write("in/f.jsonl", lines(&articles[2..5]) + &lines(&[mine]) + "{broken\n");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(lines(&articles[4..]).as_bytes()).unwrap();
    place.write("in/g.jsonl.gz", packed.finish().unwrap());
}

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}
