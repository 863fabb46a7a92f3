//! A place for a test to work in: a temporary folder, the binary that runs in it, and readers for what it writes.
//!
//! No test shares a place with another, and none sees the settings of whoever runs it.

// Each test file uses a part of this module.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// A temporary folder; commands run inside it.
pub(crate) struct Place {
    dir: TempDir,
}

/// How a run of the binary ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: Vec<u8>,
    pub(crate) err: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { dir: TempDir::new().unwrap() }
    }

    /// A place where a sync costs nothing, if there is one.
    pub(crate) fn in_memory() -> Self {
        let memory = TempDir::new_in("/dev/shm");
        Self { dir: memory.or_else(|_| TempDir::new()).unwrap() }
    }

    pub(crate) fn root(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join(relative)
    }

    /// Writes a file, with the folders that it needs.
    pub(crate) fn write(&self, relative: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn read(&self, relative: impl AsRef<Path>) -> Vec<u8> {
        let path = self.path(relative);
        fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }

    pub(crate) fn text(&self, relative: impl AsRef<Path>) -> String {
        String::from_utf8(self.read(relative)).unwrap()
    }

    pub(crate) fn exists(&self, relative: impl AsRef<Path>) -> bool {
        fs::symlink_metadata(self.path(relative)).is_ok()
    }

    /// The objects of a list, a line each; where the list is a table, a row each.
    pub(crate) fn list(&self, relative: impl AsRef<Path>) -> Vec<Value> {
        list(&self.path(relative))
    }

    pub(crate) fn json(&self, relative: impl AsRef<Path>) -> Value {
        serde_json::from_slice(&self.read(relative)).unwrap()
    }

    /// The binary with `line` as its arguments, taken apart at spaces.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tamis"));
        self.at_home(&mut command);
        command.args(line.split_whitespace());
        command
    }

    /// Another program that runs the binary, or looks at what it wrote.
    pub(crate) fn program(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        self.at_home(&mut command);
        command
    }

    fn at_home(&self, command: &mut Command) {
        command.current_dir(self.root()).stdin(Stdio::null());
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"TAMIS_"))
        {
            command.env_remove(name);
        }
    }

    pub(crate) fn run(&self, line: &str) -> Ended {
        end(self.command(line))
    }

    /// Runs with `input` on standard input.
    pub(crate) fn feed(&self, line: &str, input: &[u8]) -> Ended {
        let mut command = self.command(line);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut pipe = child.stdin.take().unwrap();
        let input = input.to_vec();
        // A filter that stops early closes the pipe; that is its affair.
        let writer = std::thread::spawn(move || drop(pipe.write_all(&input)));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        Ended::from(output)
    }

    /// Runs while `talk` writes to its standard input and reads its standard output. What a program that stopped does
    /// not take is its affair.
    pub(crate) fn converse(
        &self,
        line: &str,
        talk: impl FnOnce(&mut dyn Write, &mut dyn BufRead) -> std::io::Result<()>,
    ) -> Ended {
        let mut command = self.command(line);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let _ = talk(&mut input, &mut output);
        drop((input, output));
        Ended::from(child.wait_with_output().unwrap())
    }

    /// Runs and demands success.
    #[track_caller]
    pub(crate) fn ok(&self, line: &str) -> Ended {
        self.ends(0, line)
    }

    /// Runs and demands this exit code.
    #[track_caller]
    pub(crate) fn ends(&self, code: i32, line: &str) -> Ended {
        self.run(line).with(code)
    }

    /// All files below a folder, by relative path; what a dot folder of tamis holds is not published and left out.
    pub(crate) fn tree(&self, relative: impl AsRef<Path>) -> BTreeMap<PathBuf, Vec<u8>> {
        tree(&self.path(relative))
    }
}

pub(crate) fn end(mut command: Command) -> Ended {
    Ended::from(command.output().unwrap_or_else(|e| panic!("{command:?}: {e}")))
}

impl From<std::process::Output> for Ended {
    fn from(output: std::process::Output) -> Self {
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        Self { code: output.status.code(), out: output.stdout, err }
    }
}

impl Ended {
    #[track_caller]
    pub(crate) fn with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}", self.err);
        self
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.out.clone()).unwrap()
    }

    /// Demands that standard error says each of these.
    #[track_caller]
    pub(crate) fn says(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.err.contains(word), "not said: {word}\n{}", self.err);
        }
        self
    }
}

/// The objects of the list that is called `path` where it is JSON lines.
pub(crate) fn list(path: &Path) -> Vec<Value> {
    use tamis::write::parquet::{RecordReader, lists};
    let table = path.with_extension("parquet");
    if path.exists() || !table.exists() {
        return json_lines(&fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display())));
    }
    let columns = if table.ends_with("clusters.parquet") { lists::clusters() } else { lists::documents() };
    let mut rows = Vec::new();
    let table = RecordReader::open(fs::File::open(table).unwrap(), columns).unwrap();
    table.each(|row| rows.push(row)).unwrap();
    rows
}

