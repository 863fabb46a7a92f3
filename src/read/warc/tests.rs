//! The promises of the reader on archives of our own.

use std::io::{self, Cursor, Read, Write};

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use proptest::prelude::*;

use super::*;

/// What the reader gives for these bytes, without the error at the end.
fn read(bytes: impl AsRef<[u8]>) -> Vec<Result<Record, Broken>> {
    Records::new(Cursor::new(bytes)).map(|item| item.unwrap()).collect()
}

fn records(bytes: impl AsRef<[u8]>) -> Vec<Record> {
    read(bytes).into_iter().map(|item| item.unwrap()).collect()
}

/// The payloads that are read whole and the number of ranges that are not.
fn outcome(bytes: impl AsRef<[u8]>) -> (Vec<String>, usize) {
    let items = read(bytes);
    let payload = |r: &Record| String::from_utf8_lossy(&r.payload).into_owned();
    (items.iter().flatten().map(payload).collect(), items.iter().filter(|item| item.is_err()).count())
}

fn with_length(version: &str, kind: &str, fields: &str, block: &[u8], len: &str) -> Vec<u8> {
    let head = format!("WARC/{version}\r\nWARC-Type: {kind}\r\n{fields}Content-Length: {len}\r\n\r\n");
    [head.as_bytes(), block, b"\r\n\r\n"].concat()
}

fn warc(kind: &str, fields: &str, block: &[u8]) -> Vec<u8> {
    with_length("1.0", kind, fields, block, &block.len().to_string())
}

fn text(block: &str) -> Vec<u8> {
    warc("conversion", "Content-Type: text/plain\r\n", block.as_bytes())
}

