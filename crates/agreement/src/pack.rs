//! A pack: one version of an agreement, read and checked.

use std::collections::BTreeMap;
use std::sync::Arc;

use spacetime::{Area, BoundingBox, Position};

pub use crate::reader::{PackFiles, read};

use crate::clause::Clause;
use crate::id::{AreaId, ClauseId, DeviceId, PartyId, PostId, SensorId};
use crate::parameters::Parameters;
use crate::party::{AgreementVersion, Device, Party, Quorum, Recipient, WitnessGroup};
use crate::watch::{Post, Sensor};

/// An area of the pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedArea {
    /// Name within the pack.
    pub id: AreaId,
    /// What people call it.
    pub name: String,
    /// P-code of the administrative unit, if it is one.
    pub pcode: Option<String>,
    /// Other names by which data sets call it; compared without regard to case.
    pub aliases: Vec<String>,
    /// The ground.
    pub area: Arc<Area>,
}

/// A place with a name that is no area of the agreement: a town, a village, a hill. Reports give
/// places by such names; several places may bear one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamedPlace {
    /// What people call it.
    pub name: String,
    /// Other names, in whatever script.
    pub aliases: Vec<String>,
    /// P-code of the smallest administrative unit that it lies in, if that is known.
    pub pcode: Option<String>,
    /// The point that stands for it.
    pub position: Position,
    /// How far from there it reaches, metres.
    pub radius_m: u32,
}

/// One version of an agreement.
#[derive(Clone, Debug)]
pub struct Pack {
    /// Name of the agreement.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// IANA name of the zone in which the agreement's times are meant.
    pub time_zone: String,
    /// The region it lies in; an area outside it is a fault.
    pub region: BoundingBox,
    /// Who it is about.
    pub parties: BTreeMap<PartyId, Party>,
    /// Keys on the roster.
    pub devices: BTreeMap<DeviceId, Device>,
    /// Quorums by name.
    pub quorums: BTreeMap<String, Quorum>,
    /// Witness groups by name.
    pub witness_groups: BTreeMap<String, WitnessGroup>,
    /// To whom bodies may be disclosed.
    pub recipients: BTreeMap<String, Recipient>,
    /// Sensors.
    pub sensors: BTreeMap<SensorId, Sensor>,
    /// Observers' posts.
    pub posts: BTreeMap<PostId, Post>,
    /// Areas.
    pub areas: BTreeMap<AreaId, NamedArea>,
    /// Places that are no areas, by name and position.
    pub places: Vec<NamedPlace>,
    /// Clauses.
    pub clauses: BTreeMap<ClauseId, Clause>,
    /// Parameters of the assessment.
    pub parameters: Parameters,
    /// Digest of the canonical pack.
    pub version: AgreementVersion,
}

impl Pack {
    /// The party that a data set calls `name`: its id, its name or one of its aliases, without
    /// regard to case and surrounding space.
    #[must_use]
    pub fn party_called(&self, name: &str) -> Option<&Party> {
        let wanted = folded(name);
        self.parties.values().find(|party| {
            let own = [party.id.as_str(), &party.name];
            own.into_iter()
                .chain(party.aliases.iter().map(String::as_str))
                .any(|n| folded(n) == wanted)
        })
    }

    /// The area that a data set calls `name`: its id, name, P-code or one of its aliases.
    #[must_use]
    pub fn area_called(&self, name: &str) -> Option<&NamedArea> {
        let wanted = folded(name);
        self.areas.values().find(|area| {
            let own = [area.id.as_str(), &area.name].into_iter().chain(area.pcode.as_deref());
            own.chain(area.aliases.iter().map(String::as_str)).any(|n| folded(n) == wanted)
        })
    }
}

/// How names are compared: without regard to case and surrounding space.
#[must_use]
pub fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}
