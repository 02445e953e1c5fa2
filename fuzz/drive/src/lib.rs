//! What each fuzz target does with its bytes.
//!
//! **In scope.** One function for each parser that reads bytes from outside, called the way
//! `armistice` calls it, so that a corpus means the same under libFuzzer and in the replay.
//!
//! **Out of scope.** Judging what was parsed. A parser passes when it returns.

mod aircraft;
mod containers;
mod feeds;
mod logs;
mod packs;
mod record;
mod reports;

pub use aircraft::{
    any_track, avr, beast, jsonl_frames, readsb, sbs, state_vectors_csv, state_vectors_parquet,
};
pub use containers::container;
pub use logs::{add_checkpoint, checkpoint, entry_bundle, note, split_view, tlog_proof};
pub use packs::{geojson, pack};
pub use record::{authorization, statement};
pub use reports::{authorisations, duties, jsonl_reports, mgrs, register, submissions, ucdp_csv};

/// A target: what it is called, here and as a folder of `fuzz/corpus`, and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("add_checkpoint", add_checkpoint),
    ("any_track", any_track),
    ("authorisations", authorisations),
    ("authorization", authorization),
    ("avr", avr),
    ("beast", beast),
    ("checkpoint", checkpoint),
    ("container", container),
    ("duties", duties),
    ("entry_bundle", entry_bundle),
    ("geojson", geojson),
    ("jsonl_frames", jsonl_frames),
    ("jsonl_reports", jsonl_reports),
    ("mgrs", mgrs),
    ("note", note),
    ("pack", pack),
    ("readsb", readsb),
    ("register", register),
    ("sbs", sbs),
    ("split_view", split_view),
    ("statement", statement),
    ("state_vectors_csv", state_vectors_csv),
    ("state_vectors_parquet", state_vectors_parquet),
    ("tlog_proof", tlog_proof),
    ("submissions", submissions),
    ("ucdp_csv", ucdp_csv),
];
