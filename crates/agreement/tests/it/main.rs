//! Packs as files: what is read, what is refused and in which words.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

mod bundled_packs;
mod counted_events;
mod documented;
mod faults;
mod flown_volumes;
mod hostile;
mod small_pack;
mod statements;
mod versions;