pub(crate) fn json_lines(bytes: &[u8]) -> Vec<Value> {
    let lines = bytes.split_inclusive(|b| *b == b'\n');
    lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
}

pub(crate) fn tree(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let path = entry.path();
            if entry.file_name() == OsStr::new(".tamis") {
                continue;
            }
            if entry.file_type().unwrap().is_dir() {
                walk(root, &path, found);
            } else {
                found.insert(path.strip_prefix(root).unwrap().to_path_buf(), fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    if root.exists() {
        walk(root, root, &mut found);
    }
    found
}

/// Demands equal trees and names the first file that differs, not its bytes.
#[track_caller]
pub(crate) fn assert_same_tree(one: &BTreeMap<PathBuf, Vec<u8>>, other: &BTreeMap<PathBuf, Vec<u8>>) {
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    for (path, bytes) in one {
        assert!(*bytes == other[path], "{} differs", path.display());
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// Demands that the sums file of an output vouches for every published file, and that each hash is true.
#[track_caller]
pub(crate) fn assert_sums_hold(out: &Path) {
    let sums = fs::read(out.join("SHA256SUMS")).unwrap();
    let files = tree(out);
    let mut vouched = 0;
    for line in String::from_utf8(sums).unwrap().lines() {
        let (hash, name) = line.split_once("  ").unwrap();
        let bytes = files.get(Path::new(name)).unwrap_or_else(|| panic!("no file {name}"));
        assert_eq!(hash, sha256(bytes), "{name}");
        vouched += 1;
    }
    let companions = ["SHA256SUMS", "README.md", ".gitignore", ".gitattributes"];
    let published = files.keys().filter(|p| !companions.iter().any(|c| *p == Path::new(c))).count();
    assert_eq!(vouched, published, "every published file has its line");
}

/// Demands `kept + removed + emptied + rejected = read`, in the manifest and in the lists; returns the counts.
#[track_caller]
pub(crate) fn assert_all_accounted_for(out: &Path) -> Value {
    let manifest: Value = serde_json::from_slice(&fs::read(out.join("manifest.json")).unwrap()).unwrap();
    let counts = manifest["counts"].clone();
    let count = |name: &str| counts[name].as_u64().unwrap();
    let parts = ["kept", "identical", "near", "emptied", "rejected"].map(count);
    assert_eq!(parts.iter().sum::<u64>(), count("read"), "{counts}");
    let documents = list(&out.join("documents.jsonl"));
    for status in ["kept", "identical", "near", "emptied"] {
        let listed = documents.iter().filter(|d| d["status"] == status).count() as u64;
        assert_eq!(listed, count(status), "{status}");
    }
    let rejects = json_lines(&fs::read(out.join("rejects.jsonl")).unwrap());
    assert_eq!(rejects.len() as u64, count("rejected"));
    counts
}

/// Numbers that look like chance and are the same every time.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }

    /// A word that may stand in a report of a town council, `index` below [`WORDS`].
    fn word(&mut self) -> String {
        const HEADS: [&str; 18] = [
            "bridge", "council", "harbour", "mayor", "budget", "ferry", "school", "river", "storm", "union",
            "vote", "market", "tram", "library", "farm", "court", "island", "museum",
        ];
        const TAILS: [&str; 12] =
            ["", "s", "ing", "ward", "like", "er", "wide", "side", "less", "ful", "ly", "ish"];
        HEADS[self.below(HEADS.len())].to_owned() + TAILS[self.below(TAILS.len())]
    }

    pub(crate) fn words(&mut self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.word()).collect()
    }

    /// Paragraphs of prose: sentences of 8 to 15 words, three a paragraph, with an empty line between.
    pub(crate) fn article(&mut self, words: usize) -> String {
        let mut text = String::new();
        let (mut left, mut sentences) = (words, 0);
        while left > 0 {
            let take = (8 + self.below(8)).min(left);
            left -= take;
            let mut sentence = self.words(take).join(" ");
            sentence[..1].make_ascii_uppercase();
            sentences += 1;
            let gap = if left == 0 {
                "\n"
            } else if sentences % 3 == 0 {
                "\n\n"
            } else {
                " "
            };
            text += &format!("{sentence}.{gap}");
        }
        text
    }
}

/// A JSON string with its quotes.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// Whether a program is there to be run.
pub(crate) fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Says why a test looks at nothing on this machine.
#[allow(clippy::print_stdout)]
pub(crate) fn skip(why: &str) {
    println!("skipped: {why}");
}
