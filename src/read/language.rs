//! The language of a text: by its function words where these leave no doubt, else by its trigrams; unknown where
//! neither says.
//!
//! Trigrams alone would do, but they cost more time than all the rest of reading and stripping.

use std::sync::LazyLock;

use whatlang::Lang;

/// Bytes of text that are looked at. More makes no difference that matters to rules.
const SAMPLE: usize = 600;

/// Language of `text` as an ISO 639-1 code (639-3 where there is none); `None` where the detector is not sure.
///
/// The longest lines are looked at: they are prose, short ones are names, menus and buttons.
pub fn detect(text: &[u8]) -> Option<&'static str> {
    let head = &text[..text.len().min(16 * SAMPLE)];
    let mut lines: Vec<&[u8]> = Vec::with_capacity(64);
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', head).chain([head.len()]) {
        if end - start > 20 {
            lines.push(&head[start..end]);
        }
        start = end + 1;
    }
    let mut sample = String::with_capacity(SAMPLE + 64);
    while sample.len() < SAMPLE {
        // The longest, the first of equals. A few lines fill the sample: sorting them all would take longer.
        let Some(longest) = (0..lines.len()).rev().max_by_key(|i| lines[*i].len()) else { break };
        let line = std::mem::take(&mut lines[longest]);
        if line.is_empty() {
            break;
        }
        let part = &line[..line.len().min(SAMPLE - sample.len())];
        match std::str::from_utf8(part) {
            Ok(part) => sample.push_str(part),
            Err(_) => sample.extend(part.utf8_chunks().map(|chunk| chunk.valid())),
        }
        sample.push('\n');
    }
    if let Some(language) = by_function_words(&sample) {
        return Some(language);
    }
    let info = whatlang::detect(&sample)?;
    info.is_reliable().then(|| code(info.lang()))
}

/// Function words that must be there.
const LEAST_VOTES: u32 = 8;
/// How many times as many as of any other language.
const LEAST_LEAD: u32 = 3;

/// Frequent words of the languages of most of the world's press. Words that two of them share count for both.
const FUNCTION_WORDS: [(&str, &str); 8] = [
    (
        "en",
        "the of and to in is that for it was on with as be at by this had not are but from have an which they he his were has been their said who would will or we its after more about",
    ),
    (
        "fr",
        "le la les de des du un une et en est que qui dans pour pas sur plus par au aux avec ce cette il elle sont son sa ses ont été mais nous vous leur se ou où",
    ),
    (
        "de",
        "der die das und den von zu mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass sie nach wird bei einer um am sind noch wie einem über so zum",
    ),
    (
        "es",
        "el la los las de del que en un una por con no se su para es al lo como más fue ha pero sus este esta sobre entre son cuando también desde hasta y",
    ),
    (
        "it",
        "il di che la un una per non in del della con sono le da si gli dei nel alla più ha al come lo delle anche ma nella dal ed questo stato dopo è",
    ),
    (
        "pt",
        "de que do da em um uma para com não os as no na por mais dos das se foi ao como mas sua seu pela pelo ou ser quando muito são é",
    ),
    (
        "nl",
        "de het een van en in is dat op te zijn voor met die niet aan er om ook als bij maar uit dan nog door naar heeft wordt werd over hij ze",
    ),
    (
        "pl",
        "w na i z do nie to się jest od po za jak przez dla że o co jego który które która przed oraz już tylko",
    ),
];

/// Bytes of the longest word that is looked up.
const MOST_BYTES: usize = 7;

/// Calls `found` with every run of letters of at most [`MOST_BYTES`] bytes, as a number: the last byte is the lowest.
fn each_short_word(sample: &str, mut found: impl FnMut(u64)) {
    let bytes = sample.as_bytes();
    let (mut word, mut len, mut at) = (0_u64, 0, 0);
    while at < bytes.len() {
        let byte = bytes[at];
        let width = if byte.is_ascii() {
            usize::from(byte.is_ascii_alphabetic())
        } else {
            // A position is always at the beginning of a character.
            let c = sample[at..].chars().next().unwrap_or(' ');
            if c.is_alphabetic() {
                c.len_utf8()
            } else {
                at += c.len_utf8() - 1;
                0
            }
        };
        if width == 0 {
            if (1..=MOST_BYTES).contains(&len) {
                found(word);
            }
            (word, len) = (0, 0);
            at += 1;
            continue;
        }
        for byte in &bytes[at..at + width] {
            word = word << 8 | u64::from(*byte);
        }
        len += width;
        at += width;
    }
    if (1..=MOST_BYTES).contains(&len) {
        found(word);
    }
}

