//! The only writer of the record.
//!
//! **In scope.** Everything done to disk, behind a port that a test can make fail ([`disk`]); the
//! time, behind another ([`clock`]).
//!
//! **Out of scope.** What a statement means, and what is found from it; the mathematics of the log,
//! which is in `tlog`.
//!
//! **Invariants.** Nothing here touches a file but through [`disk::Disk`], nor asks the time but
//! through [`clock::Clock`]. A file under its final name is whole. What was acknowledged is on disk.

pub mod clock;
pub mod disk;
