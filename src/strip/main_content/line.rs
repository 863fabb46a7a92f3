//! What one line says by itself: counts of one pass over its characters, and the features made of them.

use crate::linear::{is_cjk, is_word};
use crate::math::ln;
use crate::strip::main_content::odds::{self, NUMBER, Sum, WordOdds};
use crate::strip::main_content::words::{self, LISTS, LONGEST_PHRASE, Lists, NO_WORD, Word};

/// Names of the features of a line by itself, in the order of [`Said::features`].
pub(super) const NAMES: [&str; 26] = [
    "log_words",
    "log_chars",
    "ends_sentence",
    "ends_ellipsis",
    "ends_colon",
    "ends_paren",
    "ends_loud",
    "stopwords",
    "sentences",
    "commas",
    "capitalised",
    "all_caps",
    "digits",
    "bullet",
    "marker",
    "url",
    "date",
    "separators",
    "after_cue",
    "site_cue",
    "caption_cue",
    "start_cue",
    "starts_lower",
    "quote",
    "word_length",
    "title_case",
];

/// One line, read.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    /// Words; a Han, Kana or Hangul character counts as half a word.
    pub(super) words: f32,
    /// Its words, lower case, in order.
    pub(super) tokens: Vec<Word>,
    /// Words that say what it is about: four letters or more and no stop word, or two characters of a script without
    /// spaces. Sorted, each once.
    pub(super) content: Vec<Word>,
    /// All its words as one number: lines with the same words have the same.
    pub(super) key: Word,
    /// See [`NAMES`].
    pub(super) features: [f32; NAMES.len()],
    /// See [`odds::NAMES`].
    pub(super) odds: [f32; odds::NAMES.len()],
}

/// Characters that end sentences before a space, and those that always do.
const ENDS: &str = ".!?…;";
const ENDS_CJK: &str = "。！？；";
const AFTER_END: &str = "\"”»'’)";
const COMMAS: &str = ",，、;:：；";
const SEPARATORS: &str = "|»›«<>→←~/\\•·";
const QUOTES: &str = "\"“”«»„「";
const CLOSERS: &str = "\"”»'’)]」』 ";
const TOP_LEVELS: [&str; 9] = ["com", "org", "net", "fr", "ru", "gr", "pl", "cn", "de"];

/// A word as it is read.
#[derive(Debug, Clone, Copy, Default)]
struct Token {
    chars: usize,
    cjk: usize,
    digits: usize,
    /// Its first character is a letter, and an upper-case one.
    letter: bool,
    upper: bool,
    /// Some character has lower case, some has upper case.
    has_lower: bool,
    has_upper: bool,
    year: bool,
    hour: bool,
}

/// What a pass over a line counts.
#[derive(Debug, Default)]
struct Count {
    chars: usize,
    cjk: usize,
    function_cjk: usize,
    digits: usize,
    sentences: usize,
    commas: usize,
    separators: usize,
    tokens: usize,
    token_chars: usize,
    pure_cjk_tokens: usize,
    stop: usize,
    after: usize,
    site: usize,
    caption: usize,
    letters: usize,
    upper_after_first: usize,
    first_upper: bool,
    capitals: usize,
    long_letters: usize,
    long_upper: usize,
    url: bool,
    date: bool,
    quote: bool,
    starts_lower: Option<bool>,
}

