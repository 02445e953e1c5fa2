//! Reports and flight authorisations.

use intake::reports::{Authorisations, JsonlReports, UcdpGed};
use spacetime::zone_rules;

use crate::feeds::{drain, keeping_raw};

/// Bytes as reports in our own format, one a line.
pub fn jsonl_reports(bytes: &[u8]) {
    drain(JsonlReports::new(bytes, keeping_raw()));
}

/// Bytes as flight authorisations, one a line.
pub fn authorisations(bytes: &[u8]) {
    drain(Authorisations::new(bytes, keeping_raw()));
}

/// Bytes as the Uppsala Conflict Data Program's table of events.
pub fn ucdp_csv(bytes: &[u8]) {
    let zone = zone_rules("Asia/Damascus").expect("the bundled zones hold Damascus");
    drain(UcdpGed::new(bytes, keeping_raw(), zone));
}
