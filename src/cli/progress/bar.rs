//! Bars, for people at a terminal.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::{Documents, Show, State};
use crate::cli::words::{bytes, number};

/// One bar at a time: the phases follow each other.
#[derive(Default)]
pub(super) struct Bar {
    bar: Option<ProgressBar>,
}

impl Show for Bar {
    fn begin(&mut self, state: &State, documents: &Documents) {
        self.end();
        let bar = ProgressBar::with_draw_target(state.total, ProgressDrawTarget::stderr_with_hz(8));
        bar.set_style(style(state, documents));
        bar.set_message(state.title());
        bar.enable_steady_tick(Duration::from_millis(200));
        self.bar = Some(bar);
    }

    fn update(&mut self, state: &State) {
        if let Some(bar) = &self.bar {
            bar.set_position(state.done);
        }
    }

    fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn every(&self) -> Duration {
        Duration::from_millis(100)
    }
}

/// Fits 80 columns at any size: `[2/6] reading            ━━━━━━╸    64 % 1,200,000 docs/s 100.0 MB/s ETA 12m`.
fn style(state: &State, documents: &Documents) -> ProgressStyle {
    let template = match (state.total.is_some(), state.in_bytes()) {
        (true, true) => "{msg:24} {bar:10.cyan} {percent:>3} % {docs_rate} {bytes_rate} ETA {eta}",
        (true, false) => "{msg:24} {bar:10.cyan} {percent:>3} % {docs_rate} ETA {eta}",
        (false, true) => "{msg:24} {spinner} {docs} {docs_rate} {bytes_rate} {elapsed}",
        (false, false) => "{msg:24} {spinner} {count} {elapsed}",
    };
    // The template is ours; should it ever be wrong, the bar of the library is better than none.
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let (documents, rated) = (Arc::clone(documents), Arc::clone(documents));
    style
        .progress_chars("━╸ ")
        .with_key("docs", move |_: &ProgressState, w: &mut dyn Write| {
            let _ = write!(w, "{} documents", number(documents.load(Ordering::Relaxed)));
        })
        .with_key("docs_rate", move |state: &ProgressState, w: &mut dyn Write| {
            let millis = state.elapsed().as_millis().max(1);
            let rate = u128::from(rated.load(Ordering::Relaxed)) * 1000 / millis;
            let _ = write!(w, "{} docs/s", number(u64::try_from(rate).unwrap_or(u64::MAX)));
        })
        .with_key("bytes_rate", |state: &ProgressState, w: &mut dyn Write| {
            let millis = state.elapsed().as_millis().max(1);
            let rate = u128::from(state.pos()) * 1000 / millis;
            let _ = write!(w, "{}/s", bytes(u64::try_from(rate).unwrap_or(u64::MAX)));
        })
        .with_key("count", |state: &ProgressState, w: &mut dyn Write| {
            let _ = write!(w, "{}", number(state.pos()));
        })
}
