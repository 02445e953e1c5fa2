//! A feed read on a thread of its own, a few batches ahead, in the same order.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use crate::feed::{Batch, Fault, Feed};

/// How many batches may wait to be fetched.
const BATCHES_AHEAD: usize = 4;

/// Hands out what a feed on another thread reads. The order is the feed's own, so nothing that
/// is computed from it depends on the thread.
#[derive(Debug)]
pub struct Background<T> {
    full: Receiver<Result<Batch<T>, Fault>>,
    empty: SyncSender<Batch<T>>,
}

impl<T: Send + 'static> Background<T> {
    /// Starts reading. The thread ends with the feed, or when this is dropped.
    pub fn new(mut feed: impl Feed<T> + Send + 'static) -> Self {
        let (fill, full) = sync_channel(BATCHES_AHEAD);
        let (empty, reuse) = sync_channel::<Batch<T>>(BATCHES_AHEAD + 2);
        thread::spawn(move || {
            loop {
                let mut batch = reuse.try_recv().unwrap_or_default();
                let read = match feed.read(&mut batch) {
                    Ok(true) => Ok(batch),
                    Ok(false) => break,
                    Err(fault) => Err(fault),
                };
                let failed = read.is_err();
                if fill.send(read).is_err() || failed {
                    break;
                }
            }
        });
        Self { full, empty }
    }
}

impl<T: Send + 'static> Feed<T> for Background<T> {
    fn read(&mut self, batch: &mut Batch<T>) -> Result<bool, Fault> {
        batch.clear();
        let Ok(read) = self.full.recv() else { return Ok(false) };
        let used = std::mem::replace(batch, read?);
        // A full channel only means that there are batches enough to reuse.
        let _ = self.empty.try_send(used);
        Ok(true)
    }
}
