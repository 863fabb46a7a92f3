//! Proposes rules for a site from the lines that repeat on it.
//!
//! A line is proposed only if it stands in several documents that are not copies of one another, and only where it
//! stands among other chrome: see `template`. What is proposed depends on the documents of the site alone, not on their
//! order; each proposed rule cuts its lines and nothing else, and passes its own examples.

mod file;
mod kin;
mod pages;
mod proposals;
mod template;

pub use file::toml;
pub use pages::SitePages;
pub use proposals::Proposal;

/// Documents in which a line must stand at least, unless told otherwise. Two are enough because of what else is asked of
/// a line: in two documents it must stand between lines that repeat too, and a sentence needs three.
pub const LEAST: usize = 2;

impl SitePages {
    /// Rules for the lines that repeat in `least` documents or more; `prefix` begins their ids.
    ///
    /// ```
    /// use tamis::strip::suggest::SitePages;
    ///
    /// let mut pages = SitePages::new("example.org");
    /// for story in ["The bridge is open.", "Rain is on its way.", "The mayor has resigned."] {
    ///     pages.add(format!("Home\nNews from the lake\n{story}\nAll the lake on your phone\nWrite to us\n").as_bytes(), &[], None);
    /// }
    /// let found = pages.propose(2, "site");
    /// let lines: Vec<&str> = found.iter().flat_map(|rule| &rule.lines).map(String::as_str).collect();
    /// assert_eq!(lines, ["Home", "News from the lake", "All the lake on your phone", "Write to us"]);
    /// ```
    pub fn propose(self, least: usize, prefix: &str) -> Vec<Proposal> {
        let family = kin::leaders(&self);
        let accepted = template::accepted(&self, &family, least);
        proposals::group(&self, &accepted, prefix)
    }
}

#[cfg(test)]
mod tests;
