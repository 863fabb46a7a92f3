//! What a fuzzer calls: a function for each parser, which takes any bytes and fails if a promise is broken.
//!
//! `cargo fuzz run NAME` (in `fuzz/`) searches for such bytes; `tests/fuzzed.rs` calls the same functions over the seeds
//! in `fuzz/seeds/` and changed copies of them, with the stable toolchain.

use std::io::{self, Cursor, Read, Seek, Write};

use tamis::read::archive::{each_tar, each_zip};
use tamis::read::blocks::{Blocks, Lines, Piece, Scan};
use tamis::read::compressed::{self, Limits};
use tamis::read::csv::{self, Rows};
use tamis::read::json_array::{self, Elements};
use tamis::read::parquet::Table;
use tamis::read::{Decoded, Encoding, charset, html, jsonl, warc};
use tamis::run::options::Fields;
use tamis::shard::Store;
use tamis::strip::{RuleSet, Scope, Stripped, remaining};

/// A function that takes any bytes.
pub(crate) type Target = fn(&[u8]);

/// All of them, by name.
pub(crate) const TARGETS: [(&str, Target); 13] = [
    ("jsonl", jsonl),
    ("json_string", json_string),
    ("json_array", json_array),
    ("csv", csv),
    ("warc", warc),
    ("html", html),
    ("parquet", parquet),
    ("charset", charset),
    ("compressed", compressed),
    ("archive", archive),
    ("rules", rules),
    ("strip", strip),
    ("shard", shard),
];

/// What is made of a small file is no more than this before it is left alone.
const LIMITS: Limits = Limits { free: 1 << 20, ratio: 100, members: 100 };

/// Lines of JSON: the text stands inside its line, and however they are sliced the same records are found.
pub(crate) fn jsonl(bytes: &[u8]) {
    for (start, end, _) in sliced(bytes, 0, || Lines) {
        let line = &bytes[start as usize..end as usize];
        if let Ok(record) = jsonl::parse(line, &Fields::default()) {
            decoded(&line[record.body.clone()], record.encoding);
        }
    }
}

/// The inside of a JSON string: every decoded byte has its place among the raw ones.
pub(crate) fn json_string(bytes: &[u8]) {
    decoded(bytes, Encoding::JsonString);
}

/// JSON in arrays or one after the other: however the file is sliced the same elements are found.
pub(crate) fn json_array(bytes: &[u8]) {
    let Some(shape) = json_array::shape(bytes) else { return };
    let fields = Fields::default();
    for (start, end, cause) in sliced(bytes, 0, || Elements::new(shape, &fields)) {
        let element = &bytes[start as usize..end as usize];
        if let (None, Ok(record)) = (cause, jsonl::parse(element, &fields)) {
            decoded(&element[record.body.clone()], record.encoding);
        }
    }
}

/// Delimited values: however they are sliced the same rows are found, and the text stands inside its row.
pub(crate) fn csv(bytes: &[u8]) {
    for is_tsv in [false, true] {
        let fields = Fields::default();
        let Ok(header) = csv::header(bytes, csv::sniff(bytes, is_tsv), &fields) else { continue };
        for (start, end, cause) in sliced(bytes, header.end, || Rows::new(&header, &fields)) {
            let row = &bytes[start as usize..end as usize];
            if let (None, Ok(record)) = (cause, csv::parse(row, &header, &fields)) {
                decoded(&row[record.body.clone()], record.encoding);
            }
        }
    }
}

/// Web archives: records and broken pieces follow one another and lie inside the file.
pub(crate) fn warc(bytes: &[u8]) {
    let mut at = 0;
    for record in warc::Records::new(bytes) {
        let (offset, end) = match &record {
            Ok(Ok(record)) => (record.offset, record.end),
            Ok(Err(broken)) => (broken.offset, broken.end),
            Err(_) => return,
        };
        assert!(
            at <= offset && offset < end && end <= bytes.len() as u64,
            "{at} {offset} {end} {}",
            bytes.len()
        );
        at = end;
    }
}

