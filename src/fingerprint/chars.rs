//! Which characters make words, and their lower case: one table look-up a character.
//!
//! Invariant: a character is a word character exactly where the regex crate's `\w` accepts it, and its lower case is
//! the first character of `char::to_lowercase`. On real text `char` methods held the whole fingerprint at a fifth of
//! the speed of the table, though only 7 % of the words need them.

use std::sync::LazyLock;

/// What a character is to the tokeniser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Stands between words.
    Separator,
    /// Part of a word.
    Word,
    /// A word of its own: the script writes no spaces between words.
    Single,
}

/// Lower case and class of one character, packed: the lower case as UTF-8 in the low three bytes (first byte lowest),
/// its length and the class in the highest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry(u32);

const SINGLE: u32 = 0x8000_0000;
const SEPARATOR: Entry = Entry(0x0100_0020);

impl Entry {
    /// The lower case in UTF-8, first byte lowest; higher bytes are 0. A separator gives one space.
    pub(super) fn bytes(self) -> u32 {
        self.0 & 0x00ff_ffff
    }

    /// Number of bytes of the lower case, 1..=3.
    pub(super) fn len(self) -> usize {
        (self.0 >> 24 & 3) as usize
    }

    /// Whether the character stands between words.
    #[inline(always)]
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))] // only vector tables are made from it
    pub(super) fn is_separator(self) -> bool {
        self == SEPARATOR
    }

    /// Whether the character is a word of its own.
    pub(super) fn is_single(self) -> bool {
        self.0 & SINGLE != 0
    }
}

/// Entries of all characters below U+10000.
pub(super) type Table = [Entry; 0x1_0000];

/// Blocks of scripts that write no spaces between words (Unicode 16, `Blocks.txt`): Thai, Lao, Myanmar, Khmer, Kana,
/// Bopomofo, Han and their extensions. Only word characters inside them count.
const NO_SPACES: [(u32, u32); 18] = [
    (0x0e00, 0x0eff),
    (0x1000, 0x109f),
    (0x1780, 0x17ff),
    (0x3005, 0x3007),
    (0x3021, 0x3029),
    (0x3038, 0x303b),
    (0x3040, 0x30ff),
    (0x3100, 0x312f),
    (0x31a0, 0x31bf),
    (0x31f0, 0x31ff),
    (0x3400, 0x4dbf),
    (0x4e00, 0x9fff),
    (0xa9e0, 0xa9ff),
    (0xaa60, 0xaa7f),
    (0xf900, 0xfaff),
    (0xff66, 0xff9f),
    (0x1_aff0, 0x1_b16f),
    (0x2_0000, 0x3_ffff),
];

/// The class of any character, without the table.
pub(super) fn class(c: char) -> Class {
    // The error case is a regex-syntax built without its word table; alphanumerics are then the nearest thing.
    if !regex_syntax::try_is_word_character(c).unwrap_or_else(|_| c == '_' || c.is_alphanumeric()) {
        Class::Separator
    } else if NO_SPACES.iter().any(|&(first, last)| (first..=last).contains(&u32::from(c))) {
        Class::Single
    } else {
        Class::Word
    }
}

/// The lower case of any character: one character to one.
pub(super) fn lower(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

/// The table, made at the first use (some milliseconds).
pub(super) fn table() -> &'static Table {
    static TABLE: LazyLock<Box<Table>> = LazyLock::new(|| {
        let mut table = Box::new([SEPARATOR; 0x1_0000]);
        for (entry, code) in table.iter_mut().zip(0u32..) {
            // Surrogates stay separators: in UTF-8 they are broken bytes.
            let Some(c) = char::from_u32(code) else { continue };
            let class = class(c);
            if class != Class::Separator {
                let mut bytes = [0; 4];
                // No character below U+10000 has its lower case above.
                let len =
                    Some(lower(c)).filter(|l| l.len_utf8() < 4).unwrap_or(c).encode_utf8(&mut bytes).len();
                let single = if class == Class::Single { SINGLE } else { 0 };
                *entry = Entry(u32::from_le_bytes(bytes) | (len as u32) << 24 | single);
            }
        }
        table
    });
    &TABLE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_agrees_with_regex_and_char_methods_for_every_character() {
        let word = regex::Regex::new(r"^\w$").unwrap();
        for c in '\0'..='\u{ffff}' {
            let entry = table()[c as usize];
            let bytes = entry.bytes().to_le_bytes();
            let text = std::str::from_utf8(&bytes[..entry.len()]).unwrap();
            if word.is_match(c.encode_utf8(&mut [0; 4])) {
                assert_eq!(text, c.to_lowercase().next().unwrap().to_string(), "{c:?}");
                assert_eq!(entry.is_single(), class(c) == Class::Single);
            } else {
                assert_eq!((text, entry.is_single()), (" ", false), "{c:?}");
            }
        }
    }

    #[test]
    fn scripts_without_spaces_are_words_a_character() {
        for c in "東あアไລကខ𠀀".chars() {
            assert_eq!(class(c), Class::Single, "{c}");
        }
        for c in "aéжλ한שع_९".chars() {
            assert_eq!(class(c), Class::Word, "{c}");
        }
        for c in "’'“—。-\u{a0}…".chars() {
            assert_eq!(class(c), Class::Separator, "{c}");
        }
    }
}
