//! Records to witness and to mirror: real ones, on disk, under a real key.

use std::sync::Arc;

use ledger::disk::{Disk, RealDisk};
use ledger::{Birth, Head, LogKey, LogVerifier, STAGED_BYTES_MIN, Sequencer};
use spacetime::Instant;
use tlog::{
    AddCheckpoint, Checkpoint, NoteSigner, SignedCheckpoint, VerifierKey, consistency_proof,
};

pub(crate) const ORIGIN: &str = "armistice.example/log";

/// The log's key. Two records under it are a host that forks.
#[derive(Debug)]
pub(crate) struct SignedKey(NoteSigner);

impl SignedKey {
    pub(crate) fn new() -> Self {
        Self(NoteSigner::new(ORIGIN, &[1; 32]).unwrap())
    }

    pub(crate) fn verifier(&self) -> VerifierKey {
        self.0.verifier().clone()
    }
}

impl LogKey for SignedKey {
    fn checkpoint(&self, head: &Head) -> Vec<u8> {
        let checkpoint = Checkpoint::new(ORIGIN, head.size, head.root);
        SignedCheckpoint::sign(&checkpoint, &self.0).unwrap().to_string().into_bytes()
    }
}

impl LogVerifier for SignedKey {
    fn head(&self, checkpoint: &[u8]) -> Result<Head, String> {
        let read = SignedCheckpoint::parse(checkpoint).map_err(|fault| fault.to_string())?;
        read.verify(ORIGIN, &[self.verifier()]).map_err(|fault| fault.to_string())?;
        Ok(Head { size: read.checkpoint().size, root: read.checkpoint().root })
    }
}

/// A record on disk that grows.
pub(crate) struct Log {
    _folder: tempfile::TempDir,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) real: RealDisk,
    sequencer: Sequencer,
}

impl Log {
    /// A record with entries named for `who`, so that two of them differ.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let real = RealDisk::new(folder.path());
        let disk: Arc<dyn Disk> = Arc::new(real.clone());
        let now = Instant::from_micros(0);
        let birth = Birth { now, secret: [7; 32], staged_bytes: STAGED_BYTES_MIN };
        ledger::init(&*disk, &SignedKey::new(), &birth).unwrap();
        let key: Arc<dyn LogKey> = Arc::new(SignedKey::new());
        let sequencer = ledger::open(&disk, &key, now).unwrap();
        Self { _folder: folder, disk, real, sequencer }
    }

    /// With this many entries named for `who`, after `common` ones that every log begins with.
    pub(crate) fn with(common: u64, who: &str, own: u64) -> Self {
        let mut log = Self::new();
        log.grow("common", common);
        log.grow(who, own);
        log
    }

    pub(crate) fn grow(&mut self, who: &str, entries: u64) {
        let mut left = entries;
        while left > 0 {
            let mut pool = self.sequencer.begin(Instant::from_micros(1)).unwrap();
            let now = left.min(500);
            for n in 0..now {
                pool.push(format!("{who} {}", left - n).as_bytes()).unwrap();
            }
            self.sequencer.commit(&mut pool).unwrap();
            self.sequencer.publish().unwrap();
            left -= now;
        }
    }

    pub(crate) fn size(&self) -> u64 {
        self.sequencer.published().size
    }

    pub(crate) fn reader(&self) -> ledger::Reader<'_> {
        ledger::Reader::new(&*self.disk)
    }

    pub(crate) fn checkpoint(&self) -> SignedCheckpoint {
        SignedCheckpoint::parse(&self.reader().checkpoint().unwrap()).unwrap()
    }

    /// The body of `add-checkpoint`.
    pub(crate) fn request(&self, old_size: u64) -> Vec<u8> {
        let proof = consistency_proof(old_size, self.size(), &mut self.reader()).unwrap();
        let request = AddCheckpoint { old_size, proof, checkpoint: self.checkpoint() };
        request.to_string().into_bytes()
    }
}
