//! What a log and a witness say to each other (c2sp.org/tlog-witness, `add-checkpoint`), and the rule
//! by which a witness answers.
//!
//! Version 1.0.0 of the specification, which answers a fork at one size with 409, as a conflict; drafts
//! after it answer 422. A client of ours takes either for what it is ([`Refusal::Fork`]).

use std::fmt;

use crate::checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint};
use crate::hash::{EMPTY_ROOT, HASH_BASE64_BYTES, Hash};
use crate::key::VerifierKey;
use crate::note::NOTE_BYTES_MAX;
use crate::proof::{InvalidProof, PROOF_HASHES_MAX, verify_consistency};
use crate::tile::{TREE_SIZE_MAX, decimal};

/// Bytes of the longest request.
pub const REQUEST_BYTES_MAX: usize =
    NOTE_BYTES_MAX + PROOF_HASHES_MAX * (HASH_BASE64_BYTES + 1) + 32;

/// The type of an answer that says the size that a witness knows.
pub const SIZE_CONTENT_TYPE: &str = "text/x.tlog.size";

/// Why bytes are no request: the witness answers 400.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Longer than [`REQUEST_BYTES_MAX`].
    #[error("the request has {bytes} bytes; {REQUEST_BYTES_MAX} are the most")]
    TooLong {
        /// Bytes of the request.
        bytes: usize,
    },
    /// The first line does not say the old size.
    #[error("the first line reads `old` and the old tree size, without leading zeros")]
    Old,
    /// A line before the checkpoint is no hash.
    #[error("line {line} is no hash of 32 bytes in canonical base64")]
    Hash {
        /// The line, from 1.
        line: usize,
    },
    /// More than [`PROOF_HASHES_MAX`] hashes.
    #[error("the proof has more than {PROOF_HASHES_MAX} lines")]
    TooManyHashes,
    /// No empty line with a checkpoint after it.
    #[error("no empty line and checkpoint follow the proof")]
    NoCheckpoint,
    /// The checkpoint is none.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

/// A request to cosign a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// Size of the checkpoint that the witness cosigned last, as the client believes.
    pub old_size: u64,
    /// That the checkpoint's tree begins with the one of `old_size`.
    pub proof: Vec<Hash>,
    /// What to cosign.
    pub checkpoint: SignedCheckpoint,
}

impl AddCheckpoint {
    /// From the body of a request.
    ///
    /// # Errors
    /// When it is not of the form.
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        if body.len() > REQUEST_BYTES_MAX {
            return Err(RequestError::TooLong { bytes: body.len() });
        }
        let mut rest = body;
        let old = take_line(&mut rest).and_then(|line| line.strip_prefix("old "));
        let old_size = old.and_then(decimal).filter(|size| *size <= TREE_SIZE_MAX);
        let old_size = old_size.ok_or(RequestError::Old)?;
        let proof = parse_hashes(&mut rest, 2).map_err(|flaw| match flaw {
            HashesFlaw::TooMany => RequestError::TooManyHashes,
            HashesFlaw::NotEnded => RequestError::NoCheckpoint,
            HashesFlaw::NoHash { line } => RequestError::Hash { line },
        })?;
        let checkpoint = SignedCheckpoint::parse(rest)?;
        Ok(Self { old_size, proof, checkpoint })
    }
}

/// The body of the request.
impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old_size)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

/// What is wrong with lines of hashes that an empty line ends.
pub(crate) enum HashesFlaw {
    TooMany,
    NotEnded,
    NoHash { line: usize },
}

/// Takes lines of hashes and the empty line after them; `first` is the number of the first.
pub(crate) fn parse_hashes(rest: &mut &[u8], first: usize) -> Result<Vec<Hash>, HashesFlaw> {
    let mut hashes = Vec::new();
    loop {
        match take_line(rest).ok_or(HashesFlaw::NotEnded)? {
            "" => return Ok(hashes),
            _ if hashes.len() == PROOF_HASHES_MAX => return Err(HashesFlaw::TooMany),
            line => {
                let flaw = HashesFlaw::NoHash { line: first + hashes.len() };
                hashes.push(Hash::from_base64(line).ok_or(flaw)?);
            }
        }
    }
}

/// Takes a line without its line feed; `None` when none ends or it is not UTF-8.
pub(crate) fn take_line<'b>(rest: &mut &'b [u8]) -> Option<&'b str> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let line = str::from_utf8(&rest[..end]).ok()?;
    *rest = &rest[end + 1..];
    Some(line)
}

