//! The features of a document: which words, names and numbers stand in it, and where.
//!
//! Presence only, never counts. Each feature is a 64-bit hash of its kind and its folded form, so a document's features
//! do not depend on what other documents hold.

use super::language::Votes;
use super::text::Paragraph;
use super::words::{self, fold, hash, prefix};
use crate::dates::{self, Date};

/// Letters that are kept of a word: enough to tell words apart, few enough to lose most endings.
const STEM: usize = 6;
/// Letters by which a word matches an actor's name.
const ROOT: usize = 4;
/// The lead of a document, in words.
pub(super) const LEAD: usize = 120;
/// Words that a document must have for itself, or its lead may be shared.
const OWN_WORDS: usize = 20;
/// Dates kept of a document, in text order.
const MAX_DATES: usize = 64;

/// Characters kept of the beginning to tell the script by.
const SAMPLE: usize = 400;

/// The feature stands in the lead.
pub(super) const IN_LEAD: u8 = 1;
/// The feature stands in the lead and says what happened, not to whom.
pub(super) const IS_WHAT: u8 = 2;

/// What kind of feature a hash stands for; the same word is a different feature in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A word, cut to six letters; two or four characters of a script without spaces.
    Plain,
    /// A capitalised word that does not begin its sentence.
    Capital,
    /// Two capitalised words in a row.
    Pair,
    /// A token that begins with a digit.
    Number,
}

/// One occurrence of a feature.
#[derive(Debug, Clone, Copy)]
pub(super) struct Feature<'a> {
    pub(super) kind: Kind,
    pub(super) hash: u64,
    /// Hash of the first letters of the (first) word, by which words match names.
    pub(super) root: u64,
    /// Words of the sentence before it.
    pub(super) position: usize,
    /// As it stands in the text.
    pub(super) surface: &'a str,
}

/// What is kept of a document: its features in ascending order of hash, with flags.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Analysis {
    pub(super) features: Vec<(u64, u8)>,
    /// Words.
    pub(super) length: u32,
    pub(super) dates: Vec<Date>,
    /// Number of the language, see [`super::language`].
    pub(super) language: u8,
}

/// Hash of the feature `kind` of the folded and cut word `stem`.
pub(super) fn stem_hash(kind: Kind, stem: &str) -> u64 {
    hash(&[&[kind as u8], stem.as_bytes()])
}

/// Features, length and dates of a document made of `paragraphs`, of which `is_shared` says whether another document
/// has it too; `published` is its date from outside the text.
pub(super) fn analyse(
    paragraphs: &[Paragraph],
    is_shared: impl Fn(&Paragraph) -> bool,
    published: Option<Date>,
) -> Analysis {
    let own = own(paragraphs, is_shared);
    // Words so far, and those among them that may belong to the lead.
    let (mut length, mut own_length) = (0, 0);
    let mut dates: Vec<Date> = published.into_iter().collect();
    let mut found: Vec<(u64, u8, u64)> = Vec::new();
    let mut actors: Vec<u64> = Vec::new();
    let (mut sample, mut votes) = (String::new(), Votes::default());
    for (paragraph, own) in paragraphs.iter().zip(own) {
        if sample.len() < SAMPLE {
            sample.push_str(prefix(&paragraph.text, SAMPLE));
            sample.push('\n');
        }
        for sentence in words::sentences(&paragraph.text) {
            let count = each_feature(sentence, |feature| {
                let in_lead = own && own_length + feature.position < LEAD;
                let root = if in_lead && feature.kind == Kind::Plain { feature.root } else { 0 };
                match feature.kind {
                    Kind::Plain => votes.add(feature.hash),
                    Kind::Capital => actors.push(feature.root),
                    Kind::Pair | Kind::Number => {}
                }
                found.push((feature.hash, u8::from(in_lead) * IN_LEAD, root));
            });
            length += count;
            own_length += if own { count } else { 0 };
        }
        if dates.len() < MAX_DATES {
            dates.extend(dates::in_text(&paragraph.text));
        }
    }
    let mut seen = rustc_hash::FxHashSet::default();
    dates.retain(|d| seen.insert(*d));
    dates.truncate(MAX_DATES);
    actors.sort_unstable();
    found.sort_unstable();
    let mut features: Vec<(u64, u8)> = Vec::with_capacity(found.len());
    for (hash, mut flags, root) in found {
        if root != 0 && actors.binary_search(&root).is_err() {
            flags |= IS_WHAT;
        }
        match features.last_mut() {
            Some(last) if last.0 == hash => last.1 |= flags,
            _ => features.push((hash, flags)),
        }
    }
    Analysis {
        features,
        length: u32::try_from(length).unwrap_or(u32::MAX),
        dates,
        language: votes.language(&sample),
    }
}

