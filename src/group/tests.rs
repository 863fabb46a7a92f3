//! Grouping against brute force, and against texts made to be slow.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;

use super::copies::LEAST_WORDS;
use super::*;
use crate::fingerprint::{Fingerprint, Fingerprinter};
use crate::run::options::{Candidates, Threshold};
use crate::run::progress::Silent;

/// Texts in memory.
struct Texts {
    prints: Vec<Fingerprint>,
    sets: Vec<Vec<u64>>,
    /// Texts, and single sketches, that were read.
    read: AtomicUsize,
    sketches: AtomicUsize,
}

impl Texts {
    fn new<T: AsRef<str>>(texts: &[T], shingle: usize) -> Self {
        let mut fingerprinter = Fingerprinter::new(shingle);
        let prints = texts.iter().map(|t| fingerprinter.fingerprint(t.as_ref().as_bytes())).collect();
        let set = |text: &T| {
            let mut set = vec![];
            fingerprinter.shingles(text.as_ref().as_bytes(), &mut set);
            set
        };
        let sets = texts.iter().map(set).collect();
        Self { prints, sets, read: AtomicUsize::new(0), sketches: AtomicUsize::new(0) }
    }
}

impl Corpus for Texts {
    fn len(&self) -> usize {
        self.prints.len()
    }
    fn digest(&self, index: usize) -> Result<Digest> {
        Ok(self.prints[index].digest)
    }
    fn scan_digests(&self, documents: Range<usize>, each: &mut dyn FnMut(usize, &Digest)) -> Result<()> {
        documents.for_each(|index| each(index, &self.prints[index].digest));
        Ok(())
    }
    fn simhash(&self, index: usize) -> u64 {
        self.prints[index].simhash
    }
    fn sketch(&self, index: usize, into: &mut Vec<u64>) -> Result<()> {
        self.sketches.fetch_add(1, Ordering::Relaxed);
        into.clone_from(&self.prints[index].sketch);
        Ok(())
    }
    fn scan_sketches(&self, documents: Range<usize>, each: &mut dyn FnMut(usize, &[u64])) -> Result<()> {
        documents.for_each(|index| each(index, &self.prints[index].sketch));
        Ok(())
    }
    fn shingle_count(&self, index: usize) -> u32 {
        self.prints[index].shingles
    }
    fn words(&self, index: usize) -> u32 {
        self.prints[index].words
    }
    fn shingles(&self, index: usize, into: &mut Vec<u64>) -> Result<()> {
        self.read.fetch_add(1, Ordering::Relaxed);
        into.clone_from(&self.sets[index]);
        Ok(())
    }
}

/// Shared and union, by membership.
fn overlap(a: &[u64], b: &[u64]) -> (u32, u32) {
    let shared = a.iter().filter(|h| b.contains(h)).count();
    (shared as u32, (a.len() + b.len() - shared) as u32)
}

/// The definition, word for word.
fn slow_kept_set(texts: &Texts, order: &[u32], references: usize, threshold: Threshold) -> Vec<Verdict> {
    let similar = |a: u32, b: u32| {
        let (shared, union) = overlap(&texts.sets[a as usize], &texts.sets[b as usize]);
        let long = [a, b].iter().all(|d| texts.words(*d as usize) >= LEAST_WORDS);
        (long && u64::from(shared) * 1_000_000 >= u64::from(threshold.0) * u64::from(union))
            .then_some((shared, union))
    };
    let same = |a: u32, b: u32| {
        texts.words(a as usize) > 0 && texts.prints[a as usize].digest == texts.prints[b as usize].digest
    };
    let mut kept: Vec<u32> = vec![];
    for (place, d) in order.iter().enumerate() {
        let copied = |k: &u32| same(*d, *k) || (place >= references && similar(*d, *k).is_some());
        if !kept.iter().any(copied) {
            kept.push(*d);
        }
    }
    let mut verdicts = vec![Verdict::Kept; texts.len()];
    for d in order.iter().filter(|d| !kept.contains(d)) {
        verdicts[*d as usize] = if let Some(of) = kept.iter().find(|k| same(*d, **k)) {
            Verdict::Identical { of: *of }
        } else {
            let mut best = (0, 0, 1);
            for k in &kept {
                if let Some((shared, union)) = similar(*d, *k)
                    && u64::from(shared) * u64::from(best.2) > u64::from(best.1) * u64::from(union)
                {
                    best = (*k, shared, union);
                }
            }
            Verdict::Near { of: best.0, shared: best.1, union: best.2 }
        };
    }
    verdicts
}

