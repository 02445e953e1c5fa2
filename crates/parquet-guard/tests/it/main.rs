//! What writers make passes; what was changed in it costs an error at most.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod columns;
