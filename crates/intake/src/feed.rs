//! What every feed does: hand out its records in batches, good ones and rejected ones.

use agreement::track::Locator;
use spacetime::{Instant, Position};

use crate::clock::ClockOrigin;
use crate::limits::BATCH_RECORDS_MAX;
use crate::rejection::{Code, Rejection};
use crate::state_vectors::Units;
use crate::zone::LocalZone;

/// A stream of records in the order in which the input holds them.
pub trait Feed<T> {
    /// Empties `batch` and fills it with the next records, at most
    /// [`BATCH_RECORDS_MAX`]. Returns false, with an empty batch, at the end.
    ///
    /// # Errors
    /// When the input cannot be read. Bad records are no error: they are in the batch.
    fn read(&mut self, batch: &mut Batch<T>) -> Result<bool, Fault>;
}

impl<T, F: Feed<T> + ?Sized> Feed<T> for Box<F> {
    fn read(&mut self, batch: &mut Batch<T>) -> Result<bool, Fault> {
        (**self).read(batch)
    }
}

/// Some records of a feed. Reused from one read to the next, so that reading allocates nothing.
#[derive(Clone, Debug)]
pub struct Batch<T> {
    /// What could be used, in the order of the input.
    pub items: Vec<T>,
    /// What could not, in the order of the input.
    pub rejections: Vec<Rejection>,
    /// Sound records that hold nothing of interest here, such as frames without a position.
    pub passed_over: u64,
}

impl<T> Default for Batch<T> {
    fn default() -> Self {
        Self { items: Vec::new(), rejections: Vec::new(), passed_over: 0 }
    }
}

impl<T> Batch<T> {
    /// Empties it and keeps its memory.
    pub fn clear(&mut self) {
        self.items.clear();
        self.rejections.clear();
        self.passed_over = 0;
    }

    /// Whether it holds as many records as it may.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.items.len() + self.rejections.len() >= BATCH_RECORDS_MAX
    }

    /// Adds what came of a record: something, nothing of interest, or why it was refused.
    pub(crate) fn put(&mut self, read: Result<Option<T>, Rejection>, raw: &[u8], keep_raw: bool) {
        match read {
            Ok(Some(item)) => self.items.push(item),
            Ok(None) => self.passed_over += 1,
            Err(why) => self.rejections.push(why.keep_raw(raw, keep_raw)),
        }
    }

    /// Rejects the input as a whole, unless that was said already. Whether it was said now.
    pub(crate) fn refuse_whole(
        &mut self,
        is_refused: &mut bool,
        code: &'static Code,
        input: u16,
    ) -> bool {
        let is_new = !std::mem::replace(is_refused, true);
        if is_new {
            self.rejections.push(Rejection::new(code, Locator { input, record: 0 }));
        }
        is_new
    }

    /// Whether nothing at all was read into it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty() && self.rejections.is_empty() && self.passed_over == 0
    }
}

/// What a feed has to be told.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Which input this is, for the locators of its records.
    pub input: u16,
    /// Whether rejections keep the record they are about.
    pub keep_raw: bool,
    /// Any place within 45 degrees of the receiver, such as the middle of the agreement's
    /// region: raw positions on the ground are ambiguous without.
    pub region: Option<Position>,
    /// When the counter of a feed without a clock began (AVR, Beast).
    pub clock: Option<ClockOrigin>,
    /// The zone of times that are written without one (SBS, tables of naive timestamps).
    pub zone: Option<LocalZone>,
    /// What the reader's clock tells: what happens later has not happened yet. Not looked at without.
    pub now: Option<Instant>,
    /// Units of table columns whose name leaves them open.
    pub units: Option<Units>,
}

/// The world failed: the input could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The reader failed.
    #[error("input {input} cannot be read")]
    Read {
        /// Which input.
        input: u16,
        /// Why.
        source: std::io::Error,
    },
    /// A temporary file could not be written or read back.
    #[error("a temporary file for sorting cannot be written or read back")]
    Spill(#[source] std::io::Error),
}
