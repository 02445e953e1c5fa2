//! Hostile bytes, text and columns to track points and reports: one file per feed.
//!
//! **In scope.** Raw Mode S frames (AVR, JSON lines, Beast), SBS-1, readsb's JSON, state
//! vectors as CSV and Parquet; reports as lines, tables and submissions of a form, that form itself, duty
//! records and flight authorisations ([`reports`]); merging many
//! inputs into one stream whose order does not depend on how they were named.
//!
//! **Out of scope.** Trust, storage, clocks, and judging what a record means: jumps, frozen
//! positions and time running backwards are for `assess` to see, so they are passed on.
//!
//! **Invariants.**
//! - No input makes this crate panic, and a bad record never loses a good one: it becomes a
//!   [`Rejection`] with a stable code, its place, the reason and a repair.
//! - Memory is bounded by the constants in [`limits`], whatever the length of the input.
//! - Units and references are those the format states; where it leaves one open (the clock of
//!   a Beast feed, the zone of SBS) the caller says which, or the input is rejected as a whole.
//! - No message holds a coordinate.

pub mod adsb;
pub mod avr;
pub mod background;
pub mod beast;
pub mod clock;
pub mod feed;
pub mod hex;
pub mod jsonl_frames;
pub mod limits;
pub mod lines;
pub mod merge;
pub mod open;
pub mod points;
pub mod readsb;
pub mod rejection;
pub mod reports;
pub mod sbs;
pub mod state_vectors;
pub mod state_vectors_csv;
pub mod state_vectors_parquet;
pub mod units;
pub mod zone;

pub use feed::{Batch, Fault, Feed, Options};
pub use rejection::{Code, Rejection, Tally};
