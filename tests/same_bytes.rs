//! Output is a function of input bytes, rules and options: not of threads, paths, file order, locale, clock or of what
//! ran before.

// What goes wrong in a helper fails the test that called it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use support::{Chance, Place, assert_same_tree, end, quoted, tree};

/// A corpus with every kind of result: chrome, copies, coverage, an emptied text, rejects, a file of several slices.
fn files() -> Vec<(String, Vec<u8>)> {
    let mut chance = Chance::new(21);
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for i in 0..30 {
        let article = chance.article(60);
        let chrome = "Lire aussi : Le pont de Brest rouvre lundi";
        files.push((format!("site{}/{i:02}.txt", i % 3), format!("{article}\n{chrome}\n").into_bytes()));
        if i % 4 == 0 {
            files.push((format!("copies/{i:02}.txt"), article.replacen(' ', " so ", 1).into_bytes()));
        }
    }
    files.push(("emptied.txt".into(), b"Tout AccepterTout refuser\n".to_vec()));
    files.push(("picture.png".into(), b"\x89PNG".to_vec()));
    let mut records = String::new();
    for i in 0..36 {
        let paragraph = chance.article(40);
        let long = paragraph.repeat(600);
        records += &format!("{{\"id\":{i},\"text\":{}}}\n", quoted(&long));
        records += "broken\n";
    }
    assert!(records.len() > 5 << 20, "more than one slice: {}", records.len());
    files.push(("long.jsonl".into(), records.into_bytes()));
    let coverage = |extra: &str| {
        format!(
            "Antoine Kervella was elected head of the Brest Harbour Council on 12 March 2021, {extra}. The council of \
             Brest had 41 votes for Kervella and 12 for Marie Lestrade, who led the harbour since 2015.\n"
        )
    };
    files.push(("site0/vote.txt".into(), coverage("after a long night of talks").into_bytes()));
    files.push(("site1/vote.txt".into(), coverage("the port said in a note to its workers").into_bytes()));
    files
}

fn laid_out(order: impl Iterator<Item = (String, Vec<u8>)>, folder: &str) -> Place {
    let place = Place::new();
    for (name, bytes) in order {
        place.write(format!("{folder}/{name}"), bytes);
    }
    place
}

#[test]
fn neither_threads_nor_paths_nor_file_order_nor_locale_show_in_the_output() {
    let one = laid_out(files().into_iter(), "in");
    one.ends(3, "clean in -o out -q -j 1");
    let first = one.tree("out");
    for (status, least) in [("kept", 60), ("near", 5), ("emptied", 1)] {
        let documents = one.list("out/documents.jsonl");
        let found = documents.iter().filter(|d| d["status"] == status).count();
        assert!(found >= least, "the corpus has all kinds of results: {found} {status}");
    }

    let backwards = laid_out(files().into_iter().rev(), "elsewhere/with a space/in");
    for (i, (name, _)) in files().iter().enumerate() {
        let path = backwards.path("elsewhere/with a space/in").join(name);
        let file = fs::File::options().write(true).open(path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 * (1 + i as u64))).unwrap();
    }
    let mut command = backwards.command("clean -o results/deep/out -q -j 8");
    command.arg(backwards.path("elsewhere/with a space/in"));
    command
        .env("LC_ALL", "tr_TR.UTF-8")
        .env("TZ", "Pacific/Kiritimati")
        .env("COLUMNS", "20")
        .env_remove("HOME");
    end(command).with(3);
    assert_same_tree(&first, &backwards.tree("results/deep/out"));
}

#[test]
fn no_path_of_this_machine_and_not_its_name_is_written() {
    let place = laid_out(files().into_iter(), "in");
    let mut command = place.command("clean -q -o");
    command.arg(place.path("out")).arg(place.path("in"));
    end(command).with(3);
    let mut secrets = vec![place.root().to_string_lossy().into_owned()];
    secrets.push(place.root().file_name().unwrap().to_string_lossy().into_owned());
    secrets.extend(
        fs::read_to_string("/etc/hostname").ok().map(|n| n.trim().to_owned()).filter(|n| n.len() > 6),
    );
    for (path, bytes) in place.tree("out") {
        for secret in &secrets {
            let found = bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
            assert!(!found, "{} holds {secret}", path.display());
        }
    }
}

fn times(out: &Path) -> BTreeMap<PathBuf, SystemTime> {
    let files = tree(out).into_keys();
    files.map(|path| (path.clone(), fs::metadata(out.join(path)).unwrap().modified().unwrap())).collect()
}

#[test]
fn a_second_run_touches_no_file_and_a_new_input_only_what_it_changes() {
    let place = Place::new();
    let mut chance = Chance::new(8);
    for i in 0..6 {
        place.write(format!("in/{i}.txt"), chance.article(50));
    }
    place.ok("clean in -o out -q");
    let (before, files) = (times(&place.path("out")), place.tree("out"));
    std::thread::sleep(Duration::from_millis(20));
    place.ok("clean in -o out -q");
    assert_eq!(before, times(&place.path("out")));
    assert_same_tree(&files, &place.tree("out"));

    place.write("in/new.txt", chance.article(50));
    place.ok("clean in -o out -q");
    let after = times(&place.path("out"));
    for (path, time) in &before {
        assert!(!path.starts_with("data") || after[path] == *time, "{} was written again", path.display());
    }
    assert!(after.contains_key(Path::new("data/new.txt")));
    assert_ne!(before[Path::new("manifest.json")], after[Path::new("manifest.json")]);

    place.ok("clean in -o fresh -q");
    assert_same_tree(&place.tree("out"), &place.tree("fresh"));
}

#[test]
fn standard_input_gives_what_a_file_gives() {
    let place = Place::new();
    let mut chance = Chance::new(9);
    let records: String = (0..8).map(|_| format!("{{\"text\":{}}}\n", quoted(&chance.article(40)))).collect();
    place.write("in.jsonl", &records);
    place.ok("clean in.jsonl -o file -q");
    place.feed("clean - -o pipe -q", records.as_bytes()).with(0);
    assert_eq!(place.text("file/data/in.jsonl"), place.text("pipe/data/stdin.jsonl"));
    let renamed = place.text("file/documents.jsonl").replace("in.jsonl#", "-#");
    assert_eq!(renamed, place.text("pipe/documents.jsonl"));
}
