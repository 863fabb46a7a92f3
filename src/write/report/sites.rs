//! The sites that the page can be narrowed to.
//!
//! Invariant: clusters name sites by number, so that no name of a site is ever compared, parsed or put into an attribute;
//! a site is offered only if a cluster on the page has it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::html::{Html, clip};

/// Sites that are offered, those of most clusters.
const OFFERED: usize = 400;

/// Sites by name, with their number and the clusters on the page that have them.
#[derive(Debug, Default)]
pub(super) struct Sites(BTreeMap<String, (usize, u64)>);

impl Sites {
    /// The number of a site.
    pub(super) fn number(&mut self, name: &str) -> usize {
        if let Some((number, _)) = self.0.get(name) {
            return *number;
        }
        let number = self.0.len();
        self.0.insert(name.to_owned(), (number, 0));
        number
    }

    /// Counts a cluster that is on the page.
    pub(super) fn count<'a>(&mut self, names: impl IntoIterator<Item = &'a String>) {
        for name in names {
            if let Some((_, clusters)) = self.0.get_mut(name) {
                *clusters += 1;
            }
        }
    }

    /// The choice among them: those of most clusters first.
    pub(super) fn options(&self, html: &mut Html) {
        let mut sites: Vec<(Reverse<u64>, &String, usize)> = self
            .0
            .iter()
            .filter(|(_, (_, clusters))| *clusters > 0)
            .map(|(name, (number, clusters))| (Reverse(*clusters), name, *number))
            .collect();
        sites.sort_unstable();
        for (clusters, name, number) in sites.into_iter().take(OFFERED) {
            html.raw("<option value=\"").text(&number.to_string()).raw("\">").attr(clip(name, 60).0);
            html.raw(" (").number(clusters.0).raw(")</option>");
        }
    }
}
