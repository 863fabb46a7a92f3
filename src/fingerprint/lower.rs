//! Lowers text: what separates words becomes space, words become lower case.
//!
//! Invariant: the lowered text, cut at spaces, gives the words of the text read as UTF-8 with every broken byte as a
//! separator. There may be several spaces between two words; a character of a script without spaces stands between two.
//!
//! ASCII goes through arithmetic over blocks of bytes that compilers turn into vector instructions, other characters
//! through [`chars::table`].

use super::chars::{self, Class, Table};

/// Bytes lowered at a time.
const BLOCK: usize = 32;
/// Bytes behind the lowered text that may be written.
pub(super) const PAD: usize = 64;
const SPACE: u8 = b' ';
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Lowers `text[at..stop]`, which ends with a whole character, to `low[out..]`; returns the place behind what was
/// written. A character grows at most from 3 bytes to 5 (a space on either side), or from 2 to 3.
pub(super) fn lower(
    table: &Table,
    text: &[u8],
    mut at: usize,
    stop: usize,
    low: &mut [u8],
    mut out: usize,
) -> usize {
    while at < stop {
        let mut rest = [SPACE; BLOCK];
        let block = match text.get(at..).and_then(|rest| rest.first_chunk()) {
            Some(block) => block,
            None => {
                rest[..text.len() - at].copy_from_slice(&text[at..]);
                &rest
            }
        };
        let Some(place) = low.get_mut(out..).and_then(|low| low.first_chunk_mut()) else { return out };
        lower_ascii(block, place);
        let ascii = first_high(block).min(stop - at);
        at += ascii;
        out += ascii;
        if ascii == BLOCK {
            continue;
        }
        (at, out) = lower_stretch(table, text, at, stop, low, out);
    }
    out
}

/// Lowers characters of all kinds one by one until eight bytes of ASCII come: `stop`, or where a block is cheaper.
#[inline]
fn lower_stretch(
    table: &Table,
    text: &[u8],
    mut at: usize,
    stop: usize,
    low: &mut [u8],
    mut out: usize,
) -> (usize, usize) {
    // Whether what was written last is a word of its own and the space behind it.
    let mut single = false;
    while at < stop {
        let Some(eight) = text.get(at..).and_then(|rest| rest.first_chunk()) else {
            (at, out) = lower_other(table, text, at, low, out);
            single = false;
            continue;
        };
        let bytes = u64::from_le_bytes(*eight);
        if bytes & HIGH == 0 {
            break;
        }
        if bytes & 0xf0 != 0xe0 {
            let (read, written) = lower_short(table, bytes, stop - at, low, out);
            (at, out) = if read > 0 { (at + read, written) } else { lower_other(table, text, at, low, out) };
            single = false;
            continue;
        }
        let Some(place) = low.get_mut(out..).and_then(|low| low.first_chunk_mut::<8>()) else { break };
        let code = (bytes & 0xf) << 12 | (bytes >> 8 & 0x3f) << 6 | bytes >> 16 & 0x3f;
        if bytes & 0xc0_c0f0 != 0x80_80e0 || code < 0x800 || code & 0xf800 == 0xd800 {
            (at, out) = lower_other(table, text, at, low, out);
            single = false;
            continue;
        }
        let entry = table[code as usize];
        let is_single = entry.is_single();
        // A space before, and one behind, which is kept only of a word of its own.
        let spaced = u64::from(entry.bytes() | u32::from(SPACE) << (8 * entry.len()));
        let before = is_single & !single;
        let shift = 8 * u32::from(before);
        *place = ((spaced << shift) | (u64::from(SPACE) * u64::from(before))).to_le_bytes();
        at += 3;
        out += entry.len() + usize::from(is_single) + usize::from(before);
        single = is_single;
    }
    (at, out)
}

/// Lowers up to four characters of one or two bytes at the front of `bytes`, of which `left` count. Gives the number of
/// bytes read and the place behind those written.
#[inline(always)]
fn lower_short(table: &Table, mut bytes: u64, left: usize, low: &mut [u8], mut out: usize) -> (usize, usize) {
    let mut read = 0;
    // All from one register: no load has to wait for the length of the character before.
    for _ in 0..4 {
        // Arithmetic, no branch, between letters and the spaces between words: 1 and all ones for two bytes.
        let two = bytes >> 7 & 1;
        let both = two.wrapping_neg();
        // One byte below 80, or C2..DF and 80..BF.
        let valid = (bytes ^ 0x80c0) & both & 0xc0e0 == 0 && bytes & 0x1e | !both != 0;
        let Some(place) = low.get_mut(out..).and_then(|low| low.first_chunk_mut()) else { break };
        if read >= left || !valid {
            break;
        }
        let code = (bytes & 0x7f & !both) | (((bytes & 0x1f) << 6 | bytes >> 8 & 0x3f) & both);
        let entry = table[code as usize];
        *place = entry.bytes().to_le_bytes();
        out += entry.len();
        bytes >>= 8 + 8 * two;
        read += 1 + two as usize;
    }
    (read, out)
}

