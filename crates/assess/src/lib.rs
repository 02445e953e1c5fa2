//! Statements folded into findings. A pure function of the agreement and of what was
//! reported: no clock, no I/O, no randomness, no platform floats.
//!
//! **In scope.** Airspace (aircraft tracks and sightings against `no-fly` clauses, area
//! proximity warnings, anomalies of tracks), incidents (reports against `ceasefire`
//! clauses), fusion of reports into incidents, their verification and attribution, tallies, and the
//! form of findings, alerts and anomalies.
//!
//! **Out of scope.** Reading feeds, writing files, deciding who may see what.
//!
//! **Invariants.**
//! - It never fails: what cannot be judged is `Undetermined` with a reason, or an anomaly.
//! - The order in which inputs are named and the number of threads change no output byte.
//! - An unverified human report yields `Alleged` at most.
//! - "Not seen" is never "clear": without coverage the verdict is `Undetermined`.
//! - Only a quorum verifies, and only a quorum attributes; neither follows from the other.
//! - Places of firing, launch, forces and weapons do not leave this crate.

pub mod airspace;
pub mod alert;
pub mod anomaly;
pub mod attribution;
mod coded;
mod corrected;
pub mod established;
pub mod finding;
pub mod fusion;
pub mod incidents;
mod order;
pub mod periods;
pub mod reconcile;
pub mod record;
pub mod rules;
pub mod tally;
pub mod verification;

pub use alert::{Alert, AlertKind};
pub use anomaly::{Anomaly, AnomalyKind, AnomalySubject};
pub use finding::{Confidence, Finding, Reason, Recorded, Subject, Verdict};
pub use rules::{RULES_VERSION, Rules};
