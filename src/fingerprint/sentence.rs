//! Whether a line ends like a sentence.

/// What a last byte says: the line ends like a sentence, or not, or one has to look further.
const ENDS: u8 = 1;
const FURTHER: u8 = 2;
const LAST: [u8; 256] = {
    let mut last = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        last[byte] = match byte as u8 {
            b'.' | b'!' | b'?' => ENDS,
            b'"' | b'\'' | b')' | b']' | b'}' | b'>' | b' ' | b'\t'..=b'\r' | 0x80.. => FURTHER,
            _ => 0,
        };
        byte += 1;
    }
    last
};

/// Whether the last character of `line` that is neither white space nor a closing quotation mark or bracket ends a
/// sentence (`.`, `!`, `?`, `…` and their counterparts in other scripts). Bytes that are no UTF-8 end nothing.
#[inline]
pub fn ends_sentence(line: &[u8]) -> bool {
    match line.last().map_or(0, |last| LAST[usize::from(*last)]) {
        FURTHER => look_further(line),
        last => last == ENDS,
    }
}

#[inline(never)]
fn look_further(line: &[u8]) -> bool {
    let mut rest = line;
    loop {
        let Some((&last, before)) = rest.split_last() else { return false };
        if last < 0x80 {
            match LAST[usize::from(last)] {
                FURTHER => {}
                last => return last == ENDS,
            }
            rest = before;
            continue;
        }
        // A character has at most three bytes after its first.
        let from = (1..=4.min(rest.len())).map(|n| rest.len() - n).find(|at| rest[*at] & 0xc0 != 0x80);
        let Some((at, c)) = from.and_then(|at| {
            let c = std::str::from_utf8(&rest[at..]).ok()?.chars().next()?;
            Some((at, c))
        }) else {
            return false;
        };
        match c {
            '…' | '。' | '！' | '？' | '．' | '｡' | '؟' | '۔' | '।' | '॥' | '։' | '።' | '؞' | '‼' | '⁇'
            | '⁈' | '⁉' | '᠃' | '។' | '။' | '܂' => return true,
            '»' | '”' | '’' | '›' | '“' | '‘' | '」' | '』' | '）' | '】' | '》' | '〉' | '〕' | '］'
            | '\u{feff}' | '\u{200b}' => {}
            c if c.is_whitespace() => {}
            _ => return false,
        }
        rest = &rest[..at];
    }
}

#[cfg(test)]
mod tests {
    use super::ends_sentence;

    #[test]
    fn closing_marks_and_spaces_behind_the_end_are_passed_over() {
        for line in [
            "Fin.",
            "« Fin. »",
            "Fin !\u{a0}",
            "(Fin…)\r",
            "“End?”",
            "終わり。」",
            "نهاية؟",
            "He said 'no.' ",
        ] {
            assert!(ends_sentence(line.as_bytes()), "{line}");
        }
        for line in ["", "  ", "Titre", "Lire aussi :", "»", "A, b", "été", "12"] {
            assert!(!ends_sentence(line.as_bytes()), "{line}");
        }
        assert!(!ends_sentence(b"Fin.\xc3"));
    }
}
