//! Ctrl-C and termination: the first one asks the run to stop where it can be taken up again, a second one ends it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use tamis::{Error, Result};

/// Lets a write beyond the limit of file sizes fail with an error, instead of killing the process.
///
/// # Errors
/// If the system refuses a handler.
pub(crate) fn survive_size_limit() -> Result<()> {
    #[cfg(unix)]
    flag::register(signal_hook::consts::signal::SIGXFSZ, Arc::default()).map_err(refused)?;
    Ok(())
}

fn refused(source: std::io::Error) -> Error {
    Error::io("signals", "cannot be handled")(source)
}

/// Remembers the signal that asked for a stop; 0 for none.
pub(crate) struct Signals(Arc<AtomicUsize>);

impl Signals {
    /// Handles SIGINT and SIGTERM from now on.
    ///
    /// # Errors
    /// If the system refuses a handler.
    pub(crate) fn new() -> Result<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        let number = Arc::new(AtomicUsize::new(0));
        for (signal, value) in [(SIGINT, 2), (SIGTERM, 15)] {
            // In this order: a second signal finds `asked` set and ends the process at once; the first one sets it.
            flag::register_conditional_shutdown(signal, 128 + value, Arc::clone(&asked)).map_err(refused)?;
            flag::register(signal, Arc::clone(&asked)).map_err(refused)?;
            flag::register_usize(signal, Arc::clone(&number), usize::try_from(value).unwrap_or(2))
                .map_err(refused)?;
        }
        Ok(Self(number))
    }

    /// The number of the signal that asked for a stop.
    pub(crate) fn first(&self) -> Option<u8> {
        u8::try_from(self.0.load(Ordering::Relaxed)).ok().filter(|n| *n != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_signal_asks_for_a_stop_and_a_full_file_does_not_kill() {
        survive_size_limit().unwrap();
        let signals = Signals::new().unwrap();
        assert_eq!(signals.first(), None);
        #[cfg(unix)]
        signal_hook::low_level::raise(signal_hook::consts::signal::SIGXFSZ).unwrap();
        signal_hook::low_level::raise(SIGTERM).unwrap();
        assert_eq!(signals.first(), Some(15));
    }
}
