//! What headers say to everybody, by kind: as little as each kind allows.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use spacetime::{Instant, Interval};

use super::fields::{Field, fields, word_fields};
use super::header::Header;
use super::kind::Kind;
use super::refusal::Refusal;
use crate::canonical::Digest;
use crate::id::{ClauseId, DeviceId, PartyId};
use crate::statement_codes;
use crate::words::words;

statement_codes! {
    KIND_UNKNOWN = "kind-unknown", "the kind is not known here",
        "read it with a version of the software that knows it; until then it counts for nothing";
    BODY_MISSING = "body-missing", "the kind has a body, and the header is bound to none",
        "commit to the body under a salt";
    BODY_UNWANTED = "body-unwanted", "the kind has no body, and the header is bound to one",
        "leave the body out: all of it stands in the header";
}

/// A version of the agreement comes into force; its files are in the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adopted {
    /// Digest of the canonical pack ([`AgreementVersion`](crate::party::AgreementVersion)).
    pub version: Digest,
}
fields!(Adopted { version });

/// A device's key joins the roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolled {
    /// The device; its name was never on the roster before.
    pub enrolled: DeviceId,
    /// Whose it is.
    pub party: PartyId,
    /// Its public key.
    pub ed25519: [u8; 32],
}
fields!(Enrolled { enrolled, party, ed25519 });

words! {
/// Why a key leaves the roster.
RevocationReason {
    /// Somebody else has it, or may have. Whatever it signed that was not sequenced or cosigned
    /// before `since` is contested.
    Compromise = "compromise",
    /// It is no longer used. What it signed stands.
    Retired = "retired",
}
}

/// A device's key leaves the roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// The device.
    pub revoked: DeviceId,
    /// Why.
    pub reason: RevocationReason,
    /// Since when it is compromised, if that is known; otherwise nothing of it is certain.
    pub since: Option<Instant>,
}
fields!(Revoked { revoked, reason, since });

/// Some seconds of one sensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentRoot {
    /// Merkle root over the salted rows, so that one row can be shown alone.
    pub root: Digest,
    /// How many rows.
    pub rows: u64,
}
fields!(SegmentRoot { root, rows });

/// Takes the place of an earlier statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrects {
    /// The root over the rows that stand instead, where it is a track segment: one of them can be shown
    /// alone as one of any segment.
    pub segment: Option<SegmentRoot>,
    /// The statement that counts no more.
    pub supersedes: Digest,
}
fields!(Corrects { segment, supersedes });

/// What was found on the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// The version of the agreement.
    pub agreement_version: Digest,
    /// Clauses judged as if they had been adopted.
    pub as_if_adopted: BTreeSet<ClauseId>,
    /// For whom it was made: it read no body that they may not open.
    pub audience: String,
    /// How many findings.
    pub findings: u64,
    /// The time that was looked at.
    pub period: Interval,
    /// Merkle root over the canonical findings in their one order.
    pub root: Digest,
    /// Digest of the rules.
    pub rules: Digest,
    /// How many entries of the record it was made from.
    pub tree_size: u64,
}
fields!(Assessment {
    agreement_version,
    as_if_adopted,
    audience,
    findings,
    period,
    root,
    rules,
    tree_size,
});

/// What a determination or a response is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// Digest of the finding or statement.
    pub about: Digest,
}
fields!(About { about });

words! {
/// Why a body was destroyed.
ErasureReason {
    /// It could get somebody hurt.
    Safety = "safety",
    /// Whoever it is about has asked for it.
    Request = "request",
    /// The time for which it may be kept is over.
    Retention = "retention",
    /// A court or a law demands it.
    Law = "law",
}
}

/// A body was destroyed; the proof that there was one stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erased {
    /// Digest of the statement whose body it was.
    pub erased: Digest,
    /// Why.
    pub reason: ErasureReason,
}
fields!(Erased { erased, reason });

/// Time has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticked {
    /// The time by the ledger's clock.
    pub at: Instant,
}
fields!(Ticked { at });

/// A cell of the private lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The period in whose batch it stands.
    pub period: u64,
}
fields!(Cell { period });

/// Nothing at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Nothing {}
fields!(Nothing {});

word_fields!(RevocationReason, ErasureReason);

macro_rules! said {
    ($($variant:ident($held:ty), $body:ident;)*) => {
        /// The public part of a statement, by kind.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Said {
            $(#[doc = concat!("Of a [`Kind::", stringify!($variant), "`].")] $variant($held),)*
        }

        impl Said {
            /// What a header says, and that it has a body if its kind has one.
            ///
            /// # Errors
            /// When its kind is not known, or it says something else than its kind says.
            pub fn of(header: &Header) -> Result<Self, Refusal> {
                let body = match &header.kind {
                    $(Kind::$variant => HasBody::$body,)*
                    Kind::Unknown(_) => return Err(Refusal::new(&KIND_UNKNOWN).within("kind")),
                };
                let said = Self::read(&header.kind, Value::Object(header.said.clone()));
                let said = said.map_err(|why| why.within("said"))?;
                match (body, header.body) {
                    (HasBody::Always, None) => Err(Refusal::new(&BODY_MISSING).within("body")),
                    (HasBody::Never, Some(_)) => Err(Refusal::new(&BODY_UNWANTED).within("body")),
                    _ => Ok(said),
                }
            }

            /// What statements of a kind say, from JSON that was read strictly.
            ///
            /// # Errors
            /// When they do not say that.
            pub fn read(kind: &Kind, said: Value) -> Result<Self, Refusal> {
                match kind {
                    $(Kind::$variant => <$held>::from_json(said).map(Self::$variant),)*
                    Kind::Unknown(_) => Err(Refusal::new(&KIND_UNKNOWN)),
                }
            }

            /// Of which kind it is.
            #[must_use]
            pub const fn kind(&self) -> Kind {
                match self {
                    $(Self::$variant(_) => Kind::$variant,)*
                }
            }

            /// The members of a header's `said`.
            #[must_use]
            pub fn to_members(&self) -> Map<String, Value> {
                let value = match self {
                    $(Self::$variant(held) => held.to_json(),)*
                };
                match value {
                    Value::Object(members) => members,
                    _ => unreachable!("what is said is an object"),
                }
            }
        }
    };
}

enum HasBody {
    Always,
    Never,
    Maybe,
}

said! {
    AgreementAdopted(Adopted), Always;
    KeyEnrolled(Enrolled), Never;
    KeyRevoked(Revoked), Never;
    TrackSegment(SegmentRoot), Always;
    Report(Nothing), Always;
    Authorisation(Nothing), Always;
    Correction(Corrects), Maybe;
    Duty(Nothing), Always;
    Notification(Nothing), Always;
    Acknowledgement(Nothing), Always;
    Objection(Nothing), Always;
    Movement(Nothing), Always;
    Delivery(Nothing), Always;
    AccessConstraint(Nothing), Always;
    ControlMap(Nothing), Always;
    Assessment(Assessment), Maybe;
    Determination(About), Always;
    Response(About), Always;
    LineCall(Nothing), Always;
    Disclosure(Nothing), Always;
    Erasure(Erased), Never;
    Tick(Ticked), Never;
    Private(Cell), Maybe;
}
