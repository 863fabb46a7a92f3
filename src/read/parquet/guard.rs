//! The decoder trusts what it reads: damaged files make some of its checks panic (levels that run past their page, in
//! the main). Here such a panic becomes an error of the file.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// Whether this thread is inside the decoder, where a panic is an answer and is not to be printed.
    static IS_INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// What `step` of the decoder gives, or that it came across damage. Whatever `step` changed must not be used after an
/// error.
pub(super) fn guarded<T>(step: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
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
    result.unwrap_or_else(|_| Err("not valid Parquet: its pages contradict themselves".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_the_decoder_is_an_error_and_one_outside_stays_a_panic() {
        assert_eq!(guarded(|| Ok(7)), Ok(7));
        assert!(guarded::<()>(|| panic!("offset + len out of bounds")).is_err());
        assert!(!IS_INSIDE.get());
        assert!(std::panic::catch_unwind(|| panic!("another")).is_err());
    }
}
