//! What bytes that are not UTF-8 look like.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};

use super::{Charset, cyrillic};

/// The detector sees the head of a text and, of what follows, pieces around bytes that are not ASCII.
const HEAD: usize = 64 << 10;
const PIECE: usize = 4 << 10;
const PIECES: usize = 48;

/// Whether bytes, all of them ASCII, hold the escapes to kanji that ISO-2022-JP needs, in the right places.
pub(super) fn is_iso_2022_jp(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(HEAD)];
    let escapes = [&b"\x1B$B"[..], b"\x1B$@"];
    escapes.iter().any(|escape| memchr::memmem::find(head, escape).is_some())
        && bytes.is_ascii()
        && Charset::ISO_2022_JP.read(bytes).is_some()
}

/// The most likely charset; [`Charset::UNKNOWN`] for what is no text or makes no words in any.
pub(super) fn detect(bytes: &[u8]) -> Charset {
    let sample = sample(bytes);
    if memchr::memchr(0, &sample).is_some() {
        return Charset::UNKNOWN;
    }
    let guess = guess(&sample);
    if !guess.is_single_byte() {
        return guess.widened(bytes);
    }
    if let Some(charset) = cyrillic::better_than(guess, &sample) {
        return charset;
    }
    if let Some(charset) = damaged(&sample) {
        return charset;
    }
    if makes_no_words(guess, &sample) { Charset::UNKNOWN } else { guess }
}

fn guess(sample: &[u8]) -> Charset {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    // Not the last piece: a character that is cut off at the end speaks against no charset.
    detector.feed(sample, false);
    Charset::standard(detector.guess(None, Utf8Detection::Deny))
}

/// The head and, evenly spread over the rest, pieces that begin after an ASCII blank or line end.
fn sample(bytes: &[u8]) -> Vec<u8> {
    if bytes.len() <= HEAD + PIECES * PIECE {
        return bytes.to_vec();
    }
    let mut sample = up_to_blank(&bytes[..HEAD]).to_vec();
    let rest = &bytes[HEAD..];
    let stride = rest.len() / PIECES;
    for window in rest.chunks(stride) {
        let Some(at) = window.iter().position(|b| !b.is_ascii()) else { continue };
        let from = window[..at].iter().rposition(|b| is_blank(*b)).map_or(0, |i| i + 1);
        let from = match from {
            0 => match window.iter().position(|b| is_blank(*b)) {
                Some(i) => i + 1,
                None => continue,
            },
            from => from,
        };
        sample.extend_from_slice(up_to_blank(&window[from..window.len().min(from + PIECE)]));
    }
    sample
}

/// `piece` up to and with its last blank.
fn up_to_blank(piece: &[u8]) -> &[u8] {
    let end = piece.iter().rposition(|b| is_blank(*b)).map_or(piece.len(), |i| i + 1);
    &piece[..end]
}

/// Bytes that are the second of no character in any charset: here a text may be cut.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

/// A charset of several bytes a character in which most of the text is: the detector drops such a charset for one
/// broken byte, so it is asked about each part on its own.
fn damaged(sample: &[u8]) -> Option<Charset> {
    let mut parts = Vec::new();
    let mut rest = sample;
    let size = (sample.len() / 16).max(64);
    while !rest.is_empty() {
        let end = rest[size.min(rest.len())..].iter().position(|b| is_blank(*b));
        let (part, after) = rest.split_at(end.map_or(rest.len(), |i| (size + i + 1).min(rest.len())));
        if !part.is_ascii() {
            parts.push(guess(part));
        }
        rest = after;
    }
    let first = parts.iter().find(|c| !c.is_single_byte())?;
    let votes = parts.iter().filter(|c| *c == first).count();
    (parts.len() > 2 && votes * 2 > parts.len()).then_some(*first)
}

/// Whether what is Latin in `guess` has more letters with accents than without in the words that hold any: no language
/// has.
fn makes_no_words(guess: Charset, sample: &[u8]) -> bool {
    let Some(text) = guess.read(sample) else { return true };
    let (mut words, mut odd, mut plain) = (0_u32, 0_usize, 0_usize);
    let mut latin = 0_usize;
    for word in text.split_ascii_whitespace().filter(|w| !w.is_ascii()) {
        let (a, o) = word.chars().fold((0, 0), |(a, o), c| {
            if c.is_ascii_alphanumeric() { (a + 1, o) } else { (a, o + usize::from(!c.is_ascii())) }
        });
        latin += word.chars().filter(|c| ('\u{80}'..'\u{250}').contains(c)).count();
        words += 1;
        odd += o;
        plain += a;
    }
    words >= 8 && latin * 2 > odd && odd > 2 * plain
}
