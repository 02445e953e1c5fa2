//! Sequencing: an entry gets its number and its time, and is durable, before anybody hears of it.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use spacetime::time::{Duration, Instant};
use tlog::bundle::{BundleId, first_entries};

use crate::disk::{Disk, Lock};
use crate::fault::Fault;
use crate::head::{Head, LogKey};
use crate::index::{Index, Key, Keys};
use crate::pool::{Framed, Pool};
use crate::publish::{Folders, LOG, Publication};
use crate::reader::Reader;
use crate::staged::{PoolWrite, Staged};
use crate::tree::{Growth, Tree};

/// How far a clock may step back under a running ledger, microseconds: time servers correct by less.
/// Meanwhile the last time stands.
pub const CLOCK_STEP_BACK_MAX: Duration = Duration::from_micros(1_000_000);

/// A record that is open for writing. One thread sequences; a [`PoolWrite`] and a [`Publication`] can be
/// written by others.
#[derive(Debug)]
pub struct Sequencer {
    parts: Parts,
    /// Pools that are closed and not known to be durable, in order.
    closed: VecDeque<Closed>,
    folders: Folders,
    /// What could not be written so far.
    unwritten: Option<Publication>,
    /// An earlier fault left open what is on disk.
    is_broken: bool,
}

/// What a record that is open consists of.
pub(crate) struct Parts {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) key: Arc<dyn LogKey>,
    pub(crate) lock: Box<dyn Lock>,
    pub(crate) staged: Staged,
    pub(crate) tree: Tree,
    pub(crate) published: Head,
    pub(crate) last: Instant,
    pub(crate) index: Index,
    /// Without, there is no index.
    pub(crate) keys: Option<Arc<dyn Keys>>,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Parts");
        shown.field("disk", &self.disk).field("lock", &self.lock).field("staged", &self.staged);
        shown.field("published", &self.published).field("last", &self.last).finish_non_exhaustive()
    }
}

/// What is kept of a pool that is closed until it is durable.
#[derive(Debug)]
struct Closed {
    sequenced_at: Instant,
    first: u64,
    framed: Arc<Framed>,
    growth: Growth,
    keys: HashMap<Key, u64>,
}

/// A pool that is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// Number of its first entry.
    pub first: u64,
    /// What the log will stand at once it is published.
    pub head: Head,
}

impl Sequencer {
    pub(crate) fn new(parts: Parts) -> Self {
        let (closed, folders) = (VecDeque::new(), Folders::default());
        Self { parts, closed, folders, unwritten: None, is_broken: false }
    }

    /// What is sequenced and durable, published or not.
    #[must_use]
    pub fn head(&self) -> Head {
        self.parts.tree.head()
    }

    /// What is published.
    #[must_use]
    pub const fn published(&self) -> Head {
        self.parts.published
    }

    /// The time of the last pool that is durable.
    #[must_use]
    pub const fn last_sequenced_at(&self) -> Instant {
        self.parts.last
    }

    /// A pool to fill, at the time that it is, behind every pool that is closed.
    ///
    /// # Errors
    /// When the clock went back by more than [`CLOCK_STEP_BACK_MAX`].
    pub fn begin(&self, now: Instant) -> Result<Pool, Fault> {
        let last = self.closed.back().map_or(self.parts.last, |closed| closed.sequenced_at);
        if now.plus(CLOCK_STEP_BACK_MAX) < last {
            return Err(Fault::ClockWentBack { now, last });
        }
        let bytes_max = self.parts.staged.pool_bytes_max();
        let first = self.parts.tree.closed_head().size;
        Ok(Pool::new(now.max(last), first, bytes_max, self.parts.keys.clone()))
    }

    /// Makes a pool durable. Once this returns, its entries have their numbers whatever happens.
    ///
    /// # Errors
    /// [`Fault::StagedFull`], which leaves the pool to be committed after the next publication. After
    /// any other fault nobody knows whether the pool is on disk, and the record has to be opened anew.
    pub fn commit(&mut self, pool: &mut Pool) -> Result<Committed, Fault> {
        let written = self.close(pool)?.write();
        self.written(written)
    }

    /// Closes a pool: its place in the log is fixed, and the next can be begun. What is returned makes it
    /// durable; tell [`written`](Self::written) what came of that, of each pool in the order in which they
    /// were closed.
    ///
    /// # Errors
    /// [`Fault::StagedFull`], which leaves the pool to be closed after the next publication.
    pub fn close(&mut self, pool: &mut Pool) -> Result<PoolWrite, Fault> {
        if self.is_broken {
            return Err(Fault::Broken);
        }
        let Parts { staged, tree, published, .. } = &mut self.parts;
        let before = tree.closed_head();
        assert_eq!(pool.first(), before.size, "a pool is closed before the next is begun");
        let room = staged.room_for(pool, published.size)?;
        let growth = tree.close(pool)?;
        let write = staged.close(room, pool, before, growth.head);
        self.closed.push_back(Closed {
            sequenced_at: pool.sequenced_at(),
            first: pool.first(),
            framed: pool.framed().clone(),
            growth,
            keys: std::mem::take(&mut pool.keys),
        });
        Ok(write)
    }

