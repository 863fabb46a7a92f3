//! What a record is, and which records are documents.

use std::fmt;

use super::arc;
use super::fields::{Fields, media_type};
use super::http;

/// What a record says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The answer of a server. Every record of an ARC but the first is one.
    Response,
    /// A thing without the answer that brought it.
    Resource,
    /// Another form of a thing: the text of a page, in WET.
    Conversion,
    /// Says that the same was seen before.
    Revisit,
    /// What was asked of a server.
    Request,
    /// What is known of another record; WAT holds nothing else.
    Metadata,
    /// About the archive. The first record of an ARC is one.
    Warcinfo,
    /// Anything else, also the later parts of a record in several.
    Other,
}

impl Kind {
    fn of(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "response" => Self::Response,
            "resource" => Self::Resource,
            "conversion" => Self::Conversion,
            "revisit" => Self::Revisit,
            "request" => Self::Request,
            "metadata" => Self::Metadata,
            "warcinfo" => Self::Warcinfo,
            _ => Self::Other,
        }
    }

    /// The name in the format, `other` for those that are not listed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Response => "response",
            Self::Resource => "resource",
            Self::Conversion => "conversion",
            Self::Revisit => "revisit",
            Self::Request => "request",
            Self::Metadata => "metadata",
            Self::Warcinfo => "warcinfo",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Where its header begins in the decompressed stream, in bytes.
    pub offset: u64,
    /// Where its block ends in the decompressed stream.
    pub end: u64,
    /// What it says it is.
    pub kind: Kind,
    /// The address, as the archive spells it but without `<` and `>` around it.
    pub url: Option<String>,
    /// The time of the capture, as the archive spells it: `2014-02-16T05:02:21Z`, in an ARC `20140216050221`.
    pub date: Option<String>,
    /// The id of the record; ARC has none.
    pub record_id: Option<String>,
    /// The type of the block; in an ARC that of the payload.
    pub content_type: Option<String>,
    /// Of a response with an HTTP header the decoded body, else the block. Where the body of what is no document
    /// cannot be decoded it is as stored.
    pub payload: Vec<u8>,
    /// The status of an HTTP response.
    pub http_status: Option<u16>,
    /// The media type of the payload in lower case, without parameters.
    pub payload_type: Option<String>,
    /// The charset declared for the payload.
    pub charset: Option<String>,
    /// Whether the archive says that the payload is not all there, or the end of a coded body is missing.
    pub truncated: bool,
}

/// A range of the stream that is no record, or none that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Where it begins in the decompressed stream, in bytes.
    pub offset: u64,
    /// Where it ends, exclusive.
    pub end: u64,
    /// Why, in plain words.
    pub cause: String,
}

/// Whether a record holds a document: a page or a text that a server gave with status 200 (or without a status), or
/// the text of a page; not what a crawler wrote about its own work under a `metadata:` address. The other records are no rejects: they are passed over by design.
pub fn is_document(record: &Record) -> bool {
    let types: &[&str] = match record.kind {
        Kind::Response | Kind::Resource => &["text/html", "application/xhtml+xml", "text/plain"],
        Kind::Conversion => &["text/plain"],
        _ => return false,
    };
    let status = record.http_status.is_none_or(|status| status == 200);
    // What a crawler writes about itself, such as its log.
    let about = record.url.as_deref().is_some_and(|url| url.starts_with("metadata:"));
    status && !about && record.payload_type.as_deref().is_some_and(|t| types.contains(&t))
}

/// A record of a WARC from its header and its block, or why its payload cannot be had.
pub(super) fn warc(fields: &Fields<'_>, block: &[u8]) -> Result<Record, String> {
    let url = fields.get("WARC-Target-URI").map(|url| {
        let bare = url.strip_prefix('<').and_then(|u| u.strip_suffix('>')).map(str::to_owned);
        bare.unwrap_or(url)
    });
    let record = Record {
        offset: 0,
        end: 0,
        kind: fields.get("WARC-Type").map_or(Kind::Other, |name| Kind::of(&name)),
        url,
        date: fields.get("WARC-Date"),
        record_id: fields.get("WARC-Record-ID"),
        content_type: fields.get("Content-Type"),
        payload: Vec::new(),
        http_status: None,
        payload_type: None,
        charset: None,
        truncated: fields.get("WARC-Truncated").is_some() || fields.get("WARC-Segment-Number").is_some(),
    };
    with_payload(record, block, fields.get("WARC-Identified-Payload-Type"))
}

/// A record of an ARC from its line and its block, or why its payload cannot be had.
pub(super) fn arc(line: arc::Line, block: &[u8]) -> Result<Record, String> {
    let about = line.url.starts_with("filedesc:");
    let record = Record {
        offset: 0,
        end: 0,
        kind: if about { Kind::Warcinfo } else { Kind::Response },
        url: Some(line.url).filter(|_| !about),
        date: Some(line.date),
        record_id: None,
        content_type: Some(line.content_type),
        payload: Vec::new(),
        http_status: None,
        payload_type: None,
        charset: None,
        truncated: false,
    };
    with_payload(record, block, None)
}

fn with_payload(mut record: Record, block: &[u8], identified: Option<String>) -> Result<Record, String> {
    let response = if record.kind == Kind::Response { http::parse(block) } else { None };
    let Some(response) = response else {
        let declared = record.content_type.as_deref().map(media_type);
        (record.payload_type, record.charset) = declared.unwrap_or_default();
        record.payload = block.to_vec();
        return Ok(record);
    };
    record.http_status = response.status;
    let declared = response.content_type.as_deref().map(media_type);
    (record.payload_type, record.charset) = declared.unwrap_or_default();
    if record.payload_type.is_none() {
        record.payload_type = identified.and_then(|t| media_type(&t).0);
    }
    match response.body() {
        Ok(body) => {
            record.truncated |= body.cut;
            record.payload = body.bytes.into_owned();
        }
        Err(cause) if is_document(&record) => return Err(cause),
        Err(_) => record.payload = response.stored().to_vec(),
    }
    Ok(record)
}
