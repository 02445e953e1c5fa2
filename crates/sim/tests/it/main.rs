//! The record in a world where things go wrong.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "what a run did is worth reading")]

mod keeping;
mod parties;
mod record;

use std::env;

use sim::disk::{Call, Done, Kept, Restart};

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().map(|text| text.parse().unwrap())
}

fn lost(data: Kept, names: Kept) -> Restart {
    Restart::PowerLost { data, names }
}

/// How far a call can have got when it goes wrong: only a write can be done in part.
fn ways(call: Call) -> &'static [Done] {
    if call == Call::Write {
        &[Done::Nothing, Done::Part, Done::All]
    } else {
        &[Done::Nothing, Done::All]
    }
}