/// Reads `text`, a line without terminators at its ends; line breaks inside count as spaces.
pub(super) fn read(text: &str, word_odds: &WordOdds) -> Said {
    let lists = &*LISTS;
    let mut sum = Sum::new(word_odds);
    let text = text.trim();
    let mut said = Said { key: NO_WORD, ..Said::default() };
    let mut count = Count::default();
    let unbulleted = text.trim_start_matches(['*', '•', '·', '+', ' ']).len();
    let skipped = text.len() - unbulleted;
    let mut word = NO_WORD;
    let mut token = Token::default();
    let mut start = 0;
    // The last two words that touch, each with the sign that parts it from the next.
    let mut touching: [(Token, char); 2] = Default::default();
    let (mut phrase, mut phrase_words, mut begins, mut by) = (NO_WORD, 0, false, false);
    let mut before = ' ';
    let mut last_cjk: Option<char> = None;
    for (at, raw) in text.char_indices().chain([(text.len(), '\n')]) {
        let c = if raw.is_whitespace() { ' ' } else { raw };
        let at_end = at == text.len();
        if is_word(c) && !at_end {
            if token.chars == 0 {
                start = at;
                token.letter = c.is_alphabetic();
                token.upper = c.is_uppercase();
                if count.starts_lower.is_none() {
                    count.starts_lower = Some(c.is_lowercase());
                }
            }
            token.chars += 1;
            let lower =
                if c.is_ascii() { c.to_ascii_lowercase() } else { c.to_lowercase().next().unwrap_or(c) };
            word = words::push(word, lower);
            token.has_lower |= c.is_lowercase();
            token.has_upper |= c.is_uppercase();
            if c.is_ascii_digit() || (!c.is_ascii() && c.is_numeric()) {
                token.digits += 1;
            }
            if is_cjk(c) {
                token.cjk += 1;
                count.function_cjk += usize::from(lists.function_cjk.contains(&c));
                count.date |= matches!(c, '年' | '月') && before.is_ascii_digit();
                if let Some(last) = last_cjk {
                    let pair = words::push(words::push(NO_WORD, last), c);
                    said.content.push(pair);
                    sum.add(pair);
                }
            }
        } else if token.chars > 0 {
            let spelled = &text[start..at];
            token.year = token.chars == 4
                && token.digits == 4
                && (spelled.starts_with("19") || spelled.starts_with("20"));
            token.hour = spelled.len() <= 5 && is_hour(spelled);
            said.tokens.push(word);
            said.key = words::join(said.key, word);
            finish(&mut count, lists, &token, word);
            if token.cjk == 0 {
                sum.add(if token.digits == token.chars { NUMBER } else { word });
            }
            if token.chars >= 4 && token.cjk == 0 && !lists.stop.contains(&word) {
                said.content.push(word);
            }
            if phrase_words < LONGEST_PHRASE {
                begins |= by && phrase_words == 1 && token.upper;
                by = phrase_words == 0 && spelled.eq_ignore_ascii_case("by");
                phrase = words::join(phrase, word);
                phrase_words += 1;
                begins |= lists.start.contains(&phrase);
            }
            count.date |= is_date(&touching, &token);
            count.url |= touching[1].1 == '@'
                || (touching[1].1 == '.' && touching[1].0.chars > 0 && is_top_level(spelled, &touching));
            touching = [touching[1], (token, c)];
            token = Token::default();
            word = NO_WORD;
        } else {
            touching = Default::default();
        }
        last_cjk = is_cjk(c).then_some(c);
        let ended = ENDS.contains(before) && (c == ' ' || AFTER_END.contains(c));
        count.sentences += usize::from(ended || ENDS_CJK.contains(before));
        count.commas += usize::from(COMMAS.contains(before) && !c.is_ascii_digit());
        if at_end {
            break;
        }
        if !(c == ' ' && before == ' ') {
            count.chars += 1;
        }
        count.cjk += usize::from(is_cjk(c));
        count.digits += usize::from(c.is_numeric());
        if !c.is_ascii_alphanumeric() {
            count.separators += usize::from(at >= skipped && SEPARATORS.contains(c));
            count.quote |= QUOTES.contains(c);
        }
        before = c;
    }
    said.words = (count.tokens - count.pure_cjk_tokens) as f32 + count.cjk as f32 / 2.0;
    said.content.sort_unstable();
    said.content.dedup();
    let no_words_before = |found: &str| text.find(found).is_some_and(|at| !text[..at].chars().any(is_word));
    begins |= text.trim_start_matches(|c| !is_word(c) && c != '©').starts_with('©')
        || (count.cjk > 0 && lists.start_cjk.iter().any(|cue| no_words_before(cue)));
    said.features = features(text, &count, said.words, begins);
    said.odds = sum.features(said.words);
    said
}

