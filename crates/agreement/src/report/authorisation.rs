//! The flights that are permitted.

use std::collections::BTreeSet;

use serde_json::json;
use spacetime::Interval;

use crate::canonical::Digest;
use crate::id::{AreaId, ClauseId, PartyId};
use crate::track::{Address, Callsign, Locator};

/// Whom a flight authorisation is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AuthorisedFlight {
    /// The airframe with this transponder address.
    Address(Address),
    /// Whatever flies under this call sign.
    Callsign(Callsign),
}

/// A permitted flight: who, when, where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorisation {
    /// Its name where it was issued.
    pub id: String,
    /// Whom it is for; all given must match.
    pub flights: Vec<AuthorisedFlight>,
    /// When it holds.
    pub when: Interval,
    /// The clauses it lifts for that flight; none named means every `no-fly` clause.
    pub clauses: BTreeSet<ClauseId>,
    /// The areas it holds in; none named means everywhere.
    pub areas: BTreeSet<AreaId>,
    /// Who granted it.
    pub granted_by: PartyId,
    /// Where the record stands.
    pub locator: Locator,
}

impl Authorisation {
    /// Digest of what it says, without its locator.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let flights: Vec<String> = self
            .flights
            .iter()
            .map(|flight| match flight {
                AuthorisedFlight::Address(address) => format!("address {address}"),
                AuthorisedFlight::Callsign(sign) => format!("callsign {sign}"),
            })
            .collect();
        let said = json!({
            "areas": self.areas,
            "clauses": self.clauses,
            "flights": flights,
            "from": self.when.start().to_string(),
            "granted_by": self.granted_by,
            "id": self.id,
            "to": self.when.end().to_string(),
        });
        Digest::of(&said).expect("an authorisation holds text only")
    }
}
