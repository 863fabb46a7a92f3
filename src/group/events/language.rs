//! Which documents are weighed together: those of one script, and for the Latin script of one language.
//!
//! A word is rare or common *in a language*. Five French articles among five hundred English ones would look alike
//! through every French word, so each language is a corpus of its own. All that matters is that articles of one
//! language get the same number; languages that are easily taken for each other share one. Function words are counted,
//! which costs next to nothing, and of them a text of a few sentences has plenty.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::features::{Kind, stem_hash};

/// Letters by which the script is told.
const SCRIPT_SAMPLE: usize = 200;

/// Counts function words.
#[derive(Debug, Default)]
pub(super) struct Votes([u32; LATIN.len()]);

impl Votes {
    /// Counts the plain feature with this hash.
    pub(super) fn add(&mut self, hash: u64) {
        if let Some(languages) = FUNCTION_WORDS.get(&hash) {
            for (language, votes) in self.0.iter_mut().enumerate() {
                *votes += languages >> language & 1;
            }
        }
    }

    /// The number of the language of a text that begins with `sample`; 0 where nothing tells it.
    pub(super) fn language(&self, sample: &str) -> u8 {
        let script = script(sample);
        if script != LATIN_SCRIPT {
            return script;
        }
        let best = self.0.iter().enumerate().max_by_key(|(at, votes)| (**votes, std::cmp::Reverse(*at)));
        best.filter(|(_, votes)| **votes > 0).map_or(0, |(at, _)| FIRST_LATIN + at as u8)
    }
}

const LATIN_SCRIPT: u8 = 1;
/// Numbers below are scripts.
const FIRST_LATIN: u8 = 32;

/// The script of most of the first letters. Japanese is told from Chinese by its Kana.
fn script(sample: &str) -> u8 {
    let mut counts = [0_u32; FIRST_LATIN as usize];
    for c in sample.chars().filter(|c| c.is_alphabetic()).take(SCRIPT_SAMPLE) {
        let script = match u32::from(c) {
            0..=0x24F | 0x1E00..=0x1EFF => LATIN_SCRIPT,
            0x370..=0x3FF | 0x1F00..=0x1FFF => 2,
            0x400..=0x52F => 3,
            0x530..=0x58F => 4,
            0x590..=0x5FF => 5,
            0x600..=0x77F => 6,
            0x900..=0x97F => 7,
            0x980..=0x9FF => 8,
            0xA00..=0xDFF => 9,
            0xE00..=0xE7F => 10,
            0xE80..=0xEFF => 11,
            0x1000..=0x109F => 12,
            0x10A0..=0x10FF => 13,
            0x1100..=0x11FF | 0xAC00..=0xD7AF => 14,
            0x1200..=0x137F => 15,
            0x1780..=0x17FF => 16,
            0x3040..=0x30FF => 17,
            0x3400..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF => 18,
            _ => 0,
        };
        counts[usize::from(script)] += 1;
    }
    if counts[17] * 5 > counts[18] {
        counts[17] += counts[18];
    }
    let best = counts.iter().enumerate().max_by_key(|(at, n)| (**n, std::cmp::Reverse(*at)));
    best.map_or(0, |(at, _)| at as u8)
}

/// Folded, cut to six letters like every feature.
static FUNCTION_WORDS: LazyLock<FxHashMap<u64, u32>> = LazyLock::new(|| {
    let mut words: FxHashMap<u64, u32> = FxHashMap::default();
    for (language, list) in LATIN.iter().enumerate() {
        for word in list.split_whitespace() {
            *words.entry(stem_hash(Kind::Plain, word)).or_default() |= 1 << language;
        }
    }
    words
});

