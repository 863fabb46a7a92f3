//! The answer of a web server as a response record holds it: status, fields, and a body in chunks and codings.
//!
//! Crawlers often store a body decoded and leave the fields as the server sent them. So a body that does not look as
//! its fields say is taken as it stands if it looks like text. A body that was cut gives what can be decoded of it.

use std::borrow::Cow;
use std::io::{self, Read};

use brotli_decompressor::Decompressor;
use flate2::bufread::{DeflateDecoder, GzDecoder, ZlibDecoder};
use memchr::memchr;

use super::MAX_LEN;
use super::fields::{Fields, header_len};

/// Codings that may lie around one body.
const MAX_CODINGS: usize = 4;
/// A decoded body may be this many times as long as the stored one ...
const MAX_RATIO: u64 = 300;
/// ... or this long, whichever is more; but never over [`MAX_LEN`].
const FREE_LEN: u64 = 16 << 20;

/// An answer.
#[derive(Debug)]
pub(super) struct Response<'a> {
    pub(super) status: Option<u16>,
    pub(super) content_type: Option<String>,
    /// The body as stored.
    stored: &'a [u8],
    chunked: bool,
    codings: Vec<String>,
}

/// A decoded body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Body<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    /// Whether its end is missing.
    pub(super) cut: bool,
}

/// Reads the header of an answer; none if the block does not begin with one.
pub(super) fn parse(block: &[u8]) -> Option<Response<'_>> {
    if !block.get(..5)?.eq_ignore_ascii_case(b"HTTP/") {
        return None;
    }
    let body = header_len(block, 0).unwrap_or(block.len());
    let header = &block[..body];
    let status = header.split(|b| b.is_ascii_whitespace()).nth(1);
    let fields = Fields::parse(header);
    let transfer = fields.list("Transfer-Encoding");
    let mut codings = fields.list("Content-Encoding");
    codings.extend(transfer.iter().filter(|c| *c != "chunked").cloned());
    Some(Response {
        status: status.and_then(|s| std::str::from_utf8(s).ok()?.parse().ok()),
        content_type: fields.get("Content-Type"),
        stored: &block[body..],
        chunked: transfer.iter().any(|c| c == "chunked"),
        codings,
    })
}

impl<'a> Response<'a> {
    /// The body as stored.
    pub(super) fn stored(&self) -> &'a [u8] {
        self.stored
    }

    /// The body without chunks and codings, or why it cannot be had.
    pub(super) fn body(&self) -> Result<Body<'a>, String> {
        let mut body =
            if self.chunked { unchunk(self.stored)? } else { Body { bytes: self.stored.into(), cut: false } };
        if self.codings.len() > MAX_CODINGS {
            return Err(format!(
                "the body lies in {} codings; at most {MAX_CODINGS} are undone",
                self.codings.len()
            ));
        }
        for coding in self.codings.iter().rev() {
            if let Some((bytes, cut)) = decode(coding, &body.bytes)? {
                body = Body { bytes: bytes.into(), cut: body.cut || cut };
            }
        }
        Ok(body)
    }
}

/// Joins the chunks of a body. One that does not begin with a chunk was stored without them.
fn unchunk(stored: &[u8]) -> Result<Body<'_>, String> {
    const LONGEST_LINE: usize = 1 << 12;
    let mut bytes = Vec::with_capacity(stored.len());
    let mut at = 0;
    loop {
        let line = &stored[at..stored.len().min(at + LONGEST_LINE)];
        let Some(end) = memchr(b'\n', line) else {
            return match (at, line.iter().all(u8::is_ascii_hexdigit)) {
                (0, _) => Ok(Body { bytes: stored.into(), cut: false }),
                (_, true) => Ok(Body { bytes: bytes.into(), cut: true }),
                _ => Err(format!("the chunks of the body break off at its byte {at}")),
            };
        };
        let Some(len) = chunk_len(&line[..end]) else {
            if at == 0 {
                return Ok(Body { bytes: stored.into(), cut: false });
            }
            return Err(format!("the chunks of the body break off at its byte {at}"));
        };
        if len == 0 {
            return Ok(Body { bytes: bytes.into(), cut: false });
        }
        let rest = &stored[at + end + 1..];
        let chunk = &rest[..rest.len().min(len)];
        bytes.extend_from_slice(chunk);
        let after = &rest[chunk.len()..];
        let line_end = [&b"\r\n"[..], b"\n"].into_iter().find(|e| after.starts_with(e));
        at = match line_end {
            Some(line_end) => stored.len() - after.len() + line_end.len(),
            None if after.len() < 2 => return Ok(Body { bytes: bytes.into(), cut: true }),
            None => {
                return Err(format!(
                    "the chunks of the body break off at its byte {}",
                    stored.len() - after.len()
                ));
            }
        };
    }
}