fn response(fields: &str, body: &[u8]) -> Vec<u8> {
    let block =
        [format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{fields}\r\n").as_bytes(), body].concat();
    warc("response", "WARC-Target-URI: http://a.test/\r\n", &block)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn chunks(body: &[u8], len: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for chunk in body.chunks(len) {
        bytes.extend_from_slice(format!("{:x};ext=1\r\n", chunk.len()).as_bytes());
        bytes.extend_from_slice(chunk);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    bytes
}

const ARC: &str = "filedesc://x.arc 0.0.0.0 20140216050221 text/plain 75\n\
    1 0 A made up one..\nURL IP-address Archive-date Content-type Archive-length\n\n\
    http://a.test/a b c 10.0.0.1 20140216050222 text/html 44\n\
    HTTP/1.0 200 OK\nContent-Type: text/html\n\n\
    <p>\n\
    http://b.test/ 10.0.0.1 20140216050223 text/plain 4\nab\nc\n";

#[test]
fn every_version_is_read() {
    for version in ["0.17", "0.18", "1.0", "1.1"] {
        let fields = "WARC-Target-URI: <http://a.test/x y>\r\nWARC-Date: 2020-01-02T03:04:05Z\r\n\
            WARC-Record-ID: <urn:uuid:1>\r\nContent-Type: Text/HTML; Charset=\"latin1\"\r\n";
        let all = records(with_length(version, "resource", fields, b"<p>", "3").repeat(2));
        assert_eq!(all.len(), 2, "{version}");
        let record = &all[1];
        assert_eq!(record.kind, Kind::Resource);
        assert_eq!(record.url.as_deref(), Some("http://a.test/x y"));
        assert_eq!(record.date.as_deref(), Some("2020-01-02T03:04:05Z"));
        assert_eq!(record.record_id.as_deref(), Some("<urn:uuid:1>"));
        assert_eq!(record.payload_type.as_deref(), Some("text/html"));
        assert_eq!(record.charset.as_deref(), Some("latin1"));
        assert_eq!(record.payload, b"<p>");
        assert!(is_document(record));
    }
}

#[test]
fn an_arc_is_read_with_spaces_in_its_addresses() {
    let all = records(ARC);
    assert_eq!(
        all.iter().map(|r| r.kind).collect::<Vec<_>>(),
        [Kind::Warcinfo, Kind::Response, Kind::Response]
    );
    assert_eq!(all[1].url.as_deref(), Some("http://a.test/a b c"));
    assert_eq!(all[1].date.as_deref(), Some("20140216050222"));
    assert_eq!((all[1].http_status, &all[1].payload[..]), (Some(200), &b"<p>"[..]));
    assert_eq!(all[2].payload, b"ab\nc");
    assert!(!is_document(&all[0]) && is_document(&all[1]) && is_document(&all[2]));
}

#[test]
fn an_arc_of_version_2_is_read() {
    let line = "http://a.test/ 10.0.0.1 20140216050222 text/html 200 - - 0 x.arc 3\n<p>\n";
    let all = records(line.repeat(3));
    assert_eq!(all.len(), 3);
    assert_eq!(all[2].url.as_deref(), Some("http://a.test/"));
    assert_eq!(all[2].payload_type.as_deref(), Some("text/html"));
}

#[test]
fn a_wrong_line_in_an_arc_costs_its_record_only() {
    for wrong in ["-1", "x", "3", "5", "40", "99999999999999999999", "999999999999"] {
        let line = "http://b.test/ 1 20140216050222 text/plain ";
        let bytes = format!("{line}2\nb1\n{line}{wrong}\nbody\n{line}2\nb3\n{line}2\nb4\n");
        let (payloads, rejects) = outcome(&bytes);
        // A length that takes in just the line end is a file without line ends between its records.
        let kept: &[&str] = if wrong == "5" { &["b1", "body\n", "b3", "b4"] } else { &["b1", "b3", "b4"] };
        assert_eq!((&payloads[..], rejects), (&kept.map_strings()[..], 4 - kept.len()), "{wrong}");
    }
}

trait Strings {
    fn map_strings(&self) -> Vec<String>;
}

impl Strings for [&str] {
    fn map_strings(&self) -> Vec<String> {
        self.iter().map(|s| (*s).to_owned()).collect()
    }
}

#[test]
fn cut_at_any_byte_the_whole_records_before_are_kept() {
    let parts = [text("one"), response("", b"<p>two"), text("three\r\n")];
    let whole = parts.concat();
    let all = records(&whole);
    for cut in 0..whole.len() {
        let items = read(&whole[..cut]);
        let complete = all.iter().filter(|r| r.end <= cut as u64).count();
        assert_eq!(items.iter().flatten().collect::<Vec<_>>(), all[..complete].iter().collect::<Vec<_>>());
        let rest = whole[all[..complete].last().map_or(0, |r| r.end as usize)..cut].trim_ascii();
        assert_eq!(items.len() - complete, usize::from(!rest.is_empty()), "cut at {cut}");
        if let Some(Err(broken)) = items.last() {
            assert_eq!(broken.end, cut as u64);
        }
    }
}

#[test]
fn an_error_of_the_source_comes_after_the_whole_records() {
    struct Fails;
    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let begun = [text("one"), text("two")[..30].to_vec()].concat();
    let mut items = Records::new(Cursor::new(begun).chain(Fails));
    assert_eq!(items.next().unwrap().unwrap().unwrap().payload, b"one");
    assert!(items.next().unwrap().unwrap().unwrap_err().cause.contains("cut short"));
    assert_eq!(items.next().unwrap().unwrap_err().to_string(), "the disk is gone");
    assert!(items.next().is_none());
}

#[test]
fn a_wrong_length_costs_its_record_only() {
    let body = "some text of a page\nwith two lines";
    let right = body.len() as i64;
    let fields = "Content-Type: text/plain\r\n";
    // By 2 and by 4 the line ends behind the block are taken in: a file without them cannot be told apart. By the length
    // of the next record more that record is taken in: an archive in an archive cannot be told apart.
    let next = text("after").len() as i64;
    for by in (-right..150).filter(|by| ![0, 2, 4].contains(by) && ![0, 2, 4].contains(&(by - next))).chain([
        1 << 20,
        1 << 29,
        i64::MAX - right,
    ]) {
        let wrong = with_length("1.0", "conversion", fields, body.as_bytes(), &(right + by).to_string());
        let bytes = [text("before"), wrong, text("after"), text("last")].concat();
        let (payloads, rejects) = outcome(bytes);
        assert_eq!((payloads, rejects), (["before", "after", "last"].map_strings(), 1), "by {by}");
    }
}

#[test]
fn a_length_that_is_none_costs_its_record_only() {
    for wrong in ["", "x", "-1", "+3", "3.0", "18446744073709551616"] {
        let wrong = with_length("1.0", "conversion", "", b"abc", wrong);
        let bytes = [text("before"), wrong, text("after")].concat();
        assert_eq!(outcome(bytes), (["before", "after"].map_strings(), 1));
    }
    let none = b"WARC/1.0\r\nWARC-Type: conversion\r\n\r\nabc\r\n\r\n".to_vec();
    assert_eq!(outcome([none, text("after")].concat()), (["after"].map_strings(), 1));
}

#[test]
fn a_reject_names_its_range() {
    let (before, after) = (text("before"), text("after"));
    let wrong = with_length("1.0", "conversion", "", b"abc", "2");
    let items = read([&before[..], &wrong, &after].concat());
    let broken = items[1].as_ref().unwrap_err();
    let range = before.len() as u64..(before.len() + wrong.len()) as u64;
    assert_eq!(broken.offset..broken.end, range);
    assert_eq!(broken.cause, "wrong length: the header says 2 bytes, the next record begins after 7");
    assert_eq!(items[2].as_ref().unwrap().offset, range.end);
}

#[test]
fn garbage_between_records_costs_no_record() {
    for garbage in
        [&b"\0\xFF\xFE"[..], b"junk\r\n", b"WARC/1.0 ", b"WARC/", b"\0WARC/1.0 is a format\n", &[b'x'; 5000]]
    {
        let bytes = [garbage, &text("one"), garbage, garbage, &text("two"), garbage].concat();
        assert_eq!(outcome(bytes), (["one", "two"].map_strings(), 3), "{garbage:?}");
    }
}

#[test]
fn what_is_no_archive_is_one_reject() {
    let bytes = b"Just a text.\nhttp://a.test/ is in it.\n".repeat(100_000);
    let items = read(&bytes);
    assert_eq!(items.len(), 1);
    let broken = items[0].as_ref().unwrap_err();
    assert_eq!((broken.offset, broken.end), (0, bytes.len() as u64));
    assert!(read("").is_empty() && read("\r\n\r\n").is_empty());
}

#[test]
fn missing_line_ends_between_records_are_forgiven() {
    let bare = |block: &str| text(block)[..text(block).len() - 4].to_vec();
    for gap in ["", "\r\n", "\n", "\n\n", "\r\n\r\n\r\n"] {
        let bytes = [bare("one"), gap.into(), bare("two"), gap.into(), bare("three")].concat();
        assert_eq!(outcome(bytes), (["one", "two", "three"].map_strings(), 0), "{gap:?}");
    }
}

#[test]
fn folded_lines_and_lone_line_feeds_in_headers_are_read() {
    let bytes = b"WARC/1.0\nwarc-type:conversion\nWARC-Target-URI : http://a.test/\n\tpage\n \n";
    assert!(read(bytes)[0].is_err());
    let bytes = b"WARC/1.0\nwarc-type:conversion\nno field\nWARC-Target-URI : http://a.test/\n\tpage\nCONTENT-LENGTH:2\n\nab\n\n";
    let record = &records(bytes)[0];
    assert_eq!((record.kind, record.url.as_deref()), (Kind::Conversion, Some("http://a.test/ page")));
    assert_eq!(record.payload, b"ab");
}

#[test]
fn a_record_over_the_limit_is_streamed_over() {
    let len = MAX_LEN + 1;
    let head = format!("WARC/1.0\r\nWARC-Type: resource\r\nContent-Length: {len}\r\n\r\n");
    let after = [&b"\r\n\r\n"[..], &text("after")].concat();
    let stream = Cursor::new(head.clone()).chain(io::repeat(b'x').take(len)).chain(Cursor::new(after));
    let mut items = Records::new(stream);
    let broken = items.next().unwrap().unwrap().unwrap_err();
    assert_eq!((broken.offset, broken.end), (0, head.len() as u64 + len + 4));
    assert!(broken.cause.contains("at most 256 MiB"), "{}", broken.cause);
    assert_eq!(items.next().unwrap().unwrap().unwrap().payload, b"after");
}

#[test]
fn bodies_in_chunks_and_codings_are_decoded() {
    let page = "<p>Une page qui se répète.</p>\n".repeat(300);
    let page = page.as_bytes();
    let zlib = {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(page).unwrap();
        encoder.finish().unwrap()
    };
    let raw = {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(page).unwrap();
        encoder.finish().unwrap()
    };
    // A stream of brotli without compression: a window of 16 bits, one stored piece, the end.
    let mut brotli = vec![0, 0, 0];
    let bits = (page.len() as u32 - 1) << 4 | 1 << 20;
    brotli.copy_from_slice(&bits.to_le_bytes()[..3]);
    brotli.extend_from_slice(page);
    brotli.push(3);
    let cases: [(&str, Vec<u8>); 7] = [
        ("", page.to_vec()),
        ("Content-Encoding: gzip\r\n", gzip(page)),
        ("Content-Encoding: x-gzip, gzip\r\n", gzip(&gzip(page))),
        ("Content-Encoding: gzip\r\n", [gzip(&page[..100]), gzip(&page[100..]), b"tail".to_vec()].concat()),
        ("Content-Encoding: deflate\r\n", zlib),
        ("Content-Encoding: Deflate\r\n", raw),
        ("content-encoding: br\r\n", brotli),
    ];
    for (fields, body) in cases {
        assert_eq!(records(response(fields, &body))[0].payload, page, "{fields}");
        let fields = format!("{fields}Transfer-Encoding: chunked\r\n");
        let record = &records(response(&fields, &chunks(&body, 700)))[0];
        assert_eq!((&record.payload[..], record.truncated), (page, false), "{fields}");
    }
}

#[test]
fn a_body_that_was_stored_decoded_is_taken_as_it_stands() {
    for fields in [
        "Content-Encoding: gzip\r\n",
        "Content-Encoding: br\r\n",
        "Content-Encoding: deflate\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Content-Encoding: utf-8\r\n",
    ] {
        assert_eq!(records(response(fields, b"<html>\r\npage"))[0].payload, b"<html>\r\npage", "{fields}");
    }
}

#[test]
fn a_body_that_was_cut_gives_its_beginning() {
    let page = "<p>one two three</p>".repeat(5000);
    let body = gzip(page.as_bytes());
    let record = &records(response("Content-Encoding: gzip\r\n", &body[..body.len() - 2]))[0];
    assert_eq!((&record.payload[..], record.truncated), (page.as_bytes(), true));
    let record = &records(response("Transfer-Encoding: chunked\r\n", b"5\r\nabcde\r\n5\r\nfg"))[0];
    assert_eq!((&record.payload[..], record.truncated), (&b"abcdefg"[..], true));
}

#[test]
fn a_body_that_cannot_be_decoded_is_a_reject_of_a_document_only() {
    let mut bad = gzip(b"<p>page</p>");
    let len = bad.len();
    bad[len - 6] ^= 1;
    let html = response("Content-Encoding: gzip\r\n", &bad);
    let image = String::from_utf8_lossy(b"text/html").replace("text/html", "image/png!");
    let cause = read(&html)[0].clone().unwrap_err().cause;
    assert!(cause.contains("gzip"), "{cause}");
    let other = [
        &b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Type: "[..],
        image.as_bytes(),
        b"\r\n\r\n",
        &bad,
    ];
    assert_eq!(records(warc("response", "", &other.concat()))[0].payload, bad);
    let broken = response("Transfer-Encoding: chunked\r\n", b"2\r\nabXX2\r\ncd\r\n0\r\n\r\n");
    assert_eq!(read(broken)[0].clone().unwrap_err().cause, "the chunks of the body break off at its byte 5");
    let zstd = response("Content-Encoding: zstd\r\n", b"\x28\xB5\x2F\xFD\0\0");
    assert!(read(zstd)[0].clone().unwrap_err().cause.contains("zstd"));
}

#[test]
fn a_bomb_is_a_reject() {
    let bomb = gzip(&vec![0; 20 << 20]);
    let items = read([response("Content-Encoding: gzip\r\n", &bomb), text("after")].concat());
    assert!(items[0].as_ref().unwrap_err().cause.contains("grows to over"), "{items:?}");
    assert_eq!(items[1].as_ref().unwrap().payload, b"after");
    let many = "Content-Encoding: gzip, gzip, gzip, gzip, gzip\r\n";
    assert!(read(response(many, b"x"))[0].is_err());
}

#[test]
fn only_pages_and_texts_with_status_200_are_documents() {
    let page = |status: &str, kind: &str| {
        format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n\r\n<p>").into_bytes()
    };
    let is = |bytes: Vec<u8>| is_document(&records(bytes)[0]);
    let typed = |kind: &str, media: &str| is(warc(kind, &format!("Content-Type: {media}\r\n"), b"x"));
    assert!(is(warc("response", "", &page("200 OK", "text/html; charset=utf-8"))));
    assert!(is(warc("response", "", &page("200", "application/xhtml+xml"))));
    assert!(!is(warc("response", "", &page("404 Not Found", "text/html"))));
    assert!(!is(warc("response", "", &page("200 OK", "image/png"))));
    assert!(!is(warc("revisit", "", &page("200 OK", "text/html"))));
    assert!(is(warc(
        "response",
        "WARC-Identified-Payload-Type: text/html\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n<p>"
    )));
    assert!(typed("resource", "text/plain") && typed("conversion", "text/plain"));
    let log = "WARC-Target-URI: <metadata://wget.log>\r\nContent-Type: text/plain\r\n";
    assert!(!is(warc("resource", log, b"x")));
    assert!(!typed("conversion", "text/html") && !typed("response", "text/dns"));
    for kind in ["metadata", "warcinfo", "request", "continuation"] {
        assert!(!typed(kind, "text/plain"), "{kind}");
    }
}

/// Gives as many bytes at once as it is told to.
struct Drip<'a>(&'a [u8], usize);

impl Read for Drip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.1.min(self.0.len()).min(buffer.len());
        buffer[..len].copy_from_slice(&self.0[..len]);
        self.0 = &self.0[len..];
        Ok(len)
    }
}

fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "[a-z \r\n]{0,40}".prop_map(|s| text(&s)),
        "[a-z \r\n]{0,40}".prop_map(|s| response("Transfer-Encoding: chunked\r\n", s.as_bytes())),
        ("[a-z]{0,9}", -3i64..99).prop_map(|(s, n)| with_length(
            "1.1",
            "resource",
            "",
            s.as_bytes(),
            &n.to_string()
        )),
        Just(ARC.as_bytes().to_vec()),
        Just(b"WARC/1.0\r\n".to_vec()),
        Just(b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec()),
        prop::collection::vec(any::<u8>(), 0..60),
    ]
}

proptest! {
    #[test]
    fn whatever_the_bytes_ranges_ascend_and_hold_all_but_empty_lines(
        pieces in prop::collection::vec(piece(), 0..8), drip in 1usize..200,
    ) {
        let bytes = pieces.concat();
        let items = read(&bytes);
        let mut at = 0;
        for item in &items {
            let (offset, end) = item.as_ref().map_or_else(|b| (b.offset, b.end), |r| (r.offset, r.end));
            prop_assert!(at <= offset && offset < end && end <= bytes.len() as u64);
            let gap = &bytes[at as usize..offset as usize];
            prop_assert!(gap.iter().all(|b| b"\r\n".contains(b)));
            at = end;
        }
        prop_assert!(bytes[at as usize..].iter().all(|b| b"\r\n".contains(b)));
        // However the bytes arrive, the items are the same.
        let dripped: Vec<_> = Records::new(Drip(&bytes, drip)).map(|item| item.unwrap()).collect();
        prop_assert_eq!(dripped, items);
    }

    #[test]
    fn sound_archives_are_read_as_they_were_written(texts in prop::collection::vec("[ -~\r\n]{0,80}", 0..9)) {
        let bytes: Vec<u8> = texts.iter().flat_map(|t| text(t)).collect();
        prop_assert_eq!(outcome(bytes), (texts, 0));
    }
}
