use proptest::prelude::*;

use super::*;

/// Sentences long enough to be told apart, and the charsets that they are told in.
const SAMPLES: [(&str, &[&str]); 10] = [
    (
        "L'été dernier, la forêt a brûlé près du château ; « ça suffit », dit-il, déjà à côté du fleuve, très fâché.",
        &["windows-1252"],
    ),
    (
        "Весной река вышла из берегов, и жители деревни перебрались на холм. Они ждали лодки и пели старые песни. \
         Потом вода ушла, и все вернулись домой.",
        &["windows-1251", "koi8-r", "iso-8859-5", "ibm866", "x-mac-cyrillic", "ibm855"],
    ),
    (
        "Příliš žluťoučký kůň úpěl ďábelské ódy, když večer přišel déšť a všechny cesty zmizely pod vodou.",
        &["windows-1250"],
    ),
    (
        "Το καράβι έφυγε από το λιμάνι νωρίς το πρωί και οι ψαράδες γύρισαν στα σπίτια τους.",
        &["windows-1253", "iso-8859-7"],
    ),
    ("הספינה יצאה מן הנמל בבוקר והדייגים חזרו אל בתיהם לפני הערב", &["windows-1255"]),
    (
        "Gemi sabah erkenden limandan ayrıldı, balıkçılar akşam olmadan evlerine döndüler; şehir çok güzeldi.",
        &["windows-1254"],
    ),
    ("春天的时候河水上涨，村里的人都搬到山上去住。后来水退了，大家又回到了自己的家里。", &["gbk"]),
    ("春天的時候河水上漲，村裡的人都搬到山上去住。後來水退了，大家又回到了自己的家裡。", &["big5"]),
    (
        "春になると川の水があふれて、村の人たちは山の上に移りました。それから水が引いて、みんな家に帰りました。",
        &["shift_jis", "euc-jp", "iso-2022-jp"],
    ),
    (
        "봄이 되자 강물이 넘쳐서 마을 사람들은 산 위로 옮겨 갔습니다. 물이 빠진 뒤에 모두 집으로 돌아왔습니다.",
        &["euc-kr"],
    ),
];

fn charset(label: &str) -> Charset {
    Charset::of_label(label).unwrap()
}

#[test]
fn a_text_in_a_legacy_charset_is_read_in_it() {
    for (text, labels) in SAMPLES {
        for label in labels {
            let bytes = charset(label).encode(text.as_bytes()).unwrap();
            let decision = decode(&bytes, None);
            assert_eq!(
                String::from_utf8_lossy(&decision.text),
                text,
                "{label} taken for {}",
                decision.charset.name()
            );
        }
    }
}

#[test]
fn utf8_with_some_broken_bytes_stays_as_it_is() {
    for (text, _) in SAMPLES {
        for broken in [&b"\xE9"[..], b"\xC3\n", b"\xE2\x80 ", b"\xFF"] {
            for at in [0, text.find(' ').unwrap_or(0), text.len()] {
                let bytes = [&text.as_bytes()[..at], broken, &text.as_bytes()[at..]].concat();
                let decision = decode(&bytes, Some("windows-1252"));
                assert_eq!((decision.charset, decision.basis), (Charset::UTF_8, Basis::NearlyUtf8));
                assert_eq!(*decision.text, bytes);
            }
        }
    }
    let lost_space = b"Read more \xC3\nof this story\n";
    assert_eq!(decode(lost_space, None).charset, Charset::UTF_8);
}

#[test]
fn wide_charsets_are_told_by_mark_and_by_form() {
    for (text, _) in SAMPLES {
        let line = format!("{text}\r\nEnd of it.\r\n");
        for label in ["utf-16le", "utf-16be", "utf-32le", "utf-32be"] {
            for text in [format!("\u{FEFF}{line}"), line.clone()] {
                let bytes = charset(label).encode(text.as_bytes()).unwrap();
                let decision = decode(&bytes, None);
                assert_eq!(decision.charset.name(), label);
                assert_eq!(*decision.text, *text.as_bytes(), "{label}");
            }
        }
    }
}

