//! Checkpoints (c2sp.org/tlog-checkpoint): a log's origin, size and root, as the text of a signed note.

use std::fmt;

use crate::hash::{EMPTY_ROOT, Hash};
use crate::key::VerifierKey;
use crate::note::{Note, NoteError};
use crate::sign::NoteSigner;
use crate::tile::{TREE_SIZE_MAX, decimal};

/// Bytes of the longest origin (c2sp.org/tlog-cosignature, `log_origin`).
pub const ORIGIN_BYTES_MAX: usize = 255;

/// Why a note is no checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// It is no note, or none that is signed.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Fewer than three lines, or no line feed at the end.
    #[error("a checkpoint has three lines: origin, tree size, root hash")]
    Lines,
    /// The first line is empty or longer than [`ORIGIN_BYTES_MAX`].
    #[error("the origin, on line 1, has 1 to {ORIGIN_BYTES_MAX} bytes")]
    Origin,
    /// The second line is no number, has leading zeros, or is past [`TREE_SIZE_MAX`].
    #[error("the tree size, on line 2, is a decimal number below 2^63 without leading zeros")]
    Size,
    /// The third line is no hash.
    #[error("the root hash, on line 3, is 32 bytes in canonical base64")]
    Root,
    /// The root of an empty tree is not the hash of nothing.
    #[error("the tree is empty, but its root is not that of the empty tree")]
    NotEmpty,
    /// An extension line is empty.
    #[error("line {line} is empty: an extension line is not")]
    Extension {
        /// The line, from 1.
        line: usize,
    },
    /// It is another log's.
    #[error("the checkpoint is of {found}, not of {wanted}")]
    WrongOrigin {
        /// The origin that it has.
        found: String,
        /// The origin that was asked for.
        wanted: String,
    },
}

/// The state of a log: so many leaves, with this root.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Checkpoint {
    /// Which log.
    pub origin: String,
    /// Leaves of the tree.
    pub size: u64,
    /// Root of the tree.
    pub root: Hash,
    /// Lines that no monitor can check; none, if the log follows the specification's advice.
    pub extensions: Vec<String>,
}

impl Checkpoint {
    /// The state of a log, without extension lines.
    #[must_use]
    pub fn new(origin: &str, size: u64, root: Hash) -> Self {
        Self { origin: origin.to_owned(), size, root, extensions: Vec::new() }
    }

    /// From the text of a note.
    ///
    /// # Errors
    /// When a line is not what it has to be.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let text = text.strip_suffix('\n').ok_or(CheckpointError::Lines)?;
        let mut lines = text.split('\n');
        let mut next = || lines.next().ok_or(CheckpointError::Lines);
        let (origin, size, root) = (next()?, next()?, next()?);
        if origin.is_empty() || origin.len() > ORIGIN_BYTES_MAX {
            return Err(CheckpointError::Origin);
        }
        let size =
            decimal(size).filter(|size| *size <= TREE_SIZE_MAX).ok_or(CheckpointError::Size)?;
        let root = Hash::from_base64(root).ok_or(CheckpointError::Root)?;
        let extensions: Vec<String> = lines.map(str::to_owned).collect();
        if let Some(n) = extensions.iter().position(String::is_empty) {
            return Err(CheckpointError::Extension { line: 4 + n });
        }
        Ok(Self { origin: origin.to_owned(), size, root, extensions })
    }
}

/// The text of the note.
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, self.root)?;
        self.extensions.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// A checkpoint with the signatures on it, verified or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: Note,
}

impl SignedCheckpoint {
    /// Signs a checkpoint as its log.
    ///
    /// # Errors
    /// When the checkpoint could not be read back.
    pub fn sign(checkpoint: &Checkpoint, log: &NoteSigner) -> Result<Self, CheckpointError> {
        let text = checkpoint.to_string();
        if Checkpoint::parse(&text)? != *checkpoint {
            return Err(CheckpointError::Lines);
        }
        let mut note = Note::new(&text).ok_or(CheckpointError::Lines)?;
        note.add(log.sign(&text));
        Ok(Self { checkpoint: checkpoint.clone(), note })
    }

    /// From the bytes of a note.
    ///
    /// # Errors
    /// When they are no note, or its text no checkpoint.
    pub fn parse(bytes: &[u8]) -> Result<Self, CheckpointError> {
        let note = Note::parse(bytes)?;
        Ok(Self { checkpoint: Checkpoint::parse(note.text())?, note })
    }

    /// What it says.
    #[must_use]
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The note, with the signatures.
    #[must_use]
    pub const fn note(&self) -> &Note {
        &self.note
    }

    /// The note, to add signatures to. Its text stays.
    pub const fn note_mut(&mut self) -> &mut Note {
        &mut self.note
    }

    /// Checks that the checkpoint is of the log `origin` and that one of its keys has signed it.
    ///
    /// # Errors
    /// When it is another log's, or is not signed as it has to be.
    pub fn verify(&self, origin: &str, keys: &[VerifierKey]) -> Result<(), CheckpointError> {
        if self.checkpoint.origin != origin {
            let (found, wanted) = (self.checkpoint.origin.clone(), origin.to_owned());
            return Err(CheckpointError::WrongOrigin { found, wanted });
        }
        self.note.verify(keys)?;
        if self.checkpoint.size == 0 && self.checkpoint.root != EMPTY_ROOT {
            return Err(CheckpointError::NotEmpty);
        }
        Ok(())
    }
}

/// The bytes of the note.
impl fmt::Display for SignedCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.note, f)
    }
}
