//! Cyrillic charsets that the detector does not know: Mac Cyrillic and IBM 855.
//!
//! Read in the wrong Cyrillic charset, a text is made of letters all the same; but its capitals stand inside words and
//! its common letters are rare.

use encoding_rs::{KOI8_R, KOI8_U, WINDOWS_1251, WINDOWS_1252, X_MAC_CYRILLIC};

use super::Charset;

/// The upper half of IBM 855.
const IBM855: &str = "ђЂѓЃёЁєЄѕЅіІїЇјЈљЉњЊћЋќЌўЎџЏюЮъЪаАбБцЦдДеЕфФгГ«»░▒▓│┤хХиИ╣║╗╝йЙ┐└┴┬├─┼кК╚╔╩╦╠═╬¤лЛмМнНоОп┘┌█▄Пя▀ЯрРсСтТуУжЖвВьЬ№\u{AD}ыЫзЗшШэЭщЩчЧ§■\u{A0}";

/// What `bytes` of IBM 855 spell.
pub(super) fn read_ibm855(bytes: &[u8]) -> String {
    let upper: Vec<char> = IBM855.chars().collect();
    bytes
        .iter()
        .map(|&b| match b.checked_sub(128) {
            Some(at) => upper.get(usize::from(at)).copied().unwrap_or(char::REPLACEMENT_CHARACTER),
            None => char::from(b),
        })
        .collect()
}

/// The bytes of IBM 855 that spell `text`, if they can.
pub(super) fn write_ibm855(text: &str) -> Option<Vec<u8>> {
    let mut bytes_of: Vec<(char, u8)> = IBM855.chars().zip(128..=255).collect();
    bytes_of.sort_unstable();
    text.chars()
        .map(|c| match u8::try_from(c) {
            Ok(byte) if byte < 128 => Some(byte),
            _ => bytes_of.binary_search_by_key(&c, |&(c, _)| c).ok().map(|at| bytes_of[at].1),
        })
        .collect()
}

/// The charset in which `sample` reads clearly better than in `guess`, one of those that the detector does not know.
pub(super) fn better_than(guess: Charset, sample: &[u8]) -> Option<Charset> {
    // What the detector takes the two for.
    if ![WINDOWS_1251, WINDOWS_1252, KOI8_R, KOI8_U].map(Charset::standard).contains(&guess) {
        return None;
    }
    let score_in = |charset: Charset| charset.read(sample).map_or(0, |text| score(&text));
    let known = score_in(guess);
    [Charset::standard(X_MAC_CYRILLIC), Charset::IBM855]
        .into_iter()
        .map(|charset| (score_in(charset), charset))
        .filter(|&(score, _)| score >= 600 && score > known + 5)
        .max_by_key(|&(score, _)| score)
        .map(|(_, charset)| charset)
}

/// How Cyrillic a text looks, in thousandths of the characters of its words that are not ASCII: of these the common
/// lower-case letters count for, and characters that break a word's case or script count against.
fn score(text: &str) -> u64 {
    let (mut all, mut good, mut bad) = (0_u64, 0_u64, 0_u64);
    let mut before = ' ';
    for c in text.chars() {
        if !c.is_ascii() && !c.is_whitespace() {
            all += 1;
            good += u64::from("оеаинтсрвлкмдпу".contains(c)) + u64::from(is_letter(c) && c.is_lowercase());
            let breaks = is_letter(c) && c.is_uppercase() && before.is_lowercase();
            bad += 4 * u64::from(breaks || clash(before, c) || clash(c, before));
        }
        before = c;
    }
    if all < 8 { 0 } else { 500 * good.saturating_sub(bad) / all }
}

/// Whether a sign that belongs to no Cyrillic word touches a Cyrillic letter.
fn clash(sign: char, letter: char) -> bool {
    let stray = sign.is_ascii_alphabetic()
        || !sign.is_ascii() && !sign.is_whitespace() && !is_letter(sign) && !"«»№—–…“”„‘’".contains(sign);
    stray && is_letter(letter)
}

/// A letter of Russian, Bulgarian, Ukrainian or Belarusian.
fn is_letter(c: char) -> bool {
    matches!(c, 'А'..='я') || "ёЁіІїЇєЄўЎґҐ".contains(c)
}
