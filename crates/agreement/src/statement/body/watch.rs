//! What was reported, who watched, which flights are permitted; and what takes their place.
//!
//! The types are those that feeds are read into, whole: where an observer stood is in the body,
//! which is sealed. Only where a record stood in its file is no part of what is said.

use serde_json::{Value, json};

use super::super::fields::{Field, Fields, bad_value, fields, one_of, only_member, word_fields};
use super::super::refusal::Refusal;
use super::segment::TrackSegment;
use crate::report::{
    Act, AdminUnit, Arrival, Authorisation, AuthorisedFlight, Bearing, Count, Duty, DutyState,
    Extent, Media, MediaKind, Method, Place, PlaceForm, Range, RangeClass, Report, Sighting,
    Source, Watcher, WeaponClass,
};
use crate::track::Locator;

fields!(Report {
    act, arrival, bearing, clock_sd, count, count_about, deaths, id, language, media, method,
    observed, place, place_forms, range, range_class, received_at, replaces, sides, sighting, source,
    source_count, weapon, weapon_class,
} without { locator: Locator::default() });

fields!(Source { id, kind, position, post });
fields!(Place { extent, nominal });
fields!(AdminUnit { level, name, radius_m, within });
fields!(Bearing { cdeg, sd_cdeg, step_cdeg });
fields!(Range { max_m, min_m, sd_log_milli });
fields!(Count { max, min });
fields!(Arrival { at, sd });
fields!(Sighting { class, heading_cdeg, height_high_cm, height_low_cm });
fields!(Media { bytes, kind, sha256 });
word_fields!(Act, DutyState, MediaKind, RangeClass, WeaponClass);

fields!(Duty { id, observers, position, reach_m, received_at, state, watcher, when } without {
    locator: Locator::default()
});
one_of!(Watcher { Post = "post", Sensor = "sensor", Patrol = "patrol" });

fields!(Authorisation { areas, clauses, flights, granted_by, id, when } without {
    locator: Locator::default()
});
one_of!(AuthorisedFlight { Address = "address", Callsign = "callsign" });

impl Field for Method {
    fn to_json(&self) -> Value {
        match self {
            Self::Heard => "heard",
            Self::Seen => "seen",
            Self::Told => "told",
        }
        .into()
    }

    fn from_json(value: Value) -> Result<Self, Refusal> {
        match value.as_str() {
            Some("heard") => Ok(Self::Heard),
            Some("seen") => Ok(Self::Seen),
            Some("told") => Ok(Self::Told),
            _ => Err(bad_value("heard, seen or told")),
        }
    }
}

impl Field for Extent {
    fn to_json(&self) -> Value {
        match self {
            Self::Radius { radius_m } => json!({ "radius_m": radius_m }),
            Self::AdminUnit(unit) => json!({ "unit": unit.to_json() }),
            Self::Unbounded => json!({ "unbounded": true }),
        }
    }

    fn from_json(value: Value) -> Result<Self, Refusal> {
        let mut members = Fields::of(value.clone())?;
        match only_member(value)?.0.as_str() {
            "radius_m" => Ok(Self::Radius { radius_m: members.take("radius_m")? }),
            "unit" => Ok(Self::AdminUnit(members.take("unit")?)),
            "unbounded" if members.take("unbounded")? => Ok(Self::Unbounded),
            _ => Err(bad_value("an object with radius_m, unit or unbounded")),
        }
    }
}

impl Field for PlaceForm {
    fn to_json(&self) -> Value {
        match self {
            Self::Pcode(text) => json!({ "pcode": text }),
            Self::Name(text) => json!({ "name": text }),
            Self::Mgrs(text) => json!({ "mgrs": text }),
            Self::Coordinates => json!({ "coordinates": true }),
        }
    }

    fn from_json(value: Value) -> Result<Self, Refusal> {
        let (form, held) = only_member(value)?;
        match form.as_str() {
            "pcode" => String::from_json(held).map(Self::Pcode),
            "name" => String::from_json(held).map(Self::Name),
            "mgrs" => String::from_json(held).map(Self::Mgrs),
            "coordinates" if held == Value::Bool(true) => Ok(Self::Coordinates),
            _ => Err(bad_value("an object with pcode, name, mgrs or coordinates")),
        }
    }
}

/// What takes the place of a statement that is corrected. A correction without a body takes it
/// back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// Of a report.
    Report(Box<Report>),
    /// Of a duty record.
    Duty(Box<Duty>),
    /// Of an authorisation.
    Authorisation(Box<Authorisation>),
    /// Of a track segment.
    Segment(Box<TrackSegment>),
}
one_of!(Replacement {
    Report = "report",
    Duty = "duty",
    Authorisation = "authorisation",
    Segment = "segment",
});
