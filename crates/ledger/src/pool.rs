//! A pool: entries that are sequenced at one time and made durable by one sync.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use spacetime::time::Instant;
use tlog::bundle::ENTRY_BYTES_MAX;
use tlog::{Hash, hash_leaf};

use crate::fault::Fault;
use crate::index::{Key, Keys};
use crate::staged::frame::HEADER_BYTES;

/// Most entries of a pool.
pub const POOL_ENTRIES_MAX: usize = 1 << 16;
/// Most bytes of a pool's entries, their lengths among them.
pub const POOL_BYTES_MAX: usize = 8 << 20;

/// Entries on their way into the log. Their numbers are fixed once the pool is committed.
#[derive(Debug)]
pub struct Pool {
    sequenced_at: Instant,
    first: u64,
    bytes_max: usize,
    framed: Arc<Framed>,
    leaves: Vec<Hash>,
    keys_of: Option<Arc<dyn Keys>>,
    /// Keys of its entries, each with the number that its entry will have.
    pub(crate) keys: HashMap<Key, u64>,
}

/// The entries of a pool as they go to disk: once among the pools, and once, from the same bytes, into
/// their bundles.
#[derive(Debug)]
pub(crate) struct Framed {
    /// Room for the header, then each entry after its length; once the pool is closed, zeros to the end of
    /// a block.
    pub(crate) bytes: Vec<u8>,
    /// Where each entry ends.
    ends: Vec<u32>,
}

impl Framed {
    /// Where entries `from..to` stand, as they stand in a bundle.
    pub(crate) fn range(&self, from: usize, to: usize) -> Range<usize> {
        let end_of = |n: usize| match n.checked_sub(1) {
            Some(last) => self.ends[last] as usize,
            None => HEADER_BYTES,
        };
        end_of(from)..end_of(to)
    }

    /// Bytes of the entries, their lengths among them.
    fn entries_bytes(&self) -> usize {
        self.range(0, self.ends.len()).len()
    }
}

impl Pool {
    pub(crate) fn new(
        sequenced_at: Instant,
        first: u64,
        bytes_max: usize,
        keys_of: Option<Arc<dyn Keys>>,
    ) -> Self {
        let bytes_max = bytes_max.min(POOL_BYTES_MAX);
        Self {
            sequenced_at,
            first,
            bytes_max,
            framed: Arc::new(Framed { bytes: vec![0; HEADER_BYTES], ends: Vec::new() }),
            leaves: Vec::new(),
            keys_of,
            keys: HashMap::new(),
        }
    }

    /// A pool as it was found on disk.
    pub(crate) fn found(
        sequenced_at: Instant,
        first: u64,
        frame: Vec<u8>,
        leaves: Vec<Hash>,
    ) -> Self {
        let mut ends = Vec::with_capacity(leaves.len());
        let mut at = HEADER_BYTES;
        for _ in &leaves {
            at += 2 + usize::from(u16::from_be_bytes([frame[at], frame[at + 1]]));
            ends.push(at as u32);
        }
        let framed = Arc::new(Framed { bytes: frame, ends });
        let (keys_of, keys) = (None, HashMap::new());
        Self { sequenced_at, first, bytes_max: 0, framed, leaves, keys_of, keys }
    }

    /// Nothing goes in any more: `finish` writes what belongs before and behind the entries.
    pub(crate) fn close(&mut self, finish: impl FnOnce(&mut Vec<u8>)) {
        self.bytes_max = 0;
        finish(&mut self.open_framed().bytes);
    }

    /// The bytes of a pool that nobody else has yet.
    fn open_framed(&mut self) -> &mut Framed {
        Arc::get_mut(&mut self.framed).expect("a pool that is open is shared with nobody")
    }

    /// Its entries as they go to disk.
    pub(crate) const fn framed(&self) -> &Arc<Framed> {
        &self.framed
    }

    /// The time that its entries carry: not before that of any entry already in the log.
    #[must_use]
    pub const fn sequenced_at(&self) -> Instant {
        self.sequenced_at
    }

    /// The number of its first entry.
    #[must_use]
    pub const fn first(&self) -> u64 {
        self.first
    }

    /// Entries in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.leaves.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.leaves.is_empty()
    }

    /// Bytes of its entries, their lengths among them.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.framed.entries_bytes()
    }

    /// Whether an entry of so many bytes still goes in.
    #[must_use]
    pub fn has_room(&self, bytes: usize) -> bool {
        self.len() < POOL_ENTRIES_MAX && self.bytes() + 2 + bytes <= self.bytes_max
    }

    /// Adds an entry, and gives the number that it will have.
    ///
    /// # Errors
    /// When the entry is too long for any log, or the pool is full.
    pub fn push(&mut self, entry: &[u8]) -> Result<u64, Fault> {
        self.push_hashed(entry, None)
    }

    /// The same, where the hash of its leaf may be at hand.
    pub(crate) fn push_hashed(&mut self, entry: &[u8], leaf: Option<Hash>) -> Result<u64, Fault> {
        let mut keys = Vec::new();
        if let Some(keys_of) = &self.keys_of {
            keys_of.keys(entry, &mut keys);
        }
        self.push_all_known(entry, leaf, &keys)
    }

    /// The same for whoever knows the entry's keys without reading it again.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn push_with_keys(&mut self, entry: &[u8], keys: &[Key]) -> Result<u64, Fault> {
        self.push_all_known(entry, None, keys)
    }

    fn push_all_known(
        &mut self,
        entry: &[u8],
        leaf: Option<Hash>,
        keys: &[Key],
    ) -> Result<u64, Fault> {
        let length =
            u16::try_from(entry.len()).map_err(|_| Fault::EntryTooLong { bytes: entry.len() })?;
        debug_assert!(entry.len() <= ENTRY_BYTES_MAX);
        if !self.has_room(entry.len()) {
            return Err(Fault::PoolFull);
        }
        let Framed { bytes, ends } = self.open_framed();
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(entry);
        ends.push(bytes.len() as u32);
        self.leaves.push(leaf.unwrap_or_else(|| hash_leaf(entry)));
        let number = self.first + self.leaves.len() as u64 - 1;
        self.keys.extend(keys.iter().map(|key| (*key, number)));
        Ok(number)
    }

    /// The number of the entry of this pool with a key.
    #[must_use]
    pub fn find(&self, key: &Key) -> Option<u64> {
        self.keys.get(key).copied()
    }

    /// Its entries, in order.
    pub fn entries(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).map(|n| &self.framed.bytes[self.framed.range(n, n + 1)][2..])
    }

    /// The hash of each of its leaves, in order.
    #[must_use]
    pub fn leaves(&self) -> &[Hash] {
        &self.leaves
    }
}
