//! Cuts take whole units: removing them never makes a character out of broken pieces.
//!
//! A document may hold bytes that are no UTF-8: half of a character, or half of a surrogate pair that JSON wrote as an
//! escape (decoded to its three generalised UTF-8 bytes). Where a cut would bring two such halves together, the bytes
//! that remain would decode to something that the document never said. Such a cut widens to the right until they do not.

use crate::document::Cut;

/// Widens those of `cuts` (sorted, disjoint) whose removal from `text` would join broken bytes into a character.
/// The result is sorted and disjoint.
pub(super) fn keep_characters_apart(text: &[u8], cuts: &mut Vec<Cut>) {
    let may_join = (0..cuts.len()).any(|i| !touches_next(cuts, i) && begins_broken(&text[cuts[i].end..]));
    if !may_join || std::str::from_utf8(text).is_ok() {
        return;
    }
    let mut tail: Vec<u8> = Vec::with_capacity(3);
    let mut kept_from = 0;
    // Those before `done` are as they will be; those from `next` on are as they were.
    let (mut done, mut next) = (0, 0);
    while next < cuts.len() {
        let mut cut = cuts[next];
        let kept = &text[kept_from.min(cut.start)..cut.start];
        tail.extend_from_slice(&kept[kept.len().saturating_sub(3)..]);
        tail.drain(..tail.len().saturating_sub(3));
        // The last cut of a run widens, if one has to: so no run is walked more than a few times.
        let widens = !touches_next(cuts, next);
        next += 1;
        // What follows the cut may be interrupted by the next cut: look at what remains.
        while widens && joins(&tail, &following(text, cut.end, &cuts[next..])) {
            let mut end = cut.end;
            while let Some(touching) = cuts.get(next).filter(|touching| touching.start <= end) {
                // Swallow it, so that the first byte that remains can be taken.
                end = touching.end.max(end);
                next += 1;
            }
            // A lone surrogate, three bytes, is one unit: JSON may have written it as one escape.
            let width = if matches!(text[end..], [0xED, 0xA0..=0xBF, 0x80..=0xBF, ..]) { 3 } else { 1 };
            cut.end = (end + width).min(text.len());
        }
        while let Some(inside) = cuts.get(next).filter(|inside| inside.start < cut.end) {
            cut.end = cut.end.max(inside.end);
            next += 1;
        }
        kept_from = cut.end;
        cuts[done] = cut;
        done += 1;
    }
    cuts.truncate(done);
}

/// Whether nothing remains between a cut and the next one.
fn touches_next(cuts: &[Cut], i: usize) -> bool {
    cuts.get(i + 1).is_some_and(|next| next.start == cuts[i].end)
}

/// Whether `rest` may begin with the rest of a character, or with half of a pair of surrogates. Behind a cut in text that
/// is UTF-8 it does not.
fn begins_broken(rest: &[u8]) -> bool {
    match rest {
        [0xED, 0x80..=0x9F, ..] => false,
        [first, ..] => matches!(first, 0x80..=0xBF | 0xED),
        [] => false,
    }
}

/// The first bytes (at most 3) that remain from `start` on, where `cuts` follow.
fn following(text: &[u8], mut start: usize, cuts: &[Cut]) -> Vec<u8> {
    let mut rest = Vec::with_capacity(3);
    let ends = cuts.iter().map(|cut| (cut.start, cut.end)).chain([(text.len(), text.len())]);
    for (until, end) in ends {
        let kept = &text[start.min(until)..until];
        rest.extend_from_slice(&kept[..kept.len().min(3 - rest.len())]);
        if rest.len() == 3 {
            break;
        }
        start = start.max(end);
    }
    rest
}

