//! Inputs and rules that somebody made to do harm: every one is used or listed, within bounds of memory and time.
//!
//! `TAMIS_FAULTS=all` makes them as large as they come; otherwise they are as large as tells a bound from none.

#![cfg(target_os = "linux")]
// What goes wrong in a helper fails the test that called it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::fs;
use std::io::{self, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

use support::{Chance, Ended, Place, assert_all_accounted_for, quoted};

const MIB: u64 = 1 << 20;

/// The large number where everything is tried, else the small one.
fn size(small: u64, large: u64) -> u64 {
    if std::env::var("TAMIS_FAULTS").is_ok_and(|value| value == "all") { large } else { small }
}

/// Runs with what `input` writes on standard input, and demands that it takes at most `most` MiB of memory, and no time
/// that grows out of bounds.
#[track_caller]
fn bounded(
    place: &Place,
    line: &str,
    most: u64,
    input: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'static,
) -> Ended {
    let start = Instant::now();
    let mut command = place.command(line);
    command.env("TMPDIR", place.root());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let out = std::thread::spawn(move || io::copy(&mut out, &mut io::sink()).unwrap());
    let err = std::thread::spawn(move || io::read_to_string(&mut err).unwrap());
    // Who does not read all of it closes the pipe; that is its affair.
    let writer = std::thread::spawn(move || drop(input(&mut pipe)));
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let status = fs::read_to_string(&status).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        peak = kib.map_or(peak, |kib| kib / 1024);
        std::thread::sleep(Duration::from_millis(3));
    }
    writer.join().unwrap();
    out.join().unwrap();
    let done = Ended { code: child.wait().unwrap().code(), out: Vec::new(), err: err.join().unwrap() };
    let seconds = start.elapsed().as_secs_f64();
    said(&format!("{line}: exit {:?}, {peak} MiB, {seconds:.1} s", done.code));
    assert!(peak <= most, "{line}: {peak} MiB of memory");
    assert!(!done.err.contains("panicked") && done.code.is_some_and(|code| code != 101), "{}", done.err);
    done
}

/// What a run took, for those who ask with `--nocapture`.
#[allow(clippy::print_stdout)]
fn said(what: &str) {
    println!("{what}");
}

/// As [`bounded`], with nothing on standard input.
#[track_caller]
fn bounded_file(place: &Place, line: &str, most: u64) -> Ended {
    bounded(place, line, most, |_| Ok(()))
}

/// Writes `count` times the same mebibyte, which `piece` makes.
fn mebibytes(pipe: &mut dyn Write, count: u64, piece: &str) -> io::Result<()> {
    let mebibyte = piece.repeat(MIB as usize / piece.len() + 1);
    (0..count).try_for_each(|_| pipe.write_all(mebibyte.as_bytes()))
}

#[test]
fn a_line_without_end_is_one_reject_and_its_neighbours_stay() {
    let length = size(300, 10_240);
    let place = Place::new();
    let done = bounded(&place, "clean - --format jsonl -o out -q --progress none", 1000, move |pipe| {
        pipe.write_all(b"{\"text\":\"Before it.\"}\n{\"text\":\"")?;
        mebibytes(pipe, length, "word and again ")?;
        pipe.write_all(b"\"}\n{\"text\":\"Behind it.\"}\n")
    });
    done.with(3);
    let rejects = place.list("out/rejects.jsonl");
    assert_eq!(rejects.len(), 1);
    assert!(rejects[0]["cause"].as_str().unwrap().contains("longer than 256 MiB"), "{rejects:?}");
    let [start, end] = [0, 1].map(|side| rejects[0]["bytes"][side].as_u64().unwrap());
    assert!(start == 22 && end - start > length * MIB, "{rejects:?}");
    assert_eq!(assert_all_accounted_for(&place.path("out"))["kept"], 2);
    let strip =
        bounded(&place, "strip - --format jsonl", 1000, |pipe| mebibytes(pipe, 300, "word and again "));
    assert!(strip.code != Some(0), "a line of no record is not passed for one");
}

