//! Who watches: sensors and observers' posts, what they can see, and how well.

use spacetime::altitude::AltitudeMsl;

use crate::id::{AreaId, PartyId, PostId, SensorId};
use crate::protected::Protected;
use spacetime::Position;

/// What a sensor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SensorKind {
    /// Receives what aircraft transmit (ADS-B, Mode S).
    Receiver,
    /// Sees aircraft whether they transmit or not.
    Radar,
    /// Sees the ground.
    Camera,
    /// Hears.
    Microphone,
}

/// A sensor and what can be relied on when its records do not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sensor {
    /// Name within the pack; a feed is named after it.
    pub id: SensorId,
    /// Who runs it.
    pub party: PartyId,
    /// What it is.
    pub kind: SensorKind,
    /// Where it sees, when the pack says so. Without it nothing it did not see is clear.
    pub coverage: Option<Coverage>,
    /// Position error to assume where a record carries no quality: the radius that holds 95
    /// percent (EPU), in centimetres. Without it whatever lies within the feed's worst case
    /// is undetermined.
    pub default_epu_cm: Option<i32>,
    /// The worst position error the feed is thought to make, centimetres.
    pub worst_epu_cm: i32,
}

/// Where something can be seen, and from what height up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// Ground it covers.
    pub area: AreaId,
    /// Lowest height at which it sees all of that area.
    pub floor: AltitudeMsl,
}

/// An observers' post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// Name within the pack.
    pub id: PostId,
    /// Who mans it.
    pub party: PartyId,
    /// Where it stands.
    pub position: Protected<Position>,
    /// How far it sees and hears by day, in metres.
    pub reach_m: u32,
}
