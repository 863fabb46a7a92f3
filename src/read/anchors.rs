//! Where decoded and raw offsets part.

/// The way from decoded offsets back to raw ones: one anchor before and one after each escape.
#[derive(Debug, Default)]
pub struct Anchors(Vec<(usize, usize)>);

impl Anchors {
    /// Says that the unit at decoded offset `decoded` begins at `raw`. Both grow from call to call.
    pub(super) fn push(&mut self, decoded: usize, raw: usize) {
        self.0.push((decoded, raw));
    }

    /// The raw offset of the unit that begins at decoded offset `at`.
    pub fn raw_offset(&self, at: usize) -> usize {
        let after = self.0.partition_point(|(decoded, _)| *decoded <= at);
        match after.checked_sub(1) {
            Some(i) => self.0[i].1 + (at - self.0[i].0),
            None => at,
        }
    }
}
