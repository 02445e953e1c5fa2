//! What does not add up in the input. Anomalies lower confidence; they are never dropped and
//! never a verdict by themselves.

use agreement::track::Locator;
use agreement::{Address, Digest, SensorId};
use serde_json::{Value, json};
use spacetime::{Instant, Interval};

use crate::coded::coded;

coded! {
/// What does not add up. A closed set with stable codes.
AnomalyKind {
    Jump = "jump", "The next position is farther than anything flies in the time.";
    TwoPlaces = "two-places", "One address sends from two places at once.";
    Frozen = "frozen", "The position stays the same to the last digit while the aircraft reports speed.";
    TimeBackwards = "time-backwards", "The record is older than one already seen of the same aircraft.";
    VelocityDisagrees = "velocity-disagrees", "The reported speed is not that of the positions.";
    HeightStep = "height-step", "Height by satellite and height by pressure moved apart at once.";
    SharedPosition = "shared-position", "Several aircraft send the same position, as when a satellite signal is forged.";
    ContestedCell = "contested-cell", "Too many aircraft here report degraded integrity, as when satellite signals are jammed.";
    QualityUnusable = "quality-unusable", "The sender says that its position has no known accuracy (NACp 0).";
    TrackLost = "track-lost", "The aircraft was not heard of for longer than the limit.";
    FeedSilent = "feed-silent", "Nothing at all came from the feed for longer than the limit.";
    UnknownSide = "unknown-side", "A side named in a report is not known to the agreement.";
    RepeatedReport = "repeated-report", "The report is there already; it counts once.";
    ConflictingReport = "conflicting-report", "Two reports bear the same name and say different things; both are kept.";
}
}

impl AnomalyKind {
    /// Whether it makes the positions around it contested, so that no breach rests on them.
    #[must_use]
    pub const fn contests(self) -> bool {
        matches!(
            self,
            Self::Jump
                | Self::TwoPlaces
                | Self::Frozen
                | Self::VelocityDisagrees
                | Self::HeightStep
                | Self::SharedPosition
                | Self::ContestedCell
        )
    }
}

/// What an anomaly is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AnomalySubject {
    /// One aircraft.
    Aircraft(Address),
    /// One input: its feed, if the pack knows it.
    Feed(u16, Option<SensorId>),
    /// One report, by the source's own name for it.
    Report(String),
    /// A cell of half a degree, by its south-western corner in whole half degrees.
    Cell {
        /// Half degrees east.
        lon_half_deg: i16,
        /// Half degrees north.
        lat_half_deg: i16,
    },
}

/// Something that does not add up, and for how long.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Anomaly {
    /// When.
    pub interval: Interval,
    /// What.
    pub kind: AnomalyKind,
    /// About whom.
    pub subject: AnomalySubject,
    /// How often it was seen in that time.
    pub times: u64,
    /// The first record that shows it.
    pub evidence: Option<Digest>,
    /// Where that stands.
    pub locator: Option<Locator>,
}

impl Anomaly {
    /// As JSON. The locator's input is left to whoever knows the names of the inputs.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let subject = match &self.subject {
            AnomalySubject::Aircraft(address) => json!({ "aircraft": address.to_string() }),
            AnomalySubject::Feed(input, sensor) => json!({ "feed": input, "sensor": sensor }),
            AnomalySubject::Report(id) => json!({ "report": id }),
            AnomalySubject::Cell { lon_half_deg, lat_half_deg } => {
                json!({ "cell_half_deg": [lon_half_deg, lat_half_deg] })
            }
        };
        json!({
            "evidence": self.evidence,
            "from": self.interval.start().to_string(),
            "kind": self.kind.code(),
            "subject": subject,
            "times": self.times,
            "to": self.interval.end().to_string(),
        })
    }

    /// An anomaly of one aircraft at one instant.
    #[must_use]
    pub fn at(kind: AnomalyKind, subject: AnomalySubject, at: Instant) -> Self {
        let end = at.plus(spacetime::Duration::from_micros(1));
        let interval = Interval::new(at, end).unwrap_or(Interval::ALWAYS);
        Self { interval, kind, subject, times: 1, evidence: None, locator: None }
    }
}
