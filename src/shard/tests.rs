use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::dates::Date;
use crate::document::{Cut, Origin};
use crate::read::Encoding;

/// A document of made-up content.
#[derive(Debug, Clone)]
struct Made {
    row: Row,
    cuts: Vec<Cut>,
    sketch: Vec<u64>,
    site: Option<String>,
    lang: Option<String>,
    details: Details,
}

fn made() -> impl Strategy<Value = Made> {
    let date = proptest::option::of((proptest::option::of(1900u16..2100), 1u8..13, 1u8..29));
    let name = || proptest::option::of("[a-z]{0,3}");
    let cut = (0usize..1000, 0usize..1000, 0u32..50);
    (
        (any::<[u32; 11]>(), any::<[u64; 4]>(), any::<[u8; 32]>(), date, any::<bool>()),
        proptest::collection::vec(cut, 0..4),
        proptest::collection::vec(any::<u64>(), 0..5),
        (name(), name()),
        (
            proptest::option::of(".{0,4}"),
            proptest::option::of(".{0,4}"),
            proptest::option::of(".{0,4}"),
            proptest::option::of(".{0,4}"),
            proptest::collection::vec((".{0,3}", ".{0,3}"), 0..3),
        ),
    )
        .prop_map(
            |(
                (n, long, digest, date, emptied),
                cuts,
                sketch,
                (site, lang),
                (id, url, title, converted, captures),
            )| {
                let date =
                    date.map(|(year, m, d)| (Date { year, month: Some(m), day: Some(d) }, Origin::FileName));
                let row = Row {
                    offset: long[0],
                    record: n[0],
                    len: n[1],
                    body: n[2] / 2,
                    body_len: n[3] / 2,
                    bytes_in: n[4],
                    bytes_out: n[5],
                    raw_hash: long[1],
                    page: long[3],
                    digest,
                    simhash: long[2],
                    shingles: n[6],
                    words: n[7],
                    sentence_words: n[8],
                    date,
                    emptied,
                    carried: n[9] % 2 == 1,
                    encoding: [Encoding::Plain, Encoding::JsonString, Encoding::CsvQuoted, Encoding::CsvBare]
                        [n[10] as usize % 4],
                    ..Row::default()
                };
                let cuts = cuts
                    .into_iter()
                    .map(|(start, len, rule)| Cut { start, end: start + len, rule })
                    .collect();
                Made {
                    row,
                    cuts,
                    sketch,
                    site,
                    lang,
                    details: Details { id, url, title, converted, captures },
                }
            },
        )
}

fn written(documents: &[Made], rejects: &[SliceReject]) -> Vec<u8> {
    let mut writer = Writer::default();
    for made in documents {
        writer.push(NewDocument {
            row: made.row.clone(),
            cuts: &made.cuts,
            sketch: &made.sketch,
            site: made.site.as_deref(),
            lang: made.lang.as_deref(),
            details: made.details.clone(),
        });
    }
    rejects.iter().for_each(|reject| writer.reject(reject));
    let digests: Vec<_> = documents.iter().map(|made| made.row.digest).collect();
    writer.finish(7, 99, &digests)
}

fn stored(store: &Store, bytes: &[u8]) -> Shard {
    let name = store.naming().part(bytes).name();
    store.put(name, bytes).unwrap();
    store.get(name).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read_from_memory_or_disk(
        documents in proptest::collection::vec(made(), 0..6), cause in ".{0,9}", room in prop_oneof![Just(0), Just(1 << 20)]
    ) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap().holding(room);
        let rejects = vec![SliceReject { record: 3, start: 10, end: 20, cause }];
        let shard = stored(&store, &written(&documents, &rejects));
        prop_assert_eq!(shard.documents() as usize, documents.len());
        prop_assert_eq!((shard.records(), shard.span()), (7, 99));
        prop_assert_eq!(shard.rejects().unwrap(), rejects);
        let names = shard.names().unwrap();
        let name = |number: u32| Some(names[number.checked_sub(1)? as usize].clone());
        let rows = shard.rows(0..shard.documents()).unwrap();
        let details = shard.all_details().unwrap();
        let mut sketch = Vec::new();
        for (row, made) in rows.iter().zip(&documents) {
            let same = Row { site: row.site, lang: row.lang, cuts: row.cuts, sketch: row.sketch,
                details: row.details, ..made.row.clone() };
            prop_assert_eq!(row, &same);
            prop_assert_eq!(shard.cuts_of(row).unwrap(), made.cuts.clone());
            shard.sketches(row.sketch.0..row.sketch.0 + row.sketch.1, &mut sketch).unwrap();
            prop_assert_eq!(&sketch, &made.sketch);
            prop_assert_eq!((name(row.site), name(row.lang)), (made.site.clone(), made.lang.clone()));
            prop_assert_eq!(details(row).unwrap(), made.details.clone());
            prop_assert_eq!(shard.details_of(row).unwrap(), made.details.clone());
        }
    }

    #[test]
    fn a_damaged_shard_is_not_there(documents in proptest::collection::vec(made(), 0..4), seed: u64, cut: bool) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let whole = written(&documents, &[]);
        let mut bytes = whole.clone();
        let name = store.naming().part(&bytes).name();
        let path = store.put(name, &bytes).unwrap().path().to_path_buf();
        prop_assert!(store.get(name).is_some());
        let at = (seed >> 8) as usize % bytes.len();
        if cut { bytes.truncate(at) } else { bytes[at] ^= (seed as u8).max(1) }
        std::fs::write(&path, &bytes).unwrap();
        prop_assert!(store.get(name).is_none());
        std::fs::write(&path, [whole.as_slice(), b"\0"].concat()).unwrap();
        prop_assert!(store.get(name).is_none());
    }
}

