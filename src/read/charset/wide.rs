//! UTF-16 and UTF-32: by their marks, by their form, and what they spell.

use super::Charset;

/// How much of a text says whether it is wide.
const HEAD: usize = 64 << 10;

/// The charset that a mark of byte order at the start names.
pub(super) fn by_mark(bytes: &[u8]) -> Option<Charset> {
    // The mark of UTF-32 begins with that of UTF-16, and U+0000 is no way to begin a text.
    match bytes {
        [0xEF, 0xBB, 0xBF, ..] => Some(Charset::UTF_8),
        [0xFF, 0xFE, 0, 0, ..] => Some(Charset::UTF_32LE),
        [0, 0, 0xFE, 0xFF, ..] => Some(Charset::UTF_32BE),
        [0xFF, 0xFE, ..] => Some(Charset::UTF_16LE),
        [0xFE, 0xFF, ..] => Some(Charset::UTF_16BE),
        _ => None,
    }
}

/// The wide charset that bytes without a mark are in, if they are in one: such texts hold zero bytes, others do not.
pub(super) fn by_form(bytes: &[u8]) -> Option<Charset> {
    let head = &bytes[..bytes.len().min(HEAD)];
    memchr::memchr(0, head)?;
    if bytes.len().is_multiple_of(4) {
        for (charset, unit) in [
            (Charset::UTF_32LE, u32::from_le_bytes as fn([u8; 4]) -> u32),
            (Charset::UTF_32BE, u32::from_be_bytes),
        ] {
            let (units, _) = head.as_chunks::<4>();
            if units.iter().all(|&u| char::from_u32(unit(u)).is_some_and(|c| c != '\0')) {
                return Some(charset);
            }
        }
    }
    if !bytes.len().is_multiple_of(2) {
        return None;
    }
    let (pairs, _) = head.as_chunks::<2>();
    let plain = |b: u8| matches!(b, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    let little = pairs.iter().filter(|[low, high]| *high == 0 && plain(*low)).count();
    let big = pairs.iter().filter(|[high, low]| *high == 0 && plain(*low)).count();
    let (most, least, charset) =
        if little > big { (little, big, Charset::UTF_16LE) } else { (big, little, Charset::UTF_16BE) };
    // Halves of Han letters and kana look like these by chance, one in five; plain text with a stray zero has little else.
    let small = head.iter().filter(|b| matches!(b, b'a'..=b'z' | b' ')).count();
    let is_plain = most * 4 < pairs.len() && small * 2 > head.len();
    let likely = most > 8 * least && most * 50 > pairs.len() && !pairs.contains(&[0, 0]);
    (likely && !is_plain).then_some(charset)
}

/// What UTF-16 spells, if it is well formed.
pub(super) fn read_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, []) = bytes.as_chunks::<2>() else { return None };
    char::decode_utf16(pairs.iter().map(|&pair| unit(pair))).collect::<Result<_, _>>().ok()
}

/// What UTF-32 spells, if it is well formed.
pub(super) fn read_32(bytes: &[u8], unit: fn([u8; 4]) -> u32) -> Option<String> {
    let (quads, []) = bytes.as_chunks::<4>() else { return None };
    quads.iter().map(|&quad| char::from_u32(unit(quad))).collect()
}