/// Texts of random words; many are edits of others: words changed, cut off, put before, or nothing at all.
fn corpus() -> impl Strategy<Value = Vec<String>> {
    let text = proptest::collection::vec(0u32..3000, 0..160);
    let edit = (any::<prop::sample::Index>(), 0u32..7, any::<prop::sample::Index>(), 0usize..40);
    (proptest::collection::vec(text, 1..8), proptest::collection::vec(edit, 0..40)).prop_map(
        |(mut texts, edits)| {
            for (from, kind, place, many) in edits {
                let mut text = from.get(&texts).clone();
                let place = place.index(text.len() + 1);
                match kind {
                    0 => {}
                    1 => text.truncate(place),
                    2 => drop(text.splice(..0, (0..many as u32).map(|w| w + 5000))),
                    3 => text.extend((0..many as u32).map(|w| w + 6000)),
                    4 => text.rotate_left(place),
                    _ => (0..many / 4 + 1).for_each(|i| {
                        let at = (place + 7 * i) % text.len().max(1);
                        text.splice(at.min(text.len())..(at + 1).min(text.len()), [7000 + i as u32]);
                    }),
                }
                texts.push(text);
            }
            texts.iter().map(|t| t.iter().map(|w| format!("w{w} ")).collect()).collect()
        },
    )
}

fn options(similarity: u32, candidates: Candidates) -> CopyOptions {
    let memory = Memory { caches: 1 << 16, ..Memory::default() };
    CopyOptions {
        similarity: Threshold(similarity),
        distance: 3,
        candidates,
        references: 0,
        memory,
        generation: GENERATION,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn the_kept_set_is_that_of_the_definition(
        texts in corpus(), shingle in 1usize..6, similarity in 500_000u32..=1_000_000, turn in any::<u32>(),
        references in prop::option::of(0usize..30)
    ) {
        let texts = Texts::new(&texts, shingle);
        let mut order: Vec<u32> = (0..texts.len() as u32).collect();
        order.sort_by_key(|d| (d + 1).wrapping_mul(turn | 1));
        let references = references.unwrap_or(0).min(order.len());
        let want = slow_kept_set(&texts, &order, references, Threshold(similarity));
        for candidates in [Candidates::Fast, Candidates::Exact] {
            let options = CopyOptions { references, ..options(similarity, candidates) };
            let got = kept_set(&texts, &order, &options, &Silent).unwrap();
            prop_assert_eq!(&got, &want, "{:?}", candidates);
        }
    }

    #[test]
    fn excerpts_are_those_of_the_definition(texts in corpus(), shingle in 1usize..6) {
        let texts = Texts::new(&texts, shingle);
        let kept: Vec<u32> = (0..texts.len() as u32).collect();
        let mut want = vec![];
        for short in kept.iter().copied().filter(|d| texts.words(*d as usize) >= 50) {
            let of = texts.shingle_count(short as usize);
            let hosts = kept.iter().filter(|k| texts.shingle_count(**k as usize) > of);
            let inside = hosts.map(|k| (overlap(&texts.sets[short as usize], &texts.sets[*k as usize]).0, *k));
            let best = inside.filter(|i| i.0 * 5 >= of * 4).max_by_key(|i| (i.0, std::cmp::Reverse(i.1)));
            want.extend(best.map(|(shared, long)| Excerpt { short, long, shared, of }));
        }
        let got = excerpts(&texts, &kept, Memory::default(), &Silent).unwrap();
        // Nothing but what is one; and all of those of which enough is sampled.
        prop_assert!(got.iter().all(|e| want.contains(e) || want.iter().any(|w| w.short == e.short)));
        for excerpt in want.iter().filter(|e| e.of > 90) {
            prop_assert!(got.contains(excerpt), "{:?}", excerpt);
        }
        // Nor does it show for how many of them hosts are sought at a time.
        for entries in [0, 30, 1000] {
            prop_assert_eq!(&excerpts(&texts, &kept, Memory { caches: 0, index: 18 * entries }, &Silent).unwrap(), &got);
        }
    }
}

/// `count` texts of `words` words of their own, with something at the end.
fn distinct(count: usize, words: usize, tail: &str) -> Vec<String> {
    (0..count).map(|i| (0..words).map(|w| format!("t{i}w{w} ")).collect::<String>() + tail).collect()
}

#[test]
fn the_number_of_threads_does_not_show() {
    let mut texts = distinct(1500, 60, "");
    for i in 0..1500 {
        let copy =
            texts[i * 7 % 1500].replace("w9 ", "x ").replace("w3 ", if i % 3 == 0 { "y " } else { "w3 " });
        texts.push(copy);
    }
    let texts = Texts::new(&texts, 3);
    let order: Vec<u32> = (0..3000u32).map(|i| i * 1789 % 3000).collect();
    let run = |threads, candidates| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let kept = kept_set(&texts, &order, &options(600_000, candidates), &Silent).unwrap();
            (kept, excerpts(&texts, &order, Memory::default(), &Silent).unwrap())
        })
    };
    let one = run(1, Candidates::Fast);
    assert!(one.0.iter().filter(|v| matches!(v, Verdict::Near { .. })).count() > 1000);
    assert_eq!(run(4, Candidates::Fast), one);
    assert_eq!(run(3, Candidates::Exact), one);
}

