//! Re-runs a record from its statements alone, and compares with what was put on the record.
//!
//! **In scope.** Reading a log from plain files and checking every leaf against its tile, every tile over
//! tiles, the tree and the checkpoint ([`log`]); opening the bodies that this audience holds, each against its
//! commitment ([`bodies`]), and putting together what cells hold ([`private`]); folding the statements again
//! ([`replay`]); holding each `Assessment` on the record against a run of our own, finding by finding
//! ([`compare`]).
//!
//! **Out of scope.** Writing anything; fetching; the vault. It uses no code of the ledger's, so that
//! it can contradict it.
//!
//! **Invariants.**
//! - A body that does not meet its commitment is never read, whoever handed it over.
//! - What cannot be run again is said to be so, and why: sealed, erased, under other rules. It is
//!   never counted as agreed, and never as differing.
//! - A log and its bodies stay in their files: what is in memory at once is what one assessment folds.
//! - Erased means erased: a copy that somebody still holds is not read.

pub mod bodies;
pub mod compare;
pub mod entries;
pub mod files;
pub mod log;
pub mod private;
pub mod replay;

pub use bodies::{Bodies, OpenedBodies};
pub use compare::{Audit, Checked, Outcome, audit};
pub use entries::{Entries, said_adopted};
pub use files::{Files, Folder};
pub use log::{Flaw, Log, LogFault};
pub use private::Private;
pub use replay::{Replay, Withheld};
