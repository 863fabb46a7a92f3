//! Tokens, sentences and normal forms: what every other part of event grouping reads text with.
//!
//! A token is a run of letters and digits, hyphens inside allowed, and it lies in one kind of script: a run of a
//! script without spaces (Han, Kana, Thai, Lao, Khmer, Burmese) never shares a token with others. Combining marks
//! belong to the letter before them, so composed and decomposed text have the same tokens.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A token: where it stands, and whether its script is written without spaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// Bytes of the sentence.
    pub(crate) range: Range<usize>,
    /// Whether it is a run of a script without spaces, that is several words.
    pub(crate) run: bool,
}

impl Token {
    /// How many words it counts for; two characters of a script without spaces are about one word.
    pub(crate) fn words(&self, text: &str) -> usize {
        if self.run { text.get(self.range.clone()).map_or(0, |t| t.chars().count().div_ceil(2)) } else { 1 }
    }
}

/// The tokens of `text`, in order.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut chars = text.char_indices().peekable();
    let mut open: Option<Token> = None;
    while let Some((at, c)) = chars.next() {
        let end = at + c.len_utf8();
        let letter = is_word(c);
        match &mut open {
            Some(token) if letter && token.run == is_spaceless(c) || is_combining_mark(c) => {
                token.range.end = end
            }
            Some(token)
                if c == '-'
                    && !token.run
                    && chars.peek().is_some_and(|(_, n)| is_word(*n) && !is_spaceless(*n)) =>
            {
                token.range.end = end;
            }
            _ => {
                tokens.extend(open.take());
                if letter {
                    open = Some(Token { range: at..end, run: is_spaceless(c) });
                }
            }
        }
    }
    tokens.extend(open);
    tokens
}

/// Number of words in `text`.
pub(crate) fn count(text: &str) -> usize {
    tokens(text).iter().map(|t| t.words(text)).sum()
}

fn is_word(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() } else { c.is_alphanumeric() }
}

/// Whether `c` belongs to a script that puts no space between words.
pub(crate) fn is_spaceless(c: char) -> bool {
    matches!(u32::from(c),
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x3005 | 0x3040..=0x30FF | 0x31F0..=0x31FF
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0xFF66..=0xFF9F | 0x20000..=0x3FFFF)
}

/// Lower case, without diacritics, compatibility forms resolved.
pub(crate) fn fold(token: &str, into: &mut String) {
    into.clear();
    if token.is_ascii() {
        into.push_str(token);
        into.make_ascii_lowercase();
    } else {
        into.extend(token.to_lowercase().nfkd().filter(|c| !is_combining_mark(*c)));
    }
}

/// The first `letters` characters of `word`.
pub(crate) fn prefix(word: &str, letters: usize) -> &str {
    word.char_indices().nth(letters).map_or(word, |(at, _)| word.get(..at).unwrap_or(word))
}

/// The sentences of a paragraph: cut at white space after a closing sign, and after one of the full-width signs.
///
/// A dot after a single capital letter (`M. Martin`) also cuts: initials are rare and a wrong cut costs little.
pub(crate) fn sentences(paragraph: &str) -> impl Iterator<Item = &str> {
    let (mut from, mut previous) = (0, ' ');
    let mut cuts: Vec<Range<usize>> = Vec::new();
    for (at, c) in paragraph.char_indices() {
        let wide = matches!(previous, '。' | '！' | '？') && !matches!(c, '」' | '』' | '”' | '）');
        if c == '\n'
            || wide
            || c.is_whitespace()
                && matches!(previous, '.' | '!' | '?' | '»' | '"' | '”' | '。' | '…' | '।' | '؟')
        {
            cuts.push(from..at);
            from = at;
        }
        previous = c;
    }
    cuts.push(from..paragraph.len());
    cuts.into_iter().filter_map(|r| paragraph.get(r)).map(str::trim).filter(|s| !s.is_empty())
}

