//! A witness of logs (c2sp.org/tlog-witness): vouches for a checkpoint only if its tree grew out of the
//! one that it vouched for before, and remembers before it answers.
//!
//! A witness is born with its key and its memory together. One that lost its memory could be led to
//! vouch for a fork; so whoever finds the key without the memory finds a retired witness, and no command
//! gives an old key a new memory. What cannot be told here is a folder that was put back from a copy:
//! the log's collector notices that a witness knows less than it has cosigned
//! ([`crate::collect::Answer::WentBack`]).

mod memory;

use std::sync::{Arc, Mutex, PoisonError};

use tlog::witness::{Latest, Refusal, may_cosign};
use tlog::{AddCheckpoint, Cosigner, Note, SignatureType, SignedCheckpoint, VerifierKey};

use crate::clock::Clock;
use crate::disk::{self, Disk, Lock};
use crate::fault::Of as _;
use crate::policy::seconds;
use crate::{Fault, witness::memory::Memory};

/// Most logs that a witness watches.
pub const LOGS_MAX: usize = 256;

const LOCK: &str = "lock";
const SECRET: &str = "secret";
const MEMORY: &str = "memory";

/// Why a witness does not run.
#[derive(Debug, thiserror::Error)]
pub enum WitnessFault {
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] Fault),
    /// A witness runs here already.
    #[error("this witness runs already, in another process")]
    Running,
    /// `init` where a witness is or was.
    #[error(
        "there is or was a witness here: a witness's key never gets a new memory. Choose another folder"
    )]
    Exists,
    /// No witness is here.
    #[error("there is no witness here: `armistice witness init` makes one")]
    NotHere,
    /// The key is there without the memory.
    #[error(
        "this witness is retired: its key is here and its memory is not, so it could be led to vouch for \
         a fork. Make a new witness in another folder, and tell the parties its key"
    )]
    Retired,
    /// The memory is not what was written.
    #[error(
        "this witness is retired: its memory is damaged ({0}). Make a new one in another folder, and tell \
         the parties its key"
    )]
    Damaged(String),
    /// The key or the name cannot be one of a witness.
    #[error("no witness can have this name or key: {0}")]
    Key(#[from] tlog::key::KeyError),
    /// A key that does not sign checkpoints, or more logs than [`LOGS_MAX`].
    #[error("this log cannot be watched: {0}")]
    NotWatched(&'static str),
}

/// Why a request gets no cosignature.
#[derive(Debug, thiserror::Error)]
pub enum NotCosigned {
    /// The rule forbids it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The memory could not be written, so nothing may be answered. The witness has to be started anew.
    #[error("the witness cannot remember: {0}")]
    Forgetful(String),
}

/// A witness that runs.
#[derive(Debug)]
pub struct Witness {
    disk: Arc<dyn Disk>,
    cosigner: Cosigner,
    /// `None` once a write failed: what is on disk is unknown then.
    memory: Mutex<Option<Memory>>,
    _lock: Box<dyn Lock>,
}

impl Witness {
    /// Makes a witness in the disk's folder, from a name and 32 bytes that nobody can guess and that were
    /// never used before. Gives its public key.
    ///
    /// # Errors
    /// When a witness is or was there, the name is no key's name, or the disk fails.
    pub fn init(
        disk: &dyn Disk,
        name: &str,
        secret: &[u8; 32],
    ) -> Result<VerifierKey, WitnessFault> {
        let cosigner = Cosigner::new(name, secret)?;
        let _lock = lock(disk)?;
        for file in [SECRET, MEMORY] {
            if disk::read_if_any(disk, file).of(file)?.is_some() {
                return Err(WitnessFault::Exists);
            }
        }
        // A crash in between leaves a key that never signed anything, and a retired witness.
        let text = format!("{name}\n{}\n", hex(secret));
        disk::write_whole(disk, SECRET, text.as_bytes()).of(SECRET)?;
        let memory = Memory::new(cosigner.verifier());
        disk::write_whole(disk, MEMORY, &memory.to_bytes()).of(MEMORY)?;
        Ok(cosigner.verifier().clone())
    }

    /// Starts the witness in the disk's folder, for as long as what is returned lives.
    ///
    /// # Errors
    /// When there is none, it runs already, or its memory is lost or damaged.
    pub fn open(disk: Arc<dyn Disk>) -> Result<Self, WitnessFault> {
        let lock = lock(&*disk)?;
        let (cosigner, memory) = read(&*disk)?;
        Ok(Self { disk, cosigner, memory: Mutex::new(Some(memory)), _lock: lock })
    }

    /// Its public key.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        self.cosigner.verifier()
    }

    /// Watches a log from now on, by a key of it; the key's name is the log's origin. A log may have
    /// several keys.
    ///
    /// # Errors
    /// When the key does not sign checkpoints, there are too many logs, or the disk fails.
    pub fn watch(&self, key: &VerifierKey) -> Result<(), WitnessFault> {
        if key.kind() != SignatureType::Ed25519 {
            return Err(WitnessFault::NotWatched("its key is not one that signs checkpoints"));
        }
        self.change(|memory| memory.watch(key)).map_err(|forgetful| match forgetful {
            Changed::Not(reason) => WitnessFault::NotWatched(reason),
            Changed::Fault(fault) => WitnessFault::Disk(fault),
            Changed::Broken => WitnessFault::NotWatched("an earlier write failed: start anew"),
        })
    }

    /// The origins and sizes that it last vouched for.
    #[must_use]
    pub fn watched(&self) -> Vec<(String, u64)> {
        let memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.as_ref().map(Memory::watched).unwrap_or_default()
    }

    /// Answers a request to cosign: the signature line. The checkpoint is durable before this returns, and
    /// no other request comes between the look and the write.
    ///
    /// # Errors
    /// When it must not cosign, or cannot remember that it did.
    pub fn add_checkpoint(&self, body: &[u8], clock: &dyn Clock) -> Result<String, NotCosigned> {
        let request = AddCheckpoint::parse(body).map_err(Refusal::from)?;
        let origin = &request.checkpoint.checkpoint().origin;
        self.change(|memory| {
            let (keys, latest) = memory.log(origin).unzip();
            let latest = latest.flatten().unwrap_or(Latest::NOTHING);
            may_cosign(&request, keys, latest)?;
            let text = request.checkpoint.note().text();
            let line = self.cosigner.cosign(text, seconds(clock.now()));
            let mut vouched = signed_by_its_log(&request.checkpoint, keys.unwrap_or_default());
            vouched.add(line.clone());
            memory.vouch(origin, &vouched);
            Ok(line.to_string())
        })
        .map_err(|not| match not {
            Changed::Not(refusal) => NotCosigned::Refused(refusal),
            Changed::Fault(fault) => NotCosigned::Forgetful(fault.to_string()),
            Changed::Broken => NotCosigned::Forgetful("an earlier write failed".to_owned()),
        })
    }

    /// The checkpoint that it last vouched for, of the log whose origin has this SHA-256 in lower-case
    /// hexadecimal digits ("Monitor Retrieval Mechanism").
    #[must_use]
    pub fn latest(&self, origin_hash: &str) -> Option<String> {
        let memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.as_ref()?.vouched(origin_hash)
    }

    /// Changes the memory and makes that durable; what a failed write left, nobody knows.
    fn change<T, E>(
        &self,
        change: impl FnOnce(&mut Memory) -> Result<T, E>,
    ) -> Result<T, Changed<E>> {
        let mut held = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let memory = held.as_ref().ok_or(Changed::Broken)?;
        let mut next = memory.clone();
        let answer = change(&mut next).map_err(Changed::Not)?;
        if let Err(fault) = disk::write_whole(&*self.disk, MEMORY, &next.to_bytes()).of(MEMORY) {
            *held = None;
            return Err(Changed::Fault(fault));
        }
        *held = Some(next);
        Ok(answer)
    }
}

