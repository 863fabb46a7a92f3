//! What a run tells while it works: bars, a line now and then, JSON lines, or nothing.
//!
//! The counters are atomics and the clock is looked at, never waited for: a report costs the run nothing that can be
//! measured. How a state is shown is the business of one file a style.

mod bar;
mod json;
mod plain;

use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tamis::Result;
use tamis::run::options::Copies;
use tamis::run::{Options, Phase, Progress};

use super::output;
use super::signals::Signals;
use super::words::percent;

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Bars on a terminal, else lines.
    Auto,
    /// Bars.
    Bar,
    /// Lines.
    Plain,
    /// JSON lines.
    Json,
    /// Nothing.
    None,
}

/// What a phase has done beside its units; bars read it from their own thread.
#[derive(Debug, Default)]
struct Live {
    documents: AtomicU64,
    /// Of `whole`, what the phase looks for.
    part: AtomicU64,
    whole: AtomicU64,
}

impl Live {
    fn reset(&self) {
        for count in [&self.documents, &self.part, &self.whole] {
            count.store(0, Ordering::Relaxed);
        }
    }

    fn documents(&self) -> u64 {
        self.documents.load(Ordering::Relaxed)
    }

    /// Part and whole, once there is something of the whole.
    fn share(&self) -> Option<(u64, u64)> {
        let (part, whole) = (self.part.load(Ordering::Relaxed), self.whole.load(Ordering::Relaxed));
        (whole > 0).then_some((part, whole))
    }
}

/// Where a phase stands.
#[derive(Debug, Clone)]
struct State {
    phase: Phase,
    /// Place of the phase among those of this run, from 1, and their number; `None` if it was not expected.
    number: Option<(usize, usize)>,
    total: Option<u64>,
    done: u64,
    documents: u64,
    /// What was found, and in how much: bytes cut of text while reading, copies of documents.
    share: Option<(u64, u64)>,
    elapsed: Duration,
}

/// One way to show a state.
trait Show: Send {
    /// A phase begins.
    fn begin(&mut self, state: &State, live: &Arc<Live>);
    /// Its state after some time; called about every [`Show::every`].
    fn update(&mut self, state: &State);
    /// Leave nothing half-drawn.
    fn end(&mut self) {}
    /// Time between two updates.
    fn every(&self) -> Duration;
}

/// The run's listener.
pub(crate) struct Reporter {
    shown: Option<Mutex<Shown>>,
    phases: Vec<Phase>,
    done: AtomicU64,
    live: Arc<Live>,
    /// Milliseconds after `start` at which the next update is due.
    due: AtomicU64,
    start: Instant,
    signals: Signals,
}

struct Shown {
    show: Box<dyn Show>,
    phase: Option<(Phase, Option<u64>, Instant)>,
}

impl Reporter {
    /// Starts listening, to the run and to signals.
    ///
    /// # Errors
    /// If signals cannot be handled.
    pub(crate) fn new(style: Style, options: &Options) -> Result<Self> {
        let signals = Signals::new()?;
        let bars = || io::stderr().is_terminal() && !output::dumb();
        let show: Option<Box<dyn Show>> = match style {
            Style::None => None,
            Style::Json => Some(Box::new(json::Json)),
            Style::Bar => Some(Box::new(bar::Bar::default())),
            Style::Auto if bars() => Some(Box::new(bar::Bar::default())),
            Style::Auto | Style::Plain => Some(Box::new(plain::Plain)),
        };
        Ok(Self {
            shown: show.map(|show| Mutex::new(Shown { show, phase: None })),
            phases: phases(options),
            done: AtomicU64::new(0),
            live: Arc::default(),
            due: AtomicU64::new(0),
            start: Instant::now(),
            signals,
        })
    }

    /// The run is over, well or not.
    pub(crate) fn finish(&self) {
        if let Some(mut shown) = self.lock() {
            shown.show.end();
        }
    }

