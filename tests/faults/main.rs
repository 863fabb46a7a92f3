//! Nothing is lost whatever the system does: a run is killed at each of its system calls, and each of them fails.
//!
//! `TAMIS_FAULTS=all` tries every call; otherwise a share of them is tried. Where strace is not there, or may not trace,
//! nothing is tried, and that is said. What must hold is in `docs/faults.md`.

#![cfg(target_os = "linux")]
// What goes wrong in a helper fails the test that called it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod errors;
mod kills;
mod reads;
mod scene;
mod strace;
#[path = "../support/mod.rs"]
mod support;
mod waits;
