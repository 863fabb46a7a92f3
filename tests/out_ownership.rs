//! OUT belongs to whoever made it: only files that a manifest of tamis names, and that still are what it says, are ever
//! replaced or deleted.

// What goes wrong in a helper fails the test that called it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::fs;
use std::io::Write;
use std::path::Path;

use support::{Chance, Place, assert_same_tree, assert_sums_hold};

/// Three articles and their clean corpus.
fn cleaned() -> Place {
    let place = Place::new();
    let mut chance = Chance::new(4);
    for name in ["a.txt", "b.txt", "deep/er/c.txt"] {
        place.write(format!("in/{name}"), chance.article(40));
    }
    place.ok("clean in -o out -q");
    place
}

#[test]
fn a_folder_that_is_not_of_tamis_is_refused_and_untouched() {
    let place = cleaned();
    place.write("mine/notes.txt", "mine");
    place.write("mine/manifest.json", "{\"tool\":\"another\"}");
    let before = place.tree("mine");
    for options in ["", "--force", "--check", "-n"] {
        place.ends(2, &format!("clean in -o mine {options}")).says(&["error: mine: not empty", "hint: "]);
    }
    assert_same_tree(&before, &place.tree("mine"));
    assert!(!place.exists("mine/.tamis"), "not even the private folder");
    place.ends(2, "clean in -o in/a.txt").says(&["error: in/a.txt"]);
}

#[test]
fn an_edited_file_is_given_up_only_by_force() {
    let place = cleaned();
    let clean = place.tree("out");
    place.write("in/a.txt", "A new text.\n");
    // As long as it was, too.
    let as_long = place.text("out/data/a.txt").replacen(char::is_alphabetic, "X", 1);
    for text in [as_long.as_str(), "edited by hand\n"] {
        place.write("out/data/a.txt", text);
        let edited = place.tree("out");
        assert_ne!(clean, edited);
        place.ends(2, "clean in -o out").says(&["data/a.txt", "--force"]);
        assert_same_tree(&edited, &place.tree("out"));
    }
    place.ok("clean in -o out -q --force");
    assert_eq!(place.text("out/data/a.txt"), "A new text.\n");
    assert_ne!(clean, place.tree("out"));
    assert_sums_hold(&place.path("out"));
}

#[test]
fn a_deleted_file_comes_back() {
    let place = cleaned();
    let clean = place.tree("out");
    fs::remove_file(place.path("out/data/b.txt")).unwrap();
    fs::remove_file(place.path("out/report.html")).unwrap();
    place.ends(6, "clean in -o out --check").says(&["data/b.txt", "report.html"]);
    place.ok("clean in -o out -q");
    assert_same_tree(&clean, &place.tree("out"));
}

#[test]
fn neither_may_hold_the_other() {
    let place = cleaned();
    let before = (place.tree("in"), place.tree("out"));
    for (input, out) in [
        ("in", "in/out"),
        ("in", "in"),
        ("in", "./in/../in/new/deep"),
        ("out/data", "out"),
        ("out/data/a.txt", "out"),
        ("in/a.txt", "in"),
        (".", "new"),
    ] {
        let done = place.ends(2, &format!("clean {input} -o {out}"));
        assert!(done.err.contains("the output folder"), "{input} {out}: {}", done.err);
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("in", place.path("alias")).unwrap();
        place.ends(2, "clean in -o alias/out").says(&["lies inside the input"]);
        place.ends(2, "clean alias -o in/out").says(&["lies inside the input"]);
    }
    place.ends(2, "clean in other=out/data -o out").says(&["holds the input"]);
    assert_same_tree(&before.0, &place.tree("in"));
    assert_same_tree(&before.1, &place.tree("out"));
    place.ends(2, "clean in -o new/../in/out").says(&["`..` leads out of a folder that does not exist"]);
    assert!(!place.exists("new"));
}

#[test]
fn stale_files_go_and_foreign_ones_stay() {
    let place = cleaned();
    place.write("out/notes.txt", "mine");
    place.write("out/data/mine.txt", "mine too");
    fs::remove_file(place.path("in/deep/er/c.txt")).unwrap();
    place.ok("clean in -o out -q");
    assert!(!place.exists("out/data/deep"), "a folder that held only stale files goes too");
    assert_eq!(
        (place.text("out/notes.txt"), place.text("out/data/mine.txt")),
        ("mine".into(), "mine too".into())
    );
    // A new input that would stand where a foreign file stands does not win.
    let before = place.tree("out");
    place.write("in/mine.txt", "Another text.\n");
    place.ends(2, "clean in -o out").says(&["mine.txt", "is not of tamis"]);
    assert_same_tree(&before, &place.tree("out"));
}

#[test]
fn a_second_run_at_the_same_time_is_told_to_wait() {
    let place = cleaned();
    let before = place.tree("out");
    place.write("in/new.txt", "A new text.\n");
    let mut lock = fs::File::options().write(true).open(place.path("out/.tamis/lock")).unwrap();
    lock.set_len(0).unwrap();
    writeln!(lock, "process 4242").unwrap();
    lock.lock().unwrap();
    place
        .ends(11, "clean in -o out")
        .says(&["error: out: another run works here (process 4242)", "hint: wait"]);
    assert_same_tree(&before, &place.tree("out"));
    // Looking takes no lock.
    place.ends(6, "clean in -o out --check -q");
    drop(lock);
    place.ok("clean in -o out -q");
    assert!(place.exists("out/data/new.txt"));
}

