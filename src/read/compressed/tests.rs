use std::io::{Cursor, Write};

use proptest::prelude::*;

use super::*;

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::GzBuilder::new().filename("a").write(Vec::new(), flate2::Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zstd(text: &[u8]) -> Vec<u8> {
    zstd::encode_all(text, 1).unwrap()
}

/// All that can be read, and the error that ends it.
fn read(packed: &[u8]) -> (Vec<u8>, Option<io::Error>) {
    let mut reader = open(Cursor::new(packed.to_vec())).unwrap();
    let mut out = Vec::new();
    let error = reader.read_to_end(&mut out).err();
    (out, error)
}

const FIRST: &[u8] = b"The harbour opens at six. The harbour opens at six, they said.\n";
const SECOND: &[u8] = b"Boats wait outside; boats wait.\n";

#[test]
fn all_members_and_frames_are_read_and_zero_padding_is_no_error() {
    for pack in [gzip, zstd] {
        let packed = [pack(FIRST), pack(b""), pack(SECOND), vec![0; 70_000]].concat();
        let (out, error) = read(&packed);
        assert_eq!(out, [FIRST, SECOND].concat());
        assert!(error.is_none(), "{error:?}");
    }
}

#[test]
fn a_file_cut_anywhere_gives_its_beginning_and_then_says_that_it_is_cut() {
    for pack in [gzip, zstd] {
        let (first, second) = (pack(FIRST), pack(SECOND));
        let whole = [first.clone(), second].concat();
        for cut in 4..whole.len() {
            let (out, error) = read(&whole[..cut]);
            assert!([FIRST, SECOND].concat().starts_with(&out), "{cut}");
            assert!(cut < first.len() || out.starts_with(FIRST), "{cut}: a whole member is lost");
            match error {
                None => assert_eq!(cut, first.len()),
                Some(e) => assert_eq!(e.kind(), io::ErrorKind::UnexpectedEof, "{cut}: {e}"),
            }
        }
    }
}

#[test]
fn something_else_behind_the_data_is_named_after_the_data() {
    for pack in [gzip, zstd] {
        for tail in [&b"<html>"[..], b"\0\0\0x", b"\x1Fabc"] {
            let (out, error) = read(&[pack(FIRST), tail.to_vec()].concat());
            assert_eq!(out, FIRST);
            assert_eq!(error.unwrap().kind(), io::ErrorKind::InvalidData, "{tail:?}");
        }
    }
}

#[test]
fn a_bomb_of_some_kilobytes_is_stopped_with_its_cause() {
    let zeros = vec![0; 80 << 20];
    for pack in [gzip, zstd] {
        let packed = pack(&zeros);
        assert!(packed.len() < 100 << 10);
        let limits = Limits { ratio: 100, ..Limits::default() };
        let mut reader = open_within(Cursor::new(packed.clone()), sniff(&packed), limits).unwrap();
        let mut out = Vec::new();
        let error = reader.read_to_end(&mut out).unwrap_err();
        assert!(error.to_string().contains("bomb"), "{error}");
        assert!(out.len() < 68 << 20);
    }
    let (_, error) = read(&zstd(&zeros));
    assert!(error.unwrap().to_string().contains("bomb"));
}

#[test]
fn what_is_not_compressed_is_given_as_it_is() {
    for text in [&b""[..], b"x", FIRST] {
        assert_eq!(read(text).0, text);
    }
}

#[test]
fn what_a_stream_holds_is_not_unpacked_again() {
    let inner = gzip(FIRST);
    assert_eq!(read(&gzip(&inner)).0, inner);
}

proptest! {
    #[test]
    fn a_damaged_byte_never_panics_and_never_adds_bytes_before_it(
        text in prop::collection::vec(any::<u8>(), 0..2000), at in any::<prop::sample::Index>(), bit in 0_u32..8,
    ) {
        for pack in [gzip, zstd] {
            let mut packed = pack(&text);
            prop_assert_eq!(read(&packed).0, text.clone());
            let at = at.index(packed.len() - 4) + 4;
            packed[at] ^= 1_u8 << bit;
            let (out, error) = read(&packed);
            // Zstandard data carries no checksum unless asked.
            prop_assert!(error.is_some() || out == text || sniff(&packed) != Compression::Gzip);
        }
    }
}
