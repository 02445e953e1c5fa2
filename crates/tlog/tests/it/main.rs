//! What a tree, its tiles, its proofs and its texts have to be, from outside the crate.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod golden;
mod peers;
mod signatures;
mod support;
mod texts;
mod tree;
mod witnessing;
