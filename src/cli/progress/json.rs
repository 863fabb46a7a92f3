//! JSON lines for programs: one at the start of each phase, then a few a second at most.

use std::sync::Arc;
use std::time::Duration;

use super::{Live, Show, State};
use crate::cli::output;

/// JSON lines.
pub(super) struct Json;

impl Show for Json {
    fn begin(&mut self, state: &State, _: &Arc<Live>) {
        output::say(&line(state));
    }
    fn update(&mut self, state: &State) {
        output::say(&line(state));
    }
    fn every(&self) -> Duration {
        Duration::from_millis(300)
    }
}

/// A state as a line.
pub(super) fn line(state: &State) -> String {
    let line = serde_json::json!({
        "event": "progress",
        "phase": state.words().1,
        "done": state.done,
        "total": state.total,
        "documents": state.documents,
        "found": state.share.map(|(part, whole)| serde_json::json!({"part": part, "whole": whole})),
    });
    format!("{line}\n")
}
