//! Reports and flight authorisations.

use intake::reports::{
    Authorisations, Duties, JsonlReports, Mapping, Places, Register, Submissions, UcdpGed,
};
use spacetime::mgrs::Square;
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

/// Bytes as duty records, one a line.
pub fn duties(bytes: &[u8]) {
    drain(Duties::new(bytes, keeping_raw()));
}

/// What ends a mapping and begins the register that it is of.
const REGISTER: &[u8] = b"\n# --- register ---\n";

/// Bytes as a mapping and, behind a line that says so, a register of it.
pub fn register(bytes: &[u8]) {
    let at = bytes.windows(REGISTER.len()).position(|window| window == REGISTER);
    let (mapping, rows) =
        at.map_or((bytes, &b""[..]), |at| (&bytes[..at], &bytes[at + REGISTER.len()..]));
    let Ok(mapping) = std::str::from_utf8(mapping) else { return };
    match Mapping::read(mapping, "north") {
        Ok(mapping) => {
            let zone = zone_rules("UTC").expect("the bundled zones hold UTC");
            drain(Register::new(rows, keeping_raw(), mapping, zone));
        }
        Err(fault) => drop(fault.to_string()),
    }
}

/// Bytes as a square of the Military Grid Reference System, a line each.
pub fn mgrs(bytes: &[u8]) {
    for line in bytes.split(|&byte| byte == b'\n') {
        let Ok(text) = std::str::from_utf8(line) else { continue };
        match text.parse::<Square>() {
            Ok(square) => drop((square.centre, square.radius_m())),
            Err(fault) => drop(fault.to_string()),
        }
    }
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
