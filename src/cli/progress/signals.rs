//! Ctrl-C and termination: the first one asks the run to stop where it can be taken up again, a second one ends it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// Remembers the signal that came last; 0 for none.
pub(super) struct Signals(Arc<AtomicUsize>);

impl Signals {
    /// Handles SIGINT and SIGTERM from now on, and lets a write beyond the file size limit fail instead of killing.
    ///
    /// # Errors
    /// If the system refuses a handler.
    pub(super) fn new() -> io::Result<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        let number = Arc::new(AtomicUsize::new(0));
        for (signal, value) in [(SIGINT, 2), (SIGTERM, 15)] {
            // In this order: a second signal finds `asked` set and ends the process at once; the first one sets it.
            flag::register_conditional_shutdown(signal, 128 + value, Arc::clone(&asked))?;
            flag::register(signal, Arc::clone(&asked))?;
            flag::register_usize(signal, Arc::clone(&number), usize::try_from(value).unwrap_or(2))?;
        }
        #[cfg(unix)]
        flag::register(signal_hook::consts::signal::SIGXFSZ, Arc::new(AtomicBool::new(false)))?;
        Ok(Self(number))
    }

    /// The number of the signal that asked for a stop.
    pub(super) fn first(&self) -> Option<u8> {
        u8::try_from(self.0.load(Ordering::Relaxed)).ok().filter(|n| *n != 0)
    }
}
