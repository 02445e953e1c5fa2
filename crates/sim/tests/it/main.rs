//! The record in a world where things go wrong.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod record;
