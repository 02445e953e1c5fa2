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
        Self { machine, now: Instant::from_micros(1_000_000_000), broken }
    }

    /// The disk as the process sees it that is alive now.
    #[must_use]
    pub fn disk(&self) -> Arc<dyn Disk> {
        Arc::new(CarelessDisk::new(Arc::new(self.machine.disk()), self.broken))
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
