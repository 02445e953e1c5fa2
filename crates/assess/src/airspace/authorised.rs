//! Flights that are permitted: who, when, where.

use agreement::report::AuthorisedFlight;
use agreement::track::{Address, Callsign};
use agreement::{Authorisation, Digest};
use spacetime::Interval;

use super::volumes::WatchedVolume;

/// How an authorisation fits a flight, better first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Leave {
    /// In everything it names.
    Matches,
    /// In everything but the call sign, of which the aircraft sent none.
    CallsignNotHeard,
}

/// The authorisation that lifts a volume for a flight throughout `when`, by its digest; of
/// several the one that fits best, then the least, so that their order does not matter.
pub(super) fn authorisation_for(
    authorisations: &[Authorisation],
    volume: &WatchedVolume,
    address: Address,
    callsigns: &[Callsign],
    when: Interval,
) -> Option<(Leave, Digest)> {
    let lifting = authorisations.iter().filter(|a| {
        let clause = a.clauses.is_empty() || a.clauses.contains(&volume.clause);
        let area = a.areas.is_empty() || a.areas.contains(&volume.area);
        clause && area && a.when.covers(when)
    });
    let fitting = lifting.filter_map(|a| Some((fit(a, address, callsigns)?, a.digest())));
    fitting.min()
}

/// Everything an authorisation names must fit, and it must name something. A call sign fits
/// an aircraft that sent that one and no other: anybody can send one once.
fn fit(authorisation: &Authorisation, address: Address, callsigns: &[Callsign]) -> Option<Leave> {
    let fits = |flight: &AuthorisedFlight| match flight {
        AuthorisedFlight::Address(permitted) => (*permitted == address).then_some(Leave::Matches),
        AuthorisedFlight::Callsign(_) if callsigns.is_empty() => Some(Leave::CallsignNotHeard),
        AuthorisedFlight::Callsign(permitted) => {
            (callsigns == [*permitted]).then_some(Leave::Matches)
        }
    };
    let fits: Option<Vec<Leave>> = authorisation.flights.iter().map(fits).collect();
    let worst = fits?.into_iter().max()?;
    // A call sign alone, and not heard, says nothing about this aircraft.
    let by_address = |flight: &AuthorisedFlight| matches!(flight, AuthorisedFlight::Address(_));
    let named = worst == Leave::Matches || authorisation.flights.iter().any(by_address);
    named.then_some(worst)
}