/// Saved pages: any bytes give a text or a cause.
pub(crate) fn html(bytes: &[u8]) {
    if let Err(cause) = html::page(bytes, None, None) {
        assert!(!cause.is_empty());
    }
}

/// Tables: any bytes give rows or a cause.
pub(crate) fn parquet(bytes: &[u8]) {
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(bytes).and_then(|()| file.rewind()).expect("room in the temporary file");
    if let Ok(table) = Table::open(file, &Fields::default()) {
        let (all, mut count) = (table.num_rows(), 0);
        if table.rows(0..all, &mut |_, _, _| count += 1).is_ok() {
            assert_eq!(count, all);
        }
    }
}

/// Charsets: what is converted can be converted back to the same bytes, and what is not stays.
pub(crate) fn charset(bytes: &[u8]) {
    for declared in [None, Some("windows-1252"), Some("shift_jis"), Some("utf-16")] {
        let decision = charset::decode(bytes, declared);
        if decision.is_converted() {
            let text = std::str::from_utf8(&decision.text).expect("what is converted is UTF-8");
            assert_eq!(decision.charset.encode(text.as_bytes()).as_deref(), Some(bytes));
        } else {
            assert_eq!(&*decision.text, bytes);
        }
    }
}

/// Compressed files: any bytes give bytes, and then an end or an error.
pub(crate) fn compressed(bytes: &[u8]) {
    let compression = compressed::sniff(bytes);
    let Ok(stream) = compressed::open_within(bytes, compression, LIMITS) else { return };
    let mut unpacked = Vec::new();
    let most = LIMITS.free + LIMITS.ratio * bytes.len() as u64 + (1 << 20);
    let _ = stream.take(most + 1).read_to_end(&mut unpacked);
    assert!(unpacked.len() as u64 <= most, "more than the limits allow");
}

/// Archives: names of members stay inside.
pub(crate) fn archive(bytes: &[u8]) {
    let mut each = |entry: tamis::read::archive::Entry, member: &mut dyn Read| -> io::Result<()> {
        let parts = entry.name.split('/');
        assert!(
            !entry.name.is_empty() && parts.clone().all(|part| !matches!(part, "" | "." | "..")),
            "{}",
            entry.name
        );
        let _ = io::copy(&mut member.take(1 << 20), &mut io::sink());
        Ok(())
    };
    let _ = each_tar(bytes, LIMITS, &mut each);
    let _ = each_zip(Cursor::new(bytes), LIMITS, &mut each);
}

/// A file of rules, and behind a byte 0xFF a text: problems are told, and rules that are right keep their promises.
pub(crate) fn rules(bytes: &[u8]) {
    let at = bytes.iter().position(|byte| *byte == 0xFF).unwrap_or(bytes.len());
    let (file, text) = (&bytes[..at], bytes.get(at + 1..).unwrap_or_default());
    let Ok(file) = std::str::from_utf8(file) else { return };
    if let Ok(rules) = RuleSet::from_texts(vec![("rules.toml".into(), file.into())]) {
        stripped(&rules, text);
    }
}

/// The built-in rules on any text.
pub(crate) fn strip(bytes: &[u8]) {
    static RULES: std::sync::OnceLock<RuleSet> = std::sync::OnceLock::new();
    stripped(RULES.get_or_init(|| RuleSet::built_in().expect("the built-in rules are right")), bytes);
}

