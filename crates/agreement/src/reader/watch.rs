//! Sensors and posts.

use std::collections::{BTreeMap, BTreeSet};

use spacetime::altitude::{AltitudeLimit, AltitudeMsl};
use spacetime::{BoundingBox, Position};

use super::altitudes::limit;
use super::names::{Names, own_id};
use super::table::{Table, Value};
use crate::fault::FaultCode;
use crate::id::{PostId, SensorId};
use crate::protected::Protected;
use crate::watch::{Coverage, Post, Sensor, SensorKind};

/// Most sensors, and most posts, of a pack.
pub const WATCHERS_MAX: usize = 10_000;
/// Largest position error that may be declared, in metres.
pub const EPU_M_MAX: f64 = 100_000.0;
/// Farthest reach of a post, in metres.
pub const REACH_M_MAX: i64 = 100_000;

const KINDS: &[(&str, SensorKind)] = &[
    ("receiver", SensorKind::Receiver),
    ("radar", SensorKind::Radar),
    ("camera", SensorKind::Camera),
    ("microphone", SensorKind::Microphone),
];

pub(super) fn sensors(root: &Table<'_>, names: &Names) -> BTreeMap<SensorId, Sensor> {
    let mut taken = BTreeSet::new();
    let read = root.tables("sensor", WATCHERS_MAX);
    let sensor = |table: &Table<'_>| sensor(table, names, &mut taken);
    read.iter().filter_map(sensor).map(|sensor| (sensor.id.clone(), sensor)).collect()
}

fn sensor(table: &Table<'_>, names: &Names, taken: &mut BTreeSet<SensorId>) -> Option<Sensor> {
    let id = own_id(table, SensorId::new, taken);
    let party = table.require("party").and_then(|value| names.party(&value));
    let kind = table.require("kind").and_then(|value| value.word(KINDS));
    let covered = table.get("coverage");
    let coverage = covered.and_then(|value| coverage(&value.table()?, names));
    let default = table.get("default_epu_m");
    let default_epu_cm = default.as_ref().and_then(error_cm);
    let worst_epu_cm = table.require("worst_epu_m").and_then(|value| error_cm(&value));
    table.finish();
    if let (Some(value), Some(default), Some(worst)) = (default, default_epu_cm, worst_epu_cm)
        && default > worst
    {
        let reason = "the default error is larger than the worst";
        value.fault(
            FaultCode::NumberOutOfRange,
            reason,
            "make `default_epu_m` at most `worst_epu_m`",
        );
    }
    let (party, kind, worst_epu_cm) = (party?, kind?, worst_epu_cm?);
    Some(Sensor { id: id?, party, kind, coverage, default_epu_cm, worst_epu_cm })
}

fn coverage(table: &Table<'_>, names: &Names) -> Option<Coverage> {
    let area = table.require("area").and_then(|value| names.area(&value));
    let floor = table.require("floor").and_then(|value| {
        match limit(&value)? {
            AltitudeLimit::Msl(floor) => Some(floor),
            // Lower than any aircraft over the lowest ground.
            AltitudeLimit::Ground => Some(AltitudeMsl::from_cm(i32::MIN)),
            _ => {
                let reason = "the height from which a sensor sees is one above mean sea level";
                value.fault(
                    FaultCode::AltitudeMalformed,
                    reason,
                    "write it as \"900 m msl\" or \"ground\"",
                );
                None
            }
        }
    });
    table.finish();
    Some(Coverage { area: area?, floor: floor? })
}

fn error_cm(value: &Value<'_>) -> Option<i32> {
    let metres = value.number()?;
    if !(0.0..=EPU_M_MAX).contains(&metres) {
        let reason = format!("{metres} m lies outside 0 to {EPU_M_MAX} m");
        value.fault(
            FaultCode::NumberOutOfRange,
            reason,
            "give the radius that holds 95 percent, in metres",
        );
        return None;
    }
    Some((metres * 100.0).round() as i32)
}

pub(super) fn posts(
    root: &Table<'_>,
    names: &Names,
    region: Option<BoundingBox>,
) -> BTreeMap<PostId, Post> {
    let mut taken = BTreeSet::new();
    let read = root.tables("post", WATCHERS_MAX);
    let post = |table: &Table<'_>| {
        let id = own_id(table, PostId::new, &mut taken);
        let party = table.require("party").and_then(|value| names.party(&value));
        let position = table.require("position").and_then(|value| position(&value, region));
        let reach_m = table.require("reach_m").and_then(|value| value.integer(1..=REACH_M_MAX));
        table.finish();
        let (party, reach_m) = (party?, u32::try_from(reach_m?).ok()?);
        Some(Post { id: id?, party, position: Protected::new(position?), reach_m })
    };
    read.iter().filter_map(post).map(|post| (post.id.clone(), post)).collect()
}

/// `[longitude, latitude]` in degrees. No message repeats them.
fn position(value: &Value<'_>, region: Option<BoundingBox>) -> Option<Position> {
    let numbers = value.list(usize::MAX);
    let [lon, lat] = numbers.as_slice() else {
        let reason = "a place is two numbers";
        value.fault(FaultCode::WrongType, reason, "write `[longitude, latitude]` in degrees");
        return None;
    };
    let (lon, lat) = (lon.number()?, lat.number()?);
    let within = |at: Result<Position, _>| {
        at.is_ok_and(|p: Position| region.is_none_or(|region| region.covers(p)))
    };
    let read = Position::from_degrees(lon, lat);
    if within(read) {
        return read.ok();
    }
    if within(Position::from_degrees(lat, lon)) && region.is_some() {
        let reason = "the place lies in the region only with longitude and latitude swapped";
        value.fault(FaultCode::AxesSwapped, reason, "write `[longitude, latitude]`");
    } else if read.is_ok() {
        let reason = "the place lies outside the region the pack declares";
        value.fault(FaultCode::OutsideRegion, reason, "check the place, or widen `[region]`");
    } else {
        let reason = "the place is not on the globe";
        value.fault(
            FaultCode::PositionOffGlobe,
            reason,
            "write `[longitude, latitude]` in degrees",
        );
    }
    None
}