/// The checkpoint of a log that a witness cosigned last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latest {
    /// Leaves of its tree.
    pub size: u64,
    /// Root of its tree.
    pub root: Hash,
}

impl Latest {
    /// What a witness has cosigned of a log before it has cosigned anything.
    pub const NOTHING: Self = Self { size: 0, root: EMPTY_ROOT };
}

impl From<&Checkpoint> for Latest {
    fn from(checkpoint: &Checkpoint) -> Self {
        Self { size: checkpoint.size, root: checkpoint.root }
    }
}

/// Why a witness does not cosign.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The request is malformed, or its old size is past the checkpoint's.
    #[error("bad request: {0}")]
    Malformed(#[from] RequestError),
    /// The old size is past the checkpoint's.
    #[error("bad request: the old size {old} is past the checkpoint's, {new}")]
    OldPastNew {
        /// The old size.
        old: u64,
        /// The checkpoint's size.
        new: u64,
    },
    /// The witness does not watch this log.
    #[error("this witness does not watch the log of that origin")]
    UnknownOrigin,
    /// No trusted key has signed the checkpoint, or a trusted key's signature is wrong.
    #[error("{0}")]
    NotSigned(CheckpointError),
    /// The old size is not that of the checkpoint that was cosigned last.
    #[error("the checkpoint that was cosigned last has the size {known}")]
    Conflict {
        /// Size of the checkpoint that was cosigned last.
        known: u64,
    },
    /// The tree of the size that was cosigned last has another root.
    #[error("a checkpoint of the size {known} and another root was cosigned: the log has forked")]
    Fork {
        /// Size of the checkpoint that was cosigned last.
        known: u64,
    },
    /// The empty tree has another root.
    #[error("the checkpoint is of an empty tree, but its root is not that of the empty tree")]
    NotEmpty,
    /// The proof does not show the old tree to begin the new one.
    #[error("the consistency proof does not hold: {0}")]
    BadProof(InvalidProof),
}

impl Refusal {
    /// The HTTP status to answer with.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Malformed(_) | Self::OldPastNew { .. } => 400,
            Self::NotSigned(_) => 403,
            Self::UnknownOrigin => 404,
            Self::Conflict { .. } | Self::Fork { .. } => 409,
            Self::NotEmpty | Self::BadProof(_) => 422,
        }
    }

    /// The size to answer with, where the body is one ([`SIZE_CONTENT_TYPE`]).
    #[must_use]
    pub const fn known_size(&self) -> Option<u64> {
        match self {
            Self::Conflict { known } | Self::Fork { known } => Some(*known),
            _ => None,
        }
    }
}

/// Whether a witness may cosign: `keys` are those it trusts for the checkpoint's origin, `None` when it
/// does not watch that log, and `latest` is what it cosigned last of it. The caller looks both up, calls
/// this and makes the checkpoint durable in one step, that no other request comes between.
///
/// # Errors
/// When it must not.
pub fn may_cosign(
    request: &AddCheckpoint,
    keys: Option<&[VerifierKey]>,
    latest: Latest,
) -> Result<(), Refusal> {
    let new = Latest::from(request.checkpoint.checkpoint());
    let keys = keys.ok_or(Refusal::UnknownOrigin)?;
    request.checkpoint.note().verify(keys).map_err(|fault| Refusal::NotSigned(fault.into()))?;
    if request.old_size > new.size {
        return Err(Refusal::OldPastNew { old: request.old_size, new: new.size });
    }
    if request.old_size != latest.size {
        return Err(Refusal::Conflict { known: latest.size });
    }
    if new.size == 0 && new.root != EMPTY_ROOT {
        return Err(Refusal::NotEmpty);
    }
    if new.size == latest.size && new.root != latest.root {
        return Err(Refusal::Fork { known: latest.size });
    }
    verify_consistency(&request.proof, (latest.size, &latest.root), (new.size, &new.root))
        .map_err(Refusal::BadProof)
}

/// The size in the body of a 409 answer; `None` when it is none.
#[must_use]
pub fn parse_known_size(body: &[u8]) -> Option<u64> {
    let mut rest = body;
    let size = decimal(take_line(&mut rest)?)?;
    (rest.is_empty() && size <= TREE_SIZE_MAX).then_some(size)
}
