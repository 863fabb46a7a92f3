//! What cannot be used is listed with its cause and its place, and never silently skipped.

// What goes wrong in a helper fails the test that called it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use serde_json::Value;
use support::{Place, assert_all_accounted_for};
#[cfg(unix)]
use support::{end, has, skip};

const GOOD: &str = "{\"id\":1,\"text\":\"The bridge is open again.\"}\n";

fn by_file<'a>(rejects: &'a [Value], file: &str) -> Vec<&'a Value> {
    rejects.iter().filter(|r| r["file"] == file).collect()
}

#[test]
fn each_bad_record_is_named_by_its_number_its_bytes_and_its_cause() {
    let bad = [
        ("{\"id\":2,\"text\":\"cut off\n", "not valid JSON"),
        ("not json at all\n", "not valid JSON"),
        ("[\"a list\"]\n", "not a JSON object"),
        ("{\"id\":3,\"headline\":\"x\",\"words\":\"y\"}\n", "fields are: id, headline, words"),
        ("{\"id\":4,\"text\":null}\n", "the text field is not a string"),
        ("{\"id\":5,\"text\":[\"a\",\"b\"]}\n", "the text field is not a string"),
        ("{\"text\":\"one\"}{\"text\":\"two\"}\r\n", "not valid JSON"),
        ("{\"text\":\"no end", "not valid JSON"),
    ];
    let place = Place::new();
    let mut file = String::new();
    for (i, (line, _)) in bad.iter().enumerate() {
        file += &format!("{}\n{line}", GOOD.replace("again", &format!("again {i}")));
    }
    place.write("in.jsonl", &file);
    place.ends(3, "clean in.jsonl -o out").says(&["8 rejected", "in.jsonl#1: not valid JSON"]);
    let rejects = place.list("out/rejects.jsonl");
    assert_eq!(rejects.len(), bad.len());
    for (i, (reject, (line, cause))) in rejects.iter().zip(bad).enumerate() {
        let [start, end] = [0, 1].map(|side| reject["bytes"][side].as_u64().unwrap() as usize);
        assert_eq!(&file[start..end], line, "the range cuts out just this record");
        assert_eq!(reject["record"].as_u64(), Some(2 * i as u64 + 1));
        let said = reject["cause"].as_str().unwrap();
        assert!(said.contains(cause) || said == "the JSON ends too early", "{line}: {said}");
    }
    let counts = assert_all_accounted_for(&place.path("out"));
    assert_eq!((counts["read"].as_u64(), counts["kept"].as_u64()), (Some(16), Some(8)));
    let kept = place.list("out/data/in.jsonl");
    assert_eq!(kept.len(), 8, "good records around bad ones stay");
    let documents = place.list("out/documents.jsonl");
    assert_eq!(documents[7]["doc"], "in.jsonl#14", "rejected records count in the numbers of the others");
}

#[test]
fn records_are_numbered_through_a_file_however_long_they_are() {
    let place = Place::new();
    let mut file = String::new();
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    let sizes = [100, 3 << 20, 10, 2 << 20, 9 << 20, 5, 5 << 20, 40, 1 << 20, 3];
    for (i, size) in sizes.into_iter().enumerate() {
        let text = format!("Bridge {i}. ").repeat(1 + size / 10);
        let line = if i % 3 == 2 { format!("broken {text}\n") } else { format!("{{\"text\":\"{text}\"}}\n") };
        if i % 3 == 2 {
            bad.push((i, file.len(), line.len()))
        } else {
            good.push(i)
        }
        file += &line;
    }
    place.write("in.jsonl", &file);
    place.ends(3, "clean in.jsonl -o out -q --strip none --copies off --events off");
    let keys: Vec<String> =
        place.list("out/documents.jsonl").iter().map(|d| d["doc"].as_str().unwrap().to_owned()).collect();
    assert_eq!(keys, good.iter().map(|i| format!("in.jsonl#{i}")).collect::<Vec<_>>());
    let rejects: Vec<(u64, u64, u64)> = place
        .list("out/rejects.jsonl")
        .iter()
        .map(|r| {
            let number = |v: &Value| v.as_u64().unwrap();
            (number(&r["record"]), number(&r["bytes"][0]), number(&r["bytes"][1]))
        })
        .collect();
    let expected: Vec<_> =
        bad.iter().map(|(i, at, len)| (*i as u64, *at as u64, (at + len) as u64)).collect();
    assert_eq!(rejects, expected);
    let kept: String = file
        .split_inclusive('\n')
        .enumerate()
        .filter(|(i, _)| good.contains(i))
        .map(|(_, line)| line)
        .collect();
    assert!(place.text("out/data/in.jsonl") == kept);
    assert_eq!(place.json("out/manifest.json")["inputs"][0]["sha256"], support::sha256(file.as_bytes()));
}

#[test]
fn accepted_rejects_change_the_exit_code_and_nothing_else() {
    let place = Place::new();
    place.write("in.jsonl", format!("{GOOD}broken\n"));
    place.ends(3, "clean in.jsonl -o out -q");
    place.ends(0, "clean in.jsonl -o accepted -q --rejects ok");
    support::assert_same_tree(&place.tree("out"), &place.tree("accepted"));
    place.ends(2, "clean in.jsonl -o other --rejects maybe");
}