/// A witness that is looked at and not run: its files are read as they stand, which they do whole at any
/// moment, and nothing keeps it from running meanwhile.
#[derive(Debug)]
pub struct Shown(Memory);

impl Shown {
    /// Of the witness in the disk's folder.
    ///
    /// # Errors
    /// When there is none, or its memory is lost or damaged.
    pub fn of(disk: &dyn Disk) -> Result<Self, WitnessFault> {
        read(disk).map(|(_, memory)| Self(memory))
    }

    /// Its public key.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        self.0.witness()
    }

    /// The origins and sizes that it last vouched for.
    #[must_use]
    pub fn watched(&self) -> Vec<(String, u64)> {
        self.0.watched()
    }
}

/// Its key and its memory, which belong together.
fn read(disk: &dyn Disk) -> Result<(Cosigner, Memory), WitnessFault> {
    let secret = disk::read_if_any(disk, SECRET).of(SECRET)?;
    let memory = disk::read_if_any(disk, MEMORY).of(MEMORY)?;
    let (secret, memory) = match (secret, memory) {
        (None, None) => return Err(WitnessFault::NotHere),
        (Some(_), None) => return Err(WitnessFault::Retired),
        (None, Some(_)) => {
            return Err(WitnessFault::Damaged("its key is missing".to_owned()));
        }
        (Some(secret), Some(memory)) => (secret, memory),
    };
    let cosigner = parse_secret(&secret)
        .ok_or_else(|| WitnessFault::Damaged("its key is no key".to_owned()))?;
    let memory = Memory::parse(&memory).map_err(WitnessFault::Damaged)?;
    if memory.witness() != cosigner.verifier() {
        return Err(WitnessFault::Damaged("it is another witness's".to_owned()));
    }
    Ok((cosigner, memory))
}

/// Why the memory did not change.
enum Changed<E> {
    Not(E),
    Fault(Fault),
    Broken,
}

/// The note with the signatures of the log's own keys alone.
fn signed_by_its_log(checkpoint: &SignedCheckpoint, keys: &[VerifierKey]) -> Note {
    let note = checkpoint.note();
    let mut own = Note::new(note.text()).expect("the text of a note that was read");
    for line in note.signatures().iter().filter(|line| keys.iter().any(|key| line.names(key))) {
        own.add(line.clone());
    }
    own
}

fn lock(disk: &dyn Disk) -> Result<Box<dyn Lock>, WitnessFault> {
    match disk.lock(LOCK) {
        Err(fault) if fault.kind() == std::io::ErrorKind::WouldBlock => Err(WitnessFault::Running),
        locked => Ok(locked.of(LOCK)?),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn parse_secret(bytes: &[u8]) -> Option<Cosigner> {
    let (name, rest) = str::from_utf8(bytes).ok()?.split_once('\n')?;
    let secret = agreement::Digest::parse(rest.strip_suffix('\n')?)?;
    Cosigner::new(name, secret.as_bytes()).ok()
}
