//! A host of a log, and its twin: the same log under the same key, which from some size on goes another
//! way. What each of them holds is known here, so that it can be told who was shown what.

use std::sync::Arc;

use ledger::disk::Disk;
use ledger::source::LogSource;
use ledger::{Birth, Fault, LogKey, NoteLogKey, Reader, STAGED_BYTES_MIN, Sequencer};
use spacetime::time::Instant;
use tlog::{Hash, NoteSigner, VerifierKey, hash_leaf};

use crate::careless::{Broken, CarelessDisk};
use crate::disk::{Machine, Restart};
use crate::log;
use crate::seed::Seeded;

pub(super) const ORIGIN: &str = "sim.example/log";

fn signer() -> NoteSigner {
    NoteSigner::new(ORIGIN, &[1; 32]).expect("a name")
}

/// The log's public key.
pub(super) fn key() -> VerifierKey {
    signer().verifier().clone()
}

pub(super) struct Host {
    pub(super) machine: Machine,
    pub(super) broken: Broken,
    sequencer: Option<Sequencer>,
    leaves: Vec<Hash>,
    /// What its own entries begin with.
    name: &'static str,
    now: Instant,
}

impl Host {
    pub(super) fn new(seeded: Seeded, broken: Broken) -> Result<Self, Fault> {
        let machine = Machine::new(seeded, ledger::publish::CHECKPOINT);
        let now = Instant::from_micros(0);
        let birth = Birth { now, secret: [7; 32], staged_bytes: STAGED_BYTES_MIN };
        ledger::init(&machine.disk(), &NoteLogKey::new(signer()), &birth)?;
        let name = "honest";
        let mut host = Self { machine, broken, sequencer: None, leaves: Vec::new(), name, now };
        host.open()?;
        Ok(host)
    }

    /// Its twin, which shares what is published so far.
    pub(super) fn forked(&self, seeded: Seeded) -> Result<Self, Fault> {
        let machine = self.machine.copied(seeded);
        let leaves = self.leaves.clone();
        let name = "fork";
        let mut twin =
            Self { machine, broken: self.broken, sequencer: None, leaves, name, now: self.now };
        twin.open()?;
        Ok(twin)
    }

    fn open(&mut self) -> Result<(), Fault> {
        let key: Arc<dyn LogKey> = Arc::new(NoteLogKey::new(signer()));
        let disk: Arc<dyn Disk> = Arc::new(self.machine.disk());
        self.machine.look(true);
        let opened = ledger::open(&disk, &key, self.now);
        self.machine.look(false);
        self.sequencer = Some(opened?);
        Ok(())
    }

    /// Sequences and publishes so many entries. What goes wrong with that is for other runs.
    pub(super) fn grow(&mut self, entries: u64) -> Result<(), Fault> {
        self.machine.look(true);
        let grown = self.sequence(entries);
        self.machine.look(false);
        grown
    }

    fn sequence(&mut self, entries: u64) -> Result<(), Fault> {
        let Some(sequencer) = &mut self.sequencer else { return Err(Fault::Broken) };
        let mut pool = sequencer.begin(self.now)?;
        for _ in 0..entries {
            let entry = format!("{} {}", self.name, self.leaves.len());
            self.leaves.push(hash_leaf(entry.as_bytes()));
            pool.push(entry.as_bytes())?;
        }
        sequencer.commit(&mut pool)?;
        sequencer.publish().map(|_| ())
    }

    /// The machine stops and comes back.
    pub(super) fn restart(&mut self, how: Restart) -> Result<(), Fault> {
        self.sequencer = None;
        self.machine.restart(how);
        self.open()
    }

    /// Its disk, to whoever runs beside the sequencer.
    pub(super) fn disk(&self) -> CarelessDisk {
        let broken = match self.broken {
            Broken::WitnessedUnsynced => self.broken,
            _ => Broken::None,
        };
        CarelessDisk::new(Arc::new(self.machine.disk()), broken)
    }

    pub(super) fn size(&self) -> u64 {
        self.leaves.len() as u64
    }

    /// Whether this is the root that its tree had at a size.
    pub(super) fn had(&self, size: u64, root: &Hash) -> bool {
        let prefix = usize::try_from(size).ok().and_then(|size| self.leaves.get(..size));
        prefix.map(log::root_of).as_ref() == Some(root)
    }

    pub(super) fn leaves(&self) -> &[Hash] {
        &self.leaves
    }
}

/// One file of a log as its host has it.
pub(super) fn file(disk: &dyn Disk, asked: &Asked) -> Result<Vec<u8>, ledger::source::SourceFault> {
    let mut reader = Reader::new(disk);
    match asked {
        Asked::Checkpoint => LogSource::checkpoint(&mut reader),
        Asked::Tile(tile) => reader.exact_tile(*tile),
        Asked::Bundle(bundle) => reader.exact_bundle(*bundle),
    }
}

/// What somebody asks a host for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Asked {
    Checkpoint,
    Tile(tlog::Tile),
    Bundle(tlog::bundle::BundleId),
}

impl std::fmt::Display for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Checkpoint => f.write_str("checkpoint"),
            Self::Tile(tile) => tile.fmt(f),
            Self::Bundle(bundle) => bundle.fmt(f),
        }
    }
}