/// Which paragraphs the lead is made of: the first, and those that no other document has. What several documents begin
/// with is a menu or a box, not what happened. All, if hardly anything is left.
fn own(paragraphs: &[Paragraph], is_shared: impl Fn(&Paragraph) -> bool) -> Vec<bool> {
    let own: Vec<bool> = paragraphs.iter().enumerate().map(|(at, p)| at == 0 || !is_shared(p)).collect();
    if own.iter().all(|own| *own) {
        return own;
    }
    let words: usize = paragraphs.iter().zip(&own).filter(|p| *p.1).map(|(p, _)| words::count(&p.text)).sum();
    if words < OWN_WORDS { vec![true; own.len()] } else { own }
}

/// Tells `emit` the features of one sentence, in order; returns the number of words.
pub(super) fn each_feature<'a>(sentence: &'a str, mut emit: impl FnMut(Feature<'a>)) -> usize {
    let tokens = words::tokens(sentence);
    let (mut position, mut word) = (0, String::new());
    // The capitalised word before: its stem and where it begins.
    let mut previous: Option<(String, usize)> = None;
    for (nth, token) in tokens.iter().enumerate() {
        let surface = sentence.get(token.range.clone()).unwrap_or("");
        if token.run {
            grams(surface, position, &mut emit);
            position += token.words(sentence);
            previous = None;
            continue;
        }
        fold(surface, &mut word);
        let digits = word.chars().all(char::is_numeric);
        let stem = if digits { &word } else { prefix(&word, STEM) };
        let root = hash(&[prefix(stem, ROOT).as_bytes()]);
        emit(Feature { kind: Kind::Plain, hash: stem_hash(Kind::Plain, stem), root, position, surface });
        if surface.starts_with(char::is_uppercase) && (nth > 0 || tokens.len() < 4) {
            emit(Feature {
                kind: Kind::Capital,
                hash: stem_hash(Kind::Capital, stem),
                root,
                position,
                surface,
            });
            if let Some((before, from)) = &previous {
                let both = hash(&[&[Kind::Pair as u8], before.as_bytes(), b"_", stem.as_bytes()]);
                let surface = sentence.get(*from..token.range.end).unwrap_or(surface);
                emit(Feature { kind: Kind::Pair, hash: both, root, position, surface });
            }
            previous = Some((stem.to_owned(), token.range.start));
        } else {
            previous = None;
        }
        if word.starts_with(char::is_numeric) {
            emit(Feature {
                kind: Kind::Number,
                hash: stem_hash(Kind::Number, &word),
                root,
                position,
                surface,
            });
        }
        position += 1;
    }
    position
}

