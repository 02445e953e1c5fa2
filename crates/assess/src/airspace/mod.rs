//! Aircraft tracks held against `no-fly` clauses.
//!
//! [`Airspace`] is built once from a pack. [`Dispatch`] sees every track point in merged order
//! and hands each to the [`Shard`] that follows its aircraft, a [`Block`] at a time;
//! [`Airspace::conclude`] joins the shards. How many shards there are, and where blocks end,
//! changes no output: an aircraft's state depends on its own points and on the latest instant
//! of all points before each of them, which the block tells.
//!
//! A position is a disc of its stated 95 percent error; between two positions an aircraft
//! strays from the straight line by what its speed and acceleration allow. A volume is
//! breached only by a position that lies deeper in it than its error reaches; whatever could
//! have been inside and cannot be told is `Undetermined`; whoever passed near or through the
//! area without being in the volume is `Clear`, with the margin.

mod active;
mod authorised;
mod conclude;
mod contact;
mod coverage;
mod crowd;
mod dispatch;
mod flight;
mod happened;
mod nearby;
mod packed;
mod picture;
mod quality;
mod recall;
mod roster;
mod shard;
pub(crate) mod sightings;
mod sketch;
mod standing;
mod volumes;
mod warning;

pub use conclude::{Conclusion, Seen};
pub use dispatch::{Block, Dispatch, RUN_POINTS_MAX};
pub use happened::{Found, Happened};
pub use picture::{AirTally, AirspacePicture, heed};
pub use shard::Shard;
pub use sketch::{Sketch, Sketches};
pub use volumes::{Airspace, Feed, Setting};