/// A shard that somebody made: with a checksum that holds, behind which any bytes stand.
pub(crate) fn shard(bytes: &[u8]) {
    if bytes.len() < 24 {
        return;
    }
    let mut bytes = bytes.to_vec();
    let checksum = xxhash_rust::xxh3::xxh3_64;
    let sum = checksum(&bytes[24..]) ^ checksum(&bytes[..16]).rotate_left(1);
    bytes[16..24].copy_from_slice(&sum.to_le_bytes());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::open(folder.path()).expect("a new store");
    let Ok(shard) = store.put(store.naming().part(b"any").name(), &bytes) else { return };
    let _ = (shard.names(), shard.rejects(), shard.all_details().map(|_| ()));
    let Ok(rows) = shard.rows(0..shard.documents()) else { return };
    assert_eq!(rows.len(), shard.documents() as usize);
    let mut into = Vec::new();
    let _ = shard.carried(0..shard.span().min(1 << 20), &mut into);
    for row in rows.iter().take(100) {
        let _ = (shard.cuts_of(row), shard.details_of(row));
        let _ = shard.carried(row.offset..row.offset.saturating_add(u64::from(row.len)), &mut into);
    }
}

/// The pieces of a stream, the same whatever the size of the slices and of what the stream hands out.
fn sliced<S: Scan>(bytes: &[u8], start: usize, scan: impl Fn() -> S) -> Vec<(u64, u64, Option<String>)> {
    let mut first = None;
    // Slices of a byte take quadratic time on one long record.
    let smallest = if bytes.len() > 1 << 12 { 1 << 10 } else { 1 };
    for (size, hand) in [(1 << 20, usize::MAX), (smallest, 3), (7.max(smallest), 1), (64.max(smallest), 50)] {
        let mut blocks = Blocks::new(Handing { bytes, hand }, scan(), start, size);
        let (mut pieces, mut at): (Vec<_>, u64) = (Vec::new(), 0);
        while let Some(block) = blocks.next_block().expect("memory can be read") {
            assert_eq!(block.offset, at, "blocks follow one another");
            assert_eq!(block.bytes, bytes[at as usize..at as usize + block.bytes.len()]);
            at = block.end();
            pieces.extend(block.pieces.into_iter().map(|Piece { start, end, cause }| (start, end, cause)));
        }
        assert!(at <= bytes.len() as u64);
        assert!(pieces.iter().all(|(start, end, _)| start < end && *end <= bytes.len() as u64), "{pieces:?}");
        assert!(pieces.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{pieces:?}");
        match &first {
            None => first = Some(pieces),
            Some(first) => assert_eq!(*first, pieces, "slices of {size} bytes"),
        }
    }
    first.unwrap_or_default()
}

/// Hands out some bytes at a time.
struct Handing<'a> {
    bytes: &'a [u8],
    hand: usize,
}

impl Read for Handing<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = into.len().min(self.hand);
        self.bytes.read(&mut into[..most])
    }
}

/// Every place of the decoded text has its place in the raw one, in the same order.
fn decoded(raw: &[u8], encoding: Encoding) {
    let decoded = Decoded::new(raw, encoding);
    let places: Vec<usize> = (0..=decoded.text.len()).map(|at| decoded.raw_offset(at)).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!(places.last().is_some_and(|last| *last == raw.len()) && places[0] == 0, "{places:?}");
}

/// Cuts are sorted, lie inside the text, take whole characters, and what is left is the text without them.
fn stripped(rules: &RuleSet, text: &[u8]) {
    let Stripped { cuts, .. } = rules.strip(text, &Scope::default(), true);
    let (mut at, mut rest) = (0, Vec::new());
    for cut in &cuts {
        assert!(at <= cut.start && cut.start < cut.end && cut.end <= text.len(), "{cuts:?}");
        rest.extend_from_slice(&text[at..cut.start]);
        at = cut.end;
    }
    rest.extend_from_slice(&text[at..]);
    assert_eq!(&*remaining(text, &cuts), rest);
    if let Ok(text) = std::str::from_utf8(text) {
        assert!(cuts.iter().all(|cut| text.is_char_boundary(cut.start) && text.is_char_boundary(cut.end)));
        assert!(std::str::from_utf8(&rest).is_ok());
    }
    assert_eq!(rules.strip(text, &Scope::default(), true).cuts, cuts, "the same again");
}