/// Two and four characters in a row of a script without spaces: most words of Chinese have two, most names that tell
/// events apart have more. Alphabetic ones (Thai, Lao, Khmer, Burmese) need four to say anything.
fn grams<'a>(run: &'a str, position: usize, emit: &mut impl FnMut(Feature<'a>)) {
    let starts: Vec<usize> = run.char_indices().map(|(at, _)| at).chain([run.len()]).collect();
    let alphabetic = run.starts_with(|c| matches!(u32::from(c), 0x0E00..=0x17FF));
    let mut gram = |from: usize, to: usize| {
        if let (Some(&start), Some(&end)) = (starts.get(from), starts.get(to))
            && let Some(surface) = run.get(start..end)
        {
            let hash = stem_hash(Kind::Plain, surface);
            emit(Feature { kind: Kind::Plain, hash, root: hash, position: position + from / 2, surface });
        }
    };
    for at in 0..starts.len() - 1 {
        if !alphabetic {
            gram(at, at + 2);
        }
        gram(at, at + 4);
    }
}

#[cfg(test)]
mod tests {
    use super::super::text::paragraphs;
    use super::*;

    fn features(sentence: &str) -> Vec<(Kind, &str)> {
        let mut found = Vec::new();
        each_feature(sentence, |f| found.push((f.kind, f.surface)));
        found
    }

    fn flags(text: &str, stem: &str) -> Option<u8> {
        let analysis = analyse(&paragraphs(text), |_| false, None);
        let wanted = stem_hash(Kind::Plain, stem);
        analysis.features.iter().find(|f| f.0 == wanted).map(|f| f.1)
    }

    #[test]
    fn names_are_capitalised_words_inside_a_sentence() {
        use Kind::{Capital, Number, Pair, Plain};
        assert_eq!(
            features("Hier Anna Bell a vendu 3 vélos"),
            [
                (Plain, "Hier"),
                (Plain, "Anna"),
                (Capital, "Anna"),
                (Plain, "Bell"),
                (Capital, "Bell"),
                (Pair, "Anna Bell"),
                (Plain, "a"),
                (Plain, "vendu"),
                (Plain, "3"),
                (Number, "3"),
                (Plain, "vélos"),
            ]
        );
    }

    #[test]
    fn a_word_of_a_name_is_no_action() {
        let text = "Yesterday the Portland bridge collapsed. Portlanders wept over the bridge in the rain.";
        assert_eq!(flags(text, "collap"), Some(IN_LEAD | IS_WHAT));
        assert_eq!(flags(text, "portla"), Some(IN_LEAD));
    }

    #[test]
    fn only_the_first_words_are_the_lead() {
        let text = format!("{}tail.", "word ".repeat(120));
        assert_eq!(flags(&text, "word"), Some(IN_LEAD | IS_WHAT));
        assert_eq!(flags(&text, "tail"), Some(0));
    }

    #[test]
    fn what_several_documents_have_in_common_is_not_the_lead() {
        let body = "The council voted on Monday evening for the new bridge, which will cross the river at the old mill.";
        let text = format!("Bridge approved\n\nWhoever reads the paper also reads our letters.\n\n{body}");
        let list = paragraphs(&text);
        let lead = |is_shared: &dyn Fn(&Paragraph) -> bool, stem: &str| {
            let analysis = analyse(&list, is_shared, None);
            let wanted = stem_hash(Kind::Plain, stem);
            analysis.features.iter().find(|f| f.0 == wanted).map(|f| f.1 & IN_LEAD != 0)
        };
        let second = |p: &Paragraph| p.key == list[1].key;
        assert_eq!(lead(&second, "letter"), Some(false));
        assert_eq!(lead(&second, "counci"), Some(true));
        assert_eq!(lead(&|_| true, "letter"), Some(true), "nothing is left, so all is the lead");
    }

    #[test]
    fn chinese_has_features() {
        let surfaces: Vec<&str> = features("大桥昨天倒塌").into_iter().map(|f| f.1).collect();
        assert!(surfaces.contains(&"大桥") && surfaces.contains(&"昨天倒塌"), "{surfaces:?}");
    }

    #[test]
    fn the_date_from_outside_comes_first_among_the_dates() {
        let published = Date::parse("2017-12-31");
        let analysis = analyse(&paragraphs("It fell on 30 December 2017."), |_| false, published);
        let shown: Vec<String> = analysis.dates.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["2017-12-31", "2017-12-30"]);
    }
}
