//! Collects cosignatures: asks each witness to vouch for what the log has published.
//!
//! It runs beside the sequencer and waits for nobody: the log publishes under its own signature, and what
//! witnesses say is kept here, in files that only the collector writes. `log/checkpoint` stays the
//! sequencer's, so that no late answer can put an old checkpoint in the place of a new one.

use std::thread;

use spacetime::time::Instant;
use tlog::checkpoint::CheckpointError;
use tlog::note::parse_signatures;
use tlog::quorum::Standing;
use tlog::witness::parse_known_size;
use tlog::{
    AddCheckpoint, Quorum, SignatureLine, SignedCheckpoint, VerifierKey, consistency_proof,
};

use agreement::Digest;

use crate::disk::{self, Disk};
use crate::fault::{Fault, Of as _};
use crate::policy::seconds;
use crate::publish::{CHECKPOINT, CHECKPOINT_BYTES_MAX};
use crate::reader::Reader;

/// The newest checkpoint that has its quorum, with the cosignatures; servable like the rest of the log.
pub const WITNESSED: &str = "log/witnessed";
/// What each witness cosigned last.
const COSIGNED: &str = "state/cosigned";

/// An answer to a request, as it came over the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// A witness that can be asked, as a port.
pub trait WitnessPort: Send + Sync {
    /// Its key.
    fn key(&self) -> &VerifierKey;

    /// Sends the body of `add-checkpoint`.
    ///
    /// # Errors
    /// Why no answer came.
    fn add_checkpoint(&self, body: &str) -> Result<Reply, String>;
}

/// What became of asking a witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It cosigned.
    Cosigned,
    /// It cosigned this checkpoint less than an interval ago and was not asked.
    Recent,
    /// No answer came.
    Unreachable(String),
    /// It does not cosign.
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it said.
        said: String,
    },
    /// It says that it has vouched for a checkpoint of this size with another root, or for a larger tree
    /// than the log has: somebody shows it another view under our key, or it lies.
    OtherView {
        /// The size that it vouched for.
        known: u64,
    },
    /// It knows of a smaller tree than it has cosigned already: its memory was put back from a copy, and
    /// it could be led to vouch for a fork.
    WentBack {
        /// Leaves of what it cosigned.
        cosigned: u64,
        /// Leaves that it knows of.
        known: u64,
    },
    /// Its answer is no cosignature of this checkpoint.
    Nonsense(String),
}

/// What a round of asking came to.
#[derive(Clone, Debug)]
pub struct Round {
    /// The checkpoint, with every cosignature of it that is kept.
    pub checkpoint: SignedCheckpoint,
    /// Each witness's name and what became of asking it.
    pub answers: Vec<(String, Answer)>,
}

/// Asks every witness to cosign the published checkpoint, all at once, and keeps what they answer.
///
/// # Errors
/// When the record cannot be read or written. That a witness does not answer is no fault.
pub fn round(
    disk: &dyn Disk,
    witnesses: &[&dyn WitnessPort],
    interval_s: u64,
    now: Instant,
) -> Result<Round, Fault> {
    let mut published = published(disk)?;
    disk::create_folders(disk, COSIGNED).of(COSIGNED)?;
    let asked = asked(disk, &published, witnesses, interval_s, now)?;
    let mut told = Vec::new();
    for (witness, (answer, line)) in witnesses.iter().zip(asked) {
        if let Some(line) = line {
            keep(disk, &published, witness.key(), line)?;
        }
        told.push((witness.key().name().to_owned(), answer));
    }
    let keys: Vec<VerifierKey> = witnesses.iter().map(|witness| witness.key().clone()).collect();
    merge(disk, &mut published, &keys)?;
    Ok(Round { checkpoint: published, answers: told })
}