/// English, French, German, Spanish (Catalan, Galician), Italian, Portuguese, Dutch, the Scandinavian languages, Polish,
/// Czech and Slovak, Croatian and its neighbours, Romanian, Hungarian, Finnish and Estonian, Turkish, Indonesian and
/// Malay, Vietnamese, Swahili. No words of one letter: initials would count.
const LATIN: [&str; 18] = [
    "the of and to in is that for it was on with as be at by this had not are but from have an which they he his were has been their said who would or we its after",
    "le la les de des du un une et en est que qui dans pour pas sur plus par au aux avec ce cette il elle sont son sa ses ont ete mais nous vous leur qu se ou",
    "der die das und den von zu mit sich des auf fur ist im dem nicht ein eine als auch es an werden aus er hat dass sie nach wird bei einer um am sind noch wie einem uber so zum war haben nur oder aber vor zur bis",
    "el la los las de del que en un una por con no se su para es al lo como mas fue ha pero sus este esta sobre entre son cuando tambien desde hasta porque els amb per unha dos",
    "il di che la un una per non in del della con sono le da si gli dei nel alla piu ha al come lo delle anche ma nella dal ed questo stato dopo degli suo",
    "de que do da em um uma para com nao os as no na por mais dos das se foi ao como mas sua seu pela pelo ou ser quando muito nos esta tambem entre depois ate aos sao",
    "de het een van en in is dat op te zijn voor met die niet aan er om ook als bij maar uit dan nog door naar heeft wordt werd over hij ze deze worden ik was tot",
    "og at det som pa en av er for til den de et med har ikke om ett att och var fra han kan vi men ble sig men ar inte nar efter eller skal vil blev ved",
    "na ze do nie to sie jest od po za jak przez dla ale tym co jego ktory ktore ktora przed oraz juz tylko by byl byla roku moze",
    "na se ze je do to pro za jako po by jsou ale od jeho podle ktery ktera ktere uz pri ako sa bol bola jej aj tak",
    "je da na se za su od iz ne koji koja koje kao to do bi sto nije ili po in ki za ter bo pa tudi",
    "si de in la cu pe nu din care ca un este pentru sa au fost al mai prin sunt dar dupa sau lui va fi ale cel despre",
    "az es hogy nem is egy meg volt ez de csak mar mint el ha azt kell majd pedig szerin lehet vagy akkor",
    "ja on ei se etta oli han mutta joka myos kun ovat ole ollut mukaan jo niin tai kuin jonka ta oma ning oma kui ka see oli",
    "ve bir bu da de icin ile olarak cok daha olan gibi kadar sonra ne ancak oldugu oldu tarafi ise dedi en",
    "yang dan di itu dengan untuk dari dalam tidak ini pada akan juga ke oleh adalah tersebu telah karena ada mereka kata para dapat",
    "va cua la co cac cho khong duoc mot nguoi voi nhung trong da den nay khi ve tai nam ra lai vao",
    "ya na wa kwa ni za katika la cha hiyo huo ambayo kuwa pia kama huyo baada watu amba vya",
];

#[cfg(test)]
mod tests {
    use super::super::features::each_feature;
    use super::*;

    fn language(text: &str) -> u8 {
        let mut votes = Votes::default();
        each_feature(text, |f| {
            if f.kind == Kind::Plain {
                votes.add(f.hash)
            }
        });
        votes.language(text)
    }

    #[test]
    fn texts_of_one_language_get_one_number_and_others_another() {
        let pairs = [
            (
                "The ferry was late again and the passengers were angry.",
                "They said it would not be from here.",
            ),
            (
                "Le bac était encore en retard et les passagers étaient furieux.",
                "Il a dit que ce n'est pas pour nous.",
            ),
            (
                "Die Fähre war wieder verspätet und die Reisenden waren wütend.",
                "Er sagte, dass es nicht um das Geld geht.",
            ),
            (
                "El barco llegó tarde otra vez y los pasajeros se enfadaron.",
                "Dijo que no es para los que viven en el norte.",
            ),
            ("Prom znowu się spóźnił i to nie jest dla nas.", "Powiedział, że nie wie, jak się to stało."),
            ("Паром снова опоздал, и пассажиры рассердились.", "Он сказал, что это не так."),
            ("渡轮又晚点了，乘客们很生气。", "他说这不是为了钱。"),
            ("フェリーはまた遅れて、乗客は怒った。", "それはお金のためではない、と彼は言った。"),
        ];
        let numbers: Vec<u8> = pairs.iter().map(|p| language(p.0)).collect();
        for (pair, number) in pairs.iter().zip(&numbers) {
            assert_eq!(language(pair.1), *number, "{pair:?}");
        }
        let distinct: std::collections::BTreeSet<u8> = numbers.iter().copied().collect();
        assert_eq!(distinct.len(), pairs.len(), "{numbers:?}");
    }

    #[test]
    fn a_text_without_letters_has_no_language() {
        assert_eq!(language("12 345 !"), 0);
        assert_eq!(language(""), 0);
    }
}
