//! Which words of two texts differ.
//!
//! Invariant: the parts of one side, joined, are that side's text; parts marked the same are equal byte for byte.
//! The time is bounded by the length alone, with no clock: what is too large for a word comparison is compared by
//! lines first, and only regions that are small enough are then compared by words.

use std::ops::Range;

use similar::{Algorithm, DiffTag, capture_diff_slices};

/// Most pairs of tokens that one word comparison may have to look at; about 30 ms where nothing is the same.
const MAX_PAIRS: usize = 9_000_000;

/// Most words in a row that may be the same by chance.
const MAX_CHANCE: usize = 2;

/// A stretch of both texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part<'a> {
    /// Whether both sides are equal.
    pub(super) same: bool,
    /// The stretch in the first text; may be empty.
    pub(super) left: &'a str,
    /// The stretch in the second text; may be empty.
    pub(super) right: &'a str,
}

/// Where former comparisons of texts are kept: a comparison takes longer than to look it up.
pub trait Differences {
    /// What [`Differences::put`] was given for these texts, perhaps.
    fn get(&self, left: &str, right: &str) -> Option<Vec<Stretch>>;
    /// Keeps a comparison.
    fn put(&self, left: &str, right: &str, stretches: &[Stretch]);
}

/// No comparison is kept.
pub struct NoDifferences;

impl Differences for NoDifferences {
    fn get(&self, _: &str, _: &str) -> Option<Vec<Stretch>> {
        None
    }

    fn put(&self, _: &str, _: &str, _: &[Stretch]) {}
}

/// A stretch of two texts that is the same or differs, by its length in both, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Whether both sides are equal.
    pub same: bool,
    /// Bytes of the first text.
    pub left: u32,
    /// Bytes of the second text.
    pub right: u32,
}

/// As [`words`], where perhaps a former comparison is known. Of what is known only what is true of the texts is believed:
/// it divides them, and what is called the same is equal.
pub(super) fn known_words<'a>(left: &'a str, right: &'a str, known: &dyn Differences) -> Vec<Part<'a>> {
    if let Some(parts) = known.get(left, right).and_then(|stretches| divide(left, right, &stretches)) {
        return parts;
    }
    let parts = words(left, right);
    let stretch = |part: &Part<'_>| Stretch {
        same: part.same,
        left: part.left.len() as u32,
        right: part.right.len() as u32,
    };
    known.put(left, right, &parts.iter().map(stretch).collect::<Vec<_>>());
    parts
}

/// The texts in these stretches, if they fit.
fn divide<'a>(mut left: &'a str, mut right: &'a str, stretches: &[Stretch]) -> Option<Vec<Part<'a>>> {
    let mut parts = Vec::with_capacity(stretches.len());
    for stretch in stretches {
        let (one, rest) = left.split_at_checked(stretch.left as usize)?;
        let (two, other_rest) = right.split_at_checked(stretch.right as usize)?;
        if stretch.same && one != two {
            return None;
        }
        parts.push(Part { same: stretch.same, left: one, right: two });
        (left, right) = (rest, other_rest);
    }
    (left.is_empty() && right.is_empty()).then_some(parts)
}

/// Compares word by word; neighbouring parts are never both the same or both different.
pub(super) fn words<'a>(left: &'a str, right: &'a str) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    let sides = (tokens(left), tokens(right));
    if pairs(sides.0.len(), sides.1.len()) <= MAX_PAIRS {
        compare((left, &sides.0), (right, &sides.1), &mut parts);
    } else {
        let mut coarse = Vec::new();
        compare((left, &lines(left)), (right, &lines(right)), &mut coarse);
        for part in coarse {
            let sides = (tokens(part.left), tokens(part.right));
            let small = pairs(sides.0.len(), sides.1.len()) <= MAX_PAIRS;
            if part.same || part.left.is_empty() || part.right.is_empty() || !small {
                parts.push(part);
            } else {
                compare((part.left, &sides.0), (part.right, &sides.1), &mut parts);
            }
        }
    }
    let parts = join(absorb(join(parts, left, right), 0), left, right);
    join(absorb(parts, MAX_CHANCE), left, right)
}

fn pairs(left: usize, right: usize) -> usize {
    left.saturating_mul(right)
}

/// Compares two texts that were split.
fn compare<'a>(
    (left, old): (&'a str, &[&'a str]),
    (right, new): (&'a str, &[&'a str]),
    parts: &mut Vec<Part<'a>>,
) {
    if pairs(old.len(), new.len()) > 8 * MAX_PAIRS {
        // Lines, and so many that even they are too much: not worth a reader's time either.
        parts.push(Part { same: left == right, left, right });
        return;
    }
    let (old_at, new_at) = (offsets(old), offsets(new));
    for op in capture_diff_slices(Algorithm::Myers, old, new) {
        let (tag, from, to) = op.as_tag_tuple();
        let left = &left[bytes(&old_at, from)];
        let right = &right[bytes(&new_at, to)];
        parts.push(Part { same: tag == DiffTag::Equal, left, right });
    }
}

/// Byte offset of each token's start, and of the end.
fn offsets(tokens: &[&str]) -> Vec<usize> {
    let mut at = Vec::with_capacity(tokens.len() + 1);
    let mut sum = 0;
    at.push(0);
    for token in tokens {
        sum += token.len();
        at.push(sum);
    }
    at
}

