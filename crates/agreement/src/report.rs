//! What people and sensors on the ground report, and the flights that are permitted.

use std::collections::BTreeSet;

use serde_json::json;
use spacetime::{Duration, Instant, Interval, Position};

use crate::canonical::Digest;
use crate::id::{AreaId, ClauseId, PartyId};
use crate::protected::Protected;
use crate::track::{Address, Callsign, Locator};

macro_rules! acts {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// What is said to have happened. A closed set: clauses list the acts they forbid.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Act {
            $($(#[$doc])* $name,)*
        }

        impl Act {
            /// Every act, in a fixed order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// As written in packs and reports.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

acts! {
    /// An explosion of unknown cause.
    Explosion = "explosion",
    /// Ordnance landing.
    Impact = "impact",
    /// Fire going out.
    Outgoing = "outgoing",
    /// Ordnance delivered from the air.
    Airstrike = "airstrike",
    /// A rocket or missile, launched or seen in flight.
    Rocket = "rocket",
    /// Rifle or machine-gun fire.
    SmallArms = "small_arms",
    /// An aircraft brought down.
    ShootDown = "shoot_down",
    /// A fixed-wing aircraft seen or heard.
    Aircraft = "aircraft",
    /// A helicopter seen or heard.
    Helicopter = "helicopter",
    /// An uncrewed aircraft seen or heard.
    Drone = "drone",
    /// A claim that a chemical agent was used.
    ChemicalAllegation = "chemical_allegation",
    /// Forces moving or arriving.
    MovementOfForces = "movement_of_forces",
    /// Listed weapons moving, arriving or in place.
    MovementOfWeapons = "movement_of_weapons",
    /// Observers were denied, delayed or conditioned.
    DenialOfMovement = "denial_of_movement",
    /// People were killed by organised violence; the means is not said (UCDP GED).
    LethalViolence = "lethal_violence",
}

impl Act {
    /// `None` when no act is called so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|act| act.as_str() == text)
    }

    /// Whether something flew where it was reported, so that `no-fly` clauses are touched.
    #[must_use]
    pub const fn is_flight(self) -> bool {
        matches!(self, Self::Airstrike | Self::Aircraft | Self::Helicopter | Self::Drone)
    }

    /// Whether its place is one of firing, launch, forces or weapons, which leaves an
    /// assessment only coarsened and delayed (DESIGN §5).
    #[must_use]
    pub const fn place_is_coarsened(self) -> bool {
        matches!(
            self,
            Self::Outgoing | Self::Rocket | Self::MovementOfForces | Self::MovementOfWeapons
        )
    }
}

impl serde::Serialize for Act {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// How the reporter came to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Heard it.
    Heard,
    /// Saw it.
    Seen,
    /// Was told of it, or compiled it from what others said.
    Told,
}

/// Where it is said to have happened, as far as is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The point given; for an administrative unit any point the source uses for it, and none
    /// when the source names the unit only.
    pub nominal: Option<Position>,
    /// How far from there it may have been.
    pub extent: Extent,
}

/// How far from its nominal point a place may lie.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// Within a radius of the nominal point.
    Radius {
        /// In metres.
        radius_m: u32,
    },
    /// Somewhere in an administrative unit.
    AdminUnit(AdminUnit),
    /// Somewhere in a country or beyond: too coarse for any area.
    Unbounded,
}

/// An administrative unit, as a source names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AdminUnit {
    /// 1 for a governorate, 2 for a district, 3 for a sub-district, if the source tells.
    pub level: Option<u8>,
    /// As the source writes it, or a P-code.
    pub name: String,
    /// The larger units that the source puts it in, smallest first.
    pub within: Vec<String>,
    /// How far from the nominal point the unit reaches at most, metres: what is left to go by
    /// when no area of the pack has one of these names.
    pub radius_m: u32,
}

/// How many: explosions, aircraft, people killed, as the act has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count {
    /// At least.
    pub min: u32,
    /// At most.
    pub max: u32,
}

/// A direction from the observer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bearing {
    /// Hundredths of a degree from true north, 0 to 35999.
    pub cdeg: u16,
    /// Width of the step it was rounded to, hundredths of a degree; 0 when not rounded.
    pub step_cdeg: u16,
    /// Standard deviation of what was meant, hundredths of a degree.
    pub sd_cdeg: u16,
}

