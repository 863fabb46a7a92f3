//! Which lines of a page another text was made of.

use std::cmp::Reverse;

use rustc_hash::{FxHashMap, FxHashSet};

use super::words::{Words, words};

/// Lines of the page that are asked about one run of words: what stands in more of them says little.
const MOST: usize = 16;
/// Words of a run.
const RUN: usize = 3;
/// Of the runs of a line the share, in percent, that makes it part of a text that mostly stands elsewhere.
const ALMOST_ALL: usize = 80;

/// Of each of `page` (the words of its lines, and whether it is shown) whether `extracted`, lines in the order of the page,
/// has it. Each of those is looked for where all its words are those of a line, else where most of its runs of words stand;
/// of several such lines it is one that is shown, and the first behind the one that was found last.
pub(super) fn extracted(page: &[(Words, bool)], extracted: &str) -> Vec<bool> {
    let mut whole: FxHashMap<&[u64], Vec<usize>> = FxHashMap::default();
    let mut runs: FxHashMap<&[u64], Vec<usize>> = FxHashMap::default();
    for (i, (line, _)) in page.iter().enumerate().filter(|(_, (line, _))| !line.hashes.is_empty()) {
        whole.entry(&line.hashes).or_default().push(i);
        for run in line.hashes.windows(RUN) {
            let lines = runs.entry(run).or_default();
            if lines.len() < MOST && lines.last() != Some(&i) {
                lines.push(i);
            }
        }
    }
    let mut found = vec![false; page.len()];
    let mut from = 0;
    for line in extracted.lines() {
        let line = words(line);
        if let Some(lines) = whole.get(line.hashes.as_slice()) {
            let next = lines.partition_point(|i| *i < from);
            let behind = lines[next..].iter().chain(lines[..next].iter().rev());
            let best = behind.clone().find(|i| page[**i].1).or_else(|| behind.clone().next());
            if let Some(best) = best {
                found[*best] = true;
                from = best + 1;
            }
            continue;
        }
        let mut votes: FxHashMap<usize, usize> = FxHashMap::default();
        for run in line.hashes.windows(RUN).collect::<FxHashSet<_>>() {
            runs.get(run).into_iter().flatten().for_each(|i| *votes.entry(*i).or_default() += 1);
        }
        // The rest of a line that was found before may come after it.
        let from_here = from.saturating_sub(1);
        let distance = |i: usize| (i < from_here, i.abs_diff(from_here));
        let best = votes.iter().max_by_key(|(i, votes)| (**votes, page[**i].1, Reverse(distance(**i))));
        let Some((best, _)) = best else { continue };
        for (i, votes) in &votes {
            let all = page[*i].0.hashes.len() + 1 - RUN;
            found[*i] |= i == best || (*i >= from && page[*i].1 && votes * 100 >= all * ALMOST_ALL);
        }
        from = best + 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn some_lines_of_a_page_are_found_as_often_as_they_stand_there(
            page in prop::collection::vec(("[abc]( [abc]){0,4}", any::<bool>()), 0..12)
        ) {
            let lines = |all: bool| page.iter().filter(move |(_, is)| all || *is).map(|(line, _)| line.as_str());
            let all = lines(true).collect::<Vec<_>>();
            let wanted = lines(false).collect::<Vec<_>>();
            let found = marks(&all.join("\n"), &wanted.join("\n"));
            let marked = all.iter().zip(found).filter(|(_, is)| *is).map(|(line, _)| *line).collect::<Vec<_>>();
            prop_assert_eq!(marked, wanted);
        }
    }

    fn marks(page: &str, text: &str) -> Vec<bool> {
        let page: Vec<(Words, bool)> =
            page.lines().map(|line| (words(line), !line.starts_with('*'))).collect();
        extracted(&page, text)
    }

    #[test]
    fn lines_are_found_in_the_order_of_the_page() {
        let page = "The bridge\nHome\nThe bridge\nIt was opened on Monday.\nHome\nThe bridge";
        assert_eq!(
            marks(page, "the bridge\nIt was opened on Monday"),
            [true, false, false, true, false, false]
        );
        assert_eq!(marks(page, "Home\nThe bridge"), [false, true, true, false, false, false]);
        assert_eq!(marks(page, "It was opened on Monday\nHome"), [false, false, false, true, true, false]);
    }

    #[test]
    fn of_several_copies_each_is_found_once_and_those_that_are_shown_first() {
        assert_eq!(marks("egg\negg\negg", "egg\negg"), [true, true, false]);
        assert_eq!(marks("*The bridge\nHome\nThe bridge", "The bridge"), [false, false, true]);
        assert_eq!(marks("*The bridge\nHome", "The bridge"), [true, false]);
        let long = "The mayor said that she was glad";
        assert_eq!(marks(&format!("*{long}\nHome\n{long}"), &format!("{long} today")), [false, false, true]);
    }

    #[test]
    fn a_line_that_lost_words_or_took_another_in_is_found() {
        let page = "Anna Person opened the bridge on Monday (photo)\nThe mayor said that she was glad\nNobody came to see";
        assert_eq!(marks(page, "Anna Person opened the bridge"), [true, false, false]);
        assert_eq!(
            marks(page, "The mayor said that she was glad Nobody came to see it then"),
            [false, true, true]
        );
        assert_eq!(marks(page, "Something that is not there"), [false, false, false]);
        assert_eq!(marks("", "Something"), [false; 0]);
    }
}
