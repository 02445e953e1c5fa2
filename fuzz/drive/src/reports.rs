//! Reports and flight authorisations.

use intake::reports::{Authorisations, JsonlReports, Places, Submissions, UcdpGed};
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

/// Bytes as a submission of an OpenRosa client, or a zip file of some.
pub fn submissions(bytes: &[u8]) {
    drain(Submissions::of_bytes(bytes.to_vec(), &keeping_raw(), &Places::default()));
}

/// Bytes as the Uppsala Conflict Data Program's table of events.
pub fn ucdp_csv(bytes: &[u8]) {
    let zone = zone_rules("Asia/Damascus").expect("the bundled zones hold Damascus");
    drain(UcdpGed::new(bytes, keeping_raw(), zone));
}
