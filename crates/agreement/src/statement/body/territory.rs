//! Who holds which ground.

use spacetime::{Instant, Position};

use super::super::fields::fields;
use crate::id::PartyId;

/// Who holds which ground at one time, according to one source. What no area covers is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlMap {
    /// The time it is drawn for.
    pub as_of: Instant,
    /// Its name where it was made.
    pub id: String,
    /// The ground, in no order that means anything.
    pub areas: Vec<HeldArea>,
}
fields!(ControlMap { as_of, id, areas });

/// Ground in one hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldArea {
    /// Whose; none for contested or held by nobody.
    pub holder: Option<PartyId>,
    /// The first ring is its edge, the others holes; each closes itself.
    pub rings: Vec<Vec<Position>>,
}
fields!(HeldArea { holder, rings });
