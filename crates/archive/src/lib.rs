//! The rows of track segments, kept in Parquet.
//!
//! A `TrackSegment` on the record commits to the root over its salted rows. Where the rows lie is no
//! part of that: a container holds them, by columns, for whoever may open the segments' bodies.
//!
//! **In scope.** Segments to the bytes of a container and back, whole ([`container`]); the names of
//! containers, which carry their digests, and which segments go into which, by the hour ([`name`],
//! [`hours`]); whether a container is what the record says ([`check`](mod@check)).
//!
//! **Out of scope.** Files and folders, keys and opening bodies: bytes come in and go out. What the
//! rows mean.
//!
//! **Invariants.**
//! - A container can be rebuilt: the same segments give the same bytes and the same name, whatever
//!   they lay in before.
//! - Merging changes no root: a segment comes out of a container as it went in, to the bit, with the
//!   secret of its salts, so that any of its rows can be shown alone.
//! - Bytes are decoded only after they have met the digest in their name.

pub mod check;
mod columns;
pub mod container;
pub mod hours;
pub mod name;

pub use check::{Flaw, OnRecord, check};
pub use container::{ContainerFault, Kept, each, heads, read, write};
pub use hours::{Hour, contain};
pub use name::Name;