#[test]
fn a_text_that_is_too_long_to_be_held_is_a_reject() {
    let length = size(300, 1024);
    let place = Place::new();
    let done = bounded(&place, "clean - --format text -o out -q --progress none", 700, move |pipe| {
        mebibytes(pipe, length, "A sentence that is said again. ")
    });
    done.with(3);
    let cause = place.list("out/rejects.jsonl")[0]["cause"].clone();
    assert!(cause.as_str().unwrap().contains("longer than 256 MiB"), "{cause}");
}

#[test]
fn a_text_of_blank_lines_takes_time_that_grows_with_its_length() {
    let lines = size(1_000_000, 20_000_000) as usize;
    let place = Place::new();
    place.write("in/a.txt", "\n".repeat(lines));
    place.write("in/b.txt", [&b"\xC3"[..], &b"\n".repeat(lines), b"\xA9"].concat());
    let start = Instant::now();
    bounded_file(&place, "clean in -o out -q --progress none", 150 + 40 * lines as u64 / MIB).with(0);
    assert!(start.elapsed() < Duration::from_secs(20 + lines as u64 / 200_000), "{:?}", start.elapsed());
}

#[test]
fn a_text_of_very_short_lines_takes_a_few_bytes_of_memory_a_line() {
    let place = Place::new();
    let letters: String = ('a'..='z').map(|letter| format!("{letter}\n")).collect();
    for (line, mebibytes) in [("\n", 80), ("\r\n", 80), (" \n", 80), ("a\n", 80), (letters.as_str(), 100)] {
        let mebibytes = size(mebibytes / 10, mebibytes);
        place.write("in/a.txt", line.repeat((mebibytes * MIB) as usize / line.len()));
        let start = Instant::now();
        for line in [
            "clean in -o out -q --progress none",
            "clean in -o out -q --progress none --strip main",
            "strip in/a.txt",
        ] {
            bounded_file(&place, line, 200 + 17 * mebibytes).with(0);
        }
        assert!(start.elapsed() < Duration::from_secs(30 + 3 * mebibytes), "{:?}", start.elapsed());
    }
}

#[test]
fn a_text_with_very_many_broken_joints_takes_time_that_grows_with_its_length() {
    let mebibytes = size(2, 50);
    let place = Place::new();
    let rule = "[[rule]]\nid = \"x\"\nabout = \"x\"\nunit = \"span\"\nliteral = \"x\"\n";
    place.write("rules.toml", rule);
    for piece in [&b"a\n\x80"[..], b"\xC3x\xA9\n", b"\xF0x\x9Fx\x9Fx\x9F\n", b"\xEDx\xA0x\x80x\n\xED\xB0\x80"]
    {
        place.write("in/a.txt", piece.repeat((mebibytes * MIB) as usize / piece.len()));
        let start = Instant::now();
        let line = "clean in -o out -q --progress none --rules rules.toml --allow-heavy-cuts";
        bounded_file(&place, line, 150 + 45 * mebibytes).with(0);
        assert!(
            start.elapsed() < Duration::from_secs(20 + 2 * mebibytes),
            "{piece:?}: {:?}",
            start.elapsed()
        );
    }
}