/// Slots of a [`WordTable`]: four times as many as words, so that a word is found at once.
const SLOTS: usize = 2048;

/// Function words as numbers, with one bit a language; 0 is an empty slot.
struct WordTable(Box<[(u64, u8); SLOTS]>);

impl WordTable {
    fn new() -> Self {
        let mut table = Self(Box::new([(0, 0); SLOTS]));
        for (i, (_, words)) in FUNCTION_WORDS.iter().enumerate() {
            each_short_word(words, |word| {
                let slot = table.slot(word);
                table.0[slot].0 = word;
                table.0[slot].1 |= 1 << i;
            });
        }
        table
    }

    /// Where `word` stands or would stand.
    fn slot(&self, word: u64) -> usize {
        let mut slot = (word.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 53) as usize;
        while self.0[slot].0 != word && self.0[slot].0 != 0 {
            slot = (slot + 1) % SLOTS;
        }
        slot
    }

    fn languages(&self, word: u64) -> u8 {
        self.0[self.slot(word)].1
    }
}

/// For every set of languages, one vote for each of them.
const BALLOTS: [u128; 256] = {
    let mut ballots = [0; 256];
    let mut set = 1;
    while set < 256_usize {
        // The lowest language, and those of the set without it.
        let lowest = set.trailing_zeros();
        ballots[set] = ballots[set & (set - 1)] + (1 << (16 * lowest));
        set += 1;
    }
    ballots
};

/// The language whose function words stand out; `None` where the text is short, mixed or in another language.
fn by_function_words(sample: &str) -> Option<&'static str> {
    static TABLE: LazyLock<WordTable> = LazyLock::new(WordTable::new);
    let table = &*TABLE;
    // One number of sixteen bits a language: a sample has fewer words.
    let mut all = 0_u128;
    each_short_word(sample, |word| all += BALLOTS[usize::from(table.languages(word))]);
    let votes: [u32; FUNCTION_WORDS.len()] = std::array::from_fn(|i| u32::from((all >> (16 * i)) as u16));
    let best = (0..votes.len()).max_by_key(|i| votes[*i])?;
    let second = (0..votes.len()).filter(|i| *i != best).map(|i| votes[i]).max().unwrap_or(0);
    (votes[best] >= LEAST_VOTES && votes[best] >= LEAST_LEAD * second).then_some(FUNCTION_WORDS[best].0)
}

/// A code as metadata writes it (`fr`, `fr-FR`, `fra`, `FR_ca`) in the form that [`detect`] gives: `fr`.
pub fn normalise(code: &str) -> Option<String> {
    let main = code.trim().split(['-', '_']).next().unwrap_or_default().to_lowercase();
    match main.len() {
        2 => Some(main),
        3 => Some(Lang::from_code(&main).map_or(main, |lang| self::code(lang).to_owned())),
        _ => None,
    }
}

