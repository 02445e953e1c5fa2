//! The record in a world where things go wrong.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "what a run did is worth reading")]

mod record;
