//! Which leaf a key stands for: finds a statement that was sent twice, or a device's statement by its
//! number, among millions, without reading the log.
//!
//! It is a convenience that the log can rebuild: whoever asks checks the leaf it names. Keys of late
//! entries are in memory; older ones in sorted files, `state/index/FROM-TO` by the leaves that they
//! cover, each in its turn merged into larger ones. What is not yet in a file when the ledger stops is
//! read from the log again by the next start.

mod merge;
mod run;

use std::collections::HashMap;
use std::fmt;
use std::io::ErrorKind;
use std::sync::Arc;

pub use self::merge::Merge;
use self::run::Run;
pub use self::run::Written;
use crate::disk::{self, Disk};
use crate::fault::{Fault, Of as _};

/// A key: SHA-256 of anything. It has to be a digest, since files are searched by where in the range
/// of all digests it lies.
pub type Key = [u8; 32];

/// Which keys an entry has.
pub trait Keys: fmt::Debug + Send + Sync {
    /// Adds the keys of an entry. A key that was given before stands for the later leaf from here on.
    fn keys(&self, entry: &[u8], keys: &mut Vec<Key>);
}

/// Keys in memory at which a file is written.
pub const RECENT_KEYS: usize = 1 << 15;
/// A file is merged with the one before it unless that is so many times as large.
const RATIO: u64 = 4;
const FOLDER: &str = "state/index";

/// The index of a record.
#[derive(Debug, Default)]
pub struct Index {
    /// Older leaves first, without a gap from leaf 0.
    runs: Vec<Arc<Run>>,
    /// On their way into a file.
    frozen: Option<Frozen>,
    recent: HashMap<Key, u64>,
    /// Leaves that are indexed, in files or in memory.
    size: u64,
}

#[derive(Debug)]
struct Frozen {
    keys: Arc<HashMap<Key, u64>>,
    to: u64,
}

impl Index {
    /// Opens the files that cover the log from its start; removes what is of no use.
    ///
    /// # Errors
    /// When the disk fails.
    pub(crate) fn open(disk: &dyn Disk, size: u64) -> Result<Self, Fault> {
        disk::create_folders(disk, FOLDER).of(FOLDER)?;
        let listed = disk.list(FOLDER).of(FOLDER)?;
        let mut spans: Vec<(u64, u64)> =
            listed.iter().filter_map(|entry| span_of(&entry.name)).collect();
        // The longest of those that start at one leaf first.
        spans.sort_by_key(|&(from, to)| (from, u64::MAX - to));
        let mut index = Self::default();
        for (from, to) in spans {
            if from == index.size
                && to > from
                && to <= size
                && let Some(run) = Run::open(disk, from, to)?
            {
                index.runs.push(Arc::new(run));
                index.size = to;
            }
        }
        let kept: Vec<String> = index.runs.iter().map(|run| run.name()).collect();
        for entry in listed.iter().filter(|entry| !kept.contains(&entry.name)) {
            remove(disk, &entry.name)?;
        }
        Ok(index)
    }

    /// Leaves that are indexed.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The leaf of a key, the last where there were several.
    ///
    /// # Errors
    /// When the disk fails or a file is damaged: then the file is of no use, and the next start without
    /// it builds it anew.
    pub fn find(&self, key: &Key) -> Result<Option<u64>, Fault> {
        if let Some(leaf) = self.recent.get(key) {
            return Ok(Some(*leaf));
        }
        if let Some(leaf) = self.frozen.as_ref().and_then(|frozen| frozen.keys.get(key)) {
            return Ok(Some(*leaf));
        }
        for run in self.runs.iter().rev() {
            if let Some(leaf) = run.find(key)? {
                return Ok(Some(leaf));
            }
        }
        Ok(None)
    }

    /// Adds the keys of entries up to `size`.
    pub(crate) fn add(&mut self, keys: impl IntoIterator<Item = (Key, u64)>, size: u64) {
        self.recent.extend(keys);
        self.size = size;
    }

    /// Whether so many keys are in memory that they should go into a file.
    #[must_use]
    pub fn is_due(&self) -> bool {
        self.frozen.is_none() && self.recent.len() >= RECENT_KEYS
    }

    /// The file to write next, perhaps by another thread; [`install`](Self::install) what comes of it.
    /// `None` while one is being written, or where nothing is new.
    pub fn take_merge(&mut self) -> Option<Merge> {
        if self.frozen.is_some() || self.recent.is_empty() {
            return None;
        }
        let keys = Arc::new(std::mem::take(&mut self.recent));
        self.frozen = Some(Frozen { keys: keys.clone(), to: self.size });
        let mut total = keys.len() as u64;
        let mut first = self.runs.len();
        while first > 0 && self.runs[first - 1].keys() < RATIO * total {
            first -= 1;
            total += self.runs[first].keys();
        }
        let from = match first.checked_sub(1) {
            Some(before) => self.runs[before].to(),
            None => 0,
        };
        Some(Merge { runs: self.runs[first..].to_vec(), keys, from, to: self.size })
    }

    /// Takes over a file that was written, in place of those that went into it, which are removed.
    ///
    /// # Errors
    /// When one cannot be removed; the index is right all the same.
    pub fn install(&mut self, disk: &dyn Disk, run: Written) -> Result<(), Fault> {
        let run = run.0;
        assert_eq!(self.frozen.as_ref().map(|frozen| frozen.to), Some(run.to()), "one at a time");
        let kept = self.runs.iter().take_while(|old| old.from() < run.from()).count();
        let replaced = self.runs.split_off(kept);
        self.runs.push(Arc::new(run));
        self.frozen = None;
        replaced.iter().try_for_each(|old| remove(disk, &old.name()))
    }

    /// Puts back what could not be written.
    pub fn give_up(&mut self) {
        if let Some(frozen) = self.frozen.take() {
            for (key, leaf) in frozen.keys.iter() {
                self.recent.entry(*key).or_insert(*leaf);
            }
        }
    }

    /// Writes what is due, here and now.
    ///
    /// # Errors
    /// When the disk fails; the index is right all the same.
    pub fn write_due(&mut self, disk: &dyn Disk) -> Result<(), Fault> {
        if !self.is_due() {
            return Ok(());
        }
        let Some(merge) = self.take_merge() else { return Ok(()) };
        match merge.write(disk) {
            Ok(written) => self.install(disk, written),
            Err(fault) => {
                self.give_up();
                Err(fault)
            }
        }
    }
}

fn span_of(name: &str) -> Option<(u64, u64)> {
    let (from, to) = name.split_once('-')?;
    let span = (from.parse().ok()?, to.parse().ok()?);
    (run::name(span.0, span.1) == name).then_some(span)
}

fn remove(disk: &dyn Disk, name: &str) -> Result<(), Fault> {
    let path = format!("{FOLDER}/{name}");
    match disk.remove(&path) {
        Err(fault) if fault.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed.of(&path),
    }
}
