//! Why the ledger does not go on.

use std::io;

use spacetime::time::Instant;

/// The world failed, or the record is not in a state to be written to. Nothing that was acknowledged
/// is lost by any of these.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The disk failed.
    #[error("{path}: {source}")]
    Disk {
        /// Which file or folder of the record.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// Somebody else writes to the record.
    #[error("another process has the record open for writing; stop it, or wait until it ends")]
    Locked,
    /// `init` where a record is.
    #[error("there is a record here already: choose another folder, or open this one")]
    Exists,
    /// No record is here.
    #[error("there is no record here ({path} is missing): `armistice record init` makes one")]
    Missing {
        /// What a record would have.
        path: String,
    },
    /// The checkpoint on disk is not signed by the key that was given, or is no checkpoint.
    #[error("log/checkpoint is not a checkpoint of this log under this key: {reason}")]
    OtherKey {
        /// What was found.
        reason: String,
    },
    /// The clock is behind the last time that was sequenced.
    #[error(
        "the clock says {now}, but the record was last written at {last}: set the clock right; \
         time on the record never goes backwards"
    )]
    ClockWentBack {
        /// What the clock says.
        now: Instant,
        /// The last time on the record.
        last: Instant,
    },
    /// The folder of keys is of an earlier time than the log.
    #[error(
        "the vault's keys were put back from an older copy: {what}. Nothing was changed. What was sealed, \
         queued or erased since is not in that copy: bring back the newest one, or the folder as it was"
    )]
    KeysPutBack {
        /// What shows it.
        what: String,
    },
    /// The log is of an earlier time than the folder of keys.
    #[error(
        "the record was put back from an older copy: the keys know of entry {leaf}, and the log has {size} \
         entries. Nothing was changed. What would be written now would be a second view of the same log: \
         bring back the record as it was, or restore it from a mirror"
    )]
    RecordPutBack {
        /// An entry that the keys know of.
        leaf: u64,
        /// Entries that there are.
        size: u64,
    },
    /// The pack is not the one that was adopted last.
    #[error(
        "the record stands under version {adopted} of the agreement (leaf {leaf}), and the pack that was \
         given is {given}: give the pack in force; a new one comes into force by its adoption"
    )]
    OtherAgreement {
        /// The version that was adopted last.
        adopted: agreement::Digest,
        /// By which entry.
        leaf: u64,
        /// The version of the pack that was given.
        given: agreement::Digest,
    },
    /// The tree on disk is not the one that was sequenced.
    #[error(
        "the tree in log/ and the pools in state/ disagree: {reason}. Nothing was changed. One of \
         the folders was put back from another time or is damaged: bring back both as they stood \
         together, or restore the log from a mirror"
    )]
    Disagree {
        /// In what.
        reason: String,
    },
    /// What is private to the ledger is damaged.
    #[error("{path} is damaged: {reason}. Nothing was changed")]
    Damaged {
        /// Which file.
        path: String,
        /// How.
        reason: String,
    },
    /// Pools wait for publication and fill the room that is set aside for them.
    #[error("the room for pools that wait to be published is full: publish first")]
    StagedFull,
    /// An earlier fault left open whether something is on disk.
    #[error(
        "an earlier write failed, and whether it reached the disk is unknown: open the record anew"
    )]
    Broken,
    /// An entry that no log can hold.
    #[error("an entry of {bytes} bytes: the longest is {}", tlog::bundle::ENTRY_BYTES_MAX)]
    EntryTooLong {
        /// Bytes of the entry.
        bytes: usize,
    },
    /// A pool that is full.
    #[error("the pool is full")]
    PoolFull,
    /// The log has no more numbers.
    #[error("the log is as large as a log can be")]
    LogFull,
    /// The vault refuses, or fails.
    #[error(transparent)]
    Vault(#[from] Box<crate::vault::VaultFault>),
    /// There is no such entry.
    #[error("the record has {size} entries, and none with number {index}")]
    NoEntry {
        /// Which was asked for.
        index: u64,
        /// Entries there are.
        size: u64,
    },
}

/// Says of which file or folder a fault of the disk is.
impl From<crate::vault::VaultFault> for Fault {
    fn from(fault: crate::vault::VaultFault) -> Self {
        Self::Vault(Box::new(fault))
    }
}

pub(crate) trait Of<T> {
    /// That it happened at `path`.
    fn of(self, path: &str) -> Result<T, Fault>;
}

impl<T> Of<T> for io::Result<T> {
    fn of(self, path: &str) -> Result<T, Fault> {
        self.map_err(|source| Fault::Disk { path: path.to_owned(), source })
    }
}