/// ISO 639-1 code of a language, 639-3 where there is none.
fn code(lang: Lang) -> &'static str {
    match lang {
        Lang::Epo => "eo",
        Lang::Eng => "en",
        Lang::Rus => "ru",
        Lang::Cmn => "zh",
        Lang::Spa => "es",
        Lang::Por => "pt",
        Lang::Ita => "it",
        Lang::Ben => "bn",
        Lang::Fra => "fr",
        Lang::Deu => "de",
        Lang::Ukr => "uk",
        Lang::Kat => "ka",
        Lang::Ara => "ar",
        Lang::Hin => "hi",
        Lang::Jpn => "ja",
        Lang::Heb => "he",
        Lang::Yid => "yi",
        Lang::Pol => "pl",
        Lang::Amh => "am",
        Lang::Jav => "jv",
        Lang::Kor => "ko",
        Lang::Nob => "no",
        Lang::Dan => "da",
        Lang::Swe => "sv",
        Lang::Fin => "fi",
        Lang::Tur => "tr",
        Lang::Nld => "nl",
        Lang::Hun => "hu",
        Lang::Ces => "cs",
        Lang::Ell => "el",
        Lang::Bul => "bg",
        Lang::Bel => "be",
        Lang::Mar => "mr",
        Lang::Kan => "kn",
        Lang::Ron => "ro",
        Lang::Slv => "sl",
        Lang::Hrv => "hr",
        Lang::Srp => "sr",
        Lang::Mkd => "mk",
        Lang::Lit => "lt",
        Lang::Lav => "lv",
        Lang::Est => "et",
        Lang::Tam => "ta",
        Lang::Vie => "vi",
        Lang::Urd => "ur",
        Lang::Tha => "th",
        Lang::Guj => "gu",
        Lang::Uzb => "uz",
        Lang::Pan => "pa",
        Lang::Aze => "az",
        Lang::Ind => "id",
        Lang::Tel => "te",
        Lang::Pes => "fa",
        Lang::Mal => "ml",
        Lang::Ori => "or",
        Lang::Mya => "my",
        Lang::Nep => "ne",
        Lang::Sin => "si",
        Lang::Khm => "km",
        Lang::Tuk => "tk",
        Lang::Aka => "ak",
        Lang::Zul => "zu",
        Lang::Sna => "sn",
        Lang::Afr => "af",
        Lang::Lat => "la",
        Lang::Slk => "sk",
        Lang::Cat => "ca",
        Lang::Tgl => "tl",
        Lang::Hye => "hy",
        other => other.code(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_decides_and_a_few_words_do_not() {
        let french = "Home\nShare\nLe gouvernement a annoncé hier soir que la réforme serait reportée de plusieurs mois, \
                      faute d'accord entre les partis de la majorité.\n";
        assert_eq!(detect(french.as_bytes()), Some("fr"));
        assert_eq!(detect(b"OK"), None);
        assert_eq!(detect(b"\xFF\xFE\x00"), None);
    }

    #[test]
    fn function_words_decide_only_where_they_leave_no_doubt() {
        let catalan = "El govern va anunciar ahir que la reforma s'ajornarà uns quants mesos perquè els partits de la \
                       majoria no han arribat a cap acord sobre les mesures que calia aprovar aquesta setmana.";
        assert_eq!(by_function_words(catalan), None);
        let english = "The council said on Monday that it had not been told of the plan, which was to be put to the \
                       vote at the end of the week.";
        assert_eq!(by_function_words(english), Some("en"));
    }

    proptest::proptest! {
        #[test]
        fn words_are_runs_of_letters(sample in "[aLé’日 .\\-\n1]{0,24}") {
            let number = |w: &str| w.bytes().fold(0_u64, |number, byte| number << 8 | u64::from(byte));
            let split = sample.split(|c: char| !c.is_alphabetic()).filter(|w| (1..=MOST_BYTES).contains(&w.len()));
            let mut words = Vec::new();
            each_short_word(&sample, |word| words.push(word));
            proptest::prop_assert_eq!(words, split.map(number).collect::<Vec<_>>());
        }
    }

    #[test]
    fn every_function_word_is_in_the_table_with_its_languages() {
        let table = WordTable::new();
        let spoken = |word: &str| {
            let mut languages = 0;
            each_short_word(word, |word| languages = table.languages(word));
            languages
        };
        for (i, (_, words)) in FUNCTION_WORDS.iter().enumerate() {
            assert!(words.split(' ').filter(|w| w.len() <= MOST_BYTES).all(|w| spoken(w) >> i & 1 == 1));
        }
        assert_eq!(spoken("bridge"), 0);
    }

    #[test]
    fn codes_of_fields_are_brought_to_one_form() {
        assert_eq!(normalise("fr-FR").as_deref(), Some("fr"));
        assert_eq!(normalise("FRA").as_deref(), Some("fr"));
        assert_eq!(normalise("français"), None);
    }
}
