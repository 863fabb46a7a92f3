//! What a file holds, by its name or by its first bytes.

use std::path::{Path, PathBuf};

use super::archive::Kind;
use super::source::Packing;
use super::{archive, compressed, json_array};

/// What a file or stream holds once it is unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One document a file.
    Text,
    /// One JSON object a line.
    Jsonl,
    /// An array of JSON objects, or objects that are spread over lines.
    Json,
    /// A header and one document a row.
    Csv,
    /// A web archive: WARC, ARC, or the texts of pages in a WARC.
    Warc,
}

/// What the name of a file tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Documents.
    Documents(Format, Packing),
    /// Files; an archive may itself be compressed.
    Files(Kind),
}

impl Format {
    /// Whether a file is one document; otherwise it holds records, numbered from 0.
    pub fn is_single(self) -> bool {
        self == Self::Text
    }

    /// Name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Jsonl => "jsonl",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Warc => "warc",
        }
    }

    /// The extension that its clean twin gets in addition, where that is of another format.
    fn written_as(self) -> Option<&'static str> {
        match self {
            Self::Warc => Some("jsonl"),
            Self::Text | Self::Jsonl | Self::Json | Self::Csv => None,
        }
    }

    /// Where the clean twin of a file goes.
    pub fn mirror(self, relative: &Path, packing: Packing) -> PathBuf {
        let mut mirror = relative.to_path_buf();
        if packing == Packing::Compressed {
            mirror.set_extension("");
        }
        if let Some(extension) = self.written_as() {
            mirror.as_mut_os_string().push(format!(".{extension}"));
        }
        mirror
    }

    /// Where the clean twin of standard input goes.
    pub fn stdin_mirror(self) -> PathBuf {
        PathBuf::from(match self {
            Self::Text => "stdin.txt",
            Self::Jsonl | Self::Warc => "stdin.jsonl",
            Self::Json => "stdin.json",
            Self::Csv => "stdin.csv",
        })
    }

    /// What the extension of a file tells, in lower case.
    fn by_extension(extension: &str) -> Option<Self> {
        Some(match extension {
            "txt" | "text" | "md" | "markdown" => Self::Text,
            "jsonl" | "ndjson" => Self::Jsonl,
            "json" => Self::Json,
            "csv" | "tsv" | "tab" => Self::Csv,
            "warc" | "arc" | "wet" | "wat" => Self::Warc,
            _ => return None,
        })
    }

    /// What the first bytes of a stream tell; `None`: nothing that is not text.
    pub fn sniff(head: &[u8]) -> Option<Self> {
        if head.starts_with(b"WARC/") || head.starts_with(b"filedesc://") {
            return Some(Self::Warc);
        }
        match json_array::shape(head)? {
            json_array::Shape::Lines => Some(Self::Jsonl),
            json_array::Shape::Array | json_array::Shape::Objects => Some(Self::Json),
        }
    }
}

/// Extensions of files that hold no text that could be read.
const UNREADABLE: &[&str] = &[
    "bz2", "xz", "7z", "rar", "parquet", "arrow", "html", "htm", "xhtml", "xml", "pdf", "doc", "docx", "odt",
    "rtf", "epub", "png", "jpg", "jpeg", "gif", "webp", "svg", "mp3", "mp4",
];

/// What a file's name tells; `given` is for names that tell nothing, and for `.txt`.
///
/// # Errors
/// In plain words, why a file with this name is not read.
pub fn by_name(path: &Path, given: Option<Format>) -> Result<Holds, String> {
    let extension = extension(path);
    let inner = path.with_extension("");
    match extension.as_str() {
        "zip" => Ok(Holds::Files(Kind::Zip)),
        "tar" | "tgz" => Ok(Holds::Files(Kind::Tar)),
        "gz" | "gzip" | "zst" | "zstd" if self::extension(&inner) == "tar" => Ok(Holds::Files(Kind::Tar)),
        "gz" | "gzip" | "zst" | "zstd" => within(&self::extension(&inner), given)
            .map(|format| Holds::Documents(format, Packing::Compressed)),
        _ => within(&extension, given).map(|format| Holds::Documents(format, Packing::Plain)),
    }
}

