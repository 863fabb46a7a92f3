//! CPU time, wall time and memory of this process.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::Outcome;

fn cpu() -> Duration {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

/// Time spent in the measured parts, summed up; CPU time is that of all threads.
#[derive(Default)]
pub struct Spent {
    pub cpu: Duration,
    pub wall: Duration,
}

impl Spent {
    pub fn on<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let (cpu_before, wall_before) = (cpu(), Instant::now());
        let result = work();
        self.cpu += cpu() - cpu_before;
        self.wall += wall_before.elapsed();
        result
    }
}

fn status(field: &str) -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(field))
        .ok_or("no such field in /proc/self/status")?;
    let kib: u64 = line.trim_matches([':', '\t', ' ', 'k', 'B']).parse()?;
    Ok(kib * 1024)
}

/// Peak memory on top of what was resident before, in bytes (Linux).
pub struct Memory(u64);

impl Memory {
    pub fn start() -> Outcome<Self> {
        // Sets the peak back to what is resident now.
        std::fs::write("/proc/self/clear_refs", "5")?;
        status("VmRSS").map(Self)
    }

    pub fn on_top(&self) -> Outcome<u64> {
        Ok(status("VmHWM")?.saturating_sub(self.0))
    }
}
