//! Flights that are permitted: who, when, where.

use agreement::report::AuthorisedFlight;
use agreement::track::{Address, Callsign};
use agreement::{Authorisation, Digest};
use spacetime::Interval;

use super::volumes::WatchedVolume;

/// The authorisation that lifts a volume for a flight throughout `when`, by its digest; of
/// several the least, so that their order does not matter.
pub(super) fn authorisation_for(
    authorisations: &[Authorisation],
    volume: &WatchedVolume,
    address: Address,
    callsigns: &[Callsign],
    when: Interval,
) -> Option<Digest> {
    let lifts = |a: &&Authorisation| {
        let clause = a.clauses.is_empty() || a.clauses.contains(&volume.clause);
        let area = a.areas.is_empty() || a.areas.contains(&volume.area);
        clause && area && a.when.covers(when) && is_for(a, address, callsigns)
    };
    authorisations.iter().filter(lifts).map(Authorisation::digest).min()
}

/// Everything an authorisation names must match, and it must name something.
fn is_for(authorisation: &Authorisation, address: Address, callsigns: &[Callsign]) -> bool {
    let matches = |flight: &AuthorisedFlight| match flight {
        AuthorisedFlight::Address(permitted) => *permitted == address,
        AuthorisedFlight::Callsign(permitted) => callsigns.contains(permitted),
    };
    !authorisation.flights.is_empty() && authorisation.flights.iter().all(matches)
}