#[test]
fn what_unpacks_to_far_more_than_it_is_does_not_fill_the_memory() {
    let unpacked = size(80, 4096);
    let place = Place::new();
    let zeros = vec![b' '; MIB as usize];
    let gzip = |bytes: &mut dyn FnMut(&mut dyn Write)| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        bytes(&mut packed);
        packed.finish().unwrap()
    };
    let bomb = gzip(&mut |packed| (0..unpacked).for_each(|_| packed.write_all(&zeros).unwrap()));
    place.write("in/a.jsonl.gz", &bomb);
    place.write("in/b.txt.gz", gzip(&mut |packed| packed.write_all(&bomb).unwrap()));
    let mut packed = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
    (0..unpacked).for_each(|_| packed.write_all(&zeros).unwrap());
    place.write("in/c.jsonl.zst", packed.finish().unwrap());
    let mut zip = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().large_file(true);
    for name in ["a.jsonl", "b.txt", "e.html"] {
        zip.start_file(name, options).unwrap();
        (0..unpacked).for_each(|_| zip.write_all(&zeros).unwrap());
    }
    zip.start_file("nested.zip", options).unwrap();
    zip.write_all(&bomb).unwrap();
    place.write("in/d.zip", zip.finish().unwrap().into_inner());
    place.write("in/e.txt", "A text.\n");
    bounded_file(&place, "clean in -o out -q --progress none", 700).with(3);
    let rejects = place.list("out/rejects.jsonl");
    for file in ["a.jsonl.gz", "c.jsonl.zst", "d.zip/nested.zip"] {
        assert!(rejects.iter().any(|reject| reject["file"] == file), "{file}: {rejects:#?}");
    }
    assert_all_accounted_for(&place.path("out"));
    assert_eq!(place.text("out/data/e.txt"), "A text.\n");
}

#[test]
fn nesting_without_end_is_no_danger_to_the_stack() {
    let depth = size(100_000, 1_000_000) as usize;
    let place = Place::new();
    let article = Chance::new(50).article(60);
    place.write("in/a.html", format!("{}<p>{article}</p>{}", "<div>".repeat(depth), "</div>".repeat(depth)));
    place.write(
        "in/b.html",
        format!("<title>x</title><p>{article}</p>{}", "<b><i><table><td>".repeat(depth / 4)),
    );
    let nested = |open: &str, close: &str| format!("{}1{}", open.repeat(depth), close.repeat(depth));
    let records = [
        format!("{{\"text\":\"Arrays.\",\"x\":{}}}\n", nested("[", "]")),
        format!("{{\"text\":\"Objects.\",\"x\":{}}}\n", nested("{\"a\":", "}")),
        format!("{{\"x\":{},\"text\":\"Open.\"}}\n", "[".repeat(depth)),
        format!("{}\n", nested("[", "]")),
        "{\"text\":\"A neighbour.\"}\n".to_owned(),
    ];
    place.write("in/c.jsonl", records.concat());
    place.write("in/d.json", records.concat());
    place.write("in/e.json", format!("[{}]", records[..2].join(",")));
    place.write("rules.toml", format!("rule = {}", nested("[", "]")));
    place.write("tamis.toml.bad", nested("[", "]"));
    bounded_file(&place, "clean in -o out -q --progress none", 400).with(3);
    assert_all_accounted_for(&place.path("out"));
    let kept = place.list("out/documents.jsonl");
    assert!(kept.iter().any(|document| document["doc"] == "c.jsonl#4"), "{kept:#?}");
    bounded_file(&place, "rules test rules.toml", 200).with(2);
    place.ends(2, "clean in -o other -q --rules tamis.toml.bad");
}

#[test]
fn huge_keys_and_very_many_fields_are_fields() {
    let (length, count) = (size(4, 100) * MIB, size(50_000, 1_000_000));
    let place = Place::new();
    let key = "k".repeat(length as usize);
    place.write("in/a.jsonl", format!("{{\"{key}\":1,\"text\":\"A text.\"}}\n{{\"{key}\":2}}\n"));
    let fields: String = (0..count).map(|n| format!("\"f{n}\":{n},")).collect();
    place.write("in/b.jsonl", format!("{{{fields}\"text\":\"Another text.\"}}\n{{{fields}\"z\":0}}\n"));
    let row = |cell: &dyn Fn(u64) -> String| (0..count).map(|n| cell(n) + ",").collect::<String>();
    let cells = row(&|n| n.to_string());
    place.write("in/c.csv", format!("{}text\n{cells}A third.\n{cells}\n", row(&|n| format!("column{n}"))));
    place.write("in/d.csv", format!("{}last\n{cells}0\n", row(&|n| format!("c{n}"))));
    // What stands beyond the bound of a header is not taken for rows.
    let cell = "c".repeat(MIB as usize);
    place.write("in/e.csv", format!("text,{cell},text\nA fourth.\n"));
    bounded_file(&place, "clean in -o out -q --progress none", 300 + 8 * length / MIB).with(3);
    let counts = assert_all_accounted_for(&place.path("out"));
    let mut causes = place.list("out/rejects.jsonl");
    causes.retain(|reject| reject["file"] == "e.csv");
    assert!(causes.len() == 1 && causes[0]["cause"] == "the header is longer than 1 MiB", "{causes:?}");
    assert!(counts["kept"].as_u64().unwrap() >= 2, "{counts}");
    // The names of the fields that are there are said, and not all of them.
    assert!(place.read("out/rejects.jsonl").len() < 20_000, "{}", place.read("out/rejects.jsonl").len());
}

