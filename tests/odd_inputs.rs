//! Odd inputs are inputs: every one is used or listed, none harms its neighbours, no name or id becomes a path or a
//! command to the terminal.

// What goes wrong in a helper fails the test that called it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use support::{Chance, Place, assert_all_accounted_for, assert_sums_hold, end, quoted};
#[cfg(unix)]
use support::{has, skip};

#[test]
fn very_short_very_long_and_broken_texts_are_texts() {
    let place = Place::new();
    let long_line = "word and again word ".repeat(60_000);
    let texts: [(&str, &[u8]); 7] = [
        ("empty.txt", b""),
        ("one.txt", b"x"),
        ("byte.txt", b"\xC3\xA9\xFF\xC3\xA8"),
        ("nul.txt", b"a\0b\0\n"),
        ("mark.txt", b"\xEF\xBB\xBFA text.\n"),
        ("old.txt", b"One line.\rAnother line.\r"),
        ("long.txt", long_line.trim_end().as_bytes()),
    ];
    for (name, text) in texts {
        place.write(format!("in/{name}"), text);
    }
    place.ok("clean in -o out -q");
    for (name, text) in texts {
        assert!(place.read(format!("out/data/{name}")) == text, "{name}");
    }
    let counts = assert_all_accounted_for(&place.path("out"));
    assert_eq!(counts["kept"], 7);
    assert_sums_hold(&place.path("out"));
}

#[test]
fn an_empty_folder_and_an_empty_file_give_an_empty_corpus() {
    let place = Place::new();
    std::fs::create_dir(place.path("in")).unwrap();
    place.ok("clean in -o out -q");
    assert_eq!(assert_all_accounted_for(&place.path("out"))["read"], 0);
    assert_sums_hold(&place.path("out"));
    for blank in ["", "\n", "\n \r\n\t\n", "\u{feff}", "\u{feff}\n"] {
        place.write("a.jsonl", blank);
        place.ok("clean a.jsonl -o records -q");
        assert_eq!(assert_all_accounted_for(&place.path("records"))["read"], 0, "{blank:?}");
    }
    for line in ["clean - -o text -q", "clean - -o lines -q --format jsonl"] {
        place.feed(line, b"").with(0);
    }
    assert_eq!(assert_all_accounted_for(&place.path("text"))["kept"], 1, "an empty text is a document");
    assert_eq!(assert_all_accounted_for(&place.path("lines"))["read"], 0);
}

#[test]
fn a_text_of_white_space_alone_is_accounted_for() {
    let place = Place::new();
    for (name, text) in [("a", "\n"), ("b", "  \n\n\t\n"), ("c", "\u{a0}\n\u{3000}"), ("d", "\r\n\r\n")] {
        place.write(format!("in/{name}.txt"), text);
    }
    place.ok("clean in -o out -q");
    assert_eq!(assert_all_accounted_for(&place.path("out"))["read"], 4);
    let written: Vec<_> = place.tree("out/data").into_values().collect();
    assert!(written.iter().all(|text| !text.trim_ascii().is_empty()), "{written:?}");
}

#[cfg(unix)]
#[test]
fn names_that_are_no_utf8_or_hold_line_breaks_come_back_as_they_are() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let place = Place::new();
    let mut chance = Chance::new(30);
    let names: [&[u8]; 9] = [
        b"caf\xE9.txt",
        b"line\nbreak.txt",
        b"back\\slash.txt",
        b"back\\nslash.txt",
        b"re\rturn.txt",
        b" space .txt",
        b"-dash.txt",
        "é\u{202e}txt".as_bytes(),
        b"\xFF\xFE/\x01.txt",
    ];
    for name in names {
        let path = std::path::Path::new("in").join(OsStr::from_bytes(name));
        place.write(path, chance.article(30));
    }
    place.ok("clean in -o out -q");
    support::assert_same_tree(&place.tree("in"), &place.tree("out/data"));
    assert_all_accounted_for(&place.path("out"));
    // The next run knows its files again, and deletes what is stale.
    place.ends(0, "clean in -o out --check -q");
    for name in &names[1..] {
        std::fs::remove_file(place.path(std::path::Path::new("in").join(OsStr::from_bytes(name)))).unwrap();
    }
    place.ok("clean in -o out -q");
    support::assert_same_tree(&place.tree("in"), &place.tree("out/data"));
}

#[cfg(unix)]
#[test]
fn the_usual_tool_vouches_for_any_name() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    if !has("sha256sum") {
        return skip("sha256sum is not there");
    }
    let place = Place::new();
    for name in [&b"plain.txt"[..], b"line\nbreak.txt", b"back\\slash.txt", b"re\rturn.txt", b"caf\xE9.txt"] {
        let path = std::path::Path::new("in").join(OsStr::from_bytes(name));
        place.write(path, Chance::new(u64::from(name[0])).article(30));
    }
    place.ok("clean in -o out -q");
    let check = || {
        let mut sums = place.program("sha256sum");
        sums.current_dir(place.path("out")).args(["--check", "--strict", "--quiet", "SHA256SUMS"]);
        end(sums)
    };
    check().with(0);
    place.write("out/data/plain.txt", "edited");
    check().with(1);
}

