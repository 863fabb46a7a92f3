//! The language of a text, by its trigrams; unknown where they do not say.

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
    let info = whatlang::detect(&sample)?;
    info.is_reliable().then(|| code(info.lang()))
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
    fn codes_of_fields_are_brought_to_one_form() {
        assert_eq!(normalise("fr-FR").as_deref(), Some("fr"));
        assert_eq!(normalise("FRA").as_deref(), Some("fr"));
        assert_eq!(normalise("français"), None);
    }
}