/// Whether a character, or a pair of surrogates, would stand across the joint of `before` and `after`.
fn joins(before: &[u8], after: &[u8]) -> bool {
    if let ([.., 0xED, 0xA0..=0xAF, 0x80..=0xBF], [0xED, 0xB0..=0xBF, 0x80..=0xBF, ..]) = (before, after) {
        return true;
    }
    (1..=before.len().min(3)).any(|k| {
        let head = &before[before.len() - k..];
        let width = match head[0] {
            0xC2..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF4 => 4,
            _ => return false,
        };
        if width <= k || width - k > after.len() {
            return false;
        }
        let joined = [head, &after[..width - k]].concat();
        // Surrogates count as characters here: an escape and raw bytes must not become one either.
        std::str::from_utf8(&joined).is_ok() || matches!(joined[..], [0xED, 0xA0..=0xBF, 0x80..=0xBF])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn remains(text: &[u8], cuts: &[Cut]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut at = 0;
        for cut in cuts {
            out.extend_from_slice(&text[at..cut.start]);
            at = cut.end;
        }
        out.extend_from_slice(&text[at..]);
        out
    }

    #[test]
    fn very_many_cuts_that_touch_take_time_that_grows_with_their_number() {
        const LINES: usize = 1_000_000;
        for text in ["\n".repeat(LINES).into_bytes(), [&b"\xC3"[..], &b"\n".repeat(LINES), b"\xA9"].concat()]
        {
            let from = text.iter().position(|b| *b == b'\n').unwrap();
            let cut = |at: usize| Cut { start: at, end: at + 1, rule: 0 };
            let mut cuts: Vec<Cut> = (from..from + LINES).map(cut).collect();
            let start = std::time::Instant::now();
            keep_characters_apart(&text, &mut cuts);
            assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
            assert_eq!(characters(&remains(&text, &cuts)), "");
        }
    }

    #[test]
    fn a_cut_that_swallows_very_many_others_takes_time_that_grows_with_their_number() {
        const CUTS: usize = 1_000_000;
        let text = [&b"\xF0"[..], &b"x\x9F".repeat(CUTS)].concat();
        let mut cuts: Vec<Cut> =
            (0..CUTS).map(|n| Cut { start: 2 * n + 1, end: 2 * n + 2, rule: 0 }).collect();
        let start = std::time::Instant::now();
        keep_characters_apart(&text, &mut cuts);
        assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
        assert_eq!(remains(&text, &cuts), b"\xF0\x9F\x9F", "what is left of a character is none");
    }

    /// Characters of the text, broken bytes left out.
    fn characters(bytes: &[u8]) -> String {
        bytes.utf8_chunks().map(|c| c.valid()).collect()
    }

    #[test]
    fn two_broken_halves_do_not_become_a_character() {
        let text = b"a\xC3 chrome \xA9b";
        let mut cuts = vec![Cut { start: 2, end: 10, rule: 0 }];
        keep_characters_apart(text, &mut cuts);
        assert_eq!(remains(text, &cuts), b"a\xC3b");
    }

    #[test]
    fn two_lone_surrogates_do_not_become_a_pair() {
        let text = b"\xED\xA0\xBD--\xED\xB8\x80";
        let mut cuts = vec![Cut { start: 3, end: 5, rule: 0 }];
        keep_characters_apart(text, &mut cuts);
        assert_eq!(cuts[0].end, 8, "the whole surrogate goes");
    }

    proptest! {
        #[test]
        fn what_remains_decodes_to_what_was_there(
            pieces in proptest::collection::vec(
                proptest::sample::select(vec![b'a', 0xC3, 0xA9, 0xE2, 0x80, 0xF0, 0x9F, 0xED, 0xA0, 0xB0]),
                0..24,
            ),
            marks in proptest::collection::vec(any::<bool>(), 24),
        ) {
            let text = pieces;
            // Cuts on unit boundaries: whole characters, or single broken bytes.
            let mut cuts: Vec<Cut> = Vec::new();
            let mut at = 0;
            let mut unit = 0;
            let mut push = |start: usize, end: usize| {
                if marks[unit % marks.len()] {
                    cuts.push(Cut { start, end, rule: 0 });
                }
                unit += 1;
            };
            for chunk in text.utf8_chunks() {
                for c in chunk.valid().chars() {
                    push(at, at + c.len_utf8());
                    at += c.len_utf8();
                }
                for _ in chunk.invalid() {
                    push(at, at + 1);
                    at += 1;
                }
            }
            keep_characters_apart(&text, &mut cuts);
            for pair in cuts.windows(2) {
                prop_assert!(pair[0].end <= pair[1].start);
            }
            let mut expected = String::new();
            let mut at = 0;
            for cut in &cuts {
                expected += &characters(&text[at..cut.start]);
                at = cut.end;
            }
            expected += &characters(&text[at..]);
            // Pieces between cuts may themselves be cut inside a character only by widening, which takes broken bytes.
            prop_assert_eq!(characters(&remains(&text, &cuts)), expected);
        }
    }
}