/// What the first bytes of a stream without a name tell; `given` where that is known.
///
/// # Errors
/// In plain words, why such a stream is not read.
pub fn by_head(head: &[u8], given: Option<Format>) -> Result<(Format, Packing), String> {
    if archive::sniff(head).is_some() {
        return Err("an archive on standard input is not read: give it as a file".into());
    }
    if compressed::sniff(head) == compressed::Compression::None {
        return Ok((given.or_else(|| Format::sniff(head)).unwrap_or(Format::Text), Packing::Plain));
    }
    // What a compressed stream holds shows when it is unpacked: a little of it is enough.
    let inner = compressed::head(head);
    Ok((given.or_else(|| Format::sniff(&inner)).unwrap_or(Format::Text), Packing::Compressed))
}

fn extension(path: &Path) -> String {
    path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default()
}

fn within(extension: &str, given: Option<Format>) -> Result<Format, String> {
    match Format::by_extension(extension) {
        Some(Format::Text) => Ok(given.unwrap_or(Format::Text)),
        // One object a line is often called just `.json`; which it is shows when it is read.
        Some(Format::Json) => Ok(given.filter(|given| *given == Format::Jsonl).unwrap_or(Format::Json)),
        Some(format) => Ok(format),
        None if UNREADABLE.contains(&extension) || Holds::of_archive(extension) => {
            Err(format!("files of type .{extension} are not read yet"))
        }
        None => Ok(given.unwrap_or(Format::Text)),
    }
}

impl Holds {
    /// Whether an extension is one of what is not unpacked a second time.
    fn of_archive(extension: &str) -> bool {
        matches!(extension, "zip" | "tar" | "tgz" | "gz" | "gzip" | "zst" | "zstd")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_what_is_inside_and_how_it_is_packed() {
        let holds = |name: &str| by_name(Path::new(name), None);
        let documents = |format, packing| Ok(Holds::Documents(format, packing));
        assert_eq!(holds("a.txt"), documents(Format::Text, Packing::Plain));
        assert_eq!(holds("a"), documents(Format::Text, Packing::Plain));
        assert_eq!(holds("A.JSONL.GZ"), documents(Format::Jsonl, Packing::Compressed));
        assert_eq!(holds("a.tsv.zst"), documents(Format::Csv, Packing::Compressed));
        assert_eq!(holds("a.warc.wet.gz"), documents(Format::Warc, Packing::Compressed));
        assert_eq!(holds("a.tar.gz"), Ok(Holds::Files(Kind::Tar)));
        assert_eq!(holds("a.tgz"), Ok(Holds::Files(Kind::Tar)));
        assert_eq!(holds("a.pdf"), Err("files of type .pdf are not read yet".into()));
        assert_eq!(holds("a.gz.gz"), Err("files of type .gz are not read yet".into()));
    }

    #[test]
    fn the_clean_twin_of_what_is_converted_says_so_in_its_name() {
        let mirror = |format: Format, packing| format.mirror(Path::new("x/a.b.gz"), packing);
        assert_eq!(mirror(Format::Csv, Packing::Compressed), Path::new("x/a.b"));
        assert_eq!(mirror(Format::Warc, Packing::Compressed), Path::new("x/a.b.jsonl"));
        assert_eq!(mirror(Format::Text, Packing::Plain), Path::new("x/a.b.gz"));
    }

    #[test]
    fn the_first_bytes_of_a_stream_tell_its_format() {
        let format = |head: &[u8]| by_head(head, None).unwrap();
        assert_eq!(format(b"{\"text\":\"a\"}\n"), (Format::Jsonl, Packing::Plain));
        assert_eq!(format(b"[{\"text\":\"a\"}]"), (Format::Json, Packing::Plain));
        assert_eq!(format(b"{\n \"text\":\"a\"}"), (Format::Json, Packing::Plain));
        assert_eq!(format(b"WARC/1.0\r\n"), (Format::Warc, Packing::Plain));
        assert_eq!(format(b"Some words."), (Format::Text, Packing::Plain));
        assert_eq!(by_head(b"Some words.", Some(Format::Csv)).unwrap().0, Format::Csv);
        let packed = zstd::encode_all(&b"{\"text\":\"a\"}\n"[..], 1).unwrap();
        assert_eq!(format(&packed), (Format::Jsonl, Packing::Compressed));
        assert!(by_head(b"PK\x03\x04", None).is_err());
    }
}