#[test]
fn a_named_text_field_is_the_only_one_that_is_looked_at() {
    let place = Place::new();
    place.write("in.jsonl", "{\"text\":\"no\",\"corps\":\"yes\"}\n{\"text\":\"no\"}\n");
    place.ends(3, "clean in.jsonl -o out --text-field corps").says(&["no `corps`; its fields are: text"]);
    assert_eq!(place.list("out/documents.jsonl")[0]["bytes_in"], 3);
}

#[test]
fn types_that_are_not_read_are_listed_and_their_neighbours_are_used() {
    let place = Place::new();
    place.write("in/a.txt", "A text.\n");
    place.write("in/b.pdf", "%PDF");
    place.write("in/c.jsonl.gz", b"\x1F\x8B\x08");
    place.write("in/d", "no name for its type, but text\n");
    place.write("in/e", "binary \0 data");
    place.write("in/f.txt", b"\xFF\xFEu\0t\0f\0");
    place.write("in/.hidden/g.txt", "Hidden.\n");
    place.ends(3, "clean in -o out").says(&["1 hidden file"]);
    let rejects = place.list("out/rejects.jsonl");
    for (file, cause) in [
        ("b.pdf", "files of type .pdf are not read yet"),
        ("c.jsonl.gz", "the compressed data ends too early"),
        ("e", "binary data, not text"),
    ] {
        assert_eq!(by_file(&rejects, file)[0]["cause"], cause);
    }
    let kept: Vec<_> = place.tree("out/data").into_keys().collect();
    assert_eq!(kept, ["a.txt", "d", "f.txt"].map(std::path::PathBuf::from));
    assert_eq!(place.read("out/data/f.txt"), "\u{feff}utf".as_bytes());
    assert_all_accounted_for(&place.path("out"));
}

#[cfg(unix)]
#[test]
fn links_pipes_and_sockets_are_neither_followed_nor_opened() {
    let place = Place::new();
    place.write("in/a.txt", "A text.\n");
    place.write("outside/secret.txt", "Not for this corpus.\n");
    let link = |to: &str, from: &str| std::os::unix::fs::symlink(to, place.path(from)).unwrap();
    link("../outside/secret.txt", "in/link.txt");
    link("../outside", "in/folder");
    link("..", "in/loop");
    link("nowhere", "in/dangling.txt");
    let mut mkfifo = place.program("mkfifo");
    end({
        mkfifo.arg("in/pipe.txt");
        mkfifo
    })
    .with(0);
    let _socket = std::os::unix::net::UnixListener::bind(place.path("in/socket.txt")).unwrap();
    place.ends(3, "clean in -o out -q");
    let rejects = place.list("out/rejects.jsonl");
    assert_eq!(rejects.len(), 6, "{rejects:?}");
    for file in ["link.txt", "folder", "loop", "dangling.txt"] {
        assert_eq!(by_file(&rejects, file)[0]["cause"], "a symbolic link: links are not followed");
    }
    for file in ["pipe.txt", "socket.txt"] {
        let cause = by_file(&rejects, file)[0]["cause"].as_str().unwrap();
        assert!(cause.contains("pipes and devices are not opened"), "{cause}");
    }
    assert_eq!(place.tree("out/data").len(), 1);
    // A pipe as an input of its own would block for ever if it were opened.
    place.ends(3, "clean in/pipe.txt -o piped -q");
}

#[cfg(unix)]
#[test]
fn what_may_not_be_read_is_listed() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    place.write("in/a.txt", "A text.\n");
    for name in ["in/secret.txt", "in/secret.jsonl", "in/folder/b.txt"] {
        place.write(name, GOOD);
    }
    let mode = |name: &str, mode| {
        std::fs::set_permissions(place.path(name), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    for name in ["in/secret.txt", "in/secret.jsonl", "in/folder"] {
        mode(name, 0);
    }
    mode("", 0o777);
    let mut command = if std::fs::read(place.path("in/secret.txt")).is_err() {
        place.command("clean in -o out -q")
    } else if has("setpriv") {
        // The superuser may read everything: run as nobody.
        let mut command = place.program("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", env!("CARGO_BIN_EXE_tamis")]);
        command.args(["clean", "in", "-o", "out", "-q"]);
        command
    } else {
        return skip("runs as the superuser, and setpriv is not there");
    };
    command.env("TMPDIR", place.root());
    let done = end(command);
    mode("in/folder", 0o700);
    if done.code == Some(126) || done.code == Some(127) {
        return skip("nobody may run the binary here");
    }
    done.with(3);
    let rejects = place.list("out/rejects.jsonl");
    assert_eq!(rejects.len(), 3, "{rejects:?}");
    for file in ["secret.txt", "secret.jsonl", "folder"] {
        let cause = by_file(&rejects, file)[0]["cause"].as_str().unwrap();
        assert!(cause.ends_with("permission denied"), "{file}: {cause}");
    }
    assert_all_accounted_for(&place.path("out"));
}

#[test]
fn a_run_in_which_nothing_can_be_used_still_accounts_for_everything() {
    let place = Place::new();
    place.write("in.jsonl", "broken\n");
    place.ends(3, "clean in.jsonl -o out -q");
    let counts = assert_all_accounted_for(&place.path("out"));
    assert_eq!((counts["read"].as_u64(), counts["rejected"].as_u64()), (Some(1), Some(1)));
    support::assert_sums_hold(&place.path("out"));
}
