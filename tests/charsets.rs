//! How many real texts are read in the charset that they are in: floors, a little below what was reached.
//!
//! The material stands in `../shared` (or `$SHARED`) and is not part of the project: without it, or without `tar` and
//! `xz`, the tests say so and pass.

// What goes wrong in a helper fails the test that called it; a test that looks at nothing says why.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tamis::read::charset::{Charset, Decision, decode};

/// Unpacks the archive `name`; none, with a word on standard error, where that is impossible.
fn unpacked(name: &str) -> Option<tempfile::TempDir> {
    let shared = std::env::var_os("SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let archive = shared.join("data/scrapes").join(format!("{name}.tar.xz"));
    if !archive.is_file() {
        eprintln!("skipped: {} is not there", archive.display());
        return None;
    }
    let dir = tempfile::tempdir().unwrap();
    let done = Command::new("tar").arg("-xJf").arg(&archive).arg("-C").arg(dir.path()).status();
    if !done.is_ok_and(|status| status.success()) {
        eprintln!("skipped: tar or xz is missing");
        return None;
    }
    Some(dir)
}

/// The files below `dir`, sorted; hidden ones are no texts.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// The charset that a folder's name means: without the language, and in a spelling that [`Charset::of_label`] knows.
fn charset_of_folder(folder: &str, bytes: &[u8]) -> Option<Charset> {
    let label = match folder {
        "CP949" => "euc-kr",
        "CP932" => "shift_jis",
        "MacCyrillic" => "x-mac-cyrillic",
        "MacRoman" => "macintosh",
        "utf-8-sig" => "utf-8",
        "ascii" => "windows-1252",
        "UTF-16" if bytes.starts_with(b"\xFE\xFF") => "utf-16be",
        "UTF-32" if bytes.starts_with(b"\0") => "utf-32be",
        other => other,
    };
    let parts: Vec<&str> = label.split('-').collect();
    let known = match parts.as_slice() {
        ["windows", number, ..] => format!("windows-{number}"),
        ["iso", "8859", part, ..] => format!("iso-8859-{part}"),
        _ => label.to_owned(),
    };
    Charset::of_label(&known)
}

/// What the bytes spell in `charset`, malformed parts replaced: the text that a reader of that charset would see.
fn truth(charset: Charset, bytes: &[u8]) -> Option<Vec<u8>> {
    if charset == Charset::UTF_8 {
        return Some(bytes.to_vec());
    }
    charset.decode(bytes).or_else(|| {
        let encoding = encoding_rs::Encoding::for_label(charset.name().as_bytes())?;
        Some(encoding.decode_without_bom_handling(bytes).0.into_owned().into_bytes())
    })
}

#[test]
fn nineteen_of_twenty_legacy_texts_are_read_in_their_charset() {
    let Some(dir) = unpacked("legacy_encodings") else { return };
    let (mut all, mut right, mut named, mut wrong) = (0, 0, 0, 0);
    let mut misses: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in files(dir.path()) {
        let folder = path.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
        if path.ends_with("README.txt") {
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        let charset = charset_of_folder(&folder, &bytes);
        let decision = decode(&bytes, None);
        if decision.is_converted() {
            assert!(decision.charset.encode(&decision.text).as_ref() == Some(&bytes), "{}", path.display());
        }
        all += 1;
        let want = charset.and_then(|c| truth(c, &bytes));
        let is_right = want.as_deref() == Some(&*decision.text);
        let as_it_reads = truth(decision.charset, &bytes);
        right += usize::from(is_right);
        named += usize::from(is_right || want.is_some() && want == as_it_reads);
        wrong += usize::from(!is_right && decision.is_converted());
        if !is_right {
            let file = path.file_name().unwrap().to_str().unwrap();
            let what = format!("{file} {} {:?}", decision.charset.name(), decision.is_converted());
            misses.entry(folder).or_default().push(what);
        }
    }
    eprintln!("{all} texts: {right} read right, {named} named right, {wrong} converted wrongly\n{misses:#?}");
    assert!(right * 20 >= all * 19, "{right} of {all}");
}

fn utf8_is_kept(name: &str) {
    let Some(dir) = unpacked(name) else { return };
    let (mut all, mut damaged) = (0, 0);
    for path in files(dir.path()) {
        let bytes = fs::read(&path).unwrap();
        let decision = decode(&bytes, None);
        assert_eq!(decision.charset, Charset::UTF_8, "{}", path.display());
        assert_eq!(*decision.text, bytes, "{}", path.display());
        all += 1;
        damaged += usize::from(std::str::from_utf8(&bytes).is_err());
    }
    eprintln!("{name}: {all} texts, {damaged} of them damaged, all kept");
    assert!(all > 50);
}

#[test]
fn french_dumps_with_broken_bytes_stay_utf8() {
    utf8_is_kept("fr_dumps_lynx");
}

#[test]
fn dumps_in_several_languages_stay_utf8() {
    utf8_is_kept("multi_dumps_lynx");
}

#[test]
fn headlines_in_windows_1252_have_their_accents() {
    let Some(dir) = unpacked("lemonde_headlines_cp1252") else { return };
    let mut converted = 0;
    for path in files(dir.path()).into_iter().filter(|p| p.extension().is_some_and(|e| e == "csv")) {
        let bytes = fs::read(&path).unwrap();
        let Decision { charset, text, .. } = decode(&bytes, None);
        let text = std::str::from_utf8(&text).unwrap();
        assert!(text.contains("présidentielle") || text.contains("mobilisés"), "{}", path.display());
        assert!(!text.contains('\u{FFFD}') && !text.contains("Ã©"));
        eprintln!("{}: {}", path.display(), charset.name());
        converted += usize::from(charset.name() == "windows-1252");
    }
    assert!(converted >= 2);
}
