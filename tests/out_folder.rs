//! OUT need not exist, wherever it is; OUT around or inside an input is refused.

use std::path::Path;
use std::process::{Command, Stdio};

/// Runs `tamis clean texts -o OUT` in `folder`; exit code and what was said.
fn clean(folder: &Path, out: &str) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tamis"));
    command.current_dir(folder).args(["clean", "texts", "-o", out, "--progress", "none"]);
    let output = command.stdin(Stdio::null()).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

fn folder_with_texts() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("texts")).unwrap();
    std::fs::write(folder.path().join("texts/a.txt"), "The bridge was opened on Monday.\n").unwrap();
    folder
}

#[test]
fn an_absent_folder_beside_the_input_may_be_named_without_any_slash() {
    for out in ["clean", "./clean", "not/yet/there", "texts-clean"] {
        let folder = folder_with_texts();
        let (code, said) = clean(folder.path(), out);
        assert_eq!(code, Some(0), "{out}: {said}");
        assert!(folder.path().join(out).join("data/a.txt").exists(), "{out}: {said}");
    }
}

#[test]
fn a_folder_around_or_inside_the_input_is_refused() {
    for out in [".", "texts", "texts/clean", "./texts/not/yet"] {
        let folder = folder_with_texts();
        let (code, said) = clean(folder.path(), out);
        assert_eq!(code, Some(2), "{out}: {said}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "{out}: {said}");
    }
}