/// Counts a word that ended.
fn finish(count: &mut Count, lists: &Lists, token: &Token, word: Word) {
    count.tokens += 1;
    count.token_chars += token.chars;
    count.pure_cjk_tokens += usize::from(token.cjk == token.chars);
    count.stop += usize::from(lists.stop.contains(&word));
    count.after += usize::from(lists.after.contains(&word));
    count.site += usize::from(lists.site.contains(&word));
    count.caption += usize::from(lists.caption.contains(&word));
    count.date |= token.year || token.hour;
    if token.letter {
        if count.letters == 0 {
            count.first_upper = token.upper;
        } else {
            count.upper_after_first += usize::from(token.upper);
        }
        count.letters += 1;
        count.capitals += usize::from(token.chars > 1 && token.has_upper && !token.has_lower);
        if token.chars >= 4 {
            count.long_letters += 1;
            count.long_upper += usize::from(token.upper);
        }
    }
}

/// `18h30`.
fn is_hour(word: &str) -> bool {
    word.split_once(['h', 'H']).is_some_and(|(hour, minute)| {
        matches!(hour.len(), 1 | 2)
            && minute.len() == 2
            && [hour, minute].iter().all(|part| part.bytes().all(|b| b.is_ascii_digit()))
    })
}

/// Whether `token` ends `12:30`, `12.30` or `3/11/2004`.
fn is_date(touching: &[(Token, char); 2], token: &Token) -> bool {
    let number = |t: &Token, most: usize| t.chars > 0 && t.digits == t.chars && t.chars <= most;
    let [(first, parted), (second, sign)] = touching;
    let clock = matches!(sign, ':' | '.') && number(second, 2) && token.chars == 2 && token.digits == 2;
    let full = matches!(parted, '/' | '.' | '-')
        && matches!(sign, '/' | '.' | '-')
        && number(first, 2)
        && number(second, 2)
        && token.chars >= 2
        && number(token, 4);
    clock || full
}

fn is_top_level(word: &str, touching: &[(Token, char); 2]) -> bool {
    TOP_LEVELS.iter().any(|top| word.eq_ignore_ascii_case(top))
        || (word.eq_ignore_ascii_case("uk") && touching[0].1 == '.')
}

/// Whether it holds a mark of a text browser: `[12]`, `(BUTTON)`, `[ ]`, `[logo.gif]`, `____`.
fn has_marker(text: &str) -> bool {
    if text.contains("____") {
        return true;
    }
    memchr::memchr2_iter(b'[', b'(', text.as_bytes()).any(|open| {
        let rest = &text[open + 1..];
        if text.as_bytes()[open] == b'(' {
            return rest.starts_with(')')
                || rest.starts_with(" )")
                || rest.starts_with("*)")
                || rest.starts_with("BUTTON)");
        }
        let Some(close) = memchr::memchr(b']', &rest.as_bytes()[..rest.len().min(96)]) else { return false };
        let inside = rest[..close].to_ascii_lowercase();
        matches!(inside.as_str(), "" | " " | "image" | "inline" | "link" | "img")
            || inside.bytes().all(|b| b.is_ascii_digit())
            || [".gif", ".jpg", ".png"].iter().any(|kind| inside.contains(kind))
    })
}

/// Whether it begins as an item of a list: a sign or a short number, then space.
fn is_bullet(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = match digits {
        0 => text.strip_prefix(|c| "*•+o·▪◦●■►▶‣–—-".contains(c)),
        1 | 2 => text[digits..].strip_prefix(['.', ')']),
        _ => None,
    };
    rest.is_some_and(|rest| rest.starts_with(char::is_whitespace))
}

fn share(hits: usize, of: usize) -> f32 {
    hits as f32 / of.max(1) as f32
}