/// `sentence` in passages of at most `most` words: cut after the last comma, colon, semicolon or dash that leaves the
/// passage short enough, else after a word. A sentence that is short enough is one passage.
pub(crate) fn passages(sentence: &str, most: usize) -> impl Iterator<Item = &str> {
    let (mut from, mut clause, mut word) = (0, 0, 0);
    let (mut count, mut since_clause) = (0, 0);
    let mut cuts: Vec<Range<usize>> = Vec::new();
    for token in tokens(sentence) {
        let words = token.words(sentence);
        let before = sentence.get(word..token.range.start).unwrap_or_default();
        if before.contains([',', ';', ':', '،', '؛', '，', '、', '；', '：', '–', '—']) {
            (clause, since_clause) = (token.range.start, 0);
        }
        if count + words > most && count > 0 {
            let is_cut_at_clause = clause > from;
            let cut = if is_cut_at_clause { clause } else { token.range.start };
            cuts.push(from..cut);
            (from, count) = (cut, if is_cut_at_clause { since_clause } else { 0 });
        }
        count += words;
        since_clause += words;
        word = token.range.end;
    }
    cuts.push(from..sentence.len());
    cuts.into_iter().filter_map(|r| sentence.get(r)).map(str::trim).filter(|s| !s.is_empty())
}

/// A 64-bit hash of `parts` (FNV-1a, then mixed), the same on every machine.
pub(crate) fn hash(parts: &[&[u8]]) -> u64 {
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    for &byte in parts.iter().flat_map(|p| p.iter()) {
        state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    state = (state ^ (state >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    state = (state ^ (state >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    state ^ (state >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        tokens(text).into_iter().map(|t| &text[t.range]).collect()
    }

    #[test]
    fn a_token_keeps_its_hyphens_and_leaves_its_apostrophe() {
        assert_eq!(words("L'ex-ministre - Al-Assad_2 -"), ["L", "ex-ministre", "Al-Assad", "2"]);
    }

    #[test]
    fn composed_and_decomposed_letters_fold_alike() {
        let (mut a, mut b) = (String::new(), String::new());
        let decomposed = "E\u{301}LYSE\u{301}E";
        assert_eq!(words(decomposed), [decomposed]);
        fold("Élysée", &mut a);
        fold(decomposed, &mut b);
        assert_eq!((a.as_str(), b.as_str()), ("elysee", "elysee"));
    }

    #[test]
    fn a_script_without_spaces_is_a_token_of_its_own() {
        assert_eq!(words("IBM公司2017年"), ["IBM", "公司", "2017", "年"]);
        assert_eq!(count("公司公司公"), 3);
    }

    #[test]
    fn sentences_end_at_closing_signs() {
        let found: Vec<&str> = sentences("Un. «Deux !» Trois 1.5 fin").collect();
        assert_eq!(found, ["Un.", "«Deux !»", "Trois 1.5 fin"]);
        assert_eq!(sentences("一二。三四。").collect::<Vec<_>>(), ["一二。", "三四。"]);
    }

    #[test]
    fn a_long_sentence_is_cut_after_a_comma_or_else_after_a_word() {
        let cut = |text, most| passages(text, most).collect::<Vec<_>>();
        assert_eq!(cut("un deux, trois", 3), ["un deux, trois"]);
        assert_eq!(cut("un deux, trois quatre cinq six", 3), ["un deux,", "trois quatre cinq", "six"]);
        assert_eq!(cut("a, b c d, e f", 4), ["a, b c d,", "e f"]);
        assert_eq!(cut("一二三四五六七八", 2), ["一二三四五六七八"], "a run without spaces stays whole");
        assert_eq!(cut("", 3), Vec::<&str>::new());
    }

    proptest::proptest! {
        #[test]
        fn passages_are_short_and_lose_no_word(text in "[a-c]{1,2}([ ,;][a-c]{0,2}){0,30}", most in 1_usize..8) {
            let found: Vec<&str> = passages(&text, most).collect();
            for passage in &found {
                proptest::prop_assert!(count(passage) <= most, "{passage:?}");
            }
            proptest::prop_assert_eq!(found.iter().flat_map(|p| words(p)).collect::<Vec<_>>(), words(&text));
        }
    }
}