    fn lock(&self) -> Option<MutexGuard<'_, Shown>> {
        // A thread that panicked while drawing leaves nothing that could be wrong.
        self.shown.as_ref().map(|shown| shown.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn state(&self, (phase, total, began): (Phase, Option<u64>, Instant)) -> State {
        let place = self.phases.iter().position(|p| *p == phase);
        State {
            phase,
            number: place.map(|place| (place + 1, self.phases.len())),
            total,
            done: self.done.load(Ordering::Relaxed),
            documents: self.live.documents(),
            share: self.live.share(),
            elapsed: began.elapsed(),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn wait(&self, every: Duration) {
        let every = u64::try_from(every.as_millis()).unwrap_or(u64::MAX);
        self.due.store(self.now().saturating_add(every), Ordering::Relaxed);
    }
}

impl Progress for Reporter {
    fn begin(&self, phase: Phase, total: Option<u64>) {
        let Some(mut shown) = self.lock() else { return };
        self.done.store(0, Ordering::Relaxed);
        self.live.reset();
        // A plain line tells of the run, not of the phase: many short phases must not put it off for ever.
        if shown.phase.is_none() {
            self.wait(shown.show.every());
        }
        let phase = (phase, total, Instant::now());
        shown.phase = Some(phase);
        let state = self.state(phase);
        shown.show.begin(&state, &self.live);
    }

    fn advance(&self, units: u64, documents: u64) {
        let Some(mutex) = &self.shown else { return };
        self.done.fetch_add(units, Ordering::Relaxed);
        self.live.documents.fetch_add(documents, Ordering::Relaxed);
        if self.now() < self.due.load(Ordering::Relaxed) {
            return;
        }
        // Whoever holds the lock is drawing already.
        let Ok(mut shown) = mutex.try_lock() else { return };
        self.wait(shown.show.every());
        if let Some(phase) = shown.phase {
            let state = self.state(phase);
            shown.show.update(&state);
        }
    }

    fn found(&self, part: u64, whole: u64) {
        self.live.part.fetch_add(part, Ordering::Relaxed);
        self.live.whole.fetch_add(whole, Ordering::Relaxed);
    }

    fn stop(&self) -> Option<u8> {
        self.signals.first()
    }
}

/// The phases that a run with these options goes through.
fn phases(options: &Options) -> Vec<Phase> {
    let copies = options.copies != Copies::Off;
    let all = [
        (Phase::Scan, true),
        (Phase::Read, true),
        (Phase::Copies, copies),
        (Phase::Excerpts, copies),
        (Phase::Events, options.events.is_some()),
        (Phase::Write, true),
    ];
    all.into_iter().filter(|(_, runs)| *runs).map(|(phase, _)| phase).collect()
}

impl State {
    /// What is being done, and the phase's name for machines.
    fn words(&self) -> (&'static str, &'static str) {
        match self.phase {
            Phase::Scan => ("looking for inputs", "scan"),
            Phase::Read => ("reading", "read"),
            Phase::Copies => ("finding copies", "copies"),
            Phase::Excerpts => ("finding excerpts", "excerpts"),
            Phase::Events => ("finding coverage", "events"),
            Phase::Write => ("writing", "write"),
        }
    }

    /// `[2/6] reading`
    fn title(&self) -> String {
        match self.number {
            Some((place, of)) => format!("[{place}/{of}] {}", self.words().0),
            None => self.words().0.to_owned(),
        }
    }

    /// Whether units are bytes.
    fn in_bytes(&self) -> bool {
        matches!(self.phase, Phase::Read | Phase::Write)
    }

    /// `n` per second.
    fn rate(&self, n: u64) -> u64 {
        let millis = self.elapsed.as_millis().max(1);
        u64::try_from(u128::from(n) * 1000 / millis).unwrap_or(u64::MAX)
    }

    /// Seconds left if all goes on as it went, where the total is known and something is done.
    fn left(&self) -> Option<u64> {
        let total = self.total.filter(|total| self.done > 0 && self.done <= *total)?;
        let millis = self.elapsed.as_millis() * u128::from(total - self.done) / u128::from(self.done);
        u64::try_from(millis / 1000).ok()
    }
}

/// `12.3 % cut`, `4.0 % copies`, in the phases that find such things.
fn share_in_words(phase: Phase, share: Option<(u64, u64)>) -> Option<String> {
    let what = match phase {
        Phase::Read => "cut",
        Phase::Copies => "copies",
        Phase::Scan | Phase::Excerpts | Phase::Events | Phase::Write => return None,
    };
    share.map(|(part, whole)| format!("{} {what}", percent(part, whole)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(phase: Phase, done: u64, total: Option<u64>, documents: u64) -> State {
        let elapsed = Duration::from_secs(30);
        State { phase, number: Some((2, 6)), total, done, documents, share: None, elapsed }
    }

    #[test]
    fn a_plain_line_says_how_far_how_fast_and_how_long_still() {
        let line = plain::line(&state(Phase::Read, 30_000_000, Some(90_000_000), 12_000));
        assert_eq!(
            line,
            "[2/6] reading: 12,000 documents, 30.0 MB of 90.0 MB (33.3 %), 400 documents/s, 1.0 MB/s, \
             about 60 s left\n"
        );
        let cut = State { share: Some((1, 8)), ..state(Phase::Read, 1_000_000, None, 30) };
        assert!(plain::line(&cut).ends_with("33.3 kB/s, 12.5 % cut\n"), "{}", plain::line(&cut));
        let line = plain::line(&state(Phase::Copies, 600, None, 600));
        assert_eq!(line, "[2/6] finding copies: 600 documents, 20 documents/s\n");
        let line = plain::line(&state(Phase::Scan, 600, None, 0));
        assert_eq!(line, "[2/6] looking for inputs: 600 files, 20 files/s\n");
    }

    #[test]
    fn a_json_line_has_the_promised_fields() {
        let line = json::line(&state(Phase::Events, 7, Some(9), 7));
        assert_eq!(
            line,
            "{\"event\":\"progress\",\"phase\":\"events\",\"done\":7,\"total\":9,\"documents\":7,\"found\":null}\n"
        );
        let line = json::line(&state(Phase::Scan, 7, None, 0));
        assert_eq!(
            line,
            "{\"event\":\"progress\",\"phase\":\"scan\",\"done\":7,\"total\":null,\"documents\":0,\"found\":null}\n"
        );
        let line = json::line(&State { share: Some((3, 40)), ..state(Phase::Copies, 7, None, 7) });
        assert!(line.ends_with("\"documents\":7,\"found\":{\"part\":3,\"whole\":40}}\n"), "{line}");
    }

    #[test]
    fn phases_that_are_off_are_not_counted() {
        let options = Options { copies: Copies::Off, events: None, ..Options::default() };
        assert_eq!(phases(&options), [Phase::Scan, Phase::Read, Phase::Write]);
        assert_eq!(phases(&Options::default()).len(), 6);
    }

    #[test]
    fn a_short_run_draws_no_plain_line_and_a_phase_start_counts_anew() {
        #[derive(Default)]
        struct Count(Arc<AtomicU64>, Arc<AtomicU64>);
        impl Show for Count {
            fn begin(&mut self, state: &State, _: &Arc<Live>) {
                assert_eq!(state.done, 0);
                self.0.fetch_add(1, Ordering::Relaxed);
            }
            fn update(&mut self, _: &State) {
                self.1.fetch_add(1, Ordering::Relaxed);
            }
            fn every(&self) -> Duration {
                Duration::from_secs(30)
            }
        }
        let (begun, updated) = (Arc::default(), Arc::default());
        let mut reporter = Reporter::new(Style::None, &Options::default()).unwrap();
        let show = Box::new(Count(Arc::clone(&begun), Arc::clone(&updated)));
        reporter.shown = Some(Mutex::new(Shown { show, phase: None }));
        reporter.begin(Phase::Scan, None);
        reporter.advance(3, 3);
        reporter.begin(Phase::Read, Some(9));
        reporter.advance(1, 1);
        assert_eq!((begun.load(Ordering::Relaxed), updated.load(Ordering::Relaxed)), (2, 0));
        reporter.due.store(0, Ordering::Relaxed);
        reporter.advance(1, 1);
        assert_eq!(updated.load(Ordering::Relaxed), 1);
    }
}
