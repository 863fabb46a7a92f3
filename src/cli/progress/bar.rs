//! Bars, for people at a terminal.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::{Live, Show, State, share_in_words};
use crate::cli::words::{bytes, number};

/// One bar at a time: the phases follow each other.
#[derive(Default)]
pub(super) struct Bar {
    bar: Option<ProgressBar>,
}

impl Show for Bar {
    fn begin(&mut self, state: &State, live: &Arc<Live>) {
        self.end();
        let bar = ProgressBar::with_draw_target(state.total, ProgressDrawTarget::stderr_with_hz(8));
        bar.set_style(style(state, live));
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

/// Fits 80 columns at any size: `[2/6] reading ━━━━━━╸     64 % 1,200,000 docs/s 100.0 MB/s 12.3 % cut ETA 12m`.
fn style(state: &State, live: &Arc<Live>) -> ProgressStyle {
    let template = match (state.total.is_some(), state.in_bytes()) {
        (true, true) => "{msg} {bar:10.cyan} {percent:>3} % {docs_rate} {bytes_rate}{share} ETA {eta}",
        (true, false) => "{msg} {bar:10.cyan} {percent:>3} % {docs_rate}{share} ETA {eta}",
        (false, true) => "{msg} {spinner} {docs} {docs_rate} {bytes_rate}{share} {elapsed}",
        (false, false) => "{msg} {spinner} {count} {elapsed}",
    };
    // The template is ours; should it ever be wrong, the bar of the library is better than none.
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let (counted, rated, shared) = (Arc::clone(live), Arc::clone(live), Arc::clone(live));
    let phase = state.phase;
    style
        .progress_chars("━╸ ")
        .with_key("docs", move |_: &ProgressState, w: &mut dyn Write| {
            let _ = write!(w, "{} documents", number(counted.documents()));
        })
        .with_key("docs_rate", move |state: &ProgressState, w: &mut dyn Write| {
            let millis = state.elapsed().as_millis().max(1);
            let rate = u128::from(rated.documents()) * 1000 / millis;
            let _ = write!(w, "{} docs/s", number(u64::try_from(rate).unwrap_or(u64::MAX)));
        })
        .with_key("bytes_rate", |state: &ProgressState, w: &mut dyn Write| {
            let millis = state.elapsed().as_millis().max(1);
            let rate = u128::from(state.pos()) * 1000 / millis;
            let _ = write!(w, "{}/s", bytes(u64::try_from(rate).unwrap_or(u64::MAX)));
        })
        .with_key("share", move |_: &ProgressState, w: &mut dyn Write| {
            if let Some(share) = share_in_words(phase, shared.share()) {
                let _ = write!(w, " {share}");
            }
        })
        .with_key("count", |state: &ProgressState, w: &mut dyn Write| {
            let _ = write!(w, "{}", number(state.pos()));
        })
}
