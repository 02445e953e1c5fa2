//! The agreement as data: a pack read and checked into parties, areas and clauses, and the
//! closed set of statements that are made under it.
//!
//! **In scope.** The pack format (`agreement.toml`, `areas.geojson`), every fault in it with
//! place, reason and repair; parties and their aliases, devices, quorums, sensors, posts;
//! clauses of a closed set of kinds; what feeds bring (track points, reports, flight
//! authorisations) in the form that has been parsed and checked; the closed set of statements,
//! how they are signed and refused; canonical bytes and digests.
//!
//! **Out of scope.** Feeds, files other than packs, clocks, judging.
//!
//! **Invariants.**
//! - No party's name stands in code: who is bound by what comes from the pack.
//! - Equal meaning gives equal bytes: `agreement_version` does not depend on winding, key
//!   order, comments or white space.
//! - What is [`Protected`] has no `Display`, no `Debug` that tells, and no serialisation.

pub mod canonical;
pub mod clause;
pub mod fault;
pub mod id;
pub mod json;
pub mod pack;
pub mod parameters;
pub mod party;
pub mod protected;
pub mod reader;
pub mod report;
pub mod statement;
pub mod text;
pub mod track;
pub mod version;
pub mod watch;
mod words;

pub use canonical::Digest;
pub use clause::{Clause, ClauseKind, ClauseStatus};
pub use fault::{FaultCode, Note, PackFault};
pub use id::{AreaId, ClauseId, DeviceId, PartyId, PostId, SensorId};
pub use pack::Pack;
pub use parameters::Parameters;
pub use party::{Party, Role};
pub use protected::Protected;
pub use reader::PackFiles;
pub use report::{Act, Authorisation, Duty, Report};
pub use track::{Address, TrackPoint};
