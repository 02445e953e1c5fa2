//! What can go wrong in the vault: what is refused, and what the world did.

use std::io;

use super::sealed::SealFault;
use super::secret::EntropyFault;
use super::shamir::ShareFault;

/// Why nothing came of a request. None of it tells what a body says.
#[derive(Debug, thiserror::Error)]
pub enum VaultFault {
    /// Expected: the request cannot be met as it stands.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The disk, or another part of the world, failed.
    #[error("{place}: {source}")]
    Disk {
        /// File of the vault, or what was done.
        place: String,
        /// What the system said.
        source: io::Error,
    },
    /// A file of the vault is not as it was written.
    #[error(
        "{place}: {what}; restore it from a copy, or run `record fsck` to see what else is lost"
    )]
    Damaged {
        /// File of the vault.
        place: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The system gave no randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyFault),
    /// A write failed before, so that nobody knows what is on disk.
    #[error("a write to the vault failed; open it again, which recovers what was acknowledged")]
    Broken,
    /// The record could not be reached. What was asked stays pending: ask again.
    #[error("the record did not answer: {0}")]
    Record(String),
}

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It was never sealed here.
    #[error("the vault holds no body with that ciphertext")]
    Unknown,
    /// Its key is destroyed.
    #[error("the body was erased, as leaf {leaf} of the record says")]
    Erased {
        /// Leaf of the `Erasure`.
        leaf: u64,
    },
    /// Its erasure was ordered and is not on the record yet.
    #[error("the body is being erased")]
    BeingErased,
    /// Not an `age1...` recipient.
    #[error("the reader's recipient is no X25519 recipient of age")]
    Recipient,
    /// Not an identity that opens what was given.
    #[error("the identity does not open it: it was wrapped to another key, or changed")]
    Identity,
    /// Nothing was asked for, or too much at once.
    #[error("{asked} bodies were asked for at once; from 1 to {max} may be")]
    Many {
        /// Bodies asked for.
        asked: usize,
        /// How many may be.
        max: usize,
    },
    /// What goes on the record is not what is asked for.
    #[error("the claim does not say what is asked for: {0}")]
    SaysOtherwise(&'static str),
    /// The claim that goes on the record is too long to be kept beside the request.
    #[error("the claim has {bytes} bytes, more than {max}")]
    ClaimTooLong {
        /// Its bytes.
        bytes: usize,
        /// How many it may have.
        max: usize,
    },
    /// A key can be split only k of n.
    #[error("a key is split so that {threshold} of {shares} give it back: from 1 to {max} shares")]
    Split {
        /// How many it takes.
        threshold: usize,
        /// Who holds one.
        shares: usize,
        /// Most that may.
        max: u8,
    },
    /// Not a package of the vault.
    #[error("it is no package of the vault: {0}")]
    Package(&'static str),
    /// The package was cut or grew past all bounds.
    #[error("the ciphertext is not the one on the record")]
    NotOnRecord,
    /// Somebody was given another body than the one on the record.
    #[error("the body does not meet the commitment on the record")]
    Commitment,
    /// A cell of the private lane: what stands in it may be the trace of a disclosure.
    #[error("the entry is a cell of the private lane, and these are kept")]
    CellKept,
    /// The record would not have the statement.
    #[error("the record refused the statement: {0}")]
    ByRecord(String),
    /// A ciphertext or a body.
    #[error(transparent)]
    Seal(#[from] SealFault),
    /// A share.
    #[error(transparent)]
    Share(#[from] ShareFault),
}

impl Refusal {
    /// Stable name in kebab-case.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "body-unknown",
            Self::Erased { .. } => "body-erased",
            Self::BeingErased => "body-being-erased",
            Self::Recipient => "recipient-malformed",
            Self::Identity => "identity-does-not-open",
            Self::Many { .. } => "bodies-too-many",
            Self::SaysOtherwise(_) => "claim-says-otherwise",
            Self::ClaimTooLong { .. } => "claim-too-long",
            Self::Split { .. } => "split-impossible",
            Self::Package(_) => "package-malformed",
            Self::NotOnRecord => "ciphertext-not-on-record",
            Self::Commitment => "commitment-not-met",
            Self::CellKept => "cell-kept",
            Self::ByRecord(_) => "refused-by-record",
            Self::Seal(SealFault::TooLong { .. }) => "body-too-long",
            Self::Seal(SealFault::Key) => "ciphertext-does-not-open",
            Self::Seal(_) => "ciphertext-malformed",
            Self::Share(ShareFault::Malformed) => "share-malformed",
            Self::Share(ShareFault::TooFew { .. }) => "shares-too-few",
            Self::Share(ShareFault::Repeated { .. }) => "share-repeated",
            Self::Share(ShareFault::Forged { .. }) => "share-forged",
            Self::Share(ShareFault::DealtWrongly) => "shares-dealt-wrongly",
        }
    }

    /// What whoever asked can do about it.
    #[must_use]
    pub const fn repair(&self) -> &'static str {
        match self {
            Self::Unknown => {
                "take the digest from the entry on the record, and the vault of that record"
            }
            Self::Erased { .. } => "nothing brings it back; the entry and its proof stand",
            Self::BeingErased => "finish the erasure, or wait until it is on the record",
            Self::Recipient => "give a recipient that begins with age1, as age-keygen prints it",
            Self::Identity => "give the identity of the recipient that it was made for",
            Self::Many { .. } => "ask for fewer at once",
            Self::SaysOtherwise(_) => "sign a claim of that statement and that reader",
            Self::ClaimTooLong { .. } => "say it shorter, or name fewer bodies",
            Self::CellKept => "erase bodies of public statements; what is private stays sealed",
            Self::Split { .. } => "name at least as many holders as the threshold",
            Self::Package(_) => "hand over the file as `disclose` wrote it",
            Self::NotOnRecord => {
                "take the package of that leaf; a changed one is a matter for the guarantors"
            }
            Self::Commitment => {
                "keep the package: it shows that another body was handed out than was committed to"
            }
            Self::ByRecord(_) => "mend the statement as the record says",
            Self::Seal(SealFault::TooLong { .. }) => "split the body into several statements",
            Self::Seal(SealFault::Key) => {
                "ask for the package again; if it stays so, the keeper of the vault is at fault"
            }
            Self::Seal(_) => "take the ciphertext as the vault wrote it",
            Self::Share(ShareFault::Malformed) => {
                "hand over the share as `open --pass-to` wrote it"
            }
            Self::Share(ShareFault::TooFew { .. }) => "ask more of the holders for their share",
            Self::Share(ShareFault::Repeated { .. }) => "give each share once",
            Self::Share(ShareFault::Forged { .. }) => "ask that holder again, and tell the others",
            Self::Share(ShareFault::DealtWrongly) => {
                "tell all guarantors: the vault dealt shares that open nothing"
            }
        }
    }
}

impl From<SealFault> for VaultFault {
    fn from(fault: SealFault) -> Self {
        Self::Refused(fault.into())
    }
}

/// Names the place of a fault of the disk.
pub(super) fn at(place: impl Into<String>) -> impl FnOnce(io::Error) -> VaultFault {
    move |source| VaultFault::Disk { place: place.into(), source }
}