#[test]
fn a_few_zero_bytes_in_a_plain_text_do_not_make_it_wide() {
    for text in ["nul \0 ici\nEt la suite du texte.\n", "nul \0ici\nEt la suite du texte\n"] {
        let decision = decode(text.as_bytes(), None);
        assert_eq!((decision.charset, decision.is_converted()), (Charset::UTF_8, false), "{text:?}");
    }
}

#[test]
fn a_wide_text_that_is_damaged_is_left_as_it_is() {
    for bytes in [&b"\xFF\xFEa\0b"[..], b"\xFF\xFEa\0\x00\xD8b\0"] {
        let decision = decode(bytes, None);
        assert_eq!(decision.charset.name(), "utf-16le");
        assert!(decision.is_left_as_is());
        assert_eq!(*decision.text, *bytes);
    }
}

#[test]
fn a_label_counts_unless_the_bytes_contradict_it() {
    assert_eq!(decode(b"caf\xE9 noir", Some("ISO-8859-15")).charset.name(), "iso-8859-15");
    assert_eq!(decode(b"caf\xE9 noir", Some("utf-8")).basis, Basis::Detected);
    assert_eq!(decode(b"caf\xE9 noir", Some("shift_jis")).basis, Basis::Detected);
    assert_eq!(decode("café noir".as_bytes(), Some("iso-8859-1")).charset, Charset::UTF_8);
    assert_eq!(decode(b"caf\xE9 noir", Some("no such thing")).basis, Basis::Detected);
}

#[test]
fn what_is_no_text_is_left_as_it_is() {
    let bytes: Vec<u8> = (0..=255).cycle().take(5001).collect();
    let decision = decode(&bytes, None);
    assert_eq!(decision.charset, Charset::UNKNOWN);
    assert!(decision.is_left_as_is());
}

#[test]
fn a_multibyte_text_with_a_broken_byte_is_not_read_as_latin() {
    for (text, labels) in &SAMPLES[6..] {
        for label in labels.iter().filter(|label| **label != "iso-2022-jp") {
            let mut bytes = Vec::new();
            for i in 0..40 {
                bytes.extend(charset(label).encode(text.as_bytes()).unwrap());
                bytes.extend(if i == 20 { &b"\x80\xFF\n"[..] } else { b"\n" });
            }
            let decision = decode(&bytes, None);
            assert_eq!(*decision.text, bytes, "{label}: taken for {}", decision.charset.name());
        }
    }
}

#[test]
fn a_large_text_is_known_by_its_samples() {
    let mut text = "Plain words and nothing else.\n".repeat(100_000);
    text.push_str(&format!("{}\n", SAMPLES[1].0).repeat(20));
    let bytes = charset("koi8-r").encode(text.as_bytes()).unwrap();
    let decision = decode(&bytes, None);
    assert_eq!(decision.basis, Basis::Detected);
    assert_eq!(*decision.text, *text.as_bytes());
}

proptest! {
    #[test]
    fn what_is_converted_converts_back_exactly(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        label in prop::sample::select(vec!["", "big5", "shift_jis", "gb18030", "euc-jp", "iso-2022-jp", "utf-16be", "ibm855"]),
    ) {
        let decision = decode(&bytes, Some(label));
        if decision.is_converted() {
            prop_assert!(std::str::from_utf8(&decision.text).is_ok());
            prop_assert_eq!(decision.charset.encode(&decision.text).unwrap(), bytes);
        } else {
            prop_assert_eq!(&*decision.text, &bytes[..]);
        }
    }

    #[test]
    fn declared_texts_are_read_as_they_were_written(
        text in "[а-яА-Я ]{1,40}",
        label in prop::sample::select(vec!["windows-1251", "koi8-r", "iso-8859-5", "ibm866", "x-mac-cyrillic", "ibm855", "gb18030", "euc-jp"]),
    ) {
        let bytes = charset(label).encode(text.as_bytes()).unwrap();
        prop_assume!(utf8::judge(&bytes) == utf8::Verdict::No);
        let decision = decode(&bytes, Some(label));
        prop_assert_eq!(&*decision.text, text.as_bytes());
        prop_assert_eq!(decision.charset.name(), label);
    }
}
