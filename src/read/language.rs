//! The language of a text: by its function words where these leave no doubt, else by its trigrams; unknown where
//! neither says.
//!
//! Trigrams alone would do, but they cost more time than all the rest of reading and stripping.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use whatlang::Lang;

/// Bytes of text that are looked at. More makes no difference that matters to rules.
const SAMPLE: usize = 600;

/// Language of `text` as an ISO 639-1 code (639-3 where there is none); `None` where the detector is not sure.
///
/// The longest lines are looked at: they are prose, short ones are names, menus and buttons.
pub fn detect(text: &[u8]) -> Option<&'static str> {
    let head = &text[..text.len().min(16 * SAMPLE)];
    let mut lines: Vec<&[u8]> = head.split(|b| *b == b'\n').filter(|l| l.len() > 20).collect();
    lines.sort_by_key(|l| std::cmp::Reverse(l.len()));
    let mut sample = String::with_capacity(SAMPLE + 64);
    for line in lines {
        let room = SAMPLE.saturating_sub(sample.len());
        if room == 0 {
            break;
        }
        let part = &line[..line.len().min(room)];
        sample.extend(part.utf8_chunks().map(|chunk| chunk.valid()));
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

/// The language whose function words stand out; `None` where the text is short, mixed or in another language.
fn by_function_words(sample: &str) -> Option<&'static str> {
    static LANGUAGES_OF: LazyLock<FxHashMap<&str, u32>> = LazyLock::new(|| {
        let mut languages: FxHashMap<&str, u32> = FxHashMap::default();
        for (i, (_, words)) in FUNCTION_WORDS.iter().enumerate() {
            for word in words.split(' ') {
                *languages.entry(word).or_default() |= 1 << i;
            }
        }
        languages
    });
    let mut votes = [0_u32; FUNCTION_WORDS.len()];
    for word in sample.split(|c: char| !c.is_alphabetic()).filter(|w| (1..=7).contains(&w.len())) {
        if let Some(languages) = LANGUAGES_OF.get(word) {
            votes.iter_mut().enumerate().for_each(|(i, votes)| *votes += languages >> i & 1);
        }
    }
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

    #[test]
    fn codes_of_fields_are_brought_to_one_form() {
        assert_eq!(normalise("fr-FR").as_deref(), Some("fr"));
        assert_eq!(normalise("FRA").as_deref(), Some("fr"));
        assert_eq!(normalise("français"), None);
    }
}
