//! Records, addresses and payloads of real archives are those that the Python package `warcio` reads.
//!
//! Runs where `../shared` is and where `PYTHON_WITH_WARCIO` names a Python that has the package, or `python3` does.

// What goes wrong in a helper fails the test that called it.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::bufread::MultiGzDecoder;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tamis::read::warc::{Broken, Kind, Record, Records, is_document};

/// Gives the records of the decompressed stream, one JSON array a record, and at the end how the reading ended.
const WARCIO: &str = r#"
import gzip, hashlib, io, json, sys
from warcio.archiveiterator import ArchiveIterator

stream = open(sys.argv[1], "rb").read()
if stream[:2] == b"\x1f\x8b":
    stream = gzip.decompress(stream)
whole = lambda **how: ArchiveIterator(io.BytesIO(stream), **how)
ended = None
try:
    for record in whole():
        headers = record.rec_headers
        uri = headers.get_header("WARC-Target-URI") or headers.get_header("uri")
        kind = {"arc_header": "warcinfo"}.get(record.rec_type, record.rec_type)
        if kind == "response":
            payload = record.content_stream().read()
        else:
            record.raw_stream.read()
            payload = None
        status = record.http_headers.get_statuscode() if record.http_headers else None
        print(json.dumps([kind, uri, payload is not None and hashlib.sha256(payload).hexdigest(), status]))
except Exception as error:
    ended = type(error).__name__
blocks = []
try:
    for record in whole(no_record_parse=True):
        blocks.append(hashlib.sha256(record.raw_stream.read()).hexdigest())
except Exception:
    pass
print(json.dumps({"blocks": blocks, "ended": ended}))
"#;

/// What `warcio` reads leniently is here a named reject: file, rejects, and the rejected records of `warcio`.
const REJECTED: &[(&str, usize, &[usize])] = &[
    // Lengths -1 (twice) and abc.
    ("bad.arc", 3, &[0, 1, 3]),
    // The last block ends twelve bytes before its length.
    ("example-space-in-url.arc", 1, &[1]),
    // A block two bytes longer than its length.
    ("example-trunc.warc", 1, &[2]),
    // A block one byte longer than its length.
    ("example-wrong-chunks.warc.gz", 1, &[0]),
];

fn python() -> Option<String> {
    let python = std::env::var("PYTHON_WITH_WARCIO").unwrap_or_else(|_| "python3".into());
    let has = Command::new(&python).args(["-c", "import warcio, brotli"]).output();
    has.is_ok_and(|o| o.status.success()).then_some(python)
}

fn read(path: &Path) -> Vec<Result<Record, Broken>> {
    let mut start = [0; 2];
    File::open(path).unwrap().read_exact(&mut start).unwrap();
    let file = BufReader::new(File::open(path).unwrap());
    let stream: Box<dyn Read> =
        if start == *b"\x1F\x8B" { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    Records::new(stream).map(|item| item.unwrap()).collect()
}

fn archives(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = entry.file_name().unwrap().to_string_lossy().into_owned();
        if entry.is_dir() {
            files.extend(archives(&entry));
        } else if name.contains(".warc") || name.contains(".arc") {
            files.push(entry);
        }
    }
    files.sort();
    files
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn records_are_those_that_warcio_reads() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/scrapes/warc_samples.tar.xz");
    let (Some(python), true) = (python(), samples.exists()) else {
        eprintln!("skipped: needs ../shared and a Python with warcio and brotli (PYTHON_WITH_WARCIO)");
        return;
    };
    let place = tempfile::tempdir().unwrap();
    let unpacked = Command::new("tar").arg("xf").arg(&samples).arg("-C").arg(place.path()).status();
    if !unpacked.is_ok_and(|status| status.success()) {
        eprintln!("skipped: needs tar and xz");
        return;
    }
    let files = archives(place.path());
    assert!(files.len() >= 19, "{files:?}");
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let output = Command::new(&python).args(["-c", WARCIO]).arg(&path).output().unwrap();
        let lines: Vec<Value> = output
            .stdout
            .split(|&b| b == b'\n')
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect();
        let (end, theirs) = lines.split_last().unwrap();
        assert!(end["ended"].is_null(), "{name}: {end}");
        let items = read(&path);
        let ours: Vec<&Record> = items.iter().flatten().collect();
        let rejects: Vec<&Broken> = items.iter().filter_map(|item| item.as_ref().err()).collect();
        let documents = ours.iter().filter(|r| is_document(r)).count();
        println!(
            "{name}: warcio {}, here {} ({documents} documents), rejects {rejects:?}",
            theirs.len(),
            ours.len()
        );
        let (_, count, rejected) = REJECTED.iter().find(|r| r.0 == name).unwrap_or(&("", 0, &[]));
        assert_eq!(rejects.len(), *count, "{name}: {rejects:?}");
        let theirs = theirs.iter().enumerate().filter(|(at, _)| !rejected.contains(at));
        assert_eq!(ours.len(), theirs.clone().count(), "{name}");
        for (ours, (at, theirs)) in ours.into_iter().zip(theirs) {
            let kind = theirs[0].as_str().unwrap();
            assert_eq!(ours.kind.name(), kind, "{name} {at}");
            // The first record of an ARC has a file name where others have their address.
            if ours.kind != Kind::Warcinfo {
                // warcio escapes spaces in addresses of a WARC.
                let url = ours.url.as_deref().unwrap_or_default().replace(' ', "%20");
                assert_eq!(url, theirs[1].as_str().unwrap_or_default().replace(' ', "%20"), "{name} {at}");
            }
            let is_arc = name.contains(".arc");
            if let (Kind::Response, Some(status)) = (ours.kind, ours.http_status) {
                assert_eq!(hex(&ours.payload), theirs[2].as_str().unwrap(), "{name} {at}");
                assert_eq!(status.to_string(), theirs[3].as_str().unwrap(), "{name} {at}");
            } else if !(is_arc && ours.kind == Kind::Warcinfo) {
                // warcio takes two lines off the first block of an ARC; here it is whole.
                assert_eq!(hex(&ours.payload), end["blocks"][at].as_str().unwrap(), "{name} {at}");
            }
        }
    }
}
