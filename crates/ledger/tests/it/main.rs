//! The only writer of the record, against a real disk.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod admit;
mod failing;
mod fsck;
mod group;
mod index;
mod keeper;
mod key;
mod logs;
mod mirrors;
mod private;
mod real_disk;
mod record;
mod served;
mod vault;
mod witnesses;
