//! The proof that a log signed two checkpoints of which neither can have grown into the other. Whoever
//! knows the log's key can check it, and needs to trust nobody who made it or passed it on.
//!
//! No specification covers this; the text is ours:
//!
//! ```text
//! tlog-split-view/v1
//! first 312                    bytes of the first checkpoint
//! <hash>                       a prefix proof: what the root was in the second checkpoint's tree
//! ...                          at the first one's size; no line where the sizes are equal
//!
//! <the checkpoint with the smaller tree, a signed note><the other one>
//! ```

use std::fmt;

use crate::checkpoint::{CheckpointError, SignedCheckpoint};
use crate::hash::Hash;
use crate::key::VerifierKey;
use crate::note::NOTE_BYTES_MAX;
use crate::proof::{InvalidProof, PROOF_HASHES_MAX, ProofError, prefix_proof, verify_prefix};
use crate::tile::{TileSource, decimal};
use crate::witness::{HashesFlaw, parse_hashes, take_line};

/// The first line.
const HEADER: &str = "tlog-split-view/v1";

/// Bytes of the longest proof.
pub const SPLIT_VIEW_BYTES_MAX: usize = 2 * NOTE_BYTES_MAX + 8 * 1024;

/// Why bytes are no proof of a split view, or prove none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SplitViewError {
    /// Longer than [`SPLIT_VIEW_BYTES_MAX`].
    #[error("the proof has {bytes} bytes; {SPLIT_VIEW_BYTES_MAX} are the most")]
    TooLong {
        /// Bytes of the proof.
        bytes: usize,
    },
    /// The first line is another.
    #[error("the first line is not `{HEADER}`")]
    Header,
    /// The second line does not say how long the first checkpoint is, or the proof ends before it does.
    #[error(
        "line 2 reads `first` and the bytes of the first checkpoint, which all have to be there"
    )]
    First,
    /// A line of the proof is no hash, or there are too many, or no empty line after them.
    #[error(
        "the lines from 3 on are at most {PROOF_HASHES_MAX} hashes, one a line, then an empty line"
    )]
    Hashes,
    /// A checkpoint is none, another log's, or not signed by the log.
    #[error("the {which} checkpoint: {fault}")]
    Checkpoint {
        /// `first` or `second`.
        which: &'static str,
        /// What is wrong with it.
        fault: CheckpointError,
    },
    /// The hashes do not lead to the second checkpoint's root.
    #[error("the proof does not lead to the second checkpoint's root: {0}")]
    Proof(InvalidProof),
    /// The checkpoints can both be of one log that only grew.
    #[error("the two checkpoints are consistent: no split view")]
    Consistent,
}

/// The proof of a split view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitView {
    first: SignedCheckpoint,
    second: SignedCheckpoint,
    proof: Vec<Hash>,
}

impl SplitView {
    /// Compares two checkpoints of a log, in any order, given the tiles of the one with the larger tree.
    /// `None` when the larger tree grew out of the smaller one. Whether the log signed them, and whether
    /// the tiles are those of its checkpoint, [`verify`](Self::verify) says.
    ///
    /// # Errors
    /// When a tile cannot be had.
    pub fn between<S: TileSource>(
        one: &SignedCheckpoint,
        other: &SignedCheckpoint,
        larger_tiles: &mut S,
    ) -> Result<Option<Self>, ProofError<S::Error>> {
        let (one_size, other_size) = (one.checkpoint().size, other.checkpoint().size);
        let (first, second) = if one_size <= other_size { (one, other) } else { (other, one) };
        let (old, new) = (first.checkpoint(), second.checkpoint());
        let proof = if old.size == 0 || old.size == new.size {
            Vec::new()
        } else {
            prefix_proof(old.size, new.size, larger_tiles)?
        };
        let found = Self { first: first.clone(), second: second.clone(), proof };
        Ok(if found.conflict() == Err(SplitViewError::Consistent) { None } else { Some(found) })
    }

    /// The checkpoint with the smaller tree.
    #[must_use]
    pub const fn first(&self) -> &SignedCheckpoint {
        &self.first
    }

    /// The other checkpoint.
    #[must_use]
    pub const fn second(&self) -> &SignedCheckpoint {
        &self.second
    }

    /// From its bytes.
    ///
    /// # Errors
    /// When they are not of the form.
    pub fn parse(bytes: &[u8]) -> Result<Self, SplitViewError> {
        if bytes.len() > SPLIT_VIEW_BYTES_MAX {
            return Err(SplitViewError::TooLong { bytes: bytes.len() });
        }
        let mut rest = bytes;
        if take_line(&mut rest) != Some(HEADER) {
            return Err(SplitViewError::Header);
        }
        let length = take_line(&mut rest).and_then(|line| line.strip_prefix("first "));
        let length = length.and_then(decimal).and_then(|length| usize::try_from(length).ok());
        let length = length.ok_or(SplitViewError::First)?;
        let proof = parse_hashes(&mut rest, 3).map_err(|_: HashesFlaw| SplitViewError::Hashes)?;
        let (first, second) = rest.split_at_checked(length).ok_or(SplitViewError::First)?;
        let parsed = |which, bytes| {
            SignedCheckpoint::parse(bytes)
                .map_err(|fault| SplitViewError::Checkpoint { which, fault })
        };
        Ok(Self { first: parsed("first", first)?, second: parsed("second", second)?, proof })
    }

    /// Checks that the log `origin`, by one of its `keys`, signed both checkpoints, and that neither tree
    /// can have grown into the other.
    ///
    /// # Errors
    /// When it proves no such thing.
    pub fn verify(&self, origin: &str, keys: &[VerifierKey]) -> Result<(), SplitViewError> {
        for (which, checkpoint) in [("first", &self.first), ("second", &self.second)] {
            // An empty tree with a root is a lie by itself, and no second view.
            let signed = checkpoint.verify(origin, keys);
            signed.map_err(|fault| SplitViewError::Checkpoint { which, fault })?;
        }
        self.conflict()
    }

    /// That the two do not go together.
    fn conflict(&self) -> Result<(), SplitViewError> {
        let (old, new) = (self.first.checkpoint(), self.second.checkpoint());
        let root_then = match (old.size, &self.proof[..]) {
            (0, _) => return Err(SplitViewError::Consistent),
            (size, []) if size == new.size => new.root,
            (size, proof) => {
                verify_prefix(proof, size, (new.size, &new.root)).map_err(SplitViewError::Proof)?
            }
        };
        if root_then == old.root { Err(SplitViewError::Consistent) } else { Ok(()) }
    }
}

/// The text of the proof.
impl fmt::Display for SplitView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.first.to_string();
        writeln!(f, "{HEADER}\nfirst {}", first.len())?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{first}{}", self.second)
    }
}
