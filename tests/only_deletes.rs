//! It only deletes: what comes out is what went in minus ranges of text; every other byte of a record stays.

// What goes wrong in a helper fails the test that called it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::fs;

use support::{Chance, Place, assert_all_accounted_for, assert_same_tree};

/// A line of chrome that a built-in rule cuts, with the empty line before it, as JSON spells it.
const CHROME: &str = r"\n\nLire aussi : Le pont de Brest rouvre lundi";
/// The same, spelt another way.
const HIDDEN: &str = r"\r\n\r\n\u004cire aussi\u00a0: Le pont de Brest rouvre lundi";

/// Records that a parser and a writer of JSON would change.
fn odd_records() -> Vec<Vec<u8>> {
    let nested = format!("{}{}", r#"{"d":["#.repeat(20), "]}".repeat(20));
    let mut records: Vec<Vec<u8>> = [
        r#"{"lang":"fr","id":"\ud83d\ude00","half":"\ud800","text":"Le pont \ud83d\ude00 \udc00 est fermé.CHROME"}"#,
        r#"{"lang":"fr","a":1,"a":2,"text":"Le premier texte.","text":"Le dernier texte compte.CHROME","a":3}"#,
        r#"{"lang":"fr","n":12345678901234567890123,"f":1.0e+00,"z":-0,"big":1e999,"text":"Des nombres.CHROME"}"#,
        r#" {  "lang" : "fr" ,"nested":NESTED, "text"	:	"Un abîme.CHROME" , "last":null } "#,
        r#"{"lang":"fr","u":"\u00e9\/\u002f","te\u0078t":"Une clé \u00e9crite \"autrement\" \\ ici.CHROME","":""}"#,
        r#"{"lang":"fr","text":"Rien ne part d'ici.","url":"https://www.example.org/a?b=c&d"}"#,
        r#"{"lang":"fr","text":"Des lettres cachées.HIDDEN"}"#,
    ]
    .into_iter()
    .map(|r| r.replace("CHROME", CHROME).replace("HIDDEN", HIDDEN).replace("NESTED", &nested).into_bytes())
    .collect();
    let broken = [
        &b"{\"lang\":\"fr\",\"x\":\"\xFF\xC3\",\"text\":\"Des octets cass\xE9s \xF0\x9F ici."[..],
        CHROME.as_bytes(),
        b"\"}",
    ];
    records.push(broken.concat());
    records
}

/// The record without its chrome; the end of the line before it stays.
fn expected(record: &[u8]) -> Vec<u8> {
    for (chrome, stays) in [(CHROME, &br"\n"[..]), (HIDDEN, br"\r\n")] {
        if let Some(at) = record.windows(chrome.len()).position(|w| w == chrome.as_bytes()) {
            return [&record[..at], stays, &record[at + chrome.len()..]].concat();
        }
    }
    record.to_vec()
}

fn joined(records: &[Vec<u8>], end: &[u8]) -> Vec<u8> {
    records.iter().flat_map(|r| [r.as_slice(), end].concat()).collect()
}

#[test]
fn every_byte_outside_the_text_stays_as_it_was_spelt() {
    let records = odd_records();
    let clean: Vec<Vec<u8>> = records.iter().map(|r| expected(r)).collect();
    assert_eq!(clean.iter().zip(&records).filter(|(c, r)| c != r).count(), records.len() - 1);
    for (case, end) in [("lf", &b"\n"[..]), ("crlf", b"\r\n"), ("blank lines", b"\n \n\n")] {
        let place = Place::new();
        place.write("in.jsonl", joined(&records, end));
        place.ok("clean in.jsonl -o out -q");
        let kept_end = if end == b"\n \n\n" { &b"\n"[..] } else { end };
        let found = place.read("out/data/in.jsonl");
        for (found, expected) in found.split_inclusive(|b| *b == b'\n').zip(&clean) {
            assert_eq!(
                String::from_utf8_lossy(found),
                String::from_utf8_lossy(&[expected.as_slice(), kept_end].concat()),
                "{case}"
            );
        }
        assert!(found == joined(&clean, kept_end), "{case}");
        assert_all_accounted_for(&place.path("out"));
    }
}

#[test]
fn a_mark_of_byte_order_and_a_missing_last_newline_stay() {
    let (records, mark) = (odd_records(), b"\xEF\xBB\xBF");
    let clean: Vec<Vec<u8>> = records.iter().map(|r| expected(r)).collect();
    let file = |records: &[Vec<u8>]| [&mark[..], joined(records, b"\n").trim_ascii_end()].concat();
    let place = Place::new();
    // The last record must end like the first for `trim_ascii_end` to take nothing but the newline.
    assert_eq!(records.last().unwrap().last(), Some(&b'}'));
    place.write("in.jsonl", file(&records));
    place.ok("clean in.jsonl -o out -q");
    assert!(place.read("out/data/in.jsonl") == file(&clean));
    for verb in ["strip in.jsonl", "strip --format jsonl"] {
        let done = place.feed(verb, &file(&records)).with(0);
        assert!(done.out == file(&clean), "{verb}: {}", String::from_utf8_lossy(&done.out));
    }
    let guessed = place.feed("strip", &file(&records)).with(0);
    assert!(guessed.out == file(&clean), "the mark does not hide that these are records");
    place.feed("clean - -o piped -q", &file(&records)).with(0);
    assert!(place.read("piped/data/stdin.jsonl") == file(&clean));
}

/// Texts of prose, chrome, white space and broken bytes in no sensible order.
fn jumbled(seed: u64) -> Vec<u8> {
    const PIECES: [&[u8]; 22] = [
        "Le maire a ouvert le pont de Brest, qui relie les deux rives du port.".as_bytes(),
        "La ville votera le budget du musée lundi soir, après trois mois de débats.".as_bytes(),
        "« Nous ne fermerons pas le marché », a dit Marie Lestrade devant le conseil.".as_bytes(),
        "Nous ne fermerons pas le marché".as_bytes(),
        b"Lire aussi : Le pont de Brest rouvre lundi",
        b"LIRE AUSSI:",
        b"OK",
        "Ce site utilise des cookies pour améliorer votre expérience.".as_bytes(),
        b"Tout AccepterTout refuserParam\xC3\xA9trer vos choix",
        b"Imprimer",
        b"",
        b"",
        b" ",
        b"\t",
        "\u{a0}".as_bytes(),
        b"caf\xE9 au lait \xC3",
        b"\xC3",
        "\u{1F600} \u{202f}".as_bytes(),
        b"nul \0 ici",
        "Suivez-nous sur Twitter".as_bytes(),
        " date 2016-12 Monde".as_bytes(),
        "Le texte finit par une espace.\u{a0}".as_bytes(),
    ];
    let mut chance = Chance::new(seed);
    let mut text = Vec::new();
    for _ in 0..chance.below(14) {
        text.extend_from_slice(PIECES[chance.below(PIECES.len())]);
        let end: [&[u8]; 7] = [b"\n", b"\n", b"\n\n", b"\r\n", b"\n", b"", b"\r"];
        text.extend_from_slice(end[chance.below(end.len())]);
    }
    // So many letters are whole that the broken bytes do not make it a text of another charset.
    text.extend_from_slice(format!("{} est passé.\n", "été".repeat(15)).as_bytes());
    text
}

/// One of the ways to spell `text` between the quotes of a JSON string.
fn spelt(text: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut raw = Vec::new();
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            let mut units = [0; 2];
            let spelling = match c {
                '"' | '\\' => format!("\\{c}"),
                '\n' if chance.below(2) == 0 => "\\n".into(),
                '\r' if chance.below(2) == 0 => "\\r".into(),
                c if c < ' ' || chance.below(9) == 0 => {
                    c.encode_utf16(&mut units).iter().map(|u| format!("\\u{u:04x}")).collect()
                }
                c => c.to_string(),
            };
            raw.extend_from_slice(spelling.as_bytes());
        }
        raw.extend_from_slice(chunk.invalid());
    }
    raw
}

