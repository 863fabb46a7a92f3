//! Tells the lines of a site's template from lines of articles that happen to repeat.
//!
//! A line of a template stands among its like: menus, boxes and feet come in runs. A subhead, the name of a speaker or a
//! sentence that an agency sends with every report has the lines of an article on both sides. So a line is taken if it
//! mostly stands beside another one that repeats or that rules cut, or at the edge of the document; a line that stands
//! alone must be on most documents of the site. The more documents there are, the more must hold the line: by chance
//! alone, more lines repeat.

use rustc_hash::FxHashSet;

use super::pages::{KNOWN, LineId, SitePages};

/// Documents in which a line must stand that has no others like it beside it.
const ALONE: usize = 5;

/// Documents in which a sentence must stand, and a line that has its like on one side only.
const SENTENCE: usize = 3;

/// Rounds after which no more lines are dropped for want of neighbours.
const MOST_ROUNDS: usize = 8;

/// Which lines are template, by number.
#[derive(Debug)]
pub(super) struct Template {
    pub(super) is: Vec<bool>,
}

/// What is counted of a line.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    documents: usize,
    /// The last document that counted.
    last: usize,
    times: usize,
    /// Times it stands beside chrome, on one side at least and on both.
    beside: usize,
    between: usize,
}

/// The lines of the template; `leaders` says which documents count as one.
pub(super) fn accepted(site: &SitePages, leaders: &[usize], least: usize) -> Template {
    let documents = leaders.iter().collect::<FxHashSet<_>>().len();
    let mut seen = vec![Seen { last: usize::MAX, ..Seen::default() }; site.lines.len()];
    // Documents that count as one come one after the other.
    let mut order: Vec<usize> = (0..site.pages.len()).collect();
    order.sort_by_key(|page| (leaders[*page], *page));
    for page in order {
        for id in &site.pages[page] {
            let Some(line) = seen.get_mut(*id as usize) else { continue };
            line.times += 1;
            if line.last != leaders[page] {
                line.last = leaders[page];
                line.documents += 1;
            }
        }
    }
    let least = least.max(documents.isqrt() / 2);
    let texts = site.texts();
    let mut is: Vec<bool> = seen.iter().map(|line| line.documents >= least).collect();
    for (id, is) in is.iter_mut().enumerate() {
        let line = &site.lines[id];
        // A sentence that stands on few documents may be one that articles share.
        let rare = seen[id].documents < SENTENCE || 3 * seen[id].documents < documents;
        *is = *is && site.may_be_named(id as LineId, texts[id]) && !(line.prose && rare);
    }
    for _ in 0..MOST_ROUNDS {
        count_neighbours(site, &is, &mut seen);
        let mut changed = false;
        for (is, seen) in is.iter_mut().zip(&seen).filter(|(is, _)| **is) {
            *is = seen.is_template(documents);
            changed |= !*is;
        }
        if !changed {
            break;
        }
    }
    Template { is }
}

impl Seen {
    fn is_template(&self, documents: usize) -> bool {
        let mostly = |times: usize| 5 * times >= 3 * self.times;
        let alone =
            self.documents >= ALONE && 2 * self.documents >= documents && self.times <= 2 * self.documents;
        mostly(self.between) || (self.documents >= SENTENCE && mostly(self.beside)) || alone
    }
}

fn count_neighbours(site: &SitePages, is: &[bool], seen: &mut [Seen]) {
    seen.iter_mut().for_each(|line| (line.beside, line.between) = (0, 0));
    for page in &site.pages {
        let chrome = |place: Option<usize>| match place.and_then(|place| page.get(place)) {
            None | Some(&KNOWN) => true,
            Some(id) => is.get(*id as usize).is_some_and(|is| *is),
        };
        for (place, id) in page.iter().enumerate() {
            if !is.get(*id as usize).is_some_and(|is| *is) {
                continue;
            }
            let (above, below) = (chrome(place.checked_sub(1)), chrome(Some(place + 1)));
            seen[*id as usize].beside += usize::from(above || below);
            seen[*id as usize].between += usize::from(above && below);
        }
    }
}
