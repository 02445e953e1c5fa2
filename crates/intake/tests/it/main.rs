//! Feeds on real bytes, and on hostile ones.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod feeds;
mod merge;
mod real_flight;
