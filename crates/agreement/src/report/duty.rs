//! Who watched when: without it, fewer reports cannot be told from less observation.

use serde_json::json;
use spacetime::{Instant, Interval, Position};

use crate::canonical::Digest;
use crate::protected::Protected;
use crate::track::Locator;
use crate::words::words;

words! {
/// What became of a watch.
DutyState {
    /// It was kept: whatever could be heard or seen was, and would have been reported.
    On = "on",
    /// It was not kept: equipment down, nobody there, weather.
    Off = "off",
    /// It was not let be kept: somebody denied, delayed or conditioned the observers' movement.
    Denied = "denied",
}
}

/// Who or what watched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Watcher {
    /// An observers' post.
    Post(String),
    /// A sensor.
    Sensor(String),
    /// Observers on the move.
    Patrol(String),
}

impl Watcher {
    /// Its name, as the source writes it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Post(name) | Self::Sensor(name) | Self::Patrol(name) => name,
        }
    }
}

/// That somebody watched for some time, or did not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duty {
    /// The source's own name for the record.
    pub id: String,
    /// Who.
    pub watcher: Watcher,
    /// When.
    pub when: Interval,
    /// Whether they did.
    pub state: DutyState,
    /// How many observers, 1 unless stated; 0 for a sensor nobody attends.
    pub observers: u32,
    /// Where they stood, if the record says so; a post's place is in the pack.
    pub position: Option<Protected<Position>>,
    /// How far they saw and heard, metres, if the record says so.
    pub reach_m: Option<u32>,
    /// When it was handed in, if that is on record.
    pub received_at: Option<Instant>,
    /// Where the record stands.
    pub locator: Locator,
}

impl Duty {
    /// Digest of what it says, without its locator, when it was received and where the observers
    /// stood (see [`super::Report::digest`]).
    #[must_use]
    pub fn digest(&self) -> Digest {
        let kind = match self.watcher {
            Watcher::Post(_) => "post",
            Watcher::Sensor(_) => "sensor",
            Watcher::Patrol(_) => "patrol",
        };
        let said = json!({
            "from": self.when.start().to_string(),
            "id": self.id,
            "observers": self.observers,
            "reach_m": self.reach_m,
            "state": self.state,
            "to": self.when.end().to_string(),
            "watcher": [kind, self.watcher.name()],
        });
        Digest::of(&said).expect("a duty record holds integers and text only")
    }
}
