//! Disks that break one promise each, and a few other ways to be careless. A simulation that passes on
//! one of these is worth nothing.

use std::io;
use std::sync::Arc;

use ledger::disk::{Disk, DiskOver, File, FileOver, Lock, Mode};

/// Which promise is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// None: the control.
    None,
    /// Pools are not synced.
    PoolsUnsynced,
    /// Tiles and bundles are not synced.
    TilesUnsynced,
    /// The folders of tiles and bundles are not synced.
    TileFoldersUnsynced,
    /// The checkpoint is not synced.
    CheckpointUnsynced,
    /// The folder of the checkpoint is not synced.
    CheckpointFolderUnsynced,
    /// A sync that fails says that it did not.
    FailedSyncsHidden,
    /// No disk: a pool is said to be durable as soon as it is with the system.
    PoolsAnsweredFirst,
    /// Two processes may hold the lock.
    Unlocked,
    /// Ciphertexts are not synced: neither as they are sealed nor as they are overwritten.
    BodiesUnsynced,
    /// Wrapped keys are not synced.
    KeysUnsynced,
    /// The folders of the vault are not synced.
    VaultFoldersUnsynced,
    /// What the vault promised and did is not synced.
    JournalUnsynced,
    /// What was said in private is not synced.
    PrivateUnsynced,
    /// No disk: a record that answers before it has written, so that keys leave without a disclosure.
    RecordAnswersFirst,
    /// What a witness vouched for is not synced.
    MemoryUnsynced,
    /// The folder in which a witness remembers is not synced.
    MemoryFolderUnsynced,
    /// No disk: somebody gives a witness whose memory is lost a new one.
    MemoryReplaced,
    /// The checkpoint with its quorum is not synced.
    WitnessedUnsynced,
    /// No disk: who compares two views is handed one of them twice.
    ViewsMixedUp,
    /// No disk: the clock by which cosignatures are judged stands still.
    ClockStandsStill,
}

impl Broken {
    /// Those that a run of the sequencer has to notice.
    pub const OF_LOG: [Self; 7] = [
        Self::PoolsUnsynced,
        Self::TilesUnsynced,
        Self::TileFoldersUnsynced,
        Self::CheckpointUnsynced,
        Self::CheckpointFolderUnsynced,
        Self::FailedSyncsHidden,
        Self::Unlocked,
    ];
    /// Those that a run of many senders has to notice.
    pub const OF_GROUP: [Self; 7] = [
        Self::PoolsUnsynced,
        Self::TilesUnsynced,
        Self::TileFoldersUnsynced,
        Self::CheckpointUnsynced,
        Self::CheckpointFolderUnsynced,
        Self::FailedSyncsHidden,
        Self::PoolsAnsweredFirst,
    ];
    /// Those that a run of a keeper has to notice.
    pub const OF_KEEPER: [Self; 9] = [
        Self::PoolsUnsynced,
        Self::TilesUnsynced,
        Self::FailedSyncsHidden,
        Self::BodiesUnsynced,
        Self::KeysUnsynced,
        Self::VaultFoldersUnsynced,
        Self::JournalUnsynced,
        Self::PrivateUnsynced,
        Self::RecordAnswersFirst,
    ];
    /// Those that a run of the parties has to notice.
    pub const OF_PARTIES: [Self; 8] = [
        Self::TilesUnsynced,
        Self::CheckpointUnsynced,
        Self::MemoryUnsynced,
        Self::MemoryFolderUnsynced,
        Self::MemoryReplaced,
        Self::WitnessedUnsynced,
        Self::ViewsMixedUp,
        Self::ClockStandsStill,
    ];

    fn leaves_file(self, path: &str) -> bool {
        let left = match self {
            Self::PoolsUnsynced => "state/staged",
            Self::TilesUnsynced => "log/tile",
            Self::CheckpointUnsynced => "log/checkpoint",
            Self::BodiesUnsynced => "vault/bodies",
            Self::KeysUnsynced => "vault/keys",
            Self::JournalUnsynced => "vault/journal",
            Self::PrivateUnsynced => "vault/private",
            Self::MemoryUnsynced => "memory",
            Self::WitnessedUnsynced => "log/witnessed",
            _ => return false,
        };
        path.starts_with(left)
    }

    fn leaves_folder(self, path: &str) -> bool {
        match self {
            Self::TileFoldersUnsynced => path.starts_with("log/tile"),
            Self::CheckpointFolderUnsynced => path == "log",
            Self::VaultFoldersUnsynced => path.starts_with("vault"),
            Self::MemoryFolderUnsynced => path.is_empty(),
            _ => false,
        }
    }
}

/// A disk that breaks a promise.
#[derive(Debug)]
pub struct CarelessDisk {
    disk: Arc<dyn Disk>,
    broken: Broken,
}

#[derive(Debug)]
struct CarelessFile {
    file: Box<dyn File>,
    is_left: bool,
    broken: Broken,
}

#[derive(Debug)]
struct NoLock;

impl Lock for NoLock {}

impl CarelessDisk {
    /// Over a disk that keeps its promises.
    #[must_use]
    pub fn new(disk: Arc<dyn Disk>, broken: Broken) -> Self {
        Self { disk, broken }
    }
}

impl DiskOver for CarelessDisk {
    fn under(&self) -> &dyn Disk {
        &*self.disk
    }

    fn open(&self, path: &str, mode: Mode) -> io::Result<Box<dyn File>> {
        let file = self.disk.open(path, mode)?;
        let is_left = self.broken.leaves_file(path);
        Ok(Box::new(CarelessFile { file, is_left, broken: self.broken }))
    }

    fn sync_folder(&self, folder: &str) -> io::Result<()> {
        if self.broken.leaves_folder(folder) { Ok(()) } else { self.disk.sync_folder(folder) }
    }

    fn lock(&self, path: &str) -> io::Result<Box<dyn Lock>> {
        match self.disk.lock(path) {
            Err(fault)
                if self.broken == Broken::Unlocked && fault.kind() == io::ErrorKind::WouldBlock =>
            {
                Ok(Box::new(NoLock))
            }
            locked => locked,
        }
    }
}

impl FileOver for CarelessFile {
    fn under(&self) -> &dyn File {
        &*self.file
    }

    fn sync(&self) -> io::Result<()> {
        if self.is_left {
            return Ok(());
        }
        match self.file.sync() {
            Err(_) if self.broken == Broken::FailedSyncsHidden => Ok(()),
            synced => synced,
        }
    }
}
