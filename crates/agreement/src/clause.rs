//! Clauses: executable sentences of an agreement. Who, what act, where, when, except what.
//!
//! The closed set of kinds is that of DESIGN §3. A clause of any kind can be read and
//! checked; which kinds are judged is said by the assessor.

use std::collections::BTreeSet;

use spacetime::altitude::AltitudeLimit;
use spacetime::{Activation, Interval};

use crate::id::{AreaId, ClauseId, PartyId};
use crate::report::Act;

/// Where a clause stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClauseStatus {
    /// On the table; binds nobody.
    Proposed,
    /// Agreed by the quorum the pack names.
    Adopted,
    /// Agreed, and set aside for now.
    Suspended,
    /// No longer in force.
    Lapsed,
}

/// One executable clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// Name within the pack.
    pub id: ClauseId,
    /// What people call it.
    pub title: String,
    /// Which words of the agreement it encodes: article and wording, or where they are found.
    pub encodes: String,
    /// Where it stands.
    pub status: ClauseStatus,
    /// When it is in force; open ends are [`spacetime::Instant::MIN`] and `MAX`.
    pub in_force: Interval,
    /// Where it holds.
    pub areas: BTreeSet<AreaId>,
    /// What it says.
    pub kind: ClauseKind,
}

/// What a clause says, by kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClauseKind {
    /// No aircraft without a matching authorisation inside the 4-D volume.
    NoFly(NoFly),
    /// No listed act between adherents inside the area.
    Ceasefire(Ceasefire),
    /// No listed weapon class nearer to the line than its distance.
    Withdrawal(Withdrawal),
    /// No listed force inside the area.
    NoEntry(NoEntry),
    /// No listed act within the radius of a notified object.
    Protected(ProtectedObjects),
    /// A notified movement is acknowledged in time and passes unhindered.
    SafePassage(SafePassage),
    /// Deliveries cover the stated share of need by a date.
    Aid(Aid),
    /// Control of the area does not change hands.
    Hold(Hold),
    /// A holder has no unbroken path between two borders.
    NoCorridor(NoCorridor),
    /// A named party does a named thing by a date.
    Undertaking(Undertaking),
}

impl ClauseKind {
    /// The kind's name, as packs and findings write it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NoFly(_) => "no-fly",
            Self::Ceasefire(_) => "ceasefire",
            Self::Withdrawal(_) => "withdrawal",
            Self::NoEntry(_) => "no-entry",
            Self::Protected(_) => "protected",
            Self::SafePassage(_) => "safe-passage",
            Self::Aid(_) => "aid",
            Self::Hold(_) => "hold",
            Self::NoCorridor(_) => "no-corridor",
            Self::Undertaking(_) => "undertaking",
        }
    }
}

/// `no-fly`: the band of heights, and the hours, in which nobody may fly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoFly {
    /// Lower limit.
    pub floor: AltitudeLimit,
    /// Upper limit.
    pub ceiling: AltitudeLimit,
    /// When it is active, within the time the clause is in force.
    pub activation: Activation,
    /// The parties whose aircraft are bound; none named means everybody's.
    pub binds: BTreeSet<PartyId>,
}

/// `ceasefire`: what adherents do not do to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ceasefire {
    /// The acts forborne.
    pub acts: BTreeSet<Act>,
    /// Who forbears; acts between two of them, or within one, are inside the clause.
    pub between: BTreeSet<PartyId>,
    /// Whether acts of those against civilians are inside it too.
    pub protects_civilians: bool,
}

/// `withdrawal`: how far from an area's border each class of weapon stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawal {
    /// Who withdraws.
    pub binds: BTreeSet<PartyId>,
    /// Weapon class and its distance in metres.
    pub distances_m: Vec<(String, u32)>,
}

/// `no-entry`: whose forces stay out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoEntry {
    /// The forces that stay out.
    pub forces: BTreeSet<PartyId>,
}

/// `protected`: acts that may not happen near a notified object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtectedObjects {
    /// The acts.
    pub acts: BTreeSet<Act>,
    /// How near, in metres.
    pub radius_m: u32,
}

/// `safe-passage`: how soon a movement is acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SafePassage {
    /// Who acknowledges.
    pub acknowledged_by: BTreeSet<PartyId>,
    /// Longest delay of an acknowledgement, in seconds.
    pub ack_delay_s_max: u32,
}

/// `aid`: how much of the need is covered by when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aid {
    /// Sector of aid, as HXL `#sector` writes it.
    pub sector: String,
    /// Share of the need to be covered, in thousandths.
    pub share_permille: u16,
    /// By when.
    pub due_at: spacetime::Instant,
}

/// `hold`: who held the area when it was frozen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The holder.
    pub holder: PartyId,
}

/// `no-corridor`: whom no unbroken path may serve, and between what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoCorridor {
    /// The holder.
    pub holder: PartyId,
    /// One end.
    pub from: AreaId,
    /// The other end.
    pub to: AreaId,
}

/// `undertaking`: who does what by when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undertaking {
    /// Who.
    pub party: PartyId,
    /// What, in the agreement's words.
    pub act: String,
    /// By when.
    pub due_at: spacetime::Instant,
}
