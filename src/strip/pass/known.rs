//! What the pass before knew of the lines that it left.

use super::Found;
use crate::strip::lines::Line;
use crate::strip::memo::LineId;

/// Goes through the lines of a pass beside those of the pass before.
pub(super) struct Known<'f> {
    pub(super) before: &'f Found,
    /// The next cut, and the bytes that those before it took.
    cut: usize,
    taken: usize,
    line: usize,
    /// Whether a line was asked for that is not as it was.
    pub(super) changed: bool,
}

impl<'f> Known<'f> {
    pub(super) fn new(before: &'f Found) -> Self {
        Self { before, cut: 0, taken: 0, line: 0, changed: false }
    }

    /// The number of `line`, if it is as it was. Lines are asked for in order.
    pub(super) fn id(&mut self, line: &Line) -> Option<Option<LineId>> {
        let Found { cuts, lines, ids, .. } = self.before;
        while let Some(cut) = cuts.get(self.cut).filter(|cut| cut.start <= line.start + self.taken) {
            self.taken += cut.end - cut.start;
            self.cut += 1;
        }
        let (start, next) = (line.start + self.taken, line.next + self.taken);
        while self.line < lines.len() && lines.start(self.line) < start {
            self.line += 1;
        }
        let same = self.line < lines.len()
            && lines.start(self.line) == start
            && lines.start(self.line + 1) == next
            && cuts.get(self.cut).is_none_or(|cut| cut.start >= next);
        self.changed |= !same;
        same.then(|| ids[self.line])
    }
}