/// The text that `raw` spells; lone surrogates do not occur here.
fn decoded(raw: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    for chunk in raw.utf8_chunks() {
        let string: String = serde_json::from_str(&format!("\"{}\"", chunk.valid())).unwrap();
        text.extend_from_slice(string.as_bytes());
        text.extend_from_slice(chunk.invalid());
    }
    text
}

fn is_subsequence(part: &[u8], whole: &[u8]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|b| whole.any(|w| w == b))
}

#[test]
fn a_text_is_cut_alike_as_a_file_and_in_any_spelling_and_only_ever_loses_bytes() {
    let place = Place::new();
    let texts: Vec<Vec<u8>> = (0..150).map(jumbled).collect();
    let mut chance = Chance::new(77);
    let mut records = Vec::new();
    for (i, text) in texts.iter().enumerate() {
        place.write(format!("in/{i:03}.txt"), text);
        records.extend_from_slice(format!("{{\"n\":{i},\"text\":\"").as_bytes());
        records.extend(spelt(text, &mut chance));
        records.extend_from_slice(b"\",\"end\":\"\"}\n");
    }
    place.write("in.jsonl", records);
    place.ok("clean in -o texts -q --copies off --events off --allow-heavy-cuts");
    place.ok("clean in.jsonl -o records -q --copies off --events off --allow-heavy-cuts");
    let (documents, twins) = (place.list("texts/documents.jsonl"), place.list("records/documents.jsonl"));
    let clean_records = place.read("records/data/in.jsonl");
    let mut left = clean_records.split_inclusive(|b| *b == b'\n');
    let mut cuts = 0;
    for (i, text) in texts.iter().enumerate() {
        let (document, twin) = (&documents[i], &twins[i]);
        for field in ["status", "cut", "bytes_in", "bytes_out", "lang"] {
            assert_eq!(document[field], twin[field], "{i}: {field}: {text:?}");
        }
        let cut: u64 =
            document["cut"].as_object().iter().flat_map(|c| c.values()).filter_map(|n| n.as_u64()).sum();
        cuts += cut;
        assert_eq!(document["bytes_in"].as_u64(), Some(text.len() as u64));
        assert_eq!(
            document["bytes_out"].as_u64(),
            Some(text.len() as u64 - cut),
            "every cut byte has its rule"
        );
        if document["status"] == "emptied" {
            assert!(!place.exists(format!("texts/data/{i:03}.txt")));
            continue;
        }
        let clean = place.read(format!("texts/data/{i:03}.txt"));
        assert_eq!(clean.len() as u64, text.len() as u64 - cut);
        assert!(is_subsequence(&clean, text), "{i}: {text:?}");
        let record = left.next().unwrap();
        let head = format!("{{\"n\":{i},\"text\":\"");
        let raw =
            record.strip_prefix(head.as_bytes()).and_then(|r| r.strip_suffix(b"\",\"end\":\"\"}\n")).unwrap();
        assert_eq!(String::from_utf8_lossy(&decoded(raw)), String::from_utf8_lossy(&clean), "{i}");
        assert_eq!(decoded(raw), clean, "{i}");
    }
    assert!(left.next().is_none() && cuts > 1000);
}

