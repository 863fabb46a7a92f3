//! Work in any order, results in order, and never more under way than a window holds.

use std::collections::BTreeMap;
use std::sync::mpsc::sync_channel;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::error::Result;

/// Bytes that a part of the input takes while it is under way: read, decoded, stripped, and its shard; and, as far as a
/// run has little memory, what else its thread needs later.
const PART: u64 = 24 << 20;

/// Threads, and parts of the input that may be under way at a time, for a run that may use so much memory.
pub(super) fn width(memory: Option<u64>) -> (usize, usize) {
    let threads = rayon::current_num_threads();
    let parts = memory.map_or(usize::MAX, |memory| (memory / 4 / PART) as usize);
    let threads = threads.min(parts).max(1);
    (threads, parts.min(2 * threads).max(1))
}

/// What workers share.
struct Feed<I> {
    items: I,
    /// Items handed out, and results consumed.
    taken: usize,
    consumed: usize,
    /// Whether no more items are wanted.
    over: bool,
}

/// Takes items one by one, each by the next free of `threads` workers, and hands what `work` makes of them to
/// `consume` on the calling thread, in the order of the items. At most `window` items are taken and not yet consumed:
/// a slow consumer stops the workers. Each worker has a state of its own, made by `begin`.
///
/// # Errors
/// The first error of `consume`; what is under way then ends and is dropped.
pub(super) fn in_order<T, R, W>(
    items: impl Iterator<Item = T> + Send,
    (threads, window): (usize, usize),
    begin: impl Fn() -> W + Sync,
    work: impl Fn(&mut W, T) -> R + Sync,
    mut consume: impl FnMut(R) -> Result<()>,
) -> Result<()>
where
    R: Send,
{
    let window = window.max(threads);
    let feed = Mutex::new(Feed { items, taken: 0, consumed: 0, over: false });
    let lock = || feed.lock().unwrap_or_else(PoisonError::into_inner);
    let room = Condvar::new();
    let (sender, results) = sync_channel(window);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let sender = sender.clone();
            let (begin, work, lock, room) = (&begin, &work, &lock, &room);
            scope.spawn(move || {
                let _bell = Bell(|| {
                    lock().over = true;
                    room.notify_all();
                });
                let mut state = begin();
                while let Some((place, item)) = next(lock(), room, window) {
                    if sender.send((place, work(&mut state, item))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut waiting = BTreeMap::new();
        let mut done = 0;
        let mut consume_all = || {
            for (place, result) in &results {
                waiting.insert(place, result);
                while let Some(result) = waiting.remove(&done) {
                    consume(result)?;
                    done += 1;
                    lock().consumed = done;
                    room.notify_all();
                }
            }
            Ok(())
        };
        let all = consume_all();
        lock().over = true;
        room.notify_all();
        // A worker that waits to hand over its result must not wait for ever.
        drop(results);
        all
    })
}

/// Rings when a worker panics: the others must not wait for its result for ever. The panic then goes on.
struct Bell<F: Fn()>(F);

impl<F: Fn()> Drop for Bell<F> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            (self.0)();
        }
    }
}

/// The next item, as soon as there is room for it.
fn next<T, I: Iterator<Item = T>>(
    mut feed: MutexGuard<'_, Feed<I>>,
    room: &Condvar,
    window: usize,
) -> Option<(usize, T)> {
    while !feed.over && feed.taken - feed.consumed >= window {
        feed = room.wait(feed).unwrap_or_else(PoisonError::into_inner);
    }
    if feed.over {
        return None;
    }
    let item = feed.items.next();
    match item {
        Some(item) => {
            feed.taken += 1;
            Some((feed.taken - 1, item))
        }
        None => {
            feed.over = true;
            room.notify_all();
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn results_come_in_order_and_no_more_than_the_window_are_under_way() {
        for (threads, window) in [(1, 1), (2, 3), (7, 4), (3, 100)] {
            let (under_way, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
            let items = (0..500).inspect(|_| {
                most.fetch_max(under_way.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            });
            let work = |state: &mut usize, n: usize| {
                *state += 1;
                if n.is_multiple_of(7) {
                    std::thread::yield_now();
                }
                n * n
            };
            let mut seen = Vec::new();
            let consume = |n| {
                under_way.fetch_sub(1, Ordering::SeqCst);
                seen.push(n);
                Ok(())
            };
            in_order(items, (threads, window), || 0, work, consume).unwrap();
            assert!(seen.iter().copied().eq((0..500).map(|n| n * n)));
            assert!(most.into_inner() <= window.max(threads));
        }
    }

    #[test]
    fn a_panic_goes_on_and_leaves_nobody_waiting() {
        let work = |(): &mut (), n: usize| assert!(n != 20, "the twentieth");
        let run = || in_order(0..1000, (3, 4), || (), work, Ok);
        assert!(std::panic::catch_unwind(run).is_err());
    }

    #[test]
    fn an_error_ends_everything() {
        let taken = AtomicUsize::new(0);
        let work = |(): &mut (), n: usize| {
            taken.fetch_add(1, Ordering::SeqCst);
            n
        };
        let consume = |n| if n == 20 { Err(Error::Interrupted(2)) } else { Ok(()) };
        let done = in_order(0.., (4, 8), || (), work, consume);
        assert!(matches!(done, Err(Error::Interrupted(2))));
        assert!(taken.into_inner() <= 21 + 8);
    }
}
