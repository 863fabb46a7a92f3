//! Panics of other people's code on damaged input, as a missing answer.
//!
//! Decoders trust what they read: some of their checks panic. Here such a panic costs one input, not the run, and
//! prints nothing.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// Whether this thread is inside such code, where a panic is an answer and is not to be printed.
    static IS_INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// What `step` gives, or nothing if it panics. Whatever `step` changed must not be used after that.
pub(crate) fn guarded<T>(step: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |panic| {
            if !IS_INSIDE.get() {
                usual(panic);
            }
        }));
    });
    let before = IS_INSIDE.replace(true);
    let result = catch_unwind(AssertUnwindSafe(step));
    IS_INSIDE.set(before);
    result.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_inside_is_no_answer_and_one_outside_stays_a_panic() {
        assert_eq!(guarded(|| 7), Some(7));
        assert_eq!(guarded::<()>(|| panic!("offset + len out of bounds")), None);
        assert!(!IS_INSIDE.get());
        assert!(std::panic::catch_unwind(|| panic!("another")).is_err());
    }
}
