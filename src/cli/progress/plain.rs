//! A line every 30 seconds, for logs; a run shorter than that writes none.

use std::sync::Arc;
use std::time::Duration;

use super::{Live, Show, State, share_in_words};
use crate::cli::output;
use crate::cli::words::{bytes, number, percent, seconds};

/// Lines.
pub(super) struct Plain;

impl Show for Plain {
    fn begin(&mut self, _: &State, _: &Arc<Live>) {}
    fn update(&mut self, state: &State) {
        output::say(&line(state));
    }
    fn every(&self) -> Duration {
        Duration::from_secs(30)
    }
}

/// A state as a line.
pub(super) fn line(state: &State) -> String {
    let mut parts = Vec::new();
    let of = |total: u64| format!(" of {} ({})", number(total), percent(state.done, total));
    let in_bytes = state.in_bytes();
    let unit = if state.phase == tamis::run::Phase::Scan { "files" } else { "documents" };
    if in_bytes {
        parts.push(format!("{} documents", number(state.documents)));
        let of = state.total.map(|total| format!(" of {} ({})", bytes(total), percent(state.done, total)));
        parts.push(format!("{}{}", bytes(state.done), of.unwrap_or_default()));
        parts.push(format!("{} documents/s", number(state.rate(state.documents))));
        parts.push(format!("{}/s", bytes(state.rate(state.done))));
    } else {
        parts.push(format!("{}{} {unit}", number(state.done), state.total.map(of).unwrap_or_default()));
        parts.push(format!("{} {unit}/s", number(state.rate(state.done))));
    }
    parts.extend(share_in_words(state.phase, state.share));
    if let Some(left) = state.left() {
        parts.push(format!("about {} left", seconds(left)));
    }
    format!("{}: {}\n", state.title(), parts.join(", "))
}