/// A file of rules, each with this expression and its number.
fn rules(place: &Place, count: u64, unit: &str, regex: &str) {
    let rules: String = (0..count)
        .map(|n| {
            let regex = quoted(&regex.replace('@', &n.to_string()));
            format!("[[rule]]\nid = \"r{n}\"\nabout = \"x\"\nunit = \"{unit}\"\nregex = {regex}\n")
        })
        .collect();
    place.write("rules.toml", rules);
}

#[test]
fn expressions_made_to_be_slow_take_time_that_grows_with_the_text_alone() {
    let place = Place::new();
    place.write("in/a.txt", "a".repeat(size(80, 800) as usize * 1000));
    for (unit, regex) in [
        ("span", ".*[^A-Z]|[A-Z]"),
        ("span", "(?:a+)+b|(?:(?:a*)*)*c"),
        ("line", "^(?:a|aa|aaa)+$b"),
        ("line", "(?:[ab]*a[ab]{14}c)"),
    ] {
        rules(&place, 1, unit, regex);
        let start = Instant::now();
        bounded_file(&place, "clean in -o out -q --progress none --rules rules.toml --allow-heavy-cuts", 300);
        assert!(start.elapsed() < Duration::from_secs(20), "{regex}: {:?}", start.elapsed());
    }
}

#[test]
fn rules_made_to_fill_the_memory_are_refused_before_any_input_is_read() {
    let place = Place::new();
    place.write("in/a.txt", "A text.\n");
    let line = "clean in -o out -q --progress none --rules rules.toml";
    for (count, regex, said) in [
        (1, r"((((a{100}){100}){100}){100}){100}", "bad regular expression"),
        (1, r"(?:\pL{1000}){1000}", "bad regular expression"),
        (size(200, 10_000), r"\w{90}@", "all expressions together"),
        (size(1_000, 10_000), r"(?:\pL{6}){3}@", "all expressions together"),
        (size(20_000, 100_000), "word @", "at most 10000 can be used"),
    ] {
        rules(&place, count, "line", regex);
        bounded_file(&place, line, 2000).with(2).says(&[said]);
        assert!(!place.exists("out"));
    }
}

#[test]
fn any_byte_of_a_table_may_be_wrong() {
    let place = Place::new();
    place.write("in.jsonl", "{\"id\":\"1\",\"text\":\"The bridge is open again.\"}\n");
    place.ok("clean in.jsonl -o made -q --to parquet");
    let (path, whole) = place.tree("made/data").into_iter().next().unwrap();
    assert!(path.extension().is_some_and(|e| e == "parquet"));
    let mut chance = Chance::new(51);
    let flips = size(60, whole.len() as u64) as usize;
    for i in 0..flips {
        let at = if flips == whole.len() { i } else { chance.below(whole.len()) };
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << chance.below(8);
        place.write(format!("in/{i:05}.parquet"), damaged);
    }
    let done = bounded_file(&place, "clean in -o out -q --progress none --events off", 300);
    assert!(matches!(done.code, Some(0 | 3)), "{}", done.err);
    assert_all_accounted_for(&place.path("out"));
}
