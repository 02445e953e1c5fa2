//! The same done to many, on several threads, and taken in order.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

use crate::fault::Fault;

/// Items that a thread takes at once.
const SHARE: usize = 32;

/// Does the same to each item on as many threads as are worth it, this one among them, and takes what comes
/// of each in the order of the items: while the others go on, as soon as it and all before it are there.
/// What is taken, and in which order, does not depend on the threads.
///
/// This thread begins at the front and the others at the back, so that what one has made of an item is
/// still at its own hand when the next thing is done to it.
///
/// # Errors
/// The first that `take` gives; nothing is taken after it.
pub(super) fn in_order<T: Sync, U: Send>(
    threads: NonZeroUsize,
    items: &[T],
    each: impl Fn(&T) -> U + Sync,
    mut take: impl FnMut(U) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let threads = threads.get().min(items.len().div_ceil(2 * SHARE));
    if threads <= 1 {
        return items.iter().try_for_each(|item| take(each(item)));
    }
    let shares = items.chunks(SHARE).len();
    let left = Mutex::new(0..shares);
    let do_next = |end: fn(&mut Range<usize>) -> Option<usize>| {
        let n = end(&mut left.lock().unwrap_or_else(PoisonError::into_inner))?;
        let share = items.chunks(SHARE).nth(n)?;
        Some((n, share.iter().map(&each).collect::<Vec<U>>()))
    };
    thread::scope(|scope| {
        let (tell, told) = mpsc::channel();
        for _ in 1..threads {
            let (tell, do_next) = (tell.clone(), &do_next);
            scope.spawn(move || {
                while let Some(done) = do_next(Range::next_back)
                    && tell.send(done).is_ok()
                {}
            });
        }
        drop(tell);
        let mut done = BTreeMap::new();
        for n in 0..shares {
            let share = loop {
                done.extend(told.try_iter());
                if let Some(share) = done.remove(&n) {
                    break share;
                }
                // Nobody has got so far: help, or wait where nothing is left to do.
                let Some((n, share)) = do_next(Range::next).or_else(|| told.recv().ok()) else {
                    // A thread has panicked, and the scope with it.
                    return Ok(());
                };
                done.insert(n, share);
            };
            share.into_iter().try_for_each(&mut take).inspect_err(|_| {
                *left.lock().unwrap_or_else(PoisonError::into_inner) = 0..0;
            })?;
        }
        Ok(())
    })
}
