//! Who told whom of what must not be harmed, and what they answered.

use std::collections::BTreeSet;

use spacetime::{Instant, Interval, Position};

use super::super::fields::{fields, one_of, word_fields};
use crate::canonical::Digest;
use crate::id::{AreaId, PartyId};
use crate::protected::Protected;
use crate::report::AuthorisedFlight;
use crate::words::words;

/// A site, a movement or a flight made known to those who must not harm it. That it is not
/// acknowledged, or not notified at all, removes no protection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Its name where it was made.
    pub id: String,
    /// As long as it holds.
    pub in_force: Interval,
    /// What it is about.
    pub of: Notified,
    /// Who is told.
    pub recipients: BTreeSet<PartyId>,
    /// The notification that this one takes the place of.
    pub replaces: Option<Digest>,
}
fields!(Notification { id, in_force, of, recipients, replaces });

/// What a notification is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notified {
    /// A place that stays where it is.
    Site(NotifiedSite),
    /// People or goods under way on the ground.
    Movement(NotifiedMovement),
    /// Somebody in the air.
    Flight(NotifiedFlight),
}
one_of!(Notified { Site = "site", Movement = "movement", Flight = "flight" });

/// A place that stays where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotifiedSite {
    /// What it is: a hospital, a school, a warehouse.
    pub kind: String,
    /// What people call it.
    pub name: String,
    /// Its middle.
    pub position: Protected<Position>,
    /// How far it reaches from there, metres.
    pub radius_m: u32,
}
fields!(NotifiedSite { kind, name, position, radius_m });

/// People or goods under way on the ground.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotifiedMovement {
    /// What for.
    pub purpose: String,
    /// How many vehicles.
    pub vehicles: u32,
    /// Where it will be when, in order.
    pub stops: Vec<Stop>,
}
fields!(NotifiedMovement { purpose, vehicles, stops });

/// A place on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Where.
    pub position: Protected<Position>,
    /// Between when and when.
    pub when: Interval,
}
fields!(Stop { position, when });

/// Somebody in the air. To be notified of is not to be permitted: it lifts no `no-fly` clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotifiedFlight {
    /// How it is recognised.
    pub flights: Vec<AuthorisedFlight>,
    /// What for.
    pub purpose: String,
    /// Where it will be when, in order.
    pub stops: Vec<Stop>,
}
fields!(NotifiedFlight { flights, purpose, stops });

/// A recipient has understood a notification. Silence is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// Digest of the notification.
    pub notification: Digest,
    /// Read back in the recipient's words, so that a slip shows.
    pub read_back: Option<String>,
    /// When it was understood.
    pub understood_at: Instant,
}
fields!(Acknowledgement { notification, read_back, understood_at });

/// A recipient does not accept a notification. It removes no protection either.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// Digest of the notification.
    pub notification: Digest,
    /// Why.
    pub reason: String,
}
fields!(Objection { notification, reason });

words! {
/// What became of a movement.
MovementEvent {
    /// It set out.
    Departed = "departed",
    /// It passed a place on its way.
    Passed = "passed",
    /// Somebody did not let it on.
    Denied = "denied",
    /// It is where it was going.
    Arrived = "arrived",
}
}
word_fields!(MovementEvent, LineEvent);

/// A notified movement departed, passed, was denied, arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// When.
    pub at: Instant,
    /// Who denied it, as the source names them.
    pub by: Option<String>,
    /// What became of it.
    pub event: MovementEvent,
    /// Whatever else has to be said.
    pub note: Option<String>,
    /// Digest of the notification.
    pub notification: Digest,
    /// Where.
    pub position: Option<Protected<Position>>,
}
fields!(Movement { at, by, event, note, notification, position });

words! {
/// What happened on the deconfliction line.
LineEvent {
    /// The line came into use.
    Opened = "opened",
    /// One side called the other.
    Called = "called",
    /// What was said was read back.
    ReadBack = "read-back",
    /// One side does not answer for now.
    Suspended = "suspended",
}
}

/// A call on the deconfliction line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineCall {
    /// Digest of the statement or alert that it was about.
    pub about: Option<Digest>,
    /// The area it was about.
    pub area: Option<AreaId>,
    /// When.
    pub at: Instant,
    /// What happened.
    pub event: LineEvent,
    /// What was said.
    pub text: Option<String>,
    /// Who was at the other end.
    pub with: PartyId,
}
fields!(LineCall { about, area, at, event, text, with });