#[test]
fn a_row_that_somebody_forged_is_damage() {
    for room in [0, 1 << 20] {
        forged_rows_are_damage(room);
    }
}

fn forged_rows_are_damage(room: usize) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap().holding(room);
    let made = Made {
        row: Row { len: 100, body_len: 100, ..Row::default() },
        cuts: vec![Cut { start: 1, end: 2, rule: 0 }],
        sketch: vec![1, 2, 3],
        site: None,
        lang: None,
        details: Details::default(),
    };
    let whole = written(&[made.clone(), made], &[]);
    let forged = |at: usize, bytes: &[u8]| {
        let mut shard = whole.clone();
        let at = super::writer::HEAD + Row::WIDTH + at;
        shard[at..at + bytes.len()].copy_from_slice(bytes);
        let sum = super::writer::checksum(&shard);
        shard[16..24].copy_from_slice(&sum.to_le_bytes());
        stored(&store, &shard).rows(0..2).map(drop)
    };
    assert!(forged(Row::DIGEST.start, &[7; 32]).is_ok(), "what is no place may be anything");
    let end = Row::WIDTH;
    for (at, bytes) in [
        (0, &u64::MAX.to_le_bytes()[..]),        // its offset
        (16, &u32::MAX.to_le_bytes()),           // where its text begins
        (end - 25, &[9]),                        // its encoding
        (end - 24, &[0xFF, 0xFF, 0xFF, 0xFF]),   // its cuts
        (end - 24, &[0, 0, 0, 0]),               // its cuts, among those of another row
        (end - 16, &[0xFF, 0xFF, 0xFF, 0xFF]),   // its sketch
        (end - 16, &[2, 0, 0, 0]),               // its sketch, among that of another row
        (end - 8, &[0xFF, 0xFF, 0xFF, 0xFF, 1]), // its details
    ] {
        assert!(forged(at, bytes).is_err(), "{at} {bytes:?}");
    }
}

#[test]
fn no_more_is_held_than_there_is_room_for_and_what_goes_makes_room() {
    let room = super::store::Room::default();
    room.give_back(100);
    assert!(room.take(60) && !room.take(50) && room.take(40));
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap().holding(1 << 20);
    let bytes = written(&[], &[]);
    let held = || super::store::left(&store);
    let shards: Vec<Shard> = (0..3).map(|_| stored(&store, &bytes)).collect();
    assert_eq!(held(), 1 << 20, "a shard without documents holds nothing");
    drop(shards);
    let made = Made {
        row: Row::default(),
        cuts: Vec::new(),
        sketch: vec![1, 2, 3],
        site: None,
        lang: None,
        details: Details::default(),
    };
    let shard = stored(&store, &written(&[made], &[]));
    assert!(held() < 1 << 20);
    drop(shard);
    assert_eq!(held(), 1 << 20);
}

#[test]
fn a_store_that_is_only_looked_into_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("cache");
    let store = Store::look_into(&absent).unwrap();
    let shard = stored(&store, &written(&[], &[]));
    assert!(shard.path().exists() && !absent.exists());
    assert!(store.get(shard.name()).is_some(), "it is found again by the same run");

    let bytes = written(&[], &[]);
    let name = stored(&Store::open(&absent).unwrap(), &bytes).name();
    assert!(Store::look_into(&absent).unwrap().get(name).is_some());
}

#[test]
fn sweeping_leaves_what_was_used_and_what_is_no_shard() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let used = stored(&store, &written(&[], &[]));
    let unused =
        stored(&store, &written(&[], &[SliceReject { record: 0, start: 0, end: 1, cause: "x".into() }]));
    store.sweep(&[used.path()]);
    assert!(used.path().exists() && !unused.path().exists());
    assert!(Store::open(folder.path()).unwrap().get(used.name()).is_some(), "the seed stays");
}

#[test]
fn names_are_read_as_they_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let name = store.naming().part(b"a").part(b"b").name();
    assert_eq!(Name::parse(&name.to_string()), Some(name));
    assert_ne!(store.naming().part(b"ab").part(b"").name(), name, "parts do not run into each other");
    assert_eq!(Name::parse("0"), None);
    assert_eq!(Store::open(Path::new(folder.path())).unwrap().naming().part(b"a").part(b"b").name(), name);
}
