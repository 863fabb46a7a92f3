use std::io::{Cursor, Write};

use ::zip::write::{SimpleFileOptions, ZipWriter};
use proptest::prelude::*;

use super::*;
use crate::read::compressed::Limits;

/// What came of an archive: the members with their contents, and what was refused.
type Outcome = (Vec<(String, Vec<u8>)>, Vec<Refused>);

fn read_all(list: impl FnOnce(Each<'_>) -> io::Result<Vec<Refused>>) -> Outcome {
    let mut members = Vec::new();
    let refused = list(&mut |entry, content| {
        let mut text = Vec::new();
        let done = content.read_to_end(&mut text);
        members.push((entry.name, text));
        done.map(drop)
    });
    (members, refused.unwrap())
}

fn read_tar(bytes: &[u8]) -> Outcome {
    read_all(|each| each_tar(bytes, Limits::default(), each))
}

fn read_zip(bytes: &[u8]) -> Outcome {
    read_all(|each| each_zip(Cursor::new(bytes), Limits::default(), each))
}

fn header(name: &[u8], kind: ::tar::EntryType, size: u64) -> ::tar::Header {
    let mut header = ::tar::Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_cksum();
    header
}

fn tar_of(members: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut builder = ::tar::Builder::new(Vec::new());
    for (name, text) in members {
        builder.append(&header(name, ::tar::EntryType::Regular, text.len() as u64), *text).unwrap();
    }
    builder.into_inner().unwrap()
}

fn zip_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in members {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(text).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn names(refused: &[Refused]) -> Vec<&str> {
    refused.iter().map(|r| r.member.as_deref().unwrap_or("(the rest)")).collect()
}

const BAD: [&str; 8] = [
    "../out.txt",
    "a/../../out.txt",
    "/etc/passwd",
    "C:\\x.txt",
    "c:x.txt",
    "..\\up.txt",
    "\\\\host\\x",
    "in.zip",
];

#[test]
fn members_come_in_order_and_names_that_lead_elsewhere_are_refused_by_name() {
    let good: [(&str, &[u8]); 2] = [("b/./two.txt", b"two"), ("a.txt", b"one")];
    let bad = BAD.map(|name| (name, &b"bad"[..]));
    let all: Vec<_> = good[..1].iter().chain(&bad).chain(&good[1..]).copied().collect();
    let raw: Vec<_> = all.iter().map(|(name, text)| (name.as_bytes(), *text)).collect();
    for (members, refused) in [read_zip(&zip_of(&all)), read_tar(&tar_of(&raw))] {
        assert_eq!(members, [("b/two.txt".into(), b"two".to_vec()), ("a.txt".into(), b"one".to_vec())]);
        assert_eq!(names(&refused), BAD);
    }
}

#[test]
fn links_devices_nested_archives_and_second_members_are_refused() {
    use ::tar::EntryType;
    let mut builder = ::tar::Builder::new(Vec::new());
    for (name, kind) in
        [("l", EntryType::Symlink), ("h", EntryType::Link), ("d", EntryType::Char), ("f", EntryType::Fifo)]
    {
        builder.append(&header(name.as_bytes(), kind, 0), io::empty()).unwrap();
    }
    builder.append(&header(b"dir/", EntryType::Directory, 0), io::empty()).unwrap();
    let inner = zip_of(&[("x", b"x")]);
    builder.append(&header(b"inner.txt", EntryType::Regular, inner.len() as u64), &inner[..]).unwrap();
    for text in [b"one", b"two"] {
        builder.append(&header(b"a\xFF.txt", EntryType::Regular, 3), &text[..]).unwrap();
    }
    let (members, refused) = read_tar(&builder.into_inner().unwrap());
    assert_eq!(members, [("a\\xFF.txt".into(), b"one".to_vec())]);
    assert_eq!(names(&refused), ["l", "h", "d", "f", "inner.txt", "a\\xFF.txt"]);
}

#[test]
fn a_tar_cut_anywhere_gives_its_whole_members_and_names_the_loss() {
    let whole = tar_of(&[(b"a.txt", b"one"), (b"b.txt", &[b'x'; 700])]);
    for cut in 1..whole.len() {
        let (members, refused) = read_tar(&whole[..cut]);
        let text = |i: usize| members.get(i).map(|m| m.1.clone()).unwrap_or_default();
        assert_eq!(text(0) == b"one", cut >= 515, "{cut}");
        assert_eq!(text(1).len(), cut.saturating_sub(1536).min(700), "{cut}");
        assert!(cut >= 2236 || cut == 1024 || !refused.is_empty(), "{cut}");
    }
}

#[test]
fn a_bad_member_of_a_zip_does_not_hide_the_others() {
    let mut bytes = zip_of(&[("a.txt", b"first first first"), ("b.txt", b"second"), ("c.txt", b"third")]);
    let at = memchr::memmem::find(&bytes, b"b.txt").unwrap() + 5;
    bytes[at + 2] ^= 0x55;
    let (members, refused) = read_zip(&bytes);
    assert_eq!(members[0].1, b"first first first");
    assert_eq!(members.last().unwrap(), &("c.txt".to_owned(), b"third".to_vec()));
    assert_eq!(names(&refused), ["b.txt"]);
}

#[test]
fn encrypted_members_and_unknown_methods_are_named() {
    for (field, value, word) in [(6, 1, "encrypted"), (8, 97, "packed")] {
        let mut bytes = zip_of(&[("a.txt", b"first"), ("b.txt", b"second")]);
        bytes[field] = value;
        let central = memchr::memmem::find(&bytes, b"PK\x01\x02").unwrap();
        bytes[central + field + 2] = value;
        let (members, refused) = read_zip(&bytes);
        assert_eq!(members, [("b.txt".into(), b"second".to_vec())]);
        assert_eq!(names(&refused), ["a.txt"]);
        assert!(refused[0].cause.contains(word), "{}", refused[0].cause);
    }
}

#[test]
fn a_zip_that_unpacks_to_too_much_is_stopped() {
    let bytes = zip_of(&[("a.txt", &vec![0; 80 << 20]), ("b.txt", b"second")]);
    let limits = Limits { ratio: 100, ..Limits::default() };
    let mut read = 0;
    let refused = each_zip(Cursor::new(bytes), limits, &mut |_, content| {
        read += io::copy(content, &mut io::sink())?;
        Ok(())
    });
    assert!(refused.unwrap()[0].cause.contains("bomb"));
    assert_eq!(read, 0);
}

#[test]
fn too_many_members_are_not_read() {
    let limits = Limits { members: 2, ..Limits::default() };
    let members: [(&str, &[u8]); 3] = [("a", b"1"), ("b", b"2"), ("c", b"3")];
    let raw = members.map(|(name, text)| (name.as_bytes(), text));
    let (tar, zip) = (tar_of(&raw), zip_of(&members));
    for (members, refused) in [
        read_all(|each| each_tar(&tar[..], limits, each)),
        read_all(|each| each_zip(Cursor::new(&zip), limits, each)),
    ] {
        assert_eq!(members.len(), 2);
        assert_eq!(refused[0].member, None);
    }
}

#[test]
fn a_long_name_is_read_and_an_endless_one_is_not() {
    use ::tar::EntryType::{GNULongName, Regular};
    let with_name = |length: usize| {
        let mut builder = ::tar::Builder::new(Vec::new());
        let name = ["n".repeat(100), "m".repeat(length)].join("/");
        builder.append(&header(b"@", GNULongName, name.len() as u64), name.as_bytes()).unwrap();
        builder.append(&header(b"n", Regular, 1), &b"x"[..]).unwrap();
        read_tar(&builder.into_inner().unwrap())
    };
    assert_eq!(with_name(100).0[0].0.len(), 201);
    let (members, refused) = with_name(2 << 20);
    assert!(members.is_empty());
    assert!(refused[0].cause.contains("too large"), "{}", refused[0].cause);
}

#[test]
fn an_error_of_the_caller_ends_the_listing() {
    let bytes = tar_of(&[(b"a", b"1"), (b"b", b"2")]);
    let mut calls = 0;
    let done = each_tar(&bytes[..], Limits::default(), &mut |_, _| {
        calls += 1;
        Err(io::Error::other("disk full"))
    });
    assert_eq!(done.unwrap_err().to_string(), "disk full");
    assert_eq!(calls, 1);
}

proptest! {
    #[test]
    fn a_safe_name_stays_inside(raw in prop::collection::vec(prop::sample::select(b"./\\:C a\0\xFF".to_vec()), 0..12)) {
        if let Ok(path) = name::safe(&raw) {
            prop_assert!(!path.starts_with('/') && !path.contains('\0'));
            prop_assert!(path.split('/').all(|part| !part.is_empty() && part != "." && part != ".."));
        }
    }

    #[test]
    fn damaged_archives_never_panic(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut zip = zip_of(&[("a.txt", b"first first"), ("b.txt", b"second")]);
        let mut tar = tar_of(&[(b"a.txt", b"first"), (b"b.txt", b"second")]);
        let (in_zip, in_tar) = (at.index(zip.len()), at.index(tar.len()));
        zip[in_zip] = byte;
        tar[in_tar] = byte;
        read_zip(&zip);
        read_tar(&tar);
    }
}
