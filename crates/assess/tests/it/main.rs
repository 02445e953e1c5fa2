//! The assessor from outside: worlds small enough to know the answer.

#![allow(clippy::unwrap_used, reason = "a world that cannot be built fails its test")]

mod airspace;
mod conformance;
mod distrust;
mod fusion;
mod incidents;
mod intervals;
mod kept_back;
mod microphones;
mod observers;
mod periods;
mod reconcile;
mod reported;
mod southern_syria;
mod unseen;
mod verification;
mod world;