fn bytes(offsets: &[usize], tokens: Range<usize>) -> Range<usize> {
    offsets[tokens.start]..offsets[tokens.end]
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// Words, runs of the same space, and single other characters; joined they are the text.
fn tokens(text: &str) -> Vec<&str> {
    let mut out = Vec::with_capacity(text.len() / 3);
    let mut start = 0;
    let mut before = None;
    for (at, c) in text.char_indices() {
        let class = Class::of(c);
        if before.is_some_and(|b| b != class || class == Class::Single) {
            out.push(&text[start..at]);
            start = at;
        }
        before = Some(class);
    }
    if start < text.len() {
        out.push(&text[start..]);
    }
    out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Word,
    Space,
    Single,
}

impl Class {
    fn of(c: char) -> Self {
        match c {
            ' ' => Self::Space,
            // Scripts that put no space between words: one token a character, or one change would mark a sentence.
            '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' => Self::Single,
            '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' => Self::Single,
            '\u{20000}'..='\u{3ffff}' => Self::Single,
            // Combining marks are not alphanumeric but belong to their word.
            '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{64b}'..='\u{65f}' => Self::Word,
            _ if c.is_alphanumeric() => Self::Word,
            _ => Self::Single,
        }
    }
}

/// Makes a lone shared word between two changes part of the change: it is chance, and it makes confetti of a view.
/// A line feed stays, since the rows of the view meet there.
fn absorb(mut parts: Vec<Part<'_>>, most: usize) -> Vec<Part<'_>> {
    for i in 1..parts.len().saturating_sub(1) {
        let text = parts[i].left;
        let between = !parts[i - 1].same && !parts[i + 1].same;
        if !parts[i].same || !between || text.contains('\n') {
            continue;
        }
        let around = words_in(parts[i - 1]) + words_in(parts[i + 1]);
        let shared = tokens(text).iter().filter(|t| is_word(t)).count();
        if shared <= most && around > 3 * shared {
            parts[i].same = false;
        }
    }
    parts
}

fn words_in(part: Part<'_>) -> usize {
    let count = |text| tokens(text).iter().filter(|t| is_word(t)).count();
    count(part.left).max(count(part.right))
}

fn is_word(token: &str) -> bool {
    token.chars().next().is_some_and(char::is_alphanumeric)
}

/// Joins neighbours of the same kind. Parts are contiguous, so a joined part is a longer slice.
fn join<'a>(parts: Vec<Part<'a>>, left: &'a str, right: &'a str) -> Vec<Part<'a>> {
    let mut out: Vec<Part<'a>> = Vec::with_capacity(parts.len());
    let (mut left_at, mut right_at) = (0, 0);
    for part in parts {
        match out.last_mut() {
            Some(last) if last.same == part.same => {
                last.left = &left[left_at - last.left.len()..left_at + part.left.len()];
                last.right = &right[right_at - last.right.len()..right_at + part.right.len()];
            }
            _ => out.push(part),
        }
        left_at += part.left.len();
        right_at += part.right.len();
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(left: &str, right: &str) {
        let parts = words(left, right);
        assert_eq!(parts.iter().map(|p| p.left).collect::<String>(), left);
        assert_eq!(parts.iter().map(|p| p.right).collect::<String>(), right);
        assert!(parts.iter().all(|p| !p.same || p.left == p.right));
        assert!(parts.windows(2).all(|w| w[0].same != w[1].same));
    }

    proptest! {
        #[test]
        fn the_parts_of_a_side_joined_are_that_side(
            left in "([a-c ]{0,6}[\n é中\u{a0}.]){0,12}", right in "([a-c ]{0,6}[\n é中\u{a0}.]){0,12}"
        ) {
            check(&left, &right);
        }

        #[test]
        fn any_text_is_divided_without_loss(left in any::<String>(), right in any::<String>()) {
            check(&left, &right);
        }
    }

    struct Told(Vec<Stretch>);

    impl Differences for Told {
        fn get(&self, _: &str, _: &str) -> Option<Vec<Stretch>> {
            Some(self.0.clone())
        }
        fn put(&self, _: &str, _: &str, _: &[Stretch]) {}
    }

    #[test]
    fn a_former_comparison_is_believed_only_as_far_as_it_is_true_of_the_texts() {
        let (left, right) = ("a née b", "a nez b");
        let stretch = |same, left, right| Stretch { same, left, right };
        let told = |stretches: &[Stretch]| known_words(left, right, &Told(stretches.to_vec()));
        let coarse = [stretch(true, 2, 2), stretch(false, 6, 5)];
        assert_eq!(told(&coarse).len(), 2);
        let now = words(left, right);
        // It ends too soon, goes too far, parts a character, calls the same what is not.
        let (half, far) = ([stretch(true, 2, 2)], [stretch(true, 2, 2), stretch(false, 7, 5)]);
        let parted = [stretch(true, 3, 3), stretch(false, 1, 1), stretch(false, 4, 3)];
        for wrong in [&half[..], &far, &parted, &[stretch(true, 8, 7)], &[]] {
            assert_eq!(told(wrong), now, "{wrong:?}");
        }
    }

    #[test]
    fn only_the_words_that_differ_are_marked() {
        let parts = words("The old king died on Monday.", "The old queen died on Monday.");
        let marked: Vec<_> = parts.iter().filter(|p| !p.same).map(|p| (p.left, p.right)).collect();
        assert_eq!(marked, [("king", "queen")]);
    }

    #[test]
    fn a_chance_word_between_changes_does_not_make_confetti() {
        let parts = words("red green the blue black", "one two the four five");
        assert_eq!(parts.iter().filter(|p| !p.same).count(), 1);
    }

    #[test]
    fn huge_texts_with_nothing_in_common_are_compared_in_bounded_time() {
        let left: String = (0..8000).map(|i| format!("l{i} ")).collect();
        let right: String = (0..8000).map(|i| format!("r{i} ")).collect();
        check(&left, &right);
        check(&left.replace(' ', "\n"), &right.replace(' ', "\n"));
    }
}