#[test]
fn a_tail_that_all_share_makes_no_work_and_hides_no_copy() {
    let tail = (0..30).map(|w| format!("agency{w} ")).collect::<String>();
    let mut texts = distinct(3000, 100, &tail);
    texts.push(texts[1234].replace("w50 ", "changed "));
    let texts = Texts::new(&texts, 5);
    let order: Vec<u32> = (0..texts.len() as u32).collect();
    let verdicts = kept_set(&texts, &order, &options(700_000, Candidates::Fast), &Silent).unwrap();
    assert_eq!(verdicts.iter().filter(|v| **v != Verdict::Kept).count(), 1);
    assert!(matches!(verdicts[3000], Verdict::Near { of: 1234, .. }));
    let read = texts.read.load(Ordering::Relaxed);
    assert!(read < 100, "{read} texts read again");
}

#[test]
fn a_corpus_without_copies_reads_no_text_and_hardly_a_sketch_by_itself() {
    let texts = Texts::new(&distinct(3000, 100, ""), 5);
    let order: Vec<u32> = (0..3000).collect();
    let verdicts = kept_set(&texts, &order, &options(700_000, Candidates::Fast), &Silent).unwrap();
    assert!(verdicts.iter().all(|verdict| *verdict == Verdict::Kept));
    assert!(excerpts(&texts, &order, Memory::default(), &Silent).unwrap().is_empty());
    assert_eq!(texts.read.load(Ordering::Relaxed), 0);
    let sketches = texts.sketches.load(Ordering::Relaxed);
    assert!(sketches < 3000, "{sketches}");
}