/// The length that begins a chunk: hexadecimal digits, then perhaps an extension.
fn chunk_len(line: &[u8]) -> Option<usize> {
    let digits = line.split(|&b| b == b';').next()?.trim_ascii();
    let all = !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit);
    if all { usize::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok() } else { None }
}

/// Undoes one coding; says whether the end is missing. None: it is none, or the body does not lie in it.
fn decode(coding: &str, body: &[u8]) -> Result<Option<(Vec<u8>, bool)>, String> {
    if body.is_empty() {
        return Ok(None);
    }
    let is_gzip = body.starts_with(b"\x1F\x8B");
    let is_zlib =
        body.len() > 1 && body[0] & 15 == 8 && (u16::from(body[0]) << 8 | u16::from(body[1])) % 31 == 0;
    let (bytes, ended) = match coding {
        "gzip" | "x-gzip" if is_gzip => gunzip(body),
        "deflate" if is_zlib => inflate(ZlibDecoder::new(body), body.len()),
        "deflate" => inflate(DeflateDecoder::new(body), body.len()),
        "br" => inflate(Decompressor::new(body, 1 << 14), body.len()),
        "gzip" | "x-gzip" | "zstd" | "compress" | "x-compress" | "bzip2" if !looks_like_text(body) => {
            return Err(format!("the body lies in the coding `{coding}`, which cannot be undone"));
        }
        _ => return Ok(None),
    };
    if bytes.len() as u64 > most(body.len()) {
        return Err(format!(
            "the body grows to over {} bytes when its coding `{coding}` is undone",
            most(body.len())
        ));
    }
    match ended {
        Ok(()) => Ok(Some((bytes, false))),
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(Some((bytes, true))),
        Err(_) if !is_gzip && looks_like_text(body) => Ok(None),
        Err(e) => Err(format!("the body breaks off in its coding `{coding}`: {e}")),
    }
}

/// Most bytes that a body may grow to.
fn most(stored: usize) -> u64 {
    (stored as u64).saturating_mul(MAX_RATIO).clamp(FREE_LEN, MAX_LEN)
}

/// Reads a decoder to its end or a byte over what the body may grow to.
fn inflate(decoder: impl Read, stored: usize) -> (Vec<u8>, io::Result<()>) {
    let mut bytes = Vec::new();
    let ended = decoder.take(most(stored) + 1).read_to_end(&mut bytes);
    (bytes, ended.map(drop))
}

/// All members; what is no member after the first is passed over, as browsers do.
fn gunzip(body: &[u8]) -> (Vec<u8>, io::Result<()>) {
    let most = most(body.len());
    let (mut bytes, mut rest) = (Vec::new(), body);
    while rest.starts_with(b"\x1F\x8B") && bytes.len() as u64 <= most {
        let mut decoder = GzDecoder::new(rest);
        let ended = (&mut decoder).take(most + 1 - bytes.len() as u64).read_to_end(&mut bytes);
        if ended.is_err() {
            return (bytes, ended.map(drop));
        }
        rest = decoder.into_inner();
    }
    (bytes, Ok(()))
}

/// Whether the beginning holds no control characters that text never holds.
fn looks_like_text(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(512)];
    !head.iter().any(|&b| b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r' | 0x0C) || b == 0x7F)
}