/// Lower-cases ASCII bytes, spaces in the place of separators; gives anything for other bytes.
#[inline(always)]
fn lower_ascii(block: &[u8; BLOCK], low: &mut [u8; BLOCK]) {
    for (&b, low) in block.iter().zip(low) {
        let letter = b | u8::from(b.wrapping_sub(b'A') < 26) << 5;
        let word = (letter.wrapping_sub(b'a') < 26) | (b.wrapping_sub(b'0') < 10) | (b == b'_');
        *low = if word { letter } else { SPACE };
    }
}

/// The place of the first byte that is not ASCII, or `BLOCK`.
#[inline(always)]
fn first_high(block: &[u8; BLOCK]) -> usize {
    let (eights, _) = block.as_chunks::<8>();
    let mut bits = 0;
    if eights.iter().fold(0, |all, b| all | u64::from_le_bytes(*b)) & HIGH != 0 {
        for eight in eights.iter().rev() {
            bits = bits << 8 | high_bits(u64::from_le_bytes(*eight));
        }
    }
    if bits == 0 { BLOCK } else { bits.trailing_zeros() as usize }
}

/// The high bits of eight bytes as eight bits, that of the first (lowest) byte lowest.
#[inline(always)]
pub(super) fn high_bits(eight: u64) -> u64 {
    // Every bit lands in a place of its own, so the sum has no carries.
    ((eight & HIGH) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// The code of the character at `at` and its number of bytes; one byte of code 0 where there is none.
#[inline(always)]
fn decode(text: &[u8], at: usize) -> (u32, usize) {
    let tail =
        |i: usize| text.get(at + i).map(|b| u32::from(*b)).filter(|b| b & 0xc0 == 0x80).map(|b| b & 0x3f);
    let first = u32::from(text[at]);
    let (code, len) = match (first, tail(1)) {
        (0..0x80, _) => (first, 1),
        (0xc2..=0xdf, Some(b)) => ((first & 0x1f) << 6 | b, 2),
        (0xe0..=0xef, Some(b)) => match tail(2) {
            Some(c) => ((first & 0xf) << 12 | b << 6 | c, 3),
            None => (0, 1),
        },
        (0xf0..=0xf4, Some(b)) => match (tail(2), tail(3)) {
            (Some(c), Some(d)) => ((first & 7) << 18 | b << 12 | c << 6 | d, 4),
            _ => (0, 1),
        },
        _ => (0, 1),
    };
    // Overlong forms, surrogates and what is above the last character are broken bytes.
    let broken = (len == 3 && (code < 0x800 || code & 0xf800 == 0xd800))
        || (len == 4 && !(0x1_0000..0x11_0000).contains(&code));
    if broken { (0, 1) } else { (code, len) }
}

/// Lowers the character at `at`, or passes over one broken byte.
#[inline]
fn lower_other(table: &Table, text: &[u8], at: usize, low: &mut [u8], out: usize) -> (usize, usize) {
    let (code, len) = decode(text, at);
    let Some(entry) = table.get(code as usize) else { return (at + 4, lower_rare(code, low, out)) };
    if entry.is_single() {
        // The space before is often there.
        low[out] = SPACE;
        let out = out + usize::from(out > 0 && low[out - 1] != SPACE);
        let spaced = entry.bytes() | u32::from(SPACE) << (8 * entry.len());
        low[out..out + 4].copy_from_slice(&spaced.to_le_bytes());
        return (at + len, out + entry.len() + 1);
    }
    low[out..out + 4].copy_from_slice(&entry.bytes().to_le_bytes());
    (at + len, out + entry.len())
}

/// The same, but with one space behind each word and none else: `open` is 1 where the byte before is of a word, else 0.
/// Returns the places behind what was read and written, and the new `open`.
#[inline(always)]
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))] // the vector code's way out for rare bytes
pub(super) fn lower_any(
    table: &Table,
    text: &[u8],
    at: usize,
    low: &mut [u8],
    mut out: usize,
    open: u64,
) -> (usize, usize, u64) {
    let (code, len) = decode(text, at);
    let Some(entry) = table.get(code as usize) else {
        let mut bytes = [SPACE; 16];
        let end = lower_rare(code, &mut bytes, 0);
        let mut open = open;
        for byte in &bytes[..end] {
            let word = *byte != SPACE;
            low[out] = *byte;
            out += usize::from(word || open == 1);
            open = u64::from(word);
        }
        return (at + len, out, open);
    };
    let (single, separator) = (entry.is_single(), entry.is_separator());
    low[out] = SPACE;
    out += usize::from((single | separator) & (open == 1));
    let bytes = entry.bytes() | if single { u32::from(SPACE) << (8 * entry.len()) } else { 0 };
    low[out..out + 4].copy_from_slice(&bytes.to_le_bytes());
    out += if separator { 0 } else { entry.len() + usize::from(single) };
    (at + len, out, u64::from(!(single | separator)))
}

/// Lowers a character above U+FFFF; returns the place behind.
#[cold]
fn lower_rare(code: u32, low: &mut [u8], mut out: usize) -> usize {
    let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    let class = chars::class(c);
    if class != Class::Word {
        low[out] = SPACE;
        out += 1;
    }
    if class != Class::Separator {
        out += chars::lower(c).encode_utf8(&mut low[out..]).len();
    }
    if class == Class::Single {
        low[out] = SPACE;
        out += 1;
    }
    out
}