    /// What came of writing the pool that was closed first.
    ///
    /// # Errors
    /// The fault that it is told: then nobody knows whether the pool is on disk, and the record has to be
    /// opened anew. What was durable before can be published all the same.
    pub fn written(&mut self, outcome: Result<(), Fault>) -> Result<Committed, Fault> {
        let closed = self.closed.pop_front().expect("a pool is written that was closed");
        if let Err(fault) = outcome {
            self.is_broken = true;
            return Err(fault);
        }
        if self.is_broken {
            return Err(Fault::Broken);
        }
        let head = closed.growth.head;
        self.parts.tree.grow(closed.growth, &closed.framed);
        self.parts.last = closed.sequenced_at;
        if self.parts.keys.is_some() {
            self.parts.index.add(closed.keys, head.size);
        }
        Ok(Committed { first: closed.first, head })
    }

    /// The number of the latest entry with a key, of those in pools that are closed; see [`Pool::find`] for
    /// the pool that is being filled.
    ///
    /// # Errors
    /// As [`Index::find`].
    pub fn find(&self, key: &Key) -> Result<Option<u64>, Fault> {
        match self.closed.iter().rev().find_map(|closed| closed.keys.get(key)) {
            Some(leaf) => Ok(Some(*leaf)),
            None => self.parts.index.find(key),
        }
    }

    /// The index, for whoever writes its files elsewhere.
    pub const fn index_mut(&mut self) -> &mut Index {
        &mut self.parts.index
    }

    /// What is sequenced and was not taken yet, to be written, perhaps by another thread; one
    /// publication after the other. [`settle`](Self::settle) when it is written. `None` where nothing
    /// is new.
    pub fn take_publication(&mut self) -> Option<Publication> {
        let files = self.parts.tree.take_changes();
        (!files.is_empty()).then(|| Publication::new(files, self.parts.tree.head()))
    }

    /// That the log is published up to `head`: the pools before it may be written over.
    pub fn settle(&mut self, head: Head) {
        assert!(head.size >= self.parts.published.size, "a log does not shrink");
        self.parts.published = head;
    }

    /// Gives back a publication that could not be written: the next is written with it.
    pub fn put_back(&mut self, unwritten: Option<Publication>) {
        self.unwritten = match (unwritten, self.unwritten.take()) {
            (Some(earlier), Some(later)) => Some(earlier.and_then(later)),
            (earlier, later) => earlier.or(later),
        };
    }

    /// Publishes what is sequenced, here and now, and writes of the index what is due.
    ///
    /// # Errors
    /// When the disk fails. Everything that was committed stays committed, and the next call publishes it.
    pub fn publish(&mut self) -> Result<Head, Fault> {
        let publication = match (self.unwritten.take(), self.take_publication()) {
            (Some(earlier), Some(later)) => Some(earlier.and_then(later)),
            (earlier, later) => earlier.or(later),
        };
        if let Some(publication) = publication {
            match publication.write(&*self.parts.disk, &*self.parts.key, &mut self.folders) {
                Ok(()) => self.settle(publication.head()),
                Err(fault) => {
                    self.unwritten = Some(publication);
                    return Err(fault);
                }
            }
        }
        self.parts.index.write_due(&*self.parts.disk)?;
        Ok(self.parts.published)
    }

    /// Reads the keys of what is published and not in the index yet.
    pub(crate) fn catch_up(&mut self) -> Result<(), Fault> {
        let Parts { disk, index, keys, published, .. } = &mut self.parts;
        let Some(keys) = keys else { return Ok(()) };
        let mut of_entry = Vec::new();
        for id in BundleId::covering(index.size(), published.size) {
            let bytes = Reader::new(&**disk).bundle(id)?;
            let entries = first_entries(&bytes, id.width()).map_err(|torn| Fault::Damaged {
                path: format!("{LOG}/{id}"),
                reason: torn.to_string(),
            })?;
            let mut found = Vec::new();
            for (leaf, entry) in (id.start()..).zip(entries) {
                if leaf >= index.size() {
                    keys.keys(entry, &mut of_entry);
                    found.extend(of_entry.drain(..).map(|key| (key, leaf)));
                }
            }
            index.add(found, id.start() + u64::from(id.width()));
            index.write_due(&**disk)?;
        }
        Ok(())
    }

    /// The disk and the key, for whoever writes publications elsewhere.
    #[must_use]
    pub fn ports(&self) -> (Arc<dyn Disk>, Arc<dyn LogKey>) {
        (self.parts.disk.clone(), self.parts.key.clone())
    }
}
