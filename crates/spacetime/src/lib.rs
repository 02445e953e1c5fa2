//! Where and when: positions, heights, instants, areas and 4-D volumes on an integer
//! grid, exact predicates over them, and the zone index.
//!
//! **In scope.** Positions of 1e-7 degree, heights typed by reference, instants in
//! microseconds of UTC, polygons, geodesic circles and buffers, activation times in a
//! named zone, motion along a segment with closed-form entry and exit, deterministic
//! geodesy on pinned libm, and an index over many zones for bulk and streaming use.
//!
//! **Out of scope.** Any word of ceasefires, files, clocks, map projections.
//!
//! **Invariants.**
//! - Every predicate over positions is integer arithmetic; the answer never depends on
//!   the machine, on the winding of a ring or on the vertex it starts at.
//! - Straight edges are straight in longitude and latitude (RFC 7946 §3.1.1); what is
//!   geodesic is densified first, with a stated bound on the error.
//! - Floats appear only where bytes enter (`Position::from_degrees`) and inside
//!   [`geodesy`], on soft-float libm; results are rounded to integers before they leave.

pub mod activation;
pub mod altitude;
pub mod area;
pub mod check;
pub mod climb;
pub mod geodesy;
pub mod index;
pub mod local_time;
pub mod metric;
pub mod mgrs;
pub mod motion;
pub mod outline;
pub mod passage;
pub mod position;
pub mod reach;
pub mod span;
mod sweep;
pub mod time;
pub mod volume;
pub mod way;

pub use activation::{Activation, Days, RecurringHours};
pub use altitude::{
    AltitudeAgl, AltitudeBaro, AltitudeEllipsoid, AltitudeLimit, AltitudeMsl, Height, HeightBounds,
    HeightInterval, MeasuredHeight,
};
pub use area::{Area, AreaFault, Polygon, Ring, Side};
pub use check::{AreaFlaw, FlawKind, RingPlace, check_parts};
pub use climb::{HeightLeg, Held};
pub use geodesy::Geodesic;
pub use local_time::{LocalTime, ZoneFault, ZoneRules, resolve_local, zone_rules};
pub use motion::{Contact, Fix, Leg, LegFault};
pub use outline::{Fit, OutlineFault, buffer, circle};
pub use passage::{Passage, PassageEvent};
pub use position::{BoundingBox, Position, PositionFault};
pub use reach::{deviation_cm, reach_meets};
pub use span::{ClosedSpan, Spans};
pub use time::{Duration, Instant, Interval, TimeFault};
pub use volume::{Volume, VolumeContact};
pub use way::Way;
