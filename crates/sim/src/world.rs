//! One machine with a record on it, its key, and its clock.

use std::fmt::Write as _;
use std::sync::Arc;

use ledger::disk::Disk;
use ledger::index::Keys;
use ledger::{Birth, Fault, Head, LogKey, LogVerifier, STAGED_BYTES_MIN, Sequencer};
use spacetime::time::Instant;
use tlog::{Hash, hash_leaf};

use crate::careless::{Broken, CarelessDisk};
use crate::disk::Machine;
use crate::seed::Seeded;

/// A key that signs by a digest: a run signs thousands of checkpoints, and what a signature is worth
/// is tested where it is made.
#[derive(Debug)]
pub struct SimKey;

impl LogKey for SimKey {
    fn checkpoint(&self, head: &Head) -> Vec<u8> {
        let mut text = format!("sim\n{}\n{}\n", head.size, head.root);
        let seal = hash_leaf(text.as_bytes());
        // Writing to a string does not fail.
        let _ = writeln!(text, "\n{seal}");
        text.into_bytes()
    }
}

impl LogVerifier for SimKey {
    fn head(&self, checkpoint: &[u8]) -> Result<Head, String> {
        let text = str::from_utf8(checkpoint).map_err(|fault| fault.to_string())?;
        let mut lines = text.lines().skip(1);
        let size = lines.next().and_then(|size| size.parse().ok()).ok_or("no size")?;
        let root = lines.next().and_then(Hash::from_base64).ok_or("no root")?;
        let head = Head { size, root };
        if self.checkpoint(&head) == checkpoint { Ok(head) } else { Err("not signed".to_owned()) }
    }
}

/// A machine, what runs on it, and the time there.
#[derive(Debug)]
pub struct World {
    /// The disk.
    pub machine: Machine,
    /// The disk on which keys lie, where that is another.
    pub keys: Option<Machine>,
    /// What the clock says.
    pub now: Instant,
    /// Which promise the disk breaks.
    pub broken: Broken,
}

impl World {
    /// An empty machine.
    #[must_use]
    pub fn new(seeded: Seeded, broken: Broken) -> Self {
        let machine = Machine::new(seeded, ledger::publish::CHECKPOINT);
        Self { machine, keys: None, now: Instant::from_micros(1_000_000_000), broken }
    }

    /// An empty machine with a disk of its own for keys.
    #[must_use]
    pub fn with_keys_apart(mut seeded: Seeded, broken: Broken) -> Self {
        let keys = Some(Machine::new(seeded.split(), ledger::publish::CHECKPOINT));
        Self { keys, ..Self::new(seeded, broken) }
    }

    /// Its disks, each once.
    pub fn disks(&self) -> impl Iterator<Item = &Machine> {
        std::iter::once(&self.machine).chain(&self.keys)
    }

    /// The disk on which keys lie.
    #[must_use]
    pub fn of_keys(&self) -> &Machine {
        self.keys.as_ref().unwrap_or(&self.machine)
    }

    /// Whether somebody only looks: then nothing goes wrong, and no call counts.
    pub fn look(&self, is_looking: bool) {
        self.disks().for_each(|disk| disk.look(is_looking));
    }

    /// Nothing goes wrong from here on.
    pub fn heal(&self) {
        self.disks().for_each(Machine::heal);
    }

    /// Whether the machine was stopped, in a call of either disk.
    #[must_use]
    pub fn has_stopped(&self) -> bool {
        self.disks().any(Machine::has_stopped)
    }

    /// Calls that went wrong so far.
    #[must_use]
    pub fn wrong(&self) -> u64 {
        self.disks().map(Machine::wrong).sum()
    }

    /// Whether a disk holds these bytes anywhere ([`Machine::holds`]).
    #[must_use]
    pub fn holds(&self, bytes: &[u8]) -> bool {
        self.disks().any(|disk| disk.holds(bytes))
    }

    /// The disk as the process sees it that is alive now.
    #[must_use]
    pub fn disk(&self) -> Arc<dyn Disk> {
        Arc::new(CarelessDisk::new(Arc::new(self.machine.disk()), self.broken))
    }

    /// The disk of keys, in the same way.
    #[must_use]
    pub fn keys_disk(&self) -> Arc<dyn Disk> {
        Arc::new(CarelessDisk::new(Arc::new(self.of_keys().disk()), self.broken))
    }

    /// Makes the record.
    ///
    /// # Errors
    /// What the ledger says.
    pub fn init(&self) -> Result<(), Fault> {
        let birth = Birth { now: self.now, secret: [7; 32], staged_bytes: STAGED_BYTES_MIN };
        ledger::init(&*self.disk(), &SimKey, &birth)
    }

    /// Opens the record.
    ///
    /// # Errors
    /// What the ledger says.
    pub fn open(&self) -> Result<Sequencer, Fault> {
        let key: Arc<dyn LogKey> = Arc::new(SimKey);
        ledger::open(&self.disk(), &key, self.now)
    }

    /// Opens the record with an index.
    ///
    /// # Errors
    /// What the ledger says.
    pub fn open_with_keys(&self, keys: &Arc<dyn Keys>) -> Result<Sequencer, Fault> {
        let key: Arc<dyn LogKey> = Arc::new(SimKey);
        ledger::open_with_keys(&self.disk(), &key, keys, self.now)
    }
}
