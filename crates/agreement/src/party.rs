//! Who an agreement is about, and who may speak under it.

use std::collections::BTreeSet;

use crate::canonical::Digest;
use crate::id::{ClauseId, DeviceId, PartyId};

/// What a party is to the agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Accepted the terms and is bound by them.
    Adherent,
    /// Answers for the compliance of others, and judges in a quorum.
    Guarantor,
    /// Outside the ceasefire's protection: acts by or against it are outside every
    /// ceasefire clause.
    Excluded,
    /// People who take no part in hostilities.
    Civilian,
    /// Watches, with no say in determinations.
    Observer,
    /// Brings aid and notifies sites and movements.
    Humanitarian,
}

/// A party, guarantor or excluded group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Name within the pack.
    pub id: PartyId,
    /// Name as the agreement writes it.
    pub name: String,
    /// What it is to the agreement.
    pub role: Role,
    /// What data sets call it; compared without regard to case and surrounding space.
    pub aliases: BTreeSet<String>,
    /// The guarantors who answer for it.
    pub answered_for_by: BTreeSet<PartyId>,
}

/// A key on the roster. One key a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Name within the pack.
    pub id: DeviceId,
    /// Whose it is.
    pub party: PartyId,
    /// Ed25519 public key.
    pub ed25519: [u8; 32],
}

/// How many of whom must agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quorum {
    /// Name within the pack, such as `determination` or `adoption`.
    pub id: String,
    /// How many must agree.
    pub threshold: u32,
    /// Who is asked.
    pub members: BTreeSet<PartyId>,
    /// The clauses it judges; none named means all.
    pub judges: BTreeSet<ClauseId>,
}

/// Witnesses of which some must cosign a checkpoint (k of n, by group).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessGroup {
    /// Name within the pack.
    pub id: String,
    /// How many of the witnesses must have cosigned.
    pub threshold: u32,
    /// Each witness's key name and Ed25519 public key.
    pub witnesses: Vec<Witness>,
}

/// One witness of checkpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Key name as in its cosignatures (signed-note).
    pub name: String,
    /// Who runs it.
    pub party: PartyId,
    /// Ed25519 public key.
    pub ed25519: [u8; 32],
}

/// Somebody to whom bodies may be disclosed; the assessor is one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// Name within the pack.
    pub id: String,
    /// Whose it is.
    pub party: PartyId,
    /// X25519 recipient of the `age` format (`age1...`), as written.
    pub age: String,
    /// Whether it is the assessor.
    pub assessor: bool,
}

/// Digest that names one version of an agreement: that of the canonical pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct AgreementVersion(pub Digest);