/// A distance from the observer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range {
    /// At least, metres.
    pub min_m: u32,
    /// At most, metres.
    pub max_m: u32,
    /// Standard deviation of the estimate's logarithm, in thousandths.
    pub sd_log_milli: u16,
}

/// Who or what reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Observer's or sensor's own name, as the source writes it.
    pub id: String,
    /// The post it belongs to. One post is one source, however often it reports.
    pub post: Option<String>,
    /// `human`, `camera`, `acoustic`, `register` or what the source calls it.
    pub kind: String,
    /// Where it stood.
    pub position: Option<Protected<Position>>,
}

/// What flew, if something did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sighting {
    /// Class as reported, such as `jet`, `transport`, `attack helicopter`.
    pub class: Option<String>,
    /// Heading in hundredths of a degree from true north.
    pub heading_cdeg: Option<u16>,
    /// Lowest it may have been above ground, centimetres.
    pub height_low_cm: Option<i32>,
    /// Highest it may have been above ground, centimetres.
    pub height_high_cm: Option<i32>,
}

/// One report, parsed and within its limits; nobody has verified it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The source's own name for it.
    pub id: String,
    /// What is said to have happened.
    pub act: Act,
    /// How the reporter knows.
    pub method: Method,
    /// When it was observed, at the earliest and before the latest.
    pub observed: Interval,
    /// When it was handed in, if that is on record.
    pub received_at: Option<Instant>,
    /// Standard deviation of the clock that `observed` was read from, if stated.
    pub clock_sd: Option<Duration>,
    /// Who reported.
    pub source: Source,
    /// How many sources the reporter says stand behind it; 1 unless it is a compilation.
    pub source_count: u32,
    /// Where, if the report says so itself.
    pub place: Option<Place>,
    /// Direction from the observer.
    pub bearing: Option<Bearing>,
    /// Distance from the observer.
    pub range: Option<Range>,
    /// How many.
    pub count: Option<Count>,
    /// The sides said to be involved, as the source names them: none, one or two.
    pub sides: Vec<String>,
    /// Weapon class as reported.
    pub weapon: Option<String>,
    /// What flew.
    pub sighting: Option<Sighting>,
    /// Killed, by the source's best estimate.
    pub deaths: Option<u32>,
    /// Where the record stands.
    pub locator: Locator,
}

impl Report {
    /// Digest of what the report says, without its locator, without when it was received (a
    /// copy that came later is the same report) and without where the observer stood: an
    /// unsalted digest of a place can be searched for.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let place = self.place.as_ref().map(|place| {
            json!([
                place.nominal.map(|at| [at.lon_e7(), at.lat_e7()]),
                match &place.extent {
                    Extent::Radius { radius_m } => json!({ "radius_m": radius_m }),
                    Extent::AdminUnit(unit) => json!({
                        "level": unit.level,
                        "name": unit.name,
                        "radius_m": unit.radius_m,
                        "within": unit.within,
                    }),
                    Extent::Unbounded => json!("unbounded"),
                }
            ])
        });
        let said = json!({
            "act": self.act,
            "clock_sd_us": self.clock_sd.map(Duration::micros),
            "bearing": self.bearing.map(|b| [b.cdeg, b.step_cdeg, b.sd_cdeg]),
            "count": self.count.map(|c| [c.min, c.max]),
            "deaths": self.deaths,
            "from": self.observed.start().to_string(),
            "id": self.id,
            "method": self.method,
            "place": place,
            "range": self.range.map(|r| [r.min_m, r.max_m, u32::from(r.sd_log_milli)]),
            "sides": self.sides,
            "sighting": self.sighting.as_ref().map(|s| {
                json!([s.class, s.heading_cdeg, s.height_low_cm, s.height_high_cm])
            }),
            "source": [Some(&self.source.id), self.source.post.as_ref(), Some(&self.source.kind)],
            "source_count": self.source_count,
            "to": self.observed.end().to_string(),
            "weapon": self.weapon,
        });
        Digest::of(&said).expect("a report holds integers and text only")
    }
}

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