#[test]
fn how_much_of_the_index_is_held_does_not_show() {
    let mut texts = distinct(1500, 60, "");
    for i in 0..3000 {
        // Copies of copies, some of which are kept, and passages that many share.
        let from = texts[i * 7 % (1500 + i / 2)].clone();
        let words = [i % 53, i * 5 % 59, i * 11 % 47].map(|w| format!("w{w} "));
        let copy = words.iter().take(1 + i % 3).fold(from, |text, word| text.replace(word, "x "));
        texts.push(copy + if i % 2 == 0 { "read all of it in the evening edition of today " } else { "" });
    }
    let texts = Texts::new(&texts, 3);
    let order: Vec<u32> = (0..4500u32).map(|i| i * 1789 % 4500).collect();
    for candidates in [Candidates::Fast, Candidates::Exact] {
        for references in [0, 700] {
            let run = |index, generation| {
                let memory = Memory { caches: 1 << 16, index };
                let options = CopyOptions { memory, generation, references, ..options(700_000, candidates) };
                kept_set(&texts, &order, &options, &Silent).unwrap()
            };
            let all = run(usize::MAX, 300);
            let near = all.iter().filter(|v| matches!(v, Verdict::Near { .. })).count();
            assert!(near > 500 && near < 3500, "{near}");
            assert_eq!(run(0, 300), all);
            assert_eq!(run(1 << 20, 300), all);
            assert_eq!(run(usize::MAX, GENERATION), all);
        }
    }
}

#[test]
fn what_the_caches_may_take_does_not_show() {
    let mut texts = distinct(200, 60, "");
    let revised: Vec<String> = (0..400).map(|i| texts[i % 200].replace("w9 ", &format!("x{i} "))).collect();
    texts.extend(revised);
    let texts = Texts::new(&texts, 3);
    let order: Vec<u32> = (0..600).rev().collect();
    let run = |memory| {
        let memory = Memory { caches: memory, ..Memory::default() };
        let options = CopyOptions { memory, ..options(600_000, Candidates::Fast) };
        kept_set(&texts, &order, &options, &Silent).unwrap()
    };
    let nothing = run(0);
    assert!(nothing.iter().filter(|v| matches!(v, Verdict::Near { .. })).count() > 300);
    assert_eq!(run(Memory::default().caches), nothing);
}

#[test]
fn a_simhash_that_all_share_makes_no_work_and_hides_no_copy() {
    let mut texts = distinct(3000, 100, "");
    texts.push(texts[1234].replace("w50 ", "changed "));
    let mut texts = Texts::new(&texts, 5);
    texts.prints.iter_mut().for_each(|print| print.simhash = 42);
    let order: Vec<u32> = (0..texts.len() as u32).collect();
    let verdicts = kept_set(&texts, &order, &options(700_000, Candidates::Fast), &Silent).unwrap();
    assert_eq!(verdicts.iter().filter(|v| **v != Verdict::Kept).count(), 1);
    assert!(matches!(verdicts[3000], Verdict::Near { of: 1234, .. }));
    let read = texts.read.load(Ordering::Relaxed);
    assert!(read < 100, "{read} texts read again");
}

#[test]
fn near_identical_texts_are_compared_with_the_one_that_is_kept() {
    let base = &distinct(1, 200, "")[0];
    let texts: Vec<String> = (0..3000).map(|i| base.replace("w77 ", &format!("v{i} "))).collect();
    let texts = Texts::new(&texts, 5);
    let order: Vec<u32> = (0..3000).rev().collect();
    let verdicts = kept_set(&texts, &order, &options(700_000, Candidates::Fast), &Silent).unwrap();
    assert_eq!(verdicts.iter().filter(|v| **v == Verdict::Kept).count(), 1);
    assert!(verdicts[..2999].iter().all(|v| matches!(v, Verdict::Near { of: 2999, .. })));
    assert!(texts.read.load(Ordering::Relaxed) < 7000);
}

#[test]
fn texts_without_words_and_short_texts_match_only_what_is_identical() {
    let formula = "one two three four five six seven eight nine ten eleven twelve";
    let texts = ["", "…", formula, &formula.to_uppercase(), &format!("{formula} more")];
    let texts = Texts::new(&texts, 1);
    let verdicts = kept_set(&texts, &[4, 3, 2, 1, 0], &options(500_000, Candidates::Fast), &Silent).unwrap();
    use Verdict::{Identical, Kept};
    assert_eq!(verdicts, [Kept, Kept, Identical { of: 3 }, Kept, Kept]);
}