#[test]
fn ids_are_never_paths() {
    let place = Place::new();
    let mut chance = Chance::new(31);
    let ids = ["../../x", "/etc/x", "a\0b", "..", "", "x".repeat(300).leak(), "CON", "\u{202e}x"];
    let records: String = ids
        .iter()
        .map(|id| format!("{{\"id\":{},\"text\":{}}}\n", quoted(id), quoted(&chance.article(25))))
        .collect();
    place.write("deep/er/in.jsonl", &records);
    place.ok("clean deep/er/in.jsonl -o deep/out -q");
    assert_eq!(place.text("deep/out/data/in.jsonl"), records);
    let files: Vec<_> = place.tree("").into_keys().filter(|p| !p.starts_with("deep/out")).collect();
    assert_eq!(files, [std::path::Path::new("deep/er/in.jsonl")]);
    assert_eq!(place.tree("deep/out/data").len(), 1);
    assert!(place.ok("explain deep/out ../../x").text().starts_with("in.jsonl#0"));
}

#[cfg(unix)]
#[test]
fn control_characters_in_names_and_ids_do_not_reach_the_terminal() {
    let place = Place::new();
    let bell = "\u{1b}]52;c;x\u{7}\nerror: forged";
    place.write(format!("in/{bell}.pdf"), "x");
    place.write(format!("in/{bell}.txt"), "A text.\n");
    place.write(format!("twin/{bell}.txt"), "A text.\n");
    place.write(
        "in/b.jsonl",
        format!("{{\"id\":{},\"text\":\"Un texte.\\n\\nLIRE AUSSI:\"}}\n", quoted(bell)),
    );
    place.write("my\u{1b}rules.toml", "[[rule]]\nid = \"a\u{1b}\"\n");
    let mut calls =
        vec![place.command("clean in -o out --color never -v"), place.command("clean in -o out --json -v")];
    let mut command = |line: &str, word: &str| {
        let mut command = place.command(line);
        command.arg(word);
        calls.push(command);
    };
    command("explain out", &format!("{bell}.txt"));
    command("explain out", bell);
    command("explain out", &format!("no{bell}"));
    command("rules test", "my\u{1b}rules.toml");
    command("clean in -o", &format!("in/{bell}"));
    command("clean in -o o2 --rules", &format!("nothere{bell}"));
    command("clean -o out", &format!("nothere{bell}"));
    command("strip", &format!("nothere{bell}"));
    command("clean -o o3 a=in", "a=twin");
    for call in calls {
        let words = format!("{call:?}");
        let done = end(call);
        let said = format!("{}{}", String::from_utf8_lossy(&done.out), done.err);
        let bad = said.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t'));
        assert_eq!(bad, None, "{words}: {said}");
        assert!(!said.lines().any(|line| line.starts_with("error: forged")), "{words}: {said}");
    }
}

#[test]
fn a_new_name_for_a_file_does_not_change_what_it_holds() {
    let place = Place::new();
    place.write("in.jsonl", "{\"text\":\"One text.\"}\n{\"text\":\"Another.\"}\n");
    place.write("b.txt", "A third.\n");
    place.ok("clean records=in.jsonl b=b.txt -o out -q");
    let keys: Vec<_> = place.list("out/documents.jsonl").iter().map(|d| d["doc"].clone()).collect();
    assert_eq!(keys, ["b", "records#0", "records#1"]);
    assert_eq!(place.read("out/data/records"), place.read("in.jsonl"));
}

#[test]
fn no_two_inputs_end_in_one_file() {
    let place = Place::new();
    place.write("stdin.txt", "A file of this name.\n");
    place
        .feed("clean - stdin.txt -o out", b"What came by the pipe.\n")
        .with(2)
        .says(&["stdin.txt", "hint: "]);
    assert!(place.tree("out").is_empty());
    place.feed("clean - file=stdin.txt -o out -q", b"What came by the pipe.\n").with(0);
    assert_eq!(place.tree("out/data").len(), 2);
    place.feed("clean - - -o twice", b"Once.\n").with(2).says(&["standard input"]);
}

#[test]
fn inputs_with_the_same_keys_must_be_told_apart() {
    let place = Place::new();
    for folder in ["x/in", "y/in"] {
        place.write(format!("{folder}/a.txt"), format!("A text of {folder}.\n"));
    }
    place.ends(2, "clean x/in y/in -o out").says(&["two inputs have this key", "hint: "]);
    place.ok("clean one=x/in two=y/in -o out -q");
    let keys: Vec<_> = place.list("out/documents.jsonl").iter().map(|d| d["doc"].clone()).collect();
    assert_eq!(keys, ["one/a.txt", "two/a.txt"]);
    assert_eq!(place.text("out/data/two/a.txt"), "A text of y/in.\n");
}

#[test]
fn names_that_differ_in_case_alone_are_noted() {
    let place = Place::new();
    for name in ["Ferry.txt", "ferry.txt", "ÉTÉ.txt", "été.txt", "other.txt"] {
        place.write(format!("in/{name}"), format!("{name:?} has {} bytes.\n", name.len()));
    }
    if place.tree("in").len() < 5 {
        return support::skip("this file system does not tell case");
    }
    let noted = ["Ferry.txt and ferry.txt differ only in case", "ÉTÉ.txt and été.txt differ only in case"];
    place.ok("clean in -o out --copies off").says(&noted);
    assert_eq!(place.tree("out/data").len(), 5, "they are kept apart here");
}
