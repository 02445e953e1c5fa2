//! A seeded world that drives the real crates.
//!
//! **In scope.** A disk that loses whatever POSIX lets a disk lose and fails wherever it is told to
//! ([`disk`]), a clock that jumps ([`world`]), a network that loses, doubles, delays, reorders and cuts.
//! Runs that append, publish, stop and start again, and after each start hold the record against what
//! was acknowledged ([`record`]); the same of a ledger that many hand in to while it writes ([`group`]), of a
//! keeper with admission, vault, private lane and index ([`keeping`]); and of a host that may show two views, its witnesses and its mirrors ([`parties`]).
//! Worlds that break one promise each, so that it is known that the runs would notice ([`careless`]).
//! Worlds of observers whose reports are about a known truth ([`observers`]), to fuse and to practise with.
//!
//! **Out of scope.** Anything that the program runs on.
//!
//! **Invariants.** A run is a function of its seed: no clock, no thread whose order matters, no
//! randomness from the machine. What fails prints the seed that repeats it.

pub mod careless;
pub mod disk;
pub mod group;
pub mod keeping;
mod log;
pub mod observers;
pub mod parties;
pub mod record;
pub mod runs;
pub mod seed;
pub mod world;