/// Asks every witness as [`round`] does, and keeps nothing of what they answer: what they know, to whoever is
/// about to write.
///
/// # Errors
/// When the record cannot be read.
pub fn ask_all(
    disk: &dyn Disk,
    witnesses: &[&dyn WitnessPort],
    now: Instant,
) -> Result<Vec<(String, Answer)>, Fault> {
    if witnesses.is_empty() {
        return Ok(Vec::new());
    }
    let published = published(disk)?;
    let asked = asked(disk, &published, witnesses, 0, now)?;
    let told = witnesses.iter().zip(asked);
    Ok(told.map(|(witness, (answer, _))| (witness.key().name().to_owned(), answer)).collect())
}

/// Asks all at once.
fn asked(
    disk: &dyn Disk,
    published: &SignedCheckpoint,
    witnesses: &[&dyn WitnessPort],
    interval_s: u64,
    now: Instant,
) -> Result<Vec<Asked>, Fault> {
    let ask = |witness: &&dyn WitnessPort| ask(disk, published, *witness, interval_s, now);
    thread::scope(|scope| {
        let asking: Vec<_> =
            witnesses.iter().map(|witness| scope.spawn(move || ask(witness))).collect();
        let joined = |thread: thread::ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        asking.into_iter().map(joined).collect()
    })
}

/// The published checkpoint with every cosignature of it that was collected from these witnesses.
///
/// # Errors
/// When the record cannot be read.
pub fn cosigned(disk: &dyn Disk, witnesses: &[VerifierKey]) -> Result<SignedCheckpoint, Fault> {
    let mut published = published(disk)?;
    merge(disk, &mut published, witnesses)?;
    Ok(published)
}

/// When a witness last cosigned any checkpoint of this log, in seconds of POSIX, and how many leaves it
/// had; as far as it told us.
///
/// # Errors
/// When the record cannot be read.
pub fn last_cosigned(disk: &dyn Disk, witness: &VerifierKey) -> Result<Option<(u64, u64)>, Fault> {
    let Some(last) = read(disk, &path_of(witness))? else { return Ok(None) };
    let signed = last.note().verify(std::slice::from_ref(witness));
    let time_s = signed.ok().and_then(|signed| signed.iter().filter_map(|s| s.time_s).max());
    Ok(time_s.map(|time_s| (last.checkpoint().size, time_s)))
}

/// Publishes a checkpoint that has its quorum as the witnessed one, unless a larger one is there. Gives how
/// the witnesses stand to it.
///
/// # Errors
/// When the record cannot be written, or a cosignature is false.
pub fn publish_witnessed<'q>(
    disk: &dyn Disk,
    checkpoint: &SignedCheckpoint,
    quorum: &'q Quorum,
    now: Instant,
) -> Result<Standing<'q>, Fault> {
    let standing = quorum
        .standing(checkpoint.note(), seconds(now))
        .map_err(|fault| Fault::Damaged { path: COSIGNED.to_owned(), reason: fault.to_string() })?;
    let before = read(disk, WITNESSED)?;
    let grew = before.as_ref().is_none_or(|b| b.checkpoint().size <= checkpoint.checkpoint().size);
    if standing.is_reached() && grew && before.as_ref() != Some(checkpoint) {
        disk::write_whole(disk, WITNESSED, checkpoint.to_string().as_bytes()).of(WITNESSED)?;
    }
    Ok(standing)
}

fn published(disk: &dyn Disk) -> Result<SignedCheckpoint, Fault> {
    let missing = || Fault::Missing { path: CHECKPOINT.to_owned() };
    read(disk, CHECKPOINT)?.ok_or_else(missing)
}

fn read(disk: &dyn Disk, path: &str) -> Result<Option<SignedCheckpoint>, Fault> {
    let bytes = match disk::read_at_most(disk, path, CHECKPOINT_BYTES_MAX) {
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        read => read.of(path)?,
    };
    let damaged = |fault: CheckpointError| Fault::Damaged {
        path: path.to_owned(),
        reason: fault.to_string(),
    };
    SignedCheckpoint::parse(&bytes).map(Some).map_err(damaged)
}

fn path_of(witness: &VerifierKey) -> String {
    format!("{COSIGNED}/{}", Digest::of_bytes(witness.to_string().as_bytes()))
}

