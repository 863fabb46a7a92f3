//! Names of the months. A name stands for one month in every language that has it, so no language need be known.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Longest name in bytes before folding (Cyrillic letters and decomposed accents counted); anything longer is no month.
const LONGEST: usize = 32;

/// The month (1..=12) that `word` names in French, English, German, Spanish, Italian, Portuguese, Dutch, Polish or
/// Russian, in any case, with or without accents, in full or in the usual short form (without its dot).
///
/// Short forms that are common words elsewhere (`ago`, `set`, `out`, `gen`) are left out.
pub(super) fn month(word: &str) -> Option<u8> {
    if word.len() < 3 || word.len() > LONGEST {
        return None;
    }
    let folded: String =
        word.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect();
    Some(match folded.as_str() {
        "janvier" | "janv" | "january" | "jan" | "enero" | "ene" | "gennaio" | "januar" | "janner"
        | "jaenner" | "janeiro" | "januari" | "styczen" | "stycznia" | "январь" | "января" | "янв" => {
            1
        }
        "fevrier" | "fevr" | "fev" | "february" | "feb" | "febrero" | "febbraio" | "februar"
        | "fevereiro" | "februari" | "luty" | "lutego" | "февраль" | "февраля" | "февр" | "фев" => {
            2
        }
        "mars" | "march" | "mar" | "marzo" | "marz" | "maerz" | "marco" | "maart" | "marzec" | "marca"
        | "март" | "марта" => 3,
        "avril" | "avr" | "april" | "apr" | "abril" | "abr" | "aprile" | "kwiecien" | "kwietnia"
        | "апрель" | "апреля" | "апр" => 4,
        "mai" | "may" | "mayo" | "maggio" | "maio" | "mei" | "maj" | "maja" | "маи" | "мая" => 5,
        "juin" | "june" | "jun" | "junio" | "giugno" | "juni" | "junho" | "czerwiec" | "czerwca" | "июнь"
        | "июня" => 6,
        "juillet" | "juil" | "july" | "jul" | "julio" | "luglio" | "juli" | "julho" | "lipiec" | "lipca"
        | "июль" | "июля" => 7,
        "aout" | "august" | "aug" | "agosto" | "augustus" | "sierpien" | "sierpnia" | "август"
        | "августа" | "авг" => 8,
        "septembre" | "september" | "sept" | "sep" | "septiembre" | "setiembre" | "settembre"
        | "setembro" | "wrzesien" | "wrzesnia" | "сентябрь" | "сентября" | "сент" | "сен" => {
            9
        }
        "octobre" | "october" | "oct" | "octubre" | "ottobre" | "oktober" | "okt" | "outubro"
        | "pazdziernik" | "pazdziernika" | "октябрь" | "октября" | "окт" => 10,
        "novembre" | "november" | "nov" | "noviembre" | "novembro" | "listopad" | "listopada" | "ноябрь"
        | "ноября" | "нояб" => 11,
        "decembre" | "december" | "dec" | "diciembre" | "dic" | "dicembre" | "dezembro" | "dezember"
        | "dez" | "grudzien" | "grudnia" | "декабрь" | "декабря" | "дек" => 12,
        _ => return None,
    })
}
