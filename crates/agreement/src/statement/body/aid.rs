//! Aid that came, and aid that was kept away.

use spacetime::{Interval, Position};

use super::super::fields::{fields, word_fields};
use crate::canonical::Digest;
use crate::id::AreaId;
use crate::protected::Protected;
use crate::words::words;

/// Aid was handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The area it counts for.
    pub area: AreaId,
    /// Its name where it was made.
    pub id: String,
    /// Digest of the notification of the movement that brought it.
    pub notification: Option<Digest>,
    /// For how many people.
    pub people: Option<u32>,
    /// Where.
    pub position: Option<Protected<Position>>,
    /// How much.
    pub quantity: Option<Quantity>,
    /// What kind of aid: food, water, health.
    pub sector: String,
    /// When.
    pub when: Interval,
}
fields!(Delivery { area, id, notification, people, position, quantity, sector, when });

/// An amount, as handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quantity {
    /// How many thousandths of the unit.
    pub milli: u64,
    /// Of what: tonne, litre, kit.
    pub unit: String,
}
fields!(Quantity { milli, unit });

words! {
/// How aid was kept away.
Constraint {
    /// It was not let in.
    Denied = "denied",
    /// It had to wait.
    Delayed = "delayed",
    /// It was let in on terms.
    Conditioned = "conditioned",
    /// It was taken.
    Diverted = "diverted",
    /// Fighting was in the way.
    Insecurity = "insecurity",
    /// Snow, floods, broken bridges.
    Physical = "physical",
}
}
word_fields!(Constraint);

/// Aid was kept from going somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessConstraint {
    /// Where to.
    pub area: AreaId,
    /// Who did it, as the source names them.
    pub by: Option<String>,
    /// How.
    pub constraint: Constraint,
    /// Its name where it was made.
    pub id: String,
    /// Whatever else has to be said.
    pub note: Option<String>,
    /// When.
    pub when: Interval,
}
fields!(AccessConstraint { area, by, constraint, id, note, when });