#[test]
fn a_check_says_what_would_change_and_changes_nothing() {
    let place = cleaned();
    place.ends(0, "clean in -o out --check").says(&["up to date"]);
    place.ends(6, "clean in -o absent --check -q");
    assert!(!place.exists("absent"));
    let before = place.tree("out");
    place.write("in/new.txt", "A new text.\n");
    let said = place.ends(6, "clean in -o out --check").err;
    assert!(said.contains("data/new.txt") && !said.contains("data/a.txt"), "{said}");
    assert_same_tree(&before, &place.tree("out"));
    place.ok("clean in -o out -q");
    place.ends(0, "clean in -o out --check -q");
    place.ends(6, "clean in -o out --check -q --similarity 0.5");
    fs::remove_file(place.path("in/new.txt")).unwrap();
    place.ends(6, "clean in -o out --check").says(&["data/new.txt"]);
}

#[test]
fn a_dry_run_tells_the_counts_and_writes_nothing() {
    let place = cleaned();
    let before = place.tree("out");
    place.write("in/new.txt", "A new text.\n");
    place.ok("clean in -o out -n").says(&["4 kept", "Nothing was written"]);
    assert_same_tree(&before, &place.tree("out"));
    place.ok("clean in -o absent -n -q");
    assert!(!place.exists("absent"));
}

#[test]
fn the_sums_and_the_manifest_name_every_published_file() {
    let place = cleaned();
    let out = place.path("out");
    assert_sums_hold(&out);
    let manifest = place.json("out/manifest.json");
    for (list, root) in [("outputs", "out"), ("inputs", "in")] {
        for file in manifest[list].as_array().unwrap() {
            let bytes = place.read(Path::new(root).join(file["path"].as_str().unwrap()));
            assert_eq!(file["sha256"], support::sha256(&bytes));
            assert_eq!(file["bytes"].as_u64(), Some(bytes.len() as u64));
        }
    }
    assert_eq!(manifest["inputs"].as_array().unwrap().len(), 3);
    assert_eq!(manifest["outputs"].as_array().unwrap().len(), 8);
}

#[test]
fn an_empty_input_has_its_hash_in_the_manifest_too() {
    let place = Place::new();
    place.write("in/empty.txt", "");
    place.write("in/empty.jsonl", "");
    place.ok("clean in -o out -q");
    let inputs = place.json("out/manifest.json")["inputs"].clone();
    let paths: Vec<&str> = inputs.as_array().unwrap().iter().map(|i| i["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["empty.jsonl", "empty.txt"]);
}

#[test]
fn what_people_write_in_the_card_stays() {
    let place = cleaned();
    let card = place.text("out/README.md");
    let mine = card.replacen("license: other", "license: cc0-1.0", 1).replacen(
        "# A cleaned corpus",
        "# Reports of a council",
        1,
    ) + "\n## Thanks\n\nTo the clerk.\n";
    place.write("out/README.md", &mine);
    place.write("out/.gitattributes", "mine\n");
    place.write("in/new.txt", "A new text.\n");
    place.ok("clean in -o out -q");
    let after = place.text("out/README.md");
    for line in ["license: cc0-1.0", "# Reports of a council", "\n## Thanks\n\nTo the clerk.\n"] {
        assert!(after.contains(line), "{line}\n{after}");
    }
    assert!(after.contains("| Documents read | 4 |") && !after.contains("| Documents read | 3 |"), "{after}");
    assert_eq!(place.text("out/.gitattributes"), "mine\n");
    place.ends(0, "clean in -o out --check -q");
}

#[test]
fn without_the_private_folder_the_next_run_starts_afresh() {
    let place = cleaned();
    let before = place.tree("out");
    fs::remove_dir_all(place.path("out/.tamis")).unwrap();
    place.ok("clean in -o out -q");
    assert_same_tree(&before, &place.tree("out"));
    place.write("in/a.txt", "Another text.\n");
    fs::remove_dir_all(place.path("out/.tamis")).unwrap();
    place.ok("clean in -o out -q");
    assert_eq!(place.text("out/data/a.txt"), "Another text.\n");
}

#[test]
fn a_manifest_that_names_files_elsewhere_is_none_of_tamis() {
    let place = cleaned();
    place.write("victim.txt", "mine");
    let manifest = place.text("out/manifest.json");
    let sha256 = support::sha256(b"mine");
    let elsewhere =
        ["../victim.txt".to_owned(), place.path("victim.txt").display().to_string(), ".tamis/lock".into()];
    for name in elsewhere {
        let entry =
            format!("{{\"path\": {}, \"bytes\": 4, \"sha256\": \"{sha256}\"}},", support::quoted(&name));
        let forged = manifest.replacen("\"outputs\": [", &format!("\"outputs\": [{entry}"), 1);
        assert_ne!(forged, manifest);
        place.write("out/manifest.json", forged);
        place.write("in/a.txt", "Another text.\n");
        for options in ["", "--force"] {
            place.ends(2, &format!("clean in -o out -q {options}")).says(&["not an output of tamis"]);
        }
        assert_eq!(place.text("victim.txt"), "mine");
    }
}
