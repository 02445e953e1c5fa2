//! Alerts: fast, provisional, for the duty officer now. What is recorded is a finding.

use agreement::{Address, AreaId, ClauseId, SensorId};
use serde_json::{Value, json};
use spacetime::Instant;

/// What the duty officer is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertKind {
    /// Area proximity warning: entry is predicted within the look-ahead, and was confirmed.
    Approaching,
    /// Area proximity warning: entry is predicted at once.
    Imminent,
    /// The aircraft is inside, by its reported position.
    Infringement,
    /// The aircraft may be inside: its position or height is too poor or contested to tell.
    PossibleInfringement,
    /// The warning or infringement is over.
    Ended,
    /// The aircraft was near a volume and is not heard of any more.
    TrackLost,
    /// The feed fell silent.
    FeedSilent,
}

impl AlertKind {
    /// Stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Approaching => "approaching",
            Self::Imminent => "imminent",
            Self::Infringement => "infringement",
            Self::PossibleInfringement => "possible-infringement",
            Self::Ended => "ended",
            Self::TrackLost => "track-lost",
            Self::FeedSilent => "feed-silent",
        }
    }
}

/// One alert.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Alert {
    /// The instant of the record that raised it.
    pub raised_at: Instant,
    /// What.
    pub kind: AlertKind,
    /// Which aircraft, if it is about one.
    pub aircraft: Option<Address>,
    /// Under which clause and in which area, if it is about one.
    pub clause: Option<(ClauseId, AreaId)>,
    /// When entry is predicted, for a warning.
    pub entry_predicted_at: Option<Instant>,
    /// Which feed, if it is about one: number of the input and its sensor.
    pub feed: Option<(u16, Option<SensorId>)>,
}

impl Alert {
    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "aircraft": self.aircraft.map(|a| a.to_string()),
            "area": self.clause.as_ref().map(|(_, area)| area),
            "clause": self.clause.as_ref().map(|(clause, _)| clause),
            "entry_predicted_at": self.entry_predicted_at.map(|at| at.to_string()),
            "feed": self.feed.as_ref().map(|(input, _)| input),
            "kind": self.kind.code(),
            "provisional": true,
            "raised_at": self.raised_at.to_string(),
            "sensor": self.feed.as_ref().and_then(|(_, sensor)| sensor.as_ref()),
        })
    }
}
