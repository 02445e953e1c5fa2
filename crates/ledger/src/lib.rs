//! The only writer of the record.
//!
//! **In scope.** Letting claims in ([`admit`]). Sequencing in pools that one sync makes durable
//! ([`sequence`], [`pool`]), for many senders at once ([`group`]); publishing as plain files that any
//! static server can serve ([`publish`]); making, opening and recovering a record ([`recover`]);
//! finding an entry by a key ([`index`]); reading it ([`reader`]); checking every byte of it
//! ([`fsck`](mod@fsck)), and of what its entries vouch for ([`vouched`]). Bodies, sealed, shown over the
//! record and erased ([`vault`]); statements that only some may see, by the period ([`private`]); all of it
//! under one roof ([`keep`]). Everything done to disk, behind
//! a port that a test can make fail ([`disk`]); the time, behind another ([`clock`]). Witnesses that
//! vouch for logs ([`witness`]) and are asked to ([`collect`], [`policy`]); mirrors that follow one
//! ([`mirror`]) and compare ([`gossip`]), wherever it is read from ([`source`]); all of it over HTTP
//! ([`http`]).
//!
//! **Out of scope.** What a statement means, and what is found from it; the mathematics of the log,
//! which is in `tlog`.
//!
//! **Invariants.**
//! - Nothing here touches a file but through [`disk::Disk`], nor asks the time but through
//!   [`clock::Clock`] or an argument.
//! - What was acknowledged is on disk, its number is fixed, and its time is not before that of any
//!   entry in front of it.
//! - A file of the log is whole under its name. What a checkpoint covers is durable before it is.
//! - A restart takes the way that entries take: there is no second path from a pool to a tile.
//! - In doubt it refuses to run and changes nothing.

pub mod admit;
pub mod clock;
pub mod collect;
pub mod disk;
pub mod fault;
pub mod fsck;
pub mod gossip;
pub mod group;
pub mod head;
pub mod http;
pub mod index;
pub mod keep;
pub mod log_key;
pub mod mirror;
mod noted;
pub mod policy;
pub mod pool;
pub mod private;
pub mod publish;
pub mod reader;
pub mod recover;
pub mod sequence;
pub mod source;
mod staged;
mod tree;
pub mod vault;
pub mod vouched;
pub mod witness;

pub use fault::Fault;
pub use fsck::fsck;
pub use head::{Head, LogKey, LogVerifier};
pub use keep::{Keeper, Means, Opening};
pub use log_key::{NoteLogKey, NoteLogVerifier};
pub use pool::Pool;
pub use publish::Publication;
pub use reader::Reader;
pub use recover::{Birth, init, open, open_with_keys};
pub use sequence::Sequencer;
pub use staged::{STAGED_BYTES, STAGED_BYTES_MIN};
