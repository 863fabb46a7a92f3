//! What a check found.

use std::collections::BTreeMap;

use serde::Serialize;

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// A file of OUT, or the key of an input.
    pub file: String,
    /// The document in which it shows, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// The first byte of the file that differs, where that is known; of an input once it is unpacked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// What is wrong, in plain words.
    pub cause: String,
}

/// What could not be checked for one cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unchecked {
    /// What could not be checked and why, in plain words.
    pub cause: String,
    /// How many files or inputs that concerns.
    pub count: u64,
    /// The first of them.
    pub first: String,
}

/// What `verify` found out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Files of OUT that were hashed.
    pub files: u64,
    /// Lines of documents.jsonl.
    pub documents: u64,
    /// Inputs of which every byte was found again.
    pub rebuilt: u64,
    /// Their bytes, unpacked.
    pub rebuilt_bytes: u64,
    /// Inputs that the run read.
    pub inputs: u64,
    /// How many things are wrong.
    pub failed: u64,
    /// The first of them, at most 100.
    pub failures: Vec<Failure>,
    /// What could not be checked, by cause.
    pub unchecked: Vec<Unchecked>,
}

/// Failures that are told one by one.
const SHOWN: usize = 100;

/// Collects what is found.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) answer: Verified,
    unchecked: BTreeMap<String, (u64, String)>,
}

impl Findings {
    /// Something is wrong with a file.
    pub(super) fn fail(&mut self, file: &str, cause: impl Into<String>) {
        self.fail_at(file, None, None, cause);
    }

    /// Something is wrong at a place of a file.
    pub(super) fn fail_at(
        &mut self,
        file: &str,
        doc: Option<&str>,
        offset: Option<u64>,
        cause: impl Into<String>,
    ) {
        self.answer.failed += 1;
        if self.answer.failures.len() < SHOWN {
            let (file, doc) = (file.to_owned(), doc.map(str::to_owned));
            self.answer.failures.push(Failure { file, doc, offset, cause: cause.into() });
        }
    }

    /// Something cannot be checked.
    pub(super) fn skip(&mut self, what: &str, cause: impl Into<String>) {
        let entry = self.unchecked.entry(cause.into()).or_insert_with(|| (0, what.to_owned()));
        entry.0 += 1;
    }

    /// Adds what was found beside it, as if it had been found behind.
    pub(super) fn join(&mut self, other: Self) {
        let Self {
            answer: Verified { files, documents, rebuilt, rebuilt_bytes, inputs, failed, .. }, ..
        } = &other;
        self.answer.files += files;
        self.answer.documents += documents;
        self.answer.rebuilt += rebuilt;
        self.answer.rebuilt_bytes += rebuilt_bytes;
        self.answer.inputs += inputs;
        self.answer.failed += failed;
        let room = SHOWN - self.answer.failures.len();
        self.answer.failures.extend(other.answer.failures.into_iter().take(room));
        for (cause, (count, first)) in other.unchecked {
            self.unchecked.entry(cause).or_insert((0, first)).0 += count;
        }
    }

    pub(super) fn finish(mut self) -> Verified {
        let unchecked = self.unchecked.into_iter();
        self.answer.unchecked =
            unchecked.map(|(cause, (count, first))| Unchecked { cause, count, first }).collect();
        self.answer
    }
}
