//! Feeds on real bytes, and on hostile ones.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod codes_from_bytes;
mod feeds;
mod hostile_parquet;
mod merge;
mod real_flight;
mod submissions;