/// Keeps a cosignature: the checkpoint with the log's signatures and this one.
fn keep(
    disk: &dyn Disk,
    published: &SignedCheckpoint,
    witness: &VerifierKey,
    line: SignatureLine,
) -> Result<(), Fault> {
    let mut kept = published.clone();
    kept.note_mut().remove(witness);
    kept.note_mut().add(line);
    let path = path_of(witness);
    disk::write_whole(disk, &path, kept.to_string().as_bytes()).of(&path)
}

/// Adds what each witness cosigned, where it is this checkpoint.
fn merge(
    disk: &dyn Disk,
    published: &mut SignedCheckpoint,
    witnesses: &[VerifierKey],
) -> Result<(), Fault> {
    for witness in witnesses {
        let Some(kept) = read(disk, &path_of(witness))? else { continue };
        if kept.note().text() == published.note().text() {
            for line in kept.note().signatures().iter().filter(|line| line.names(witness)) {
                published.note_mut().add(line.clone());
            }
        }
    }
    Ok(())
}

type Asked = (Answer, Option<SignatureLine>);

/// Asks one witness; a second time with the size that it says it knows, where that can help.
fn ask(
    disk: &dyn Disk,
    published: &SignedCheckpoint,
    witness: &dyn WitnessPort,
    interval_s: u64,
    now: Instant,
) -> Result<Asked, Fault> {
    let size = published.checkpoint().size;
    let last = last_cosigned(disk, witness.key())?;
    let cosigned = last.map_or(0, |(size, _)| size);
    if let Some((last_size, at_s)) = last
        && last_size == size
        && seconds(now).saturating_sub(at_s) < interval_s
    {
        return Ok((Answer::Recent, None));
    }
    let mut old_size = cosigned.min(size);
    for _ in 0..2 {
        let proof = consistency_proof(old_size, size, &mut Reader::new(disk));
        let proof = proof.map_err(|error| Fault::Damaged {
            path: "log/tile".to_owned(),
            reason: error.to_string(),
        })?;
        let request = AddCheckpoint { old_size, proof, checkpoint: published.clone() };
        let reply = match witness.add_checkpoint(&request.to_string()) {
            Ok(reply) => reply,
            Err(reason) => return Ok((Answer::Unreachable(reason), None)),
        };
        match (reply.status, parse_known_size(&reply.body)) {
            (200, _) => return Ok(cosignature(&reply.body, published, witness.key())),
            (409, Some(known)) if known < cosigned => {
                return Ok((Answer::WentBack { cosigned, known }, None));
            }
            // A conflict with the size that was sent is a fork; a larger tree than ours cannot be ours.
            (409, Some(known)) if known == old_size || known > size => {
                return Ok((Answer::OtherView { known }, None));
            }
            (409, Some(known)) => old_size = known,
            (status, _) => {
                let said = said(&reply.body);
                return Ok((Answer::Refused { status, said }, None));
            }
        }
    }
    Ok((Answer::Nonsense("it names another size each time it is asked".to_owned()), None))
}

/// The line of the answer that is this witness's cosignature of this checkpoint.
fn cosignature(body: &[u8], published: &SignedCheckpoint, witness: &VerifierKey) -> Asked {
    let nonsense = |reason: String| (Answer::Nonsense(reason), None);
    let lines = match str::from_utf8(body).map(parse_signatures) {
        Ok(Ok(lines)) => lines,
        Ok(Err(fault)) => return nonsense(fault.to_string()),
        Err(fault) => return nonsense(fault.to_string()),
    };
    let Some(line) = lines.into_iter().find(|line| line.names(witness)) else {
        return nonsense("it holds no line by the witness's key".to_owned());
    };
    match witness.verify(published.note().text(), line.signature()) {
        Ok(_) => (Answer::Cosigned, Some(line)),
        Err(fault) => nonsense(fault.to_string()),
    }
}

/// The first words of an answer, fit to be shown.
fn said(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(300)]);
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}