#[test]
fn a_clean_corpus_is_clean() {
    let place = Place::new();
    for seed in 0..150 {
        place.write(format!("in/{seed:03}.txt"), jumbled(seed));
    }
    let seeds = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    for seed in fs::read_dir(seeds).unwrap() {
        let path = seed.unwrap().path();
        place.write(std::path::Path::new("in").join(path.file_name().unwrap()), fs::read(&path).unwrap());
    }
    place.ok("clean in -o once -q --allow-heavy-cuts");
    place.ok("clean once/data -o twice -q --allow-heavy-cuts");
    assert_same_tree(&place.tree("once/data"), &place.tree("twice/data"));
}

#[test]
fn with_nothing_to_strip_the_corpus_is_the_input() {
    let place = Place::new();
    for seed in 0..40 {
        place.write(format!("in/{seed:03}.txt"), jumbled(seed));
    }
    place.write("in/records.jsonl", joined(&odd_records(), b"\r\n"));
    place.ok("clean in -o out -q --strip none --copies off");
    assert_same_tree(&place.tree("in"), &place.tree("out/data"));
}

#[test]
fn without_layout_white_space_stays() {
    let place = Place::new();
    place.write(
        "in.txt",
        "\n\n  Le pont est fermé. \u{a0}\n\n\nLire aussi : Le pont de Brest rouvre lundi\n\n\nFin. \n\n",
    );
    place.ok("clean in.txt -o out -q --no-layout");
    assert_eq!(place.text("out/data/in.txt"), "\n\n  Le pont est fermé. \u{a0}\n\n\n\n\nFin. \n\n");
    place.ok("clean in.txt -o trim -q");
    assert_eq!(place.text("trim/data/in.txt"), "  Le pont est fermé.\n\n\nFin.\n");
}
