//! A record run again: what agrees, what does not, and what cannot be told.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

mod audited;
mod established;
mod gathered;
mod merkle;
mod world;