fn features(text: &str, count: &Count, words: f32, begins: bool) -> [f32; NAMES.len()] {
    let flag = |on: bool| f32::from(u8::from(on));
    let short = words <= 12.0;
    let cue = |hits: usize, cjk: &[String]| {
        if !short {
            return 0.3 * (hits.min(4) as f32 / 4.0);
        }
        let found = (2.0 * share(hits, count.tokens)).min(1.0);
        if found > 0.0 || count.cjk == 0 {
            found
        } else {
            flag(cjk.iter().any(|cue| text.contains(cue.as_str())))
        }
    };
    let lists = &*LISTS;
    let core = text.trim_end_matches(|c: char| CLOSERS.contains(c));
    let ends_with = |list: &str| core.chars().next_back().is_some_and(|c| list.contains(c));
    let mostly_cjk = 3 * count.cjk > count.chars;
    let caption = count.caption > 0
        || text.contains('©')
        || text.contains("(c)")
        || text.contains("(C)")
        || (count.cjk > 0 && ["图:", "图：", "摄", "写真"].iter().any(|cue| text.contains(cue)));
    [
        ln(1.0 + f64::from(words)) as f32,
        ln((1 + count.chars + count.cjk) as f64) as f32,
        flag(ends_with(".!?。！？;") && !core.ends_with("...")),
        flag(core.ends_with("...") || core.ends_with('…')),
        flag(ends_with(":：")),
        flag(text.ends_with(')')),
        flag(ends_with("!?！？")),
        if mostly_cjk {
            (2.0 * share(count.function_cjk, count.cjk)).min(1.0)
        } else {
            share(count.stop, count.tokens)
        },
        count.sentences.min(4) as f32 / 2.0,
        (5.0 * count.commas as f32 / words.max(4.0)).min(1.0),
        match count.letters {
            0 => 0.0,
            1 => 0.5 * flag(count.first_upper),
            letters => share(count.upper_after_first, letters - 1),
        },
        flag(count.letters > 0 && 10 * count.capitals >= 6 * count.letters),
        share(count.digits, count.chars),
        flag(is_bullet(text)),
        flag(has_marker(text)),
        flag(count.url || text.contains("://") || text.contains("www.")),
        flag(count.date) * if words < 15.0 { 1.0 } else { 0.3 },
        (3.0 * count.separators as f32 / words.max(1.0)).min(1.0),
        cue(count.after, &lists.after_cjk),
        cue(count.site, &lists.site_cjk),
        flag(caption) * if words < 60.0 { 1.0 } else { 0.2 },
        flag(begins),
        flag(count.starts_lower == Some(true)),
        flag(count.quote),
        if count.cjk > 0 { 0.5 } else { (share(count.token_chars, count.tokens) / 10.0).min(1.5) },
        share(count.long_upper, count.long_letters),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Said {
        super::read(text, &WordOdds::default())
    }

    fn feature(text: &str, name: &str) -> f32 {
        read(text).features[NAMES.iter().position(|n| *n == name).unwrap()]
    }

    #[test]
    fn words_are_counted_and_characters_without_spaces_are_half_words() {
        assert_eq!(read("The old bridge, opened in 1932.").words, 6.0);
        assert_eq!(read("大桥星期一重新开放").words, 4.5);
        assert_eq!(read(" -- * ").words, 0.0);
    }

    #[test]
    fn each_sign_is_seen_where_it_stands_and_not_elsewhere() {
        for (name, with, without) in [
            ("ends_sentence", "“It is open.”", "It is open..."),
            ("ends_ellipsis", "It is open…", "It is open."),
            ("ends_loud", "Is it open?", "It is open."),
            ("ends_colon", "Tags:", "Tags: river"),
            ("bullet", "* Home", "*Home"),
            ("bullet", "12. Home", "2012. Home"),
            ("marker", "[12]Home", "[see below] Home"),
            ("url", "More at example.com today", "More at example today. Come"),
            ("url", "write to me@example", "write to me"),
            ("date", "Monday at 18:30", "Monday at 18"),
            ("date", "le lundi à 18h30", "le lundi à 18 heures"),
            ("date", "on 3/11/04", "3/4 of them"),
            ("date", "in 2004", "in 20045"),
            ("caption_cue", "Photo: A. Person", "A person"),
            ("start_cue", "See also: the ferry", "They see also the ferry"),
            ("start_cue", "By Anna Person", "By the river"),
            ("starts_lower", "and so on", "And so on"),
            ("quote", "«Oui»", "Oui"),
            ("all_caps", "THE BRIDGE IS OPEN", "The Bridge is Open"),
        ] {
            assert!(feature(with, name) > 0.0, "{name}: {with}");
            assert_eq!(feature(without, name), 0.0, "{name}: {without}");
        }
    }

    #[test]
    fn line_breaks_inside_a_line_count_as_spaces() {
        let (one, two) = (read("The bridge is\n   open again."), read("The bridge is open again."));
        assert_eq!(one.key, two.key);
        assert_eq!(one.features, two.features);
    }
}
