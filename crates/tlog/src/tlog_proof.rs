//! Proofs that verify offline (c2sp.org/tlog-proof): an entry's number, its inclusion proof and the
//! checkpoint with its cosignatures, in one text.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::checkpoint::{CheckpointError, SignedCheckpoint};
use crate::hash::Hash;
use crate::key::VerifierKey;
use crate::note::NOTE_BYTES_MAX;
use crate::proof::{InvalidProof, PROOF_HASHES_MAX, verify_inclusion};
use crate::quorum::{Quorum, Standing};
use crate::tile::decimal;
use crate::witness::{HashesFlaw, parse_hashes, take_line};

/// The first line.
const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// Bytes of the longest extra data.
pub const EXTRA_BYTES_MAX: usize = 96 * 1024;

/// Bytes of the longest proof.
pub const TLOG_PROOF_BYTES_MAX: usize = NOTE_BYTES_MAX + EXTRA_BYTES_MAX / 3 * 4 + 8 * 1024;

/// Why bytes are no proof, or prove nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofError {
    /// Longer than [`TLOG_PROOF_BYTES_MAX`].
    #[error("the proof has {bytes} bytes; {TLOG_PROOF_BYTES_MAX} are the most")]
    TooLong {
        /// Bytes of the proof.
        bytes: usize,
    },
    /// The first line is another.
    #[error("the first line is not `{HEADER}`")]
    Header,
    /// The extra data is not canonical base64, or longer than [`EXTRA_BYTES_MAX`].
    #[error("the extra data is not canonical base64 of at most {EXTRA_BYTES_MAX} bytes")]
    Extra,
    /// No line says the entry's number.
    #[error("no line reads `index` and a number without leading zeros")]
    Index,
    /// A line of the inclusion proof is no hash.
    #[error("line {line} is no hash of 32 bytes in canonical base64")]
    Hash {
        /// The line, from 1.
        line: usize,
    },
    /// More than [`PROOF_HASHES_MAX`] hashes.
    #[error("the inclusion proof has more than {PROOF_HASHES_MAX} lines")]
    TooManyHashes,
    /// No empty line with a checkpoint after it.
    #[error("no empty line and checkpoint follow the inclusion proof")]
    NoCheckpoint,
    /// The checkpoint is none, another log's, or not signed as it has to be.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The entry is not where the proof says.
    #[error(transparent)]
    Inclusion(#[from] InvalidProof),
}

/// A proof that verifies offline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlogProof {
    /// What an application put beside the proof. Nothing vouches for it.
    pub extra: Option<Vec<u8>>,
    /// The entry's number.
    pub index: u64,
    /// The inclusion proof.
    pub hashes: Vec<Hash>,
    /// The checkpoint of the tree that it leads to.
    pub checkpoint: SignedCheckpoint,
}

impl TlogProof {
    /// From its bytes.
    ///
    /// # Errors
    /// When they are not of the form.
    pub fn parse(bytes: &[u8]) -> Result<Self, TlogProofError> {
        if bytes.len() > TLOG_PROOF_BYTES_MAX {
            return Err(TlogProofError::TooLong { bytes: bytes.len() });
        }
        let mut rest = bytes;
        if take_line(&mut rest) != Some(HEADER) {
            return Err(TlogProofError::Header);
        }
        let mut line = take_line(&mut rest).ok_or(TlogProofError::Index)?;
        let mut first_hash = 3;
        let extra = match line.strip_prefix("extra ") {
            Some(extra) => {
                line = take_line(&mut rest).ok_or(TlogProofError::Index)?;
                first_hash = 4;
                Some(parse_extra(extra)?)
            }
            None => None,
        };
        let index = line.strip_prefix("index ").and_then(decimal).ok_or(TlogProofError::Index)?;
        let hashes = parse_hashes(&mut rest, first_hash).map_err(|flaw| match flaw {
            HashesFlaw::TooMany => TlogProofError::TooManyHashes,
            HashesFlaw::NotEnded => TlogProofError::NoCheckpoint,
            HashesFlaw::NoHash { line } => TlogProofError::Hash { line },
        })?;
        let checkpoint = SignedCheckpoint::parse(rest)?;
        Ok(Self { extra, index, hashes, checkpoint })
    }

    /// Verifies that the log `origin`, by one of its `keys`, has the entry with this leaf hash, and says
    /// how the witnesses stand to the checkpoint at `now_s`, in seconds of POSIX. Whether that is
    /// [enough](Standing::is_reached) is for the caller to require.
    ///
    /// # Errors
    /// When the log has not signed it, the entry is not there, or a witness's cosignature is false.
    pub fn verify<'q>(
        &self,
        leaf: &Hash,
        (origin, keys): (&str, &[VerifierKey]),
        quorum: &'q Quorum,
        now_s: u64,
    ) -> Result<Standing<'q>, TlogProofError> {
        self.checkpoint.verify(origin, keys)?;
        let checkpoint = self.checkpoint.checkpoint();
        verify_inclusion(&self.hashes, self.index, leaf, checkpoint.size, &checkpoint.root)?;
        let standing = quorum.standing(self.checkpoint.note(), now_s);
        standing.map_err(|fault| CheckpointError::from(fault).into())
    }
}

/// The text of the proof; files of it end in `.tlog-proof`.
impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", STANDARD.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.hashes.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

fn parse_extra(text: &str) -> Result<Vec<u8>, TlogProofError> {
    let extra = STANDARD.decode(text).map_err(|_| TlogProofError::Extra)?;
    if extra.len() <= EXTRA_BYTES_MAX { Ok(extra) } else { Err(TlogProofError::Extra) }
}