#[test]
fn what_is_identical_to_a_removed_document_names_the_same_kept_one() {
    let base = distinct(1, 100, "")[0].clone();
    let near = base.replace("w50 ", "changed ");
    let texts = Texts::new(&[near.clone(), base, near], 3);
    let verdicts = kept_set(&texts, &[1, 0, 2], &options(700_000, Candidates::Fast), &Silent).unwrap();
    assert!(matches!(verdicts[0], Verdict::Near { of: 1, shared: 95, union: 101 }));
    assert_eq!(verdicts[0], verdicts[2]);
}

#[test]
fn a_stop_is_heeded() {
    struct Stop;
    impl crate::run::Progress for Stop {
        fn begin(&self, _: crate::run::Phase, _: Option<u64>) {}
        fn advance(&self, _: u64, _: u64) {}
        fn stop(&self) -> Option<u8> {
            Some(2)
        }
    }
    let texts = Texts::new(&distinct(3, 60, ""), 3);
    let options = options(700_000, Candidates::Fast);
    assert_eq!(kept_set(&texts, &[0, 1, 2], &options, &Stop).unwrap_err().exit_code(), 130);
    assert_eq!(excerpts(&texts, &[0, 1, 2], Memory::default(), &Stop).unwrap_err().exit_code(), 130);
}

proptest! {
    #[test]
    fn the_nearest_document_is_the_one_that_brute_force_finds(
        texts in proptest::collection::vec("(a|b|c|d|e|f){0,40}", 1..30), document: proptest::sample::Index
    ) {
        let spaced: Vec<String> = texts.iter().map(|text| text.chars().flat_map(|c| [c, ' ']).collect()).collect();
        let texts = Texts::new(&spaced, 2);
        let document = document.index(spaced.len());
        let among = |other: usize| other % 3 != 1;
        let found = nearest(&texts, document, &among, spaced.len()).unwrap();
        let mut slow: Vec<Near> = (0..spaced.len())
            .filter(|other| *other != document && among(*other))
            .map(|of| (of, overlap(&texts.sets[document], &texts.sets[of])))
            .filter(|(_, (shared, _))| *shared > 0)
            .map(|(of, (shared, union))| Near { of, shared: shared.into(), union: union.into() })
            .collect();
        slow.sort_by(|a, b| (b.shared * a.union).cmp(&(a.shared * b.union)).then(a.of.cmp(&b.of)));
        prop_assert_eq!(&found, &slow);
        // Sketches of short texts hold all: of a few the first is the same.
        let one = nearest(&texts, document, &among, 1).unwrap();
        let share = |near: &Near| near.shared as f64 / near.union as f64;
        prop_assert_eq!(one.first().map(share), slow.first().map(share));
    }
}

#[test]
fn the_nearest_of_long_texts_is_found_by_their_sketches_and_few_texts_are_read() {
    let mut state = 7_u32;
    let mut word = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        format!("w{} ", state >> 12)
    };
    let own: Vec<String> = (0..3000).map(|_| word()).collect();
    // Text n begins with 10 · n of the words.
    let mix = |n: usize, rest: Vec<String>| {
        own[..10 * n].iter().chain(&rest).map(String::as_str).collect::<String>()
    };
    let mut texts: Vec<String> = (0..200).map(|n| mix(n, (10 * n..3000).map(|_| word()).collect())).collect();
    texts.push(own.concat());
    let texts = Texts::new(&texts, 5);
    let found = nearest(&texts, 200, &|_| true, 16).unwrap();
    assert_eq!((found.len(), found[0].of), (16, 199));
    assert_eq!(texts.read.load(Ordering::Relaxed), 17);
    assert_eq!(nearest(&texts, 200, &|other| other < 150, 16).unwrap()[0].of, 149);
}
